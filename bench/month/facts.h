/*
 * The published figures of January 2019, and what was counted, number by number.
 * Comes in: counts, from a plan or from a capture. Goes out: a table "figure | published |
 * counted".
 */
#ifndef SEKIMORI_BENCH_MONTH_FACTS_H
#define SEKIMORI_BENCH_MONTH_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define MONTH_COUNTED_HOSTS 4096
#define MONTH_COUNTED_PORTS 64

struct month_counted_host {
	uint32_t v4;
	uint32_t days; /* bit d is the (d + 1)th of January */
	uint32_t n_ports;
	uint16_t ports[MONTH_COUNTED_PORTS]; /* the first so many */
	uint32_t peers;                      /* 2 stands for several */
	uint32_t peer;                       /* the first one */
};

struct month_counts {
	uint64_t packets[31], flood[31];
	uint32_t peers_of_day[31];
	uint32_t peers;
	uint32_t flood_hosts;
	uint32_t odd_packets; /* of the two ports of the largest host */
	struct {
		uint32_t hosts, daily, peers;
	} ports[65536];
	struct month_counted_host hosts[MONTH_COUNTED_HOSTS];
	uint32_t n_hosts;
};

/* Prints the table. Returns how many figures differ. */
int month_facts_compare(const struct month_counts *c, FILE *file);

#endif
