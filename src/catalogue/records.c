/* All records of a stretch of time, local hour by local hour. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "catalogue/record_sort_internal.h"
#include "catalogue/shelf_internal.h"

/* One group with records of one local hour; a group of a half-hour zone is named twice. */
struct stop {
	int64_t hour;   /* local: its day times 24 and its number */
	uint32_t group; /* of the shelf */
	bool only;      /* the group has no records of another local hour */
};

struct tour {
	struct shelf *shelf;
	const struct catalogue_query *query;
	bool all;
	struct stop *stops;
	size_t n_stops, stops_room;
	struct part_summary summary;
	struct part_detail detail;
	struct record_list records; /* of the local hour at hand */
};

static int64_t local_hour(uint64_t time_ns)
{
	struct zone_date date = zone_date(time_ns);

	return (int64_t)date.day * 24 + date.hour;
}

/* ---- where to go ---- */

static int add_stop(struct tour *t, int64_t hour, size_t group)
{
	if (t->n_stops && t->stops[t->n_stops - 1].hour == hour &&
	    t->stops[t->n_stops - 1].group == group)
		return 0;
	if (t->n_stops == t->stops_room) {
		size_t room = t->stops_room ? 2 * t->stops_room : 256;
		struct stop *grown = realloc(t->stops, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		t->stops = grown;
		t->stops_room = room;
	}
	t->stops[t->n_stops++] = (struct stop){ hour, (uint32_t)group, false };
	return 0;
}

/* Without details there is nothing to hand out, which is told. */
static bool has_records(const struct tour *t, size_t group)
{
	const struct shelf_group *g = &t->shelf->groups[group];
	uint64_t last_ns = hour_last_ns(g->hour * HOUR_NS);

	if (g->bare && last_ns >= t->query->from_ns && g->hour * HOUR_NS < t->query->to_ns)
		catalogue_note_bare(t->shelf->catalogue, last_ns);
	return !g->bare;
}

/* Each local hour that the group's records may be in. No zone moves within a quarter of an hour
 * twice, so that its ends say which. */
static int add_stops(struct tour *t, size_t group)
{
	uint64_t hour_ns = t->shelf->groups[group].hour * HOUR_NS;
	size_t before = t->n_stops;
	int error = 0;

	for (uint64_t at = 0; at < HOUR_NS && at <= UINT64_MAX - hour_ns && !error;
	     at += HOUR_NS / 4) {
		uint64_t first = hour_ns + at;
		uint64_t last = first + MIN(HOUR_NS / 4 - 1, UINT64_MAX - first);

		if (last < t->query->from_ns || first >= t->query->to_ns)
			continue;
		error = add_stop(t, local_hour(first), group);
		if (!error)
			error = add_stop(t, local_hour(last), group);
	}
	if (t->n_stops == before + 1)
		t->stops[before].only = true;
	return error;
}

static int stop_order(const void *a, const void *b)
{
	const struct stop *x = a, *y = b;

	if (x->hour != y->hour)
		return x->hour < y->hour ? -1 : 1;
	return (x->group > y->group) - (x->group < y->group);
}

/* Sorted, each once. */
static int plan(struct tour *t)
{
	size_t kept = 0;
	int error = 0;

	for (size_t i = 0; i < t->shelf->n_groups && !error; i++) {
		if (has_records(t, i))
			error = add_stops(t, i);
	}
	if (t->n_stops)
		qsort(t->stops, t->n_stops, sizeof(*t->stops), stop_order);
	for (size_t i = 0; i < t->n_stops; i++) {
		if (!kept || stop_order(&t->stops[kept - 1], &t->stops[i]) != 0)
			t->stops[kept++] = t->stops[i];
	}
	t->n_stops = kept;
	return error;
}

/* ---- one group ---- */

static int service_order(const void *key, const void *element)
{
	const struct part_series *a = key;
	const struct catalogue_service *b = element;

	return SERVICE_ORDER(a, b);
}

static bool is_chosen(const struct catalogue_query *q, const struct part_series *s)
{
	return (!q->host || addr_equal(*q->host, s->host)) &&
	       (!q->services || bsearch(s, q->services, q->n_services, sizeof(*q->services),
					service_order) != NULL);
}

static bool series_is_wanted(const struct tour *t, const struct shelf_part *p, uint32_t series)
{
	return (t->all || (p->series[series] & SHELF_SHOWN)) &&
	       is_chosen(t->query, &part_series(p->part)[series]);
}

static bool part_is_wanted(const struct tour *t, const struct shelf_part *p)
{
	for (uint32_t i = 0; i < part_series_count(p->part); i++) {
		if (series_is_wanted(t, p, i))
			return true;
	}
	return false;
}

static bool summary_is_wanted(const struct tour *t, const struct shelf_part *p)
{
	for (uint32_t i = 0; i < t->summary.n_series; i++) {
		if (series_is_wanted(t, p, t->summary.series[i]))
			return true;
	}
	return false;
}

/* What the records of one pair share. */
static struct catalogue_record pair_record(const struct tour *t, const struct shelf_part *p,
					   uint32_t series, uint32_t peer)
{
	const struct part_series *s = &part_series(p->part)[series];
	bool inside = shelf_is_inside(p, peer);

	return (struct catalogue_record){
		.sighting = { .host = s->host,
			      .peer = part_peer(p->part, peer),
			      .port = s->port,
			      .protocol = s->protocol,
			      .marks = (uint8_t)(s->marks | (inside ? MARK_INSIDE : 0) |
						 shelf_marks(p, series)) },
		.visible = (p->series[series] & SHELF_SHOWN) &&
			   (!inside || (t->query->include & MARK_INSIDE)),
	};
}

/* Takes the records [from, to) of the group, which are R's. */
static int add_pair(struct tour *t, const struct stop *stop, struct catalogue_record r,
		    uint32_t from, uint32_t to)
{
	uint64_t hour_ns = t->shelf->groups[stop->group].hour * HOUR_NS;
	int error = 0;

	for (uint32_t i = from; i < to && !error; i++) {
		r.sighting.time_ns = hour_ns + t->detail.ms[i] * NS_PER_MS;
		r.sighting.peer_port = t->detail.peer_port[i];
		if (r.sighting.time_ns >= t->query->from_ns &&
		    r.sighting.time_ns < t->query->to_ns &&
		    (stop->only || local_hour(r.sighting.time_ns) == stop->hour))
			error = record_list_add(&t->records, &r);
	}
	return error;
}

static int add_records(struct tour *t, const struct stop *stop, const struct shelf_part *p)
{
	const struct config *config = t->shelf->catalogue->config;
	const struct part_summary *s = &t->summary;
	uint32_t record = 0, pair = 0;
	int error = 0;

	for (uint32_t i = 0; i < s->n_series && !error; i++) {
		bool wanted = series_is_wanted(t, p, s->series[i]);

		for (; pair < s->pair_end[i] && !error; record += s->packets[pair++]) {
			struct catalogue_record r;

			if (!wanted ||
			    !config_wants_peer(config, part_peer(p->part, s->peer[pair])))
				continue;
			r = pair_record(t, p, s->series[i], s->peer[pair]);
			if (t->all || r.visible)
				error = add_pair(t, stop, r, record, record + s->packets[pair]);
		}
	}
	return error;
}

static int read_stop(struct tour *t, const struct stop *stop, struct diagnosis *d)
{
	const struct shelf_group *g = &t->shelf->groups[stop->group];
	struct shelf_part *p;
	int error = shelf_take(t->shelf, g->file, &p, d);

	if (error < 0)
		return error;
	if (part_is_wanted(t, p)) {
		error = part_read_summary(p->part, g->group, &t->summary, d);
		if (!error && summary_is_wanted(t, p)) {
			error = part_read_detail(p->part, g->group, &t->summary,
						 PART_TIMES | PART_PEER_PORTS, &t->detail, d);
			if (!error)
				error = add_records(t, stop, p);
		}
		if (error < 0)
			shelf_diagnose(t->shelf, g->file, error, d);
	}
	shelf_give_back(p);
	return error;
}

/* ---- all of them ---- */

static int hand_out(struct tour *t, catalogue_record_fn fn, void *user)
{
	int result = record_list_sort(&t->records);

	for (size_t i = 0; i < t->records.n && !result; i++)
		result = fn(user, &t->records.records[i]);
	t->records.n = 0;
	return result;
}

/*
 * A batch was replaced: what took its place has the same records, and more of other networks. The
 * hours before are handed out, this one and what follows is planned anew. *RET_STOP is where to go
 * on.
 */
static int plan_anew(struct tour *t, int64_t hour, size_t *ret_stop, struct diagnosis *d)
{
	struct catalogue *c = t->shelf->catalogue;
	struct shelf *fresh;
	int error = catalogue_settle(c, d);

	if (!error)
		error = shelf_new(c, t->query->include, t->query->host, &fresh, d);
	if (error < 0)
		return error;
	shelf_free(t->shelf);
	t->shelf = fresh;
	t->records.n = 0;
	t->n_stops = 0;
	error = plan(t);
	for (*ret_stop = 0; *ret_stop < t->n_stops && t->stops[*ret_stop].hour < hour;)
		++*ret_stop;
	return error;
}

static int travel(struct tour *t, catalogue_record_fn fn, void *user, struct diagnosis *d)
{
	int result = plan(t), attempts = 0;

	for (size_t i = 0; i < t->n_stops && !result; i++) {
		const struct shelf_group *g = &t->shelf->groups[t->stops[i].group];
		struct diagnosis words = { "" };

		result = read_stop(t, &t->stops[i], &words);
		if (attempts < CATALOGUE_ATTEMPTS_MAX &&
		    shelf_has_lost(t->shelf, g->file, result)) {
			attempts++;
			result = plan_anew(t, t->stops[i].hour, &i, d);
			i--; /* the loop's step goes there */
			continue;
		}
		if (result < 0)
			result = shelf_pass_over(t->shelf, g->file, result, &words, d);
		if (!result && (i + 1 == t->n_stops || t->stops[i + 1].hour != t->stops[i].hour))
			result = hand_out(t, fn, user);
	}
	return result;
}

int catalogue_records(struct catalogue *c, const struct catalogue_query *q, bool all,
		      catalogue_record_fn fn, void *user, struct diagnosis *d)
{
	struct tour t = { .query = q, .all = all };
	int result = shelf_new(c, q->include, q->host, &t.shelf, d);

	if (result < 0)
		return result;
	part_summary_init(&t.summary);
	part_detail_init(&t.detail);
	result = travel(&t, fn, user, d);
	part_summary_finish(&t.summary);
	part_detail_finish(&t.detail);
	record_list_finish(&t.records);
	free(t.stops);
	shelf_free(t.shelf);
	return result;
}
