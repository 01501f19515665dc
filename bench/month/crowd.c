/*
 * Which ports each peer knocks on. Search engines choose among all ports, scanners of several ports
 * among those that are always served, and both are counted off what a port is to have. What is left
 * of all ports together exceeds the peers that are left: the difference are users who come to both
 * 80 and 443. All others have one port.
 *
 * Nobody who knocks on 21 knocks on a port above 1023: two rules tell FTP data connections, and
 * one of them is what follows a control connection between the same two hosts. So whatever is
 * marked by it was made to be marked (extras.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crowd_internal.h"

#define ENGINES       240
#define ENGINES_LEAST 6
#define MULTIS        5000
#define FTP_CONTROL   21
#define FIRST_HIGH    1024

static const struct {
	uint8_t day;
	uint16_t port;
} onces[CROWD_ONCES] = { { 12, MONTH_FIRST_ODD_PORT },
			 { 14, MONTH_SECOND_ODD_PORT },
			 { 15, MONTH_SECOND_ODD_PORT } };

uint32_t month_once_day(uint32_t n)
{
	return onces[n].day;
}

uint16_t month_once_port(uint32_t n)
{
	return onces[n].port;
}

/* Every third engine keeps to the low ports and may knock on 21. */
static bool engine_may(uint32_t n, uint16_t port)
{
	return n % 3 == 0 ? port < FIRST_HIGH : port != FTP_CONTROL;
}

/* The first two see every port on every day: nothing that is open stays unseen. */
static bool engine_wants(uint32_t n, const struct month_port *port, bool daily, struct draw *d)
{
	uint32_t percent = port->always ? (port->own ? 15 : 50) : daily ? 8 : 0;

	if (port->closed || !engine_may(n, port->number))
		return false;
	return n < 2 || draw_below(d, 100) < percent;
}

static void fill_engines(struct month_crowd *c, const struct month_site *site, struct draw *d)
{
	for (uint32_t i = CROWD_ENGINE; i < c->first_multi; i++) {
		uint32_t n = i - CROWD_ENGINE;

		c->days[i] = MONTH_ALL_DAYS;
		if (n >= 2 && n % 4 == 2)
			c->days[i] &= ~month_day_bit(draw_below(d, MONTH_DAYS));
		for (uint32_t port = 0; port < site->n_ports; port++) {
			if (!engine_wants(n, &site->ports[port], c->days[i] == MONTH_ALL_DAYS, d))
				continue;
			month_port_set_add(&c->sets[i], port);
			c->port_peers[port]++;
		}
	}
}

static bool multi_may(const struct month_port *port, bool low)
{
	return port->always && !port->closed &&
	       (low ? port->number < FIRST_HIGH : port->number != FTP_CONTROL);
}

/* Two to five ports, of none more than half of what it is to have; at least 80. */
static void fill_multi(struct month_crowd *c, uint32_t peer, const struct month_site *site,
		       const struct month_quantities *q, struct draw *d)
{
	bool low = draw_below(d, 4) == 0;
	uint32_t wanted = draw_between(d, 2, 5), n = 0;

	for (uint32_t tries = 0; tries < 100 && n < wanted; tries++) {
		uint32_t port = draw_below(d, MONTH_PORTS);

		if (!multi_may(&site->ports[port], low) ||
		    2 * (c->port_peers[port] + 1) > q->port_peers[port] ||
		    month_port_set_has(&c->sets[peer], port))
			continue;
		month_port_set_add(&c->sets[peer], port);
		c->port_peers[port]++;
		n++;
	}
	if (n == 0) {
		uint32_t http = month_site_find_port(site, 80);

		month_port_set_add(&c->sets[peer], http);
		c->port_peers[http]++;
	}
}

