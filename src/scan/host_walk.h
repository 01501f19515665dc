/* The hosts of a plan one after the other, in the order of addresses. */
#ifndef SEKIMORI_SCAN_HOST_WALK_H
#define SEKIMORI_SCAN_HOST_WALK_H

#include "scan/plan.h"

/* Starts as zeros. */
struct host_walk {
	size_t range;
	uint64_t at; /* within it */
};

/* False after the last. */
bool host_walk_next(struct host_walk *w, const struct scan_plan *plan, struct net_addr *ret_addr);

void host_walk_skip(struct host_walk *w, const struct scan_plan *plan, uint64_t n);

#endif
