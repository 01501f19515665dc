/*
 * What a load holds, counted plainly as it is written, for a test to hold the product against:
 * SYN+ACKs and distinct peers of each service. One bit for every pair of a service and a peer.
 */
#ifndef SEKIMORI_BENCH_LOAD_ACCOUNT_H
#define SEKIMORI_BENCH_LOAD_ACCOUNT_H

#include <stdio.h>

#include "base/macros.h"

#include "load_site.h"

#define LOAD_ACCOUNT_BYTES_MAX (2ULL << 30)

struct load_account {
	uint8_t *met; /* bit service * n_peers + peer */
	uint64_t n_peers;
	uint64_t *packets, *peers; /* of each service */
};

/* Returns 0, -E2BIG when the bits would take more than LOAD_ACCOUNT_BYTES_MAX, or -ENOMEM. */
must_check int load_account_init(struct load_account *a, uint32_t n_services, uint32_t n_peers);
void load_account_finish(struct load_account *a);
void load_account_add(struct load_account *a, uint32_t service, uint32_t peer);

/* As CSV: address,port,packets,peers; IPv4 first, by address and port. Services never met are left
 * out. */
must_check int load_account_write(const struct load_account *a, const struct load_site *site,
				  FILE *file);

#endif
