/*
 * Counting over parts. Comes in: parts, the site's networks, perhaps a stretch of time. Goes out:
 * for each service exact packets, first and last time and days for each set of stored marks, inside
 * and outside peers apart, and the exact number of distinct peers for each union of such sets.
 *
 * Peers are counted over dense ids: each part's dictionary is mapped once into ids shared by all
 * parts, and a number a peer that remembers the last service that counted it takes the place of
 * sets.
 */
#ifndef SEKIMORI_CATALOGUE_TALLY_INTERNAL_H
#define SEKIMORI_CATALOGUE_TALLY_INTERNAL_H

#include "archive/part.h"
#include "base/config.h"
#include "base/prefix.h"
#include "base/zone.h"
#include "catalogue/days_internal.h"

#define TALLY_CLASSES (MARK_STORED_ALL + 1) /* sets of stored marks */
#define HOUR_NS       (3600 * NS_PER_SECOND)

/* The hour's last instant. The last hour that 64 bits know is cut. */
static inline uint64_t hour_last_ns(uint64_t hour_ns)
{
	return hour_ns > UINT64_MAX - (HOUR_NS - 1) ? UINT64_MAX : hour_ns + (HOUR_NS - 1);
}

/*
 * Of a group without details only the hour is known: a first or last time there is the hour's
 * first or last instant, which is told from a record's time by not being a whole millisecond.
 */
static inline uint64_t hour_first_ns(uint64_t hour_ns)
{
	return hour_ns + 1;
}

static inline bool time_is_of_hour(uint64_t time_ns)
{
	return time_ns % NS_PER_MS != 0;
}

struct tally_cell {
	uint64_t packets; /* 0: nothing of that kind */
	uint64_t first_ns, last_ns;
	struct day_set days;
};

struct tally_service {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	struct tally_cell cells[2][TALLY_CLASSES]; /* [inside][marks] */
	/* After tally_finish_counts: distinct peers of all sightings whose marks are within the
	 * index. */
	uint64_t peers[2][TALLY_CLASSES];
	/* Of sightings that were only counted, with just these marks: estimated, and counted again
	 * for each stretch of time (floods_internal.h). Their packets are in the cells. */
	uint64_t counted_peers[2][TALLY_CLASSES];
};

/* Takes a service of a tally over, with its days. */
void tally_service_take(struct tally_service *to, struct tally_service *from);

/* For qsort: by host, port, protocol, the order of every list of services. */
int tally_service_order(const void *a, const void *b);

struct tally;

/* Only sightings of FROM_NS <= time < TO_NS count; where details are gone, all of an hour that lies
 * in it or is cut by it; and only such with peers that CONFIG wants, which must outlive the tally.
 * Returns 0 or -ENOMEM. */
must_check int tally_new(const struct config *config, uint64_t from_ns, uint64_t to_ns,
			 struct tally **ret_tally);
void tally_free(struct tally *t); /* takes NULL */

/* Only services of HOST, which must outlive the tally, are counted (NULL: all). Before the first
 * part. */
void tally_narrow(struct tally *t, const struct net_addr *host);

/* Counts everything in the part. Returns 0, or what the part's reader says; ERR_DAMAGED when all
 * was counted that can be read. */
must_check int tally_add_part(struct tally *t, struct part *p, struct diagnosis *d);

/* Takes only the peers of services that the tally already knows, from a part that was counted
 * before. */
must_check int tally_add_known_peers(struct tally *t, struct part *p, struct diagnosis *d);

/*
 * The other way, after the last new part: parts that were counted before are only looked through
 * for the pairs (a service and a peer) of the new ones, so that nothing is kept of them. The peers
 * of a service are then those that no part before has. *RET_KNOWN is false where there are too many
 * new pairs for that: then nothing is done. Returns 0 or -ENOMEM.
 */
must_check int tally_know_pairs(struct tally *t, bool *ret_known);
must_check int tally_look_up(struct tally *t, struct part *p, struct diagnosis *d);

/* Some of them cannot be read: back to the first way. */
void tally_forget_known(struct tally *t);

/* Call once, after the last part. Sorts the services (addr_compare, port, protocol). */
must_check int tally_finish_counts(struct tally *t);

/* Where the last hour ends that was cut and is without details; 0 for none. */
uint64_t tally_bare_end_ns(const struct tally *t);

size_t tally_count(const struct tally *t);
struct tally_service *tally_services(struct tally *t);

#endif
