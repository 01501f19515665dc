/*
 * A count of a capture that shares nothing with the generator or the product: its own reading, its
 * own tables.
 * Comes in: SYN+ACKs in the order of time. Goes out: the published figures' counts, and csv files
 * as the generator's account has them.
 */
#ifndef SEKIMORI_BENCH_MONTH_RECOUNT_H
#define SEKIMORI_BENCH_MONTH_RECOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "facts.h"

#define RECOUNT_PEERS_MOST    (1U << 20)
#define RECOUNT_SERVICES_MOST 4096U
#define RECOUNT_BUSIEST       5

struct recount_record {
	uint64_t time_us;
	uint32_t host, peer; /* addresses */
	uint16_t port, peer_port;
};

struct recount_service {
	uint32_t host; /* place in counts->hosts */
	uint16_t port;
	uint32_t days;
	uint64_t packets;
	uint64_t *peers; /* bits by peer number */
};

/* An answer on port 21, the last one of two hosts. */
struct recount_control {
	uint64_t pair, time_us;
};

struct recount_peer {
	uint32_t v4, packets; /* today's */
};

struct recount {
	struct month_counts *counts;
	uint32_t left_out_v4;   /* the honeypot */
	uint32_t month, n_days; /* of 2019 */
	uint64_t start_us;
	FILE *records; /* where the six fields of what is counted go, or NULL */
	uint64_t left_out, ftp_active, ftp_passive, out_of_order, last_us;
	uint32_t today;
	struct recount_service *services;
	struct recount_peer *peers;
	uint32_t n_services;
	uint32_t *peer_slots, *service_slots; /* number + 1, open addressing */
	struct recount_control *controls;
	bool flooded[MONTH_COUNTED_HOSTS];
	struct recount_record odd[3]; /* the first packets of the largest host's two odd ports */
	struct recount_peer busiest[31][RECOUNT_BUSIEST];
};

/* All return 0, -ENOMEM, or -E2BIG when there are more hosts, services or peers than fit. */
int recount_init(struct recount *r, uint32_t month, uint32_t left_out_v4);
int recount_add(struct recount *r, const struct recount_record *record);
int recount_end(struct recount *r); /* fills in counts */
void recount_finish(struct recount *r);

/* Into a folder that exists. Returns 0 or -errno. */
int recount_write(const struct recount *r, const char *folder);

#endif
