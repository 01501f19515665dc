/*
 * Dense ids for the peers of several parts. The first part's ranks are the ids; only when a second
 * part comes are its addresses put into a hash table, so that one big part costs next to nothing.
 */
#ifndef SEKIMORI_CATALOGUE_PEER_IDS_INTERNAL_H
#define SEKIMORI_CATALOGUE_PEER_IDS_INTERNAL_H

#include "archive/part.h"
#include "base/prefix.h"

struct peer_ids {
	struct net_addr *addrs; /* [count] once there are slots */
	uint8_t *inside;        /* [count] is it in the site's networks? */
	uint32_t count, room;
	uint32_t *slots; /* id + 1; NULL as long as there is one part */
	uint32_t slot_bits;
	/* The first part's dictionary. */
	uint32_t *first_v4;
	struct net_addr *first_v6;
	uint32_t n_first_v4, n_first_v6;
	bool started;
};

void peer_ids_finish(struct peer_ids *ids);

static inline struct net_addr peer_ids_addr(const struct peer_ids *ids, uint32_t id)
{
	if (ids->addrs)
		return ids->addrs[id];
	return id < ids->n_first_v4 ? addr_from_v4(ids->first_v4[id])
				    : ids->first_v6[id - ids->n_first_v4];
}

/*
 * Gives every peer of P its id: ret_map[rank], for the caller to free; NULL when ranks are the ids.
 * Returns 0, ERR_LIMIT past 2^31 peers, or -ENOMEM.
 */
must_check int peer_ids_map(struct peer_ids *ids, const struct part *p,
			    const struct prefix_set *networks, uint32_t **ret_map);

#endif
