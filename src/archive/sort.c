#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "archive/bits_internal.h"
#include "archive/sort_internal.h"
#include "base/threads.h"

/*
 * Cached keys and their scratch are 1 MiB: within a second-level cache of our day. Fewer than
 * SMALL_KEYS, and clearing and summing 2048 counters costs more than one more pass. More than 256
 * pieces at once thrash the TLB; and no processor follows 256 streams by itself, so each is fetched
 * ahead.
 */
#define CACHED_KEYS      SORT_SCRATCH_KEYS
#define DIGIT_BITS       11u
#define SMALL_DIGIT_BITS 8u
#define SMALL_KEYS       2048u
#define FEW_KEYS         24u
#define SPLIT_BITS       8u
#define PIECES           (1u << SPLIT_BITS)
#define LANES            8u
#define HEAD_AHEAD       12u

static bool key_less(struct sort_key a, struct sort_key b)
{
	return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

static void insertion_sort(struct sort_key *keys, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sort_key key = keys[i];
		size_t at = i;

		for (; at && key_less(key, keys[at - 1]); at--)
			keys[at] = keys[at - 1];
		keys[at] = key;
	}
}

static uint64_t digit_source(const struct sort_key *key, bool high)
{
	return high ? key->hi : key->lo;
}

/* Stable passes over the bits of one half that VARY, lowest first. */
static void radix_sort(struct sort_key *keys, size_t n, struct sort_key *scratch, bool high,
		       uint64_t vary)
{
	unsigned int width = n < SMALL_KEYS ? SMALL_DIGIT_BITS : DIGIT_BITS;
	uint32_t counts[1u << DIGIT_BITS];
	struct sort_key *from = keys, *to = scratch, *swap;

	while (vary) {
		unsigned int shift = (unsigned int)__builtin_ctzll(vary);
		uint64_t mask = (UINT64_C(1) << width) - 1;
		uint32_t sum = 0, count;

		memset(counts, 0, sizeof(*counts) << width);
		for (size_t i = 0; i < n; i++)
			counts[digit_source(&from[i], high) >> shift & mask]++;
		for (uint64_t i = 0; i <= mask; i++) {
			count = counts[i];
			counts[i] = sum;
			sum += count;
		}
		for (size_t i = 0; i < n; i++)
			to[counts[digit_source(&from[i], high) >> shift & mask]++] = from[i];
		swap = from;
		from = to;
		to = swap;
		vary &= ~(mask << shift);
	}
	if (from != keys)
		memcpy(keys, from, n * sizeof(*keys));
}

/* The lower halves within runs of one upper half: most runs are short, many come sorted. */
static void sort_runs(struct sort_key *keys, size_t n, struct sort_key *scratch)
{
	size_t start = 0, end;
	uint64_t vary;
	bool sorted;

	for (; start < n; start = end) {
		vary = 0;
		sorted = true;
		for (end = start + 1; end < n && keys[end].hi == keys[start].hi; end++) {
			vary |= keys[end].lo ^ keys[start].lo;
			sorted &= keys[end - 1].lo <= keys[end].lo;
		}
		if (sorted)
			continue;
		if (end - start <= FEW_KEYS) {
			insertion_sort(keys + start, end - start);
		} else {
			radix_sort(keys + start, end - start, scratch, false, vary);
		}
	}
}

static struct sort_key varying_bits(const struct sort_key *keys, size_t n)
{
	struct sort_key vary = { 0, 0 };

	for (size_t i = 1; i < n; i++) {
		vary.hi |= keys[i].hi ^ keys[0].hi;
		vary.lo |= keys[i].lo ^ keys[0].lo;
	}
	return vary;
}

/* N is at most CACHED_KEYS. */
static void sort_cached(struct sort_key *keys, size_t n, struct sort_key *scratch)
{
	if (n <= FEW_KEYS) {
		insertion_sort(keys, n);
		return;
	}
	radix_sort(keys, n, scratch, true, varying_bits(keys, n).hi);
	sort_runs(keys, n, scratch);
}

struct digit {
	bool high;
	unsigned int shift;
};

static size_t digit_of(const struct sort_key *key, struct digit d)
{
	return digit_source(key, d.high) >> d.shift & (PIECES - 1);
}

