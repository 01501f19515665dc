/*
 * The derived tables against a fresh count. The count is made by the same code as any other, into
 * tables in memory; then both are read side by side, row by row.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "catalogue/verify_internal.h"

#define TRIES 3

struct table {
	const char *name, *order;
	int n_keys; /* the first columns */
	bool hours; /* first and last times may be known to the hour only */
};

static const struct table tables[] = {
	{ "derived_meta", "name", 1 },
	{ "derived_batch", "name", 1 },
	{ "derived_gap", "batch, from_ns, to_ns, kind, count, interface", 6 },
	{ "derived_flood", "batch, host, port, protocol, marks, first_ns, last_ns, packets, peers",
	  9 },
	{ "derived_count", "family, host, port, protocol, inside, marks", 6, true },
	{ "derived_peers", "family, host, port, protocol, inside, marks", 6 },
	{ "derived_ftp_count", "family, host, port, protocol, inside, marks", 6, true },
	{ "derived_ftp_peers", "family, host, port, protocol, inside, marks", 6 },
};

/* As SQLite sorts them: NULL, numbers, texts, blobs. */
static int value_order(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
	int type_a = sqlite3_column_type(a, i), type_b = sqlite3_column_type(b, i), n, order;

	if (type_a != type_b) {
		return (type_a == SQLITE_NULL ? 0 : type_a) - (type_b == SQLITE_NULL ? 0 : type_b);
	}
	if (type_a == SQLITE_NULL) {
		return 0;
	}
	if (type_a == SQLITE_INTEGER) {
		sqlite3_int64 x = sqlite3_column_int64(a, i), y = sqlite3_column_int64(b, i);

		return (x > y) - (x < y);
	}
	n = MIN(sqlite3_column_bytes(a, i), sqlite3_column_bytes(b, i));
	order = n ? memcmp(sqlite3_column_blob(a, i), sqlite3_column_blob(b, i), (size_t)n) : 0;
	return order ? order : sqlite3_column_bytes(a, i) - sqlite3_column_bytes(b, i);
}

static int key_order(sqlite3_stmt *a, sqlite3_stmt *b, int n_keys)
{
	int order = 0;

	for (int i = 0; i < n_keys && !order; i++) {
		order = value_order(a, b, i);
	}
	return order;
}

/* ---- words ---- */

#define VALUE_TEXT_MAX 80

static const char *value_words(sqlite3_stmt *s, int i, char ret_text[VALUE_TEXT_MAX])
{
	char addr[ADDR_TEXT_MAX];
	const char *text;

	if (sqlite3_column_type(s, i) == SQLITE_BLOB) {
		if (!strcmp(sqlite3_column_name(s, i), "host")) {
			addr_format(catalogue_column_addr(s, i), addr);
			(void)snprintf(ret_text, VALUE_TEXT_MAX, "%s", addr);
		} else {
			(void)snprintf(ret_text, VALUE_TEXT_MAX, _("%d bytes"),
				       sqlite3_column_bytes(s, i));
		}
		return ret_text;
	}
	text = (const char *)sqlite3_column_text(s, i);
	(void)snprintf(ret_text, VALUE_TEXT_MAX, "%.*s", VALUE_TEXT_MAX - 1, text ? text : "NULL");
	return ret_text;
}

/* "host 192.0.2.1, port 80, ..." */
static const char *row_words(sqlite3_stmt *s, const struct table *t, char *ret_text, size_t room)
{
	char value[VALUE_TEXT_MAX];
	size_t used = 0;

	ret_text[0] = '\0';
	for (int i = 0; i < t->n_keys && used < room; i++) {
		used += (size_t)snprintf(ret_text + used, room - used, "%s%s %s", i ? ", " : "",
					 sqlite3_column_name(s, i), value_words(s, i, value));
	}
	return ret_text;
}

static void found_row(struct check *k, const struct table *t, sqlite3_stmt *row, const char *what)
{
	char words[512];

	check_found(k, "%s/catalogue.sqlite: %s: %s: %s", archive_path(k->catalogue->archive),
		    t->name, row_words(row, t, words, sizeof(words)), what);
}

/*
 * Where the archive tells only the hour, what was counted before its details went is as true: any
 * time of that hour.
 */
static bool is_hour_of(sqlite3_stmt *stored, sqlite3_stmt *counted, int i)
{
	const char *name = sqlite3_column_name(counted, i);
	uint64_t a = (uint64_t)sqlite3_column_int64(stored, i),
		 b = (uint64_t)sqlite3_column_int64(counted, i);

	return (!strcmp(name, "first_ns") || !strcmp(name, "last_ns")) && time_is_of_hour(b) &&
	       a / HOUR_NS == b / HOUR_NS;
}

