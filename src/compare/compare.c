/* The rows of a comparison: both sides merged, and why they differ. */
#include "compare/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/gaps.h"

#include "compare/compare_internal.h"
#include "place/place.h"

struct services {
	struct catalogue_service *list;
	size_t n;
};

/* All that the rows are made of. */
struct material {
	const struct compare_request *request;
	struct services marked;     /* with all marks */
	struct services elicited;   /* by known scanners */
	struct catalogue_gap *gaps; /* while the scans ran */
	size_t n_gaps;
};

static int service_order(const void *a, const void *b)
{
	const struct catalogue_service *x = a, *y = b;

	return SERVICE_ORDER(x, y);
}

static const struct catalogue_service *find(const struct services *s, const struct compare_row *r)
{
	const struct catalogue_service key = { .host = r->host,
					       .port = r->port,
					       .protocol = r->protocol };

	return s->n ? bsearch(&key, s->list, s->n, sizeof(key), service_order) : NULL;
}

static void take_seen(struct compare_row *r, const struct catalogue_service *s)
{
	r->first_ns = s->first_ns;
	r->last_ns = s->last_ns;
	r->packets = s->packets;
	r->peers = s->peers;
	r->days = s->days;
	r->marks = s->marks;
}

/* What scans say of one port, each of them once, the one to be shown first. */
struct told {
	const struct compare_found *list;
	size_t n;
};

static struct told told_at(const struct compare_active *a, size_t k)
{
	struct told told = { &a->found[k], 1 };

	while (k + told.n < a->n_found && compare_found_order(told.list, &told.list[told.n]) == 0)
		told.n++;
	return told;
}

static bool told_by(const struct told *told, size_t scan)
{
	for (size_t i = 0; i < told->n; i++) {
		if (told->list[i].scan == scan)
			return true;
	}
	return false;
}

static void take_found(struct compare_row *r, const struct compare_found *f)
{
	r->active = f->state == PORT_OPEN;
	r->told = true;
	r->state = f->state;
	r->reason = f->reason;
	r->scan_time_ns = f->time_ns;
	r->service = f->service;
}

/* ---- why: seen, and not found ---- */

/* What the scans that asked a port of a host say of it together. */
struct asked {
	bool host, port; /* any asked it */
	bool down;       /* all took the host for down */
	uint8_t rest;
	bool timed; /* all tell when that was: */
	uint64_t start_ns, end_ns;
};

static struct asked who_asked(const struct compare_active *a, const struct compare_row *r,
			      const struct told *told)
{
	struct asked asked = { .down = true, .timed = true, .start_ns = UINT64_MAX };

	for (size_t i = 0; i < a->n_scans; i++) {
		const struct compare_host *h = compare_reach_host(&a->reaches[i], r->host);
		const struct compare_scan *s = &a->scans[i];

		asked.host |= h != NULL;
		if (!h || !(compare_asks_port(a, i, h, r->port) || told_by(told, i)))
			continue;
		asked.port = true;
		asked.down &= h->down;
		asked.rest |= h->rest;
		asked.timed &= s->start_ns != 0;
		asked.start_ns = MIN(asked.start_ns, s->start_ns);
		asked.end_ns = MAX(asked.end_ns, s->end_ns);
	}
	return asked;
}

/* From the first to the last of the scans that tell their time; 0 and 0 where none does. */
static void scans_time(const struct compare_active *a, uint64_t *ret_start_ns, uint64_t *ret_end_ns)
{
	*ret_start_ns = *ret_end_ns = 0;
	for (size_t i = 0; i < a->n_scans; i++) {
		const struct compare_scan *s = &a->scans[i];

		if (!s->start_ns)
			continue;
		*ret_start_ns = *ret_start_ns ? MIN(*ret_start_ns, s->start_ns) : s->start_ns;
		*ret_end_ns = MAX(*ret_end_ns, s->end_ns);
	}
}

static enum compare_why why_not_found(const struct material *m, const struct compare_row *r,
				      const struct told *told)
{
	bool seldom = r->packets <= COMPARE_KNOCKS_MAX;
	struct asked asked;
	uint8_t states;

	if (m->request->by_scanner)
		return r->covered ? (seldom ? COMPARE_SELDOM : COMPARE_SCAN_MISSED)
				  : COMPARE_HOST_NOT_SCANNED;
	asked = who_asked(m->request->active, r, told);
	if (!asked.host)
		return COMPARE_HOST_NOT_SCANNED;
	if (!asked.port)
		return COMPARE_PORT_NOT_SCANNED;
	if (asked.timed && r->last_ns < asked.start_ns)
		return COMPARE_GONE_BEFORE;
	if (asked.timed && r->first_ns > asked.end_ns)
		return COMPARE_OPENED_AFTER;
	if (asked.down)
		return COMPARE_HOST_DOWN;
	states = told->n ? (uint8_t)(1u << told->list[0].state) : asked.rest;
	if (states & (1u << PORT_FILTERED | 1u << PORT_OPEN_FILTERED))
		return COMPARE_SCAN_FILTERED;
	if (states & (1u << PORT_CLOSED | 1u << PORT_CLOSED_FILTERED))
		return COMPARE_SCAN_CLOSED;
	return seldom ? COMPARE_SELDOM : COMPARE_SCAN_MISSED;
}

