/* What active.c (scans), compare.c (rows, reasons), figures.c and knocks.c share. */
#ifndef SEKIMORI_COMPARE_COMPARE_INTERNAL_H
#define SEKIMORI_COMPARE_COMPARE_INTERNAL_H

#include "base/zone.h"
#include "scan/targets.h"

#include "compare/compare.h"

struct compare_host {
	struct net_addr addr;
	bool down;
	uint8_t rest;  /* a bit for each state that ports have which are not told one by one */
	uint32_t told; /* TCP ports, one by one or counted */
};

/* One scan's reach: which hosts and ports it asked. */
struct compare_reach {
	struct compare_host *hosts; /* sorted after compare_active_end, each once; up stands */
	size_t n_hosts, hosts_room;
	struct targets down; /* but for those among hosts; united after compare_active_end */
	struct port_set tcp;
	uint32_t n_tcp;             /* in it */
	uint64_t first_ns, last_ns; /* of its outcomes */
};

struct compare_found {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	enum port_state state;
	enum port_reason reason;
	uint32_t scan;
	uint64_t time_ns;
	char *service; /* of what is open, or NULL */
};

struct compare_active {
	struct compare_scan *scans;
	struct compare_reach *reaches; /* beside them */
	size_t n_scans, scans_room, reaches_room;
	struct compare_found *found; /* each once a scan */
	size_t n_found, found_room;
	size_t n_before; /* of the scans before the one that is being told */
	const struct catalogue_service *seen;
	size_t n_seen;
};

/* Files cut their times off, at seconds or milliseconds: the last moment that it may have been. 0
 * stays 0, and what is told more finely is what it is. */
static inline uint64_t compare_last_moment(uint64_t time_ns)
{
	uint64_t unit = !time_ns || time_ns % NS_PER_MS ? 1
			: time_ns % NS_PER_SECOND       ? NS_PER_MS
							: NS_PER_SECOND;

	return time_ns + unit - 1;
}

/* By host, port, protocol; negative when A goes first. */
int compare_found_order(const void *a, const void *b);

/* Puts what all scans found in that order; of one port, what is open and has words goes first. */
void compare_active_sort(struct compare_active *a);

/* NULL when the scan told nothing of it. */
const struct compare_host *compare_reach_host(const struct compare_reach *r, struct net_addr host);

/* Did that scan ask that port of a host of its own? Where it does not tell which ports, any. */
bool compare_asks_port(const struct compare_active *a, size_t scan, const struct compare_host *host,
		       uint16_t port);

/* Did a scan ask that port of that host? Where it does not tell which ports, any. */
bool compare_is_covered(const struct compare_active *a, struct net_addr host, uint16_t port);

/* Figures and tables, from the rows. Returns 0 or -ENOMEM. */
must_check int compare_count(struct comparison *c);

/* Fills in the knocks of rows with few packets. Returns 0 or an error. */
must_check int compare_find_knocks(const struct compare_request *request, struct comparison *c,
				   struct diagnosis *d);

/* Why the row's sides differ, as a sentence. */
const char *compare_why_words(enum compare_why why, bool by_scanner);

#endif
