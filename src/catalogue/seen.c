#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "catalogue/seen_internal.h"

/* A store that only an older version wrote to has none, and may not be written. */
static bool has_table(struct catalogue *c)
{
	return sqlite3_exec(c->db, "SELECT 1 FROM kept_seen LIMIT 0", NULL, NULL, NULL) ==
	       SQLITE_OK;
}

static struct seen read_row(sqlite3_stmt *s)
{
	return (struct seen){
		.host = catalogue_column_addr(s, 0),
		.port = (uint16_t)sqlite3_column_int(s, 1),
		.protocol = (uint8_t)sqlite3_column_int(s, 2),
		.inside = sqlite3_column_int(s, 3) & 1,
		.marks = (uint8_t)sqlite3_column_int(s, 4) & MARK_STORED_ALL,
		.first_ns = (uint64_t)sqlite3_column_int64(s, 5),
		.last_ns = (uint64_t)sqlite3_column_int64(s, 6),
	};
}

int seen_load(struct catalogue *c, const struct net_addr *host, struct seen_list *ret_seen,
	      struct diagnosis *d)
{
	struct seen_list seen = { 0 };
	size_t room = 0;
	sqlite3_stmt *s;
	char *sql = sqlite3_mprintf("SELECT host, port, protocol, inside, marks, first_ns, last_ns"
				    " FROM kept_seen %s ORDER BY family, host, port, protocol",
				    host ? "WHERE family IN (4, 6) AND host = ?" : "");
	int step = SQLITE_DONE, error = sql ? 0 : -ENOMEM;

	*ret_seen = seen;
	/* Nobody knows any more who knocked then. */
	if (!error && c->config->peers == CONFIG_PEERS_ALL && has_table(c)) {
		error = catalogue_prepare(c, sql, &s, d);
	} else {
		s = NULL;
	}
	sqlite3_free(sql);
	if (error < 0 || !s)
		return error;
	if (host)
		catalogue_bind_addr(s, 1, *host);
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW) {
		void *grown = array_make_room(seen.list, seen.n, &room, sizeof(*seen.list));

		error = grown ? 0 : -ENOMEM;
		seen.list = grown ? grown : seen.list;
		if (grown)
			seen.list[seen.n++] = read_row(s);
	}
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	if (error < 0) {
		free(seen.list);
		return error;
	}
	*ret_seen = seen;
	return 0;
}

static int order(const struct seen *row, const struct tally_service *s)
{
	const struct tally_service key = { .host = row->host,
					   .port = row->port,
					   .protocol = row->protocol };

	return tally_service_order(&key, s);
}

const struct seen *seen_find(const struct seen_list *seen, const struct tally_service *s,
			     size_t *ret_count)
{
	size_t low = 0, high = seen->n, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order(&seen->list[middle], s) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (end = low; end < seen->n && order(&seen->list[end], s) == 0;)
		end++;
	*ret_count = end - low;
	return seen->n ? seen->list + low : NULL;
}

static bool knows_better(uint64_t kept_ns, uint64_t counted_ns)
{
	return time_is_of_hour(counted_ns) && kept_ns / HOUR_NS == counted_ns / HOUR_NS;
}

void seen_widen(const struct seen *rows, size_t count, uint8_t allowed, uint64_t *first_ns,
		uint64_t *last_ns)
{
	for (size_t i = 0; i < count; i++) {
		const struct seen *r = &rows[i];

		if ((r->marks & ~allowed) || (r->inside && !(allowed & MARK_INSIDE)))
			continue;
		*first_ns = knows_better(r->first_ns, *first_ns) ? r->first_ns
								 : MIN(*first_ns, r->first_ns);
		*last_ns =
			knows_better(r->last_ns, *last_ns) ? r->last_ns : MAX(*last_ns, r->last_ns);
	}
}

/*
 * A time that is not a whole millisecond is an hour's (time_is_of_hour): one within it that is kept
 * already is better.
 */
#define BETTER(column)                                                                             \
	"CASE WHEN excluded." column " % 1000000 <> 0"                                             \
	" AND excluded." column " / 3600000000000 = " column " / 3600000000000 THEN " column

int seen_keep(struct catalogue *c, uint64_t from_ns, uint64_t to_ns, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = catalogue_prepare(
		c,
		"INSERT INTO kept_seen SELECT family, host, port, protocol, inside, marks, first_ns, last_ns"
		" FROM (SELECT * FROM derived_count UNION ALL SELECT * FROM derived_ftp_count)"
		" WHERE first_ns BETWEEN ?1 AND ?2 OR last_ns BETWEEN ?1 AND ?2"
		" ON CONFLICT DO UPDATE SET"
		" first_ns = " BETTER(
			"first_ns") " ELSE min(first_ns, excluded.first_ns) END,"
				    " last_ns = " BETTER(
					    "last_ns") " ELSE max(last_ns, excluded.last_ns) END",
		&s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)from_ns);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)to_ns);
	return catalogue_finish(c, s, d);
}
