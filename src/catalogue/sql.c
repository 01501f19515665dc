/* The connection for `sql`: what it shows, and that it only reads. */
#include <string.h>

#include "catalogue/live_internal.h"
#include "catalogue/sql_internal.h"

static const char views[] =
	"CREATE TEMP VIEW batch AS SELECT name, capture,"
	" CASE WHEN frames > 0 OR journal THEN local_time(first_ns) END AS first_time,"
	" CASE WHEN frames > 0 OR journal THEN local_time(last_ns) END AS last_time,"
	" frames, sightings, bytes FROM " LIVE_BATCHES ";"
	"CREATE TEMP VIEW gap AS SELECT local_time(from_ns) AS from_time, local_time(to_ns) AS to_time,"
	" from_ns, to_ns, kind, count, interface, batch FROM " LIVE_GAPS ";"
	"CREATE TEMP VIEW flood AS SELECT host AS address, port, protocol, marks,"
	" local_time(first_ns) AS first_time, local_time(last_ns) AS last_time, packets, peers,"
	" first_ns, last_ns, batch FROM " LIVE_FLOODS ";"
	"CREATE TEMP VIEW host AS SELECT address, count(*) AS services,"
	" local_time(min(first_ns)) AS first_seen, local_time(max(last_ns)) AS last_seen,"
	" sum(packets) AS packets FROM service GROUP BY addr_key(address);";

/* A module declares its columns when it is first used, which the authorizer would refuse: ours, and
 * those of SQLite that only read. */
static const char first_use[] =
	"SELECT 1 FROM sighting, summary, service, json_each, json_tree, pragma_table_info,"
	" pragma_table_xinfo, pragma_table_list, pragma_function_list, pragma_module_list,"
	" pragma_pragma_list, pragma_compile_options, pragma_database_list LIMIT 0";

static bool pragma_only_reads(const char *name)
{
	static const char *const readers[] = {
		"collation_list", "compile_options", "database_list",   "encoding",
		"function_list",  "index_info",      "integrity_check", "index_list",
		"index_xinfo",    "module_list",     "page_count",      "page_size",
		"pragma_list",    "table_info",      "table_list",      "table_xinfo",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(readers); i++) {
		if (!sqlite3_stricmp(name, readers[i])) {
			return true;
		}
	}
	return false;
}

/* Lets through what reads, and nothing else: no table, no file, no lock, no setting. */
static int authorize(void *user, int action, const char *first, const char *second,
		     const char *database, const char *trigger)
{
	const struct catalogue *c = user;

	(void)database, (void)trigger;
	if (c->sql_ours) {
		return SQLITE_OK;
	}
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return second && !sqlite3_stricmp(second, "load_extension") ? SQLITE_DENY
									    : SQLITE_OK;
	case SQLITE_PRAGMA:
		return first && pragma_only_reads(first) ? SQLITE_OK : SQLITE_DENY;
	default:
		return SQLITE_DENY;
	}
}

/* For the planner, once: new batches make no other plan better. */
static int estimate_rows(struct catalogue *c, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = catalogue_prepare(c, "SELECT coalesce(sum(sightings), 0) FROM " LIVE_BATCHES,
				      &s, d);

	if (!error && sqlite3_step(s) == SQLITE_ROW) {
		c->sql_rows = sqlite3_column_double(s, 0);
	}
	if (!error) {
		sqlite3_finalize(s);
	}
	return error;
}

static int make_ready(struct catalogue *c, struct diagnosis *d)
{
	int error;

	if (sql_register_functions(c) != SQLITE_OK || sql_register_sighting(c) != SQLITE_OK ||
	    sql_register_summary(c) != SQLITE_OK || sql_register_service(c) != SQLITE_OK) {
		return catalogue_sql_error(c, d);
	}
	error = live_fill_tables(c, d);
	if (!error) {
		error = estimate_rows(c, d);
	}
	if (!error) {
		error = catalogue_exec(c, views, d);
	}
	if (!error) {
		error = catalogue_exec(c, first_use, d);
	}
	if (!error) {
		error = catalogue_exec(c, "PRAGMA query_only = ON", d);
	}
	if (error < 0) {
		return error;
	}
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_set_authorizer(c->db, authorize, c);
	return 0;
}

/* Between two statements: what came since. */
static int bring_up_to_date(struct catalogue *c, struct diagnosis *d)
{
	int error, again;

	c->sql_ours = true;
	error = catalogue_exec(c, "PRAGMA query_only = OFF", d);
	if (!error) {
		error = archive_load_journals(c->archive, d);
	}
	if (!error) {
		error = catalogue_catch_up(c, d);
	}
	if (!error) {
		error = live_fill_tables(c, d);
	}
	again = catalogue_exec(c, "PRAGMA query_only = ON", d);
	c->sql_ours = false;
	return error < 0 ? error : again;
}

int catalogue_sql(struct catalogue *c, struct sqlite3 **ret_db, struct diagnosis *d)
{
	int error = c->sql_ready ? c->sql_cursors ? 0 : bring_up_to_date(c, d) : make_ready(c, d);

	if (error < 0) {
		return error;
	}
	c->sql_ready = true;
	*ret_db = c->db;
	return 0;
}
