/* Whether fingerprints do what their examples say. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "identify/fingerprint_internal.h"

struct verification {
	fingerprint_verdict_fn *told;
	void *arg;
};

/* Attributes that begin with "_" are the format's; the others are values. */
static const char *values_differ(const struct fingerprint_match *match,
				 const char *const *attributes, char *ret_words, size_t size)
{
	for (; *attributes; attributes += 2) {
		const char *value = fingerprint_value(match, attributes[0]);

		if (!strcmp(attributes[0], "_encoding") || !strcmp(attributes[0], "_filename") ||
		    (value && !strcmp(value, attributes[1])))
			continue;
		snprintf(ret_words, size, _("%s is \"%.100s\", not \"%.100s\""), attributes[0],
			 value ? value : "", attributes[1]);
		return ret_words;
	}
	return NULL;
}

/* Returns 1 with what is wrong, or NULL, in *ret_wrong; or -ENOMEM. */
static int example_try(const struct fingerprint_file *file, size_t index,
		       const struct fingerprint_written *example, char *words, size_t size,
		       const char **ret_wrong)
{
	struct fingerprint_matcher *m = fingerprint_matcher_new(file->captures);
	struct fingerprint_captures captures;
	struct fingerprint_match match;
	int found = -ENOMEM;

	if (!m)
		return found;
	fingerprint_matcher_start(m, example->length);
	found = fingerprint_regex_match(&file->fingerprints[index].regex, m,
					fingerprint_reading_of(example->text, example->length),
					example->text, example->length, &captures);
	if (!found)
		*ret_wrong = _("the pattern does not match");
	if (found > 0)
		found = fingerprint_match_fill(file, index, example->text, &captures, &match);
	if (found == 0 && !*ret_wrong) {
		*ret_wrong = values_differ(&match, example->attributes, words, size);
		fingerprint_match_finish(&match);
	}
	fingerprint_matcher_free(m);
	return found;
}

static int example_told(void *arg, const struct fingerprint_file *file, size_t index,
			const struct fingerprint_written *example)
{
	const struct fingerprint *f = &file->fingerprints[index];
	struct fingerprint_verdict verdict = {
		.file = file->path, .key = file->key, .description = f->description, .line = f->line
	};
	struct verification *v = arg;
	char words[512];

	if (!example) {
		verdict.wrong = _("it has no example");
	} else {
		int error;

		verdict.example_line = example->line;
		verdict.text = example->text;
		verdict.length = example->length;
		error = example_try(file, index, example, words, sizeof(words), &verdict.wrong);
		if (error < 0)
			return error;
	}
	v->told(v->arg, &verdict);
	return 0;
}

static int file_verify(void *arg, const char *path, struct diagnosis *d)
{
	struct verification *v = arg;
	struct fingerprint_file *file = NULL;
	struct buffer bytes;
	int error = fingerprint_bytes_load(path, FINGERPRINT_FILE_MAX_BYTES, &bytes);

	if (error)
		return diagnose(d, error, "%s: %s", path, strerror(-error));
	error = fingerprint_file_read(path, bytes.bytes, bytes.length, example_told, v, &file, d);
	buffer_finish(&bytes);
	if (!error)
		fingerprint_file_free(file);
	return error;
}

int fingerprints_verify(const char *path, fingerprint_verdict_fn *told, void *arg,
			struct diagnosis *d)
{
	struct verification v = { told, arg };

	return fingerprint_path_walk(path, d, file_verify, &v);
}
