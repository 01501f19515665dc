/* Tables 1 and 2: hosts, peers and packets of each port. */
#include <errno.h>
#include <stdlib.h>

#include "report/report_internal.h"

static int by_port(const void *a, const void *b)
{
	const struct report_port *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return (x->protocol > y->protocol) - (x->protocol < y->protocol);
}

static int most_hosts_first(const void *a, const void *b)
{
	const struct report_port *x = a, *y = b;

	if (x->hosts != y->hosts)
		return x->hosts > y->hosts ? -1 : 1;
	if (x->peers != y->peers)
		return x->peers > y->peers ? -1 : 1;
	return by_port(a, b);
}

int report_find_ports(struct report *r)
{
	const struct period_counts *c = &r->counts;

	r->ports = calloc(c->n_ports + 1, sizeof(*r->ports));
	if (!r->ports)
		return -ENOMEM;
	r->n_ports = c->n_ports;
	for (size_t i = 0; i < c->n_ports; i++) {
		r->ports[i] = (struct report_port){ .port = c->ports[i].port,
						    .protocol = c->ports[i].protocol,
						    .peers = c->ports[i].peers,
						    .packets = c->ports[i].packets,
						    .peers_estimated = c->ports[i].counted_peers };
	}
	for (size_t i = 0; i < c->n_services; i++) {
		const struct report_port key = { .port = c->services[i].port,
						 .protocol = c->services[i].protocol };
		struct report_port *p = bsearch(&key, r->ports, r->n_ports, sizeof(key), by_port);

		/* Every service's port is among the counted ones. */
		p->hosts++;
		p->daily_hosts += report_is_daily(r, i);
	}
	qsort(r->ports, r->n_ports, sizeof(*r->ports), most_hosts_first);
	return 0;
}
