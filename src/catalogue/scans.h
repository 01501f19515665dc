/*
 * What scans said: primary, nothing brings it back. One row a scan, one a port that it lists, and
 * for each host how many of its ports it counted and did not list.
 */
#ifndef SEKIMORI_CATALOGUE_SCANS_H
#define SEKIMORI_CATALOGUE_SCANS_H

#include "catalogue/catalogue.h"
#include "scan/results.h"

struct catalogue_scan {
	int64_t id; /* of the catalogue; larger ones came in later */
	uint64_t started_ns, ended_ns;
	char *vantage;               /* "inside" or "outside" the firewall */
	char *tool;                  /* "sekimori 0.1.0", "nmap 7.93" */
	char *arguments;             /* the command line */
	char *ranges;                /* that were asked, as words */
	char *tcp_ports, *udp_ports; /* that were asked of each, "22,80,8000-8100"; "": none */
	struct net_addr
		*sources; /* outside the site: who was answered, as far as a sensor can see */
	size_t n_sources;
	bool complete; /* not interrupted */
	bool news;     /* `scan --new`: what it asked counts as looked at for ever */
};

/*
 * Keeps a scan with its results, in one transaction; what only its sources elicited is no sighting
 * from then on (own_internal.h). SCAN's id does not matter; its texts may be
 * NULL where nothing is known. Waits for others who write. Returns 0, or what SQLite says.
 */
must_check int catalogue_scan_append(struct catalogue *c, const struct catalogue_scan *scan,
				     const struct scan_results *results, struct diagnosis *d);

/*
 * Of LIST, services sorted by host, leaves those that no scan of ours has looked at since they were
 * first seen, and `scan --new` never. A store that knows no scans leaves all. Returns 0, or what
 * SQLite says; the list is of no use then.
 */
must_check int catalogue_scans_leave_new(struct catalogue *c, struct catalogue_service *list,
					 size_t *count, struct diagnosis *d);

/* One scan's words about one host. */
struct catalogue_scan_of_host {
	struct catalogue_scan scan;
	struct scan_host host;
};

/*
 * All that scans said of HOST, the latest first, at most MOST of them, without evidence and
 * certificates; but not what came in from files and was made from outside (catalogue/outside.h). A
 * store that knows no scans has none. Returns 0, or what SQLite says; the list is the caller's to
 * free.
 */
must_check int catalogue_scans_of_host(struct catalogue *c, struct net_addr host, size_t most,
				       struct catalogue_scan_of_host **ret_list, size_t *ret_count,
				       struct diagnosis *d);
void catalogue_scans_free(struct catalogue_scan_of_host *list, size_t count);

/* A scan, and what it found. */
struct catalogue_kept_scan {
	struct catalogue_scan scan;
	uint64_t hosts, open; /* hosts that were up, their open ports of either protocol */
};

/*
 * All scans, by id; a store that knows none has none. What they found is only counted when COUNT
 * says so: that looks at all of them. Returns 0, or what SQLite says; the list is the caller's to
 * free.
 */
must_check int catalogue_kept_scans(struct catalogue *c, bool count,
				    struct catalogue_kept_scan **ret_list, size_t *ret_count,
				    struct diagnosis *d);
void catalogue_kept_scans_free(struct catalogue_kept_scan *list, size_t count);

/*
 * Tells TAKE of each host that the scan found, in the order of addresses, one in memory at a time,
 * without evidence and certificates; it is not to be kept after the call. Ports that are not listed
 * are counted. Returns 0, what TAKE says where that is negative, or what SQLite says.
 */
must_check int catalogue_kept_scan_read(struct catalogue *c, int64_t id,
					int (*take)(void *arg, const struct scan_host *host),
					void *arg, struct diagnosis *d);

#endif
