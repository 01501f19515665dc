/*
 * The outside of the load: the addresses that knock.
 * Comes in: how many, which families. Goes out: a table of distinct addresses, in random order.
 */
#ifndef SEKIMORI_BENCH_LOAD_PEERS_H
#define SEKIMORI_BENCH_LOAD_PEERS_H

#include "base/macros.h"

#include "load_addr.h"
#include "load_draw.h"

#define LOAD_PEERS_MAX 50000000

struct load_peers {
	struct load_addr *addresses;
	uint32_t n;
};

/* Returns 0 or -ENOMEM; the peers are to be finished in either case. */
must_check int load_peers_init(struct load_peers *peers, uint32_t n, int families, struct draw *d);
void load_peers_finish(struct load_peers *peers);

/* Uniform over the unicast space, without the first octets in which something is special, and the
 * site's own. */
struct load_addr load_peers_draw_v4(struct draw *d);

#endif
