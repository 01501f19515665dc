#include "live/facts_frame_internal.h"

static struct net_addr addr_of(struct filter_addr a)
{
	return (struct net_addr){ a.hi, a.lo };
}

uint32_t facts_frame_make(const struct filter_facts *f, uint8_t ret_bytes[FACTS_FRAME_MAX])
{
	const struct shortest_facts facts = { .src = addr_of(f->src),
					      .dst = addr_of(f->dst),
					      .sport = f->sport,
					      .dport = f->dport,
					      .tcp_flags = f->tcp_flags };

	return shortest_frame_make(&facts, ret_bytes);
}
