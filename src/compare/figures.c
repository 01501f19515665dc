/* Figures and tables over the rows of a comparison. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare_internal.h"

#define PORTS 65536

/* One side in one scope being counted: rows come host by host. */
struct count {
	uint64_t *hosts_of;   /* [PORTS] */
	uint64_t *hosts_with; /* [PORTS + 1]: hosts by their number of ports */
	uint32_t ports_of_host;
};

struct counts {
	struct count of[COMPARE_SCOPES][COMPARE_SIDES];
};

static bool is_in(const struct compare_row *r, enum compare_scope scope, enum compare_side side)
{
	return (scope == COMPARE_ALL || r->covered) &&
	       (side == COMPARE_ACTIVE ? r->active : r->passive);
}

static void end_host(struct count *k, struct compare_figures *f)
{
	if (!k->ports_of_host)
		return;
	f->hosts++;
	f->ports_per_host[0] =
		f->hosts == 1 ? k->ports_of_host : MIN(f->ports_per_host[0], k->ports_of_host);
	f->ports_per_host[1] = MAX(f->ports_per_host[1], k->ports_of_host);
	k->hosts_with[k->ports_of_host]++;
	k->ports_of_host = 0;
}

static void end_ports(const struct count *k, struct compare_figures *f)
{
	for (uint32_t port = 0; port < PORTS; port++) {
		uint64_t hosts = k->hosts_of[port];

		if (!hosts)
			continue;
		f->ports++;
		f->hosts_per_port[0] = f->ports == 1 ? hosts : MIN(f->hosts_per_port[0], hosts);
		f->hosts_per_port[1] = MAX(f->hosts_per_port[1], hosts);
	}
}

static void count_side(struct comparison *c, enum compare_scope scope, enum compare_side side,
		       struct count *k)
{
	struct compare_figures *f = &c->figures[scope][side];

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct compare_row *r = &c->rows[i];

		if (i && !addr_equal(r->host, r[-1].host))
			end_host(k, f);
		if (!is_in(r, scope, side))
			continue;
		f->services++;
		k->ports_of_host++;
		k->hosts_of[r->port]++;
	}
	end_host(k, f);
	end_ports(k, f);
}

/* The value of one table of all sides and scopes; false when it is 0 in each. */
static bool take(const struct counts *counts, bool spread, uint32_t at,
		 uint64_t ret_hosts[COMPARE_SCOPES][COMPARE_SIDES])
{
	bool any = false;

	for (int scope = 0; scope < COMPARE_SCOPES; scope++) {
		for (int side = 0; side < COMPARE_SIDES; side++) {
			const struct count *k = &counts->of[scope][side];

			ret_hosts[scope][side] = spread ? k->hosts_with[at] : k->hosts_of[at];
			any |= ret_hosts[scope][side] > 0;
		}
	}
	return any;
}

static int make_tables(struct comparison *c, const struct counts *counts)
{
	uint64_t hosts[COMPARE_SCOPES][COMPARE_SIDES];
	size_t n_ports = 0, n_spread = 0;

	for (uint32_t i = 0; i <= PORTS; i++) {
		n_ports += i < PORTS && take(counts, false, i, hosts);
		n_spread += take(counts, true, i, hosts);
	}
	c->ports = calloc(n_ports + 1, sizeof(*c->ports));
	c->spread = calloc(n_spread + 1, sizeof(*c->spread));
	if (!c->ports || !c->spread)
		return -ENOMEM;
	for (uint32_t i = 0; i <= PORTS; i++) {
		if (i < PORTS && take(counts, false, i, hosts)) {
			c->ports[c->n_ports].port = (uint16_t)i;
			memcpy(c->ports[c->n_ports++].hosts, hosts, sizeof(hosts));
		}
		if (take(counts, true, i, hosts)) {
			c->spread[c->n_spread].ports = i;
			memcpy(c->spread[c->n_spread++].hosts, hosts, sizeof(hosts));
		}
	}
	return 0;
}

int compare_count(struct comparison *c)
{
	struct counts counts = { 0 };
	int error = 0;

	for (int i = 0; i < COMPARE_SCOPES * COMPARE_SIDES && !error; i++) {
		struct count *k = &counts.of[i / COMPARE_SIDES][i % COMPARE_SIDES];

		k->hosts_of = calloc(PORTS, sizeof(*k->hosts_of));
		k->hosts_with = calloc(PORTS + 1, sizeof(*k->hosts_with));
		error = k->hosts_of && k->hosts_with ? 0 : -ENOMEM;
		if (!error)
			count_side(c, i / COMPARE_SIDES, i % COMPARE_SIDES, k);
	}
	if (!error)
		error = make_tables(c, &counts);
	for (int i = 0; i < COMPARE_SCOPES * COMPARE_SIDES; i++) {
		free(counts.of[i / COMPARE_SIDES][i % COMPARE_SIDES].hosts_of);
		free(counts.of[i / COMPARE_SIDES][i % COMPARE_SIDES].hosts_with);
	}
	for (size_t i = 0; i < c->n_rows; i++)
		c->whys[c->rows[i].why]++;
	return error;
}
