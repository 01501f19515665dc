#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/id_set_internal.h"

#define LIST_MIN    4096 /* shorter lists are left alone */
#define WORD_BITS   64
#define BITS_PER_ID 32 /* what an id takes in a list */

/* A set that is added to all the time becomes a bitmap of up to so many times a list's bits:
 * setting a bit is quicker than sorting. */
#define BITS_FOR_SPEED 8

void id_set_finish(struct id_set *s)
{
	free(s->ids);
	free(s->bits);
	memset(s, 0, sizeof(*s));
}

int id_set_make_room(struct id_set *s, size_t more)
{
	size_t room = MAX(s->n + more, s->room + s->room / 2);
	uint32_t *grown;

	if (s->n + more <= s->room)
		return 0;
	grown = realloc(s->ids, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->ids = grown;
	s->room = room;
	return 0;
}

static int order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

#define DIGIT_BITS 11
#define DIGITS     3 /* of 32 bits */

/* By digits, the lowest first; SCRATCH has room for N. An odd number of passes ends in it. */
static void sort_by_digits(uint32_t *ids, size_t n, uint32_t *scratch)
{
	for (unsigned pass = 0; pass < DIGITS; pass++) {
		size_t start[1u << DIGIT_BITS] = { 0 }, sum = 0;
		unsigned shift = pass * DIGIT_BITS;
		uint32_t *from = pass % 2 ? scratch : ids, *to = pass % 2 ? ids : scratch;

		for (size_t i = 0; i < n; i++)
			start[from[i] >> shift & ((1u << DIGIT_BITS) - 1)]++;
		for (size_t d = 0; d < 1u << DIGIT_BITS; d++) {
			size_t of_digit = start[d];

			start[d] = sum;
			sum += of_digit;
		}
		for (size_t i = 0; i < n; i++)
			to[start[from[i] >> shift & ((1u << DIGIT_BITS) - 1)]++] = from[i];
	}
	memcpy(ids, scratch, n * sizeof(*ids));
}

static void sort_ids(uint32_t *ids, size_t n)
{
	uint32_t *scratch = n >= LIST_MIN ? malloc(n * sizeof(*ids)) : NULL;

	if (scratch) {
		sort_by_digits(ids, n, scratch);
	} else {
		qsort(ids, n, sizeof(*ids), order);
	}
	free(scratch);
}

static void sort_out(struct id_set *s)
{
	size_t kept = 0;

	sort_ids(s->ids, s->n);
	for (size_t i = 0; i < s->n; i++) {
		if (!kept || s->ids[kept - 1] != s->ids[i])
			s->ids[kept++] = s->ids[i];
	}
	s->n = s->n_sorted = kept;
}

/* All of the list goes into the bitmap, and its memory with it. */
static int move_to_bits(struct id_set *s, uint32_t universe)
{
	size_t n_words = universe / WORD_BITS + 1;
	uint64_t *grown;

	if (n_words > s->n_words) {
		grown = realloc(s->bits, n_words * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown + s->n_words, 0, (n_words - s->n_words) * sizeof(*grown));
		s->bits = grown;
		s->n_words = n_words;
	}
	assert(s->bits); /* there is always a word */
	for (size_t i = 0; i < s->n; i++)
		s->bits[s->ids[i] / WORD_BITS] |= 1ULL << (s->ids[i] % WORD_BITS);
	free(s->ids);
	s->ids = NULL;
	s->n = s->room = s->n_sorted = 0;
	return 0;
}

int id_set_end_part(struct id_set *s, size_t start, uint32_t universe)
{
	s->parts += s->n > start;
	if (s->parts < 2 || s->n == start)
		return 0;
	if (s->bits || (s->n >= LIST_MIN && s->n > universe / BITS_PER_ID))
		return move_to_bits(s, universe);
	if (s->n > 2 * s->n_sorted + LIST_MIN)
		sort_out(s);
	return 0;
}

bool id_set_is_plain(const struct id_set *s)
{
	return !s->bits && s->parts < 2;
}

static void count_one(uint32_t id, uint32_t *seen, uint32_t epoch, const uint8_t *inside,
		      uint64_t counts[2])
{
	if (seen[id] == epoch)
		return;
	seen[id] = epoch;
	counts[inside[id]]++;
}

void id_set_count_unseen(const struct id_set *s, uint32_t *seen, uint32_t epoch,
			 const uint8_t *inside, uint64_t ret_counts[2])
{
	for (size_t i = 0; i < s->n; i++)
		count_one(s->ids[i], seen, epoch, inside, ret_counts);
	for (size_t w = 0; w < s->n_words; w++) {
		for (uint64_t word = s->bits[w]; word; word &= word - 1) {
			count_one((uint32_t)(w * WORD_BITS) + (uint32_t)__builtin_ctzll(word), seen,
				  epoch, inside, ret_counts);
		}
	}
}

size_t id_set_most(const struct id_set *s)
{
	size_t n = s->n;

	for (size_t w = 0; w < s->n_words; w++)
		n += (size_t)__builtin_popcountll(s->bits[w]);
	return n;
}

void id_set_visit(const struct id_set *s, void (*fn)(void *user, uint32_t id), void *user)
{
	for (size_t i = 0; i < s->n; i++)
		fn(user, s->ids[i]);
	for (size_t w = 0; w < s->n_words; w++) {
		for (uint64_t word = s->bits[w]; word; word &= word - 1)
			fn(user, (uint32_t)(w * WORD_BITS) + (uint32_t)__builtin_ctzll(word));
	}
}

static void set_bits(struct id_set *s, const uint32_t *ids, size_t n)
{
	uint64_t *bits = s->bits;

	for (size_t i = 0; i < n; i++)
		bits[ids[i] / WORD_BITS] |= 1ULL << (ids[i] % WORD_BITS);
}

int id_set_add(struct id_set *s, const uint32_t *ids, size_t n, uint32_t universe)
{
	int error;

	if (s->bits) {
		set_bits(s, ids, n);
		return 0;
	}
	error = id_set_make_room(s, n);
	if (error < 0)
		return error;
	memcpy(s->ids + s->n, ids, n * sizeof(*ids));
	s->n += n;
	if (s->n < 2 * s->n_sorted + LIST_MIN)
		return 0;
	sort_out(s);
	if (s->n >= LIST_MIN / 2 && s->n > universe / BITS_PER_ID / BITS_FOR_SPEED)
		return move_to_bits(s, universe);
	return 0;
}

int id_set_unite(struct id_set *s, const struct id_set *from, uint32_t universe)
{
	int error;

	if (from->bits && !s->bits) {
		error = move_to_bits(s, universe);
		if (error < 0)
			return error;
	}
	for (size_t w = 0; w < from->n_words; w++)
		s->bits[w] |= from->bits[w];
	return from->n ? id_set_add(s, from->ids, from->n, universe) : 0;
}

uint64_t id_set_count(struct id_set *s)
{
	uint64_t n = 0;

	for (size_t w = 0; w < s->n_words; w++)
		n += (uint64_t)__builtin_popcountll(s->bits[w]);
	if (!s->bits && s->n)
		sort_out(s);
	return s->bits ? n : s->n;
}
