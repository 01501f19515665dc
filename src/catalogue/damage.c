/* What of the archive cannot be read: questions and counts go on without it, and it is named. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue_internal.h"

struct catalogue_damage {
	char batch[BATCH_NAME_MAX];
	char *words;
	enum damage_kind kind;
};

bool catalogue_is_damage(int error)
{
	switch (error) {
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
	case -ENOSPC:
	case ERR_CATALOGUE:
		return false;
	default:
		return error < 0;
	}
}

/* "part-0003", where it is about a part; "/memory: " where it is about that. Everything else of a
 * batch is one thing. */
static const char *part_of(const char *words, const char *batch)
{
	const char *rest = strstr(words, batch), *part = rest ? strstr(rest, "part-") : NULL;

	if (rest && !part && !strncmp(rest + strlen(batch), "/memory: ", strlen("/memory: ")))
		return rest + strlen(batch);
	return part ? part : "";
}

static struct catalogue_damage *find_noted(struct catalogue *c, const char *batch,
					   const char *words)
{
	size_t length = strlen("part-0000");

	for (size_t i = 0; i < c->n_damage; i++) {
		struct catalogue_damage *k = &c->damage[i];

		if (!strcmp(k->batch, batch) &&
		    !strncmp(part_of(k->words, batch), part_of(words, batch), length))
			return k;
	}
	return NULL;
}

static int note(struct catalogue *c, const char *batch, const char *words, enum damage_kind kind)
{
	struct catalogue_damage *grown, *noted = find_noted(c, batch, words);
	char *copy;

	if (noted) {
		noted->kind = kind == DAMAGE_COUNTED ? kind : noted->kind;
		return 0;
	}
	grown = realloc(c->damage, (c->n_damage + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->damage = grown;
	copy = strdup(words);
	if (!copy)
		return -ENOMEM;
	grown[c->n_damage] = (struct catalogue_damage){ .words = copy, .kind = kind };
	strncpy(grown[c->n_damage++].batch, batch, BATCH_NAME_MAX - 1);
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): an error in full, and what met it */
int catalogue_pass_over_as(struct catalogue *c, enum damage_kind kind, const char *batch, int error,
			   const struct diagnosis *words, struct diagnosis *d)
{
	if (catalogue_is_damage(error))
		return note(c, batch, words->text[0] ? words->text : error_text(error), kind);
	if (error < 0 && d)
		*d = *words;
	return error;
}

int catalogue_pass_over(struct catalogue *c, const char *batch, int error,
			const struct diagnosis *words, struct diagnosis *d)
{
	return catalogue_pass_over_as(c, DAMAGE_ASKED, batch, error, words, d);
}

int catalogue_pass_over_memory(struct catalogue *c, const char *batch, int error,
			       const struct diagnosis *words, struct diagnosis *d)
{
	return catalogue_pass_over_as(c, DAMAGE_MEMORY, batch, error, words, d);
}

int catalogue_mark_damaged(struct catalogue *c, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = c->n_damage ? catalogue_prepare(c,
						    "UPDATE derived_batch SET damage = ?"
						    " WHERE name = ? AND damage IS NULL",
						    &s, d)
				: 0;

	if (error < 0 || !c->n_damage)
		return error;
	for (size_t i = 0; i < c->n_damage && !error; i++) {
		if (c->damage[i].kind != DAMAGE_COUNTED)
			continue;
		sqlite3_bind_text(s, 1, c->damage[i].words, -1, SQLITE_TRANSIENT);
		sqlite3_bind_text(s, 2, c->damage[i].batch, -1, SQLITE_TRANSIENT);
		error = sqlite3_step(s) == SQLITE_DONE ? 0 : catalogue_sql_error(c, d);
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	return error;
}

int catalogue_note_marked(struct catalogue *c, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int step = SQLITE_DONE, error = catalogue_prepare(c,
							  "SELECT name, damage FROM derived_batch"
							  " WHERE damage IS NOT NULL ORDER BY name",
							  &s, d);

	if (error < 0)
		return error;
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW) {
		error = note(c, (const char *)sqlite3_column_text(s, 0),
			     (const char *)sqlite3_column_text(s, 1), DAMAGE_COUNTED);
	}
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error;
}

static bool is_listed(char (*names)[BATCH_NAME_MAX], size_t n, const char *batch)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(names[i], batch))
			return true;
	}
	return false;
}

int catalogue_has_batch(struct catalogue *c, const char *batch, struct diagnosis *d)
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	size_t n = 0;
	int error = archive_list(c->archive, &names, &n, d);
	bool has = !error && is_listed(names, n, batch);

	free(names);
	return error < 0 ? error : has;
}

int catalogue_take_back_damage(struct catalogue *c, size_t known, struct diagnosis *d)
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	size_t n = 0, kept = known;
	int error = c->n_damage > known ? archive_list(c->archive, &names, &n, d) : 0, taken;

	if (error < 0)
		return error;
	for (size_t i = known; i < c->n_damage; i++) {
		if (is_listed(names, n, c->damage[i].batch)) {
			c->damage[kept++] = c->damage[i];
		} else {
			free(c->damage[i].words);
		}
	}
	taken = c->n_damage > kept;
	c->n_damage = MIN(c->n_damage, kept);
	free(names);
	return taken;
}

uint64_t catalogue_bare_end_ns(const struct catalogue *c)
{
	return c->bare_end_ns;
}

size_t catalogue_damage_count(const struct catalogue *c)
{
	return c->n_damage;
}

const char *catalogue_damage_words(const struct catalogue *c, size_t i)
{
	return c->damage[i].words;
}

void catalogue_damage_forget(struct catalogue *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_damage; i++) {
		if (c->damage[i].kind == DAMAGE_MEMORY) {
			c->damage[kept++] = c->damage[i];
		} else {
			free(c->damage[i].words);
		}
	}
	c->n_damage = kept;
}

void catalogue_damage_free(struct catalogue *c)
{
	for (size_t i = 0; i < c->n_damage; i++)
		free(c->damage[i].words);
	free(c->damage);
	c->damage = NULL;
	c->n_damage = 0;
}
