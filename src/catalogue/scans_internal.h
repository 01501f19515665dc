#ifndef SEKIMORI_CATALOGUE_SCANS_INTERNAL_H
#define SEKIMORI_CATALOGUE_SCANS_INTERNAL_H

#include "catalogue/scans.h"

/* The kept_scan tables, made where they are missing; a transaction of its own. */
extern const char scans_schema[];

/* kept_looked: services that `scan --new` has looked at. */
extern const char scans_new_schema[];

/* Notes there all hosts and TCP ports of a scan, whose results have their plan; within its
 * transaction. */
must_check int scans_note_looked(struct catalogue *c, int64_t scan,
				 const struct scan_results *results, struct diagnosis *d);

#endif
