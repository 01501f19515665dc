/* Frames of several lines come out in the order of time, and wait only as long as they must. */
#include <stdlib.h>

#include "unit.h"
#include "watch/merge_internal.h"

/* A line whose frames appear at times of our choosing: the driver's place is taken here. */
struct live_source {
	const uint64_t *times;
	size_t n, at, there; /* all; handed out; that the ring has */
	size_t reads;
};

int live_read(struct live_source *s, struct capture_frame *ret_frames, int capacity)
{
	int n = 0;

	s->reads++;
	while (n < capacity && s->at < s->there)
		ret_frames[n++] = (struct capture_frame){ .time_ns = s->times[s->at++] };
	return n;
}

static struct merge_line lines[3];

static struct merge over(struct live_source *sources, size_t n)
{
	for (size_t i = 0; i < n; i++)
		lines[i] = (struct merge_line){ .source = &sources[i] };
	return (struct merge){ lines, n };
}

static void one_line_waits_for_nobody(void **state)
{
	static const uint64_t times[] = { 5, 6, 9 };
	struct live_source s = { times, 3, 0, 3, 0 };
	struct merge m = over(&s, 1);
	size_t line;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(merge_next(&m, 10, &line)->time_ns, times[i]);
	assert_null(merge_next(&m, 10, &line));
}

static void two_lines_in_one_order(void **state)
{
	static const uint64_t in[] = { 10, 12, 14, 30 }, out[] = { 11, 13, 15, 17 };
	static const uint64_t want[] = { 10, 11, 12, 13, 14, 15, 17 };
	struct live_source s[2] = { { in, 4, 0, 4, 0 }, { out, 4, 0, 4, 0 } };
	struct merge m = over(s, 2);
	size_t line;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(want); i++) {
		const struct capture_frame *f = merge_next(&m, 40, &line);

		assert_non_null(f);
		assert_int_equal(f->time_ns, want[i]);
		assert_int_equal(line, want[i] % 2);
	}
	/* The other line may still have one that was seen before 30. */
	assert_null(merge_next(&m, 40, &line));
	assert_int_equal(merge_next(&m, 30 + MERGE_HOLD_NS, &line)->time_ns, 30);
}

static void a_block_that_comes_late(void **state)
{
	static const uint64_t in[] = { 100 }, out[] = { 90 };
	struct live_source s[2] = { { in, 1, 0, 1, 0 }, { out, 1, 0, 0, 0 } };
	struct merge m = over(s, 2);
	size_t line;

	(void)state;
	assert_null(merge_next(&m, 110, &line));
	s[1].there = 1; /* the ring's block is handed over ten milliseconds later */
	assert_int_equal(merge_next(&m, 120, &line)->time_ns, 90);
	assert_int_equal(line, 1);
	assert_null(merge_next(&m, 120, &line));
	assert_int_equal(merge_next(&m, 100 + MERGE_HOLD_NS, &line)->time_ns, 100);
}

/* The clock was set back by an hour: what was seen before is not held for an hour. */
static void a_clock_set_back(void **state)
{
	static const uint64_t in[] = { 3600000000000ULL };
	struct live_source s[2] = { { in, 1, 0, 1, 0 }, { NULL, 0, 0, 0, 0 } };
	struct merge m = over(s, 2);
	size_t line;

	(void)state;
	assert_non_null(merge_next(&m, 1000, &line));
}

static void random_lines_come_in_order(void **state)
{
	static uint64_t times[3][2000];
	struct live_source s[3];
	struct merge m;
	uint64_t last = 0, now = 0;
	size_t line, n = 0;

	(void)state;
	srand(7);
	for (int l = 0; l < 3; l++) {
		uint64_t t = 1;

		for (int i = 0; i < 2000; i++)
			times[l][i] = t += (uint64_t)(rand() % 3000000);
		s[l] = (struct live_source){ times[l], 2000, 0, 0, 0 };
	}
	m = over(s, 3);
	while (n < 6000) {
		const struct capture_frame *f;

		now += 5000000;
		/* A ring shows a frame ten milliseconds after it came at the latest. */
		for (int l = 0; l < 3; l++) {
			while (s[l].there < 2000 &&
			       times[l][s[l].there] + (uint64_t)(rand() % 10000000) <= now)
				s[l].there++;
		}
		while ((f = merge_next(&m, now, &line))) {
			assert_true(f->time_ns >= last);
			last = f->time_ns;
			n++;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_waits_for_nobody),
		cmocka_unit_test(two_lines_in_one_order),
		cmocka_unit_test(a_block_that_comes_late),
		cmocka_unit_test(a_clock_set_back),
		cmocka_unit_test(random_lines_come_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
