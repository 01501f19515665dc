/*
 * What a text must hold for a pattern to match it, looked at before the pattern is tried: most
 * fingerprints are not of the service that spoke, and this says so in a few loads.
 *
 * Comes in: a pattern in PCRE2's syntax. Goes out: up to four grams (three bytes in a row, letters
 * small) that are in every text that matches. A text is a set of bits, one for the hash of each of
 * its grams, so a gram may seem to be there that is not, never the other way round.
 */
#ifndef SEKIMORI_IDENTIFY_FINGERPRINT_GRAM_INTERNAL_H
#define SEKIMORI_IDENTIFY_FINGERPRINT_GRAM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRAM_BITS 32768 /* a text of 8 KiB sets at most a quarter of them */
#define GRAMS_MAX 4

/* Bit 0 is set for every text: what a pattern with fewer grams has in the other places. */
struct fingerprint_grams {
	uint16_t bit[GRAMS_MAX];
};

struct fingerprint_text_grams {
	uint64_t words[GRAM_BITS / 64];
};

void fingerprint_grams_of_pattern(const char *pattern, struct fingerprint_grams *ret_grams);

void fingerprint_grams_of_text(const char *text, size_t length,
			       struct fingerprint_text_grams *ret_grams);

static inline bool fingerprint_grams_held(const struct fingerprint_grams *g,
					  const struct fingerprint_text_grams *text)
{
	for (int i = 0; i < GRAMS_MAX; i++)
		if (!(text->words[g->bit[i] / 64] >> g->bit[i] % 64 & 1))
			return false;
	return true;
}

#endif
