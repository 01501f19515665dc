/* What a manifest says, as rows. */
#include <errno.h>

#include "catalogue/catalogue_internal.h"

const struct batch_rows rows_counted = { "derived_batch", "derived_gap", "derived_flood" };
const struct batch_rows rows_uncounted = { "uncounted_batch", NULL, NULL };
const struct batch_rows rows_live = { "live_batch", "live_gap", "live_flood" };

static int prepare_insert(struct catalogue *c, const char *table, const char *values,
			  sqlite3_stmt **ret_statement, struct diagnosis *d)
{
	char *sql = sqlite3_mprintf("INSERT INTO %s VALUES(%s)", table, values);
	int error = sql ? catalogue_prepare(c, sql, ret_statement, d) : -ENOMEM;

	sqlite3_free(sql);
	return error;
}

static int insert_row(struct catalogue *c, const char *table, const char *name,
		      const struct batch_manifest *m, struct diagnosis *d)
{
	uint64_t bytes = 0;
	sqlite3_stmt *s;
	int error = prepare_insert(c, table, "?,?,?,?,?,?,?,?,?,?,?,?,?,NULL,?,?", &s, d);

	if (error < 0)
		return error;
	for (size_t i = 0; i < m->n_parts; i++)
		bytes += m->parts[i].bytes;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(s, 2, m->capture ? m->capture : "", -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)m->head_digest);
	sqlite3_bind_int64(s, 4, (sqlite3_int64)m->end_frames);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)m->end_digest);
	sqlite3_bind_int64(s, 6, (sqlite3_int64)m->end_bytes);
	sqlite3_bind_int64(s, 7, (sqlite3_int64)m->first_ns);
	sqlite3_bind_int64(s, 8, (sqlite3_int64)m->last_ns);
	sqlite3_bind_int64(s, 9, (sqlite3_int64)(m->end_frames - m->start_frames));
	sqlite3_bind_int64(s, 10, (sqlite3_int64)m->sightings);
	sqlite3_bind_int64(s, 11, (sqlite3_int64)m->n_parts);
	sqlite3_bind_int64(s, 12, (sqlite3_int64)bytes);
	sqlite3_bind_int64(s, 13, (sqlite3_int64)m->end_ns);
	sqlite3_bind_int(s, 14, *m->journal != '\0');
	sqlite3_bind_int(s, 15, m->bare);
	return catalogue_finish(c, s, d);
}

static int insert_gaps(struct catalogue *c, const char *table, const char *name,
		       const struct batch_manifest *m, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = m->n_gaps ? prepare_insert(c, table, "?,?,?,?,?,?", &s, d) : 0;

	if (error < 0 || !m->n_gaps)
		return error;
	for (size_t i = 0; i < m->n_gaps && !error; i++) {
		const struct batch_gap *g = &m->gaps[i];

		sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
		sqlite3_bind_int64(s, 2, (sqlite3_int64)g->from_ns);
		sqlite3_bind_int64(s, 3, (sqlite3_int64)g->to_ns);
		sqlite3_bind_text(s, 4, batch_gap_name(g->kind), -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 5, (sqlite3_int64)g->count);
		sqlite3_bind_text(s, 6, g->interface, -1, SQLITE_TRANSIENT);
		error = sqlite3_step(s) == SQLITE_DONE ? 0 : catalogue_sql_error(c, d);
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	return error;
}

static int insert_floods(struct catalogue *c, const char *table, const char *name,
			 const struct batch_manifest *m, struct diagnosis *d)
{
	char host[ADDR_TEXT_MAX], marks[MARKS_TEXT_MAX];
	sqlite3_stmt *s;
	int error = m->n_floods ? prepare_insert(c, table, "?,?,?,?,?,?,?,?,?", &s, d) : 0;

	if (error < 0 || !m->n_floods)
		return error;
	for (size_t i = 0; i < m->n_floods && !error; i++) {
		const struct batch_flood *f = &m->floods[i];

		sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
		sqlite3_bind_text(s, 2, addr_format(f->host, host), -1, SQLITE_TRANSIENT);
		sqlite3_bind_int(s, 3, f->port);
		sqlite3_bind_int(s, 4, f->protocol);
		sqlite3_bind_text(s, 5, marks_format(f->marks, marks), -1, SQLITE_TRANSIENT);
		sqlite3_bind_int64(s, 6, (sqlite3_int64)f->first_ns);
		sqlite3_bind_int64(s, 7, (sqlite3_int64)f->last_ns);
		sqlite3_bind_int64(s, 8, (sqlite3_int64)f->packets);
		sqlite3_bind_int64(s, 9, (sqlite3_int64)f->peers);
		error = sqlite3_step(s) == SQLITE_DONE ? 0 : catalogue_sql_error(c, d);
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	return error;
}

int catalogue_insert_batch(struct catalogue *c, const struct batch_rows *rows, const char *name,
			   const struct batch_manifest *m, struct diagnosis *d)
{
	int error = insert_row(c, rows->batches, name, m, d);

	if (!error && rows->gaps)
		error = insert_gaps(c, rows->gaps, name, m, d);
	if (!error && rows->floods)
		error = insert_floods(c, rows->floods, name, m, d);
	return error;
}
