/*
 * The load's random numbers: SplitMix64 (Steele, Lea and Flood, 2014). The same seed gives the same
 * load everywhere, so the C library's generators are no use here.
 */
#ifndef SEKIMORI_BENCH_LOAD_DRAW_H
#define SEKIMORI_BENCH_LOAD_DRAW_H

#include <stdint.h>

struct draw {
	uint64_t state;
};

static inline uint64_t draw_u64(struct draw *d)
{
	uint64_t x = d->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* Uniform over 0 to n - 1. The bias is below n / 2^32. */
static inline uint32_t draw_below(struct draw *d, uint32_t n)
{
	return (uint32_t)((draw_u64(d) >> 32) * n >> 32);
}

/* Uniform over first to last, both included. */
static inline uint32_t draw_between(struct draw *d, uint32_t first, uint32_t last)
{
	return first + draw_below(d, last - first + 1);
}

/* Uniform over (0, 1]: its logarithm is finite. */
static inline double draw_unit(struct draw *d)
{
	return (double)((draw_u64(d) >> 11) + 1) * 0x1p-53;
}

#endif
