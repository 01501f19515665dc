#include <time.h>

#include "live/clock_internal.h"

#define TRIES         4
#define BETWEEN_NS    2000   /* between two looks at a clock, when nothing came between */
#define DIFFERENCE_NS 100000 /* a clock that is slewed needs a fifth of a second for it */

static int64_t now_ns(clockid_t clock)
{
	struct timespec t = { 0 };

	(void)clock_gettime(clock, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* The closest of some looks: the process may be held up in the midst of one. */
static int64_t look(void)
{
	int64_t least = INT64_MAX, offset = 0;

	for (int i = 0; i < TRIES && least > BETWEEN_NS; i++) {
		int64_t before = now_ns(CLOCK_BOOTTIME), wall = now_ns(CLOCK_REALTIME);
		int64_t between = now_ns(CLOCK_BOOTTIME) - before;

		if (between < least) {
			least = between;
			offset = wall - before - between / 2;
		}
	}
	return offset;
}

void live_clock_set(struct live_clock *c)
{
	c->offset_ns = look();
}

void live_clock_check(struct live_clock *c)
{
	int64_t offset = look(), difference = offset - c->offset_ns;

	if (difference > DIFFERENCE_NS || difference < -DIFFERENCE_NS)
		c->offset_ns = offset;
}
