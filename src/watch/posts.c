#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/zone.h"

#include "watch/watch_internal.h"

#define POST_NS   200000000ULL   /* sightings wait this long at most before they are posted */
#define QUIET_NS  5000000000ULL  /* where there are none, only the time up to which all was seen */
#define SAVE_NS   60000000000ULL /* the observer's memory: what a crash can take of it */
#define HOUR_NS   3600000000000ULL
#define FLOODS_NS NS_PER_SECOND /* what was only counted */
#define PAUSE_NS  20000000L

struct sighting *watch_slot(struct watch *w)
{
	if (!w->chunk)
		w->chunk = writer_take_chunk(w->writer);
	return w->chunk ? &w->chunk->sightings[w->chunk->n] : &w->nowhere;
}

static void put_chunk_by(struct watch *w)
{
	if (w->full_last)
		w->full_last->next = w->chunk;
	else
		w->full = w->chunk;
	w->full_last = w->chunk;
	w->chunk = NULL;
}

void watch_keep_slot(struct watch *w)
{
	const struct sighting *s = w->chunk ? &w->chunk->sightings[w->chunk->n] : &w->nowhere;

	w->last_sighting_ns = s->time_ns;
	if (!flood_admit(w->flood, s, &w->config->networks))
		return;
	if (!w->chunk)
		w->unwritten++;
	else if (++w->chunk->n == CHUNK_SIGHTINGS)
		put_chunk_by(w);
}

void watch_begin_hour(struct watch *w)
{
	uint64_t seed;

	/* Where the system has none to give, addresses and clocks are what nobody knows. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = w->now.boot_ns ^ (uint64_t)(uintptr_t)w;
	flood_begin(w->flood, seed);
	w->hour_began = w->now;
	w->floods_told = 0;
}

/* Some that no post has told. */
static bool any_floods(const struct watch *w)
{
	return flood_figures(w->flood).packets != w->floods_told;
}

static bool floods_are_due(const struct watch *w)
{
	return w->now.boot_ns - w->floods_posted.boot_ns >= FLOODS_NS;
}

/* Of the journal at hand: what there was at its beginning is taken off. */
static void fill_counts(const struct watch *w, struct post *p)
{
	static const char *const outcomes[OUTCOME_COUNT] = { "sighting", "foreign-syn-ack", "tcp" };

	for (int i = 0; i < OUTCOME_COUNT; i++) {
		struct batch_count *c = &p->counts[p->n_counts++];

		memset(c, 0, sizeof(*c));
		strncpy(c->name, outcomes[i], sizeof(c->name) - 1);
		c->count = w->outcomes[i] - w->outcomes_before[i];
	}
	for (int i = 0; i < VERDICT_COUNT; i++) {
		struct batch_count *c = &p->counts[p->n_counts];
		uint64_t n = w->verdicts[i] - w->verdicts_before[i];

		if (i == VERDICT_TCP || !n)
			continue;
		memset(c, 0, sizeof(*c));
		strncpy(c->name, verdict_name((enum verdict)i), sizeof(c->name) - 1);
		c->count = n;
		p->n_counts++;
	}
}

/* All rows of the journal so far, each second and at its end. */
static void fill_floods(struct watch *w, struct post *p)
{
	const struct batch_flood *rows;

	if (!any_floods(w) || (!p->ends_journal && !floods_are_due(w)))
		return;
	p->n_floods = flood_rows(w->flood, &rows);
	memcpy(p->floods, rows, p->n_floods * sizeof(*rows));
}

_Static_assert(OUTCOME_COUNT + VERDICT_COUNT <= POST_COUNTS_MAX, "room for all counts");

static void fill_post(struct watch *w, bool ends_journal, struct post *p)
{
	post_init(p);
	if (w->chunk && w->chunk->n)
		put_chunk_by(w);
	p->first = w->full;
	p->gaps = ledger_take(&w->ledger, &p->n_gaps);
	p->up_to_ns = w->seen_ns;
	p->ends_journal = ends_journal;
	fill_counts(w, p);
	fill_floods(w, p);
	if (ends_journal || w->now.boot_ns - w->saved.boot_ns >= SAVE_NS)
		observer_save(w->observer, w->seen_ns, &p->memory);
	if (p->memory.failed)
		buffer_clear(&p->memory);
}

/* Of the next journal. What may be written down is of the hour, however many journals it has. */
static void begin_rows(struct watch *w)
{
	w->journal_day = zone_day(w->now.wall_ns);
	if (w->now.boot_ns - w->hour_began.boot_ns >= HOUR_NS)
		watch_begin_hour(w);
	else
		flood_begin_rows(w->flood);
}

static bool send_post(struct watch *w, bool ends_journal, bool last)
{
	struct post p;
	bool saved, floods;

	/* Until the one before is on disk, a chunk goes on being filled: there are not many. */
	if (!writer_is_free(w->writer))
		return false;
	fill_post(w, ends_journal, &p);
	p.last = last;
	saved = p.memory.length;
	floods = p.n_floods;
	writer_offer(w->writer, &p);
	w->full = w->full_last = NULL;
	w->posted = w->now;
	if (saved)
		w->saved = w->now;
	if (floods) {
		w->floods_posted = w->now;
		w->floods_told = flood_figures(w->flood).packets;
	}
	if (ends_journal) {
		w->wants_journal = false;
		begin_rows(w);
		memcpy(w->verdicts_before, w->verdicts, sizeof(w->verdicts));
		memcpy(w->outcomes_before, w->outcomes, sizeof(w->outcomes));
	}
	return true;
}

static bool journal_is_due(struct watch *w)
{
	struct writer_figures f;

	if (w->wants_journal || w->now.boot_ns - w->hour_began.boot_ns >= HOUR_NS)
		return true;
	/* What is only counted has no times: a row is of one day. */
	if (zone_day(w->now.wall_ns) != w->journal_day)
		return true;
	if (w->outcomes[OUTCOME_SIGHTING] - w->outcomes_before[OUTCOME_SIGHTING] <
	    JOURNAL_SIGHTINGS_MAX)
		return false;
	writer_figures(w->writer, &f);
	return f.sightings >= JOURNAL_SIGHTINGS_MAX;
}

void watch_post(struct watch *w)
{
	bool any = w->full || (w->chunk && w->chunk->n) || w->ledger.n ||
		   (any_floods(w) && floods_are_due(w));
	uint64_t wait = any ? POST_NS : QUIET_NS;

	if (!w->wants_journal && !w->full && w->now.boot_ns - w->posted.boot_ns < wait)
		return;
	(void)send_post(w, journal_is_due(w), false); /* or it is tried at the next turn */
}

void watch_post_last(struct watch *w)
{
	const struct timespec pause = { 0, PAUSE_NS };

	writer_end(w->writer);
	/* The writer gives up on a disk that takes nothing, so this ends. */
	while (!send_post(w, true, true))
		(void)nanosleep(&pause, NULL);
}