static void compare_row(struct check *k, const struct table *t, sqlite3_stmt *stored,
			sqlite3_stmt *counted)
{
	for (int i = t->n_keys; i < sqlite3_column_count(stored); i++) {
		char a[VALUE_TEXT_MAX], b[VALUE_TEXT_MAX], what[256];

		if (!value_order(stored, counted, i) ||
		    (t->hours && is_hour_of(stored, counted, i))) {
			continue;
		}
		(void)snprintf(what, sizeof(what), _("%s is %s, the archive says %s"),
			       sqlite3_column_name(stored, i), value_words(stored, i, a),
			       value_words(counted, i, b));
		found_row(k, t, stored, what);
	}
}

/* ---- tables ---- */

/* Both sorted by the keys. */
static void merge_rows(struct check *k, const struct table *t, sqlite3_stmt *stored,
		       sqlite3_stmt *counted, int *ret_step)
{
	int a = sqlite3_step(stored), b = sqlite3_step(counted);

	while (a == SQLITE_ROW || b == SQLITE_ROW) {
		int order = a != SQLITE_ROW   ? 1
			    : b != SQLITE_ROW ? -1
					      : key_order(stored, counted, t->n_keys);

		if (order < 0) {
			found_row(k, t, stored, _("the archive knows nothing of it"));
		} else if (order > 0) {
			found_row(k, t, counted, _("is missing"));
		} else {
			compare_row(k, t, stored, counted);
		}
		if (order <= 0) {
			a = sqlite3_step(stored);
		}
		if (order >= 0) {
			b = sqlite3_step(counted);
		}
	}
	*ret_step = a != SQLITE_DONE ? a : b;
}

static int compare_table(struct check *k, const struct table *t, struct catalogue *fresh,
			 struct diagnosis *d)
{
	sqlite3_stmt *stored = NULL, *counted = NULL;
	struct diagnosis words = { "" };
	int step = SQLITE_DONE, error;
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "SELECT * FROM %s ORDER BY %s", t->name, t->order);
	error = catalogue_prepare(fresh, sql, &counted, d);
	if (!error && catalogue_prepare(k->catalogue, sql, &stored, &words) < 0) {
		check_found(k, "%s", words.text);
	} else if (!error) {
		merge_rows(k, t, stored, counted, &step);
	}
	if (step != SQLITE_DONE) {
		catalogue_sql_error(k->catalogue, &words);
		check_found(k, "%s", words.text);
	}
	sqlite3_finalize(stored);
	sqlite3_finalize(counted);
	return error;
}

static int compare_tables(struct check *k, struct catalogue *fresh, struct diagnosis *d)
{
	int error = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(tables) && !error; i++) {
		error = compare_table(k, &tables[i], fresh, d);
	}
	return error;
}

/* SQLite's own look at its file. */
static void check_database(struct check *k)
{
	struct diagnosis d = { "" };
	sqlite3_stmt *s;
	int step;

	if (catalogue_prepare(k->catalogue, "PRAGMA main.integrity_check", &s, &d) < 0) {
		check_found(k, "%s", d.text);
		return;
	}
	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		const char *words = (const char *)sqlite3_column_text(s, 0);

		if (words && strcmp(words, "ok") != 0) {
			check_found(k, "%s/catalogue.sqlite: %s",
				    archive_path(k->catalogue->archive), words);
		}
	}
	if (step != SQLITE_DONE) {
		catalogue_sql_error(k->catalogue, &d);
		check_found(k, "%s", d.text);
	}
	sqlite3_finalize(s);
}

/*
 * Somebody may commit a batch between the count and the comparison: what differs is then looked at
 * again, with a new count.
 */
static int compare_counted(struct check *k, bool last, bool *ret_done, struct diagnosis *d)
{
	struct check quiet = { .catalogue = k->catalogue };
	struct catalogue fresh = { .archive = k->catalogue->archive,
				   .config = k->catalogue->config,
				   .read_only = true };
	int error = 0;

	*ret_done = true;
	if (sqlite3_open_v2(":memory:", &fresh.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			    NULL) != SQLITE_OK) {
		error = catalogue_sql_error(&fresh, d);
	}
	if (!error) {
		error = catalogue_count_all(&fresh, d);
	}
	/* What cannot be read was found already, and cannot be counted. */
	if (!error && !fresh.n_damage) {
		error = compare_tables(last ? k : &quiet, &fresh, d);
	}
	*ret_done = last || !quiet.findings;
	catalogue_damage_free(&fresh);
	(void)sqlite3_close(fresh.db);
	return error;
}

int check_counts(struct check *k, struct diagnosis *d)
{
	bool done = false;
	int error = 0;

	check_database(k);
	for (int i = 1; i <= TRIES && !done && !error; i++) {
		error = compare_counted(k, i == TRIES, &done, d);
	}
	return error < 0 && error != -ENOMEM && k->findings ? 0 : error;
}
