/* The virtual table `sighting`: every record of the archive. */
#include <stdlib.h>
#include <string.h>

#include "catalogue/sql_internal.h"

enum sighting_column {
	COLUMN_TIME,
	COLUMN_TIME_NS,
	COLUMN_DATE,
	COLUMN_HOUR,
	COLUMN_SADDR,
	COLUMN_SPORT,
	COLUMN_DADDR,
	COLUMN_DPORT,
	COLUMN_PROTOCOL,
	COLUMN_MARKS,
	COLUMN_VISIBLE,
	COLUMN_FLAGS, /* another name of the marks, hidden */
};

static const char schema[] =
	"CREATE TABLE sighting(time TEXT, time_ns INTEGER, date TEXT, hour INTEGER, saddr TEXT,"
	" sport INTEGER, daddr TEXT, dport INTEGER, protocol INTEGER, marks TEXT, visible INTEGER,"
	" flags TEXT HIDDEN)";
static const char kinds[] = { SQL_LOCAL_TIME, SQL_TIME_NS, SQL_LOCAL_DATE, SQL_OTHER,
			      SQL_HOST,       SQL_PORT,    SQL_OTHER,      SQL_OTHER,
			      SQL_OTHER,      SQL_OTHER,   SQL_OTHER,      SQL_OTHER };

struct sighting_cursor {
	struct sql_cursor base;
	uint32_t series, pair; /* of the summary at hand */
	uint32_t left;         /* records of the pair, the one at hand among them */
	uint32_t record;       /* of the group */
	struct part_detail detail;
	int columns;           /* of the detail that were read for this group */
	int damaged;           /* and that cannot be: these are NULL */
	bool one_hour;         /* the group lies within one hour of the local clock: */
	struct zone_date date; /* that one */
};

static struct sighting_cursor *cursor_of(sqlite3_vtab_cursor *base)
{
	return (struct sighting_cursor *)base;
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	return sql_best_index(kinds, ((struct sql_table *)table)->catalogue->sql_rows, info);
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
	int code = sql_cursor_open(table, sizeof(struct sighting_cursor), ret_cursor);

	if (code == SQLITE_OK) {
		cursor_of(*ret_cursor)->base.scan.details = true;
		part_detail_init(&cursor_of(*ret_cursor)->detail);
	}
	return code;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
	part_detail_finish(&cursor_of(base)->detail);
	return sql_cursor_close(base);
}

/* ---- walking ---- */

static bool is_one_hour(uint64_t hour_ns, struct zone_date *ret_date)
{
	*ret_date = zone_date(hour_ns);
	for (uint64_t at = HOUR_NS / 4; at <= HOUR_NS; at += HOUR_NS / 4) {
		struct zone_date date = zone_date(hour_ns + at - 1);

		if (date.day != ret_date->day || date.hour != ret_date->hour) {
			return false;
		}
	}
	return true;
}

/* From `series` on, past what is not wanted. Returns false when the group has no more. */
static bool find_series(struct sighting_cursor *k)
{
	const struct part_summary *s = &k->base.scan.summary;

	for (; k->series < s->n_series; k->series++) {
		if (sql_scan_wants(&k->base.scan, s->series[k->series])) {
			k->left = s->packets[k->pair];
			return true;
		}
		while (k->pair < s->pair_end[k->series]) {
			k->record += s->packets[k->pair++];
		}
	}
	return false;
}

static int next_group(struct sighting_cursor *k)
{
	int code = sql_cursor_next_group(&k->base);

	k->series = k->pair = k->record = 0;
	k->columns = k->damaged = 0;
	if (code == SQLITE_OK && !k->base.end) {
		k->one_hour = is_one_hour(sql_scan_group(&k->base.scan)->hour * HOUR_NS, &k->date);
		find_series(k);
	}
	return code;
}

static int next_row(sqlite3_vtab_cursor *base)
{
	struct sighting_cursor *k = cursor_of(base);
	const struct part_summary *s = &k->base.scan.summary;

	k->record++;
	if (--k->left) {
		return SQLITE_OK;
	}
	if (++k->pair < s->pair_end[k->series]) {
		k->left = s->packets[k->pair];
		return SQLITE_OK;
	}
	k->series++;
	return find_series(k) ? SQLITE_OK : next_group(k);
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *plan, int argc,
		  sqlite3_value **argv)
{
	struct sighting_cursor *k = cursor_of(base);

	(void)number;
	if (sql_scan_start(&k->base.scan, plan, argc, argv) < 0) {
		return SQLITE_NOMEM;
	}
	return next_group(k);
}

