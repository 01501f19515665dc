/*
 * The numbers 0 to n - 1 in an order that looks random, each exactly once, without a table: what is
 * next to each other in the order is seldom so in the net, and where a walk stands is one number.
 *
 * The generalised Feistel cipher with cycle-walking of J. Black and P. Rogaway, "Ciphers with
 * Arbitrary Finite Domains", CT-RSA 2002, methods 2 and 3: a number is (L, R) with L < a and R < b,
 * a * b being n or just above it; where the cipher's answer is n or more it is enciphered again.
 * It is there for the spread, not for secrecy.
 */
#ifndef SEKIMORI_SCAN_PERMUTE_H
#define SEKIMORI_SCAN_PERMUTE_H

#include <stdint.h>

#include "base/hash.h"

#define PERMUTATION_ROUNDS 4 /* even: the halves end where they began */

/* Above it a and b would not fit 32 bits. */
#define PERMUTATION_MAX (1ULL << 63)

struct permutation {
	uint64_t n;
	uint32_t a, b;
	uint64_t keys[PERMUTATION_ROUNDS];
};

/* N is 1 to PERMUTATION_MAX. The same N and SEED give the same order, on every machine. */
void permutation_init(struct permutation *p, uint64_t n, uint64_t seed);

static inline uint64_t permutation_encipher(const struct permutation *p, uint64_t x)
{
	uint64_t l = x % p->a, r = x / p->a;

	for (int i = 0; i < PERMUTATION_ROUNDS; i++) {
		uint64_t f = hash_mix(r ^ p->keys[i]) >> 32;
		uint64_t next = (l + f) % (i % 2 ? p->b : p->a);

		l = r;
		r = next;
	}
	return p->a * r + l;
}

/* The number at that place of the order; INDEX is below n. Walks at most a few steps, on average
 * one and a little. */
static inline uint64_t permutation_at(const struct permutation *p, uint64_t index)
{
	do {
		index = permutation_encipher(p, index);
	} while (index >= p->n);
	return index;
}

#endif
