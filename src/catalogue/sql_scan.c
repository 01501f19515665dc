/* A cursor's way over the archive's groups, and what else the virtual tables share. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "catalogue/sql_internal.h"

/* The index is made anew when batches came or went, but never under a running query. */
static int refresh_shelf(struct catalogue *c, struct diagnosis *d)
{
	struct shelf *fresh;
	int error;

	if (c->sql_shelf && (c->sql_cursors || shelf_is_current(c->sql_shelf))) {
		return 0;
	}
	error = shelf_new(c, 0, NULL, &fresh, d);
	if (error < 0) {
		return error;
	}
	shelf_free(c->sql_shelf);
	c->sql_shelf = fresh;
	return 0;
}

int sql_scan_open(struct sql_scan *s, struct catalogue *c, struct diagnosis *d)
{
	int error = refresh_shelf(c, d);

	if (error < 0) {
		return error;
	}
	memset(s, 0, sizeof(*s));
	s->catalogue = c;
	s->shelf = c->sql_shelf;
	s->place = SIZE_MAX;
	part_summary_init(&s->summary);
	c->sql_cursors++;
	return 0;
}

static void leave_part(struct sql_scan *s)
{
	shelf_give_back(s->part);
	free(s->series);
	s->part = NULL;
	s->series = NULL;
}

void sql_scan_close(struct sql_scan *s)
{
	leave_part(s);
	sql_wanted_finish(&s->wanted);
	part_summary_finish(&s->summary);
	s->catalogue->sql_cursors--;
}

int sql_scan_start(struct sql_scan *s, const char *plan, int n_values, sqlite3_value **values)
{
	leave_part(s);
	sql_wanted_finish(&s->wanted);
	s->place = SIZE_MAX; /* the next one is the first */
	return sql_wanted_read(plan, n_values, values, &s->wanted);
}

static int enter_part(struct sql_scan *s, uint32_t file, struct diagnosis *d)
{
	uint32_t n;
	int error;

	leave_part(s);
	error = shelf_take(s->shelf, file, &s->part, d);
	if (error < 0) {
		return error;
	}
	s->any_series = true;
	if (s->wanted.every_port && !s->wanted.hosts) {
		return 0;
	}
	n = part_series_count(s->part->part);
	s->series = malloc(n * sizeof(*s->series));
	if (!s->series) {
		return -ENOMEM;
	}
	s->any_series = false;
	for (uint32_t i = 0; i < n; i++) {
		s->series[i] = sql_wants_series(&s->wanted, &part_series(s->part->part)[i]);
		s->any_series |= s->series[i];
	}
	return 0;
}

/* What SQLite counts as negative, past the year 2262, is left to SQLite. */
static bool time_is_wanted(const struct sql_scan *s, uint64_t hour_ns)
{
	int64_t first = (int64_t)hour_ns, last = first + (s->by_start ? 0 : (int64_t)HOUR_NS - 1);

	return hour_ns > INT64_MAX - HOUR_NS ||
	       (last >= s->wanted.from_ns && first <= s->wanted.to_ns);
}

static bool summary_is_wanted(const struct sql_scan *s)
{
	for (uint32_t i = 0; i < s->summary.n_series; i++) {
		if (sql_scan_wants(s, s->summary.series[i])) {
			return true;
		}
	}
	return false;
}

int sql_scan_next(struct sql_scan *s, struct diagnosis *d)
{
	if (s->wanted.nothing) {
		s->place = s->shelf->n_groups;
		return 0;
	}
	for (s->place++; s->place < s->shelf->n_groups; s->place++) {
		const struct shelf_group *g = sql_scan_group(s);
		struct diagnosis words = { "" };
		int error = 0;

		if (!time_is_wanted(s, g->hour * HOUR_NS)) {
			continue;
		}
		if (s->details && g->bare) {
			catalogue_note_bare(s->catalogue, hour_last_ns(g->hour * HOUR_NS));
			continue;
		}
		if (!s->part || s->part->file != g->file) {
			error = enter_part(s, g->file, &words);
		}
		if (!error && !s->any_series) {
			continue;
		}
		if (!error) {
			error = part_read_summary(s->part->part, g->group, &s->summary, &words);
			if (error < 0) {
				shelf_diagnose(s->shelf, g->file, error, &words);
			}
		}
		if (shelf_has_lost(s->shelf, g->file, error)) {
			return diagnose(d, -EAGAIN,
					_("another process replaced a batch meanwhile; ask again"));
		}
		if (error < 0) {
			error = shelf_pass_over(s->shelf, g->file, error, &words, d);
			if (error < 0) {
				return error;
			}
		} else if (summary_is_wanted(s)) {
			return 1;
		}
	}
	return 0;
}

