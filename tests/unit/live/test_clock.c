/* Boot time becomes the wall clock's, also after somebody has set that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "live/clock_internal.h"

#define MS 1000000LL

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	assert_int_equal(clock_gettime(clock, &t), 0);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* Between two looks at the wall clock, but for what taking the offset may err by. */
static void assert_right(const struct live_clock *c)
{
	uint64_t before = now_ns(CLOCK_REALTIME), wall;

	wall = live_clock_wall(c, now_ns(CLOCK_BOOTTIME));
	assert_true(wall + 50 * MS > before && wall < now_ns(CLOCK_REALTIME) + 50 * MS);
}

static void test_set(void **state)
{
	struct live_clock c = { .offset_ns = 17 };

	(void)state;
	live_clock_set(&c);
	assert_right(&c);
}

static void test_step(void **state)
{
	struct live_clock c;

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		live_clock_set(&c);
		c.offset_ns += sign * 3600000 * MS;
		live_clock_check(&c);
		assert_right(&c);
	}
}

/* What two looks differ by is no step: times must not tremble. */
static void test_small_difference(void **state)
{
	struct live_clock c;
	int64_t kept;
	int same = 0;

	(void)state;
	live_clock_set(&c);
	kept = c.offset_ns;
	for (int i = 0; i < 100; i++) {
		live_clock_check(&c);
		same += c.offset_ns == kept;
		kept = c.offset_ns;
	}
	assert_true(same > 50); /* other work may hold us up within a look */
}

static void test_early(void **state)
{
	const struct live_clock c = { .offset_ns = -5 };

	(void)state;
	assert_int_equal(live_clock_wall(&c, 3), 0);
	assert_int_equal(live_clock_wall(&c, 8), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_small_difference),
		cmocka_unit_test(test_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
