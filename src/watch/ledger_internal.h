/*
 * The ledger of gaps, as the line's thread keeps it: what each second brings, for the next post,
 * and the last ones for whoever asks.
 */
#ifndef SEKIMORI_WATCH_LEDGER_INTERNAL_H
#define SEKIMORI_WATCH_LEDGER_INTERNAL_H

#include "archive/batch.h"

#define LEDGER_RECENT_MAX 16
#define LEDGER_JOIN_NS    3000000000ULL /* gaps of one kind this near to each other are one */

struct ledger {
	struct batch_gap *list; /* not yet in a post */
	size_t n, room;
	struct batch_gap recent[LEDGER_RECENT_MAX]; /* joined; the newest last */
	size_t n_recent;
	uint64_t lost; /* frames and sightings in gaps since the start */
};

void ledger_init(struct ledger *l);
void ledger_finish(struct ledger *l);

/* INTERFACE may be "". What there is no memory for is in `recent` at least. */
void ledger_note(struct ledger *l, const struct batch_gap *gap);

/* Hands the list over: the caller frees it. */
struct batch_gap *ledger_take(struct ledger *l, size_t *ret_n);

#endif
