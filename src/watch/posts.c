#include <errno.h>
#include <stdlib.h>
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
#define ENDED_MAX 16 /* journals that wait for a disk: each is a configuration or a clock */

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

/* All that there is, as one post. */
static void take_post(struct watch *w, bool ends_journal, struct post *p)
{
	fill_post(w, ends_journal, p);
	w->full = w->full_last = NULL;
	w->posted = w->now;
	if (p->memory.length)
		w->saved = w->now;
	if (p->n_floods) {
		w->floods_posted = w->now;
		w->floods_told = flood_figures(w->flood).packets;
	}
	if (ends_journal) {
		begin_rows(w);
		memcpy(w->verdicts_before, w->verdicts, sizeof(w->verdicts));
		memcpy(w->outcomes_before, w->outcomes, sizeof(w->outcomes));
	}
}

int watch_end_journal(struct watch *w, const struct prefix_set *networks, uint64_t next_ns)
{
	struct post *p = w->n_ended < ENDED_MAX ? malloc(sizeof(*p)) : NULL;
	struct prefix_set copy;
	int error = p ? 0 : w->n_ended < ENDED_MAX ? -ENOMEM : -EBUSY;

	prefix_set_init(&copy);
	if (!error && networks)
		error = prefix_set_add_all(&copy, networks);
	if (error < 0) {
		prefix_set_finish(&copy);
		free(p);
		return error;
	}
	take_post(w, true, p);
	p->networks = copy;
	p->next_ns = next_ns;
	if (w->ended_last)
		w->ended_last->next = p;
	else
		w->ended = p;
	w->ended_last = p;
	w->n_ended++;
	return 0;
}

/* The ends of journals go first. Returns true when there is nothing before what is at hand, and
 * the writer takes it. */
static bool writer_wants_more(struct watch *w)
{
	struct post *p = w->ended;

	/* Until the one before is on disk, a chunk goes on being filled: there are not many. */
	if (!writer_is_free(w->writer))
		return false;
	if (!p)
		return true;
	w->ended = p->next;
	if (!w->ended)
		w->ended_last = NULL;
	w->n_ended--;
	writer_offer(w->writer, p);
	free(p);
	return false;
}

static void send_post(struct watch *w, bool last)
{
	struct post p;

	take_post(w, last, &p);
	p.last = last;
	writer_offer(w->writer, &p);
}

static bool journal_is_due(struct watch *w)
{
	struct writer_figures f;

	if (w->now.boot_ns - w->hour_began.boot_ns >= HOUR_NS)
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

	if (!w->ended && !w->full && w->now.boot_ns - w->posted.boot_ns < wait)
		return;
	if (!w->ended && journal_is_due(w))
		(void)!watch_end_journal(w, NULL, 0); /* or at the next turn, as all else */
	if (writer_wants_more(w))
		send_post(w, false);
}

void watch_post_last(struct watch *w)
{
	const struct timespec pause = { 0, PAUSE_NS };

	writer_end(w->writer);
	/* The writer gives up on a disk that takes nothing, so this ends. */
	while (!writer_wants_more(w))
		(void)nanosleep(&pause, NULL);
	send_post(w, true);
}

void watch_drop_posts(struct watch *w)
{
	while (w->ended) {
		struct post *next = w->ended->next;

		post_finish(w->ended);
		free(w->ended);
		w->ended = next;
	}
}
