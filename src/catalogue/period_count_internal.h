/*
 * Counting a period's days: two counters take day after day, the largest first; each day is counted
 * by one of them, and what is not a day's is added up at the end (period.c).
 */
#ifndef SEKIMORI_CATALOGUE_PERIOD_COUNT_INTERNAL_H
#define SEKIMORI_CATALOGUE_PERIOD_COUNT_INTERNAL_H

#include "catalogue/id_set_internal.h"
#include "catalogue/period_internal.h"

struct period_work;

struct period_counter {
	struct period_work *work;
	struct period_reader reader;
	/* Of the day at hand: packets by peer id, and the ids whose packets are not 0. */
	uint32_t *peer_packets, *met;
	size_t n_met, met_room;
	uint32_t *kept; /* ids of one series' visible pairs */
	size_t kept_room;
	/* Of all days that this counter has taken. */
	uint64_t *service_packets;
	uint64_t *seen;            /* a bit a day, seen_words a service */
	uint64_t *all_peers;       /* a bit an id */
	struct id_set *port_peers; /* by port */
	uint64_t left_packets[PERIOD_LEFT_COUNT];
	uint64_t *left_services[PERIOD_LEFT_COUNT]; /* a bit a service */
};

struct period_work {
	struct period_scan scan;
	struct period_counter counters[2];
	size_t seen_words;
	struct period_day *days;   /* the result's */
	struct period_port *ports; /* every port of the store */
	size_t n_ports;
	uint32_t *port_of;   /* by service of the scan */
	uint32_t *day_order; /* the largest first */
	atomic_uint n_counters, next_day;
	struct failure failure;
};

/* Counts all days. Returns 0 or what went wrong first. */
must_check int period_work_run(struct period_work *w, struct diagnosis *d);

/* Once all days are counted, and before the counters are united: adds what was only counted. */
must_check int period_floods_count(struct period_work *w, struct period_counts *r);

void period_counter_finish(struct period_counter *c);

#endif
