/* Answers made by hand, whole, cut at every byte, and almost right. */
#include <string.h>

#include "scan/neighbour.h"
#include "scan/syn_answer.h"
#include "scan/udp_internal.h"

#include "unit.h"

#define V4_FROM 192, 0, 2, 7
#define V4_TO   192, 0, 2, 1

static const uint8_t syn_ack[] = {
	0x45, 0,  0,    40,   0, 0, 0x40, 0, 57,   6,    0,    0,    V4_FROM, V4_TO, /* IPv4, TTL
											57, TCP */
	0,    80, 0xee, 0x80, 1, 2, 3,    4, 0x10, 0x20, 0x30, 0x41, 0x50,    0x12,  0,
	0,    0,  0,    0,    0,
};

/* IPv4 with four bytes of options, ICMP 3/13, the SYN's IP header and eight bytes quoted. */
static const uint8_t prohibited[] = {
	0x46, 0,    0, 60, 0, 0,  0, 0,     60,      1,    0,    0, 192,  0,    2,    254,  V4_TO,
	1,    1,    1, 0,  3, 13, 0, 0,     0,       0,    0,    0, 0x45, 0,    0,    44,   0,
	0,    0x40, 0, 63, 6, 0,  0, V4_TO, V4_FROM, 0xee, 0x81, 0, 25,   0x10, 0x20, 0x30, 0x40,
};

static const uint8_t reset_v6[] = {
	0x60, 0, 0, 0,    0,    20,   6,    61,   0x20, 1,    0xd, 0xb8, 0,    0,    0,
	0,    0, 0, 0,    0,    0,    0,    0,    7,    0x20, 1,   0xd,  0xb8, 0,    0,
	0,    0, 0, 0,    0,    0,    0,    0,    0,    1,    1,   0xbb, 0xee, 0x82, 0,
	0,    0, 0, 0x10, 0x20, 0x30, 0x41, 0x50, 0x14, 0,    0,   0,    0,    0,    0,
};

static void check_addr(struct net_addr a, const char *expected)
{
	char text[ADDR_TEXT_MAX];

	assert_string_equal(addr_format(a, text), expected);
}

/* A prefix is no answer until the fields that are needed are there. */
static void check_prefixes(const uint8_t *bytes, size_t needed)
{
	struct syn_answer a;

	for (size_t n = 0; n < needed; n++) {
		uint8_t copy[128];

		memcpy(copy, bytes, n);
		assert_false(syn_answer_parse(copy, n, &a));
	}
	assert_true(syn_answer_parse(bytes, needed, &a));
}

static void test_syn_ack(void **state)
{
	struct syn_answer a;

	(void)state;
	assert_true(syn_answer_parse(syn_ack, sizeof(syn_ack), &a));
	check_addr(a.host, "192.0.2.7");
	check_addr(a.local, "192.0.2.1");
	assert_int_equal(a.port, 80);
	assert_int_equal(a.local_port, 0xee80);
	assert_int_equal(a.sequence, 0x10203040);
	assert_int_equal(a.state, PORT_OPEN);
	assert_int_equal(a.reason, REASON_SYN_ACK);
	assert_int_equal(a.ttl, 57);
	check_prefixes(syn_ack, 34);
}

static void test_unreachable(void **state)
{
	struct syn_answer a;

	(void)state;
	assert_true(syn_answer_parse(prohibited, sizeof(prohibited), &a));
	check_addr(a.host, "192.0.2.7");
	check_addr(a.local, "192.0.2.1");
	assert_int_equal(a.port, 25);
	assert_int_equal(a.local_port, 0xee81);
	assert_int_equal(a.sequence, 0x10203040);
	assert_int_equal(a.state, PORT_FILTERED);
	assert_int_equal(a.reason, REASON_ADMIN_PROHIBITED);
	assert_int_equal(a.ttl, 60);
	check_prefixes(prohibited, sizeof(prohibited));
}

static void test_reset_v6(void **state)
{
	struct syn_answer a;

	(void)state;
	assert_true(syn_answer_parse(reset_v6, sizeof(reset_v6), &a));
	check_addr(a.host, "2001:db8::7");
	assert_int_equal(a.port, 443);
	assert_int_equal(a.state, PORT_CLOSED);
	assert_int_equal(a.reason, REASON_RESET);
	check_prefixes(reset_v6, 54);
}

/* AT is set to VALUE: then it is no answer. */
static void refuse(const uint8_t *bytes, size_t length, size_t at, uint8_t value)
{
	uint8_t copy[128];
	struct syn_answer a;

	memcpy(copy, bytes, length);
	copy[at] = value;
	assert_false(syn_answer_parse(copy, length, &a));
}