/* ---- why: found, and not seen ---- */

/* Did nobody look at that moment, or for all of the scan? */
static bool was_blind(const struct material *m, const struct compare_found *f)
{
	const struct compare_scan *s = &m->request->active->scans[f->scan];
	uint64_t from = f->time_ns ? f->time_ns : s->start_ns;
	uint64_t to = f->time_ns ? compare_last_moment(f->time_ns) : s->end_ns;

	for (size_t i = 0; from && i < m->n_gaps; i++) {
		if (m->gaps[i].from_ns <= from && m->gaps[i].to_ns > to)
			return true;
	}
	return from && to > from && !s->watched_ns;
}

/* All scans that found it count. Those from outside crossed the line, whoever did so within. */
static enum compare_why why_unseen(const struct material *m, const struct told *told)
{
	bool blind[2] = { true, true }, any[2] = { false, false };
	const struct compare_scan *scans = m->request->active->scans;

	for (size_t i = 0; i < told->n; i++) {
		const struct compare_found *f = &told->list[i];
		bool inside = scans[f->scan].inside;

		if (f->state != PORT_OPEN)
			continue;
		any[inside] = true;
		blind[inside] &= was_blind(m, f);
	}
	if (blind[!any[false]])
		return COMPARE_BLIND;
	return any[false] ? COMPARE_NEVER_KNOCKED : COMPARE_FROM_INSIDE;
}

static enum compare_why why_not_seen(const struct material *m, struct compare_row *r,
				     const struct told *told)
{
	const struct catalogue_service *answered = find(&m->elicited, r), *marked;

	if (!prefix_set_contains(&m->request->config->networks, r->host))
		return COMPARE_NOT_OURS;
	if (answered) {
		take_seen(r, answered);
		return COMPARE_ONLY_SCANNER;
	}
	marked = find(&m->marked, r);
	if (marked) {
		take_seen(r, marked);
		return COMPARE_MARKED;
	}
	return why_unseen(m, told);
}

/* ---- rows ---- */

static bool is_compared(const struct compare_found *f)
{
	return f->protocol == SIGHTING_PROTOCOL_TCP;
}

/* Both lists are sorted. A port that is neither open nor seen makes no row. */
static int merge(const struct material *m, struct comparison *c)
{
	const struct compare_active *a = m->request->active;
	size_t i = 0, k = 0;

	c->rows = calloc(m->request->n_seen + a->n_found + 1, sizeof(*c->rows));
	if (!c->rows)
		return -ENOMEM;
	while (i < m->request->n_seen || k < a->n_found) {
		const struct catalogue_service *s =
			i < m->request->n_seen ? &m->request->seen[i] : NULL;
		struct told told = k < a->n_found ? told_at(a, k) : (struct told){ 0 };
		const struct compare_found *f = told.list;
		struct compare_row *r = &c->rows[c->n_rows];
		struct compare_found key;
		int order;

		if (f && !is_compared(f)) {
			c->udp += f->state == PORT_OPEN;
			k += told.n;
			continue;
		}
		if (s)
			key = (struct compare_found){ .host = s->host,
						      .port = s->port,
						      .protocol = s->protocol };
		order = !s ? 1 : !f ? -1 : compare_found_order(&key, f);
		i += order <= 0;
		if (order < 0)
			told = (struct told){ 0 };
		k += told.n;
		if (order > 0 && f->state != PORT_OPEN)
			continue;
		*r = (struct compare_row){ .host = order <= 0 ? s->host : f->host,
					   .port = order <= 0 ? s->port : f->port,
					   .protocol = SIGHTING_PROTOCOL_TCP,
					   .passive = order <= 0 };
		if (order <= 0)
			take_seen(r, s);
		if (order >= 0)
			take_found(r, f);
		/* What a scan tells of it asked, whatever it says of what it asked. */
		r->covered = order >= 0 || compare_is_covered(a, r->host, r->port);
		if (!r->active)
			r->why = why_not_found(m, r, &told);
		else if (!r->passive)
			r->why = why_not_seen(m, r, &told);
		c->n_rows++;
	}
	return 0;
}

/* The active side is what known scanners elicited: its hosts are those that answered them. */
static int merge_by_scanner(const struct material *m, struct comparison *c)
{
	size_t i = 0, k = 0;

	c->rows = calloc(m->request->n_seen + m->elicited.n + 1, sizeof(*c->rows));
	if (!c->rows)
		return -ENOMEM;
	while (i < m->request->n_seen || k < m->elicited.n) {
		const struct catalogue_service *s = &m->request->seen[i], *e = &m->elicited.list[k];
		int order = i == m->request->n_seen ? 1
			    : k == m->elicited.n    ? -1
						    : service_order(s, e);
		struct compare_row *r = &c->rows[c->n_rows++];
		const struct catalogue_service *first = order <= 0 ? s : e;

		*r = (struct compare_row){ .host = first->host,
					   .port = first->port,
					   .protocol = first->protocol,
					   .passive = order <= 0,
					   .active = order >= 0,
					   .why = order > 0 ? COMPARE_ONLY_SCANNER : COMPARE_BOTH };
		take_seen(r, first);
		i += order <= 0;
		k += order >= 0;
	}
	return 0;
}

