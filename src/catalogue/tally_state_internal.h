/* What tally.c (services, the end) and tally_part.c (one part) share. */
#ifndef SEKIMORI_CATALOGUE_TALLY_STATE_INTERNAL_H
#define SEKIMORI_CATALOGUE_TALLY_STATE_INTERNAL_H

#include "catalogue/id_set_internal.h"
#include "catalogue/peer_ids_internal.h"
#include "catalogue/tally_internal.h"

#define TALLY_NO_SERVICE UINT32_MAX

struct tally {
	const struct config *config; /* its networks, and whose knocking counts */
	uint64_t from_ns, to_ns;
	const struct net_addr *host; /* the only one; NULL: all */
	uint64_t bare_end_ns;
	struct tally_service *services;
	struct id_set (
		*peers)[TALLY_CLASSES]; /* beside services: peers met with exactly these marks */
	size_t n, room;
	uint32_t *slots; /* service + 1 */
	uint32_t slot_bits;
	struct peer_ids ids;
	struct known *known; /* parts of before are looked through, and not united; or NULL */
};

/*
 * Finds the series' service, or makes it where MAKE says so; TALLY_NO_SERVICE when it is not known
 * and not made. Returns 0 or -ENOMEM.
 */
must_check int tally_find_service(struct tally *t, const struct part_series *s, bool make,
				  uint32_t *ret_service);

#endif
