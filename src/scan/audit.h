/*
 * Who scanned what outside the site, and when: one line of JSON for each such scan, written before
 * its first packet. Lines are only ever appended.
 */
#ifndef SEKIMORI_SCAN_AUDIT_H
#define SEKIMORI_SCAN_AUDIT_H

#include "scan/targets.h"

#define AUDIT_FILE "scan-audit.log" /* in the store's folder */

struct audit_entry {
	uint64_t time_ns;              /* UTC */
	const struct targets *outside; /* all of them are told */
	const char *arguments;         /* the command line */
	const char *vantage;
	uint64_t ports; /* of each host */
};

/*
 * Appends the line, with the user (and, of sudo, who became it), host and process, and syncs. Takes
 * a lock on the file meanwhile. FD is open for writing, and stays the caller's. Returns 0, -ENOMEM
 * or -errno: whoever cannot note it does not scan.
 */
must_check int audit_append(int fd, const struct audit_entry *entry);

#endif
