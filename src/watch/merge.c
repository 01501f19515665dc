#include "watch/merge_internal.h"

/* Has the line a frame at hand? Asks it for more when it has not. */
static bool has_frame(struct merge_line *l)
{
	if (merge_holds(l))
		return true;
	l->at = 0;
	l->n = live_read(l->source, l->frames, MERGE_FRAMES);
	l->n = MAX(l->n, 0);
	return l->n > 0;
}

const struct capture_frame *merge_next(struct merge *m, uint64_t now_ns, size_t *ret_line)
{
	struct merge_line *first = NULL;
	bool others_silent = false;
	uint64_t time_ns;

	for (size_t i = 0; i < m->n; i++) {
		struct merge_line *l = &m->lines[i];

		if (!has_frame(l))
			others_silent = true;
		else if (!first || l->frames[l->at].time_ns < first->frames[first->at].time_ns)
			first = l;
	}
	if (!first)
		return NULL;
	/* What lies in the future was seen before the clock was set back. */
	time_ns = first->frames[first->at].time_ns;
	if (others_silent && now_ns < UINT64_MAX - MERGE_HOLD_NS &&
	    time_ns + MERGE_HOLD_NS > now_ns && time_ns <= now_ns + MERGE_HOLD_NS)
		return NULL;
	*ret_line = (size_t)(first - m->lines);
	return &first->frames[first->at++];
}
