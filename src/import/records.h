/*
 * Other tools' records of connections, as sightings. Comes in: Zeek's conn.log (TSV or JSON),
 * Suricata's EVE flows, argus through ra's csv, nfdump's csv, what sekimori export --records writes
 * (csv or JSON), and the table of six fields (date,hour,saddr,sport,daddr,dport) whose dates may be
 * the days of a month; plain or compressed. What it is, its content says. Goes out: a sighting for
 * each record whose responder answered SYN+ACK and lies in the site's networks.
 *
 * Each of them tells less than frames do: docs/import.md says what. Marks are only those that the
 * record itself tells of; the rules of docs/marks.md are whoever's that takes the sightings in.
 */
#ifndef SEKIMORI_IMPORT_RECORDS_H
#define SEKIMORI_IMPORT_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/prefix.h"
#include "observe/sighting.h"

#define RECORDS_BAD_MAX 5

struct records_options {
	const struct prefix_set *networks; /* the site's; outlives the reader */
	int year, month;                   /* what day numbers are counted in; 0: none is given */
};

/* What became of each record: the five add up to `records`. */
struct records_account {
	uint64_t records;
	uint64_t sightings;
	uint64_t foreign;   /* answered by a host elsewhere */
	uint64_t other;     /* no TCP, or nobody answered SYN+ACK, as far as it tells */
	uint64_t undecided; /* somebody did, and the record does not tell which end */
	uint64_t malformed;
	struct diagnosis bad[RECORDS_BAD_MAX]; /* the first of these: line, column, value */
	int n_bad;
	bool hours_only; /* times are those of hours */
};

struct records;

/*
 * Opens PATH ("-": standard input) and looks at its beginning. Returns 0; ERR_FORMAT when it is
 * none of these, or lacks a column that is needed; ERR_USAGE when its dates are days of a month
 * that is not given; ERR_UNSUPPORTED when this build lacks the library for it; or -errno. D is
 * without the path. An empty file has no records.
 */
must_check int records_open(const char *path, const struct records_options *options,
			    struct records **ret_records, struct diagnosis *d);

/*
 * Writes up to CAPACITY sightings, in the order of the file. Returns their number; 0 at the end; or
 * a negative error once all before it were handed out: ERR_DAMAGED (of the compression), ERR_FORMAT
 * (a header that changes to something else), -errno. A malformed line is no error: it is counted,
 * and the first ones are kept.
 */
must_check int records_read(struct records *r, struct sighting *ret_sightings, size_t capacity,
			    struct diagnosis *d);

/* As far as was read. Valid as long as the reader. */
const struct records_account *records_account(const struct records *r);

/* For people: "Zeek conn.log", "six fields", …; NULL for an empty file. */
const char *records_format(const struct records *r);

/* Bytes taken from the file. */
uint64_t records_bytes_read(const struct records *r);

void records_close(struct records *r); /* takes NULL */

#endif
