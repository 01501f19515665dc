/* XXH64 against what xxhsum (Debian's xxhash 0.8.1) says. */
#include <string.h>

#include "base/hash.h"
#include "base/macros.h"

#include "unit.h"

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 7 + i / 13);
}

static void test_vectors(void **state)
{
	static const struct {
		size_t length;
		uint64_t value;
	} cases[] = {
		{ 0, 0xef46db3751d8e999 },   { 1, 0xe934a84adb052768 },
		{ 3, 0x9ff70a635a6209ab },   { 4, 0xae5acdc00a55ac41 },
		{ 5, 0x8ad58ce18a6fd093 },   { 7, 0xd734a6b26f3da63e },
		{ 8, 0x87116b3365b924eb },   { 9, 0x340667a92c4324ff },
		{ 12, 0x14b8433b9a14e611 },  { 15, 0x94d32e967340935c },
		{ 16, 0x80129149db102e54 },  { 20, 0x201c4b36296de47a },
		{ 31, 0x2fd3d6a9848e978e },  { 32, 0xd64d05cde4e6fd61 },
		{ 33, 0xb8349b79d9b3425e },  { 39, 0x8e1dd82d808bf475 },
		{ 63, 0xc1e8ec74ecb7548e },  { 64, 0x87fb62b7f982596a },
		{ 65, 0xe6c30ea731c34898 },  { 96, 0xc8d9f9fb40f1a42b },
		{ 100, 0xdad76c5e3ed40107 }, { 255, 0xb46112eb4b6c4012 },
		{ 256, 0x8d94a2dc61a1d7ec }, { 1000, 0xcae86109f50def4c },
	};
	uint8_t bytes[1001];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		for (size_t k = 0; k < cases[i].length; k++)
			bytes[1 + k] = pattern(k);
		/* At an odd address too: nothing may rest on alignment. */
		assert_true(hash_bytes(bytes + 1, cases[i].length) == cases[i].value);
		memmove(bytes, bytes + 1, cases[i].length);
		assert_true(hash_bytes(bytes, cases[i].length) == cases[i].value);
	}
	assert_true(hash_bytes("a", 1) == 0xd24ec4f1a98c6e5b);
	assert_true(hash_bytes("abc", 3) == 0x44bc2cf5ad770999);
	assert_true(hash_bytes("Nobody inspects the spammish repetition", 39) ==
		    0xfbcea83c8a378bf1);
}

/* In stripes of any number, asked at any time: as over all bytes at once. */
static void test_stream(void **state)
{
	uint8_t bytes[32 * HASH_STRIPE_BYTES];
	struct hash_stream h;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = pattern(i);
	for (size_t step = 1; step < 8; step++) {
		hash_stream_init(&h);
		assert_true(hash_stream_value(&h) == hash_bytes(bytes, 0));
		for (size_t at = 0; at + step * HASH_STRIPE_BYTES <= sizeof(bytes);
		     at += step * HASH_STRIPE_BYTES) {
			hash_stream_add(&h, bytes + at, step * HASH_STRIPE_BYTES);
			assert_true(hash_stream_value(&h) ==
				    hash_bytes(bytes, at + step * HASH_STRIPE_BYTES));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors),
					    cmocka_unit_test(test_stream) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
