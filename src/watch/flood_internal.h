/*
 * What is written down whole, and what is only counted: the bound of what one hour can cost,
 * whatever somebody sends. A flood with forged sources makes every SYN+ACK a new peer; a box that
 * answers on all ports makes every one a new service.
 *
 * Of a series (a service with one set of marks) so many sightings of an hour are written down;
 * those beyond are counted, and their peers estimated. When the hour's total is reached, only the
 * first few of each series are. So what is exact stays exact, and quiet services are seen beside a
 * flood.
 *
 * Peers: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with 1,024 registers, standard error
 * 3.3 %, linear counting below 2,560.
 */
#ifndef SEKIMORI_WATCH_FLOOD_INTERNAL_H
#define SEKIMORI_WATCH_FLOOD_INTERNAL_H

#include "archive/batch.h"
#include "observe/sighting.h"

#define FLOOD_SERIES                                                                               \
	131072u /* told apart in an hour; a power of two. All further ones share one budget */
#define FLOOD_ROWS_MAX  256u /* series that are only counted; all further ones share the first */
#define FLOOD_REGISTERS 1024u
#define FLOOD_FIRST     16u /* of a series, even when the hour's total is reached */

struct flood_settings {
	uint32_t of_series; /* sightings of an hour that are written down, of one series */
	uint32_t of_all;    /* and of all of them */
};

/* For that much memory: what counting them later may take. */
struct flood_settings flood_settings_for(uint64_t memory_bytes);

struct flood;

must_check int flood_new(const struct flood_settings *settings, struct flood **ret_flood);
void flood_free(struct flood *f); /* takes NULL */

/* A new hour: nothing was seen yet. SEED chooses how peers are hashed, so that nobody can aim. */
void flood_begin(struct flood *f, uint64_t seed);

/* True: it is to be written down. False: it was counted. */
bool flood_admit(struct flood *f, const struct sighting *s);

/* What was only counted since flood_begin; the rows belong to F. Returns their number. */
size_t flood_rows(struct flood *f, const struct batch_flood **ret_rows);

#endif
