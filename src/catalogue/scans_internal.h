#ifndef SEKIMORI_CATALOGUE_SCANS_INTERNAL_H
#define SEKIMORI_CATALOGUE_SCANS_INTERNAL_H

#include <sqlite3.h>

#include "catalogue/scans.h"

/* The kept_scan tables, made where they are missing; a transaction of its own. */
extern const char scans_schema[];

/* Steps a statement that is used again. */
must_check int scans_run(struct catalogue *c, sqlite3_stmt *s, struct diagnosis *d);

/* A row of kept_scan, and through a statement of 19 values one of kept_scan_port. */
must_check int scans_insert(struct catalogue *c, const struct catalogue_scan *scan, int64_t *ret_id,
			    struct diagnosis *d);
must_check int scans_insert_port(struct catalogue *c, sqlite3_stmt *s, int64_t id,
				 const struct port_outcome *o, struct diagnosis *d);

/* kept_looked: services that `scan --new` has looked at. */
extern const char scans_new_schema[];

/* Notes there all hosts and TCP ports of a scan, whose results have their plan; within its
 * transaction. */
must_check int scans_note_looked(struct catalogue *c, int64_t scan,
				 const struct scan_results *results, struct diagnosis *d);

/* ---- reading ---- */

bool scans_are_kept(struct catalogue *c); /* are there tables of them? */

/* Columns of kept_scan that scans_read reads, from the first on. */
#define SCANS_COLUMNS                                                                              \
	"id, started_ns, ended_ns, vantage, tool, arguments, ranges, tcp_ports, udp_ports, complete"
must_check int scans_read(sqlite3_stmt *s, struct catalogue_scan *scan);
void scans_finish(struct catalogue_scan *scan);

/* Columns of a host, from column I of the row on; its address is there already. */
#define SCANS_HOST_COLUMNS "name, reason, first_ns, last_ns"
must_check int scans_read_host(sqlite3_stmt *s, int i, struct scan_host *h);

/* What a scan says of a host, prepared: used for one after the other. */
struct scans_reading {
	struct catalogue *c;
	sqlite3_stmt *counts, *ports;
};

must_check int scans_reading_begin(struct scans_reading *r, struct catalogue *c,
				   struct diagnosis *d);
void scans_reading_end(struct scans_reading *r);

/* Adds its counts and ports to a host, whose address is there. */
must_check int scans_reading_load(struct scans_reading *r, int64_t scan, struct scan_host *h,
				  struct diagnosis *d);

#endif