static void cover_by_scanner(const struct material *m, struct comparison *c)
{
	for (size_t i = 0; i < c->n_rows;) {
		bool answered = false;
		size_t end = i;

		for (; end < c->n_rows && addr_equal(c->rows[end].host, c->rows[i].host); end++)
			answered |= c->rows[end].active;
		for (; i < end; i++) {
			c->rows[i].covered = answered;
			if (!c->rows[i].active)
				c->rows[i].why = why_not_found(m, &c->rows[i], &(struct told){ 0 });
		}
	}
}

/* ---- the time of the scans ---- */

static uint64_t watched_ns(const struct material *m, const struct compare_scan *s)
{
	uint64_t blind = 0, until = s->start_ns;

	for (size_t i = 0; i < m->n_gaps; i++) {
		uint64_t from = MAX(m->gaps[i].from_ns, until),
			 to = MIN(m->gaps[i].to_ns, s->end_ns);

		if (to > from) {
			blind += to - from;
			until = to;
		}
	}
	return s->end_ns - s->start_ns - blind;
}

/* Only what leaves nothing to be seen: stretches that nothing covers, or without a frame. */
static void keep_blind(struct material *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_gaps; i++) {
		const struct catalogue_gap *g = &m->gaps[i];

		if (!g->recorded || g->kind == BATCH_GAP_STOPPED || g->kind == BATCH_GAP_DOWN ||
		    g->kind == BATCH_GAP_SILENT)
			m->gaps[kept++] = *g;
	}
	m->n_gaps = kept;
}

static int load_gaps(struct material *m, struct comparison *c, struct diagnosis *d)
{
	const struct compare_active *a = m->request->active;
	uint64_t start, end;
	int error;

	scans_time(a, &start, &end);
	if (!start)
		return 0;
	error = catalogue_gaps(m->request->catalogue, start, end + 1, 1, &m->gaps, &m->n_gaps, d);
	if (error < 0)
		return error;
	keep_blind(m);
	for (size_t i = 0; i < c->n_scans; i++) {
		if (a->scans[i].start_ns)
			a->scans[i].watched_ns = watched_ns(m, &a->scans[i]);
	}
	return 0;
}

/* ---- all of it ---- */

static int load(struct material *m, struct diagnosis *d)
{
	const struct compare_request *q = m->request;
	struct catalogue_query all = q->query;
	int error = 0;

	all.include = MARK_ALL;
	if (!q->by_scanner)
		error = catalogue_list(q->catalogue, &all, &m->marked.list, &m->marked.n, d);
	if (!error && q->scanners)
		error = catalogue_list(q->scanners, q->by_scanner ? &q->query : &all,
				       &m->elicited.list, &m->elicited.n, d);
	return error;
}

static int note_time(const struct compare_request *q, struct comparison *c, struct diagnosis *d)
{
	struct catalogue_totals totals;
	int error = catalogue_totals(q->catalogue, &totals, d);

	if (error < 0)
		return error;
	/* Nothing of that time was watched: neither has a value. */
	if (!totals.first_ns || totals.first_ns >= q->query.to_ns ||
	    totals.last_ns < q->query.from_ns)
		return 0;
	c->first_ns = MAX(totals.first_ns, q->query.from_ns);
	c->last_ns = MIN(totals.last_ns, q->query.to_ns - 1);
	return 0;
}

int compare_make(const struct compare_request *q, struct comparison *c, struct diagnosis *d)
{
	struct material m = { .request = q };
	int error;

	*c = (struct comparison){ .config = q->config,
				  .places = q->places ? places_source(q->places) : NULL,
				  .made_ns = q->now_ns,
				  .from_ns = q->query.from_ns,
				  .to_ns = q->query.to_ns,
				  .include = q->query.include,
				  .by_scanner = q->by_scanner,
				  .tells_ports = !q->by_scanner };
	if (q->active) {
		compare_active_sort(q->active);
		c->scans = q->active->scans;
		c->n_scans = q->active->n_scans;
	}
	for (size_t i = 0; i < c->n_scans; i++)
		c->tells_ports &= c->scans[i].tells_ports;
	error = note_time(q, c, d);
	if (!error)
		error = load(&m, d);
	if (!error && q->active)
		error = load_gaps(&m, c, d);
	if (!error)
		error = q->by_scanner ? merge_by_scanner(&m, c) : merge(&m, c);
	if (!error && q->by_scanner)
		cover_by_scanner(&m, c);
	if (!error)
		error = compare_count(c);
	if (!error)
		error = compare_find_knocks(q, c, d);
	free(m.marked.list);
	free(m.elicited.list);
	free(m.gaps);
	return error;
}

void comparison_finish(struct comparison *c)
{
	for (size_t i = 0; i < c->n_rows; i++)
		free(c->rows[i].knocks);
	free(c->rows);
	free(c->ports);
	free(c->spread);
}
