#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "recipe.h"

static void check_packet(const struct built *b, const struct packet *p)
{
	assert_true(addr_equal(p->src, b->src));
	assert_true(addr_equal(p->dst, b->dst));
	assert_int_equal(p->sport, RECIPE_SPORT);
	assert_int_equal(p->dport, RECIPE_DPORT);
	assert_int_equal(p->tcp_flags, TCP_SYN | TCP_ACK | TCP_ECE);
	assert_true(packet_is_synack(p));
	assert_false(packet_is_syn(p));
	assert_int_equal(p->seq, 7);
	assert_int_equal(p->ack, 9);
	assert_int_equal(p->payload_length, RECIPE_PAYLOAD_LEN);
	assert_int_equal(p->payload_wire_length, RECIPE_PAYLOAD_LEN);
	assert_memory_equal(p->payload, RECIPE_PAYLOAD, RECIPE_PAYLOAD_LEN);
}

static void every_kind_of_frame(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_recipes; i++) {
		struct built b;
		struct packet p;
		enum verdict v;

		recipe_build(&recipes[i], &b);
		v = decode_exactly(recipes[i].link_type, b.bytes, b.length, &p);
		if (v != recipes[i].verdict)
			print_error("%s: %s\n", recipes[i].name, verdict_name(v));
		assert_int_equal(v, recipes[i].verdict);
		if (v == VERDICT_TCP)
			check_packet(&b, &p);
	}
}

static void padding_is_no_payload(void **state)
{
	static const struct recipe padded = {
		"padded", 1, VERDICT_TCP, { ETH(0x0800), IP4(6), TCP }
	};
	struct built b;
	struct packet p;
	uint8_t frame[256] = { 0 };

	(void)state;
	recipe_build(&padded, &b);
	memcpy(frame, b.bytes, b.length);
	assert_int_equal(decode_exactly(1, frame, sizeof(frame), &p), VERDICT_TCP);
	assert_int_equal(p.payload_length, RECIPE_PAYLOAD_LEN);

	/* Segmentation offload leaves no total length: then nothing says where the payload ends. */
	frame[16] = frame[17] = 0;
	assert_int_equal(decode_exactly(1, frame, sizeof(frame), &p), VERDICT_TCP);
	assert_int_equal(p.payload_length, sizeof(frame) - 54);
	assert_int_equal(p.payload_wire_length, sizeof(frame) - 54);
}

static void snapped_payload_keeps_its_wire_length(void **state)
{
	static const struct recipe plain = {
		"plain", 1, VERDICT_TCP, { ETH(0x86dd), IP6(6), TCP }
	};
	struct built b;
	struct packet p;

	(void)state;
	recipe_build(&plain, &b);
	assert_int_equal(decode_exactly(1, b.bytes, b.length - 3, &p), VERDICT_TCP);
	assert_int_equal(p.payload_length, RECIPE_PAYLOAD_LEN - 3);
	assert_int_equal(p.payload_wire_length, RECIPE_PAYLOAD_LEN);
	assert_int_equal(decode_exactly(1, b.bytes, b.length - 11, &p), VERDICT_TCP);
	assert_null(p.payload);
	assert_int_equal(p.payload_length, 0);
	assert_int_equal(p.payload_wire_length, RECIPE_PAYLOAD_LEN);
	assert_int_equal(decode_exactly(1, b.bytes, b.length - 12, &p), VERDICT_SHORT_TCP);
}

static void a_line_too_short_is_not_a_capture_too_short(void **state)
{
	static const struct recipe plain = {
		"plain", 1, VERDICT_TCP, { ETH(0x0800), IP4(6), TCP }
	};
	struct built b;
	struct packet p;
	uint8_t frame[256];

	(void)state;
	recipe_build(&plain, &b);
	memcpy(frame, b.bytes, b.length);
	frame[17] = 33;
	assert_int_equal(decode_exactly(1, frame, b.length, &p), VERDICT_BAD_TCP);
	frame[20] = 0x20; /* the first of several fragments: the flags are in the second */
	assert_int_equal(decode_exactly(1, frame, b.length, &p), VERDICT_FRAGMENT);
	frame[17] = 19;
	assert_int_equal(decode_exactly(1, frame, b.length, &p), VERDICT_BAD_IP);
}

static void verdicts_have_words(void **state)
{
	(void)state;
	for (int v = 0; v < VERDICT_COUNT; v++) {
		assert_non_null(verdict_name((enum verdict)v));
		assert_true(strlen(verdict_meaning((enum verdict)v)) > 0);
		for (int other = 0; other < v; other++) {
			assert_string_not_equal(verdict_name((enum verdict)v),
						verdict_name((enum verdict)other));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_frame),
		cmocka_unit_test(padding_is_no_payload),
		cmocka_unit_test(snapped_payload_keeps_its_wire_length),
		cmocka_unit_test(a_line_too_short_is_not_a_capture_too_short),
		cmocka_unit_test(verdicts_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
