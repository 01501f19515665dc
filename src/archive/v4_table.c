#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/memory_internal.h"
#include "archive/v4_table_internal.h"

#define SLOTS_FIRST 1024u

void v4_table_init(struct v4_table *t, uint64_t seed)
{
	memset(t, 0, sizeof(*t));
	t->seed = seed;
}

void v4_table_finish(struct v4_table *t)
{
	free(t->slots);
	memset(t, 0, sizeof(*t));
}

void v4_table_clear(struct v4_table *t)
{
	if (t->count)
		memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof(*t->slots));
	t->count = 0;
}

static void put(struct v4_table *t, uint64_t slot)
{
	uint32_t at = v4_table_place(t, (uint32_t)(slot >> 32));

	while (t->slots[at])
		at = (at + 1) & t->mask;
	t->slots[at] = slot;
}

static int grow(struct v4_table *t)
{
	struct v4_table grown = *t;

	grown.mask = t->slots ? t->mask * 2 + 1 : SLOTS_FIRST - 1;
	grown.slots = large_alloc((size_t)grown.mask + 1, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	memset(grown.slots, 0, ((size_t)grown.mask + 1) * sizeof(*grown.slots));
	for (uint64_t i = 0; t->slots && i <= t->mask; i++) {
		if (t->slots[i])
			put(&grown, t->slots[i]);
	}
	free(t->slots);
	*t = grown;
	return 0;
}

int v4_table_add(struct v4_table *t, uint32_t v4, uint32_t *ret_id)
{
	int error = t->slots && t->count < t->mask / 2 ? 0 : grow(t);

	if (error < 0)
		return error;
	*ret_id = t->count++;
	put(t, (uint64_t)v4 << 32 | (*ret_id + 1));
	return 0;
}
