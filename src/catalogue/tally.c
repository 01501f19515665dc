#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/zone.h"
#include "catalogue/peer_ids_internal.h"
#include "catalogue/tally_internal.h"

#define NO_SERVICE UINT32_MAX

struct id_list {
	uint32_t *ids;
	size_t n, room;
};

struct tally {
	const struct prefix_set *networks;
	uint64_t from_ns, to_ns;
	struct tally_service *services;
	struct id_list (
		*peers)[TALLY_CLASSES]; /* beside services: peers met with exactly these marks */
	size_t n, room;
	uint32_t *slots; /* service + 1 */
	uint32_t slot_bits;
	struct peer_ids ids;
};

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
	size_t n_pairs, pairs_room;
	struct run *runs;
	size_t n_runs, runs_room;
};

struct run {
	uint32_t series, count;
	size_t start;
};

int tally_new(const struct prefix_set *networks, uint64_t from_ns, uint64_t to_ns,
	      struct tally **ret_tally)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->networks = networks;
	t->from_ns = from_ns;
	t->to_ns = to_ns;
	*ret_tally = t;
	return 0;
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		for (int k = 0; k < TALLY_CLASSES; k++) {
			day_set_finish(&t->services[i].cells[0][k].days);
			day_set_finish(&t->services[i].cells[1][k].days);
			free(t->peers[i][k].ids);
		}
	}
	free(t->services);
	free(t->peers);
	free(t->slots);
	peer_ids_finish(&t->ids);
	free(t);
}

size_t tally_count(const struct tally *t)
{
	return t->n;
}

struct tally_service *tally_services(struct tally *t)
{
	return t->services;
}

/* ---- services ---- */

static uint32_t service_slot(const struct tally *t, const struct part_series *s)
{
	uint64_t key = s->host.lo ^ hash_mix(s->host.hi ^ ((uint64_t)s->port << 8 | s->protocol));

	return (uint32_t)(hash_mix(key) >> (64 - t->slot_bits));
}

static bool is_service(const struct tally_service *service, const struct part_series *s)
{
	return service->port == s->port && service->protocol == s->protocol &&
	       addr_equal(service->host, s->host);
}

