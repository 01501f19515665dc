/* The virtual table `summary`: what the archive's hour groups say of each service, without their
 * records. */
#include <stdlib.h>
#include <string.h>

#include "catalogue/sql_internal.h"

enum summary_column {
	COLUMN_HOUR_NS,
	COLUMN_DATE,
	COLUMN_HOUR,
	COLUMN_SADDR,
	COLUMN_SPORT,
	COLUMN_PROTOCOL,
	COLUMN_MARKS,
	COLUMN_INSIDE,
	COLUMN_VISIBLE,
	COLUMN_PEERS,
	COLUMN_PACKETS,
};

static const char schema[] =
	"CREATE TABLE summary(hour_ns INTEGER, date TEXT, hour INTEGER, saddr TEXT, sport INTEGER,"
	" protocol INTEGER, marks TEXT, inside INTEGER, visible INTEGER, peers INTEGER, packets INTEGER)";
static const char kinds[] = { SQL_TIME_NS, SQL_LOCAL_DATE, SQL_OTHER, SQL_HOST,
			      SQL_PORT,    SQL_OTHER,      SQL_OTHER, SQL_OTHER,
			      SQL_OTHER,   SQL_OTHER,      SQL_OTHER };

#define RECORDS_A_ROW 10.0 /* about */

struct summary_cursor {
	sqlite3_vtab_cursor base;
	struct sql_scan scan;
	bool end;
	uint32_t series, pair; /* of the summary at hand; `pair` is the next series' first */
	bool inside;
	uint64_t peers[2], packets[2]; /* of the series, by inside */
};

static struct summary_cursor *cursor_of(sqlite3_vtab_cursor *base)
{
	return (struct summary_cursor *)base;
}

static int connect_table(sqlite3 *db, void *catalogue, int argc, const char *const *argv,
			 sqlite3_vtab **ret_table, char **ret_error)
{
	(void)argc, (void)argv, (void)ret_error;
	return sql_connect(db, catalogue, schema, ret_table);
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	double records = ((struct sql_table *)table)->catalogue->sql_rows;

	return sql_best_index(kinds, records / RECORDS_A_ROW, info);
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
	struct summary_cursor *k = calloc(1, sizeof(*k));
	struct diagnosis d = { "" };
	int error;

	if (!k) {
		return SQLITE_NOMEM;
	}
	error = sql_scan_open(&k->scan, ((struct sql_table *)table)->catalogue, &d);
	if (error < 0) {
		free(k);
		return sql_fail(table, error, &d);
	}
	k->scan.by_start = true;
	k->end = true;
	*ret_cursor = &k->base;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
	sql_scan_close(&cursor_of(base)->scan);
	free(base);
	return SQLITE_OK;
}

/* ---- walking ---- */

static void count_pairs(struct summary_cursor *k)
{
	const struct part_summary *s = &k->scan.summary;

	memset(k->peers, 0, sizeof(k->peers));
	memset(k->packets, 0, sizeof(k->packets));
	for (; k->pair < s->pair_end[k->series]; k->pair++) {
		bool inside = shelf_is_inside(k->scan.part, s->peer[k->pair]);

		k->peers[inside]++;
		k->packets[inside] += s->packets[k->pair];
	}
	k->inside = !k->peers[0];
}

/* From `series` on, past what is not wanted. Returns false when the group has no more. */
static bool find_series(struct summary_cursor *k)
{
	const struct part_summary *s = &k->scan.summary;

	for (; k->series < s->n_series; k->series++) {
		if (sql_scan_wants(&k->scan, s->series[k->series])) {
			count_pairs(k);
			return true;
		}
		k->pair = s->pair_end[k->series];
	}
	return false;
}

static int next_group(struct summary_cursor *k)
{
	struct diagnosis d = { "" };
	int found = sql_scan_next(&k->scan, &d);

	if (found < 0) {
		return sql_fail(k->base.pVtab, found, &d);
	}
	k->end = !found;
	k->series = k->pair = 0;
	if (found) {
		find_series(k);
	}
	return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *base)
{
	struct summary_cursor *k = cursor_of(base);

	if (!k->inside && k->peers[1]) {
		k->inside = true;
		return SQLITE_OK;
	}
	k->series++;
	return find_series(k) ? SQLITE_OK : next_group(k);
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *plan, int argc,
		  sqlite3_value **argv)
{
	struct summary_cursor *k = cursor_of(base);

	(void)number;
	if (sql_scan_start(&k->scan, plan, argc, argv) < 0) {
		return SQLITE_NOMEM;
	}
	return next_group(k);
}

static int at_end(sqlite3_vtab_cursor *base)
{
	return cursor_of(base)->end;
}

/* ---- columns ---- */

static uint8_t marks_of(const struct summary_cursor *k, uint32_t series)
{
	const struct shelf_part *p = k->scan.part;

	return (uint8_t)(part_series(p->part)[series].marks |
			 (p->series[series] & SHELF_EXCLUDED ? MARK_EXCLUDED : 0) |
			 (k->inside ? MARK_INSIDE : 0));
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *x, int i)
{
	struct summary_cursor *k = cursor_of(base);
	const struct shelf_part *p = k->scan.part;
	uint64_t hour_ns = sql_scan_group(&k->scan)->hour * HOUR_NS;
	uint32_t series = k->scan.summary.series[k->series];
	const struct part_series *s = &part_series(p->part)[series];

	switch ((enum summary_column)i) {
	case COLUMN_HOUR_NS:
		sqlite3_result_int64(x, (sqlite3_int64)hour_ns);
		break;
	case COLUMN_DATE:
		sql_result_date(x, zone_date(hour_ns));
		break;
	case COLUMN_HOUR:
		sqlite3_result_int(x, zone_date(hour_ns).hour);
		break;
	case COLUMN_SADDR:
		sql_result_addr(x, s->host);
		break;
	case COLUMN_SPORT:
		sqlite3_result_int(x, s->port);
		break;
	case COLUMN_PROTOCOL:
		sqlite3_result_int(x, s->protocol);
		break;
	case COLUMN_MARKS:
		sql_result_marks(x, marks_of(k, series));
		break;
	case COLUMN_INSIDE:
		sqlite3_result_int(x, k->inside);
		break;
	case COLUMN_VISIBLE:
		sqlite3_result_int(x, (p->series[series] & SHELF_SHOWN) && !k->inside);
		break;
	case COLUMN_PEERS:
		sqlite3_result_int64(x, (sqlite3_int64)k->peers[k->inside]);
		break;
	case COLUMN_PACKETS:
		sqlite3_result_int64(x, (sqlite3_int64)k->packets[k->inside]);
		break;
	}
	return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_id)
{
	const struct summary_cursor *k = cursor_of(base);
	uint64_t row = (uint64_t)k->series * 2 + k->inside;
	uint64_t id = k->scan.place * 2 * PART_GROUP_RECORDS_MAX + row;

	*ret_id = (sqlite3_int64)id;
	return SQLITE_OK;
}

int sql_register_summary(struct catalogue *c)
{
	static const sqlite3_module module = {
		.xConnect = connect_table,
		.xBestIndex = best_index,
		.xDisconnect = sql_disconnect,
		.xOpen = open_cursor,
		.xClose = close_cursor,
		.xFilter = filter,
		.xNext = next_row,
		.xEof = at_end,
		.xColumn = column,
		.xRowid = row_id,
	};

	return sqlite3_create_module_v2(c->db, "summary", &module, c, NULL);
}
