#include "watch/absorb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

struct absorber {
	struct part_writer *part;
	struct batch_writer *batch;
	struct diagnosis *d;
};

static int end_part(struct absorber *b)
{
	int error =
		part_writer_records(b->part) ? batch_writer_add_part(b->batch, b->part, b->d) : 0;

	if (!error)
		part_writer_reset(b->part);
	return error;
}

static int take_sightings(void *user, const struct sighting *list, size_t n)
{
	struct absorber *b = user;

	for (size_t at = 0; at < n;) {
		int took = part_writer_append(b->part, list + at, n - at), error = 0;

		if (took < 0)
			return took;
		at += (size_t)took;
		if (at < n)
			error = end_part(b);
		if (error < 0)
			return error;
	}
	return 0;
}

/* Nothing was seen, nothing missed, and nobody watched. */
static bool tells_nothing(const struct batch_manifest *m)
{
	return !m->sightings && !m->n_gaps && !m->n_floods && m->first_ns == m->last_ns;
}

static int commit(struct absorber *b, struct catalogue *c, struct batch_manifest *m,
		  const struct buffer *memory)
{
	int error = end_part(b);

	/* Counting takes as much again. */
	part_writer_free(b->part);
	b->part = NULL;
	if (!error)
		error = batch_writer_seal(b->batch, m, memory, b->d);
	if (!error)
		error = catalogue_commit(c, b->batch, m, NULL, 0, b->d);
	/* Somebody else was quicker with the same: whoever it was, it is to be counted. */
	if (error == -EEXIST)
		error = catalogue_settle(c, b->d);
	return error < 0 ? error : catalogue_count(c, b->d);
}

static int make_batch(struct absorber *b, struct archive *a, struct catalogue *c, const char *name)
{
	struct batch_manifest m;
	struct buffer memory;
	int error = journal_read(a, name, take_sightings, b, &m, &memory, b->d);

	if (error < 0)
		return error;
	if (!tells_nothing(&m))
		error = commit(b, c, &m, &memory);
	batch_manifest_finish(&m);
	buffer_finish(&memory);
	return error;
}

/* Is it there, and not void? Returns 1, 0 or an error. */
static int counts(struct archive *a, const char *name, struct diagnosis *d)
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	size_t n = 0;
	int error = journal_list(a, &names, &n, d), found = 0;

	for (size_t i = 0; i < n && !error && !found; i++)
		found = !strcmp(names[i], name);
	free(names);
	return error < 0 ? error : found;
}

static int absorb(struct archive *a, struct catalogue *c, const char *name, struct diagnosis *d)
{
	struct absorber b = { .d = d };
	int error = part_writer_new(&b.part);

	if (!error)
		error = batch_writer_new(a, &b.batch, d);
	if (!error)
		error = make_batch(&b, a, c, name);
	batch_writer_free(b.batch);
	part_writer_free(b.part);
	return error;
}

int absorb_journal(struct archive *a, struct catalogue *c, const char *name, struct diagnosis *d)
{
	int held = journal_is_held(a, name), error;

	if (held == -ENOENT)
		return 0;
	if (held) {
		error = held < 0 ? held : -EBUSY;
		return diagnose(d, error, "%s/live/%s: %s", archive_path(a), name,
				strerror(-error));
	}
	error = counts(a, name, d);
	/* Who was killed between commit and count has left a void one. */
	error = error > 0 ? absorb(a, c, name, d) : error == 0 ? catalogue_settle(c, d) : error;
	if (error < 0)
		return error;
	error = journal_remove(a, name);
	return error < 0 ? diagnose(d, error, "%s/live/%s: %s", archive_path(a), name,
				    strerror(-error))
			 : 0;
}

/* Is it the journal that cannot be read, and not something of the archive? A newer version's can,
 * by that. */
static bool is_unreadable(struct archive *a, const char *name)
{
	struct journal_loss loss;
	int error = journal_check(a, name, &loss, NULL);

	return error == ERR_DAMAGED || error == ERR_FORMAT;
}

static int set_aside(struct archive *a, const char *name, int why, struct diagnosis *d)
{
	struct diagnosis words = { "" };
	int error = journal_set_aside(a, name, &words);

	if (error < 0)
		return diagnose(d, error, "%s", words.text);
	if (d && d->text[0]) {
		words = *d;
		(void)diagnose(d, why, _("%s; it is kept in %s/%s"), words.text, archive_path(a),
			       JOURNAL_ASIDE);
	}
	return why;
}

static int absorb_or_set_aside(struct archive *a, struct catalogue *c, const char *name,
			       struct diagnosis *d)
{
	int error = absorb_journal(a, c, name, d);

	if ((error == ERR_DAMAGED || error == ERR_FORMAT) && is_unreadable(a, name))
		return set_aside(a, name, error, d);
	return error;
}

int absorb_dead(struct archive *a, struct catalogue *c, struct diagnosis *d)
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	size_t n = 0;
	int first = journal_sweep(a, d), error = journal_list(a, &names, &n, first ? NULL : d);

	first = first ? first : error;
	for (size_t i = 0; i < n && !error; i++) {
		int held = journal_is_held(a, names[i]), one = 0;

		if (held == 0)
			one = absorb_or_set_aside(a, c, names[i], first ? NULL : d);
		first = first ? first : one;
	}
	free(names);
	return first;
}