static int grow_services(struct tally *t)
{
	size_t room = t->room ? 2 * t->room : 256;
	uint32_t bits = 1, mask;
	void *services = realloc(t->services, room * sizeof(*t->services));
	void *peers, *slots;

	if (!services)
		return -ENOMEM;
	t->services = services;
	peers = realloc(t->peers, room * sizeof(*t->peers));
	if (!peers)
		return -ENOMEM;
	t->peers = peers;
	while ((1ULL << bits) < 2 * room)
		bits++;
	slots = calloc((size_t)1 << bits, sizeof(*t->slots));
	if (!slots)
		return -ENOMEM;
	free(t->slots);
	t->slots = slots;
	t->slot_bits = bits;
	t->room = room;
	mask = (uint32_t)((1ULL << bits) - 1);
	for (size_t i = 0; i < t->n; i++) {
		const struct tally_service *s = &t->services[i];
		const struct part_series key = { s->host, s->port, s->protocol, 0 };
		uint32_t at = service_slot(t, &key);

		while (t->slots[at])
			at = (at + 1) & mask;
		t->slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

/* Finds the series' service, or makes it where MAKE says so. NO_SERVICE when it is not known and
 * not made. */
static int find_service(struct tally *t, const struct part_series *s, bool make,
			uint32_t *ret_service)
{
	uint32_t mask, at;
	int error;

	*ret_service = NO_SERVICE;
	if (make && t->n == t->room) {
		error = grow_services(t);
		if (error < 0)
			return error;
	}
	if (!t->slots)
		return 0;
	mask = (uint32_t)((1ULL << t->slot_bits) - 1);
	for (at = service_slot(t, s); t->slots[at]; at = (at + 1) & mask) {
		if (is_service(&t->services[t->slots[at] - 1], s)) {
			*ret_service = t->slots[at] - 1;
			return 0;
		}
	}
	if (!make)
		return 0;
	memset(&t->services[t->n], 0, sizeof(*t->services));
	memset(&t->peers[t->n], 0, sizeof(*t->peers));
	t->services[t->n].host = s->host;
	t->services[t->n].port = s->port;
	t->services[t->n].protocol = s->protocol;
	t->slots[at] = (uint32_t)++t->n;
	*ret_service = (uint32_t)t->n - 1;
	return 0;
}

/* ---- one part ---- */

static int list_add(struct id_list *l, uint32_t id)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 8;
		uint32_t *grown = realloc(l->ids, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		l->ids = grown;
		l->room = room;
	}
	l->ids[l->n++] = id;
	return 0;
}

static int keep_run(struct intake *in, uint32_t series, const uint32_t *peers, uint32_t count)
{
	if (in->n_pairs + count > in->pairs_room) {
		size_t room = MAX(2 * in->pairs_room, in->n_pairs + count + 4096);
		uint32_t *grown = realloc(in->pairs, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		in->pairs = grown;
		in->pairs_room = room;
	}
	if (in->n_runs == in->runs_room) {
		size_t room = MAX(2 * in->runs_room, (size_t)1024);
		struct run *grown = realloc(in->runs, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		in->runs = grown;
		in->runs_room = room;
	}
	in->runs[in->n_runs++] = (struct run){ series, count, in->n_pairs };
	memcpy(in->pairs + in->n_pairs, peers, count * sizeof(*peers));
	in->n_pairs += count;
	return 0;
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
			uint32_t n = s->packets[pair],
				 kept = cut_pair(d->ms + kept_records, d->ms + records, n, from_ms,
						 to_ms);

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
		uint64_t end = MIN(to - hour_ns, HOUR_NS) + NS_PER_MS - 1;

		cut_group(s, &in->detail, (uint32_t)(first / NS_PER_MS),
			  (uint32_t)(end / NS_PER_MS));
	}
	for (uint32_t i = 0; i < s->n_series && !error; i++) {
		uint32_t start = record;

		for (; pair < s->pair_end[i]; pair++)
			record += s->packets[pair];
		if (in->service_of[s->series[i]] != NO_SERVICE)
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

		if (in->service_of[s->series[i]] != NO_SERVICE)
			error = keep_run(in, s->series[i], s->peer + start, s->pair_end[i] - start);
	}
	return error;
}

/* Each series' peers of this part, each once, go to its service's list. */
static int unite_runs(struct intake *in)
{
	struct tally *t = in->tally;
	uint32_t n_series = part_series_count(in->part);
	uint32_t *seen = calloc((size_t)part_peer_count(in->part) + 1, sizeof(*seen));
	size_t *start = calloc((size_t)n_series + 2, sizeof(*start)), *order = NULL;
	int error = seen && start ? 0 : -ENOMEM;

	if (!error && !(order = calloc(in->n_runs + 1, sizeof(*order))))
		error = -ENOMEM;
	for (size_t r = 0; r < in->n_runs && !error; r++)
		start[in->runs[r].series + 2]++;
	for (uint32_t i = 2; i < n_series + 2 && !error; i++)
		start[i] += start[i - 1];
	for (size_t r = 0; r < in->n_runs && !error; r++)
		order[start[in->runs[r].series + 1]++] = r;
	for (size_t k = 0; k < in->n_runs && !error; k++) {
		const struct run *run = &in->runs[order[k]];
		uint8_t marks = part_series(in->part)[run->series].marks & MARK_STORED_ALL;
		struct id_list *list = &t->peers[in->service_of[run->series]][marks];

		for (uint32_t i = 0; i < run->count && !error; i++) {
			uint32_t rank = in->pairs[run->start + i];

			if (seen[rank] == run->series + 1)
				continue;
			seen[rank] = run->series + 1;
			error = list_add(list, in->map ? in->map[rank] : rank);
		}
	}
	free(seen);
	free(start);
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
		error = find_service(in->tally, &part_series(in->part)[i], !in->peers_only,
				     &in->service_of[i]);
		*ret_any |= in->service_of[i] != NO_SERVICE;
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

/* ---- the end ---- */

/* Distinct ids of all lists whose marks are within UNION_MARKS; EPOCH is new for each call. */
static void count_union(struct tally *t, size_t i, unsigned union_marks, uint32_t *seen,
			uint32_t epoch)
{
	uint64_t counts[2] = { 0, 0 };

	for (unsigned k = 0; k < TALLY_CLASSES; k++) {
		const struct id_list *l = &t->peers[i][k];

		if (k & ~union_marks)
			continue;
		for (size_t j = 0; j < l->n; j++) {
			if (seen[l->ids[j]] == epoch)
				continue;
			seen[l->ids[j]] = epoch;
			counts[t->ids.inside[l->ids[j]]]++;
		}
	}
	t->services[i].peers[0][union_marks] = counts[0];
	t->services[i].peers[1][union_marks] = counts[1];
}

int tally_service_order(const void *a, const void *b)
{
	const struct tally_service *x = a, *y = b;
	int order = addr_compare(x->host, y->host);

	if (order)
		return order;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return (x->protocol > y->protocol) - (x->protocol < y->protocol);
}

int tally_finish_counts(struct tally *t)
{
	uint32_t *seen = calloc((size_t)t->ids.count + 1, sizeof(*seen)), epoch = 0;

	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < t->n; i++) {
		for (unsigned k = 0; k < TALLY_CLASSES; k++) {
			if (epoch == UINT32_MAX) {
				memset(seen, 0, ((size_t)t->ids.count + 1) * sizeof(*seen));
				epoch = 0;
			}
			count_union(t, i, k, seen, ++epoch);
		}
		for (unsigned k = 0; k < TALLY_CLASSES; k++) {
			free(t->peers[i][k].ids);
			t->peers[i][k] = (struct id_list){ 0 };
		}
	}
	free(seen);
	/* The lists beside the services are gone: the order may change now. */
	free(t->slots);
	t->slots = NULL;
	if (t->n)
		qsort(t->services, t->n, sizeof(*t->services), tally_service_order);
	return 0;
}
