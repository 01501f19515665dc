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

/* Those that are wanted. Returns how many. */
static uint32_t keep_pairs(const struct intake *in, const uint32_t *peers, uint32_t count,
			   uint32_t *to)
{
	uint32_t kept = 0;

	if (!in->unwanted) {
		memcpy(to, peers, count * sizeof(*peers));
		return count;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!in->unwanted[peers[i]])
			to[kept++] = peers[i];
	}
	return kept;
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
		count = keep_pairs(in, s->peer + start, count, in->pairs + pair);
		*run++ = (struct run){ s->series[i], count, pair };
		pair += count;
	}
}

static int take_group(struct worker *w, uint32_t group, struct diagnosis *d)
{
	struct intake *in = w->in;
	uint64_t hour_ns = part_groups(in->part)[group].hour * HOUR_NS;
	int error;

	if (hour_ns >= in->tally->to_ns || hour_last_ns(hour_ns) < in->tally->from_ns)
		return 0;
	error = part_read_summary(in->part, group, &w->summary, d);
	if (!error && !in->peers_only)
		error = tally_count_group(w, group, d);
	if (!error)
		keep_runs(w, group);
	return error;
}

/* The others can be counted all the same. */
static void tally_intake_pass_over(struct intake *in, const struct diagnosis *words)
{
	pthread_mutex_lock(&in->failure.mutex);
	if (!in->damaged && in->failure.d)
		*in->failure.d = *words;
	in->damaged = true;
	pthread_mutex_unlock(&in->failure.mutex);
}

/*
 * A worker's whole work on groups; which worker it is, it finds out by itself. From both ends: the
 * first and the last time of a service are soon known, and those between need not be read.
 */
static void take_groups(void *user)
{
	struct intake *in = user;
	struct worker *w = &in->workers[atomic_fetch_add(&in->n_workers, 1)];
	uint32_t n = part_group_count(in->part), turn;

	while (!failure_error(&in->failure) && (turn = atomic_fetch_add(&in->next, 1)) < n) {
		struct diagnosis words = { "" };
		int error = take_group(w, turn % 2 ? n - 1 - turn / 2 : turn / 2, &words);

		if (error == ERR_DAMAGED) {
			tally_intake_pass_over(in, &words);
		} else if (error < 0) {
			failure_note(&in->failure, error, &words);
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
				tally_cell_count(to, from->packets, from->first_ns, from->last_ns);
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
	error = failure_error(&in->failure);
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

/* The peers whose knocking does not count in this call. */
static int find_unwanted(struct intake *in)
{
	const struct config *config = in->tally->config;
	uint32_t n = part_peer_count(in->part);

	if (config->peers == CONFIG_PEERS_ALL)
		return 0;
	in->unwanted = malloc((size_t)n + 1);
	if (!in->unwanted)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		in->unwanted[i] = !config_wants_peer(config, part_peer(in->part, i));
	return 0;
}

static int map_peers(struct intake *in)
{
	const struct peer_ids *ids = &in->tally->ids;
	uint32_t n = part_peer_count(in->part);
	int error = peer_ids_map(&in->tally->ids, in->part, &in->tally->config->networks, &in->map);
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
	struct intake in = { .tally = t, .part = p, .peers_only = peers_only };
	int error = part_load_dictionaries(p, d);
	bool any = false, shared;

	failure_init(&in.failure, d);
	if (!error)
		error = map_series(&in, &any);
	shared = part_group_count(p) >= SHARED_GROUPS_MIN &&
		 part_series_count(p) <= SHARED_SERIES_MAX;
	if (!error && any)
		error = map_peers(&in);
	if (!error && any)
		error = find_unwanted(&in);
	if (!error && any)
		error = make_room(&in);
	if (!error && any)
		error = take_all_groups(&in, shared);
	if (!error && any)
		error = tally_unite_runs(&in, shared);
	failure_finish(&in.failure);
	free(in.service_of);
	free(in.map);
	free(in.inside);
	free(in.unwanted);
	free(in.pairs);
	free(in.runs);
	free(in.first_pair);
	free(in.first_run);
	return !error && in.damaged ? ERR_DAMAGED : error;
}

/* Hours that the tally's time cuts, and of which no record tells on which side it is. */
static void note_bare(struct tally *t, const struct part *p)
{
	for (uint32_t i = 0; i < part_group_count(p) && !part_has_details(p); i++) {
		uint64_t start = part_groups(p)[i].hour * HOUR_NS, last = hour_last_ns(start);

		if ((t->from_ns > start && t->from_ns <= last) ||
		    (t->to_ns > start && t->to_ns <= last))
			t->bare_end_ns = MAX(t->bare_end_ns, last);
	}
}

int tally_add_part(struct tally *t, struct part *p, struct diagnosis *d)
{
	note_bare(t, p);
	return take_part(t, p, false, d);
}

int tally_add_known_peers(struct tally *t, struct part *p, struct diagnosis *d)
{
	return take_part(t, p, true, d);
}
