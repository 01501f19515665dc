#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "archive/hours_internal.h"
#include "archive/memory_internal.h"
#include "archive/part_internal.h"
#include "base/hash.h"

#define CHUNK_FIRST 16u
#define CHUNK_MAX   4096u
#define HOUR_NONE   UINT32_MAX
#define PAGE_BYTES  4096u

/* Taken from the system at once, and how far ahead of need. */
#define WARM_BYTES       ((size_t)256 << 10)
#define WARM_AHEAD_BYTES ((size_t)8 << 20)

/* Given back to the system at once, at least: a call costs as much as many pages. */
#define RELEASE_BYTES ((size_t)4 << 20)

/*
 * A new chunk is never larger than what its hour has already: the room is at most twice the records
 * and a first chunk an hour. A sixteenth of it at most goes into heads.
 */
#define ROOM_MAX    (2ULL * PART_RECORDS_MAX + (uint64_t)CHUNK_FIRST * (HOURS_OF_PART_MAX + 1))
#define ARENA_WORDS (ROOM_MAX + ROOM_MAX / 4 + ROOM_MAX / CHUNK_FIRST)

static_assert(ARENA_WORDS < UINT32_MAX, "a word's number fits");
static_assert(CHUNK_FIRST % 4 == 0, "ports fill words");

int hours_init(struct hours *h)
{
	memset(h, 0, sizeof(*h));
	h->open_hour = HOUR_NONE;
	/* Of small pages: it is filled from the start on, and can be warmed in small pieces. */
	h->arena = mmap(NULL, ARENA_WORDS * sizeof(*h->arena), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h->arena == MAP_FAILED)
		h->arena = NULL;
	return h->arena ? 0 : -ENOMEM;
}

static void free_sorted(struct hours *h)
{
	for (size_t i = 0; i < h->n; i++)
		large_free(h->list[i].sorted, h->list[i].n_records, sizeof(struct sort_key));
}

void hours_finish(struct hours *h)
{
	free_sorted(h);
	free(h->list);
	id_table_finish(&h->ids);
	if (h->arena)
		(void)munmap(h->arena, ARENA_WORDS * sizeof(*h->arena));
	memset(h, 0, sizeof(*h));
}

void hours_reset(struct hours *h)
{
	free_sorted(h);
	id_table_clear(&h->ids);
	h->n = 0;
	h->n_records = 0;
	h->used = 0;
	h->open_hour = HOUR_NONE;
	h->left = 0;
}

/* ---- adding ---- */

static uint64_t hash_of(const void *hours, uint32_t id)
{
	const struct hours *h = hours;

	return hash_mix(h->list[id].hour);
}

static uint32_t find_hour(const struct hours *h, uint32_t hour)
{
	uint64_t hash = hash_mix(hour), at = hash;
	uint32_t id;

	do {
		id = id_table_next(&h->ids, hash, &at);
	} while (id != ID_NONE && h->list[id].hour != hour);
	return id;
}

bool hours_have(const struct hours *h, uint32_t hour)
{
	return hour == h->open_hour || find_hour(h, hour) != ID_NONE;
}

/* The open hour's records so far: what its chunks have room for, less what is left. */
static void close_open(struct hours *h)
{
	if (h->open_hour == HOUR_NONE)
		return;
	h->list[h->open].n_records += h->list[h->open].left - h->left;
	h->list[h->open].left = h->left;
	h->open_hour = HOUR_NONE;
	h->left = 0;
}

static uint32_t capacity_of(const struct hours *h, uint32_t chunk)
{
	return (uint32_t)h->arena[chunk];
}

static uint32_t begin_chunk(struct hours *h, uint32_t capacity)
{
	size_t chunk = h->used, end = chunk + 1 + capacity + capacity / 4;

	assert(end <= ARENA_WORDS);
	h->used = end;
	h->arena[chunk] = capacity;
	return (uint32_t)chunk;
}

