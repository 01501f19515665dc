/*
 * Ids of IPv4 addresses in the order of their first appearance: open addressing with the key in the
 * slot, so that an answer costs one access to memory, which can be called for ahead. At most half
 * full.
 */
#ifndef SEKIMORI_ARCHIVE_V4_TABLE_INTERNAL_H
#define SEKIMORI_ARCHIVE_V4_TABLE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "archive/id_table_internal.h"
#include "base/hash.h"

struct v4_table {
	uint64_t *slots; /* address << 32 | id + 1; 0: free */
	uint32_t mask, count;
	uint64_t seed;
};

/* SEED: peers choose their addresses, but cannot choose where they collide. */
void v4_table_init(struct v4_table *t, uint64_t seed);
void v4_table_finish(struct v4_table *t);

/* Forgets the addresses, keeps the memory. */
void v4_table_clear(struct v4_table *t);

/* Gives an address that is not in the table the next id, which is the count so far. Returns 0 or
 * -ENOMEM. */
must_check int v4_table_add(struct v4_table *t, uint32_t v4, uint64_t hash, uint32_t *ret_id);

/*
 * The addresses in ascending order, and for each id its place there. Both lie in the table's own
 * memory, which is of no other use from then on: until it is cleared nothing can be found or added.
 */
void v4_table_rank(struct v4_table *t, const uint32_t **ret_sorted, const uint32_t **ret_rank);

static inline uint64_t v4_table_hash(const struct v4_table *t, uint32_t v4)
{
	return hash_fold(t->seed ^ v4, UINT64_C(0x9e3779b97f4a7c15));
}

static inline void v4_table_prefetch(const struct v4_table *t, uint64_t hash)
{
	if (t->slots)
		__builtin_prefetch(&t->slots[hash & t->mask]);
}

/* ID_NONE when the address is not in the table. */
static inline uint32_t v4_table_find(const struct v4_table *t, uint32_t v4, uint64_t hash)
{
	if (!t->slots)
		return ID_NONE;
	for (uint64_t at = hash; t->slots[at & t->mask]; at++) {
		if (t->slots[at & t->mask] >> 32 == v4)
			return (uint32_t)t->slots[at & t->mask] - 1;
	}
	return ID_NONE;
}

#endif
