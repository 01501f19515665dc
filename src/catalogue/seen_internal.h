/*
 * When services were seen that the archive does not tell of any more: kept_seen, a row for each set
 * of stored marks, inside and outside peers apart, as they were judged then. Only the first and the
 * last time: what else was counted is over what is kept.
 */
#ifndef SEKIMORI_CATALOGUE_SEEN_INTERNAL_H
#define SEKIMORI_CATALOGUE_SEEN_INTERNAL_H

#include "catalogue/catalogue_internal.h"

struct seen {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	uint8_t inside, marks;
	uint64_t first_ns, last_ns;
};

struct seen_list {
	struct seen *list; /* by host (IPv4 first), port, protocol */
	size_t n;
};

/* Of one host, or of all. The caller frees the list. Returns 0, -ENOMEM or what SQLite says. */
must_check int seen_load(struct catalogue *c, const struct net_addr *host,
			 struct seen_list *ret_seen, struct diagnosis *d);

/* The rows of S's host, port and protocol: COUNT of them, from the one returned on. */
const struct seen *seen_find(const struct seen_list *seen, const struct tally_service *s,
			     size_t *ret_count);

/*
 * Widens the times of a service, counted under the marks ALLOWED (and MARK_INSIDE), by what ROWS
 * say under these. Where what was counted knows only the hour, they say when in it.
 */
void seen_widen(const struct seen *rows, size_t count, uint8_t allowed, uint64_t *first_ns,
		uint64_t *last_ns);

/*
 * Keeps the times of services as they are counted, before what was seen from FROM_NS to TO_NS is
 * taken away or its details are: of those whose first or last time lies there. Within a
 * transaction.
 */
must_check int seen_keep(struct catalogue *c, uint64_t from_ns, uint64_t to_ns,
			 struct diagnosis *d);

#endif
