#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/zone.h"

#include "watch/watch_internal.h"

#define ASLEEP_NS NS_PER_SECOND
#define RATE_PART 0.1 /* of the last second in a rate */

void watch_note(struct watch *w, enum batch_gap_kind kind, const char *interface, uint64_t from_ns,
		uint64_t to_ns, uint64_t count)
{
	struct batch_gap gap = {
		.kind = kind, .from_ns = from_ns, .to_ns = MAX(from_ns, to_ns), .count = count
	};

	snprintf(gap.interface, sizeof(gap.interface), "%s", interface);
	ledger_note(&w->ledger, &gap);
}

void watch_note_stopped(struct watch *w, uint64_t last_ns, bool ahead)
{
	uint64_t now_ns = w->started.wall_ns;

	if (ahead)
		watch_note(w, BATCH_GAP_CLOCK, "", now_ns, now_ns, 0);
	if (last_ns > now_ns)
		watch_note(w, BATCH_GAP_CLOCK, "", now_ns, last_ns, 0);
	else if (last_ns)
		watch_note(w, BATCH_GAP_STOPPED, "", last_ns, now_ns, 0);
}

static void follow_rate(double *rate, uint64_t more, uint64_t ns)
{
	double now = ns ? (double)more * 1e9 / (double)ns : 0;

	*rate = *rate == 0 ? now : *rate + RATE_PART * (now - *rate);
}

static void look_at_state(struct watch *w, struct watch_line *line, enum live_state state,
			  bool again)
{
	uint64_t from_ns = w->second.wall_ns, to_ns = w->now.wall_ns;

	/* For a part of the second at least: it may have gone and come back in it. */
	if (state != LIVE_UP || line->state != LIVE_UP || again)
		watch_note(w, BATCH_GAP_DOWN, line->name, from_ns, to_ns, 0);
	if (state == line->state)
		return;
	if (state == LIVE_UP)
		watch_say(w, _("%s is back"), line->name);
	else
		watch_say(w,
			  state == LIVE_GONE
				  ? _("%s is gone; it is taken up again when it comes back")
				  : _("%s is down"),
			  line->name);
	line->down_ns = state == LIVE_UP ? 0 : line->down_ns ? line->down_ns : to_ns;
	line->state = state;
	line->frames_ns = w->now.boot_ns;
}

/* The first time all of it, then second by second: the ledger joins them. */
static void note_silence(struct watch *w, struct watch_line *line, uint64_t silent_ns)
{
	uint64_t to_ns = w->now.wall_ns, from_ns = w->second.wall_ns;

	if (!line->silent) /* the clock may have been set to less than that */
		from_ns = to_ns - MIN(silent_ns, to_ns);
	watch_note(w, BATCH_GAP_SILENT, line->name, from_ns, to_ns, 0);
	if (!line->silent)
		watch_say(w, _("%s: no frame for %u seconds"), line->name,
			  w->config->sensor.silent_s);
}

/* A line without any frame for so long is not a quiet one: something is unplugged. */
static void look_at_silence(struct watch *w, struct watch_line *line, bool any)
{
	uint64_t limit = w->config->sensor.silent_s * NS_PER_SECOND;
	uint64_t silent_ns = w->now.boot_ns - line->frames_ns;
	/* Under another limit it goes on being the silence that was told. */
	bool silent = !any && line->state == LIVE_UP && (line->silent || silent_ns >= limit);

	if (silent)
		note_silence(w, line, silent_ns);
	if (any)
		line->frames_ns = w->now.boot_ns;
	line->silent = silent;
}

static void look_at_line(struct watch *w, size_t i)
{
	struct watch_line *line = &w->lines[i];
	uint64_t ns = w->now.boot_ns - w->second.boot_ns;
	uint64_t from_ns = w->second.wall_ns, to_ns = w->now.wall_ns, lost;
	struct live_counts now, *was = &line->counts;
	enum live_state state;

	state = live_tend(w->merge_lines[i].source, w->now.boot_ns);
	live_counts_read(w->merge_lines[i].source, &now);
	look_at_state(w, line, state, now.attached > was->attached);
	lost = now.lost - was->lost + now.missed - was->missed;
	if (lost)
		watch_note(w, BATCH_GAP_LOST, line->name, from_ns, to_ns, lost);
	if (now.over_budget > was->over_budget)
		watch_note(w, BATCH_GAP_BUDGET, line->name, from_ns, to_ns,
			   now.over_budget - was->over_budget);
	look_at_silence(w, line, now.frames > was->frames || now.taken > was->taken);
	follow_rate(&line->frames_rate, now.frames - was->frames, ns);
	follow_rate(&line->taken_rate, now.taken - was->taken, ns);
	line->counts = now;
}

/* The machine slept. No line was silent meanwhile, for nobody listened. */
static void look_at_sleep(struct watch *w)
{
	int64_t asleep = (int64_t)(w->now.boot_ns - w->second.boot_ns) -
			 (int64_t)(w->now.awake_ns - w->second.awake_ns);

	if (asleep <= (int64_t)ASLEEP_NS)
		return;
	watch_note(w, BATCH_GAP_STOPPED, "", w->second.wall_ns, w->now.wall_ns, 0);
	for (size_t i = 0; i < w->n_lines; i++)
		w->lines[i].frames_ns += (uint64_t)asleep;
}

static void look_at_mirror(struct watch *w)
{
	struct mirror_lines all = { 0 };
	unsigned before = w->mirror.findings, fresh;

	for (size_t i = 0; i < w->n_lines; i++) {
		all.frames += w->lines[i].counts.frames;
		all.foreign_syns += w->lines[i].counts.foreign_syns;
		all.cut += w->lines[i].counts.cut;
	}
	if (!mirror_tick(&w->mirror, w->now.boot_ns, &all))
		return;
	fresh = w->mirror.findings & ~before;
	for (int i = 0; i < MIRROR_FINDINGS; i++) {
		if (fresh >> i & 1)
			watch_say(w, "%s", watch_finding_words((enum mirror_finding)i));
	}
}

static void look_at_disk(struct watch *w)
{
	if (w->unwritten > w->unwritten_told)
		watch_note(w, BATCH_GAP_DISK, "", w->second.wall_ns, w->now.wall_ns,
			   w->unwritten - w->unwritten_told);
	w->unwritten_told = w->unwritten;
}

void watch_second(struct watch *w)
{
	uint64_t sightings = w->outcomes[OUTCOME_SIGHTING];

	look_at_sleep(w);
	for (size_t i = 0; i < w->n_lines; i++)
		look_at_line(w, i);
	look_at_disk(w);
	look_at_mirror(w);
	follow_rate(&w->sightings_rate, sightings - w->sightings_before,
		    w->now.boot_ns - w->second.boot_ns);
	w->sightings_before = sightings;
	w->second = w->now;
}
