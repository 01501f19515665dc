/*
 * Any bytes as a file of fingerprints. A refusal names the file; what was read has patterns that
 * answer, and values that are well formed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "identify/fingerprint_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_match(const struct fingerprint_match *m)
{
	for (size_t i = 0; i < m->n_values; i++) {
		require(strlen(m->values[i].value) <= FINGERPRINT_VALUE_MAX);
		require(strncmp(m->values[i].name, "_tmp.", 5) != 0);
		for (const char *at = m->values[i].value; *at; at += text_utf8_length(at))
			require(text_utf8_length(at) > 0);
	}
}

static void ask(const struct fingerprint_file *file, size_t index, const char *text, size_t length)
{
	struct fingerprint_matcher *m = fingerprint_matcher_new(file->captures);
	struct fingerprint_captures captures;
	struct fingerprint_match match;

	require(m != NULL);
	fingerprint_matcher_start(m, length);
	if (fingerprint_regex_match(&file->fingerprints[index].regex, m,
				    fingerprint_reading_of(text, length), text, length,
				    &captures) == 1) {
		require(!fingerprint_match_fill(file, index, text, &captures, &match));
		check_match(&match);
		fingerprint_match_finish(&match);
	}
	fingerprint_matcher_free(m);
}

static int on_example(void *arg, const struct fingerprint_file *file, size_t index,
		      const struct fingerprint_written *example)
{
	(void)arg;
	require(index < file->n);
	if (example)
		ask(file, index, example->text, example->length);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char path[] = "/nonexistent/file.xml",
			  text[] = "a text: \xff\xc3\xa9 1.2.3\r\n";
	struct fingerprint_file *file = NULL;
	struct diagnosis d = { "" };
	int error = fingerprint_file_read(path, data, size, on_example, NULL, &file, &d);

	if (error) {
		require(!file && !strncmp(d.text, path, strlen(path)));
		return 0;
	}
	for (size_t i = 0; i < file->n; i++) {
		require(file->fingerprints[i].description != NULL);
		ask(file, i, text, sizeof(text) - 1);
	}
	fingerprint_file_free(file);
	return 0;
}
