/*
 * How much of everything: packets and peers of each day, what of it the two addresses of 24-26
 * January make, and the peers of each port, at full size or shrunk.
 */
#ifndef SEKIMORI_BENCH_MONTH_QUANTITIES_H
#define SEKIMORI_BENCH_MONTH_QUANTITIES_H

#include "site.h"

#define MONTH_FLOOD_FIRST_DAY 23 /* 24 January */
#define MONTH_FLOOD_LAST_DAY  25
#define MONTH_FLOOD_HOSTS     95

struct month_quantities {
	double scale;
	uint32_t packets[MONTH_DAYS];
	uint32_t flood[MONTH_DAYS]; /* of the packets, those of the two addresses */
	uint32_t peers[MONTH_DAYS];
	uint32_t all_peers;
	uint32_t port_peers[MONTH_PORTS]; /* wanted; 0 for a closed port */
};

void month_quantities_init(struct month_quantities *q, const struct month_site *site, double scale);

/* What SCALE leaves of N, rounded. */
uint32_t month_scaled(double scale, uint32_t n);

#endif
