/*
 * What the virtual tables share: which constraints of a query narrow what is read, and the walk
 * over the groups that are left. A constraint only ever spares reading; SQLite holds every row
 * against all of them again.
 */
#ifndef SEKIMORI_CATALOGUE_SQL_INTERNAL_H
#define SEKIMORI_CATALOGUE_SQL_INTERNAL_H

#include "catalogue/shelf_internal.h"

struct sql_table {
	sqlite3_vtab base;
	struct catalogue *catalogue;
};

/* Makes an eponymous table known; its module has the xConnect and xDisconnect below. Returns
 * SQLite's code. */
int sql_register(struct catalogue *c, const char *name, const char *schema,
		 const sqlite3_module *module);
int sql_connect(sqlite3 *db, void *user, int argc, const char *const *argv,
		sqlite3_vtab **ret_table, char **ret_error);
int sql_disconnect(sqlite3_vtab *table);

/* What a column says, for its constraints. */
enum sql_kind {
	SQL_OTHER = ' ',
	SQL_TIME_NS = 'n',
	SQL_LOCAL_TIME = 't', /* text, as zone_format writes it */
	SQL_LOCAL_DATE = 'd', /* text, its YYYY-MM-DD */
	SQL_HOST = 'h',
	SQL_PORT = 'p',
};

/* The whole of xBestIndex: KINDS has a letter for each column, ROWS is what the table holds. */
int sql_best_index(const char *kinds, double rows, sqlite3_index_info *info);

struct sql_wanted {
	bool nothing;           /* no row can match */
	int64_t from_ns, to_ns; /* both are within */
	struct net_addr *hosts; /* sorted; NULL: every host */
	size_t n_hosts;
	bool every_port;
	struct port_set ports;
};

/* Reads what sql_best_index planned. Returns 0 or -ENOMEM; the caller finishes it in any case. */
must_check int sql_wanted_read(const char *plan, int n_values, sqlite3_value **values,
			       struct sql_wanted *ret_wanted);
void sql_wanted_finish(struct sql_wanted *w);

bool sql_wants_series(const struct sql_wanted *w, const struct part_series *s);

/* One cursor's way over the groups. */
struct sql_scan {
	struct catalogue *catalogue;
	struct shelf *shelf;
	struct sql_wanted wanted;
	bool by_start; /* time constraints speak of an hour's start, not of its records */
	bool details;  /* are wanted: groups without are passed over, and told */
	size_t place;  /* of the group at hand in the shelf's list; its end when all is done */
	struct shelf_part *part; /* of the group at hand */
	bool *series;            /* by series of the part: is it wanted? NULL: all are */
	bool any_series;
	struct part_summary summary; /* of the group at hand */
};

must_check int sql_scan_open(struct sql_scan *s, struct catalogue *c, struct diagnosis *d);
void sql_scan_close(struct sql_scan *s);

/* Starts over, before the first group. */
must_check int sql_scan_start(struct sql_scan *s, const char *plan, int n_values,
			      sqlite3_value **values);

/* Goes to the next group that has a wanted series, and reads its summary. Returns 1, 0 at the end,
 * or an error. */
must_check int sql_scan_next(struct sql_scan *s, struct diagnosis *d);

static inline bool sql_scan_wants(const struct sql_scan *s, uint32_t series)
{
	return !s->series || s->series[series];
}

static inline const struct shelf_group *sql_scan_group(const struct sql_scan *s)
{
	return &s->shelf->groups[s->place];
}

/* The marks of a series of the part at hand, of peers INSIDE or not. */
uint8_t sql_scan_marks(const struct sql_scan *s, uint32_t series, bool inside);

/* How a cursor over the groups begins. What follows is zero when it is opened, with SIZE bytes in
 * all. These return SQLite's code. */
struct sql_cursor {
	sqlite3_vtab_cursor base;
	struct sql_scan scan;
	bool end;
};

int sql_cursor_open(sqlite3_vtab *table, size_t size, sqlite3_vtab_cursor **ret_cursor);
int sql_cursor_close(sqlite3_vtab_cursor *cursor);
int sql_cursor_next_group(struct sql_cursor *k); /* `end` says when there is none */
int sql_cursor_at_end(sqlite3_vtab_cursor *cursor);

/* Puts the words where SQLite finds them. Returns its code for ERROR. */
int sql_fail(sqlite3_vtab *table, int error, const struct diagnosis *d);

void sql_result_addr(sqlite3_context *x, struct net_addr a);
void sql_result_marks(sqlite3_context *x, uint8_t marks);
void sql_result_time(sqlite3_context *x, uint64_t time_ns);
void sql_result_date(sqlite3_context *x, struct zone_date date);

/* Return SQLite's code. */
int sql_register_sighting(struct catalogue *c);
int sql_register_summary(struct catalogue *c);
int sql_register_service(struct catalogue *c);
int sql_register_functions(struct catalogue *c);

#endif
