/*
 * The period's figures and tables (docs/report.md defines each).
 *
 * Comes in: the counts of a period (catalogue/period.h), the site's configuration, where peers are.
 * Goes out: struct report, and its printed forms. Printing looks nothing up: every form says the
 * same.
 */
#ifndef SEKIMORI_REPORT_REPORT_H
#define SEKIMORI_REPORT_REPORT_H

#include <stdio.h>

#include "catalogue/gaps.h"
#include "catalogue/period.h"
#include "report/report_period.h"

struct report_stat {
	uint64_t min, max;
	uint32_t min_day, max_day; /* of the period */
	double mean, median;
	bool any; /* false: there was no day to count */
};

struct report_day {
	uint32_t hosts, daily_hosts; /* that answered; of them, those of every day */
	uint32_t new_hosts;          /* not seen before in the period */
	uint32_t cumulative_hosts;
	uint32_t new_to_store; /* never seen before at all */
	double captured_share; /* of the day's time, 0 to 1 */
	bool captured;         /* some of it: shown */
	bool whole;            /* enough of it: statistics and daily hosts go by it */
	bool stands_out;
};

struct report_host {
	struct net_addr addr;
	uint32_t number;                    /* 1 ..., how an anonymised report tells hosts apart */
	uint32_t days;                      /* whole ones on which it was seen; 1 at least */
	bool daily;                         /* on all of them */
	uint32_t first_day, first_day_ever; /* of the period; the latter UINT32_MAX: known before */
	uint64_t packets;
	size_t first_service, n_services; /* of the counts' services; each one is a port */
};

struct report_port {
	uint16_t port;
	uint8_t protocol;
	uint32_t hosts, daily_hosts;
	uint64_t peers, packets;
	bool peers_estimated;
};

/* Hosts with just the same ports: [first, first + n) of by_ports. */
struct report_set {
	size_t first, n;
};

/* Hosts with the same number of ports: the sets [first, first + n). */
struct report_port_count {
	uint32_t ports, hosts;
	size_t first, n;
};

enum report_why {
	REPORT_WHY_PACKETS,
	REPORT_WHY_PEER,
	REPORT_WHY_ONLY_DAY
};

struct report_visitor {
	struct period_visit visit;
	char country[3];
	uint32_t as_number; /* 0: not known */
	char as_name[96];
	char lists[160]; /* of the configuration's, that have it */
	uint32_t number; /* of a host of the site that is one; see struct report_host */
};

struct report_busy_day {
	uint32_t day;
	enum report_why why;
	struct report_visitor visitors[PERIOD_BUSIEST];
	uint32_t n_visitors;
};

struct report_change {
	struct net_addr host;
	uint32_t number;
	uint16_t port;
	uint8_t protocol;
	uint64_t first_ns, last_ns;
	uint64_t packets; /* in the period */
};

struct report_changes {
	struct report_change *list;
	size_t n, room;
};

/* What was only counted: of a service; with protocol 0 of a host's ports that were not told apart.
 */
struct report_flood {
	struct period_flood flood;
	uint32_t number; /* see struct report_host */
	bool of_all;     /* of all hosts that were not told apart: it has none */
	size_t place;    /* in the counts */
};

#define REPORT_GAPS_LONGEST 100

/* Of recorded gaps. */
struct report_gap_sum {
	uint64_t gaps, ns; /* time that several share once */
	uint64_t count;    /* frames or sightings, where they were counted */
};

struct report {
	const struct catalogue *catalogue; /* says what could not be read; outlives the report */
	struct report_period period, before;
	uint8_t include;
	bool anonymised;
	uint64_t made_ns;
	const struct config *config; /* names and networks; outlives the report */
	const char *places;          /* where peers' places come from; NULL: nowhere */

	struct period_counts counts;
	struct report_day *days;
	uint64_t *whole_days;   /* a bit a day */
	uint32_t days_captured; /* whole ones */
	struct report_stat packets, hosts_a_day, other_hosts, peers, new_hosts;

