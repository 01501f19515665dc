/* The SQL tables against plain counts, narrowed questions against the same ones that nothing
 * narrows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/zone.h"

#include "store_fixture.h"

static sqlite3 *ask(struct store *s)
{
	sqlite3 *db;

	assert_int_equal(catalogue_sql(s->catalogue, &db, NULL), 0);
	return db;
}

/* Every row of `sighting`, from the array. */
static void plain_row(const struct store *s, const struct sighting *one, struct buffer *out)
{
	char time[ZONE_TEXT_MAX], saddr[ADDR_TEXT_MAX], daddr[ADDR_TEXT_MAX], marks[MARKS_TEXT_MAX],
		row[512];
	struct zone_date d = zone_date(one->time_ns);
	int n = snprintf(row, sizeof(row), "%s|%llu|%04d-%02d-%02d|%d|%s|%u|%s|%u|%u|%s|%d\n",
			 zone_format(one->time_ns, time), (unsigned long long)one->time_ns, d.year,
			 d.month, d.mday, d.hour, addr_format(one->host, saddr), one->port,
			 addr_format(one->peer, daddr), one->peer_port, one->protocol,
			 marks_format(plain_marks(s, one), marks), plain_is_visible(s, one, 0));

	buffer_put(out, row, (size_t)n);
}

static int line_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same lines, sorted. The caller frees. */
static char *sort_lines(char *text)
{
	size_t n = 0, length = strlen(text);
	char **lines = calloc(length + 1, sizeof(*lines)), *rest = text, *line,
	     *sorted = calloc(1, length + 1);
	size_t at = 0;

	assert_non_null(lines);
	assert_non_null(sorted);
	while ((line = strsep(&rest, "\n")) && rest) {
		lines[n++] = line;
	}
	qsort(lines, n, sizeof(*lines), line_order);
	for (size_t i = 0; i < n; i++) {
		at += (size_t)snprintf(sorted + at, length + 1 - at, "%s\n", lines[i]);
	}
	free(lines);
	free(text);
	return sorted;
}

static void hold_all_rows(struct store *s, sqlite3 *db)
{
	char *got = sort_lines(store_sql_rows(db, "SELECT * FROM sighting")), *plain;
	struct buffer out;

	buffer_init(&out);
	for (size_t i = 0; i < s->n; i++) {
		plain_row(s, &s->sightings[i], &out);
	}
	buffer_put_u8(&out, '\0');
	plain = sort_lines((char *)out.bytes);
	assert_string_equal(got, plain);
	free(got);
	free(plain);
}

/* The condition as it stands, and with columns that no longer are columns to the planner. */
static void hold_condition(sqlite3 *db, const char *table, const char *narrowed, const char *plain)
{
	char *sql = sqlite3_mprintf("SELECT * FROM %s WHERE %s", table, narrowed);
	char *sql_plain = sqlite3_mprintf("SELECT * FROM %s WHERE %s", table, plain);
	char *a = sort_lines(store_sql_rows(db, sql)),
	     *b = sort_lines(store_sql_rows(db, sql_plain));

	if (strcmp(a, b) != 0) {
		fail_msg("%s and %s differ", sql, sql_plain);
	}
	free(a);
	free(b);
	sqlite3_free(sql);
	sqlite3_free(sql_plain);
}

static const char *const operators[] = { "=", "<", "<=", ">", ">=" };

static void hold_times(struct store *s, sqlite3 *db)
{
	for (int i = 0; i < 60; i++) {
		uint64_t ns = s->start_ns + store_random(s, 130) * 3600 * NS_PER_SECOND;
		char text[ZONE_TEXT_MAX], narrowed[128], plain[128];
		/* Cut anywhere, as people do, or a whole one of a record. */
		int length = (int[]){ 4, 7, 10, 10, 13, 16, 19, 23, 29 }[i % 9];
		const char *op = operators[store_random(s, 5)];

		if (i % 5 == 0) {
			ns = s->sightings[store_random(s, s->n)].time_ns;
		}
		zone_format(ns, text);
		(void)snprintf(narrowed, sizeof(narrowed), "time %s '%.*s'", op, length, text);
		(void)snprintf(plain, sizeof(plain), "+time %s '%.*s'", op, length, text);
		hold_condition(db, "sighting", narrowed, plain);
		(void)snprintf(narrowed, sizeof(narrowed), "date %s '%.*s'", op, length, text);
		(void)snprintf(plain, sizeof(plain), "+date %s '%.*s'", op, length, text);
		hold_condition(db, "sighting", narrowed, plain);
		hold_condition(db, "summary", narrowed, plain);
		(void)snprintf(narrowed, sizeof(narrowed), "time_ns %s %llu", op,
			       (unsigned long long)ns);
		(void)snprintf(plain, sizeof(plain), "+time_ns %s %llu", op,
			       (unsigned long long)ns);
		hold_condition(db, "sighting", narrowed, plain);
		hold_condition(db, "summary",
			       i % 2 ? "hour_ns >= 1548255600e9" : "hour_ns < 1571961600 * 1e9",
			       i % 2 ? "+hour_ns >= 1548255600e9" : "+hour_ns < 1571961600 * 1e9");
	}
}

