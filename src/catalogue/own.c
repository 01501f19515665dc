#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "catalogue/counts_internal.h"
#include "catalogue/own_internal.h"
#include "catalogue/seen_internal.h"

/* Answers that nobody acknowledged are sent again, for about a minute. */
#define LATE_NS (120 * NS_PER_SECOND)

const char own_schema[] =
	"CREATE TABLE IF NOT EXISTS kept_scanner(address BLOB NOT NULL, first_ns INTEGER NOT NULL,"
	" last_ns INTEGER NOT NULL, PRIMARY KEY(address, first_ns)) WITHOUT ROWID";

/* The hours in which a scan went out from an address, both among them. */
struct stay {
	struct net_addr from;
	uint64_t first_hour, last_hour;
	uint32_t rank; /* of the address in the part at hand; UINT32_MAX: it is not there */
};

/* Hours in which some scan went out, from wherever. */
struct span {
	uint64_t first_hour, last_hour;
};

struct own_service {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	uint64_t packets; /* that nothing says we elicited */
};

struct search {
	struct catalogue *catalogue;
	struct stay *stays; /* by address */
	size_t n_stays, room;
	struct span *spans; /* of all stays: sorted, and apart from each other */
	size_t n_spans;
	uint32_t *here; /* ranks of the addresses that scans went out from in the hour at hand */
	size_t n_here;
	struct own_service *list; /* that may be such */
	size_t n;
	struct part_summary summary;
};

static int service_order(const void *a, const void *b)
{
	const struct own_service *x = a, *y = b;

	return SERVICE_ORDER(x, y);
}

static struct own_service *find(struct own_service *list, size_t n, struct net_addr host,
				uint16_t port, uint8_t protocol)
{
	const struct own_service key = { .host = host, .port = port, .protocol = protocol };

	return n ? bsearch(&key, list, n, sizeof(*list), service_order) : NULL;
}

bool own_has(const struct catalogue *c, struct net_addr host, uint16_t port, uint8_t protocol)
{
	return find(c->own, c->n_own, host, port, protocol) != NULL;
}

void own_forget(struct catalogue *c)
{
	free(c->own);
	c->own = NULL;
	c->n_own = 0;
	c->own_known = false;
}

/* ---- our scans ---- */

int own_note_sources(struct catalogue *c, const struct catalogue_scan *scan, struct diagnosis *d)
{
	int error = 0;

	own_forget(c);
	for (size_t i = 0; i < scan->n_sources && !error; i++) {
		sqlite3_stmt *s;

		error = catalogue_prepare(c, "INSERT OR REPLACE INTO kept_scanner VALUES(?, ?, ?)",
					  &s, d);
		if (error < 0)
			break;
		catalogue_bind_addr(s, 1, scan->sources[i]);
		sqlite3_bind_int64(s, 2, (sqlite3_int64)scan->started_ns);
		sqlite3_bind_int64(s, 3, (sqlite3_int64)scan->ended_ns);
		error = catalogue_finish(c, s, d);
	}
	return error;
}

static int load_stays(struct search *s, struct diagnosis *d)
{
	sqlite3_stmt *q;
	int step = SQLITE_DONE, error = 0;

	/* Somebody else's store may be older than that. */
	if (sqlite3_prepare_v2(
		    s->catalogue->db,
		    "SELECT address, first_ns, last_ns FROM kept_scanner ORDER BY address, first_ns",
		    -1, &q, NULL) != SQLITE_OK)
		return 0;
	while (!error && (step = sqlite3_step(q)) == SQLITE_ROW) {
		void *grown = array_make_room(s->stays, s->n_stays, &s->room, sizeof(*s->stays));

		if (!grown) {
			error = -ENOMEM;
			break;
		}
		s->stays = grown;
		s->stays[s->n_stays++] = (struct stay){
			.from = catalogue_column_addr(q, 0),
			.first_hour = (uint64_t)sqlite3_column_int64(q, 1) / HOUR_NS,
			.last_hour = ((uint64_t)sqlite3_column_int64(q, 2) + LATE_NS) / HOUR_NS,
		};
	}
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(s->catalogue, d);
	sqlite3_finalize(q);
	return error;
}

static int span_order(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->first_hour > y->first_hour) - (x->first_hour < y->first_hour);
}

