/* Which captures are in: found by their frames, their time, what came just before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue_internal.h"

#define CAPTURE_COLUMNS                                                                            \
	"name, end_frames, end_digest, end_bytes, first_ns, last_ns, sightings, capture,"          \
	" damage IS NOT NULL"

static int prepare_known(struct catalogue *c, const char *sql, sqlite3_stmt **ret_statement,
			 struct diagnosis *d)
{
	int error = catalogue_make_known(c, d);

	return error < 0 ? error : catalogue_prepare(c, sql, ret_statement, d);
}

void catalogue_captures_free(struct catalogue_capture *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].capture);
	free(list);
}

static int read_capture(sqlite3_stmt *s, struct catalogue_capture *ret_capture)
{
	struct catalogue_capture k = {
		.end_frames = (uint64_t)sqlite3_column_int64(s, 1),
		.end_digest = (uint64_t)sqlite3_column_int64(s, 2),
		.end_bytes = (uint64_t)sqlite3_column_int64(s, 3),
		.first_ns = (uint64_t)sqlite3_column_int64(s, 4),
		.last_ns = (uint64_t)sqlite3_column_int64(s, 5),
		.sightings = (uint64_t)sqlite3_column_int64(s, 6),
		.damaged = sqlite3_column_int(s, 8),
	};

	strncpy(k.batch, (const char *)sqlite3_column_text(s, 0), sizeof(k.batch) - 1);
	k.capture = strdup((const char *)sqlite3_column_text(s, 7));
	*ret_capture = k;
	return k.capture ? 0 : -ENOMEM;
}

/* Runs the statement, which is finalized, and collects its rows. */
static int collect(struct catalogue *c, sqlite3_stmt *s, struct catalogue_capture **ret_list,
		   size_t *ret_count, struct diagnosis *d)
{
	struct catalogue_capture *list = NULL;
	size_t n = 0;
	int step = SQLITE_DONE, error = 0;

	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW) {
		struct catalogue_capture *grown = realloc(list, (n + 1) * sizeof(*list));

		error = grown ? 0 : -ENOMEM;
		if (grown) {
			list = grown;
			error = read_capture(s, &list[n]);
			n += !error;
		}
	}
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	if (error < 0) {
		catalogue_captures_free(list, n);
		return error;
	}
	*ret_list = list;
	*ret_count = n;
	return 0;
}

int catalogue_find_captures(struct catalogue *c, uint64_t head_digest,
			    struct catalogue_capture **ret_list, size_t *ret_count,
			    struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = prepare_known(c,
				  "SELECT " CAPTURE_COLUMNS
				  " FROM known_batch WHERE head = ? AND NOT journal"
				  " ORDER BY end_frames, name",
				  &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)head_digest);
	return collect(c, s, ret_list, ret_count, d);
}

/* NOLINTNEXTLINE(readability-function-size): both ends of a stretch, and how many */
int catalogue_find_overlaps(struct catalogue *c, uint64_t first_ns, uint64_t last_ns, size_t most,
			    struct catalogue_capture **ret_list, size_t *ret_count,
			    struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error =
		prepare_known(c,
			      "SELECT " CAPTURE_COLUMNS " FROM known_batch"
			      " WHERE (frames > 0 OR journal) AND first_ns < ?2 AND last_ns > ?1"
			      " AND NOT (first_ns < ?1 AND last_ns < ?2 AND last_ns - ?1 <= ?3)"
			      " AND NOT (first_ns > ?1 AND last_ns > ?2 AND ?2 - first_ns <= ?3)"
			      " ORDER BY first_ns LIMIT ?4",
			      &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)first_ns);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)last_ns);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)CATALOGUE_BOUNDARY_NS);
	sqlite3_bind_int64(s, 4, (sqlite3_int64)most);
	return collect(c, s, ret_list, ret_count, d);
}

int catalogue_find_previous(struct catalogue *c, uint64_t head_digest, uint64_t time_ns,
			    uint64_t memory_ns, char ret_batch[BATCH_NAME_MAX], struct diagnosis *d)
{
	sqlite3_stmt *s;
	int step,
		error = prepare_known(
			c,
			"SELECT name FROM known_batch AS b WHERE (frames > 0 OR journal) AND head <> ?1"
			" AND end_ns BETWEEN ?3 AND ?2 + ?4 AND (end_ns <= ?2 OR first_ns < ?2)"
			/* Of a capture that has grown, only the last batch remembers all. */
			" AND NOT EXISTS (SELECT 1 FROM known_batch AS later"
			" WHERE later.head = b.head AND later.end_frames > b.end_frames"
			" AND NOT later.journal)"
			" ORDER BY max(abs(end_ns - ?2), ?5), end_ns DESC, end_frames DESC, name DESC LIMIT 1",
			&s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)head_digest);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)time_ns);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)(time_ns > memory_ns ? time_ns - memory_ns : 0));
	sqlite3_bind_int64(s, 4, (sqlite3_int64)CATALOGUE_STEP_NS);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)CATALOGUE_BOUNDARY_NS);
	step = sqlite3_step(s);
	if (step == SQLITE_ROW) {
		strncpy(ret_batch, (const char *)sqlite3_column_text(s, 0), BATCH_NAME_MAX - 1);
		ret_batch[BATCH_NAME_MAX - 1] = '\0';
	} else if (step != SQLITE_DONE) {
		error = catalogue_sql_error(c, d);
	}
	sqlite3_finalize(s);
	return error < 0 ? error : step == SQLITE_ROW;
}

int catalogue_last_watched(struct catalogue *c, uint64_t to_ns, uint64_t *ret_time_ns,
			   bool *ret_later, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int step, error = catalogue_prepare(
			  c,
			  "SELECT coalesce(max(CASE WHEN last_ns < ?1 THEN last_ns END), 0),"
			  " coalesce(max(last_ns) >= ?1, 0) FROM derived_batch WHERE journal",
			  &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)MIN(to_ns, (uint64_t)INT64_MAX));
	step = sqlite3_step(s);
	if (step == SQLITE_ROW) {
		*ret_time_ns = (uint64_t)sqlite3_column_int64(s, 0);
		*ret_later = sqlite3_column_int(s, 1);
	} else {
		error = catalogue_sql_error(c, d);
	}
	sqlite3_finalize(s);
	return error;
}
