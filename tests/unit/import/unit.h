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

/* The same as records. Lines: "TIME HOST PORT PEER PORT MARKS", and at the end, unless WITHOUT_RUN,
 * "account FORMAT RECORDS = SIGHTINGS + FOREIGN + OTHER + UNDECIDED + MALFORMED". */
struct events record_events(const void *bytes, size_t length, const struct records_options *options,
			    bool without_run);

#endif
