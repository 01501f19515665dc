/* What holds for any bytes: bounds, one verdict, and the short cut's agreement with the walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "decode/decode_internal.h"

#include "recipe.h"

#define RANDOM_ROUNDS 200000
#define RANDOM_LENGTH 200

static bool holds_udp(const struct recipe *r)
{
	for (size_t i = 0; i < RECIPE_LAYERS_MAX; i++) {
		if (r->layers[i].kind == LAYER_UDP)
			return true;
	}
	return false;
}

/* UDP cut before its ports is just UDP; an A-MSDU cut before its TCP is what its first subframe is.
 */
static bool is_answer_to_a_prefix(const struct recipe *r, enum verdict v)
{
	if (v == VERDICT_OTHER_PROTOCOL && holds_udp(r))
		return true;
	if (v == VERDICT_NOT_IP && strcmp(r->name, "wifi-amsdu") == 0)
		return true;
	return v == VERDICT_TCP || v == r->verdict || v == VERDICT_SHORT_LINK ||
	       v == VERDICT_SHORT_IP || v == VERDICT_SHORT_TCP;
}

static void check_prefixes(const struct recipe *r)
{
	struct built b;

	recipe_build(r, &b);
	for (size_t length = 0; length < b.length; length++) {
		struct packet p;
		enum verdict v = decode_exactly(r->link_type, b.bytes, length, &p);

		if (!is_answer_to_a_prefix(r, v))
			fail_msg("%s, %zu bytes: %s", r->name, length, verdict_name(v));
	}
}

static void every_prefix_ends_cleanly(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_recipes; i++)
		check_prefixes(&recipes[i]);
}

static enum verdict check_agreement(uint16_t link_type, const uint8_t *bytes, uint32_t length)
{
	struct packet fast, plain;
	enum verdict v = decode_frame(link_type, bytes, length, &fast);

	assert_int_equal(v, decode_frame_plainly(link_type, bytes, length, &plain));
	if (v == VERDICT_TCP)
		assert_true(packet_equal(&fast, &plain));
	return v;
}

/* Common frames with a few bytes changed, cut at any length: near the short cut's every condition.
 */
static void short_cut_agrees_with_the_walk(void **state)
{
	uint64_t seed = 1;
	unsigned long n_tcp = 0;

	(void)state;
	for (int round = 0; round < RANDOM_ROUNDS; round++) {
		static const char *const names[] = { "ethernet", "ethernet-6", "vlan", "qinq",
						     "trailer" };
		const struct recipe *r = NULL;
		struct built b;
		uint8_t frame[RANDOM_LENGTH] = { 0 };
		uint64_t random = hash_mix(seed++);
		size_t length;

		for (size_t i = 0; i < n_recipes; i++) {
			if (strcmp(recipes[i].name, names[random % 5]) == 0)
				r = &recipes[i];
		}
		assert_non_null(r);
		recipe_build(r, &b);
		memcpy(frame, b.bytes, b.length);
		for (unsigned change = random >> 8 & 3; change > 0; change--) {
			uint64_t where = hash_mix(seed++);

			frame[where % b.length] = (uint8_t)(where >> 32);
		}
		length = (random >> 16 & 1) != 0 ? b.length + (random >> 20) % 40
						 : (random >> 20) % (b.length + 1);
		n_tcp += check_agreement(1, frame, (uint32_t)length) == VERDICT_TCP;
	}
	assert_in_range(n_tcp, RANDOM_ROUNDS / 10, RANDOM_ROUNDS);
}

static const uint16_t link_types[] = { 0,   1,   9,   12,  50,  51,  101, 104, 105, 108, 109, 113,
				       119, 127, 163, 166, 204, 205, 219, 228, 229, 239, 276 };

static void random_bytes_get_a_verdict(void **state)
{
	uint64_t seed = 1000000;

	(void)state;
	for (int round = 0; round < RANDOM_ROUNDS; round++) {
		uint8_t frame[RANDOM_LENGTH];
		uint64_t random = hash_mix(seed++);
		struct packet p;
		enum verdict v;

		for (size_t i = 0; i < sizeof(frame); i += 8) {
			uint64_t bytes = hash_mix(seed++);

			memcpy(frame + i, &bytes, 8);
		}
		v = decode_exactly(link_types[random % ARRAY_LENGTH(link_types)], frame,
				   (random >> 8) % (RANDOM_LENGTH + 1), &p);
		assert_in_range(v, 0, VERDICT_COUNT - 1);
	}
}

static void packet_is_written_only_with_tcp(void **state)
{
	struct packet untouched;

	(void)state;
	memset(&untouched, 0x5a, sizeof(untouched));
	for (size_t i = 0; i < n_recipes; i++) {
		struct packet p = untouched;
		struct built b;

		recipe_build(&recipes[i], &b);
		for (size_t length = 0; length <= b.length; length++) {
			if (decode_frame(recipes[i].link_type, b.bytes, (uint32_t)length, &p) !=
			    VERDICT_TCP)
				assert_true(packet_equal(&p, &untouched));
			p = untouched;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_prefix_ends_cleanly),
		cmocka_unit_test(short_cut_agrees_with_the_walk),
		cmocka_unit_test(random_bytes_get_a_verdict),
		cmocka_unit_test(packet_is_written_only_with_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
