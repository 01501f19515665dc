/*
 * What the stream holds, counted plainly as it is written.
 * Comes in: packets. Goes out: csv files, to hold the product and other counts against.
 */
#ifndef SEKIMORI_BENCH_MONTH_ACCOUNT_H
#define SEKIMORI_BENCH_MONTH_ACCOUNT_H

#include "extras.h"

#define MONTH_BUSIEST 5 /* of each day */

struct month_account {
	const struct month_plan *plan;
	uint64_t *met; /* a bit for every service and peer; a service's words lie together */
	uint32_t words;
	uint32_t *day_packets; /* of each peer, today */
	uint64_t packets[MONTH_SERVICES];
	uint32_t days[MONTH_SERVICES]; /* seen */
	uint64_t packets_of_day[MONTH_DAYS];
	uint32_t peers_of_day[MONTH_DAYS];
	struct {
		uint32_t peer, packets;
	} busiest[MONTH_DAYS][MONTH_BUSIEST];
	uint64_t extras[EXTRA_KINDS];
};

/* Returns 0 or -ENOMEM; to be finished in either case. */
must_check int month_account_init(struct month_account *a, const struct month_plan *plan);
void month_account_finish(struct month_account *a);

static inline void month_account_add(struct month_account *a, uint32_t day, uint32_t service,
				     uint32_t peer)
{
	a->met[(uint64_t)service * a->words + peer / 64] |= 1ULL << (peer % 64);
	a->packets[service]++;
	a->days[service] |= month_day_bit(day);
	a->packets_of_day[day]++;
	a->day_packets[peer]++;
}

/* The day is over: its peers are counted and forgotten. */
void month_account_end_day(struct month_account *a, uint32_t day);

/*
 * days.csv, ports.csv, services.csv, days_seen.csv, ports_of_host.csv, busiest.csv, totals.csv,
 * left_out.csv and peers.csv into a folder that is made if need be. Returns 0 or -errno.
 */
must_check int month_account_write(const struct month_account *a, const char *folder);

#endif
