/* Each number once, whatever the size and the seed; and an order that does not show. */
#include <stdlib.h>

#include "scan/permute.h"

#include "unit.h"

static void assert_full_period(uint64_t n, uint64_t seed)
{
	uint8_t *seen = calloc(n, 1);
	struct permutation p;

	assert_non_null(seen);
	permutation_init(&p, n, seed);
	assert_true((uint64_t)p.a * p.b >= n);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t x = permutation_at(&p, i);

		assert_true(x < n);
		assert_int_equal(seen[x], 0);
		seen[x] = 1;
	}
	free(seen);
}

static void test_each_once(void **state)
{
	(void)state;
	for (uint64_t n = 1; n < 300; n++) {
		for (uint64_t seed = 0; seed < 5; seed++)
			assert_full_period(n, seed);
	}
	for (uint64_t n = 65530; n < 65540; n++)
		assert_full_period(n, hash_mix(n));
	assert_full_period(1000003, 7);
	assert_full_period((1 << 20) + 1, UINT64_MAX);
}

/* Of the largest size not all can be walked: what comes is below it, and differs. */
static void test_largest(void **state)
{
	struct permutation p;
	uint64_t last = 0;

	(void)state;
	permutation_init(&p, PERMUTATION_MAX, 1);
	assert_true((unsigned __int128)p.a * p.b >= PERMUTATION_MAX);
	for (uint64_t i = 0; i < 10000; i++) {
		uint64_t x = permutation_at(&p, PERMUTATION_MAX - 1 - i);

		assert_true(x < PERMUTATION_MAX && x != last);
		last = x;
	}
}

/* The same seed, the same order: an interrupted scan relies on it. */
static void test_same_order(void **state)
{
	struct permutation a, b, c;
	unsigned same = 0;

	(void)state;
	permutation_init(&a, 100000, 42);
	permutation_init(&b, 100000, 42);
	permutation_init(&c, 100000, 43);
	for (uint64_t i = 0; i < 1000; i++) {
		assert_true(permutation_at(&a, i) == permutation_at(&b, i));
		same += permutation_at(&a, i) == permutation_at(&c, i);
	}
	assert_true(same < 10);
}

/* A stretch of the walk falls evenly on the hosts: 65,536 of them, 16 bins, 4,096 steps. */
static void test_spread(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		unsigned bins[16] = { 0 };
		struct permutation p;

		permutation_init(&p, 65536, seed);
		for (uint64_t i = 0; i < 4096; i++)
			bins[permutation_at(&p, i) / 4096]++;
		for (int i = 0; i < 16; i++)
			assert_in_range(bins[i], 156, 356); /* 256, and more than six deviations */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_same_order),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
