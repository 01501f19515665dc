/* Keeping the derived tables at what the archive says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "catalogue/catalogue_internal.h"
#include "catalogue/counts_internal.h"
#include "catalogue/own_internal.h"

#define DERIVED_VERSION 7

/* So many batches wait at least until they are counted together; and as many as are counted
 * already, so that what a batch costs does not grow with how many there are. */
#define UNCOUNTED_MIN 100

struct names {
	char (*list)[BATCH_NAME_MAX];
	size_t count;
};

/* ---- rows about batches ---- */

int catalogue_insert_named(struct catalogue *c, const char *name, struct diagnosis *d)
{
	struct diagnosis words = { "" };
	struct batch_manifest m;
	int error = batch_read_manifest(c->archive, name, &m, &words);

	/* Not counted: whoever comes next tries again. */
	if (error < 0)
		return catalogue_pass_over(c, name, error, &words, d);
	error = catalogue_insert_batch(c, &rows_counted, name, &m, d);
	batch_manifest_finish(&m);
	return error;
}

int catalogue_set_meta(struct catalogue *c, const char *name, int64_t value, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = catalogue_prepare(c, "INSERT OR REPLACE INTO derived_meta VALUES(?,?)", &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(s, 2, value);
	return catalogue_finish(c, s, d);
}

bool catalogue_meta_is(struct catalogue *c, const char *name, int64_t value)
{
	sqlite3_stmt *s;
	bool same;

	if (sqlite3_prepare_v2(c->db, "SELECT 1 FROM derived_meta WHERE name = ? AND value = ?", -1,
			       &s, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(s, 2, value);
	same = sqlite3_step(s) == SQLITE_ROW;
	sqlite3_finalize(s);
	return same;
}

static bool tables_are_there(struct catalogue *c)
{
	return sqlite3_exec(
		       c->db,
		       "SELECT 1 FROM derived_batch, derived_gap, derived_flood, derived_count,"
		       " derived_peers, derived_ftp_count, derived_ftp_peers LIMIT 0",
		       NULL, NULL, NULL) == SQLITE_OK;
}

/* ---- applying ---- */

/* What stays. A journal that has become a batch since it was loaded is that from now on: what is
 * counted is all of it. */
static int list_committed(struct catalogue *c, struct names *ret_names, struct diagnosis *d)
{
	int error = archive_list_committed(c->archive, &ret_names->list, &ret_names->count, d);

	for (size_t i = 0; i < ret_names->count && !error; i++)
		archive_forget_journal(c->archive, ret_names->list[i]);
	return error;
}

/* All of them together: the batches that are counted already are looked into once. */
static int apply_batches(struct catalogue *c, const struct names *names, struct diagnosis *d)
{
	struct tally *t;
	int error = tally_new(c->config, 0, UINT64_MAX, &t);

	for (size_t i = 0; i < names->count && !error; i++)
		error = catalogue_tally_batch(c, DAMAGE_COUNTED, names->list[i], t, d);
	if (!error)
		error = catalogue_finish_tally(c, t, true, d);
	if (!error)
		error = counts_save(c, tally_services(t), tally_count(t), d);
	for (size_t i = 0; i < names->count && !error; i++)
		error = catalogue_insert_named(c, names->list[i], d);
	if (!error)
		error = catalogue_mark_damaged(c, d);
	tally_free(t);
	return error;
}

int catalogue_save_all(struct catalogue *c, struct tally *t, char (*names)[BATCH_NAME_MAX],
		       size_t count, struct diagnosis *d)
{
	int error = catalogue_make_derived(c, d);

	if (!error)
		error = counts_save(c, tally_services(t), tally_count(t), d);
	for (size_t i = 0; i < count && !error; i++)
		error = catalogue_insert_named(c, names[i], d);
	if (!error)
		error = catalogue_mark_damaged(c, d);
	if (!error)
		error = catalogue_set_meta(c, "version", DERIVED_VERSION, d);
	return error < 0 ? error
			 : catalogue_set_meta(c, "config", (int64_t)catalogue_config_hash(c), d);
}

static int count_all_in_transaction(struct catalogue *c, struct diagnosis *d)
{
	struct names names = { 0 };
	struct tally *t = NULL;
	int error = list_committed(c, &names, d);

	catalogue_damage_forget(c); /* what is still so is found again */
	if (!error)
		error = catalogue_tally_batches(c, names.list, names.count, &t, d);
	if (!error)
		error = catalogue_save_all(c, t, names.list, names.count, d);
	tally_free(t);
	free(names.list);
	return error;
}

int catalogue_end_transaction(struct catalogue *c, int error, struct diagnosis *d)
{
	if (!error)
		error = catalogue_exec(c, "COMMIT", d);
	if (error < 0)
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	return error;
}

int catalogue_count_all(struct catalogue *c, struct diagnosis *d)
{
	int error = catalogue_exec(c, c->passing ? "BEGIN" : "BEGIN IMMEDIATE", d);

	return error < 0 ? error : catalogue_end_transaction(c, count_all_in_transaction(c, d), d);
}

/* ---- what is missing ---- */

struct difference {
	size_t n_names;       /* of the archive */
	struct names missing; /* committed, not counted */
	bool gone;            /* counted, and not there any more */
	bool anew;            /* so, or counted under another configuration */
};

static void note_missing(struct difference *diff, const char *name)
{
	memcpy(diff->missing.list[diff->missing.count++], name, BATCH_NAME_MAX);
}

/* Both lists are sorted: NAMES that are not counted are missing. */
static int compare_counted(struct catalogue *c, const struct names *names, struct difference *diff,
			   struct diagnosis *d)
{
	sqlite3_stmt *s;
	int step = SQLITE_DONE,
	    error = catalogue_prepare(c, "SELECT name FROM derived_batch ORDER BY name", &s, d);
	size_t i = 0;

	if (error < 0)
		return error;
	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		const char *counted = (const char *)sqlite3_column_text(s, 0);

		while (i < names->count && counted && strcmp(names->list[i], counted) < 0)
			note_missing(diff, names->list[i++]);
		if (i < names->count && counted && !strcmp(names->list[i], counted)) {
			i++;
		} else {
			diff->gone = diff->anew = true;
		}
	}
	while (i < names->count)
		note_missing(diff, names->list[i++]);
	if (step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error;
}

/* The caller frees missing.list when this succeeds. */
static int find_difference(struct catalogue *c, struct difference *ret_difference,
			   struct diagnosis *d)
{
	struct difference diff = { 0 };
	struct names names = { 0 };
	int error = list_committed(c, &names, d);

	if (!error) {
		diff.missing.list = calloc(names.count + 1, BATCH_NAME_MAX);
		error = diff.missing.list ? 0 : -ENOMEM;
	}
	if (!error) {
		diff.anew = !tables_are_there(c) ||
			    !catalogue_meta_is(c, "version", DERIVED_VERSION) ||
			    !catalogue_meta_is(c, "config", (int64_t)catalogue_config_hash(c));
	}
	if (!error && !diff.anew)
		error = compare_counted(c, &names, &diff, d);
	diff.n_names = names.count;
	free(names.list);
	if (error < 0) {
		free(diff.missing.list);
		diff.missing.list = NULL;
	}
	*ret_difference = diff;
	return error;
}

static int apply_missing(struct catalogue *c, const struct names *missing, struct diagnosis *d)
{
	int error = missing->count ? catalogue_exec(c, "BEGIN IMMEDIATE", d) : 0;

	if (!error && missing->count)
		error = catalogue_end_transaction(c, apply_batches(c, missing, d), d);
	return error;
}

/* All that the archive has is counted. */
static int forget_uncounted(struct catalogue *c, size_t n_counted, struct diagnosis *d)
{
	int error = c->n_uncounted ? catalogue_exec(c,
						    "DELETE FROM uncounted_batch;"
						    "DELETE FROM void_batch",
						    d)
				   : 0;

	c->n_counted = n_counted;
	c->n_uncounted = 0;
	return error;
}

int catalogue_repair(struct catalogue *c, struct diagnosis *d)
{
	struct difference diff = { 0 };
	int error = c->read_only ? 0 : archive_sweep(c->archive, d);

	if (!error)
		error = find_difference(c, &diff, d);
	if (error < 0)
		return error;
	error = diff.anew ? catalogue_count_all(c, d) : apply_missing(c, &diff.missing, d);
	free(diff.missing.list);
	return error < 0 ? error : forget_uncounted(c, diff.n_names, d);
}

static int repair_locked(struct catalogue *c, struct diagnosis *d)
{
	int error = archive_lock(c->archive);

	if (error < 0) {
		return diagnose(d, error, "%s/lock: %s", archive_path(c->archive),
				strerror(-error));
	}
	error = catalogue_repair(c, d);
	archive_unlock(c->archive);
	return error;
}

/* For the moment, in memory, beside others: what went while it was counted is no damage. */
static int count_passing(struct catalogue *c, struct diagnosis *d)
{
	c->passing = true;
	for (int attempt = 0;; attempt++) {
		int error = catalogue_count_all(c, d);

		if (error < 0 || attempt == CATALOGUE_ATTEMPTS_MAX)
			return error;
		error = catalogue_take_back_damage(c, 0, d);
		if (error <= 0)
			return error;
		error = catalogue_wait(c, d);
		if (error < 0)
			return error;
	}
}

/* *RET_AGAIN: somebody is just exchanging batches, maybe, and has their rows soon. */
static int catch_up_once(struct catalogue *c, bool *ret_again, struct diagnosis *d)
{
	struct difference diff;
	int error = find_difference(c, &diff, d);
	bool fits, waits = *ret_again && diff.gone && !c->read_only;

	*ret_again = false;
	if (error < 0)
		return error;
	fits = !diff.anew && !diff.missing.count;
	free(diff.missing.list);
	if (c->temporary)
		return fits ? 0 : catalogue_count_all(c, d);
	if (fits && (c->read_only || !archive_has_leftovers(c->archive))) {
		c->passing = false; /* what is stored is just what is asked */
		return 0;
	}
	if (waits) {
		*ret_again = true;
		return catalogue_wait(c, d);
	}
	if (c->read_only || (c->passing && diff.anew))
		return count_passing(c, d);
	c->passing = false;
	return repair_locked(c, d);
}

int catalogue_catch_up(struct catalogue *c, struct diagnosis *d)
{
	bool again = true;
	int error;

	own_forget(c);
	error = catch_up_once(c, &again, d);

	return error < 0 || !again ? error : catch_up_once(c, &(bool){ false }, d);
}

/* What others committed must be known: it may be this capture. Nothing is to do while it was only
 * we. */
static int learn_commits(struct catalogue *c, struct diagnosis *d)
{
	uint64_t commits;
	int error = archive_count_commits(c->archive, &commits);

	if (error < 0) {
		return diagnose(d, error, "%s/lock: %s", archive_path(c->archive),
				strerror(-error));
	}
	if (c->settled && commits == c->commits)
		return 0;
	error = catalogue_repair(c, d);
	c->settled = !error;
	c->commits = commits;
	return error;
}

static int note_void(struct catalogue *c, const char *name, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = catalogue_prepare(c, "INSERT OR IGNORE INTO void_batch VALUES(?)", &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
	return catalogue_finish(c, s, d);
}

static int note_uncounted(struct catalogue *c, const char *name, const struct batch_manifest *m,
			  struct diagnosis *d)
{
	int error = catalogue_make_known(c, d);

	if (!error)
		error = catalogue_insert_batch(c, &rows_uncounted, name, m, d);
	for (size_t i = 0; i < m->n_replaces && !error; i++)
		error = note_void(c, m->replaces[i], d);
	c->n_uncounted++;
	c->commits++;
	/* What is not noted is found in the archive. */
	c->settled = !error;
	return error;
}

/* By name, not by number: who replaces a batch takes one away and adds one. */
static int compare_captures(struct catalogue *c, uint64_t head,
			    const struct catalogue_capture *seen, size_t n_seen,
			    struct diagnosis *d)
{
	struct catalogue_capture *now;
	size_t n_now, same = 0;
	int error = catalogue_find_captures(c, head, &now, &n_now, d);

	if (error < 0)
		return error;
	while (same < n_now && same < n_seen && !strcmp(now[same].batch, seen[same].batch))
		same++;
	catalogue_captures_free(now, n_now);
	return same == n_now && same == n_seen ? 0 : -EAGAIN;
}

/* NOLINTNEXTLINE(readability-function-size): a batch, and what was known before it */
static int commit_locked(struct catalogue *c, struct batch_writer *b,
			 const struct batch_manifest *m, const struct catalogue_capture *seen,
			 size_t n_seen, struct diagnosis *d)
{
	char name[BATCH_NAME_MAX];
	int error = learn_commits(c, d);

	/* A journal is no capture: it is known by its name. */
	if (!error && !*m->journal)
		error = compare_captures(c, m->head_digest, seen, n_seen, d);
	if (error == -EAGAIN)
		return error;
	if (!error)
		error = batch_writer_commit(b, m, name, d);
	if (error < 0) {
		c->settled = false;
		return error;
	}
	error = note_uncounted(c, name, m, d);
	return error < 0 || c->n_uncounted < UNCOUNTED_MIN + c->n_counted ? error
									  : catalogue_repair(c, d);
}

/* NOLINTNEXTLINE(readability-function-size): as above */
int catalogue_commit(struct catalogue *c, struct batch_writer *b, const struct batch_manifest *m,
		     const struct catalogue_capture *seen, size_t n_seen, struct diagnosis *d)
{
	int error = archive_lock(c->archive);

	if (error < 0) {
		return diagnose(d, error, "%s/lock: %s", archive_path(c->archive),
				strerror(-error));
	}
	error = commit_locked(c, b, m, seen, n_seen, d);
	archive_unlock(c->archive);
	return error;
}

int catalogue_count(struct catalogue *c, struct diagnosis *d)
{
	return c->n_uncounted ? repair_locked(c, d) : 0;
}

int catalogue_rebuild(struct catalogue *c, struct diagnosis *d)
{
	int error = archive_lock(c->archive);

	if (error < 0) {
		return diagnose(d, error, "%s/lock: %s", archive_path(c->archive),
				strerror(-error));
	}
	error = archive_sweep(c->archive, d);
	if (!error)
		error = catalogue_count_all(c, d);
	archive_unlock(c->archive);
	return error;
}
