#include "load_site.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"

#define SITE_V4       0xa3d10000U           /* 163.209.0.0/16 */
#define SITE_V6       0x20010db8a3d10000ULL /* 2001:db8:a3d1::/48 */
#define MODEL_HOSTS   270
#define MODEL_PORTS   207
#define SLOTS         (1U << 20)
#define SERVER_NETS   120 /* /24 or /64 that have servers; clients live above */
#define CLIENT_SUBNET 128

/* Table 2 and 1 of the source: port, inside hosts, external hosts. 990 stands for 21, see load.c.
 */
static const struct {
	uint16_t port, hosts;
	uint32_t peers;
} known_ports[] = {
	{ 80, 169, 445034 }, { 443, 106, 327223 }, { 25, 51, 214526 }, { 8081, 3, 26065 },
	{ 22, 39, 20325 },   { 8080, 19, 13609 },  { 587, 27, 8285 },  { 995, 19, 8104 },
	{ 81, 26, 7482 },    { 993, 20, 4720 },    { 110, 37, 3785 },  { 53, 38, 2655 },
	{ 3389, 5, 1890 },   { 465, 20, 1792 },    { 143, 31, 1280 },  { 990, 19, 1185 },
};

/* Table 3, most ports first: how many hosts have that many ports. */
static const struct {
	uint16_t ports, hosts;
} host_sizes[] = { { 59, 1 }, { 14, 5 }, { 13, 12 }, { 12, 1 }, { 11, 1 },
		   { 10, 8 }, { 9, 2 },  { 8, 13 },  { 7, 10 }, { 6, 4 },
		   { 5, 4 },  { 4, 15 }, { 3, 32 },  { 2, 74 }, { 1, 88 } };

struct port {
	uint16_t number;
	uint32_t left; /* hosts that are still to get it */
	double weight;
	uint32_t n_services;
};

/* The 191 ports that the source does not name share 387 host-port pairs: 20 × 8, 56 × 2, 115 × 1.
 */
static uint32_t unnamed_port_hosts(uint32_t i)
{
	return i < 20 ? 8 : i < 76 ? 2 : 1;
}

static bool port_is_taken(const struct port ports[], uint32_t n, uint32_t number)
{
	for (uint32_t i = 0; i < n; i++) {
		if (ports[i].number == number)
			return true;
	}
	return false;
}

static void ports_fill(struct port ports[MODEL_PORTS], uint32_t n_hosts, struct draw *d)
{
	uint32_t n = 0;

	for (; n < ARRAY_LENGTH(known_ports); n++) {
		ports[n] = (struct port){ .number = known_ports[n].port,
					  .left = known_ports[n].hosts,
					  .weight = known_ports[n].peers };
	}
	for (uint32_t i = 0; n < MODEL_PORTS; i++, n++) {
		uint32_t number;

		do {
			number = draw_between(d, 1024, UINT16_MAX);
		} while (port_is_taken(ports, n, number));
		ports[n] = (struct port){ .number = (uint16_t)number,
					  .left = unnamed_port_hosts(i),
					  .weight = 1185.0 / (i + 1) };
	}
	for (uint32_t i = 0; i < MODEL_PORTS; i++)
		ports[i].left = (ports[i].left * n_hosts + MODEL_HOSTS - 1) / MODEL_HOSTS;
}

