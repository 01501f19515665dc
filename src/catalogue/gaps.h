/*
 * When nobody looked, or not well: the ledger of gaps. What was not seen then is not closed.
 *
 * Two kinds. Stretches that no capture and no sensor's watch covers; and those that a sensor
 * recorded, within its watch or before it, for which it may have missed something.
 */
#ifndef SEKIMORI_CATALOGUE_GAPS_H
#define SEKIMORI_CATALOGUE_GAPS_H

#include "catalogue/catalogue.h"

struct catalogue_gap {
	uint64_t from_ns, to_ns; /* what lies in the stretch asked for */
	bool recorded;           /* by a sensor; else nothing covers it, and there is no more */
	enum batch_gap_kind kind;
	uint64_t count; /* frames or sightings, where they were counted: of all of the gap */
	char interface[BATCH_INTERFACE_MAX]; /* "" for all of them */
};

/*
 * All that touch [FROM_NS, TO_NS), by their beginning; of those that nothing covers, the ones of
 * LEAST_NS or more. Journals are looked at too, those that cannot be read are passed over. Returns
 * 0, -ENOMEM or what SQLite says; the caller frees the list.
 */
must_check int catalogue_gaps(struct catalogue *c, uint64_t from_ns, uint64_t to_ns,
			      uint64_t least_ns, struct catalogue_gap **ret_gaps, size_t *ret_count,
			      struct diagnosis *d);

#endif
