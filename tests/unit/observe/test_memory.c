/* The bounded memory: found while alive, the oldest pushed out, saved and loaded. */
#include <stdlib.h>
#include <string.h>

#include "observe/memory_internal.h"

#include "unit.h"

#define SECOND 1000000000ULL
#define LIFE   (600 * SECOND)
#define NOW    (1548288000 * SECOND)

/* Keys of one set: the upper bits choose it. */
static uint64_t in_set(uint64_t set, uint64_t i)
{
	return set << 60 | (i + 1);
}

static void test_life(void **state)
{
	struct memory m;

	(void)state;
	assert_int_equal(memory_init(&m, 4, LIFE, NULL), 0);
	assert_false(m.used);
	assert_null(memory_find(&m, 5, NOW));
	memory_put(&m, 5, NOW)->value = 7;
	assert_true(m.used);
	assert_int_equal(memory_find(&m, 5, NOW)->value, 7);
	assert_null(memory_find(&m, 6, NOW));
	assert_non_null(memory_find(&m, 5, NOW + LIFE));
	assert_null(memory_find(&m, 5, NOW + LIFE + 1));
	/* Times may step back. */
	assert_non_null(memory_find(&m, 5, NOW - LIFE));
	assert_null(memory_find(&m, 5, NOW - LIFE - 1));
	/* Put again: alive it keeps its value, dead it begins anew. */
	assert_int_equal(memory_put(&m, 5, NOW + LIFE)->value, 7);
	assert_int_equal(memory_put(&m, 5, NOW + 3 * LIFE)->value, 0);
	memory_finish(&m);
	memory_finish(&m);
}

static bool is_odd(const struct memory_entry *e, uint64_t time_ns)
{
	(void)time_ns;
	return e->value % 2;
}

static void test_eviction(void **state)
{
	struct memory m;

	(void)state;
	assert_int_equal(memory_init(&m, 4, LIFE, NULL), 0);
	for (uint64_t i = 0; i < 4; i++)
		memory_put(&m, in_set(3, i), NOW + i);
	memory_put(&m, in_set(4, 0), NOW);
	/* The first is used again, so the second is the oldest. */
	memory_put(&m, in_set(3, 0), NOW + 10);
	memory_put(&m, in_set(3, 4), NOW + 11);
	assert_non_null(memory_find(&m, in_set(3, 0), NOW + 11));
	assert_null(memory_find(&m, in_set(3, 1), NOW + 11));
	assert_non_null(memory_find(&m, in_set(3, 2), NOW + 11));
	assert_non_null(memory_find(&m, in_set(3, 4), NOW + 11));
	assert_non_null(memory_find(&m, in_set(4, 0), NOW + 11));
	/* What no longer matters goes first, though it is newer. */
	m.matters = is_odd;
	for (uint64_t i = 0; i < 4; i++)
		memory_put(&m, in_set(5, i), NOW + i)->value = i == 2 ? 0 : 1;
	memory_put(&m, in_set(5, 4), NOW + 4);
	assert_non_null(memory_find(&m, in_set(5, 0), NOW + 4));
	assert_null(memory_find(&m, in_set(5, 2), NOW + 4));
	m.matters = NULL;
	/* A flood leaves what was put last. */
	for (uint64_t i = 0; i < 1000000; i++)
		memory_put(&m, in_set(i % 16, i), NOW + 100 + i);
	for (uint64_t i = 1000000 - 64; i < 1000000; i++)
		assert_non_null(memory_find(&m, in_set(i % 16, i), NOW + 1000100));
	memory_finish(&m);
}

static void test_save_and_load(void **state)
{
	struct memory m, other;
	struct buffer b;
	struct cursor c;

	(void)state;
	assert_int_equal(memory_init(&m, 6, LIFE, NULL), 0);
	assert_int_equal(memory_init(&other, 6, LIFE, NULL), 0);
	buffer_init(&b);
	for (uint64_t i = 1; i <= 40; i++)
		memory_put(&m, i << 58 | i, NOW + i * 20 * SECOND)->value = i;
	memory_save(&m, NOW + 800 * SECOND, &b);
	c = cursor_over(b.bytes, b.length);
	memory_load(&other, &c);
	assert_false(c.overrun);
	assert_int_equal(cursor_left(&c), 0);
	for (uint64_t i = 1; i <= 40; i++) {
		struct memory_entry *e = memory_find(&other, i << 58 | i, NOW + 800 * SECOND);

		/* Dead ones are not saved: 800 - 20 i seconds old. */
		assert_int_equal(e != NULL, 800 - 20 * i <= 600);
		if (e) {
			assert_int_equal(e->value, i);
			assert_true(e->time_ns == NOW + i * 20 * SECOND);
		}
	}
	/* Every prefix is too short. */
	for (size_t n = 0; n < b.length; n++) {
		c = cursor_over(b.bytes, n);
		memory_load(&other, &c);
		assert_true(c.overrun);
	}
	buffer_clear(&b);
	m.matters = is_odd;
	memory_save(&m, NOW + 800 * SECOND, &b);
	assert_int_equal(b.length, 4 + 24 * 15);
	buffer_finish(&b);
	memory_finish(&m);
	memory_finish(&other);
}

static void test_keys(void **state)
{
	struct net_addr a = addr_from_v4(1), b = addr_from_v4(2), six = { 1, 2 },
			six_turned = { 2, 1 };
	uint64_t keys[] = { memory_key(a, 1, b, 2),         memory_key(b, 2, a, 1),
			    memory_key(a, 2, b, 1),         memory_key(a, 0, b, 2),
			    memory_key(a, 1, b, 0),         memory_key(a, 0, b, 0),
			    memory_key(a, 1, a, 2),         memory_key(six, 1, b, 2),
			    memory_key(six_turned, 1, b, 2) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		assert_true(keys[i] != 0);
		for (size_t k = 0; k < i; k++)
			assert_true(keys[i] != keys[k]);
	}
	assert_true(memory_key(a, 1, b, 2) == keys[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_save_and_load),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