/*
 * Fills the piece that begins at heads[PIECE]. A key is taken out, put at the head of its own
 * piece, the key that was there at the head of its own, until one turns up that belongs into the
 * hole. Several such chains go side by side: each alone would wait for memory at every step.
 */
static void fill_piece(struct sort_key *keys, size_t *heads, size_t end, size_t piece,
		       struct digit d)
{
	struct sort_key key[LANES], other;
	size_t hole[LANES], digit, at;
	unsigned int lanes = 0;

	for (; lanes < LANES && heads[piece] < end; lanes++) {
		hole[lanes] = heads[piece]++;
		key[lanes] = keys[hole[lanes]];
	}
	while (lanes) {
		for (unsigned int i = 0; i < lanes; i++) {
			digit = digit_of(&key[i], d);
			if (digit != piece) {
				at = heads[digit]++;
				other = keys[at];
				__builtin_prefetch(&keys[at + HEAD_AHEAD], 1);
				keys[at] = key[i];
				key[i] = other;
				continue;
			}
			keys[hole[i]] = key[i];
			if (heads[piece] < end) {
				hole[i] = heads[piece]++;
			} else {
				lanes--;
				hole[i] = hole[lanes];
				key[i] = key[lanes];
				break;
			}
			key[i] = keys[hole[i]];
		}
	}
}

/*
 * Brings keys into the order of their topmost SPLIT_BITS that differ, in place (McIlroy, Bostic,
 * McIlroy, "Engineering Radix Sort", 1993). Keys that come in order of time mostly are where they
 * belong. Returns false when all keys are the same.
 */
static bool split(struct sort_key *keys, size_t n, size_t ret_ends[PIECES])
{
	struct sort_key vary = varying_bits(keys, n);
	unsigned int top = bit_length(vary.hi ? vary.hi : vary.lo);
	struct digit d = { .high = vary.hi != 0, .shift = top > SPLIT_BITS ? top - SPLIT_BITS : 0 };
	size_t heads[PIECES], sum = 0, last = 0;
	bool in_order = true;

	if (!top)
		return false;
	memset(ret_ends, 0, PIECES * sizeof(*ret_ends));
	for (size_t i = 0; i < n; i++) {
		size_t digit = digit_of(&keys[i], d);

		ret_ends[digit]++;
		in_order &= last <= digit;
		last = digit;
	}
	for (size_t i = 0; i < PIECES; i++) {
		heads[i] = sum;
		sum += ret_ends[i];
		ret_ends[i] = sum;
	}
	for (size_t piece = 0; piece < PIECES && !in_order; piece++)
		fill_piece(keys, heads, ret_ends[piece], piece, d);
	return true;
}

/* The depth is bounded: each split takes SPLIT_BITS off the 128 that can differ. */
static void sort_piece(struct sort_key *keys, size_t n,
		       struct sort_key *scratch) /* NOLINT(misc-no-recursion) */
{
	size_t ends[PIECES], start = 0;

	if (n <= CACHED_KEYS) {
		sort_cached(keys, n, scratch);
		return;
	}
	if (!split(keys, n, ends))
		return;
	for (size_t i = 0; i < PIECES; i++) {
		sort_piece(keys + start, ends[i] - start, scratch);
		start = ends[i];
	}
}

void sort_keys_alone(struct sort_key *keys, size_t n, struct sort_key *scratch)
{
	sort_piece(keys, n, scratch);
}

struct sort_job {
	struct sort_key *keys;
	size_t ends[PIECES];
	atomic_uint next_piece;
	atomic_bool failed;
};

static void sort_pieces(void *argument)
{
	struct sort_job *job = argument;
	struct sort_key *scratch = malloc(CACHED_KEYS * sizeof(*scratch));
	unsigned int piece;
	size_t start;

	if (!scratch) {
		job->failed = true;
		return;
	}
	while ((piece = job->next_piece++) < PIECES) {
		start = piece ? job->ends[piece - 1] : 0;
		sort_piece(job->keys + start, job->ends[piece] - start, scratch);
	}
	free(scratch);
}

int sort_keys(struct sort_key *keys, size_t n)
{
	struct sort_job job = { .keys = keys };

	if (n < 2 || !split(keys, n, job.ends))
		return 0;
	run_on_two_threads(sort_pieces, &job);
	return job.failed ? -ENOMEM : 0;
}
