#include "scan/plan.h"

#include <stdlib.h>

#include "scan/ports.h"

/*
 * What each allows. 0 to 2 wait as long between two probes as people know it of these names; from 3
 * on the answers say how fast, up to a limit.
 */
struct scan_timing scan_timing_template(int number)
{
	static const struct scan_timing templates[] = {
		/* rate, host rate, least, most and first wait, retries, at once, host limit */
		{ 1.0 / 300, 1.0 / 300, 1000, 10000, 5000, 5, 1, 0 },
		{ 1.0 / 15, 1.0 / 15, 1000, 10000, 5000, 5, 1, 0 },
		{ 0, 2.5, 300, 10000, 1000, 5, 256, 0 },
		{ 0, 0, 100, 8000, 1000, 2, 2048, 0 },
		{ 0, 0, 100, 1500, 500, 2, 4096, 0 },
		{ 0, 0, 50, 400, 250, 1, 8192, 900 },
	};

	return templates[number];
}

uint64_t scan_timing_hosts(const struct scan_timing *t, size_t n_ports, double rate_pps)
{
	double probes = t->host_limit_s / 2.0 * rate_pps,
	       each = (double)n_ports * (t->retries + 1.0);

	return t->host_limit_s ? (uint64_t)MAX(probes / each, 1) : UINT64_MAX;
}

uint64_t scan_timing_end_ns(const struct scan_timing *t, uint64_t now_ns)
{
	return t->host_limit_s ? now_ns + t->host_limit_s * 1000000000ULL : UINT64_MAX;
}

int scan_gate_pass(const struct scan_gate *gate, struct diagnosis *d)
{
	return gate->pass ? gate->pass(gate->arg, d) : 0;
}

static struct net_addr plus(struct net_addr a, uint64_t n)
{
	struct net_addr sum = { a.hi, a.lo + n };

	sum.hi += sum.lo < a.lo;
	return sum;
}

struct net_addr scan_plan_host(const struct scan_plan *plan, uint64_t index)
{
	size_t i = 0;

	while (i + 1 < plan->n_targets) {
		const struct addr_range *r = &plan->targets[i];
		uint64_t n = r->last.lo - r->first.lo + 1;

		if (index < n)
			break;
		index -= n;
		i++;
	}
	return plus(plan->targets[i].first, index);
}

bool scan_plan_has(const struct scan_plan *plan, struct net_addr host)
{
	size_t low = 0, high = plan->n_targets;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare_numeric(plan->targets[middle].last, host) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < plan->n_targets && addr_compare_numeric(plan->targets[low].first, host) <= 0;
}

void scan_plan_finish(struct scan_plan *plan)
{
	free(plan->targets);
	port_list_finish(&plan->tcp);
	port_list_finish(&plan->udp);
	*plan = (struct scan_plan){ 0 };
}
