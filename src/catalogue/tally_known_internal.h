/*
 * Which peers are new. A few parts are counted, and very many were counted before: their distinct
 * peers are known by number, and it is enough to find which of the new pairs (a service and a peer)
 * they have. So the many are looked through, and nothing of them is kept but a bit a new pair.
 */
#ifndef SEKIMORI_CATALOGUE_TALLY_KNOWN_INTERNAL_H
#define SEKIMORI_CATALOGUE_TALLY_KNOWN_INTERNAL_H

#include "catalogue/tally_state_internal.h"

/* More pairs take more memory than uniting all. */
#define KNOWN_PAIRS_MAX 4000000u

struct known_v6 {
	struct net_addr addr;
	uint32_t id;
};

struct known {
	uint64_t *keys; /* of a hash table: service + 1 and id; 0: empty */
	uint8_t *met;   /* beside it: a bit for each set of marks under which the new parts have it,
			   and above these one for each under which those before do */
	uint32_t slot_bits;
	uint64_t *v4; /* the new parts' peers, ascending: address and id */
	size_t n_v4;
	struct known_v6 *v6;
	size_t n_v6;
};

void known_free(struct known *k); /* takes NULL */

/* Of each service, the peers that only the new parts have: into its counts. */
void known_count(const struct tally *t);

#endif