static void hold_conditions(sqlite3 *db, const char *table)
{
	static const char *const pairs[][2] = {
		{ "sport = 80", "sport + 0 = 80" },
		{ "sport = '80'", "+sport = 80" },
		{ "sport = 80.0", "+sport = 80.0" },
		{ "sport = 80.5", "+sport = 80.5" },
		{ "sport = 'x'", "+sport = 'x'" },
		{ "sport IN (22, 443, NULL, 70000, '8080')", "+sport IN (22, 443, 8080)" },
		{ "sport = 80 AND sport = 443", "0" },
		{ "sport = NULL", "0" },
		{ "sport = -1", "0" },
		{ "saddr = '192.0.2.3'", "+saddr = '192.0.2.3'" },
		{ "saddr = '2001:db8::2'", "+saddr = '2001:db8::2'" },
		{ "saddr = '2001:DB8::2'", "+saddr = '2001:DB8::2'" },
		{ "saddr = '2001:DB8::2' COLLATE NOCASE", "+saddr = '2001:db8::2'" },
		{ "saddr = 'nobody'", "0" },
		{ "saddr IN ('192.0.2.3', '2001:db8::2', 'x', NULL)",
		  "+saddr IN ('192.0.2.3', '2001:db8::2')" },
		{ "saddr IN (SELECT address FROM service WHERE port = 22)",
		  "+saddr IN (SELECT address FROM service WHERE +port = 22)" },
		{ "saddr = '192.0.2.3' OR sport = 443", "+saddr = '192.0.2.3' OR +sport = 443" },
		{ "saddr = '192.0.2.3' AND sport IN (80, 443) AND date > '2019-01-25'",
		  "+saddr = '192.0.2.3' AND +sport IN (80, 443) AND +date > '2019-01-25'" },
		{ "date = '2019-02-31'", "+date = '2019-02-31'" },
		{ "date > 'abc'", "+date > 'abc'" },
		{ "date < 'abc'", "+date < 'abc'" },
		{ "date > 5", "+date > '5'" },
		{ "date > x'00'", "+date > x'00'" },
		{ "date = NULL", "0" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
		hold_condition(db, table, pairs[i][0], pairs[i][1]);
	}
}

static void hold_summary(sqlite3 *db)
{
	char *a = store_sql_rows(
		db, "SELECT hour_ns, saddr, sport, marks, inside, visible, sum(packets)"
		    " FROM summary GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4");
	char *b = store_sql_rows(
		db, "SELECT time_ns / 3600000000000 * 3600000000000, saddr, sport, marks,"
		    " marks LIKE '%inside%', visible, count(*)"
		    " FROM sighting GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4");

	assert_string_equal(a, b);
	free(a);
	free(b);
}

static void hold_services(sqlite3 *db)
{
	char *a = store_sql_rows(
		db, "SELECT address, port, protocol, packets, peers, days, first_seen, last_seen"
		    " FROM service ORDER BY addr_key(address), port");
	char *b = store_sql_rows(
		db, "SELECT saddr, sport, protocol, count(*), count(DISTINCT daddr),"
		    " count(DISTINCT date), local_time(min(time_ns)), local_time(max(time_ns))"
		    " FROM sighting WHERE visible GROUP BY 1, 2 ORDER BY addr_key(saddr), 2");

	assert_string_equal(a, b);
	free(a);
	free(b);
	a = store_sql_rows(db, "SELECT address, port, packets, peers, days FROM service('all')"
			       " ORDER BY addr_key(address), port");
	b = store_sql_rows(
		db, "SELECT saddr, sport, count(*), count(DISTINCT daddr), count(DISTINCT date)"
		    " FROM sighting GROUP BY 1, 2 ORDER BY addr_key(saddr), 2");
	assert_string_equal(a, b);
	free(a);
	free(b);
	a = store_sql_rows(
		db,
		"SELECT v.address, v.port, v.packets FROM (SELECT DISTINCT saddr FROM sighting) x"
		" JOIN service v ON v.address = x.saddr ORDER BY 1, 2");
	b = store_sql_rows(db, "SELECT address, port, packets FROM service ORDER BY 1, 2");
	assert_string_equal(a, b);
	free(a);
	free(b);
}

static void hold_everything(struct store *s)
{
	sqlite3 *db = ask(s);

	hold_all_rows(s, db);
	hold_times(s, db);
	hold_conditions(db, "sighting");
	hold_conditions(db, "summary");
	hold_summary(db);
	hold_services(db);
}

static void in_zone(const char *zone, uint64_t start_s)
{
	struct store s;

	store_make(&s, zone, start_s);
	store_fill(&s, 4, 400);
	hold_everything(&s);
	store_remove(&s);
}

static void test_tables(void **state)
{
	(void)state;
	in_zone("Asia/Kolkata", 1548255600);
	in_zone("Europe/Berlin", 1571961600);
	in_zone("Europe/Berlin", 1553817600);
	in_zone("Australia/Lord_Howe", 1554379200);
}

static void test_passing_and_read_only(void **state)
{
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_fill(&s, 3, 200);
	store_close(&s);
	assert_int_equal(store_open(&s, ARCHIVE_READ, 0), 0);
	hold_everything(&s);
	store_close(&s);
	/* Another zone than the one that is counted: the days are counted for the moment. */
	s.zone = "America/St_Johns";
	assert_int_equal(store_open(&s, ARCHIVE_READ, 0), 0);
	hold_everything(&s);
	store_close(&s);
	assert_int_equal(store_open(&s, ARCHIVE_WRITE, CATALOGUE_PASSING), 0);
	hold_everything(&s);
	store_remove(&s);
}

static void test_empty_store(void **state)
{
	struct store s;
	sqlite3 *db;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	db = ask(&s);
	assert_string_equal(store_sql(db, "SELECT count(*) FROM sighting"), "0");
	assert_string_equal(store_sql(db, "SELECT count(*) FROM summary"), "0");
	assert_string_equal(store_sql(db, "SELECT count(*) FROM service"), "0");
	assert_string_equal(store_sql(db, "SELECT count(*) FROM host"), "0");
	assert_string_equal(store_sql(db, "SELECT count(*) FROM batch"), "0");
	store_remove(&s);
}

/* The index is made again between queries, not within one. */
static void test_new_batches_appear(void **state)
{
	struct store s, writer;
	sqlite3_stmt *q;
	sqlite3 *db;

	(void)state;
	store_make(&writer, "Asia/Tokyo", 1548255600);
	store_fill(&writer, 1, 100);
	s = writer;
	s.archive = NULL;
	s.catalogue = NULL;
	assert_int_equal(store_open(&s, ARCHIVE_READ, 0), 0);
	db = ask(&s);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM sighting", -1, &q, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(q, 0), 100);
	assert_int_equal(sqlite3_reset(q), SQLITE_OK);
	store_fill(&writer, 1, 50);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(q, 0), 150);
	assert_int_equal(sqlite3_finalize(q), SQLITE_OK);
	store_close(&s);
	store_remove(&writer);
}

