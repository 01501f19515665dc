#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "base/zone.h"
#include "catalogue/tally_part_internal.h"

/* Fewer groups, or more series, are not worth a second thread. */
#define SHARED_GROUPS_MIN 16
#define SHARED_SERIES_MAX 65536

/* Room for every pair and run of the part that may be taken: the directory tells. */
static int make_room(struct intake *in)
{
	uint32_t n_groups = part_group_count(in->part);
	size_t pairs = 0;

	in->first_pair = malloc((n_groups + 1) * sizeof(*in->first_pair));
	in->first_run = malloc((n_groups + 1) * sizeof(*in->first_run));
	if (!in->first_pair || !in->first_run)
		return -ENOMEM;
	for (uint32_t g = 0; g < n_groups; g++) {
		in->first_pair[g] = pairs;
		in->first_run[g] = in->n_runs;
		pairs += part_groups(in->part)[g].n_pairs;
		in->n_runs += part_groups(in->part)[g].n_series;
	}
	in->pairs = malloc((pairs + 1) * sizeof(*in->pairs));
	in->runs = calloc(in->n_runs + 1, sizeof(*in->runs));
	return in->pairs && in->runs ? 0 : -ENOMEM;
}

/* Moves the records of N that are within [from, to) to the front of KEPT. Returns how many. */
static uint32_t cut_pair(uint32_t *kept, const uint32_t *ms, uint32_t n, uint32_t from_ms,
			 uint32_t to_ms)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (ms[i] >= from_ms && ms[i] < to_ms)
			kept[count++] = ms[i];
	}
	return count;
}

/*
 * Drops the records outside [from, to): pairs and series that lose all theirs go too. Times are in
 * DETAIL.
 */
static void cut_group(struct part_summary *s, struct part_detail *d, uint32_t from_ms,
		      uint32_t to_ms)
{
	uint32_t records = 0, kept_records = 0, kept_pairs = 0, kept_series = 0, pair = 0;

	for (uint32_t i = 0; i < s->n_series; i++) {
		uint32_t pairs_before = kept_pairs, end = s->pair_end[i];

		for (; pair < end; pair++) {
			uint32_t n = s->packets[pair];
			uint32_t kept =
				cut_pair(d->ms + kept_records, d->ms + records, n, from_ms, to_ms);

			records += n;
			kept_records += kept;
			if (!kept)
				continue;
			s->peer[kept_pairs] = s->peer[pair];
			s->packets[kept_pairs++] = kept;
		}
		if (kept_pairs == pairs_before)
			continue;
		s->series[kept_series] = s->series[i];
		s->pair_end[kept_series++] = kept_pairs;
	}
	s->n_series = kept_series;
	s->n_pairs = kept_pairs;
	d->n_records = kept_records;
}

static void cell_count(struct tally_cell *c, uint64_t packets, uint64_t first_ns, uint64_t last_ns)
{
	c->first_ns = c->packets ? MIN(c->first_ns, first_ns) : first_ns;
	c->last_ns = MAX(c->last_ns, last_ns);
	c->packets += packets;
}

/* One group's hour. A day may begin within it, in zones of half hours. */
struct hour {
	uint64_t ns;
	bool one_day;
	int32_t day; /* if one_day */
};

static int count_days(struct tally_cell *c, const uint32_t *ms, uint32_t n, const struct hour *h)
{
	int error = 0;

	if (h->one_day)
		return day_set_add(&c->days, h->day);
	for (uint32_t i = 0; i < n && !error; i++)
		error = day_set_add(&c->days, zone_day(h->ns + ms[i] * NS_PER_MS));
	return error;
}

/* Packets, times and days of one series' pairs in one group. */
static int count_series(struct worker *w, uint32_t i, const uint32_t *ms, const struct hour *h)
{
	struct intake *in = w->in;
	const struct part_summary *s = &w->summary;
	const struct part_series *series = &part_series(in->part)[s->series[i]];
	struct tally_service *service = &in->tally->services[in->service_of[s->series[i]]];
	int error = 0;

	for (uint32_t pair = i ? s->pair_end[i - 1] : 0; pair < s->pair_end[i] && !error; pair++) {
		bool inside = in->inside && in->inside[s->peer[pair]];
		struct tally_cell *c =
			w->cells ? &w->cells[s->series[i]][inside]
				 : &service->cells[inside][series->marks & MARK_STORED_ALL];
		uint32_t n = s->packets[pair];

		error = count_days(c, ms, n, h);
		cell_count(c, n, h->ns + ms[0] * NS_PER_MS, h->ns + ms[n - 1] * NS_PER_MS);
		ms += n;
	}
	return error;
}