static void test_what_is_none(void **state)
{
	(void)state;
	refuse(syn_ack, sizeof(syn_ack), 0, 0x55);        /* IP version 5 */
	refuse(syn_ack, sizeof(syn_ack), 0, 0x44);        /* a header of 16 bytes */
	refuse(syn_ack, sizeof(syn_ack), 7, 1);           /* a later fragment */
	refuse(syn_ack, sizeof(syn_ack), 9, 17);          /* UDP */
	refuse(syn_ack, sizeof(syn_ack), 33, 0x02);       /* a SYN */
	refuse(syn_ack, sizeof(syn_ack), 33, 0x10);       /* an ACK */
	refuse(syn_ack, sizeof(syn_ack), 33, 0x04);       /* a RST that acknowledges nothing */
	refuse(syn_ack, sizeof(syn_ack), 33, 0x13);       /* SYN, FIN and ACK */
	refuse(prohibited, sizeof(prohibited), 24, 8);    /* an echo request */
	refuse(prohibited, sizeof(prohibited), 25, 4);    /* too long: of no port */
	refuse(prohibited, sizeof(prohibited), 41, 17);   /* a quoted UDP datagram */
	refuse(prohibited, sizeof(prohibited), 32, 0x60); /* a quoted IPv6 header */
}

/* ---- neighbours ---- */

static void test_neighbour_questions(void **state)
{
	struct neighbour_asker v4 = { .source = addr_from_v4(0xc0000201),
				      .mac = { 2, 0, 0, 0, 0, 1 } };
	struct neighbour_asker v6 = v4;
	uint8_t frame[NEIGHBOUR_FRAME_BYTES], mac[6];
	struct net_addr host, told;

	(void)state;
	assert_int_equal(neighbour_question(&v4, addr_from_v4(0xc0000207), frame), 42);
	assert_memory_equal(frame + 38, ((const uint8_t[]){ V4_FROM }), 4);
	assert_false(neighbour_answer(frame + 14, 28, true, &told, mac)); /* a question is none */
	frame[21] = 2;
	assert_true(neighbour_answer(frame + 14, 28, true, &told, mac));
	check_addr(told, "192.0.2.1");
	assert_memory_equal(mac, v4.mac, 6);
	assert_false(neighbour_answer(frame + 14, 17, true, &told, mac));

	assert_true(addr_parse("2001:db8::1", &v6.source));
	assert_true(addr_parse("2001:db8::12:3456", &host));
	assert_int_equal(neighbour_question(&v6, host, frame), 86);
	assert_memory_equal(frame, ((const uint8_t[]){ 0x33, 0x33, 0xff, 0x12, 0x34, 0x56 }), 6);
	assert_false(neighbour_answer(frame + 14, 72, false, &told, mac));
	frame[14 + 40] = 136;
	frame[14 + 64] = 2;
	assert_true(neighbour_answer(frame + 14, 72, false, &told, mac));
	check_addr(told, "2001:db8::12:3456");
	for (size_t n = 0; n < 72; n++)
		assert_false(neighbour_answer(frame + 14, n, false, &told, mac));
	frame[14 + 7] = 64; /* forwarded: not of this link */
	assert_false(neighbour_answer(frame + 14, 72, false, &told, mac));
}

/* ---- errors about UDP ---- */

static void test_udp_errors(void **state)
{
	struct net_addr host = addr_from_v4(0xc0000207), router = addr_from_v4(0xc00002fe);
	struct udp_news n = { 0 };

	(void)state;
	assert_true(udp_error_read(false, 3, 3, host, host, &n));
	assert_int_equal(n.state, PORT_CLOSED);
	assert_true(n.port_specific);
	assert_true(udp_error_read(false, 3, 3, router, host, &n));
	assert_int_equal(n.state, PORT_FILTERED);
	assert_true(udp_error_read(false, 3, 1, router, host, &n));
	assert_false(n.port_specific);
	assert_true(udp_error_read(true, 1, 4, host, host, &n));
	assert_int_equal(n.state, PORT_CLOSED);
	assert_false(udp_error_read(true, 3, 3, host, host, &n));
	assert_false(udp_error_read(false, 3, 4, host, host, &n));
	assert_false(udp_error_read(false, 3, 200, host, host, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syn_ack),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_reset_v6),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_neighbour_questions),
		cmocka_unit_test(test_udp_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