	struct report_host *hosts; /* by address; anonymised: by number */
	size_t n_hosts;
	uint32_t daily_hosts;
	uint32_t *days_seen;  /* [days + 1] hosts by number of days */
	size_t *nearly_daily; /* of hosts */
	size_t n_nearly_daily;
	struct report_port *ports; /* most hosts first, then by port */
	size_t n_ports;
	size_t *by_ports; /* all hosts, by number of ports, then set, then as in hosts */
	struct report_set *sets;
	size_t n_sets;
	struct report_port_count *port_counts;
	size_t n_port_counts;
	uint32_t outlier_limit; /* more ports than this; 0: too few hosts to tell */
	size_t *outliers;       /* of hosts, most ports first */
	size_t n_outliers;

	struct report_busy_day *busy_days;
	size_t n_busy_days;

	struct report_flood *floods; /* most packets first */
	size_t n_floods;

	bool before_seen; /* the store has something of the period before, and all that it ever had
			   */
	struct report_changes new_services, back, gone;

	struct catalogue_gap *gaps; /* that nothing covers, by their beginning */
	size_t n_gaps;
	uint64_t gap_ns;
	struct catalogue_gap *recorded; /* by sensors, alike */
	size_t n_recorded;
	const struct catalogue_gap **longest; /* of these, REPORT_GAPS_LONGEST at most */
	size_t n_longest;
	struct report_gap_sum recorded_of[BATCH_GAP_KINDS], recorded_all;
};

struct places;

struct report_request {
	struct catalogue *catalogue;
	const struct config *config;
	const struct places *places; /* NULL: nothing is looked up */
	struct report_period period;
	uint8_t include;
	bool anonymise;
	uint64_t now_ns; /* when it is made */
};

/* Was any of these services seen in that period? */
bool report_was_seen(const struct period_history *list, size_t n, const struct report_period *p);

/* Counts and derives everything. What others write meanwhile is all in it, or not at all. Returns 0
 * or what the catalogue says; report_finish in any case.
 */
must_check int report_make(const struct report_request *request, struct report *ret_report,
			   struct diagnosis *d);
void report_finish(struct report *r);

/* ---- forms ---- */

#define REPORT_HOST_MAX (ADDR_TEXT_MAX + 16)

/* The host's address, or what stands for it in an anonymised report. Returns ret_text. */
const char *report_host_text(const struct report *r, struct net_addr host, uint32_t number,
			     char ret_text[REPORT_HOST_MAX]);

/* The same of a peer: it may be a host of the site, with --include inside. */
const char *report_peer_text(const struct report *r, const struct report_visitor *v,
			     char ret_text[REPORT_HOST_MAX]);

/* A network of the site; anonymised: no more of it than hosts show. Returns ret_text. */
const char *report_network_text(const struct report *r, struct net_prefix network,
				char ret_text[PREFIX_TEXT_MAX]);

/* Its name, or "" when there is none or the report is anonymised. */
const char *report_host_name(const struct report *r, struct net_addr host);

/* "2019-01-24" of a day of the period. Returns ret_text. */
const char *report_date(const struct report *r, uint32_t day, char ret_text[REPORT_DATE_MAX]);

/* 1 Monday to 7 Sunday. */
int report_weekday(const struct report *r, uint32_t day);

struct report_text_options {
	size_t rows; /* of long tables; SIZE_MAX: all */
	bool colour;
};

/* Eighty columns, charts drawn with characters. Return 0, -ENOMEM or -EIO. */
must_check int report_print_text(const struct report *r, const struct report_text_options *options,
				 FILE *out);
/* docs/report.md. FOR_HTML: nothing in it ends a script element. */
must_check int report_print_json(const struct report *r, bool for_html, FILE *out);

/* Was the page there when this was built? (Node.js bundles it.) */
bool report_has_html(void);

/* One page that needs nothing else; ERR_UNSUPPORTED without report_has_html. */
must_check int report_print_html(const struct report *r, FILE *out);

/*
 * One file a table in the folder DIR, which is made where it is missing. FOR_EXCEL: with a byte
 * order mark, and no text begins like a formula. All files are there, or those that were stay;
 * killed while the files take their names, some are new: the next call makes them all.
 */
must_check int report_write_csv(const struct report *r, const char *dir, bool for_excel,
				struct diagnosis *d);

#endif
