/*
 * The campus of the load: its hosts, the services they offer, and how often each is asked for.
 * Comes in: how many hosts, which families. Goes out: a table of services and a way to draw one.
 */
#ifndef SEKIMORI_BENCH_LOAD_SITE_H
#define SEKIMORI_BENCH_LOAD_SITE_H

#include <stddef.h>

#include "base/macros.h"

#include "load_addr.h"
#include "load_draw.h"

#define LOAD_HOSTS_MAX 20000

struct load_service {
	struct load_addr address;
	uint16_t port;
	double weight; /* share of the SYN+ACKs, before it is scaled to a sum of 1 */
};

/* Slots filled in proportion to the weights; a uniform draw of a slot is a weighted draw of a
 * service. */
struct load_slots {
	uint32_t *services;
	uint32_t n; /* 0 when the family has no service */
};

struct load_site {
	struct load_service *services;
	uint32_t n_services;
	struct load_slots v4, v6;
};

/* Returns 0 or -ENOMEM; the site is to be finished in either case. */
must_check int load_site_init(struct load_site *site, uint32_t n_hosts, int families,
			      struct draw *d);
void load_site_finish(struct load_site *site);

/* A service of that family. Only for a family that the site was made with. */
static inline uint32_t load_site_draw(const struct load_site *site, bool v6, struct draw *d)
{
	const struct load_slots *slots = v6 ? &site->v6 : &site->v4;

	return slots->services[draw_below(d, slots->n)];
}

/* An inside host that offers nothing: an address where no service can be. */
struct load_addr load_site_draw_client(bool v6, struct draw *d);

#endif
