#include "catalogue/gaps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "catalogue/catalogue_internal.h"

struct span {
	uint64_t first_ns, last_ns;
};

struct looking {
	struct catalogue *catalogue;
	uint64_t from_ns, to_ns, least_ns;
	struct catalogue_gap *gaps;
	size_t n_gaps, gaps_room;
	struct span *spans; /* that are covered */
	size_t n_spans, spans_room;
};

static int add_span(struct looking *l, uint64_t first_ns, uint64_t last_ns)
{
	void *grown;

	if (last_ns < l->from_ns || first_ns >= l->to_ns)
		return 0;
	grown = array_make_room(l->spans, l->n_spans, &l->spans_room, sizeof(*l->spans));
	if (!grown)
		return -ENOMEM;
	l->spans = grown;
	l->spans[l->n_spans++] = (struct span){ first_ns, last_ns };
	return 0;
}

static int add_gap(struct looking *l, const struct catalogue_gap *g)
{
	void *grown = array_make_room(l->gaps, l->n_gaps, &l->gaps_room, sizeof(*l->gaps));

	if (!grown)
		return -ENOMEM;
	l->gaps = grown;
	l->gaps[l->n_gaps++] = *g;
	return 0;
}

static int add_recorded(struct looking *l, const struct batch_gap *b)
{
	struct catalogue_gap g = { .from_ns = MAX(b->from_ns, l->from_ns),
				   .to_ns = MIN(b->to_ns, l->to_ns),
				   .recorded = true,
				   .kind = b->kind,
				   .count = b->count };

	if (b->to_ns < l->from_ns || b->from_ns >= l->to_ns)
		return 0;
	memcpy(g.interface, b->interface, sizeof(g.interface));
	return add_gap(l, &g);
}

/* ---- what batches say ---- */

/* Runs the statement, whose parameters are the stretch, and hands each row on. Finalizes. */
static int each_row(struct looking *l, const char *sql,
		    int (*fn)(struct looking *l, sqlite3_stmt *row), struct diagnosis *d)
{
	sqlite3_stmt *s;
	int step = SQLITE_DONE, error = catalogue_prepare(l->catalogue, sql, &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)l->from_ns);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)l->to_ns);
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW)
		error = fn(l, s);
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(l->catalogue, d);
	sqlite3_finalize(s);
	return error;
}

static int take_span(struct looking *l, sqlite3_stmt *row)
{
	return add_span(l, (uint64_t)sqlite3_column_int64(row, 0),
			(uint64_t)sqlite3_column_int64(row, 1));
}

static int take_gap(struct looking *l, sqlite3_stmt *row)
{
	struct batch_gap g = { .from_ns = (uint64_t)sqlite3_column_int64(row, 0),
			       .to_ns = (uint64_t)sqlite3_column_int64(row, 1),
			       .count = (uint64_t)sqlite3_column_int64(row, 3) };
	const char *kind = (const char *)sqlite3_column_text(row, 2);
	const char *interface = (const char *)sqlite3_column_text(row, 4);

	if (!kind || !interface || !batch_gap_parse(kind, &g.kind))
		return 0; /* no batch says so */
	strncpy(g.interface, interface, sizeof(g.interface) - 1);
	return add_recorded(l, &g);
}

/* ---- and journals ---- */

static int take_journal(struct looking *l, const char *name, struct diagnosis *d)
{
	struct catalogue *c = l->catalogue;
	struct diagnosis words = { "" };
	struct batch_manifest m;
	int error = batch_read_manifest(c->archive, name, &m, &words);

	if (error < 0)
		return catalogue_pass_over(c, name, error, &words, d);
	error = add_span(l, m.first_ns, m.last_ns);
	for (size_t i = 0; i < m.n_gaps && !error; i++)
		error = add_recorded(l, &m.gaps[i]);
	batch_manifest_finish(&m);
	return error;
}

static int collect(struct looking *l, struct diagnosis *d)
{
	struct catalogue *c = l->catalogue;
	int error = catalogue_hold(c, d);

	if (!error) {
		error = each_row(
			l,
			"SELECT first_ns, last_ns FROM derived_batch"
			" WHERE (frames > 0 OR journal) AND last_ns >= ?1 AND first_ns < ?2",
			take_span, d);
	}
	if (!error) {
		error = each_row(l,
				 "SELECT from_ns, to_ns, kind, count, interface FROM derived_gap"
				 " WHERE to_ns >= ?1 AND from_ns < ?2",
				 take_gap, d);
	}
	for (size_t i = 0; i < c->n_live && !error; i++)
		error = take_journal(l, c->live[i], d);
	catalogue_release(c);
	return error;
}

/* ---- what nothing covers ---- */

static int span_order(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->first_ns > y->first_ns) - (x->first_ns < y->first_ns);
}

static int add_uncovered(struct looking *l, uint64_t from_ns, uint64_t to_ns)
{
	const struct catalogue_gap g = { .from_ns = from_ns, .to_ns = to_ns };

	return to_ns < from_ns || to_ns - from_ns < l->least_ns ? 0 : add_gap(l, &g);
}

static int find_uncovered(struct looking *l)
{
	uint64_t at = l->from_ns; /* covered up to here */
	int error = 0;

	if (l->n_spans)
		qsort(l->spans, l->n_spans, sizeof(*l->spans), span_order);
	for (size_t i = 0; i < l->n_spans && !error; i++) {
		error = add_uncovered(l, at, l->spans[i].first_ns);
		at = MAX(at, l->spans[i].last_ns);
	}
	return error < 0 ? error : add_uncovered(l, at, l->to_ns);
}

/* The same list, whatever the order of the batches. */
static int gap_order(const void *a, const void *b)
{
	const struct catalogue_gap *x = a, *y = b;

	if (x->from_ns != y->from_ns)
		return x->from_ns < y->from_ns ? -1 : 1;
	if (x->to_ns != y->to_ns)
		return x->to_ns < y->to_ns ? -1 : 1;
	if (x->recorded != y->recorded)
		return x->recorded ? 1 : -1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (strcmp(x->interface, y->interface) != 0)
		return strcmp(x->interface, y->interface);
	return (x->count > y->count) - (x->count < y->count);
}

int catalogue_gaps(struct catalogue *c, uint64_t from_ns, uint64_t to_ns, uint64_t least_ns,
		   struct catalogue_gap **ret_gaps, size_t *ret_count, struct diagnosis *d)
{
	struct looking l = {
		.catalogue = c, .from_ns = from_ns, .to_ns = to_ns, .least_ns = MAX(least_ns, 1)
	};
	int error = collect(&l, d);

	if (!error)
		error = find_uncovered(&l);
	free(l.spans);
	if (error < 0) {
		free(l.gaps);
		return error;
	}
	if (l.n_gaps)
		qsort(l.gaps, l.n_gaps, sizeof(*l.gaps), gap_order);
	*ret_gaps = l.gaps;
	*ret_count = l.n_gaps;
	return 0;
}
