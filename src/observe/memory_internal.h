/*
 * A bounded memory of things seen: fingerprints with the time they were last seen and a small
 * value. Sets of four ways; what does not fit pushes out what no longer matters, else the oldest of
 * its set. Nothing is ever scanned or swept: an entry whose lifetime has passed is simply not
 * found.
 *
 * What no longer matters is not saved either, so a full memory forgets the same whether it was
 * saved and loaded on the way or not.
 */
#ifndef SEKIMORI_OBSERVE_MEMORY_INTERNAL_H
#define SEKIMORI_OBSERVE_MEMORY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/cursor.h"

struct memory_entry {
	uint64_t key; /* 0: empty */
	uint64_t time_ns;
	uint64_t value;
};

/* Can this entry, which is alive, still matter at that time or later? */
typedef bool memory_matters_fn(const struct memory_entry *e, uint64_t time_ns);

struct memory {
	struct memory_entry *entries;
	memory_matters_fn *matters; /* NULL: as long as it is alive */
	unsigned set_bits;
	uint64_t life_ns;
	bool used; /* anything was ever put in: lets the hot path skip an empty memory */
};

/* 4 << SET_BITS entries. MATTERS may be NULL. Returns 0 or -ENOMEM. */
must_check int memory_init(struct memory *m, unsigned set_bits, uint64_t life_ns,
			   memory_matters_fn *matters);
void memory_finish(struct memory *m);

/* The entry of KEY if it is alive at that time, else NULL. Valid until the next put. */
struct memory_entry *memory_find(const struct memory *m, uint64_t key, uint64_t time_ns);

/* Finds or makes the entry of KEY and dates it. A new one has value 0. Never NULL. */
struct memory_entry *memory_put(struct memory *m, uint64_t key, uint64_t time_ns);

/*
 * Entries alive at that time that still matter. Loading stops, with c->overrun set, where the bytes
 * end too early.
 */
void memory_save(const struct memory *m, uint64_t time_ns, struct buffer *out);
void memory_load(struct memory *m, struct cursor *c);

/* A fingerprint of two endpoints in that order; a port of 0 leaves the port out. Never 0. */
uint64_t memory_key(struct net_addr a, uint16_t a_port, struct net_addr b, uint16_t b_port);

#endif
