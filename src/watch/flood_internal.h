/*
 * What is written down whole, and what is only counted: the bound of what one hour can cost,
 * whatever somebody sends. A flood with forged sources makes every SYN+ACK a new peer; a box that
 * answers on all ports makes every one a new service.
 *
 * Of a series (a service with one set of marks) so many sightings of an hour are written down;
 * those beyond are counted, and their peers estimated. When the hour's total is reached, only the
 * first few of each series are. So what is exact stays exact, and quiet services are seen beside a
 * flood. Of one host only so many series are told apart, so that one that answers on all ports
 * leaves room for the others; what it sends beyond is counted for the host, and where there are too
 * many series of all hosts, for all of them together.
 *
 * Peers: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with 1,024 registers, standard error
 * 3.3 %, linear counting below 2,560.
 */
#ifndef SEKIMORI_WATCH_FLOOD_INTERNAL_H
#define SEKIMORI_WATCH_FLOOD_INTERNAL_H

#include "archive/batch.h"
#include "base/prefix.h"
#include "observe/sighting.h"

#define FLOOD_SERIES    131072u /* twice as many as can be told apart in an hour; a power of two */
#define FLOOD_ROWS_MAX  256u    /* series that are only counted; all further ones share the first */
#define FLOOD_REGISTERS 1024u
#define FLOOD_FIRST     16u /* of a series, even when the hour's total is reached */

struct flood_settings {
	uint32_t of_series; /* sightings of an hour that are written down, of one series */
	uint32_t of_others; /* of all together that are not told apart: each may be a new service */
	uint32_t of_all;    /* and of all of them */
	uint32_t of_host;   /* series of one host that are told apart */
	uint32_t series;    /* that are told apart; FLOOD_SERIES / 2 at most */
};

/* For that much memory: what counting them later may take. */
struct flood_settings flood_settings_for(uint64_t memory_bytes);

struct flood;

must_check int flood_new(const struct flood_settings *settings, struct flood **ret_flood);
void flood_free(struct flood *f); /* takes NULL */

/* A new hour: nothing was seen yet. SEED chooses how peers are hashed, so that nobody can aim. */
void flood_begin(struct flood *f, uint64_t seed);

/* A new journal within the hour: rows begin anew, what may be written down goes on. */
void flood_begin_rows(struct flood *f);

/*
 * True: it is to be written down. False: it was counted. NETWORKS are the site's, which say what
 * peers are inside; NULL: none are.
 */
bool flood_admit(struct flood *f, const struct sighting *s, const struct prefix_set *networks);

/* What was only counted since the rows began; they belong to F. Returns their number. */
size_t flood_rows(struct flood *f, const struct batch_flood **ret_rows);

struct flood_figures {
	uint64_t packets; /* that were only counted in this hour */
	uint32_t series;  /* of which they were, where these are told apart */
	bool others;      /* some were not */
};
struct flood_figures flood_figures(const struct flood *f);

#endif
