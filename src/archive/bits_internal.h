/*
 * Bits in and out of bytes, least significant first, and the Rice code (docs/archive-format.md,
 * "Codes").
 *
 * The writer checks nothing: its caller reserves what the column can need at most. The reader
 * trusts nothing: past the end it gives zeros and sets `overrun`, which stays set; check it once
 * after a run of takes.
 */
#ifndef SEKIMORI_ARCHIVE_BITS_INTERNAL_H
#define SEKIMORI_ARCHIVE_BITS_INTERNAL_H

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BITS_AT_ONCE 56 /* most bits of one put or take */
#define BITS_PADDING 8  /* bytes that must be readable, or writable, after the end */

struct bit_writer {
	uint8_t *start, *at;
	uint64_t held; /* n_held bits that are not yet a whole byte */
	unsigned int n_held;
};

struct bit_reader {
	const uint8_t *bytes;
	uint64_t at, end; /* in bits */
	bool overrun;
};

static inline unsigned int bit_length(uint64_t x)
{
	return x ? 64 - (unsigned int)__builtin_clzll(x) : 0;
}

static inline struct bit_writer bits_into(uint8_t *bytes)
{
	return (struct bit_writer){ .start = bytes, .at = bytes };
}

/* X is below 2^n, N at most BITS_AT_ONCE. */
static inline void bits_put(struct bit_writer *w, uint64_t x, unsigned int n)
{
	uint64_t le;

	w->held |= x << w->n_held;
	w->n_held += n;
	le = htole64(w->held);
	memcpy(w->at, &le, sizeof(le));
	w->at += w->n_held >> 3;
	w->held >>= w->n_held & 0x38;
	w->n_held &= 7;
}

static inline uint64_t bits_written(const struct bit_writer *w)
{
	return (uint64_t)(w->at - w->start) * 8 + w->n_held;
}

/* Fills the last byte with zeros. Returns the bytes written in all. */
static inline size_t bits_end(struct bit_writer *w)
{
	if (w->n_held)
		bits_put(w, 0, 8 - w->n_held);
	return (size_t)(w->at - w->start);
}

/* BITS_PADDING bytes after BYTES + LENGTH are readable. */
static inline struct bit_reader bits_over(const uint8_t *bytes, size_t length)
{
	return (struct bit_reader){ .bytes = bytes, .end = (uint64_t)length * 8 };
}

/* The next 57 bits or more, those past the end being of no meaning. */
static inline uint64_t bits_peek(const struct bit_reader *r)
{
	uint64_t le;

	memcpy(&le, r->bytes + (r->at >> 3), sizeof(le));
	return le64toh(le) >> (r->at & 7);
}

static inline void bits_skip(struct bit_reader *r, unsigned int n)
{
	r->at += n;
	if (__builtin_expect(r->at > r->end, 0)) {
		r->at = r->end;
		r->overrun = true;
	}
}

static inline uint64_t bits_take(struct bit_reader *r, unsigned int n)
{
	uint64_t x = bits_peek(r) & ((UINT64_C(1) << n) - 1);

	bits_skip(r, n);
	return r->overrun ? 0 : x;
}

/* Takes the zeros that fill a byte. False when they are none. */
static inline bool bits_to_byte(struct bit_reader *r)
{
	return bits_take(r, (unsigned int)(-r->at & 7)) == 0 && !r->overrun;
}

/* All bits were taken but the zeros that fill the last byte. */
static inline bool bits_at_end(const struct bit_reader *r)
{
	uint64_t left = r->end - r->at;

	return !r->overrun && left < 8 && !(bits_peek(r) & ((UINT64_C(1) << left) - 1));
}

/*
 * The parameter for N ascending ids below UNIVERSE, N 1 or more. Kiely, "Selecting the Golomb
 * Parameter in Rice Coding" (2004): the best k is 1 + floor(log2(0.481 mean)).
 */
static inline unsigned int rice_parameter(uint64_t universe, uint64_t n)
{
	assert(n);
	return bit_length(universe * 31 / (n * 64));
}

static inline void rice_put(struct bit_writer *w, uint64_t x, unsigned int k)
{
	uint64_t quotient = x >> k;

	while (__builtin_expect(quotient + 1 + k > BITS_AT_ONCE, 0)) {
		unsigned int zeros =
			quotient < BITS_AT_ONCE ? (unsigned int)quotient : BITS_AT_ONCE;

		bits_put(w, 0, zeros);
		quotient -= zeros;
	}
	x &= (UINT64_C(1) << k) - 1;
	bits_put(w, (x << 1 | 1) << quotient, (unsigned int)quotient + 1 + k);
}

/* K is at most 32, so that what is left of a code whose zeros were skipped can be had at once. */
static inline uint64_t rice_take(struct bit_reader *r, unsigned int k)
{
	uint64_t quotient = 0, ahead;
	unsigned int zeros;

	for (;;) {
		ahead = bits_peek(r);
		zeros = ahead ? (unsigned int)__builtin_ctzll(ahead) : BITS_AT_ONCE;
		if (__builtin_expect(zeros + 1 + k <= BITS_AT_ONCE, 1))
			break;
		zeros = zeros < BITS_AT_ONCE ? zeros : BITS_AT_ONCE;
		bits_skip(r, zeros);
		if (r->overrun)
			return 0;
		quotient += zeros;
	}
	bits_skip(r, zeros + 1 + k);
	return (quotient + zeros) << k | (ahead >> zeros >> 1 & ((UINT64_C(1) << k) - 1));
}

#endif