static void test_nothing_can_be_written(void **state)
{
	static const char *const statements[] = {
		"DELETE FROM derived_count",
		"DELETE FROM sighting",
		"INSERT INTO kept_network VALUES('10.0.0.0/8')",
		"UPDATE derived_batch SET frames = 1",
		"CREATE TABLE t(x)",
		"CREATE TEMP TABLE t(x)",
		"CREATE VIEW v AS SELECT 1",
		"DROP TABLE kept_network",
		"DROP VIEW batch",
		"ATTACH '/tmp/sekimori-other.sqlite' AS other",
		"DETACH main",
		"VACUUM",
		"VACUUM INTO '/tmp/sekimori-other.sqlite'",
		"PRAGMA query_only = OFF",
		"PRAGMA journal_mode = WAL",
		"PRAGMA user_version = 7",
		"PRAGMA writable_schema = ON",
		"SELECT load_extension('x')",
		"BEGIN IMMEDIATE",
		"SAVEPOINT x",
		"REINDEX",
		"ANALYZE",
	};
	struct store s;
	sqlite3 *db;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_fill(&s, 1, 20);
	db = ask(&s);
	for (size_t i = 0; i < ARRAY_LENGTH(statements); i++) {
		if (sqlite3_exec(db, statements[i], NULL, NULL, NULL) == SQLITE_OK) {
			fail_msg("%s was allowed", statements[i]);
		}
	}
	assert_string_equal(store_sql(db, "SELECT count(*) FROM sighting"), "20");
	assert_string_equal(store_sql(db, "PRAGMA table_info(sighting)"), "0");
	assert_int_not_equal(access("/tmp/sekimori-other.sqlite", F_OK), 0);
	store_remove(&s);
}

