/*
 * Several lines as one: frames of all interfaces in the order of time, which the marks depend on
 * where a tap gives each direction a line of its own.
 *
 * A frame may reach us some milliseconds after it was seen (a ring hands over whole blocks). So a
 * frame is given out when every other line has a later one, or when it is older than that.
 */
#ifndef SEKIMORI_WATCH_MERGE_INTERNAL_H
#define SEKIMORI_WATCH_MERGE_INTERNAL_H

#include "live/live.h"

#define MERGE_FRAMES  256
#define MERGE_HOLD_NS 50000000ULL /* some times the ten milliseconds of a ring's block */

struct merge_line {
	struct live_source *source;
	struct capture_frame frames[MERGE_FRAMES];
	int at, n;
};

struct merge {
	struct merge_line *lines; /* the caller's */
	size_t n;
};

/*
 * The next frame, and which line it is of; valid until the next call. NOW_NS is the wall clock's;
 * with UINT64_MAX nothing is held any more. Returns NULL when none is due.
 */
const struct capture_frame *merge_next(struct merge *m, uint64_t now_ns, size_t *ret_line);

/* Is something of it held, that was read and not yet given out? */
static inline bool merge_holds(const struct merge_line *l)
{
	return l->at < l->n;
}

#endif
