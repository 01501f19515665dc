/*
 * A scan's results in the forms that people and tools know. All of what services say is hostile:
 * here it becomes text without control characters, in a form's own escapes.
 */
#ifndef SEKIMORI_SCAN_PRINT_H
#define SEKIMORI_SCAN_PRINT_H

#include <stdio.h>

#include "scan/results.h"

struct scan_report {
	const struct scan_results *results; /* ended */
	const struct scan_plan *plan;
	const char *tcp_method; /* "connect", "syn", or NULL: no TCP */
	bool udp, versions;     /* were asked for */
	bool reasons;           /* a column of them */
	bool interrupted;
	int verbose; /* XML and grepable lines: above 0, hosts that are down have theirs */
	uint64_t started_ns, ended_ns;
	const char *arguments, *version, *vantage;
};

/* For people: a table for each host that is up. Returns 0, -ENOMEM or -EIO. */
must_check int scan_print_text(const struct scan_report *r, FILE *out);

/* Nmap's XML, version 1.05, as its DTD has it. Returns 0 or -ENOMEM. */
must_check int scan_print_xml(const struct scan_report *r, FILE *out);

/* "Host: …\tPorts: …", a line a host. Returns 0 or -ENOMEM. */
must_check int scan_print_grepable(const struct scan_report *r, FILE *out);

/* One object, described in docs/scan.md. Returns 0, -ENOMEM or -EIO. */
must_check int scan_print_json(const struct scan_report *r, FILE *out);

/* "OpenSSH 8.7 (protocol 2.0)". The caller frees; NULL when out of memory. */
char *scan_version_text(const struct service *s);

/* "ssh", "ssl/http", "http?" where versions were asked for and none was told. RET_TEXT is filled.
 */
const char *scan_service_text(const struct port_outcome *o, bool versions, char ret_text[96]);

#endif
