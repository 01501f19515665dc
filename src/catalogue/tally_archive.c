/* From batches to a tally: all of them that can be read. */
#include <stdlib.h>

#include "catalogue/catalogue_internal.h"
#include "catalogue/counts_internal.h"

typedef int (*part_fn)(void *user, struct part *p, struct diagnosis *d);

static int count_one(struct catalogue *c, const char *batch, const char *part, part_fn fn,
		     struct tally *t, struct diagnosis *d)
{
	struct part *p;
	int error = batch_open_part(c->archive, batch, part, &p, d);

	if (error < 0)
		return error;
	error = fn(t, p, d);
	if (error < 0)
		diagnose_prefix(d, error, "%s/archive/%s", archive_path(c->archive), batch);
	part_close(p);
	return error;
}

static int count_part(void *user, struct part *p, struct diagnosis *d)
{
	return tally_add_part(user, p, d);
}

static int count_known_peers(void *user, struct part *p, struct diagnosis *d)
{
	return tally_add_known_peers(user, p, d);
}

static int look_up_part(void *user, struct part *p, struct diagnosis *d)
{
	return tally_look_up(user, p, d);
}

/* All of the batch that can be read. Sets *PASSED_OVER where something cannot. */
/* NOLINTNEXTLINE(readability-function-size): a batch, and what is done with it */
static int count_batch(struct catalogue *c, enum damage_kind kind, const char *name, part_fn fn,
		       struct tally *t, bool *passed_over, struct diagnosis *d)
{
	struct diagnosis words = { "" };
	struct batch_manifest m;
	int error = batch_read_manifest(c->archive, name, &m, &words);

	*passed_over |= error < 0;
	if (error < 0)
		return catalogue_pass_over_as(c, kind, name, error, &words, d);
	for (size_t i = 0; i < m.n_parts && !error; i++) {
		words.text[0] = '\0';
		error = count_one(c, name, m.parts[i].name, fn, t, &words);
		*passed_over |= error < 0;
		error = catalogue_pass_over_as(c, kind, name, error, &words, d);
	}
	batch_manifest_finish(&m);
	return error;
}

int catalogue_tally_batch(struct catalogue *c, enum damage_kind kind, const char *name,
			  struct tally *t, struct diagnosis *d)
{
	bool passed_over = false;

	return count_batch(c, kind, name, count_part, t, &passed_over, d);
}

int catalogue_tally_batches(struct catalogue *c, char (*names)[BATCH_NAME_MAX], size_t count,
			    struct tally **ret_tally, struct diagnosis *d)
{
	struct tally *t = NULL;
	int error = tally_new(c->config, 0, UINT64_MAX, &t);

	for (size_t i = 0; i < count && !error; i++)
		error = catalogue_tally_batch(c, DAMAGE_COUNTED, names[i], t, d);
	if (!error)
		error = tally_finish_counts(t);
	if (error < 0) {
		tally_free(t);
		return error;
	}
	*ret_tally = t;
	return 0;
}

int catalogue_tally_archive(struct catalogue *c, uint64_t from_ns, uint64_t to_ns,
			    struct tally **ret_tally, struct diagnosis *d)
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	size_t n = 0;
	struct tally *t = NULL;
	int error = tally_new(c->config, from_ns, to_ns, &t);

	if (!error)
		error = archive_list(c->archive, &names, &n, d);
	for (size_t i = 0; i < n && !error; i++)
		error = catalogue_tally_batch(c, DAMAGE_ASKED, names[i], t, d);
	if (!error)
		error = tally_finish_counts(t);
	free(names);
	if (error < 0) {
		tally_free(t);
		return error;
	}
	catalogue_note_bare(c, tally_bare_end_ns(t));
	*ret_tally = t;
	return 0;
}

/* ---- on top of what is counted ---- */

/* Each batch that is already counted may hold peers of the services that the new one touches. */
static int each_counted(struct catalogue *c, part_fn fn, struct tally *t, bool *ret_passed_over,
			struct diagnosis *d)
{
	sqlite3_stmt *s;
	int step = SQLITE_DONE,
	    error = catalogue_prepare(
		    c, "SELECT name FROM derived_batch WHERE parts > 0 ORDER BY name", &s, d);

	*ret_passed_over = false;
	if (error < 0)
		return error;
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW) {
		error = count_batch(c, DAMAGE_COUNTED, (const char *)sqlite3_column_text(s, 0), fn,
				    t, ret_passed_over, d);
	}
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error;
}

/* Of what is damaged, not all was counted. */
static int is_damaged(struct catalogue *c, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int step, error = catalogue_prepare(
			  c, "SELECT 1 FROM derived_batch WHERE damage IS NOT NULL LIMIT 1", &s, d);

	if (error < 0)
		return error;
	step = sqlite3_step(s);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error < 0 ? error : step == SQLITE_ROW;
}

/*
 * The peers of T's services. *RET_NEW: they are those that no counted batch has, which is known
 * only where all of these can be read, as they could when they were counted.
 */
static int tally_peers(struct catalogue *c, struct tally *t, bool *ret_new, struct diagnosis *d)
{
	int error = is_damaged(c, d);
	bool known = false, passed_over = error > 0;

	if (!error)
		error = tally_know_pairs(t, &known);
	if (!error && known)
		error = each_counted(c, look_up_part, t, &passed_over, d);
	*ret_new = known && !passed_over;
	if (error < 0 || *ret_new)
		return error;
	tally_forget_known(t);
	return each_counted(c, count_known_peers, t, &passed_over, d);
}

int catalogue_finish_tally(struct catalogue *c, struct tally *t, bool with_peers,
			   struct diagnosis *d)
{
	bool new_peers = false;
	int error = with_peers && tally_count(t) ? tally_peers(c, t, &new_peers, d) : 0;

	if (!error)
		error = tally_finish_counts(t);
	return error < 0 ? error
			 : counts_add_stored(c, tally_services(t), tally_count(t), new_peers, d);
}
