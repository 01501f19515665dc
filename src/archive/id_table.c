#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/id_table_internal.h"
#include "archive/memory_internal.h"

#define SLOTS_FIRST 1024u

static void free_slots(struct id_table *t)
{
	if (t->slots)
		large_free(t->slots, (size_t)t->mask + 1, sizeof(*t->slots));
}

void id_table_finish(struct id_table *t)
{
	free_slots(t);
	memset(t, 0, sizeof(*t));
}

void id_table_clear(struct id_table *t)
{
	if (t->count)
		memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof(*t->slots));
	t->count = 0;
}

static void put(uint32_t *slots, uint32_t mask, uint64_t hash, uint32_t id)
{
	uint64_t at = hash;

	while (slots[at & mask])
		at++;
	slots[at & mask] = id_table_tag(hash) | (id + 1);
}

int id_table_make_room(struct id_table *t, id_table_hash hash, const void *owner)
{
	uint32_t mask = t->slots ? t->mask : SLOTS_FIRST / 2 - 1;
	uint32_t *slots;

	if (t->slots && t->count < t->mask / 2)
		return 0;
	mask = mask * 2 + 1;
	slots = large_alloc_table((size_t)mask + 1, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (uint32_t id = 0; id < t->count; id++)
		put(slots, mask, hash(owner, id), id);
	free_slots(t);
	t->slots = slots;
	t->mask = mask;
	return 0;
}

uint32_t id_table_add(struct id_table *t, uint64_t hash)
{
	put(t->slots, t->mask, hash, t->count);
	return t->count++;
}
