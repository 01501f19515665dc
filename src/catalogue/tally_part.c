#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "catalogue/tally_state_internal.h"

#define HOUR_NS (3600 * NS_PER_SECOND)

/* One part being taken in. */
struct intake {
	struct tally *tally;
	struct part *part;
	bool peers_only;
	uint32_t *service_of; /* by series */
	uint32_t *map;        /* peer rank to id, or NULL */
	uint8_t *inside;      /* by rank; NULL when no peer of the part is inside */
	struct part_summary summary;
	struct part_detail detail;
	/* All pairs of the part, group after group, and where each series' runs of them lie. */
	uint32_t *pairs;
	size_t n_pairs;
	struct run *runs;
	size_t n_runs;
};

struct run {
	uint32_t series, count;
	size_t start;
};

/* Room for every pair and run of the part that may be taken: the directory tells. */
static int make_room(struct intake *in)
{
	size_t pairs = 0, runs = 0;

	for (uint32_t g = 0; g < part_group_count(in->part); g++) {
		pairs += part_groups(in->part)[g].n_pairs;
		runs += part_groups(in->part)[g].n_series;
	}
	in->pairs = malloc((pairs + 1) * sizeof(*in->pairs));
	in->runs = malloc((runs + 1) * sizeof(*in->runs));
	return in->pairs && in->runs ? 0 : -ENOMEM;
}

static void keep_run(struct intake *in, uint32_t series, const uint32_t *peers, uint32_t count)
{
	in->runs[in->n_runs++] = (struct run){ series, count, in->n_pairs };
	memcpy(in->pairs + in->n_pairs, peers, count * sizeof(*peers));
	in->n_pairs += count;
}

/* Drops the records outside [from, to): pairs and series that lose all theirs go too. Times are in
 * DETAIL. */
