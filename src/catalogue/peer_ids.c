#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "catalogue/peer_ids_internal.h"

#define PEERS_MAX (1u << 31)
#define AHEAD     16 /* slots fetched before they are asked */

void peer_ids_finish(struct peer_ids *ids)
{
	free(ids->addrs);
	free(ids->inside);
	free(ids->slots);
	free(ids->first_v4);
	free(ids->first_v6);
	memset(ids, 0, sizeof(*ids));
}

static int make_room(struct peer_ids *ids, uint32_t more)
{
	uint64_t wanted = (uint64_t)ids->count + more;
	struct net_addr *addrs;
	uint8_t *inside;
	uint32_t room;

	if (wanted > PEERS_MAX)
		return ERR_LIMIT;
	if (wanted <= ids->room)
		return 0;
	room = (uint32_t)MAX(wanted, (uint64_t)ids->room * 3 / 2);
	addrs = realloc(ids->addrs, (size_t)room * sizeof(*addrs));
	if (addrs)
		ids->addrs = addrs;
	inside = realloc(ids->inside, room);
	if (inside)
		ids->inside = inside;
	if (!addrs || !inside)
		return -ENOMEM;
	ids->room = room;
	return 0;
}

static uint32_t slot_of(const struct peer_ids *ids, struct net_addr a)
{
	return (uint32_t)(hash_mix(a.lo ^ hash_mix(a.hi)) >> (64 - ids->slot_bits));
}

/* At most half full. */
static int rehash(struct peer_ids *ids, uint32_t more)
{
	uint64_t wanted = 2 * ((uint64_t)ids->count + more);
	uint32_t bits = 10, mask;
	uint32_t *slots;

	while ((1ULL << bits) < wanted)
		bits++;
	if (ids->slots && bits <= ids->slot_bits)
		return 0;
	slots = calloc((size_t)1 << bits, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(ids->slots);
	ids->slots = slots;
	ids->slot_bits = bits;
	mask = (uint32_t)((1ULL << bits) - 1);
	for (uint32_t id = 0; id < ids->count; id++) {
		uint32_t at = slot_of(ids, ids->addrs[id]);

		while (slots[at])
			at = (at + 1) & mask;
		slots[at] = id + 1;
	}
	return 0;
}

static uint32_t append(struct peer_ids *ids, struct net_addr a, const struct prefix_set *networks)
{
	ids->addrs[ids->count] = a;
	ids->inside[ids->count] = prefix_set_contains(networks, a);
	return ids->count++;
}

static uint32_t find_or_append(struct peer_ids *ids, struct net_addr a,
			       const struct prefix_set *networks)
{
	uint32_t mask = (uint32_t)((1ULL << ids->slot_bits) - 1), at = slot_of(ids, a);

	for (; ids->slots[at]; at = (at + 1) & mask) {
		if (addr_equal(ids->addrs[ids->slots[at] - 1], a))
			return ids->slots[at] - 1;
	}
	ids->slots[at] = append(ids, a, networks) + 1;
	return ids->slots[at] - 1;
}

/* Keeps the dictionary as it is, until a second part comes. */
static int keep_first(struct peer_ids *ids, const struct part *p, const struct prefix_set *networks)
{
	uint32_t n4 = part_peer_v4_count(p), n = part_peer_count(p), n6 = n - n4;

	ids->first_v4 = malloc(((size_t)n4 + 1) * sizeof(*ids->first_v4));
	ids->first_v6 = malloc(((size_t)n6 + 1) * sizeof(*ids->first_v6));
	ids->inside = malloc((size_t)n + 1);
	if (!ids->first_v4 || !ids->first_v6 || !ids->inside)
		return -ENOMEM;
	if (n4)
		memcpy(ids->first_v4, part_peers_v4(p), n4 * sizeof(*ids->first_v4));
	if (n6)
		memcpy(ids->first_v6, part_peers_v6(p), n6 * sizeof(*ids->first_v6));
	for (uint32_t i = 0; i < n4; i++)
		ids->inside[i] = prefix_set_contains(networks, addr_from_v4(ids->first_v4[i]));
	for (uint32_t i = 0; i < n6; i++)
		ids->inside[n4 + i] = prefix_set_contains(networks, ids->first_v6[i]);
	ids->n_first_v4 = n4;
	ids->n_first_v6 = n6;
	ids->count = n;
	ids->started = true;
	return 0;
}

/* A second part is here: the first one's addresses are needed now. */
static int unfold_first(struct peer_ids *ids)
{
	ids->room = ids->count;
	ids->addrs = malloc(((size_t)ids->count + 1) * sizeof(*ids->addrs));
	if (!ids->addrs)
		return -ENOMEM;
	for (uint32_t i = 0; i < ids->n_first_v4; i++)
		ids->addrs[i] = addr_from_v4(ids->first_v4[i]);
	for (uint32_t i = 0; i < ids->n_first_v6; i++)
		ids->addrs[ids->n_first_v4 + i] = ids->first_v6[i];
	return 0;
}

int peer_ids_map(struct peer_ids *ids, const struct part *p, const struct prefix_set *networks,
		 uint32_t **ret_map)
{
	uint32_t n = part_peer_count(p), *map;
	int error = 0;

	*ret_map = NULL;
	if (!ids->started)
		return keep_first(ids, p, networks);
	if (!ids->addrs)
		error = unfold_first(ids);
	if (!error)
		error = make_room(ids, n);
	if (!error)
		error = rehash(ids, n);
	if (error < 0)
		return error;
	map = malloc(((size_t)n + 1) * sizeof(*map));
	if (!map)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			__builtin_prefetch(&ids->slots[slot_of(ids, part_peer(p, i + AHEAD))]);
		map[i] = find_or_append(ids, part_peer(p, i), networks);
	}
	*ret_map = map;
	return 0;
}