static int count_group_times(struct worker *w, uint32_t group, struct diagnosis *d)
{
	struct intake *in = w->in;
	const struct part_group *g = &part_groups(in->part)[group];
	struct part_summary *s = &w->summary;
	uint64_t hour_ns = g->hour * HOUR_NS, from = in->tally->from_ns, to = in->tally->to_ns;
	const struct hour h = { hour_ns, zone_day(hour_ns) == zone_day(hour_ns + HOUR_NS - 1),
				zone_day(hour_ns) };
	int error = part_read_detail(in->part, group, s, PART_TIMES, &w->detail, d);
	uint32_t record = 0, pair = 0;

	if (error < 0)
		return error;
	if (from > hour_ns || to < hour_ns + HOUR_NS) {
		uint64_t first = from > hour_ns ? from - hour_ns + NS_PER_MS - 1 : 0;
		uint64_t end = MIN(to - hour_ns, HOUR_NS) + NS_PER_MS - 1;

		cut_group(s, &w->detail, (uint32_t)(first / NS_PER_MS),
			  (uint32_t)(end / NS_PER_MS));
	}
	for (uint32_t i = 0; i < s->n_series && !error; i++) {
		uint32_t start = record;

		for (; pair < s->pair_end[i]; pair++)
			record += s->packets[pair];
		if (in->service_of[s->series[i]] != TALLY_NO_SERVICE)
			error = count_series(w, i, w->detail.ms + start, &h);
	}
	return error;
}

/* The pairs of a group go to the place that the directory gives them. */
static void keep_runs(struct worker *w, uint32_t group)
{
	struct intake *in = w->in;
	const struct part_summary *s = &w->summary;
	size_t pair = in->first_pair[group];
	struct run *run = in->runs + in->first_run[group];

	for (uint32_t i = 0; i < s->n_series; i++) {
		uint32_t start = i ? s->pair_end[i - 1] : 0, count = s->pair_end[i] - start;

		if (in->service_of[s->series[i]] == TALLY_NO_SERVICE)
			continue;
		*run++ = (struct run){ s->series[i], count, pair };
		memcpy(in->pairs + pair, s->peer + start, count * sizeof(*s->peer));
		pair += count;
	}
}

static int take_group(struct worker *w, uint32_t group, struct diagnosis *d)
{
	struct intake *in = w->in;
	uint64_t hour_ns = part_groups(in->part)[group].hour * HOUR_NS;
	int error;

	if (hour_ns >= in->tally->to_ns || hour_ns + HOUR_NS <= in->tally->from_ns)
		return 0;
	error = part_read_summary(in->part, group, &w->summary, d);
	if (!error && !in->peers_only)
		error = count_group_times(w, group, d);
	if (!error)
		keep_runs(w, group);
	return error;
}

void tally_intake_fail(struct intake *in, int error, const struct diagnosis *words)
{
	pthread_mutex_lock(&in->words_mutex);
	if (!atomic_load(&in->error)) {
		atomic_store(&in->error, error);
		if (in->d && words)
			*in->d = *words;
	}
	pthread_mutex_unlock(&in->words_mutex);
}

/* The others can be counted all the same. */
static void tally_intake_pass_over(struct intake *in, const struct diagnosis *words)
{
	pthread_mutex_lock(&in->words_mutex);
	if (!in->damaged && in->d)
		*in->d = *words;
	in->damaged = true;
	pthread_mutex_unlock(&in->words_mutex);
}

/* A worker's whole work on groups; which worker it is, it finds out by itself. */
static void take_groups(void *user)
{
	struct intake *in = user;
	struct worker *w = &in->workers[atomic_fetch_add(&in->n_workers, 1)];
	uint32_t group;

	while (!atomic_load(&in->error) &&
	       (group = atomic_fetch_add(&in->next, 1)) < part_group_count(in->part)) {
		struct diagnosis words = { "" };
		int error = take_group(w, group, &words);

		if (error == ERR_DAMAGED) {
			tally_intake_pass_over(in, &words);
		} else if (error < 0) {
			tally_intake_fail(in, error, &words);
		}
	}
}

