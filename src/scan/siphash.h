/*
 * SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012) over whole
 * 64-bit words: what a probe asks is put, under a key of this run's own, into the probe itself, so
 * that an answer proves to be one without any memory of the question. Forgery needs the key.
 */
#ifndef SEKIMORI_SCAN_SIPHASH_H
#define SEKIMORI_SCAN_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t words[2];
};

static inline uint64_t siphash_turn(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void siphash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = siphash_turn(v[1], 13) ^ v[0];
	v[3] = siphash_turn(v[3], 16) ^ v[2];
	v[0] = siphash_turn(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = siphash_turn(v[1], 17) ^ v[2];
	v[3] = siphash_turn(v[3], 21) ^ v[0];
	v[2] = siphash_turn(v[2], 32);
}

static inline void siphash_take(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	siphash_round(v);
	siphash_round(v);
	v[0] ^= word;
}

/* The words are those of the bytes in little-endian order; at most 31. */
static inline uint64_t siphash(struct siphash_key key, const uint64_t *words, size_t n)
{
	uint64_t v[4] = { key.words[0] ^ 0x736f6d6570736575ULL,
			  key.words[1] ^ 0x646f72616e646f6dULL,
			  key.words[0] ^ 0x6c7967656e657261ULL,
			  key.words[1] ^ 0x7465646279746573ULL };

	for (size_t i = 0; i < n; i++)
		siphash_take(v, words[i]);
	siphash_take(v, (uint64_t)(n * 8) << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		siphash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