static int make_spans(struct search *s)
{
	s->spans = malloc(s->n_stays * sizeof(*s->spans));
	s->here = malloc(s->n_stays * sizeof(*s->here));
	if (!s->spans || !s->here)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_stays; i++)
		s->spans[i] = (struct span){ s->stays[i].first_hour, s->stays[i].last_hour };
	qsort(s->spans, s->n_stays, sizeof(*s->spans), span_order);
	for (size_t i = 0; i < s->n_stays; i++) {
		struct span next = s->spans[i],
			    *last = s->n_spans ? &s->spans[s->n_spans - 1] : NULL;

		if (last && next.first_hour <= last->last_hour + 1)
			last->last_hour = MAX(last->last_hour, next.last_hour);
		else
			s->spans[s->n_spans++] = next;
	}
	return 0;
}

/* Did one of our scans go out in one of these hours? */
static bool any_stay(const struct search *s, uint64_t first_hour, uint64_t last_hour)
{
	size_t low = 0, high = s->n_spans;

	while (low < high) { /* the first span that is not over before */
		size_t middle = low + (high - low) / 2;

		if (s->spans[middle].last_hour < first_hour) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < s->n_spans && s->spans[low].first_hour <= last_hour;
}

int own_name_scanners(struct catalogue *c, struct diagnosis *d)
{
	struct search s = { .catalogue = c };
	char text[ADDR_TEXT_MAX];
	int error = load_stays(&s, d);

	for (size_t i = 0; i < s.n_stays && !error; i++) {
		if (!config_scanner_name(c->config, s.stays[i].from))
			error = config_add_scanner(c->config, addr_format(s.stays[i].from, text),
						   "sekimori scan", d);
	}
	free(s.stays);
	return error;
}

/* ---- what may be elicited ---- */

/* Of most services the first or the last time says that they are not. */
static bool may_be(const struct search *s, const struct seen_list *seen,
		   const struct tally_service *t, uint64_t *ret_packets)
{
	uint64_t first_ns = UINT64_MAX, last_ns = 0, packets = 0;
	size_t n = 0;
	const struct seen *rows = seen_find(seen, t, &n);

	for (unsigned i = 0; i < 2 * TALLY_CLASSES; i++) {
		const struct tally_cell *cell = &t->cells[i / TALLY_CLASSES][i % TALLY_CLASSES];

		if (!cell->packets)
			continue;
		packets += cell->packets;
		first_ns = MIN(first_ns, cell->first_ns);
		last_ns = MAX(last_ns, cell->last_ns);
	}
	seen_widen(rows, n, MARK_ALL, &first_ns, &last_ns);
	*ret_packets = packets;
	return packets && any_stay(s, first_ns / HOUR_NS, first_ns / HOUR_NS) &&
	       any_stay(s, last_ns / HOUR_NS, last_ns / HOUR_NS);
}

static int load_candidates(struct search *s, struct diagnosis *d)
{
	struct tally_service *all = NULL;
	struct seen_list seen = { 0 };
	size_t n_all = 0;
	int error = counts_load_cells(s->catalogue, 0, NULL, &all, &n_all, d);

	if (!error)
		error = seen_load(s->catalogue, NULL, &seen, d);
	if (!error) {
		s->list = malloc((n_all + 1) * sizeof(*s->list));
		error = s->list ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < n_all && !error; i++) {
		uint64_t packets;

		if (may_be(s, &seen, &all[i], &packets))
			s->list[s->n++] = (struct own_service){ all[i].host, all[i].port,
								all[i].protocol, packets };
	}
	free(seen.list);
	catalogue_counts_free(all, n_all);
	return error;
}

/* ---- what was ---- */

/* Both dictionaries ascend. */
static uint32_t find_rank(const struct part *p, struct net_addr a)
{
	uint32_t n4 = part_peer_v4_count(p), low = addr_is_v4(a) ? 0 : n4,
		 end = addr_is_v4(a) ? n4 : part_peer_count(p), high = end;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (addr_compare(part_peer(p, middle), a) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < end && addr_equal(part_peer(p, low), a) ? low : UINT32_MAX;
}

static bool find_peers(struct search *s, const struct part *p)
{
	bool any = false;

	for (size_t i = 0; i < s->n_stays; i++) {
		struct stay *x = &s->stays[i];

		if (i && addr_equal(x->from, x[-1].from))
			x->rank = x[-1].rank;
		/* Whose knocking this question is not about has no packets in the counts. */
		else if (config_wants_peer(s->catalogue->config, x->from))
			x->rank = find_rank(p, x->from);
		else
			x->rank = UINT32_MAX;
		any |= x->rank != UINT32_MAX;
	}
	return any;
}

static void find_here(struct search *s, uint64_t hour)
{
	s->n_here = 0;
	for (size_t i = 0; i < s->n_stays; i++) {
		const struct stay *x = &s->stays[i];

		if (x->rank != UINT32_MAX && x->first_hour <= hour && x->last_hour >= hour &&
		    (!s->n_here || s->here[s->n_here - 1] != x->rank))
			s->here[s->n_here++] = x->rank;
	}
}

static bool is_ours(const struct search *s, uint32_t rank)
{
	for (size_t i = 0; i < s->n_here; i++) {
		if (s->here[i] == rank)
			return true;
	}
	return false;
}

static void take_group(struct search *s, const struct part *p)
{
	const struct part_summary *m = &s->summary;

	for (uint32_t i = 0, pair = 0; i < m->n_series; i++) {
		const struct part_series *series = &part_series(p)[m->series[i]];
		struct own_service *x =
			find(s->list, s->n, series->host, series->port, series->protocol);

		for (; pair < m->pair_end[i]; pair++) {
			if (x && is_ours(s, m->peer[pair]))
				x->packets -= MIN(x->packets, m->packets[pair]);
		}
	}
}

static bool has_candidates(const struct search *s, const struct part *p)
{
	for (uint32_t i = 0; i < part_series_count(p); i++) {
		const struct part_series *series = &part_series(p)[i];

		if (find(s->list, s->n, series->host, series->port, series->protocol))
			return true;
	}
	return false;
}

static int take_part(struct search *s, struct part *p)
{
	int error = 0;
	bool any = false;

	for (uint32_t g = 0; g < part_group_count(p); g++)
		any |= any_stay(s, part_groups(p)[g].hour, part_groups(p)[g].hour);
	if (!any)
		return 0;
	error = part_load_dictionaries(p, NULL);
	if (error < 0 || !has_candidates(s, p) || !find_peers(s, p))
		return error;
	for (uint32_t g = 0; g < part_group_count(p) && !error; g++) {
		uint64_t hour = part_groups(p)[g].hour;

		find_here(s, hour);
		if (!s->n_here)
			continue;
		error = part_read_summary(p, g, &s->summary, NULL);
		if (!error)
			take_group(s, p);
	}
	return error;
}

/* What cannot be read is told where it is counted; here the services are not known to be ours. */
static int take_batch(struct search *s, const char *name)
{
	struct archive *a = s->catalogue->archive;
	struct batch_manifest m;
	int error = batch_read_manifest(a, name, &m, NULL);

	if (error < 0)
		return error == -ENOMEM ? error : 0;
	for (size_t i = 0; i < m.n_parts && error != -ENOMEM; i++) {
		struct part *p;

		if (!any_stay(s, m.first_ns / HOUR_NS, m.last_ns / HOUR_NS))
			break;
		error = batch_open_part(a, name, m.parts[i].name, &p, NULL);
		if (error < 0)
			continue;
		error = take_part(s, p);
		part_close(p);
	}
	batch_manifest_finish(&m);
	return error == -ENOMEM ? error : 0;
}

static int take_batches(struct search *s, struct diagnosis *d)
{
	struct catalogue *c = s->catalogue;
	sqlite3_stmt *q;
	int step = SQLITE_DONE,
	    error = catalogue_prepare(
		    c, "SELECT name, first_ns, last_ns FROM derived_batch WHERE parts > 0", &q, d);

	if (error < 0)
		return error;
	while (!error && (step = sqlite3_step(q)) == SQLITE_ROW) {
		if (any_stay(s, (uint64_t)sqlite3_column_int64(q, 1) / HOUR_NS,
			     (uint64_t)sqlite3_column_int64(q, 2) / HOUR_NS))
			error = take_batch(s, (const char *)sqlite3_column_text(q, 0));
	}
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(q);
	for (size_t i = 0; i < c->n_live && !error; i++)
		error = take_batch(s, c->live[i]);
	return error;
}

static int search(struct search *s, struct diagnosis *d)
{
	size_t kept = 0;
	int error = load_stays(s, d);

	if (error < 0 || !s->n_stays)
		return error;
	error = make_spans(s);
	if (!error)
		error = load_candidates(s, d);
	if (!error && s->n)
		error = take_batches(s, d);
	for (size_t i = 0; i < s->n; i++) {
		if (!s->list[i].packets)
			s->list[kept++] = s->list[i];
	}
	s->n = kept;
	return error;
}

int own_find(struct catalogue *c, struct diagnosis *d)
{
	struct search s = { .catalogue = c };
	int error;

	if (c->own_known || c->config->peers == CONFIG_PEERS_SCANNERS)
		return 0;
	part_summary_init(&s.summary);
	error = catalogue_hold(c, d);
	if (!error)
		error = search(&s, d);
	catalogue_release(c);
	part_summary_finish(&s.summary);
	free(s.stays);
	free(s.spans);
	free(s.here);
	if (error < 0) {
		free(s.list);
		return error;
	}
	c->own = s.list;
	c->n_own = s.n;
	c->own_known = true;
	return 0;
}
