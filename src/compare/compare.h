/*
 * What was seen, held against what scans found: what did one see that the other did not, and why?
 *
 * Comes in: what scans say, port by port (from other tools' files, from scans of our own), or what
 * known scanners elicited; and a catalogue. Goes out: struct comparison, and its printed forms
 * (docs/compare.md defines each figure and each reason). Only TCP is compared: UDP is not seen.
 */
#ifndef SEKIMORI_COMPARE_COMPARE_H
#define SEKIMORI_COMPARE_COMPARE_H

#include <stdio.h>

#include "catalogue/catalogue.h"
#include "scan/outcome.h"

struct places;

/* ---- what scans say ---- */

struct compare_active;

/*
 * SEEN is the passive side, sorted as catalogue_list gives it; it must outlive what is made. A port
 * that is neither open nor among these can make no row, and is not kept: memory grows with what is
 * open, what is seen, and hosts.
 * Returns 0 or -ENOMEM.
 */
must_check int compare_active_new(const struct catalogue_service *seen, size_t n_seen,
				  struct compare_active **ret_active);
void compare_active_free(struct compare_active *a); /* takes NULL */

/* Begins a scan: what is told from here on is its. SOURCE is copied. Returns 0 or -ENOMEM. */
must_check int compare_active_begin(struct compare_active *a, const char *source);

/* These ports of that protocol were asked of every host; several calls add up. Without any nobody
 * knows which, and the figures say so. */
void compare_active_ports(struct compare_active *a, uint8_t protocol, uint16_t first,
			  uint16_t last);

/* A host that the scan tells of. Where it has ports, it need not be told for itself. Returns 0 or
 * -ENOMEM. */
must_check int compare_active_host(struct compare_active *a, struct net_addr host, bool down);

/* Hosts that were down, but for those that are told of otherwise. Returns 0 or -ENOMEM. */
must_check int compare_active_down(struct compare_active *a, struct addr_range hosts);

/* The ports of the host that were asked and are not told one by one have that state, or one of
 * several where this is said several times; so many have it. After the host. Returns 0 or -ENOMEM.
 */
must_check int compare_active_rest(struct compare_active *a, struct net_addr host, uint8_t protocol,
				   enum port_state state, uint32_t n);

/* A port. The same one again in this scan is one; open stands. Returns 0 or -ENOMEM. */
must_check int compare_active_port(struct compare_active *a, const struct port_outcome *outcome);

struct compare_scan {
	char *source; /* a file's name, or what scan of ours it is */
	char *tool, *version, *arguments;
	uint64_t start_ns, end_ns; /* 0: nobody tells; all of a whole second at the end */
	bool inside;               /* made from inside the firewall */
	bool interrupted;    /* of a host of which not all ports are told, only these were asked */
	bool tells_ports;    /* which ports were asked is known */
	uint64_t skipped;    /* entries that tell no address or no port */
	size_t hosts, open;  /* that it told of, each once */
	uint64_t watched_ns; /* of its time, for which the sensor looked; after compare_make */
};

/* The scan's end: what it says of itself. Texts are copied. Where it tells no times, those of its
 * outcomes stand. Returns 0 or -ENOMEM. */
must_check int compare_active_end(struct compare_active *a, const struct compare_scan *scan);

/* ---- the comparison ---- */

enum compare_side {
	COMPARE_ACTIVE,
	COMPARE_PASSIVE,
	COMPARE_SIDES
};

enum compare_scope {
	COMPARE_ALL,     /* all against all, as published */
	COMPARE_COVERED, /* only hosts and ports that a scan asked */
	COMPARE_SCOPES
};

/* Why one side has what the other has not. */
enum compare_why {
	COMPARE_BOTH, /* no difference */
	/* Seen, and not found by a scan. */
	COMPARE_HOST_NOT_SCANNED,
	COMPARE_PORT_NOT_SCANNED,
	COMPARE_GONE_BEFORE,   /* last seen before the scan began */
	COMPARE_OPENED_AFTER,  /* first seen after the scan's end */
	COMPARE_HOST_DOWN,     /* the scan took the host for down */
	COMPARE_SCAN_FILTERED, /* the scan got no answer there */
	COMPARE_SCAN_CLOSED,   /* the scan was told that it is closed */
	COMPARE_SELDOM,        /* it answered a handful of times */
	COMPARE_SCAN_MISSED,   /* none of these: the scan did not find it */
	/* Found by a scan, and not seen. */
	COMPARE_NOT_OURS,      /* the host is in none of the site's networks */
	COMPARE_MARKED,        /* seen, but left out: see the marks */
	COMPARE_ONLY_SCANNER,  /* seen to answer known scanners, and nobody else */
	COMPARE_BLIND,         /* the sensor did not look when the scan was made */
	COMPARE_FROM_INSIDE,   /* found from inside: the border may filter it */
	COMPARE_NEVER_KNOCKED, /* nobody outside knocked, or the border filters it */
	COMPARE_WHYS
};