uint8_t sql_scan_marks(const struct sql_scan *s, uint32_t series, bool inside)
{
	return (uint8_t)(part_series(s->part->part)[series].marks | shelf_marks(s->part, series) |
			 (inside ? MARK_INSIDE : 0));
}

/* ---- cursors that scan ---- */

int sql_cursor_open(sqlite3_vtab *table, size_t size, sqlite3_vtab_cursor **ret_cursor)
{
	struct sql_cursor *k = calloc(1, size);
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
	k->end = true;
	*ret_cursor = &k->base;
	return SQLITE_OK;
}

int sql_cursor_close(sqlite3_vtab_cursor *cursor)
{
	struct sql_cursor *k = (struct sql_cursor *)cursor;

	sql_scan_close(&k->scan);
	free(k);
	return SQLITE_OK;
}

int sql_cursor_next_group(struct sql_cursor *k)
{
	struct diagnosis d = { "" };
	int found = sql_scan_next(&k->scan, &d);

	if (found < 0) {
		return sql_fail(k->base.pVtab, found, &d);
	}
	k->end = !found;
	return SQLITE_OK;
}

int sql_cursor_at_end(sqlite3_vtab_cursor *cursor)
{
	return ((struct sql_cursor *)cursor)->end;
}

/* ---- what every table needs ---- */

int sql_fail(sqlite3_vtab *table, int error, const struct diagnosis *d)
{
	if (error == -ENOMEM) {
		return SQLITE_NOMEM;
	}
	sqlite3_free(table->zErrMsg);
	table->zErrMsg = sqlite3_mprintf("%s", d->text[0] ? d->text : error_text(error));
	return error == -EAGAIN ? SQLITE_BUSY : SQLITE_ERROR;
}

void sql_result_addr(sqlite3_context *x, struct net_addr a)
{
	char text[ADDR_TEXT_MAX];

	sqlite3_result_text(x, addr_format(a, text), -1, SQLITE_TRANSIENT);
}

void sql_result_marks(sqlite3_context *x, uint8_t marks)
{
	char text[MARKS_TEXT_MAX];

	sqlite3_result_text(x, marks_format(marks, text), -1, SQLITE_TRANSIENT);
}

void sql_result_time(sqlite3_context *x, uint64_t time_ns)
{
	char text[ZONE_TEXT_MAX];

	sqlite3_result_text(x, zone_format(time_ns, text), -1, SQLITE_TRANSIENT);
}

void sql_result_date(sqlite3_context *x, struct zone_date date)
{
	char text[ZONE_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%04d-%02d-%02d", date.year, date.month, date.mday);
	sqlite3_result_text(x, text, -1, SQLITE_TRANSIENT);
}

/* What a module is registered with. */
struct table_kind {
	struct catalogue *catalogue;
	const char *schema;
};

int sql_register(struct catalogue *c, const char *name, const char *schema,
		 const sqlite3_module *module)
{
	struct table_kind *kind = malloc(sizeof(*kind));

	if (!kind) {
		return SQLITE_NOMEM;
	}
	*kind = (struct table_kind){ c, schema };
	return sqlite3_create_module_v2(c->db, name, module, kind, free);
}

int sql_connect(sqlite3 *db, void *user, int argc, const char *const *argv,
		sqlite3_vtab **ret_table, char **ret_error)
{
	const struct table_kind *kind = user;
	struct sql_table *table;
	int code = sqlite3_declare_vtab(db, kind->schema);

	(void)argc, (void)argv, (void)ret_error;
	if (code != SQLITE_OK) {
		return code;
	}
	table = calloc(1, sizeof(*table));
	if (!table) {
		return SQLITE_NOMEM;
	}
	table->catalogue = kind->catalogue;
	*ret_table = &table->base;
	return sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
}

int sql_disconnect(sqlite3_vtab *table)
{
	free(table);
	return SQLITE_OK;
}