static int port_compare(const void *a, const void *b)
{
	const struct port *x = a, *y = b;

	if (x->left != y->left)
		return x->left > y->left ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* How many ports the Nth host has, table 3 stretched to N_HOSTS. */
static uint32_t host_size(uint32_t n, uint32_t n_hosts)
{
	uint32_t rank = (uint32_t)((uint64_t)n * MODEL_HOSTS / n_hosts), i = 0;

	while (rank >= host_sizes[i].hosts)
		rank -= host_sizes[i++].hosts;
	return host_sizes[i].ports;
}

/* Walks the address plan in strides, so that hosts lie scattered and none comes twice. */
static struct load_addr host_address(uint32_t n, bool v6, struct draw *d)
{
	uint32_t net = 1 + n % SERVER_NETS, number = 1 + (n / SERVER_NETS * 37 + net * 11) % 254;

	if (!v6)
		return load_addr_v4(SITE_V4 | net << 8 | number);
	if (n % 3 == 0) { /* EUI-64 */
		return load_addr_v6(SITE_V6 | net,
				    0x021132fffe000000ULL | number << 16 | draw_below(d, 1 << 16));
	}
	return load_addr_v6(SITE_V6 | net, number);
}

/*
 * Gives each host, largest first, the ports with most hosts still to come: the construction behind
 * the Gale-Ryser theorem, which meets table 2 and table 3 at once.
 */
static void services_fill(struct load_site *site, struct port ports[MODEL_PORTS], uint32_t n_hosts,
			  int families, struct draw *d)
{
	for (uint32_t host = 0; host < n_hosts; host++) {
		struct load_addr address = host_address(host, load_family_is_v6(families, host), d);
		uint32_t size = host_size(host, n_hosts);

		qsort(ports, MODEL_PORTS, sizeof(ports[0]), port_compare);
		for (uint32_t i = 0; i < size && ports[i].left > 0; i++) {
			ports[i].left--;
			ports[i].n_services++;
			site->services[site->n_services++] =
				(struct load_service){ .address = address,
						       .port = ports[i].number };
		}
	}
}

/*
 * The services of a port share its weight as 1, 1/2, 1/3 … in an order that is drawn, so that the
 * host with most ports isn't first everywhere.
 */
static void services_weigh(struct load_site *site, const struct port *port, uint32_t ranks[],
			   struct draw *d)
{
	double sum = 0;

	for (uint32_t i = 0; i < port->n_services; i++) {
		uint32_t at = draw_below(d, i + 1);

		ranks[i] = ranks[at];
		ranks[at] = i + 1;
		sum += 1.0 / (i + 1);
	}
	for (uint32_t i = 0, n = 0; i < site->n_services; i++) {
		if (site->services[i].port == port->number)
			site->services[i].weight = port->weight / (ranks[n++] * sum);
	}
}

/* One slot each, and the rest by weight. */
static int slots_fill(struct load_slots *slots, const struct load_site *site, bool v6)
{
	double sum = 0, before = 0;
	uint32_t n_services = 0, seen = 0;

	for (uint32_t i = 0; i < site->n_services; i++) {
		if (site->services[i].address.v6 == v6) {
			sum += site->services[i].weight;
			n_services++;
		}
	}
	if (n_services == 0)
		return 0;
	slots->services = calloc(SLOTS, sizeof(slots->services[0]));
	if (!slots->services)
		return -ENOMEM;
	for (uint32_t i = 0; i < site->n_services; i++) {
		uint32_t end;

		if (site->services[i].address.v6 != v6)
			continue;
		before += site->services[i].weight;
		end = ++seen + (uint32_t)(before / sum * (SLOTS - n_services));
		while (slots->n < MIN(end, SLOTS))
			slots->services[slots->n++] = i;
	}
	return 0;
}

int load_site_init(struct load_site *site, uint32_t n_hosts, int families, struct draw *d)
{
	struct port ports[MODEL_PORTS];
	uint32_t *ranks = calloc(n_hosts, sizeof(ranks[0]));
	size_t room = 0;
	int ret = -ENOMEM;

	*site = (struct load_site){ 0 };
	for (uint32_t i = 0; i < n_hosts; i++)
		room += host_size(i, n_hosts);
	site->services = calloc(room, sizeof(site->services[0]));
	if (!ranks || !site->services)
		goto out;
	ports_fill(ports, n_hosts, d);
	services_fill(site, ports, n_hosts, families, d);
	for (uint32_t i = 0; i < MODEL_PORTS; i++)
		services_weigh(site, &ports[i], ranks, d);
	ret = slots_fill(&site->v4, site, false);
	if (ret == 0)
		ret = slots_fill(&site->v6, site, true);
out:
	free(ranks);
	return ret;
}

void load_site_finish(struct load_site *site)
{
	free(site->services);
	free(site->v4.services);
	free(site->v6.services);
	*site = (struct load_site){ 0 };
}

struct load_addr load_site_draw_client(bool v6, struct draw *d)
{
	uint32_t net = draw_between(d, CLIENT_SUBNET, 255);

	if (!v6)
		return load_addr_v4(SITE_V4 | net << 8 | draw_between(d, 1, 254));
	/* The universal bit is clear: a random interface identifier (RFC 8981). */
	return load_addr_v6(SITE_V6 | net, (draw_u64(d) | 1) & ~0x0200000000000000ULL);
}