/* The second worker counts into cells of its own; here they are added to the services'. */
static int add_cells(struct intake *in, struct worker *w)
{
	int error = 0;

	for (uint32_t i = 0; i < part_series_count(in->part); i++) {
		uint8_t marks = part_series(in->part)[i].marks & MARK_STORED_ALL;

		for (int inside = 0; inside < 2; inside++) {
			struct tally_cell *from = &w->cells[i][inside];
			struct tally_cell *to =
				&in->tally->services[in->service_of[i]].cells[inside][marks];

			if (from->packets && !error) {
				cell_count(to, from->packets, from->first_ns, from->last_ns);
				error = day_set_add_all(&to->days, &from->days);
			}
			day_set_finish(&from->days);
		}
	}
	return error;
}

static int take_all_groups(struct intake *in, bool shared)
{
	struct worker workers[2] = { { .in = in }, { .in = in } };
	int error = 0;

	for (int i = 0; i < 2; i++) {
		part_summary_init(&workers[i].summary);
		part_detail_init(&workers[i].detail);
	}
	in->workers = workers;
	if (shared && !in->peers_only) {
		workers[1].cells =
			calloc((size_t)part_series_count(in->part) + 1, sizeof(*workers[1].cells));
	}
	if (shared && (in->peers_only || workers[1].cells)) {
		run_on_two_threads(take_groups, in);
	} else {
		take_groups(in);
	}
	error = atomic_load(&in->error);
	if (workers[1].cells) {
		int added = add_cells(in, &workers[1]);

		error = error ? error : added;
	}
	for (int i = 0; i < 2; i++) {
		part_summary_finish(&workers[i].summary);
		part_detail_finish(&workers[i].detail);
	}
	free(workers[1].cells);
	return error;
}

static int map_series(struct intake *in, bool *ret_any)
{
	uint32_t n = part_series_count(in->part);
	int error = 0;

	*ret_any = false;
	in->service_of = malloc(((size_t)n + 1) * sizeof(*in->service_of));
	if (!in->service_of)
		return -ENOMEM;
	for (uint32_t i = 0; i < n && !error; i++) {
		error = tally_find_service(in->tally, &part_series(in->part)[i], !in->peers_only,
					   &in->service_of[i]);
		*ret_any |= in->service_of[i] != TALLY_NO_SERVICE;
	}
	return error;
}

static int map_peers(struct intake *in)
{
	const struct peer_ids *ids = &in->tally->ids;
	uint32_t n = part_peer_count(in->part);
	int error = peer_ids_map(&in->tally->ids, in->part, in->tally->networks, &in->map);
	bool any = false;

	if (error < 0)
		return error;
	in->inside = malloc((size_t)n + 1);
	if (!in->inside)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		in->inside[i] = ids->inside[in->map ? in->map[i] : i];
		any |= in->inside[i];
	}
	if (!any) {
		free(in->inside);
		in->inside = NULL;
	}
	return 0;
}

static int take_part(struct tally *t, struct part *p, bool peers_only, struct diagnosis *d)
{
	struct intake in = { .tally = t, .part = p, .peers_only = peers_only, .d = d };
	int error = part_load_dictionaries(p, d);
	bool any = false, shared;

	pthread_mutex_init(&in.words_mutex, NULL);
	if (!error)
		error = map_series(&in, &any);
	shared = part_group_count(p) >= SHARED_GROUPS_MIN &&
		 part_series_count(p) <= SHARED_SERIES_MAX;
	if (!error && any)
		error = map_peers(&in);
	if (!error && any)
		error = make_room(&in);
	if (!error && any)
		error = take_all_groups(&in, shared);
	if (!error && any)
		error = tally_unite_runs(&in, shared);
	pthread_mutex_destroy(&in.words_mutex);
	free(in.service_of);
	free(in.map);
	free(in.inside);
	free(in.pairs);
	free(in.runs);
	free(in.first_pair);
	free(in.first_run);
	return !error && in.damaged ? ERR_DAMAGED : error;
}

int tally_add_part(struct tally *t, struct part *p, struct diagnosis *d)
{
	return take_part(t, p, false, d);
}

int tally_add_known_peers(struct tally *t, struct part *p, struct diagnosis *d)
{
	return take_part(t, p, true, d);
}
