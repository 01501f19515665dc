/*
 * From the machine's own time (CLOCK_BOOTTIME) to the wall clock: what is added to it, watched, so
 * that a clock that somebody sets shows within one reading.
 */
#ifndef SEKIMORI_LIVE_CLOCK_INTERNAL_H
#define SEKIMORI_LIVE_CLOCK_INTERNAL_H

#include <stdint.h>

struct live_clock {
	int64_t offset_ns;
};

/* Takes the offset as it is now. */
void live_clock_set(struct live_clock *c);

/* Takes it if it has changed by more than reading two clocks one after the other does. */
void live_clock_check(struct live_clock *c);

/* Times before 1970 are 0. */
static inline uint64_t live_clock_wall(const struct live_clock *c, uint64_t boot_ns)
{
	int64_t ns = (int64_t)boot_ns + c->offset_ns;

	return ns > 0 ? (uint64_t)ns : 0;
}

#endif
