/* The wall clock is set while the sensor watches: by hand, or by a time server at last. */
#include "base/i18n.h"
#include "base/zone.h"

#include "watch/watch_internal.h"

#define STEP_NS    NS_PER_SECOND /* against boot time; less is what a time server does all day */
#define STAMPED_NS (2 * NS_PER_SECOND) /* then no frame has a time by the clock as it was */

/* What it was set by since the last second. */
static int64_t step_of(const struct watch *w)
{
	return (int64_t)(w->now.wall_ns - w->second.wall_ns) -
	       (int64_t)(w->now.boot_ns - w->second.boot_ns);
}

static bool is_step(int64_t step_ns)
{
	return step_ns > (int64_t)STEP_NS || step_ns < -(int64_t)STEP_NS;
}

static uint64_t move(uint64_t time_ns, int64_t step_ns)
{
	int64_t moved = (int64_t)time_ns + step_ns;

	return moved > 0 ? (uint64_t)moved : 0;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/*
 * What lies between the two times was not seen, or twice. But where it is days, one of them is a
 * wrong clock's, and the years between are none that nobody watched: then only the moment is told,
 * by each of the clocks.
 */
static void end_by_clock(struct watch *w, int64_t step_ns)
{
	uint64_t from_ns = w->second.wall_ns, to_ns = move(w->now.wall_ns, -step_ns);
	uint64_t new_from_ns = move(from_ns, step_ns), new_to_ns = w->now.wall_ns;
	bool far = distance(to_ns, new_to_ns) > WATCH_AHEAD_NS;

	if (far)
		watch_note(w, BATCH_GAP_CLOCK, "", from_ns, to_ns, 0);
	else
		watch_note(w, BATCH_GAP_CLOCK, "", MIN(from_ns, new_from_ns), MAX(to_ns, new_to_ns),
			   0);
	/* What was seen in a wrong year is of one batch, and nothing else is. Where that cannot be,
	 * it is told all the same. */
	(void)!watch_end_journal(w, NULL, new_to_ns);
	if (far)
		watch_note(w, BATCH_GAP_CLOCK, "", new_from_ns, new_to_ns, 0);
}

void watch_follow_clock(struct watch *w)
{
	int64_t step_ns = step_of(w);

	if (!is_step(step_ns))
		return;
	w->now = watch_now(); /* it may have been kept waiting between two clocks */
	step_ns = step_of(w);
	if (!is_step(step_ns))
		return;
	end_by_clock(w, step_ns);
	/* From here on all is by the new one. */
	w->stepped_ns = step_ns;
	w->stepped = w->now;
	w->seen_ns = w->now.wall_ns;
	w->second.wall_ns = move(w->second.wall_ns, step_ns);
	w->started.wall_ns = move(w->started.wall_ns, step_ns);
	if (w->last_sighting_ns)
		w->last_sighting_ns = move(w->last_sighting_ns, step_ns);
	for (size_t i = 0; i < w->n_lines; i++) {
		if (w->lines[i].down_ns)
			w->lines[i].down_ns = MAX(move(w->lines[i].down_ns, step_ns), 1u);
	}
	watch_say(w, _("the clock was set by %+lld seconds"),
		  (long long)(step_ns / (int64_t)NS_PER_SECOND));
}

uint64_t watch_frame_time(struct watch *w, uint64_t time_ns, uint64_t last_ns)
{
	/* The clock may have been set since it was looked at. */
	if (time_ns > w->now.wall_ns + STEP_NS || time_ns + STEP_NS < last_ns) {
		w->now = watch_now();
		watch_follow_clock(w);
	}
	if (!w->stepped_ns || w->now.boot_ns - w->stepped.boot_ns > STAMPED_NS)
		return time_ns;
	if (distance(time_ns, move(w->now.wall_ns, -w->stepped_ns)) <
	    distance(time_ns, w->now.wall_ns))
		return move(time_ns, w->stepped_ns);
	return time_ns;
}
