/* What the tests of import/ share: files in memory, and what was read as lines of text. */
#ifndef TESTS_UNIT_IMPORT_UNIT_H
#define TESTS_UNIT_IMPORT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "import/records.h"
#include "import/scan_file.h"

/* A file with that content; its name is valid until the next call. Close *ret_fd. */
const char *file_of(const void *bytes, size_t length, int *ret_fd);

struct events {
	char *text; /* a line an event */
	size_t length;
	int error;
	struct diagnosis d;
};

/* Reads it as scan results. Lines: "covered 6 1-3,5", "target WORDS", "host ADDRESS up|down|unknown
 * START NAME", "port ADDRESS PORT PROTOCOL STATE REASON TTL SECONDS
 * name|product|version|extra|hostname|os|device|cpe|tls|evidence", "rest ADDRESS PROTOCOL STATE N",
 * "down FIRST LAST"; and at the end, unless WITHOUT_RUN, "run
 * format|tool|version|arguments|START|END|ended|skipped". Free the text. */
struct events scan_events(const void *bytes, size_t length, bool without_run);

/* That scan results, a text, are read to the end, and told like that; or are refused with ERROR and
 * a message that has WORDS, and what came BEFORE is told, without the run. */
void scan_reads(const char *file, const char *expected);
void scan_refuses(const char *file, int error, const char *words, const char *before);

/* What nmap's XML has around hosts, and around the ports of one. */
#define NMAP(content)                                                                              \
	"<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun>\n<!-- Nmap -->\n"                             \
	"<nmaprun scanner=\"nmap\" args=\"nmap -sS\" start=\"100\" version=\"7.93\">\n" content    \
	"</nmaprun>\n"
#define NMAP_HOST(ports)                                                                           \
	"<host starttime=\"101\" endtime=\"103\"><status state=\"up\" reason=\"syn-ack\"/>"        \
	"<address addr=\"192.0.2.18\" addrtype=\"ipv4\"/>"                                         \
	"<address addr=\"00:11:22:33:44:55\" addrtype=\"mac\"/>"                                   \
	"<hostnames><hostname name=\"www\" type=\"PTR\"/></hostnames>" ports "</host>\n"

/* The same as records. Lines: "TIME HOST PORT PEER PORT MARKS", and at the end, unless WITHOUT_RUN,
 * "account FORMAT RECORDS = SIGHTINGS + FOREIGN + OTHER + UNDECIDED + MALFORMED". */
struct events record_events(const void *bytes, size_t length, const struct records_options *options,
			    bool without_run);

#endif