static void count_told(struct month_crowd *c, const struct month_site *site)
{
	static const uint16_t flooded[] = { 22, 443, 8080 };

	for (uint32_t i = 0; i < ARRAY_LENGTH(flooded); i++)
		c->port_peers[month_site_find_port(site, flooded[i])] += CROWD_FLOODS;
	for (uint32_t i = 0; i < CROWD_ONCES; i++)
		c->port_peers[month_site_find_port(site, onces[i].port)]++;
	for (uint32_t i = 0; i < site->n_services; i++) {
		if (site->hosts[site->services[i].host].role == ROLE_PARTNER)
			c->port_peers[site->services[i].port]++;
	}
}

static void fill_told_days(struct month_crowd *c, const struct month_site *site)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < CROWD_FLOODS; i++)
		c->days[CROWD_FLOOD + i] = 7 * month_day_bit(MONTH_FLOOD_FIRST_DAY);
	for (uint32_t i = 0; i < CROWD_ONCES; i++)
		c->days[CROWD_ONCE + i] = month_day_bit(onces[i].day);
	for (uint32_t i = 0; i < site->n_hosts; i++) {
		if (site->hosts[i].role == ROLE_PARTNER)
			c->days[CROWD_PARTNER + n++] = site->hosts[i].days;
	}
}

/* How many peers of one port alone each port gets. Returns 0 or -EDOM. */
static int share_singles(struct month_crowd *c, const struct month_site *site,
			 const struct month_quantities *q, uint32_t ret_singles[MONTH_PORTS])
{
	uint32_t left = c->n - c->first_double, n_double;
	uint32_t http = month_site_find_port(site, 80), https = month_site_find_port(site, 443);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < site->n_ports; i++) {
		uint32_t wanted = MAX(q->port_peers[i], c->port_peers[i] + site->ports[i].always);

		ret_singles[i] = wanted - c->port_peers[i];
		if (!site->ports[i].always)
			ret_singles[i] = 0;
		c->port_peers[i] += ret_singles[i];
		sum += ret_singles[i];
	}
	if (sum < left || sum - left > MIN(ret_singles[http], ret_singles[https]))
		return -EDOM;
	n_double = (uint32_t)(sum - left);
	ret_singles[http] -= n_double;
	ret_singles[https] -= n_double;
	c->first_single[0] = c->first_double + n_double;
	for (uint32_t i = 0; i < site->n_ports; i++)
		c->first_single[i + 1] = c->first_single[i] + ret_singles[i];
	return 0;
}

int month_crowd_init(struct month_crowd *c, const struct month_site *site,
		     const struct month_quantities *q, const struct month_crowd *before,
		     struct draw *d)
{
	uint32_t n_engines = MAX(month_scaled(q->scale, ENGINES), ENGINES_LEAST);
	uint32_t n_multi = month_scaled(q->scale, MULTIS), singles[MONTH_PORTS];
	int ret;

	memset(c, 0, sizeof(*c));
	c->n = q->all_peers;
	c->first_multi = CROWD_ENGINE + n_engines;
	c->first_double = c->first_multi + n_multi;
	if (c->n <= c->first_double)
		return -EDOM;
	c->v4 = calloc(c->n, sizeof(c->v4[0]));
	c->days = calloc(c->n, sizeof(c->days[0]));
	c->sets = calloc(c->first_double, sizeof(c->sets[0]));
	if (!c->v4 || !c->days || !c->sets)
		return -ENOMEM;
	fill_told_days(c, site);
	count_told(c, site);
	fill_engines(c, site, d);
	for (uint32_t i = c->first_multi; i < c->first_double; i++)
		fill_multi(c, i, site, q, d);
	ret = share_singles(c, site, q, singles);
	if (ret == 0)
		ret = month_crowd_fill_days(c, site, q, d);
	if (ret == 0)
		ret = month_crowd_fill_addresses(c, site, before, d);
	return ret;
}

void month_crowd_finish(struct month_crowd *c)
{
	free(c->v4);
	free(c->days);
	free(c->sets);
	memset(c, 0, sizeof(*c));
}
