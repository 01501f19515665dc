/*
 * The outside of the remade month: every peer with its address, its ports and its days.
 * Comes in: the site and the quantities. Goes out: as many peers as the month has, so that each
 * port's distinct peers, each day's and the month's hold exactly. Which hosts a peer meets, and how
 * often, is decided day by day (day.h).
 */
#ifndef SEKIMORI_BENCH_MONTH_CROWD_H
#define SEKIMORI_BENCH_MONTH_CROWD_H

#include "quantities.h"
#include "site.h"

#define CROWD_NETWORKS 3000

/* The first peers, told one by one. */
enum {
	CROWD_FLOOD = 0, /* the two addresses of 24 January */
	CROWD_FLOODS = 2,
	CROWD_ONCE = 2, /* the largest host's three packets */
	CROWD_ONCES = 3,
	CROWD_PARTNER = 5, /* one for each host that has one */
	CROWD_PARTNERS = 4,
	CROWD_ENGINE = 9, /* here the search engines begin */
};

struct month_port_set {
	uint64_t words[(MONTH_PORTS + 63) / 64];
};

static inline bool month_port_set_has(const struct month_port_set *s, uint32_t port)
{
	return s->words[port / 64] >> (port % 64) & 1;
}

static inline void month_port_set_add(struct month_port_set *s, uint32_t port)
{
	s->words[port / 64] |= 1ULL << (port % 64);
}

/*
 * Peers lie by class: those told, search engines, scanners of several ports, users of both 80 and
 * 443, and peers of one port, port after port.
 */
struct month_crowd {
	uint32_t n;
	uint32_t *v4;
	uint32_t networks[CROWD_NETWORKS]; /* where three in four users live, the busiest first */
	uint32_t *days;
	uint32_t first_multi, first_double, first_single[MONTH_PORTS + 1];
	struct month_port_set *sets;      /* of peer i >= CROWD_ENGINE and < first_double: at i */
	uint32_t port_peers[MONTH_PORTS]; /* distinct */
};

/*
 * BEFORE is another month's crowd, whose networks, search engines and partners this one has, and
 * one in five of its other peers; or NULL.
 * Returns 0, -ENOMEM, or -EDOM when the scale leaves too few peers. To be finished in either case.
 */
must_check int month_crowd_init(struct month_crowd *c, const struct month_site *site,
				const struct month_quantities *q, const struct month_crowd *before,
				struct draw *d);
void month_crowd_finish(struct month_crowd *c);

/* The day and port of the Nth of the three packets. */
uint32_t month_once_day(uint32_t n);
uint16_t month_once_port(uint32_t n);

#endif
