/*
 * From journals to batches. Comes in: a journal that nobody writes any more. Goes out: the batch of
 * its name, committed and counted, and no journal. Killed at any point, it is done again.
 */
#ifndef SEKIMORI_WATCH_ABSORB_H
#define SEKIMORI_WATCH_ABSORB_H

#include "archive/journal.h"
#include "catalogue/catalogue.h"

/*
 * Makes a batch of a journal. One that is void is counted and removed, one that tells nothing (no
 * sighting, no gap, no time watched) only removed; one that is gone is done. C is the catalogue of
 * A, which is open for writing; takes the store's lock. Memory: that of one part.
 * Returns 0; -EBUSY when a living process writes it; ERR_DAMAGED or ERR_FORMAT when it
 * cannot be read (it stays); or what archive and catalogue say. It may be called again then.
 */
must_check int absorb_journal(struct archive *a, struct catalogue *c, const char *name,
			      struct diagnosis *d);

/*
 * All journals that no living process holds, oldest first, and what was left of unfinished ones.
 * One that cannot be read is set aside (journal_set_aside), and D says so. Goes on after an error
 * with one of them, and returns the first, with its words.
 */
must_check int absorb_dead(struct archive *a, struct catalogue *c, struct diagnosis *d);

#endif
