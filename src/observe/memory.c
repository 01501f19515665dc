#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "observe/memory_internal.h"

#define WAYS 4

int memory_init(struct memory *m, unsigned set_bits, uint64_t life_ns, memory_matters_fn *matters)
{
	m->entries = calloc((size_t)WAYS << set_bits, sizeof(*m->entries));
	m->set_bits = set_bits;
	m->life_ns = life_ns;
	m->matters = matters;
	m->used = false;
	return m->entries ? 0 : -ENOMEM;
}

void memory_finish(struct memory *m)
{
	free(m->entries);
	memset(m, 0, sizeof(*m));
}

static bool alive(const struct memory *m, const struct memory_entry *e, uint64_t time_ns)
{
	/* Time may step back a little within a capture, or far between captures: both ways count.
	 */
	uint64_t apart = time_ns > e->time_ns ? time_ns - e->time_ns : e->time_ns - time_ns;

	return apart <= m->life_ns;
}

static bool is_worth_its_place(const struct memory *m, const struct memory_entry *e,
			       uint64_t time_ns)
{
	return e->key && alive(m, e, time_ns) && (!m->matters || m->matters(e, time_ns));
}

/* Of the same age, the key decides: places in a set are not kept over saving and loading. */
static bool is_older(const struct memory_entry *a, const struct memory_entry *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->key < b->key;
}

static struct memory_entry *set_of(const struct memory *m, uint64_t key)
{
	return m->entries + WAYS * (key >> (64 - m->set_bits));
}

struct memory_entry *memory_find(const struct memory *m, uint64_t key, uint64_t time_ns)
{
	struct memory_entry *set;

	if (!m->used)
		return NULL;
	set = set_of(m, key);
	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return alive(m, &set[i], time_ns) ? &set[i] : NULL;
	}
	return NULL;
}

struct memory_entry *memory_put(struct memory *m, uint64_t key, uint64_t time_ns)
{
	struct memory_entry *set = set_of(m, key), *place = NULL, *oldest = set;

	m->used = true;
	for (int i = 0; i < WAYS; i++) {
		bool worth = is_worth_its_place(m, &set[i], time_ns);

		if (set[i].key == key) {
			if (!worth)
				set[i].value = 0;
			set[i].time_ns = time_ns;
			return &set[i];
		}
		if (!worth)
			place = &set[i];
		if (is_older(&set[i], oldest))
			oldest = &set[i];
	}
	if (!place)
		place = oldest;
	*place = (struct memory_entry){ key, time_ns, 0 };
	return place;
}

void memory_save(const struct memory *m, uint64_t time_ns, struct buffer *out)
{
	size_t n = (size_t)WAYS << m->set_bits, count_at = out->length;
	uint32_t count = 0;

	buffer_put_u32(out, 0);
	for (size_t i = 0; m->used && i < n; i++) {
		const struct memory_entry *e = &m->entries[i];

		if (!is_worth_its_place(m, e, time_ns))
			continue;
		buffer_put_u64(out, e->key);
		buffer_put_u64(out, e->time_ns);
		buffer_put_u64(out, e->value);
		count++;
	}
	buffer_patch_u32(out, count_at, count);
}

void memory_load(struct memory *m, struct cursor *c)
{
	uint32_t count = cursor_u32_le(c);

	for (uint32_t i = 0; i < count && !c->overrun; i++) {
		uint64_t key = cursor_u64_le(c), time_ns = cursor_u64_le(c),
			 value = cursor_u64_le(c);

		if (!c->overrun && key)
			memory_put(m, key, time_ns)->value = value;
	}
}

uint64_t memory_key(struct net_addr a, uint16_t a_port, struct net_addr b, uint16_t b_port)
{
	uint64_t key = hash_fold(a.lo ^ 0x9e3779b97f4a7c15ULL, b.lo ^ 0x6a09e667f3bcc909ULL);

	key += hash_fold(a.hi ^ 0xbb67ae8584caa73bULL, b.hi ^ 0x3c6ef372fe94f82bULL);
	key = hash_mix(key ^ ((uint64_t)a_port << 16 | b_port));
	return key ? key : 1;
}
