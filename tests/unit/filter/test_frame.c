/*
 * What the filter's header remembers of FTP on other ports, and for how long. What it says of
 * single frames is held against the decoder: tests/flow/check_filter.py.
 */
#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/frame.h"
#include "unit.h"

#define HOST 0xc0000242 /* 192.0.2.66 */
#define PEER 0xc6336407 /* 198.51.100.7 */

static struct filter_config settings;
static struct filter_streams *streams;
static struct filter_counts counts;

static int set_up(void **state)
{
	(void)state;
	streams = calloc(1, sizeof(*streams));
	if (!streams)
		return -1;
	streams->epoch = 1;
	memset(&counts, 0, sizeof(counts));
	settings = (struct filter_config){ .seed = 7 };
	settings.control_ports[0] = 1 << 21;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(streams);
	return 0;
}

static void put_be32(uint8_t *at, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(x >> (24 - 8 * i));
}

/* TCP over IPv4 and Ethernet, from PEER to HOST or back; behind the packet PADDING. */
static enum filter_outcome say_padded(bool back, uint16_t peer_port, uint16_t port,
				      const char *payload, const char *padding)
{
	size_t n = strlen(payload), more = strlen(padding);
	uint8_t frame[200] = { [12] = 8,      [14] = 0x45,         [17] = (uint8_t)(40 + n),
			       [22] = 64,     [23] = PROTOCOL_TCP, [46] = 0x50,
			       [47] = TCP_ACK };
	struct filter_facts facts = { 0 };

	put_be32(frame + 26, back ? HOST : PEER);
	put_be32(frame + 30, back ? PEER : HOST);
	put_be32(frame + 34,
		 back ? (uint32_t)port << 16 | peer_port : (uint32_t)peer_port << 16 | port);
	memcpy(frame + 54, payload, n);
	memcpy(frame + 54 + n, padding, more);
	return filter_frame(frame, frame + 54 + n + more, &settings, streams, &counts, &facts);
}

static enum filter_outcome say(uint16_t peer_port, uint16_t port, const char *payload)
{
	return say_padded(false, peer_port, port, payload, "");
}

static void test_connection(void **state)
{
	(void)state;
	assert_int_equal(say(40000, 2121, "USER a"), FILTER_NOTHING);
	assert_int_equal(say(40000, 21, "USER a"), FILTER_UP_CONTROL);
	assert_int_equal(say(40000, 21, ""), FILTER_NOTHING);
	assert_int_equal(say(40000, 2121, "pasv\r\n"), FILTER_UP_WORD);
	assert_int_equal(say(40000, 2121, "QUIT"), FILTER_UP_STREAM);
	assert_int_equal(say_padded(true, 40000, 2121, "150 ok", ""), FILTER_UP_STREAM);
	assert_int_equal(say(40000, 2121, ""), FILTER_NOTHING);
	assert_int_equal(say(40001, 2121, "QUIT"), FILTER_NOTHING);
	assert_int_equal(counts.unremembered, 0);
}

/* Padding of a short frame is no payload, whatever it says. */
static void test_padding(void **state)
{
	(void)state;
	assert_int_equal(say_padded(false, 40000, 2121, "", "PORT 1,2"), FILTER_NOTHING);
	assert_int_equal(say_padded(false, 40000, 2121, "PO", "RT 1,2"), FILTER_NOTHING);
}

static void test_epochs(void **state)
{
	(void)state;
	assert_int_equal(say(40000, 2121, "PASV"), FILTER_UP_WORD);
	filter_streams_turn(streams);
	for (int i = 0; i < 600; i++) { /* each word counts as the last one */
		assert_int_equal(say(40000, 2121, "NOOP"), FILTER_UP_STREAM);
		filter_streams_turn(streams);
	}
	filter_streams_turn(streams);
	assert_int_equal(say(40000, 2121, "NOOP"), FILTER_NOTHING);
	/* Nothing old comes back when the numbers of epochs do. */
	assert_int_equal(say(40001, 2121, "PASV"), FILTER_UP_WORD);
	for (int i = 0; i < 2 * FILTER_EPOCH_LAST; i++) {
		filter_streams_turn(streams);
		if (i > 0)
			assert_int_equal(say(40001, 2121, "NOOP"), FILTER_NOTHING);
	}
}

/* A flood of words fills no more than its share; words themselves always go up. */
static void test_flood(void **state)
{
	unsigned long in_vain = 0;

	(void)state;
	for (unsigned i = 0; i < 60000; i++)
		assert_int_equal(say((uint16_t)(i + 1000), (uint16_t)(2200 + i / 100), "PORT"),
				 FILTER_UP_WORD);
	assert_int_equal(streams->remembered, FILTER_STREAMS_NEW);
	assert_true(counts.unremembered > 40000);
	for (unsigned i = 0; i < 60000; i++)
		in_vain += say((uint16_t)(i + 1000), 80, "GET ") != FILTER_NOTHING;
	assert_true(in_vain < 60000 / 10);
	/* In the next epoch there is room again. */
	filter_streams_turn(streams);
	assert_int_equal(streams->remembered, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_connection, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_padding, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_epochs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flood, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
