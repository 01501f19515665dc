/*
 * Which id has this key? An open hash table of ids; the keys lie with the owner, in an array by id.
 * A slot holds an id and a piece of its key's hash, so that a wrong key is looked at once in 2048
 * times.
 */
#ifndef SEKIMORI_ARCHIVE_ID_TABLE_INTERNAL_H
#define SEKIMORI_ARCHIVE_ID_TABLE_INTERNAL_H

#include <stdint.h>

#include "base/macros.h"

#define ID_TABLE_ID_BITS 21u
#define ID_TABLE_IDS_MAX ((1u << ID_TABLE_ID_BITS) - 1)
#define ID_NONE          UINT32_MAX

struct id_table {
	uint32_t *slots; /* hash piece << ID_TABLE_ID_BITS | id + 1; 0: free */
	uint32_t mask, count;
};

/* The hash of the owner's key ID. */
typedef uint64_t (*id_table_hash)(const void *owner, uint32_t id);

void id_table_finish(struct id_table *t);
void id_table_clear(struct id_table *t);

/* Makes room for one more id. Returns 0 or -ENOMEM. */
must_check int id_table_make_room(struct id_table *t, id_table_hash hash, const void *owner);

/*
 * Puts in the next id, which is the count so far, and returns it. After id_table_make_room; the
 * key is not in yet.
 */
uint32_t id_table_add(struct id_table *t, uint64_t hash);

static inline uint32_t id_table_tag(uint64_t hash)
{
	return (uint32_t)(hash >> 32) & ~ID_TABLE_IDS_MAX;
}

static inline void id_table_prefetch(const struct id_table *t, uint64_t hash)
{
	if (t->slots)
		__builtin_prefetch(&t->slots[hash & t->mask]);
}

/*
 * Walks the ids that may have the key: begin with AT = hash, compare the key of each id returned,
 * go on until it is the one or ID_NONE.
 */
static inline uint32_t id_table_next(const struct id_table *t, uint64_t hash, uint64_t *at)
{
	uint32_t slot;

	while (t->slots && (slot = t->slots[(*at)++ & t->mask])) {
		if ((slot & ~ID_TABLE_IDS_MAX) == id_table_tag(hash))
			return (slot & ID_TABLE_IDS_MAX) - 1;
	}
	return ID_NONE;
}

#endif
