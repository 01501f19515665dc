/*
 * What only we elicited: services that answered scans of ours from outside, and nobody else ever.
 * Judged when a question is asked, of all times, and by the hour: a packet counts as elicited when
 * its peer is an address that a scan used (kept_scanner) in an hour of that scan. So it can be told
 * of batches without details too, and whoever has that address later counts as anybody.
 */
#ifndef SEKIMORI_CATALOGUE_OWN_INTERNAL_H
#define SEKIMORI_CATALOGUE_OWN_INTERNAL_H

#include "catalogue/catalogue_internal.h"
#include "catalogue/scans.h"

/* kept_scanner: an address and when a scan went out from it. */
extern const char own_schema[];

/* Notes a scan's sources there; within its transaction. */
must_check int own_note_sources(struct catalogue *c, const struct catalogue_scan *scan,
				struct diagnosis *d);

/*
 * Finds these services, unless that was done since own_forget; none where the question is what
 * scanners elicited. What cannot be read hides nothing, and is not told here. Costs nothing where
 * no scan came from outside. Returns 0, -ENOMEM or what SQLite says.
 */
must_check int own_find(struct catalogue *c, struct diagnosis *d);
void own_forget(struct catalogue *c);

/* Is it one of them? After own_find; any thread. */
bool own_has(const struct catalogue *c, struct net_addr host, uint16_t port, uint8_t protocol);

/* The addresses become known scanners of C's configuration, where it names them not. */
must_check int own_name_scanners(struct catalogue *c, struct diagnosis *d);

#endif
