/*
 * What sensors only counted, in answers. Rows of batches are in derived_flood, those of journals in
 * their manifests; both are added to counts when a question is asked, and never stored with them.
 *
 * A row that reaches beyond the time that is asked for gives as much of its packets and peers as of
 * its time lies within.
 */
#ifndef SEKIMORI_CATALOGUE_FLOODS_INTERNAL_H
#define SEKIMORI_CATALOGUE_FLOODS_INTERNAL_H

#include "catalogue/catalogue_internal.h"

/* What of the row lies in FROM_NS <= time < TO_NS; with 0 packets when nothing does. */
struct batch_flood flood_within(const struct batch_flood *f, uint64_t from_ns, uint64_t to_ns);

/* A sum of counts from outside: it ends at what SQLite counts. */
static inline uint64_t flood_sum(uint64_t a, uint64_t b)
{
	return MIN(a + b, (uint64_t)INT64_MAX);
}

/*
 * All rows that have something there, of HOST (NULL: of all), those of series that are not told
 * apart too; as they are, not cut. Of one moment. The caller frees.
 */
must_check int floods_load(struct catalogue *c, uint64_t from_ns, uint64_t to_ns,
			   const struct net_addr *host, struct batch_flood **ret_list,
			   size_t *ret_count, struct diagnosis *d);

/*
 * Adds to the services in LIST, sorted, which may grow, what of that time was only counted:
 * packets, times, days, and estimated peers. After an error the list is still the caller's to free.
 */
must_check int floods_add(struct catalogue *c, uint64_t from_ns, uint64_t to_ns,
			  const struct net_addr *host, struct tally_service **list, size_t *n,
			  struct diagnosis *d);

#endif
