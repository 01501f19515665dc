#ifndef SEKIMORI_CATALOGUE_COUNTS_INTERNAL_H
#define SEKIMORI_CATALOGUE_COUNTS_INTERNAL_H

#include "catalogue/catalogue_internal.h"

/*
 * The union of all sets of marks that occur in S and lie within WITHIN. A question that allows
 * WITHIN gets the peers of this union; only such unions are stored.
 */
unsigned counts_present(const struct tally_service *s, unsigned within);

/* Puts these services' counts in the place of the stored ones. Within a transaction. */
must_check int counts_save(struct catalogue *c, const struct tally_service *list, size_t count,
			   struct diagnosis *d);

/* Adds the stored packets, times and days of these services; not the peers, which do not add up. */
must_check int counts_add_stored(struct catalogue *c, struct tally_service *list, size_t count,
				 struct diagnosis *d);

/*
 * All counts, or one host's, sorted, those of journals included, and what was only counted; freed
 * by catalogue_counts_free. Of one moment.
 */
must_check int counts_load(struct catalogue *c, const struct net_addr *host,
			   struct tally_service **ret_list, size_t *ret_count, struct diagnosis *d);

/* The same without peers, which costs less. */
must_check int counts_load_cells(struct catalogue *c, const struct net_addr *host,
				 struct tally_service **ret_list, size_t *ret_count,
				 struct diagnosis *d);

/* One host's, without peers and without what journals have. */
must_check int counts_load_stored(struct catalogue *c, const struct net_addr *host,
				  struct tally_service **ret_list, size_t *ret_count,
				  struct diagnosis *d);

/*
 * The same of all hosts without their peers, loaded once as long as the catalogue is held
 * (catalogue_hold), and belonging to it: gone with the last release.
 */
must_check int counts_of_all(struct catalogue *c, const struct tally_service **ret_list,
			     size_t *ret_count, struct diagnosis *d);

/* The service of KEY's host, port and protocol in a sorted list; NULL when it is not there. */
const struct tally_service *counts_find(const struct tally_service *list, size_t count,
					const struct tally_service *key);

#endif
