/* Batches that take others' place without being counted, and those that are taken away. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/i18n.h"
#include "base/zone.h"
#include "catalogue/period.h"
#include "catalogue/seen_internal.h"

#define TRIES   3
#define RECOUNT "recount" /* among derived_meta: with the exchange, or not at all */

struct names {
	char (*list)[BATCH_NAME_MAX];
	size_t n;
};

static int lock(struct catalogue *c, struct diagnosis *d)
{
	int error = archive_lock(c->archive);

	return error < 0 ? diagnose(d, error, "%s/lock: %s", archive_path(c->archive),
				    strerror(-error))
			 : 0;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool has_name(const struct names *names, const char *name)
{
	return names->n && bsearch(name, names->list, names->n, sizeof(*names->list), name_order);
}

/* ---- which there are ---- */

static int add_batch(sqlite3_stmt *s, struct catalogue_batch **list, size_t *n, size_t *room)
{
	struct catalogue_batch *grown = array_make_room(*list, *n, room, sizeof(**list));

	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*n] = (struct catalogue_batch){
		.first_ns = (uint64_t)sqlite3_column_int64(s, 1),
		.last_ns = (uint64_t)sqlite3_column_int64(s, 2),
		.journal = sqlite3_column_int(s, 3),
		.bare = sqlite3_column_int(s, 4),
		.damaged = sqlite3_column_int(s, 5),
		.parts = (uint64_t)sqlite3_column_int64(s, 6),
	};
	strncpy(grown[(*n)++].name, (const char *)sqlite3_column_text(s, 0), BATCH_NAME_MAX - 1);
	return 0;
}

int catalogue_batches(struct catalogue *c, struct catalogue_batch **ret_list, size_t *ret_count,
		      struct diagnosis *d)
{
	struct catalogue_batch *list = NULL;
	size_t n = 0, room = 0;
	sqlite3_stmt *s;
	/* A time beyond SQLite's numbers is a negative one there: it is the latest, not the first.
	 */
	int step = SQLITE_DONE,
	    error = catalogue_prepare(
		    c,
		    "SELECT name, first_ns, last_ns, journal, bare, damage IS NOT NULL, parts"
		    " FROM derived_batch ORDER BY last_ns < 0, last_ns, name",
		    &s, d);

	if (error < 0)
		return error;
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW)
		error = add_batch(s, &list, &n, &room);
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	if (error < 0) {
		free(list);
		return error;
	}
	*ret_list = list;
	*ret_count = n;
	return 0;
}

int catalogue_tidy(struct catalogue *c, struct diagnosis *d)
{
	int error = lock(c, d);

	if (error < 0)
		return error;
	error = catalogue_repair(c, d);
	archive_unlock(c->archive);
	return error;
}

/* ---- in the place of others ---- */

/* Are all in the store whose place it is to take, and counted whole? */
static int check_replaced(struct catalogue *c, const struct batch_manifest *m, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int step = SQLITE_ROW,
	    error = catalogue_prepare(
		    c, "SELECT 1 FROM derived_batch WHERE name = ? AND damage IS NULL", &s, d);

	if (error < 0)
		return error;
	for (size_t i = 0; i < m->n_replaces && step == SQLITE_ROW; i++) {
		sqlite3_bind_text(s, 1, m->replaces[i], -1, SQLITE_TRANSIENT);
		step = sqlite3_step(s);
		sqlite3_reset(s);
	}
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error < 0 ? error : step == SQLITE_ROW ? 0 : -EAGAIN;
}

/* Committed before anything goes: what was kept twice is the same. */
static int keep_seen(struct catalogue *c, uint64_t from_ns, uint64_t to_ns, struct diagnosis *d)
{
	int error = catalogue_exec(c, "BEGIN IMMEDIATE", d);

	return error < 0 ? error : catalogue_end_transaction(c, seen_keep(c, from_ns, to_ns, d), d);
}

static int remove_rows(struct catalogue *c, const char *name, struct diagnosis *d)
{
	static const char *const deletes[] = { "DELETE FROM derived_batch WHERE name = ?",
					       "DELETE FROM derived_gap WHERE batch = ?",
					       "DELETE FROM derived_flood WHERE batch = ?" };
	int error = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(deletes) && !error; i++) {
		sqlite3_stmt *s;

		error = catalogue_prepare(c, deletes[i], &s, d);
		if (error < 0)
			return error;
		sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
		error = catalogue_finish(c, s, d);
	}
	return error;
}

/* Does a local day begin within an hour, from the one to the other? */
static bool day_cuts_hour(uint64_t first_ns, uint64_t last_ns)
{
	int32_t last = zone_day(last_ns);

	for (int32_t day = zone_day(first_ns); day <= last; day++) {
		if (zone_day_start_ns(day + 1) % HOUR_NS != 0)
			return true;
	}
	return false;
}

bool catalogue_wants_recount(struct catalogue *c)
{
	return catalogue_meta_is(c, RECOUNT, 1);
}

static int exchange_rows(struct catalogue *c, const char *name, const struct batch_manifest *m,
			 struct diagnosis *d)
{
	int error = catalogue_exec(c, "BEGIN IMMEDIATE", d);

	if (error < 0)
		return error;
	for (size_t i = 0; i < m->n_replaces && !error; i++)
		error = remove_rows(c, m->replaces[i], d);
	if (!error)
		error = catalogue_insert_named(c, name, d);
	if (!error && m->bare && day_cuts_hour(m->first_ns, m->last_ns))
		error = catalogue_set_meta(c, RECOUNT, 1, d);
	return catalogue_end_transaction(c, error, d);
}