/* ---- columns ---- */

/* Times and ports are read when a query first asks for one of this group. */
static int need(struct sighting_cursor *k, int column)
{
	const struct shelf_group *g = sql_scan_group(&k->base.scan);
	struct diagnosis d = { "" };
	int error;

	if ((k->columns | k->damaged) & column) {
		return SQLITE_OK;
	}
	error = part_read_detail(k->base.scan.part->part, g->group, &k->base.scan.summary, column,
				 &k->detail, &d);
	if (error < 0) {
		shelf_diagnose(k->base.scan.shelf, g->file, error, &d);
		k->damaged |= column;
		error = shelf_pass_over(k->base.scan.shelf, g->file, error, &d, &d);
		return error < 0 ? sql_fail(k->base.base.pVtab, error, &d) : SQLITE_OK;
	}
	k->columns |= column;
	return SQLITE_OK;
}

static uint64_t time_ns(const struct sighting_cursor *k)
{
	return sql_scan_group(&k->base.scan)->hour * HOUR_NS + k->detail.ms[k->record] * NS_PER_MS;
}

static int time_column(struct sighting_cursor *k, sqlite3_context *x, int column)
{
	bool of_hour = column == COLUMN_DATE || column == COLUMN_HOUR;
	struct zone_date date = k->date;
	int code = of_hour && k->one_hour ? SQLITE_OK : need(k, PART_TIMES);

	if (code != SQLITE_OK || (k->damaged & PART_TIMES && !(of_hour && k->one_hour))) {
		return code;
	}
	if (of_hour && !k->one_hour) {
		date = zone_date(time_ns(k));
	}
	if (column == COLUMN_TIME) {
		sql_result_time(x, time_ns(k));
	} else if (column == COLUMN_TIME_NS) {
		sqlite3_result_int64(x, (sqlite3_int64)time_ns(k));
	} else if (column == COLUMN_DATE) {
		sql_result_date(x, date);
	} else {
		sqlite3_result_int(x, date.hour);
	}
	return SQLITE_OK;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *x, int i)
{
	struct sighting_cursor *k = cursor_of(base);
	const struct shelf_part *p = k->base.scan.part;
	uint32_t series = k->base.scan.summary.series[k->series],
		 peer = k->base.scan.summary.peer[k->pair];
	const struct part_series *s = &part_series(p->part)[series];
	int code = SQLITE_OK;

	switch ((enum sighting_column)i) {
	case COLUMN_TIME:
	case COLUMN_TIME_NS:
	case COLUMN_DATE:
	case COLUMN_HOUR:
		return time_column(k, x, i);
	case COLUMN_SADDR:
		sql_result_addr(x, s->host);
		break;
	case COLUMN_SPORT:
		sqlite3_result_int(x, s->port);
		break;
	case COLUMN_DADDR:
		sql_result_addr(x, part_peer(p->part, peer));
		break;
	case COLUMN_DPORT:
		code = need(k, PART_PEER_PORTS);
		if (code == SQLITE_OK && !(k->damaged & PART_PEER_PORTS)) {
			sqlite3_result_int(x, k->detail.peer_port[k->record]);
		}
		break;
	case COLUMN_PROTOCOL:
		sqlite3_result_int(x, s->protocol);
		break;
	case COLUMN_MARKS:
	case COLUMN_FLAGS:
		sql_result_marks(x,
				 sql_scan_marks(&k->base.scan, series, shelf_is_inside(p, peer)));
		break;
	case COLUMN_VISIBLE:
		sqlite3_result_int(x,
				   (p->series[series] & SHELF_SHOWN) && !shelf_is_inside(p, peer));
		break;
	}
	return code;
}

/* The group's place and the record's in it: the same for all cursors of a query. */
static int row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_id)
{
	const struct sighting_cursor *k = cursor_of(base);
	uint64_t id = k->base.scan.place * PART_GROUP_RECORDS_MAX + k->record;

	*ret_id = (sqlite3_int64)id;
	return SQLITE_OK;
}

int sql_register_sighting(struct catalogue *c)
{
	static const sqlite3_module module = {
		.xConnect = sql_connect,
		.xBestIndex = best_index,
		.xDisconnect = sql_disconnect,
		.xOpen = open_cursor,
		.xClose = close_cursor,
		.xFilter = filter,
		.xNext = next_row,
		.xEof = sql_cursor_at_end,
		.xColumn = column,
		.xRowid = row_id,
	};

	return sql_register(c, "sighting", schema, &module);
}