static void cut_group(struct part_summary *s, struct part_detail *d, uint32_t from_ms,
		      uint32_t to_ms)
{
	uint32_t records = 0, kept_records = 0, kept_pairs = 0, kept_series = 0, pair = 0;

	for (uint32_t i = 0; i < s->n_series; i++) {
		uint32_t pairs_before = kept_pairs, end = s->pair_end[i];

		for (; pair < end; pair++) {
			uint32_t kept = 0;

			for (uint32_t k = 0; k < s->packets[pair]; k++, records++)
				if (d->ms[records] >= from_ms && d->ms[records] < to_ms) {
					d->ms[kept_records++] = d->ms[records];
					kept++;
				}
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
static int count_series(struct intake *in, uint32_t i, const uint32_t *ms, const struct hour *h)
{
	const struct part_summary *s = &in->summary;
	const struct part_series *series = &part_series(in->part)[s->series[i]];
	struct tally_service *service = &in->tally->services[in->service_of[s->series[i]]];
	int error = 0;

	for (uint32_t pair = i ? s->pair_end[i - 1] : 0; pair < s->pair_end[i] && !error; pair++) {
		bool inside = in->inside && in->inside[s->peer[pair]];
		struct tally_cell *c = &service->cells[inside][series->marks & MARK_STORED_ALL];
		uint32_t n = s->packets[pair];

		error = count_days(c, ms, n, h);
		cell_count(c, n, h->ns + ms[0] * NS_PER_MS, h->ns + ms[n - 1] * NS_PER_MS);
		ms += n;
	}
	return error;
}

static int count_group_times(struct intake *in, uint32_t group, struct diagnosis *d)
{
	const struct part_group *g = &part_groups(in->part)[group];
	struct part_summary *s = &in->summary;
	uint64_t hour_ns = g->hour * HOUR_NS, from = in->tally->from_ns, to = in->tally->to_ns;
	const struct hour h = { hour_ns, zone_day(hour_ns) == zone_day(hour_ns + HOUR_NS - 1),
				zone_day(hour_ns) };
	int error = part_read_detail(in->part, group, s, PART_TIMES, &in->detail, d);
	uint32_t record = 0, pair = 0;

	if (error < 0)
		return error;
	if (from > hour_ns || to < hour_ns + HOUR_NS) {
		uint64_t first = from > hour_ns ? from - hour_ns + NS_PER_MS - 1 : 0;
		uint64_t end = MIN(to - hour_ns + NS_PER_MS - 1, HOUR_NS);

		cut_group(s, &in->detail, (uint32_t)(first / NS_PER_MS),
			  (uint32_t)(end / NS_PER_MS));
	}
	for (uint32_t i = 0; i < s->n_series && !error; i++) {
		uint32_t start = record;

		for (; pair < s->pair_end[i]; pair++)
			record += s->packets[pair];
		if (in->service_of[s->series[i]] != TALLY_NO_SERVICE)
			error = count_series(in, i, in->detail.ms + start, &h);
	}
	return error;
}

static int take_group(struct intake *in, uint32_t group, struct diagnosis *d)
{
	const struct part_group *g = &part_groups(in->part)[group];
	const struct part_summary *s = &in->summary;
	uint64_t hour_ns = g->hour * HOUR_NS;
	int error;

	if (hour_ns >= in->tally->to_ns || hour_ns + HOUR_NS <= in->tally->from_ns)
		return 0;
	error = part_read_summary(in->part, group, &in->summary, d);
	if (!error && !in->peers_only)
		error = count_group_times(in, group, d);
	for (uint32_t i = 0; i < s->n_series && !error; i++) {
		uint32_t start = i ? s->pair_end[i - 1] : 0;

		if (in->service_of[s->series[i]] != TALLY_NO_SERVICE)
			keep_run(in, s->series[i], s->peer + start, s->pair_end[i] - start);
	}
	return error;
}

/* Runs in the order of their series. Returns NULL when out of memory. */
static size_t *order_runs(const struct intake *in)
{
	uint32_t n_series = part_series_count(in->part);
	size_t *start = calloc((size_t)n_series + 2, sizeof(*start));
	size_t *order = malloc((in->n_runs + 1) * sizeof(*order));

	if (start && order) {
		for (size_t r = 0; r < in->n_runs; r++)
			start[in->runs[r].series + 2]++;
		for (uint32_t i = 2; i < n_series + 2; i++)
			start[i] += start[i - 1];
		for (size_t r = 0; r < in->n_runs; r++)
			order[start[in->runs[r].series + 1]++] = r;
	} else {
		free(order);
		order = NULL;
	}
	free(start);
	return order;
}

/* Appends the ranks of one run that SEEN, a bitmap, does not have yet. Room for all of them is
 * there. */
static void unite_run(struct intake *in, const struct run *run, uint64_t *seen,
		      struct id_list *list)
{
	const uint32_t *ranks = in->pairs + run->start;

	for (uint32_t i = 0; i < run->count; i++) {
		uint64_t bit = 1ULL << (ranks[i] % 64);

		/* Without a branch: whether a peer was seen before is nobody's guess. */
		list->ids[list->n] = ranks[i];
		list->n += !(seen[ranks[i] / 64] & bit);
		seen[ranks[i] / 64] |= bit;
	}
}

static int list_make_room(struct id_list *l, size_t more)
{
	size_t room = MAX(l->n + more, l->room + l->room / 2);
	uint32_t *grown;

	if (l->n + more <= l->room)
		return 0;
	grown = realloc(l->ids, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	l->ids = grown;
	l->room = room;
	return 0;
}

/* Ranks become ids, and their bits are cleared for the next series. */
static void end_series(struct intake *in, uint64_t *seen, struct id_list *list, size_t start)
{
	for (size_t i = start; i < list->n; i++) {
		uint32_t rank = list->ids[i];

		seen[rank / 64] = 0;
		if (in->inside)
			list->inside += in->inside[rank];
		if (in->map)
			list->ids[i] = in->map[rank];
	}
	list->parts += list->n > start;
}

/* Each series' peers of this part, each once, go to its service's list. */
static int unite_runs(struct intake *in)
{
	uint64_t *seen = calloc((size_t)part_peer_count(in->part) / 64 + 1, sizeof(*seen));
	size_t *order = order_runs(in);
	int error = seen && order ? 0 : -ENOMEM;

	for (size_t k = 0; k < in->n_runs && !error;) {
		uint32_t series = in->runs[order[k]].series;
		uint8_t marks = part_series(in->part)[series].marks & MARK_STORED_ALL;
		struct id_list *list = &in->tally->peers[in->service_of[series]][marks];
		size_t start = list->n;

		for (; k < in->n_runs && in->runs[order[k]].series == series && !error; k++) {
			error = list_make_room(list, in->runs[order[k]].count);
			if (!error)
				unite_run(in, &in->runs[order[k]], seen, list);
		}
		end_series(in, seen, list, start);
	}
	free(seen);
	free(order);
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
	struct intake in = { .tally = t, .part = p, .peers_only = peers_only };
	int error = part_load_dictionaries(p, d);
	bool any = false;

	part_summary_init(&in.summary);
	part_detail_init(&in.detail);
	if (!error)
		error = map_series(&in, &any);
	if (!error && any)
		error = map_peers(&in);
	if (!error && any)
		error = make_room(&in);
	for (uint32_t g = 0; g < part_group_count(p) && !error && any; g++)
		error = take_group(&in, g, d);
	if (!error && any)
		error = unite_runs(&in);
	part_summary_finish(&in.summary);
	part_detail_finish(&in.detail);
	free(in.service_of);
	free(in.map);
	free(in.inside);
	free(in.pairs);
	free(in.runs);
	return error;
}

int tally_add_part(struct tally *t, struct part *p, struct diagnosis *d)
{
	return take_part(t, p, false, d);
}

int tally_add_known_peers(struct tally *t, struct part *p, struct diagnosis *d)
{
	return take_part(t, p, true, d);
}
