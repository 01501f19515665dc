/*
 * How the site looks from outside: what scans say that came in from files (catalogue/scan_taking.h)
 * and were made from outside the firewall, Shodan's and Censys' most of all. Whoever they are of is
 * a *viewer*, by the name of its tool.
 */
#ifndef SEKIMORI_CATALOGUE_OUTSIDE_H
#define SEKIMORI_CATALOGUE_OUTSIDE_H

#include "catalogue/scans.h"

/* One scan's words about a port. */
struct catalogue_view {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	bool open;
	uint64_t time_ns;
	size_t viewer, look;    /* places in the lists below */
	struct service service; /* without evidence, names of system and device, certificate */
};

/* A scan tells of a host. */
struct catalogue_look {
	struct net_addr host;
	uint64_t time_ns;
	size_t look;
};

struct catalogue_outside {
	char **viewers; /* sorted by name */
	size_t n_viewers;
	struct outside_scan *scans;
	size_t n_scans;
	struct catalogue_view *views; /* sorted as services, then by viewer, the latest first */
	size_t n_views;
	struct catalogue_look *looks; /* sorted by host */
	size_t n_looks;
};

/*
 * Of Q's host, or of all hosts, the site's or not, and Q's time: a port's by its own, a host's by
 * its last. Nothing where the store knows of none. Returns 0, -ENOMEM, or what SQLite says; finish
 * it in any case.
 */
must_check int catalogue_outside_load(struct catalogue *c, const struct catalogue_query *q,
				      struct catalogue_outside *ret_outside, struct diagnosis *d);
void catalogue_outside_finish(struct catalogue_outside *o);

enum outside_word {
	OUTSIDE_UNKNOWN, /* no record of the host, or none that would tell of the port */
	OUTSIDE_OPEN,
	OUTSIDE_NOT_OPEN, /* the last record of the host, or of the port, says so or lists it not */
};

/*
 * A viewer's last word about a port, and when that was. *ret_view becomes the last view that lists
 * the port, or NULL. A scan that says which ports it asked has no word about others; of Shodan's
 * and their like every record of a host is taken for one of all its ports.
 */
enum outside_word catalogue_outside_say(const struct catalogue_outside *o, struct net_addr host,
					uint16_t port, uint8_t protocol, size_t viewer,
					uint64_t *ret_time_ns,
					const struct catalogue_view **ret_view);

#endif