struct compare_knock {
	uint64_t time_ns;
	struct net_addr peer;
	uint16_t peer_port;
	char country[3]; /* "" when not known */
	char network[96];
	char lists[160]; /* of the configuration's, that have it */
};

#define COMPARE_KNOCKS_MAX 5 /* of so few packets, each is shown */

struct compare_row {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	bool active, passive; /* open; seen */
	bool covered;
	enum compare_why why;
	/* What a scan said, where one told of it; time 0: it does not tell when. */
	bool told;
	enum port_state state;
	enum port_reason reason;
	uint64_t scan_time_ns;
	const char *service; /* that it found, or NULL */
	/* What was seen; packets 0: nothing. Of COMPARE_ONLY_SCANNER, what known scanners elicited;
	 * of COMPARE_MARKED, what is marked. */
	uint64_t first_ns, last_ns, packets, peers;
	uint32_t days;
	uint8_t marks;
	struct compare_knock *knocks; /* all of them, where packets are few; or NULL */
	size_t n_knocks;
};

struct compare_figures {
	uint64_t hosts, ports, services;
	uint64_t ports_per_host[2], hosts_per_port[2]; /* least, most */
};

struct compare_port {
	uint16_t port;
	uint64_t hosts[COMPARE_SCOPES][COMPARE_SIDES];
};

/* So many hosts have so many ports. */
struct compare_spread {
	uint32_t ports;
	uint64_t hosts[COMPARE_SCOPES][COMPARE_SIDES];
};

struct comparison {
	const struct config *config;
	const char *places;               /* whose words countries are, or NULL */
	uint64_t made_ns, from_ns, to_ns; /* what was asked for; 0 and UINT64_MAX: all */
	uint64_t first_ns, last_ns;       /* of what was watched in that time; 0: nothing was */
	uint8_t include;
	bool by_scanner; /* the active side is what known scanners elicited */
	struct compare_scan *scans;
	size_t n_scans;
	bool tells_ports; /* by all of the scans */
	struct compare_figures figures[COMPARE_SCOPES][COMPARE_SIDES];
	struct compare_port *ports; /* by port */
	size_t n_ports;
	struct compare_spread *spread; /* by ports */
	size_t n_spread;
	struct compare_row *rows; /* by host and port */
	size_t n_rows;
	uint64_t whys[COMPARE_WHYS]; /* rows with that reason */
	uint64_t udp;                /* open UDP ports that scans told of, not compared */
};

struct compare_request {
	struct catalogue *catalogue;          /* the passive side */
	const struct catalogue_service *seen; /* its services, as catalogue_list gives them */
	size_t n_seen;
	/* What known scanners elicited; NULL: none is known. With BY_SCANNER it is the active side.
	 */
	struct catalogue *scanners;
	bool by_scanner;
	struct compare_active *active; /* NULL with BY_SCANNER; must outlive the comparison */
	const struct config *config;
	const struct places *places;
	struct catalogue_query query;
	uint64_t now_ns;
};

/* Returns 0, -ENOMEM or what the catalogue says. Finish it in any case. */
must_check int compare_make(const struct compare_request *request,
			    struct comparison *ret_comparison, struct diagnosis *d);
void comparison_finish(struct comparison *c);

/* "host-not-scanned": for programs. */
const char *compare_why_name(enum compare_why why);

/* ---- its forms ---- */

struct compare_text_options {
	size_t rows; /* of long tables; SIZE_MAX: all */
	bool colour;
};

/* All return 0 or a negative error; what OUT refused, ferror tells. */
must_check int compare_print_text(const struct comparison *c,
				  const struct compare_text_options *options, FILE *out);
must_check int compare_print_json(const struct comparison *c, bool for_html, FILE *out);

/* The rows. FOR_EXCEL: with a byte order mark, and no text begins like a formula. */
must_check int compare_print_csv(const struct comparison *c, bool for_excel, FILE *out);

bool compare_has_html(void);

/* ERR_UNSUPPORTED when this build has no page. */
must_check int compare_print_html(const struct comparison *c, FILE *out);

#endif
