#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/memory_internal.h"
#include "archive/part.h"
#include "archive/v4_table_internal.h"

#define SLOTS_FIRST 2048u
#define SLOTS_MAX   (1u << 22)
#define GROWTH      4u /* outgrown tables are thrown away: few, and small beside the last one */
#define RANK_BITS   11u

static_assert(PART_PEERS_MAX <= SLOTS_MAX / 2, "the largest table is at most half full");

void v4_table_init(struct v4_table *t, uint64_t seed)
{
	memset(t, 0, sizeof(*t));
	t->seed = seed;
}

static void free_slots(struct v4_table *t)
{
	if (t->slots)
		large_free(t->slots, (size_t)t->mask + 1, sizeof(*t->slots));
}

void v4_table_finish(struct v4_table *t)
{
	free_slots(t);
	memset(t, 0, sizeof(*t));
}

void v4_table_clear(struct v4_table *t)
{
	if (t->count)
		memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof(*t->slots));
	t->count = 0;
}

static void put(struct v4_table *t, uint64_t hash, uint64_t slot)
{
	uint64_t at = hash;

	while (t->slots[at & t->mask])
		at++;
	t->slots[at & t->mask] = slot;
}

static int grow(struct v4_table *t)
{
	struct v4_table grown = *t;

	grown.mask = t->slots ? MIN((t->mask + 1) * GROWTH, SLOTS_MAX) - 1 : SLOTS_FIRST - 1;
	grown.slots = large_alloc_table((size_t)grown.mask + 1, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	for (uint64_t i = 0; t->slots && i <= t->mask; i++) {
		if (t->slots[i]) {
			put(&grown, v4_table_hash(t, (uint32_t)(t->slots[i] >> 32)), t->slots[i]);
		}
	}
	free_slots(t);
	*t = grown;
	return 0;
}

int v4_table_add(struct v4_table *t, uint32_t v4, uint64_t hash, uint32_t *ret_id)
{
	int error = t->slots && t->count < (t->mask + 1) / 2 ? 0 : grow(t);

	if (error < 0)
		return error;
	*ret_id = t->count++;
	put(t, hash, (uint64_t)v4 << 32 | (*ret_id + 1));
	return 0;
}

/* ---- order ---- */

/* One stable pass over RANK_BITS of the address. */
static void pass(const uint64_t *from, uint64_t *to, uint32_t n, unsigned int shift)
{
	uint32_t starts[1u << RANK_BITS] = { 0 }, sum = 0, count;

	for (uint32_t i = 0; i < n; i++)
		starts[from[i] >> shift & ((1u << RANK_BITS) - 1)]++;
	for (uint32_t i = 0; i < 1u << RANK_BITS; i++) {
		count = starts[i];
		starts[i] = sum;
		sum += count;
	}
	for (uint32_t i = 0; i < n; i++)
		to[starts[from[i] >> shift & ((1u << RANK_BITS) - 1)]++] = from[i];
}

/* At most half of the slots are taken: one half holds what the other is sorted into. */
void v4_table_rank(struct v4_table *t, const uint32_t **ret_sorted, const uint32_t **ret_rank)
{
	uint64_t *front = t->slots, *back = t->slots + ((size_t)t->mask + 1) / 2;
	uint32_t *sorted, *rank, n = 0;

	for (uint64_t i = 0; t->slots && i <= t->mask; i++) {
		front[n] = front[i];
		n += front[i] != 0;
	}
	*ret_sorted = *ret_rank = sorted = rank = (uint32_t *)front;
	if (!n)
		return;
	pass(front, back, n, 32);
	pass(back, front, n, 32 + RANK_BITS);
	pass(front, back, n, 32 + 2 * RANK_BITS);
	rank = sorted + n;
	for (uint32_t i = 0; i < n; i++) {
		sorted[i] = (uint32_t)(back[i] >> 32);
		rank[(uint32_t)back[i] - 1] = i;
	}
	*ret_rank = rank;
}
