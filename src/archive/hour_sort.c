#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "archive/bits_internal.h"
#include "archive/hour_sort_internal.h"

#define DIGIT_BITS  11u
#define DIGITS_MAX  ((HOUR_SORT_PAIR_BITS + DIGIT_BITS - 1) / DIGIT_BITS)
#define FEW_RECORDS 48u

int hour_sort_init(struct hour_sort *s, size_t n)
{
	for (int i = 0; i < 2; i++)
		s->words[i] = malloc((n + 1) * sizeof(*s->words[i]));
	s->rests = malloc((n + 1) * sizeof(*s->rests));
	s->sorted = malloc((n + 1) * sizeof(*s->sorted));
	s->scratch = malloc(SORT_SCRATCH_KEYS * sizeof(*s->scratch));
	return s->words[0] && s->words[1] && s->rests && s->sorted && s->scratch ? 0 : -ENOMEM;
}

void hour_sort_finish(struct hour_sort *s)
{
	free(s->words[0]);
	free(s->words[1]);
	free(s->rests);
	free(s->sorted);
	free(s->scratch);
}

static void insertion_sort(uint64_t *words, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t word = words[i];
		size_t at = i;

		for (; at && word < words[at - 1]; at--)
			words[at] = words[at - 1];
		words[at] = word;
	}
}

/* How the bits in which pairs differ are cut into digits: few, and none larger than need be. */
struct digits {
	unsigned int n, width, shift;
};

static struct digits cut_digits(const uint64_t *words, size_t n)
{
	const uint64_t first = words[0] >> HOUR_SORT_PLACE_BITS;
	struct digits d = { 0 };
	uint64_t vary = 0;
	unsigned int bits;

	for (size_t i = 1; i < n; i++)
		vary |= words[i] >> HOUR_SORT_PLACE_BITS ^ first;
	if (!vary)
		return d;
	d.shift = (unsigned int)__builtin_ctzll(vary);
	bits = bit_length(vary) - d.shift;
	d.n = (bits + DIGIT_BITS - 1) / DIGIT_BITS;
	d.width = (bits + d.n - 1) / d.n;
	d.shift += HOUR_SORT_PLACE_BITS;
	return d;
}

static void to_starts(uint32_t *counts, uint32_t n)
{
	uint32_t sum = 0, count;

	for (uint32_t i = 0; i < n; i++) {
		count = counts[i];
		counts[i] = sum;
		sum += count;
	}
}

/*
 * Stable passes over the digits, lowest first; all are counted in one. Returns the words in order.
 */
static const uint64_t *radix_sort(struct hour_sort *s, size_t n)
{
	uint32_t counts[DIGITS_MAX][1u << DIGIT_BITS];
	const struct digits d = cut_digits(s->words[0], n);
	const uint64_t mask = (UINT64_C(1) << d.width) - 1;
	uint64_t *from = s->words[0], *to = s->words[1], *swap;

	for (unsigned int k = 0; k < d.n; k++)
		memset(counts[k], 0, sizeof(counts[k][0]) << d.width);
	for (size_t i = 0; i < n; i++) {
		uint64_t rest = from[i] >> d.shift;

		for (unsigned int k = 0; k < d.n; k++, rest >>= d.width)
			counts[k][rest & mask]++;
	}
	for (unsigned int k = 0; k < d.n; k++) {
		unsigned int shift = d.shift + k * d.width;

		to_starts(counts[k], 1u << d.width);
		for (size_t i = 0; i < n; i++)
			to[counts[k][from[i] >> shift & mask]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	return from;
}

/* The rests within runs of one pair: most runs are short, and come sorted. */
static void sort_rests(struct hour_sort *s, size_t n)
{
	struct sort_key *keys = s->sorted;
	size_t end;

	for (size_t start = 0; start < n; start = end) {
		bool sorted = true;

		for (end = start + 1; end < n && keys[end].hi == keys[start].hi; end++)
			sorted &= keys[end - 1].lo <= keys[end].lo;
		if (!sorted)
			sort_keys_alone(keys + start, end - start, s->scratch);
	}
}

void hour_sort_run(struct hour_sort *s, size_t n)
{
	const uint64_t *words = s->words[0];

	if (n <= FEW_RECORDS) {
		insertion_sort(s->words[0], n);
	} else {
		words = radix_sort(s, n);
	}
	for (size_t i = 0; i < n; i++) {
		s->sorted[i].hi = words[i] >> HOUR_SORT_PLACE_BITS;
		s->sorted[i].lo = s->rests[words[i] & (HOUR_SORT_RECORDS - 1)];
	}
	sort_rests(s, n);
}
