#include "scan/permute.h"

/* The least a with a * a >= n. */
static uint64_t root(uint64_t n)
{
	uint64_t low = 1, high = 1ULL << 32;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (middle < (1ULL << 32) && middle * middle < n)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void permutation_init(struct permutation *p, uint64_t n, uint64_t seed)
{
	uint64_t a = root(n);

	p->n = n;
	p->a = (uint32_t)a;
	p->b = (uint32_t)((n + a - 1) / a);
	for (int i = 0; i < PERMUTATION_ROUNDS; i++)
		p->keys[i] = hash_mix(seed + (uint64_t)(i + 1) * 0x9e3779b97f4a7c15ULL);
}
