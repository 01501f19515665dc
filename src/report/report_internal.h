/*
 * The report's making, a file each: report.c (the order of things), hosts.c, host_ports.c (tables
 * over ports of a host), days.c, ports.c, busy_days.c, changes.c, host_names.c.
 */
#ifndef SEKIMORI_REPORT_REPORT_INTERNAL_H
#define SEKIMORI_REPORT_REPORT_INTERNAL_H

#include "report/report.h"

/* What the catalogue knows of all times. */
struct report_past {
	struct period_history *list;
	size_t n;
	uint64_t dropped_ns; /* what was seen up to then is not in the store any more */
};

/* How anonymised hosts are numbered: every host that the store knows, in an order drawn for this
 * report, which tells nothing. */
struct host_number {
	struct net_addr addr;
	uint32_t number;
	uint64_t hash;
};

struct host_numbers {
	struct host_number *list; /* by address */
	size_t n;
};

must_check int host_numbers_make(struct host_numbers *numbers, const struct report_past *past);
void host_numbers_finish(struct host_numbers *numbers);
uint32_t host_numbers_find(const struct host_numbers *numbers, struct net_addr host);

/* Each fills in its part of the report. 0 or -ENOMEM, and what the catalogue says. */
must_check int report_find_gaps(struct report *r, struct catalogue *c, struct diagnosis *d);
must_check int report_find_captured(struct report *r);
must_check int report_find_hosts(struct report *r, const struct report_past *past,
				 const struct host_numbers *numbers);
must_check int report_find_days(struct report *r);
must_check int report_find_ports(struct report *r);
must_check int report_find_host_ports(struct report *r);
must_check int report_find_busy_days(struct report *r, const struct report_request *request,
				     const struct host_numbers *numbers, struct diagnosis *d);
must_check int report_find_floods(struct report *r, const struct host_numbers *numbers);
must_check int report_find_changes(struct report *r, const struct report_past *past,
				   const struct host_numbers *numbers);

/* Whole days of the period on which the service was seen. */
uint32_t report_service_days(const struct report *r, size_t service);

/* Was the service seen on every day that was captured? */
bool report_is_daily(const struct report *r, size_t service);

/* Was the host seen on that day of the period? */
bool report_host_seen(const struct report *r, const struct report_host *h, uint32_t day);

/* A day's figure. */
typedef uint64_t (*report_figure_fn)(const struct report *r, uint32_t day);
uint64_t report_packets_of(const struct report *r, uint32_t day);
uint64_t report_hosts_of(const struct report *r, uint32_t day);
uint64_t report_peers_of(const struct report *r, uint32_t day);

/* For qsort: sets of most hosts first. */
int report_set_order(const void *a, const void *b);

/* Of N values, which it sorts; 0 where there are none. */
double report_median(double *values, size_t n);

#endif
