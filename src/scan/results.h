/*
 * What a scan found, host by host: filled by an engine's listener, then printed (print.h) and kept
 * (catalogue/scans.h). Scans of other tools are read into the same.
 *
 * Ports that are not open, and are more than a few of one state, are counted and not listed. While
 * a host is being scanned, the state of each of its ports is a byte.
 */
#ifndef SEKIMORI_SCAN_RESULTS_H
#define SEKIMORI_SCAN_RESULTS_H

#include <stdbool.h>

#include "scan/engine.h"

#define RESULTS_LISTED_MAX 25 /* so many of one state that is not open are listed */

/* Ports of a host that are alike, and not listed. */
struct scan_count {
	uint8_t protocol;
	enum port_state state;
	enum port_reason reason;
	uint32_t ports;
};

struct scan_host {
	struct net_addr addr;
	char *name; /* as it was given, or found; NULL: none */
	bool up;
	enum port_reason reason;    /* by which it was known that it is */
	uint64_t first_ns, last_ns; /* of what was told of it; UTC */
	struct port_outcome *ports; /* TCP first, by number */
	size_t n_ports, ports_room;
	struct scan_count *counts;
	size_t n_counts, counts_room;
	uint8_t *told[2]; /* of TCP and UDP, by place in the plan's lists; NULL: none, or done */
	bool done[2];
};

struct scan_results {
	struct scan_host *hosts; /* sorted after results_sort */
	size_t n_hosts, room;
	uint64_t n_down; /* hosts that were given up */
	uint32_t *index; /* a hash table of places in hosts, plus 1 */
	size_t index_room;
	size_t last;                  /* the host that was last asked for */
	const struct scan_plan *plan; /* NULL: another tool's */
	int error;                    /* -ENOMEM once something was lost */
	void (*found)(void *arg, const struct port_outcome *outcome); /* an open port; or NULL */
	void *found_arg;
};

/* PLAN, which is kept, or NULL. */
void results_init(struct scan_results *r, const struct scan_plan *plan);
void results_finish(struct scan_results *r);

/* Fills R. Not for several threads at once. */
struct scan_listener results_listener(struct scan_results *r);

/* The host; made where there is none. NULL when out of memory. Valid until the next is made. */
struct scan_host *results_host(struct scan_results *r, struct net_addr addr);

void scan_host_finish(struct scan_host *h);

/* Adds to a host an outcome, whose service becomes the host's, or a count. Return 0 or -ENOMEM. */
must_check int results_add_port(struct scan_host *h, struct port_outcome *outcome);
must_check int results_add_count(struct scan_host *h, struct scan_count count);

/* Ends what is not ended, after the engines; sorts hosts and ports. Returns 0 or -ENOMEM. */
must_check int results_end(struct scan_results *r);

/* Was the port told? Of a host that is done all were, and the state is PORT_CLOSED. */
bool results_told(const struct scan_results *r, struct net_addr host, uint8_t protocol,
		  uint16_t port, enum port_state *ret_state);
bool results_host_done(const struct scan_results *r, struct net_addr host, uint8_t protocol);

uint64_t results_count(const struct scan_host *h, uint8_t protocol, enum port_state state);

/* ---- for an interrupted scan ---- */

/*
 * Writes what was told so far, to be read by the call below. WORDS are the command line. SETTLED is
 * progress's, of TCP and UDP. Under another name first, then synced and put in place. Returns 0 or
 * -errno.
 */
must_check int results_save(const struct scan_results *r, const char *path, char *const *words,
			    int n_words, uint64_t started_ns, const uint64_t settled[2]);

struct scan_state {
	char **words;
	int n_words;
	uint64_t started_ns, seed, plan_hash;
	uint64_t settled[2];
	uint8_t *rest; /* not read yet: the hosts */
	size_t rest_bytes;
};

/*
 * Reads the state's head. Its hosts are read later, when the plan is made. Returns 0, -ENOENT,
 * ERR_FORMAT or ERR_DAMAGED with the line in D, or -errno.
 */
must_check int scan_state_read(const char *path, struct scan_state *ret_state, struct diagnosis *d);
void scan_state_finish(struct scan_state *s);

/* The hosts of the state into R, whose plan must be the one that it was written under: ERR_USAGE
 * if it is another. */
must_check int scan_state_load(const struct scan_state *s, struct scan_results *r,
			       struct diagnosis *d);

#endif
