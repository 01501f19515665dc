#include "scan/host_walk.h"

bool host_walk_next(struct host_walk *w, const struct scan_plan *plan, struct net_addr *ret_addr)
{
	const struct addr_range *r;
	struct net_addr a;

	if (w->range == plan->n_targets)
		return false;
	r = &plan->targets[w->range];
	a = r->first;
	a.lo += w->at++;
	a.hi += a.lo < r->first.lo;
	if (addr_equal(a, r->last)) {
		w->range++;
		w->at = 0;
	}
	*ret_addr = a;
	return true;
}

void host_walk_skip(struct host_walk *w, const struct scan_plan *plan, uint64_t n)
{
	struct net_addr skipped;

	while (n-- > 0 && host_walk_next(w, plan, &skipped))
		;
}
