/*
 * Journals in answers. They are listed and read like batches (archive_load_journals); counts of
 * them are made for the moment, and are never stored: whose name is in derived_batch is counted
 * there, and not once more.
 */
#ifndef SEKIMORI_CATALOGUE_LIVE_INTERNAL_H
#define SEKIMORI_CATALOGUE_LIVE_INTERNAL_H

#include "catalogue/catalogue_internal.h"

/*
 * At the beginning of a transaction: which journals are not counted, as of its moment (C's live
 * list). One that has become a batch and is counted is read from its batch from now on, if nobody
 * has it in use.
 */
must_check int live_begin(struct catalogue *c, struct diagnosis *d);
void live_end(struct catalogue *c);

/*
 * While the catalogue is held: puts the whole counts of the services that journals touch in the
 * place of their stored ones in LIST, sorted, which may grow; with their peers, for which all
 * batches are looked into, or without. HOST narrows them (NULL: all hosts). After an error the list
 * is as it was.
 */
must_check int live_merge(struct catalogue *c, const struct net_addr *host, bool with_peers,
			  struct tally_service **list, size_t *n, struct diagnosis *d);

/* While it is held: adds to the totals what journals have, and what of it is not stored. */
must_check int live_add_totals(struct catalogue *c, struct catalogue_totals *t,
			       struct diagnosis *d);

/* Fills the temporary tables live_batch, live_gap and live_flood, which are made where they are not
 * there. */
must_check int live_fill_tables(struct catalogue *c, struct diagnosis *d);

/* derived_batch and those. */
#define LIVE_BATCHES                                                                               \
	"(SELECT * FROM derived_batch UNION ALL SELECT * FROM live_batch"                          \
	" WHERE name NOT IN (SELECT name FROM derived_batch))"
#define LIVE_GAPS                                                                                  \
	"(SELECT * FROM derived_gap UNION ALL SELECT * FROM live_gap"                              \
	" WHERE batch NOT IN (SELECT name FROM derived_batch))"
#define LIVE_FLOODS                                                                                \
	"(SELECT * FROM derived_flood UNION ALL SELECT * FROM live_flood"                          \
	" WHERE batch NOT IN (SELECT name FROM derived_batch))"

#endif
