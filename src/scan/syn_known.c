#include "scan/syn_internal.h"

#define INTERVAL_NS     1000000ULL /* a port that is known is asked no more often than that */
#define PATIENCE_LEAST  60000000ULL
#define PATIENCE_MARGIN 10000000ULL
#define FAILS_MAX       6 /* in a row: it, and not the rate, is to blame */

enum {
	SYN_SLOT_FREE,  /* the sender's */
	SYN_SLOT_ASKED, /* the receiver's from here on, until it is free again */
	SYN_SLOT_CAME,
};

void syn_known_init(struct syn_known *k, uint64_t patience_ns)
{
	*k = (struct syn_known){ 0 };
	atomic_store(&k->patience_ns, patience_ns);
}

/* No sender runs. */
void syn_known_forget(struct syn_known *k)
{
	for (int kind = 0; kind < 2; kind++) {
		atomic_store(&k->n[kind], 0);
		for (int i = 0; i < SYN_KNOWN_MAX; i++)
			atomic_store(&k->entries[kind][i].place, 0);
	}
	for (int i = 0; i < SYN_KNOWN_SLOTS; i++)
		atomic_store(&k->slots[i].state, SYN_SLOT_FREE);
}

/* The first ones, then now and then another in the place of one, so that many hosts have a say. */
void syn_known_add(struct syn_known *k, syn_place place, bool open)
{
	uint32_t n = atomic_load_explicit(&k->n[open], memory_order_relaxed);
	struct syn_known_entry *e = &k->entries[open][n % SYN_KNOWN_MAX];

	if (n >= SYN_KNOWN_MAX && atomic_load_explicit(&e->place, memory_order_relaxed) != 0 &&
	    n % 17 != 0) {
		atomic_store_explicit(&k->n[open], n + 1, memory_order_release);
		return;
	}
	e->fails = 0;
	atomic_store_explicit(&e->place, place, memory_order_release);
	atomic_store_explicit(&k->n[open], n + 1, memory_order_release);
}

/* An open one, or a closed one where none is: some systems send few RSTs a second, and that is no
 * loss. */
static bool choose(struct syn_known *k, uint32_t *ret_kind, uint32_t *ret_entry)
{
	for (int kind = 1; kind >= 0; kind--) {
		uint32_t n = atomic_load_explicit(&k->n[kind], memory_order_acquire);

		n = MIN(n, SYN_KNOWN_MAX);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t entry = k->next_entry++ % n;

			if (atomic_load_explicit(&k->entries[kind][entry].place,
						 memory_order_relaxed) == 0)
				continue;
			*ret_kind = (uint32_t)kind;
			*ret_entry = entry;
			return true;
		}
	}
	return false;
}

bool syn_known_next(struct syn_known *k, uint64_t now_ns, syn_place *ret_place, uint32_t *ret_slot)
{
	uint32_t i = k->next_slot % SYN_KNOWN_SLOTS;
	struct syn_known_slot *slot = &k->slots[i];
	uint32_t kind, entry;

	if (now_ns < k->next_ns ||
	    atomic_load_explicit(&slot->state, memory_order_acquire) != SYN_SLOT_FREE ||
	    !choose(k, &kind, &entry))
		return false;
	slot->place = atomic_load_explicit(&k->entries[kind][entry].place, memory_order_relaxed);
	if (slot->place == 0)
		return false;
	slot->kind = kind;
	slot->entry = entry;
	slot->sent_ns = now_ns;
	k->next_ns = now_ns + INTERVAL_NS / MIN(atomic_load(&k->n[kind]), SYN_KNOWN_MAX);
	k->next_slot++;
	atomic_store_explicit(&slot->state, SYN_SLOT_ASKED, memory_order_release);
	*ret_place = slot->place;
	*ret_slot = i;
	return true;
}

void syn_known_came(struct syn_known *k, uint32_t slot, syn_place place, uint64_t time_ns)
{
	struct syn_known_slot *s = &k->slots[slot];
	uint64_t took;

	if (atomic_load_explicit(&s->state, memory_order_acquire) != SYN_SLOT_ASKED ||
	    s->place != place)
		return;
	took = time_ns > s->sent_ns ? time_ns - s->sent_ns : 0;
	k->slowest_ns = MAX(took, k->slowest_ns - k->slowest_ns / 64);
	atomic_store_explicit(&s->state, SYN_SLOT_CAME, memory_order_relaxed);
}

static void learn_patience(struct syn_known *k)
{
	uint64_t patience = 4 * k->slowest_ns + PATIENCE_MARGIN;

	if (k->slowest_ns)
		atomic_store_explicit(&k->patience_ns, MAX(patience, PATIENCE_LEAST),
				      memory_order_relaxed);
}

static bool judge(struct syn_known *k, struct syn_known_slot *s, bool came)
{
	struct syn_known_entry *e = &k->entries[s->kind][s->entry];

	if (atomic_load_explicit(&e->place, memory_order_relaxed) != s->place)
		return false;
	e->fails = came ? 0 : e->fails + 1;
	if (e->fails >= FAILS_MAX)
		atomic_store_explicit(&e->place, 0, memory_order_relaxed);
	return true;
}

void syn_known_count(struct syn_known *k, uint64_t now_ns, uint32_t *ret_came, uint32_t *ret_lost)
{
	uint64_t patience = atomic_load_explicit(&k->patience_ns, memory_order_relaxed);

	*ret_came = *ret_lost = 0;
	for (int i = 0; i < SYN_KNOWN_SLOTS; i++) {
		struct syn_known_slot *s = &k->slots[i];
		int state = atomic_load_explicit(&s->state, memory_order_acquire);
		bool came = state == SYN_SLOT_CAME;

		if (state == SYN_SLOT_FREE ||
		    (state == SYN_SLOT_ASKED && now_ns < s->sent_ns + patience))
			continue;
		if (judge(k, s, came))
			*(came ? ret_came : ret_lost) += 1;
		atomic_store_explicit(&s->state, SYN_SLOT_FREE, memory_order_release);
	}
	learn_patience(k);
}