/* Who is killed after the commit leaves rows that others find to be void: they count anew. */
static int exchange_locked(struct catalogue *c, struct batch_writer *b,
			   const struct batch_manifest *m, struct diagnosis *d)
{
	char name[BATCH_NAME_MAX];
	int error = catalogue_repair(c, d);

	if (!error)
		error = check_replaced(c, m, d);
	if (!error && m->bare)
		error = keep_seen(c, m->first_ns, m->last_ns, d);
	c->settled = false;
	if (!error)
		error = batch_writer_commit(b, m, name, d);
	if (!error)
		error = exchange_rows(c, name, m, d);
	return error < 0 ? error : archive_sweep(c->archive, d);
}

int catalogue_exchange(struct catalogue *c, struct batch_writer *b, const struct batch_manifest *m,
		       struct diagnosis *d)
{
	int error = lock(c, d);

	if (error < 0)
		return error;
	error = exchange_locked(c, b, m, d);
	archive_unlock(c->archive);
	return error;
}

/* ---- away ---- */

/* What is in the archive, without DROPPED. The caller frees the list. */
static int list_rest(struct catalogue *c, const struct names *dropped, struct names *ret_rest,
		     struct diagnosis *d)
{
	struct names all = { 0 };
	size_t kept = 0;
	int error = archive_list_committed(c->archive, &all.list, &all.n, d);

	if (error < 0)
		return error;
	for (size_t i = 0; i < all.n; i++) {
		if (!has_name(dropped, all.list[i]))
			memmove(all.list[kept++], all.list[i], BATCH_NAME_MAX);
	}
	all.n = kept;
	*ret_rest = all;
	return 0;
}

static int note_dropped(struct catalogue *c, uint64_t until_ns, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = catalogue_prepare(
		c,
		"INSERT INTO kept_setting VALUES('dropped_until_ns', ?1)"
		" ON CONFLICT DO UPDATE SET value = max(CAST(value AS INTEGER), ?1)",
		&s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)until_ns);
	return catalogue_finish(c, s, d);
}

/* The time of the latest record in what goes. */
static int find_end(struct catalogue *c, const struct names *dropped, uint64_t *ret_ns,
		    struct diagnosis *d)
{
	struct catalogue_batch *list;
	size_t n;
	int error = catalogue_batches(c, &list, &n, d);

	if (error < 0)
		return error;
	*ret_ns = 0;
	for (size_t i = 0; i < n; i++) {
		if (has_name(dropped, list[i].name))
			*ret_ns = MAX(*ret_ns, list[i].last_ns);
	}
	free(list);
	return 0;
}

static int save_rest(struct catalogue *c, const struct names *dropped, const struct names *rest,
		     struct tally *t, struct diagnosis *d)
{
	uint64_t end_ns = 0;
	int error = find_end(c, dropped, &end_ns, d);

	if (!error)
		error = catalogue_exec(c, "BEGIN IMMEDIATE", d);
	if (error < 0)
		return error;
	error = seen_keep(c, 0, end_ns, d);
	if (!error)
		error = note_dropped(c, end_ns, d);
	if (!error)
		error = catalogue_save_all(c, t, rest->list, rest->n, d);
	return catalogue_end_transaction(c, error, d);
}

/*
 * Rows first: who is killed before the renames leaves batches that are counted in again. Those that
 * others committed since REST was listed are counted at the end.
 */
static int drop_locked(struct catalogue *c, const struct names *dropped, const struct names *rest,
		       struct tally *t, struct diagnosis *d)
{
	struct names now = { 0 };
	int error = catalogue_repair(c, d);

	if (!error)
		error = list_rest(c, dropped, &now, d);
	for (size_t i = 0; i < rest->n && !error; i++) {
		if (!has_name(&now, rest->list[i]))
			error = -EAGAIN;
	}
	free(now.list);
	if (!error)
		error = save_rest(c, dropped, rest, t, d);
	c->settled = false;
	if (!error)
		error = archive_drop(c->archive, dropped->list, dropped->n, d);
	return error < 0 ? error : catalogue_repair(c, d);
}

static int drop_once(struct catalogue *c, const struct names *dropped, struct diagnosis *d)
{
	struct names rest = { 0 };
	struct tally *t = NULL;
	int error = list_rest(c, dropped, &rest, d);

	catalogue_damage_forget(c); /* what is still so is found again */
	if (!error)
		error = catalogue_tally_batches(c, rest.list, rest.n, &t, d);
	if (!error)
		error = lock(c, d);
	if (!error) {
		error = drop_locked(c, dropped, &rest, t, d);
		archive_unlock(c->archive);
	}
	tally_free(t);
	free(rest.list);
	return error;
}

int catalogue_drop(struct catalogue *c, char (*names)[BATCH_NAME_MAX], size_t count,
		   struct diagnosis *d)
{
	struct names dropped = { calloc(count + 1, sizeof(*names)), count };
	int error = -EAGAIN;

	if (!dropped.list)
		return -ENOMEM;
	if (count)
		memcpy(dropped.list, names, count * sizeof(*names));
	qsort(dropped.list, count, sizeof(*names), name_order);
	for (int i = 0; i < TRIES && error == -EAGAIN; i++)
		error = drop_once(c, &dropped, d);
	free(dropped.list);
	return error;
}

int catalogue_dropped_until(struct catalogue *c, uint64_t *ret_ns, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int step,
		error = catalogue_prepare(
			c, "SELECT value FROM kept_setting WHERE name = 'dropped_until_ns'", &s, d);

	if (error < 0)
		return error;
	step = sqlite3_step(s);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	if (!error)
		*ret_ns = step == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return error;
}
