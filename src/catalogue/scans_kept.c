/* The scans that are kept: which there are, and what one of them said. */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "catalogue/catalogue_internal.h"
#include "catalogue/scans_internal.h"

void catalogue_kept_scans_free(struct catalogue_kept_scan *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		scans_finish(&list[i].scan);
	free(list);
}

static int add_scan(sqlite3_stmt *s, struct catalogue_kept_scan **list, size_t *n, size_t *room)
{
	struct catalogue_kept_scan *grown = array_make_room(*list, *n, room, sizeof(**list));

	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*n] = (struct catalogue_kept_scan){ .hosts = (uint64_t)sqlite3_column_int64(s, 10),
						  .open = (uint64_t)sqlite3_column_int64(s, 11) };
	return scans_read(s, &grown[(*n)++].scan);
}

static const char all_scans[] = "SELECT " SCANS_COLUMNS ", 0, 0 FROM kept_scan ORDER BY id";
static const char all_counted[] =
	"SELECT " SCANS_COLUMNS ", ifnull(hosts, 0), ifnull(open, 0) FROM kept_scan"
	" LEFT JOIN (SELECT scan AS a, count(*) AS hosts FROM kept_scan_host GROUP BY scan) ON a = id"
	" LEFT JOIN (SELECT scan AS b, count(*) AS open FROM kept_scan_port WHERE state = 'open'"
	" GROUP BY scan) ON b = id ORDER BY id";

int catalogue_kept_scans(struct catalogue *c, bool count, struct catalogue_kept_scan **ret_list,
			 size_t *ret_count, struct diagnosis *d)
{
	struct catalogue_kept_scan *list = NULL;
	size_t n = 0, room = 0;
	sqlite3_stmt *s = NULL;
	int step = SQLITE_DONE, error = 0;

	if (scans_are_kept(c))
		error = catalogue_prepare(c, count ? all_counted : all_scans, &s, d);
	while (s && !error && (step = sqlite3_step(s)) == SQLITE_ROW)
		error = add_scan(s, &list, &n, &room);
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	if (error < 0) {
		catalogue_kept_scans_free(list, n);
		return error;
	}
	*ret_list = list;
	*ret_count = n;
	return 0;
}

int catalogue_kept_scan_read(struct catalogue *c, int64_t id,
			     int (*take)(void *arg, const struct scan_host *host), void *arg,
			     struct diagnosis *d)
{
	struct scans_reading reading;
	sqlite3_stmt *s = NULL;
	int step = SQLITE_DONE, error = scans_reading_begin(&reading, c, d);

	if (!error)
		error = catalogue_prepare(c,
					  "SELECT host, " SCANS_HOST_COLUMNS " FROM kept_scan_host"
					  " WHERE scan = ?1 ORDER BY host",
					  &s, d);
	if (!error)
		sqlite3_bind_int64(s, 1, id);
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW) {
		struct scan_host host = { .addr = catalogue_column_addr(s, 0) };

		error = scans_read_host(s, 1, &host);
		if (!error)
			error = scans_reading_load(&reading, id, &host, d);
		if (!error)
			error = take(arg, &host);
		scan_host_finish(&host);
	}
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	scans_reading_end(&reading);
	return MIN(error, 0);
}