static int begin_hour(struct hours *h, uint32_t hour)
{
	struct hour *list = h->list;
	uint32_t chunk;

	if (id_table_make_room(&h->ids, hash_of, h))
		return -ENOMEM;
	if (h->n == h->room) {
		list = realloc(list, (2 * h->room + 64) * sizeof(*list));
		if (!list)
			return -ENOMEM;
		h->list = list;
		h->room = 2 * h->room + 64;
	}
	chunk = begin_chunk(h, CHUNK_FIRST);
	list[h->n++] =
		(struct hour){ .hour = hour, .first = chunk, .last = chunk, .left = CHUNK_FIRST };
	(void)id_table_add(&h->ids, hash_mix(hour));
	return 0;
}

static void add_chunk(struct hours *h, struct hour *hour)
{
	uint32_t more = hour->n_records & ~(CHUNK_FIRST - 1), chunk;

	chunk = begin_chunk(h, MIN(more, CHUNK_MAX));
	h->arena[hour->last] |= (uint64_t)chunk << 32;
	hour->last = chunk;
	hour->left = capacity_of(h, chunk);
}

int hours_turn_to(struct hours *h, uint32_t hour)
{
	struct hour *to;
	uint32_t id, capacity;
	uint64_t *keys;
	int error;

	close_open(h);
	id = find_hour(h, hour);
	if (id == ID_NONE) {
		id = (uint32_t)h->n;
		error = begin_hour(h, hour);
		if (error < 0)
			return error;
	}
	to = &h->list[id];
	if (!to->left)
		add_chunk(h, to);
	capacity = capacity_of(h, to->last);
	keys = &h->arena[to->last + 1];
	h->open = id;
	h->open_hour = hour;
	h->left = to->left;
	h->key = keys + (capacity - to->left);
	h->port = (uint16_t *)(keys + capacity) + (capacity - to->left);
	return 0;
}

void hours_warm(struct hours *h)
{
	size_t used_bytes = h->used * sizeof(*h->arena), start = MAX(h->warmed_bytes, used_bytes);

	start &= ~(WARM_BYTES - 1);
	if (start > used_bytes + WARM_AHEAD_BYTES ||
	    start + WARM_BYTES > ARENA_WORDS * sizeof(*h->arena))
		return;
	h->warmed_bytes = start + WARM_BYTES;
#ifdef MADV_POPULATE_WRITE
	/* An older system does not know it: then the pages come when they are wanted. */
	(void)madvise((char *)h->arena + start, WARM_BYTES, MADV_POPULATE_WRITE);
#endif
}

/* ---- walking ---- */

static int compare_hours(const void *left, const void *right)
{
	const struct hour *a = left, *b = right;

	return a->hour < b->hour ? -1 : a->hour > b->hour;
}

void hours_end(struct hours *h)
{
	close_open(h);
	qsort(h->list, h->n, sizeof(*h->list), compare_hours);
}

bool hours_chunk(const struct hours *h, const struct hour *hour, struct hour_chunk *c)
{
	bool begins = !c->keys;
	uint32_t chunk = begins ? hour->first : c->next, capacity;

	c->left = begins ? hour->n_records : c->left - c->n;
	if (!c->left)
		return false;
	capacity = capacity_of(h, chunk);
	c->next = (uint32_t)(h->arena[chunk] >> 32);
	c->keys = &h->arena[chunk + 1];
	c->ports = (uint16_t *)(c->keys + capacity);
	c->n = MIN(c->left, capacity);
	return true;
}

void hours_release_rest(struct hour_release *r)
{
	uintptr_t from = (r->from + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
	uintptr_t to = r->to & ~(uintptr_t)(PAGE_BYTES - 1);

	if (from < to)
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
	r->from = r->to;
}

void hours_release(struct hour_release *r, const struct hour_chunk *c)
{
	uintptr_t from = (uintptr_t)(c->keys - 1);

	/* Mostly, an hour's next chunk begins where the last one ends. */
	if (from != r->to) {
		hours_release_rest(r);
		r->from = from;
	}
	r->to = (uintptr_t)(c->ports + c->n);
	if (r->to - r->from >= RELEASE_BYTES)
		hours_release_rest(r);
}
