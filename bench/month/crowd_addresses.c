/*
 * Users of the web and senders of mail come three times in four from 3,000 networks of a /18, the
 * Nth asked for in proportion to 1/N; all others are uniform over the unicast space, as scanners
 * and their victims are.
 *
 * In a month after the first the networks are the same. Partners and search engines stay, and of
 * all others every fifth, the same ones in every month: their place in the crowd is their number,
 * so nearly all of them do what they did before.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "crowd_internal.h"
#include "load_peers.h"

#define NETWORKS      CROWD_NETWORKS
#define STAYS         5 /* one in so many */
#define NETWORK_HOSTS (1U << 14)

static const uint32_t told[] = {
	0x681b90fe, 0x681b91fe,             /* 104.27.144.254, 104.27.145.254 */
	0xb9b01b1a, 0x0508123e, 0xb077041a, /* 185.176.27.26, 5.8.18.62, 176.119.4.26 */
};

struct addresses {
	const uint32_t *networks;
	uint32_t *taken; /* open addressing; 0 is free */
	uint32_t mask;
};

static uint32_t draw_v4(struct draw *d)
{
	const struct load_addr a = load_peers_draw_v4(d);

	return (uint32_t)a.bytes[0] << 24 | (uint32_t)a.bytes[1] << 16 | (uint32_t)a.bytes[2] << 8 |
	       a.bytes[3];
}

static bool take(struct addresses *a, uint32_t v4)
{
	uint32_t at = (v4 * 0x9e3779b1U ^ v4 >> 15) & a->mask;

	for (; a->taken[at] != 0; at = (at + 1) & a->mask) {
		if (a->taken[at] == v4)
			return false;
	}
	a->taken[at] = v4;
	return true;
}

static uint32_t draw_home(const struct addresses *a, struct draw *d)
{
	uint32_t rank = (uint32_t)pow(NETWORKS, draw_unit(d)) - 1;

	return a->networks[MIN(rank, NETWORKS - 1)] | draw_below(d, NETWORK_HOSTS);
}

static uint32_t draw_new(struct addresses *a, bool at_home, struct draw *d)
{
	uint32_t v4;

	do {
		v4 = at_home && draw_below(d, 4) > 0 ? draw_home(a, d) : draw_v4(d);
	} while (!take(a, v4));
	return v4;
}

static bool lives_at_home(const struct month_crowd *c, const struct month_site *site, uint32_t peer)
{
	static const uint16_t ports[] = { 80, 443, 25 };

	if (peer < c->first_double)
		return false;
	if (peer < c->first_single[0])
		return true;
	for (uint32_t i = 0; i < ARRAY_LENGTH(ports); i++) {
		uint32_t port = month_site_find_port(site, ports[i]);

		if (peer >= c->first_single[port] && peer < c->first_single[port + 1])
			return true;
	}
	return false;
}

static void fill_networks(struct month_crowd *c, const struct month_crowd *before, struct draw *d)
{
	for (uint32_t i = 0; i < NETWORKS; i++)
		c->networks[i] = before ? before->networks[i] : draw_v4(d) & ~(NETWORK_HOSTS - 1);
}

static bool stays(const struct month_crowd *c, uint32_t peer)
{
	return peer < c->first_multi || peer % STAYS == 0;
}

int month_crowd_fill_addresses(struct month_crowd *c, const struct month_site *site,
			       const struct month_crowd *before, struct draw *d)
{
	struct addresses *a = calloc(1, sizeof(*a));
	uint32_t room = 1024;

	while (room < 2 * c->n)
		room *= 2;
	if (!a)
		return -ENOMEM;
	a->mask = room - 1;
	a->taken = calloc(room, sizeof(a->taken[0]));
	if (!a->taken) {
		free(a);
		return -ENOMEM;
	}
	fill_networks(c, before, d);
	a->networks = c->networks;
	for (uint32_t i = 0; i < ARRAY_LENGTH(told); i++) {
		c->v4[i] = told[i];
		(void)take(a, told[i]);
	}
	for (uint32_t i = ARRAY_LENGTH(told); i < c->n && before; i++) {
		if (stays(c, i) && take(a, before->v4[i]))
			c->v4[i] = before->v4[i];
	}
	for (uint32_t i = ARRAY_LENGTH(told); i < c->n; i++) {
		if (c->v4[i] == 0)
			c->v4[i] = draw_new(a, lives_at_home(c, site, i), d);
	}
	free(a->taken);
	free(a);
	return 0;
}
