/*
 * XXH64 (Yann Collet, doc/xxhash_spec.md of the xxHash project), seed 0: checksums of archive
 * blocks and the identity of captures. Not cryptographic: it tells accidents, not forgery.
 */
#ifndef SEKIMORI_BASE_HASH_H
#define SEKIMORI_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_STRIPE_BYTES 32

uint64_t hash_bytes(const void *bytes, size_t length);

/* The same over a stream that comes in whole stripes; a shorter last piece goes to the end call. */
struct hash_stream {
	uint64_t lane[4];
	uint64_t length;
};

void hash_stream_init(struct hash_stream *h);

/* LENGTH is a multiple of HASH_STRIPE_BYTES. */
void hash_stream_add(struct hash_stream *h, const void *bytes, size_t length);

/* What hash_bytes would say of all that was added so far. The stream may go on. */
uint64_t hash_stream_value(const struct hash_stream *h);

/* Spreads a 64-bit key over all bits (the finaliser of SplitMix64, Steele et al. 2014). For hash
 * tables. */
static inline uint64_t hash_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/*
 * Two words to one by a 64 x 64 -> 128 bit product whose halves are folded (the step of wyhash and
 * XXH3): quicker than hash_mix, for tables whose keys are first mixed with a seed or a constant, so
 * that no word is 0 but by accident.
 */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
