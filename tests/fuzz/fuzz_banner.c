/*
 * Any text as what a service said, asked for by every key that is built in. An answer is well
 * formed, and no text gets a sign of its own into a CPE.
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

static void check_value(const struct fingerprint_match *m, const struct fingerprint_value *v)
{
	char *cpe;

	require(strlen(v->value) <= FINGERPRINT_VALUE_MAX);
	for (const char *at = v->value; *at; at += text_utf8_length(at))
		require(text_utf8_length(at) > 0);
	cpe = fingerprint_cpe(m, v->name);
	for (const char *at = cpe; at && *at; at++)
		require(*at > ' ' && *at < 0x7f);
	free(cpe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fingerprints *set;
	static char keys[64][64];
	static size_t n_keys;

	if (!set) {
		require(!fingerprints_new(false, &set));
		for (; n_keys < n_fingerprint_built_in && n_keys < ARRAY_LENGTH(keys); n_keys++) {
			const struct fingerprint_built_in *b = &fingerprint_built_in[n_keys];
			struct fingerprint_file *file = NULL;

			require(!fingerprint_file_read(b->name, b->bytes, b->length, NULL, NULL,
						       &file, NULL));
			strncpy(keys[n_keys], file->key, sizeof(keys[0]) - 1);
			fingerprint_file_free(file);
		}
	}
	for (size_t i = 0; i < n_keys; i++) {
		struct fingerprint_match m;
		int found = fingerprints_match(set, keys[i], (const char *)data, size, &m);

		require(found >= 0);
		for (size_t v = 0; found && v < m.n_values; v++)
			check_value(&m, &m.values[v]);
		if (found)
			fingerprint_match_finish(&m);
	}
	return 0;
}
