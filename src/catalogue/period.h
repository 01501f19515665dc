/*
 * A period of local days, counted: what reports ask. This is the small interface that they are
 * written over; another store can answer the same.
 *
 * Comes in: days, and what is brought back (--include). Goes out: exact packets, peers and busiest
 * peers of each day (peers are estimates where sightings were only counted; these are among
 * nobody's busiest), the days of each service, the peers of each port, and what was left out. Only
 * summaries are read, but for hours in which a local day begins. Memory: 4 bytes a peer for each
 * thread and for each part it is in, a bit for each peer and port with many peers; it does not grow
 * with the packets.
 */
#ifndef SEKIMORI_CATALOGUE_PERIOD_H
#define SEKIMORI_CATALOGUE_PERIOD_H

#include "catalogue/catalogue.h"

#define PERIOD_BUSIEST  5
#define PERIOD_DAYS_MAX 36600 /* a century */

struct period_query {
	int32_t first_day, end_day; /* local days since 1970-01-01, the end not among them; at most
				       PERIOD_DAYS_MAX */
	uint8_t include;            /* marks that are brought back */
};

struct period_busy {
	struct net_addr peer;
	uint64_t packets;
};

struct period_day {
	uint64_t packets, peers;
	bool peers_estimated;                       /* there are sightings that were only counted */
	struct period_busy busiest[PERIOD_BUSIEST]; /* most packets first, then by address */
	uint32_t n_busiest;
};

struct period_service {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	uint64_t packets; /* of the period; 1 or more */
};

struct period_port {
	uint16_t port;
	uint8_t protocol;
	uint64_t packets, peers;
	uint64_t counted_peers; /* estimated, among the peers: of what was only counted */
};

/*
 * What of the packets was only counted, in a flood: of a service, or (protocol 0, port 0) of all
 * ports of a host, or of all hosts (::), that were not told apart. Packets are exact but where a
 * day begins within a row, peers an estimate: docs/report.md.
 */
struct period_flood {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	uint64_t packets, peers;
};

/* What hid sightings, in the order in which one of several is named. */
enum period_left {
	PERIOD_LEFT_EXCLUDED,
	PERIOD_LEFT_FTP_DATA,
	PERIOD_LEFT_SPLIT_HANDSHAKE,
	PERIOD_LEFT_OWN_SCAN,
	PERIOD_LEFT_INSIDE,
	PERIOD_LEFT_COUNT
};

extern const uint8_t period_left_marks[PERIOD_LEFT_COUNT]; /* enum mark */

struct period_left_out {
	uint64_t packets;
	uint32_t services, hosts; /* of these packets */
};

struct period_counts {
	int32_t first_day;
	uint32_t n_days;
	struct period_day *days;
	struct period_service *services; /* by host (IPv4 first), port, protocol */
	size_t n_services;
	uint64_t *seen; /* a bit a day, SEEN_WORDS words a service */
	size_t seen_words;
	struct period_port *ports; /* by port, protocol */
	size_t n_ports;
	uint64_t packets, peers;
	struct period_flood *floods; /* by host, port, protocol */
	size_t n_floods;
	uint64_t counted_packets, counted_peers; /* of these; among the packets and the peers */
	struct period_left_out left[PERIOD_LEFT_COUNT];
};

static inline bool period_service_seen(const struct period_counts *p, size_t service, uint32_t day)
{
	return p->seen[service * p->seen_words + day / 64] >> (day % 64) & 1;
}

/*
 * Counts, without what is damaged, which is noted (catalogue_damage_count). Two threads. Returns 0,
 * ERR_LIMIT past 2^31 peers or 2^32 packets a day, -ENOMEM or -errno, with the place in D.
 * period_counts_finish in any case.
 */
must_check int catalogue_period(struct catalogue *c, const struct period_query *q,
				struct period_counts *ret_counts, struct diagnosis *d);
void period_counts_finish(struct period_counts *p);

/* ---- more of some days' peers ---- */

struct period_knock {
	uint16_t port;
	uint8_t protocol;
	uint64_t packets;
};

struct period_visit {
	struct net_addr peer; /* filled in by who asks, each once a day */
	uint64_t packets;
	uint32_t hosts;             /* that answered */
	struct period_knock *ports; /* most packets first, then by port */
	size_t n_ports;
};

struct period_visit_day {
	int32_t day; /* local, since 1970-01-01 */
	struct period_visit *visits;
	size_t n; /* at most PERIOD_BUSIEST */
};

/*
 * What these peers were answered on these days, which ascend. Reads the summaries of the days once
 * more. Errors as above; period_visits_finish for each day's in any case.
 */
must_check int catalogue_period_visits(struct catalogue *c, uint8_t include,
				       struct period_visit_day *days, size_t n,
				       struct diagnosis *d);
void period_visits_finish(struct period_visit *visits, size_t n);

/* ---- from the catalogue alone: all times ---- */

struct period_stretch {
	int32_t first, last; /* local days, both among them */
};

struct period_history {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	uint64_t first_ns, last_ns;
	struct period_stretch *days; /* sorted, apart by at least a day */
	uint32_t n_days;
};

/*
 * Every visible service with the days on which it was seen; sorted as above. Of days that were
 * taken away since, the first and the last are there, also of services that have no others.
 */
must_check int catalogue_histories(struct catalogue *c, uint8_t include,
				   struct period_history **ret_list, size_t *ret_count,
				   struct diagnosis *d);
void catalogue_histories_free(struct period_history *list, size_t count);

/* Up to when everything was taken away from the store, since it was too old to be kept; 0: nothing
 * was. */
must_check int catalogue_dropped_until(struct catalogue *c, uint64_t *ret_ns, struct diagnosis *d);

#endif