/* Each narrows by what docs/sql.md calls quick. */
static void test_plans(void **state)
{
	static const char *const plans[][2] = {
		{ "sighting WHERE saddr = '192.0.2.1' AND sport = 80",
		  "VIRTUAL TABLE INDEX 0:h=p=" },
		{ "sighting WHERE saddr IN ('192.0.2.1', '192.0.2.2')",
		  "VIRTUAL TABLE INDEX 0:hi" },
		{ "sighting WHERE time_ns BETWEEN 1 AND 2", "VIRTUAL TABLE INDEX 0:n>n<" },
		{ "sighting WHERE time > '2019'", "VIRTUAL TABLE INDEX 0:t>" },
		{ "sighting WHERE date = '2019-01-24' AND hour = 9", "VIRTUAL TABLE INDEX 0:d=" },
		{ "sighting WHERE daddr = '192.0.2.1'", "VIRTUAL TABLE INDEX 0:" },
		{ "summary WHERE date <= '2019-01-24'", "VIRTUAL TABLE INDEX 0:d<" },
		{ "summary WHERE hour_ns = 5", "VIRTUAL TABLE INDEX 0:n=" },
		{ "service('all') WHERE address = '192.0.2.1'", "VIRTUAL TABLE INDEX 3:" },
		{ "service v, sighting s WHERE s.saddr = v.address AND s.date = '2019-01-24'"
		  " AND v.address = '192.0.2.1'",
		  "VIRTUAL TABLE INDEX 0:h=d=" },
	};
	struct store s;
	sqlite3 *db;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_fill(&s, 1, 300);
	db = ask(&s);
	for (size_t i = 0; i < ARRAY_LENGTH(plans); i++) {
		char sql[256];
		char *rows;

		(void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN SELECT * FROM %s",
			       plans[i][0]);
		rows = store_sql_rows(db, sql);
		if (!strstr(rows, plans[i][1])) {
			fail_msg("%s: %s", sql, rows);
		}
		free(rows);
	}
	store_remove(&s);
}

static void test_functions(void **state)
{
	static const char *const answers[][2] = {
		{ "in_net('192.0.2.7', '192.0.2.0/24')", "1" },
		{ "in_net('192.0.3.7', '192.0.2.0/24')", "0" },
		{ "in_net('2001:db8::1', '2001:db8::/32')", "1" },
		{ "in_net('x', '2001:db8::/32') IS NULL", "1" },
		{ "in_net(NULL, '2001:db8::/32') IS NULL", "1" },
		{ "addr_key('192.0.2.7')", "4:c0000207" },
		{ "addr_key('9.0.0.0') < addr_key('10.0.0.0')", "1" },
		{ "addr_key('255.0.0.0') < addr_key('::1')", "1" },
		{ "addr_key('::1')", "6:00000000000000000000000000000001" },
		{ "instant('2019-01-24T00:00:00Z')", "1548288000000000000" },
		{ "instant('2019-01-24')", "1548255600000000000" },
		{ "local_time(1548255600000000000)", "2019-01-24T00:00:00.000+09:00" },
		{ "local_time(NULL) IS NULL", "1" },
	};
	struct store s;
	sqlite3 *db;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	db = ask(&s);
	for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
		char sql[128];

		(void)snprintf(sql, sizeof(sql), "SELECT %s", answers[i][0]);
		assert_string_equal(store_sql(db, sql), answers[i][1]);
	}
	assert_int_not_equal(
		sqlite3_exec(db, "SELECT in_net('::1', '192.0.2.1/24')", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_not_equal(sqlite3_exec(db, "SELECT instant('soon')", NULL, NULL, NULL),
			     SQLITE_OK);
	assert_int_not_equal(sqlite3_exec(db, "SELECT * FROM service('nothing')", NULL, NULL, NULL),
			     SQLITE_OK);
	store_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_passing_and_read_only),
		cmocka_unit_test(test_empty_store),
		cmocka_unit_test(test_new_batches_appear),
		cmocka_unit_test(test_nothing_can_be_written),
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
