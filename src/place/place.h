/*
 * Where an address is: the country, the AS number and the network's name, as databases on this
 * machine say; and on which of the lists that people name it is. In: the configuration's files, and addresses. Out: a place, or as much of it as is
 * known. Nothing is asked over a network.
 */
#ifndef SEKIMORI_PLACE_PLACE_H
#define SEKIMORI_PLACE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/config.h"
#include "base/error.h"

#define PLACE_NAME_MAX  96
#define PLACE_LISTS_MAX 160

/* What is not known is empty, or 0. The name is UTF-8 without control characters, cut to fit. */
struct place {
	char country[3]; /* two letters A to Z (ISO 3166-1, "EU" and the like) */
	uint32_t as_number;
	char as_name[PLACE_NAME_MAX];
	char lists[PLACE_LISTS_MAX]; /* "block list (2026-11-01), partners": that have it */
};

/* The opened databases. */
struct places;

/*
 * Opens the MaxMind databases that the configuration names, and its libloc database, or without a
 * word of it the one that the machine has at a usual path, if any. With none of them the object
 * knows nothing, which is no error. Lists are read too. A file that is there and cannot be read is
 * an error: ERR_FORMAT, ERR_USAGE for a line of a list,
 * ERR_UNSUPPORTED when this build lacks the library, or -errno, with the file in D.
 */
must_check int places_open(const struct config *config, struct places **ret_places,
			   struct diagnosis *d);

void places_close(struct places *p);

/*
 * Looks one address up: the MaxMind databases first, in their order, then libloc; each completes
 * what is missing. Returns whether anything is known. Not thread-safe.
 */
bool places_find(const struct places *p, struct net_addr a, struct place *ret_place);

/* "GeoLite2-ASN.mmdb, 2024-01-02; libloc, 2022-10-29": the databases and their dates, to be shown
 * where their words are. NULL when there is none. Lives as long as P. */
const char *places_source(const struct places *p);

#endif
