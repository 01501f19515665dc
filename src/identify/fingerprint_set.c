#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/i18n.h"
#include "identify/fingerprint_internal.h"

struct fingerprints {
	struct fingerprint_file **files; /* by key, and of one key as they are asked */
	size_t n, room;
	unsigned generation;
};

static int by_key(const void *a, const void *b)
{
	const struct fingerprint_file *x = *(struct fingerprint_file *const *)a,
				      *y = *(struct fingerprint_file *const *)b;
	int order = strcmp(x->key, y->key);

	if (order)
		return order;
	if (x->generation != y->generation)
		return x->generation > y->generation ? -1 : 1;
	if (x->preference != y->preference)
		return x->preference > y->preference ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int file_keep(struct fingerprints *set, struct fingerprint_file *file)
{
	void *grown =
		array_make_room(set->files, set->n, &set->room, sizeof(struct fingerprint_file *));

	if (!grown) {
		fingerprint_file_free(file);
		return -ENOMEM;
	}
	set->files = grown;
	file->generation = set->generation;
	set->files[set->n++] = file;
	return 0;
}

static int file_load(void *arg, const char *path, struct diagnosis *d)
{
	struct fingerprint_file *file = NULL;
	struct buffer bytes;
	int error = fingerprint_bytes_load(path, FINGERPRINT_FILE_MAX_BYTES, &bytes);

	if (error == -EFBIG)
		return diagnose(d, ERR_DAMAGED, _("%s: too large for a file of fingerprints"),
				path);
	if (error)
		return diagnose(d, error, "%s: %s", path, strerror(-error));
	error = fingerprint_file_read(path, bytes.bytes, bytes.length, NULL, NULL, &file, d);
	buffer_finish(&bytes);
	return error ? error : file_keep(arg, file);
}

static void files_sort(struct fingerprints *set)
{
	if (set->n)
		qsort(set->files, set->n, sizeof(struct fingerprint_file *), by_key);
}

static int built_in_load(struct fingerprints *set)
{
	int error = 0;

	for (size_t i = 0; i < n_fingerprint_built_in && !error; i++) {
		const struct fingerprint_built_in *b = &fingerprint_built_in[i];
		struct fingerprint_file *file = NULL;

		error = fingerprint_file_read(b->name, b->bytes, b->length, NULL, NULL, &file,
					      NULL);
		if (!error)
			error = file_keep(set, file);
	}
	files_sort(set);
	return error;
}

int fingerprints_new(bool empty, struct fingerprints **ret_set)
{
	struct fingerprints *set = calloc(1, sizeof(*set));
	int error = set ? 0 : -ENOMEM;

	if (set && !empty)
		error = built_in_load(set);
	if (error)
		fingerprints_free(set);
	else
		*ret_set = set;
	return error;
}

void fingerprints_free(struct fingerprints *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n; i++)
		fingerprint_file_free(set->files[i]);
	free(set->files);
	free(set);
}

int fingerprints_add(struct fingerprints *set, const char *path, struct diagnosis *d)
{
	size_t before = set->n;
	int error;

	set->generation++;
	error = fingerprint_path_walk(path, d, file_load, set);
	while (error && set->n > before)
		fingerprint_file_free(set->files[--set->n]);
	files_sort(set);
	return error;
}

/* The first file of the key, or where it would be. */
static size_t key_find(const struct fingerprints *set, const char *key)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(set->files[middle]->key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A text as all fingerprints of its key look at it. */
struct question {
	const char *text;
	size_t length;
	enum fingerprint_reading reading;
	struct fingerprint_text_grams grams;
	struct fingerprint_matcher *matcher;
};

static int file_match(const struct fingerprint_file *f, const struct question *q,
		      struct fingerprint_match *ret_match)
{
	for (size_t i = 0; i < f->n; i++) {
		struct fingerprint_captures captures;
		int found;

		if (!fingerprint_grams_held(&f->grams[i], &q->grams))
			continue;
		found = fingerprint_regex_match(&f->fingerprints[i].regex, q->matcher, q->reading,
						q->text, q->length, &captures);
		if (found > 0) {
			int error = fingerprint_match_fill(f, i, q->text, &captures, ret_match);

			return error ? error : 1;
		}
		if (found < 0)
			return found;
	}
	return 0;
}

/* What is too long is cut, between characters. */
static size_t length_cut(const char *text, size_t length)
{
	if (length <= FINGERPRINT_TEXT_MAX)
		return length;
	length = FINGERPRINT_TEXT_MAX;
	for (int i = 0; i < 3 && (text[length] & 0xc0) == 0x80; i++)
		length--;
	return length;
}

int fingerprints_match(const struct fingerprints *set, const char *key, const char *text,
		       size_t length, struct fingerprint_match *ret_match)
{
	size_t first = key_find(set, key), last = first;
	struct question q;
	uint32_t captures = 0;
	int found = 0;

	for (; last < set->n && !strcmp(set->files[last]->key, key); last++)
		captures = MAX(captures, set->files[last]->captures);
	if (first == last)
		return 0;
	q.matcher = fingerprint_matcher_new(captures);
	if (!q.matcher)
		return -ENOMEM;
	q.text = text;
	q.length = length_cut(text, length);
	q.reading = fingerprint_reading_of(text, q.length);
	fingerprint_grams_of_text(text, q.length, &q.grams);
	fingerprint_matcher_start(q.matcher, q.length);
	for (size_t i = first; i < last && !found; i++)
		found = file_match(set->files[i], &q, ret_match);
	fingerprint_matcher_free(q.matcher);
	return found;
}
