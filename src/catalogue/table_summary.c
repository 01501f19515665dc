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
	struct sql_cursor base;
	uint32_t series, pair; /* of the summary at hand; `pair` is the next series' first */
	bool inside;
	uint64_t peers[2], packets[2]; /* of the series, by inside */
};

static struct summary_cursor *cursor_of(sqlite3_vtab_cursor *base)
{
	return (struct summary_cursor *)base;
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	double records = ((struct sql_table *)table)->catalogue->sql_rows;

	return sql_best_index(kinds, records / RECORDS_A_ROW, info);
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
	int code = sql_cursor_open(table, sizeof(struct summary_cursor), ret_cursor);

	if (code == SQLITE_OK) {
		cursor_of(*ret_cursor)->base.scan.by_start = true;
	}
	return code;
}

/* ---- walking ---- */

static void count_pairs(struct summary_cursor *k)
{
	const struct part_summary *s = &k->base.scan.summary;

	memset(k->peers, 0, sizeof(k->peers));
	memset(k->packets, 0, sizeof(k->packets));
	for (; k->pair < s->pair_end[k->series]; k->pair++) {
		bool inside = shelf_is_inside(k->base.scan.part, s->peer[k->pair]);

		k->peers[inside]++;
		k->packets[inside] += s->packets[k->pair];
	}
	k->inside = !k->peers[0];
}

/* From `series` on, past what is not wanted. Returns false when the group has no more. */
static bool find_series(struct summary_cursor *k)
{
	const struct part_summary *s = &k->base.scan.summary;

	for (; k->series < s->n_series; k->series++) {
		if (sql_scan_wants(&k->base.scan, s->series[k->series])) {
			count_pairs(k);
			return true;
		}
		k->pair = s->pair_end[k->series];
	}
	return false;
}

static int next_group(struct summary_cursor *k)
{
	int code = sql_cursor_next_group(&k->base);

	k->series = k->pair = 0;
	if (code == SQLITE_OK && !k->base.end) {
		find_series(k);
	}
	return code;
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
	if (sql_scan_start(&k->base.scan, plan, argc, argv) < 0) {
		return SQLITE_NOMEM;
	}
	return next_group(k);
}

/* ---- columns ---- */

static int column(sqlite3_vtab_cursor *base, sqlite3_context *x, int i)
{
	struct summary_cursor *k = cursor_of(base);
	const struct shelf_part *p = k->base.scan.part;
	uint64_t hour_ns = sql_scan_group(&k->base.scan)->hour * HOUR_NS;
	uint32_t series = k->base.scan.summary.series[k->series];
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
		sql_result_marks(x, sql_scan_marks(&k->base.scan, series, k->inside));
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
	uint64_t id = k->base.scan.place * 2 * PART_GROUP_RECORDS_MAX + row;

	*ret_id = (sqlite3_int64)id;
	return SQLITE_OK;
}

int sql_register_summary(struct catalogue *c)
{
	static const sqlite3_module module = {
		.xConnect = sql_connect,
		.xBestIndex = best_index,
		.xDisconnect = sql_disconnect,
		.xOpen = open_cursor,
		.xClose = sql_cursor_close,
		.xFilter = filter,
		.xNext = next_row,
		.xEof = sql_cursor_at_end,
		.xColumn = column,
		.xRowid = row_id,
	};

	return sql_register(c, "summary", schema, &module);
}
