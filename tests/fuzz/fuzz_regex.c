/*
 * Any pattern, up to the first NUL, against any text behind it. What is compiled answers; the grams
 * keep no text back that matches, and captures lie within it.
 */
#include <stdlib.h>
#include <string.h>

#include "identify/fingerprint_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_captures(const struct fingerprint_captures *c, size_t length)
{
	for (uint32_t i = 0; i < 2 * c->n; i++)
		require(c->offsets[i] == SIZE_MAX || c->offsets[i] <= length);
}

static void match(struct fingerprint_regex *r, uint32_t n, const char *text, size_t length)
{
	struct fingerprint_matcher *m = fingerprint_matcher_new(n);
	struct fingerprint_text_grams text_grams;
	struct fingerprint_grams grams;
	struct fingerprint_captures c;

	require(m != NULL);
	fingerprint_grams_of_pattern(r->text, &grams);
	fingerprint_grams_of_text(text, length, &text_grams);
	fingerprint_matcher_start(m, length);
	if (fingerprint_regex_match(r, m, fingerprint_reading_of(text, length), text, length, &c) ==
	    1) {
		check_captures(&c, length);
		require(fingerprint_grams_held(&grams, &text_grams));
	}
	fingerprint_matcher_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	struct fingerprint_regex r = { 0 };
	struct diagnosis d = { "" };
	struct buffer translated;
	int n;

	if (!end)
		return 0;
	buffer_init(&translated);
	n = fingerprint_regex_compile((const char *)data, NULL, &translated, &r, &d);
	if (n < 0) {
		require(n == ERR_DAMAGED && d.text[0]);
	} else {
		match(&r, (uint32_t)n, (const char *)end + 1, size - (size_t)(end + 1 - data));
		fingerprint_regex_finish(&r);
	}
	buffer_finish(&translated);
	return 0;
}
