/*
 * Another tool's scan, as its file tells of it: hosts and ports come in, in any order and again and
 * again, and at the end there is one more scan among those of catalogue/scans.h. Until then they
 * wait in tables of this connection alone: a file may be of any size, and nobody waits for it.
 */
#ifndef SEKIMORI_CATALOGUE_SCAN_TAKING_H
#define SEKIMORI_CATALOGUE_SCAN_TAKING_H

#include "catalogue/scans.h"

struct catalogue_taking;

/* One at a time. The caller frees it, in any case before the catalogue is closed. */
must_check int catalogue_taking_new(struct catalogue *c, struct catalogue_taking **ret_taking,
				    struct diagnosis *d);
void catalogue_taking_free(struct catalogue_taking *t); /* takes NULL */

/* A host that is up; 0 and NULL: not told. Ports and counts bring theirs along. */
must_check int catalogue_taking_host(struct catalogue_taking *t, struct net_addr host,
				     const char *name, uint64_t first_ns, uint64_t last_ns,
				     struct diagnosis *d);

/* Of a port that comes again the open one stays, then the one with words, then the later one. */
must_check int catalogue_taking_port(struct catalogue_taking *t, const struct port_outcome *o,
				     struct diagnosis *d);
must_check int catalogue_taking_count(struct catalogue_taking *t, struct net_addr host,
				      struct scan_count count, struct diagnosis *d);

struct catalogue_scan_file {
	const char *format; /* "shodan json" */
	const char *file;   /* its name, for people */
	uint64_t digest;    /* of all that it tells, also of other people's hosts */
	uint64_t taken_ns;
};

/* What came of it. */
struct catalogue_taken {
	uint64_t hosts, ports; /* that the file tells of, and are kept */
	uint64_t new_hosts;    /* of them, that were not in yet */
	bool known;            /* the same was in already: new hosts were added to that */
	bool own;              /* and this store's own scan it is */
	char known_as[256];    /* the file that it came from */
};

/*
 * Keeps all that came, in one transaction: nothing where no host did, and only hosts that are
 * missing where the same file, by its digest, or a scan that this store made itself is in already.
 * Returns 0, or what SQLite says.
 */
must_check int catalogue_taking_keep(struct catalogue_taking *t, const struct catalogue_scan *scan,
				     const struct catalogue_scan_file *file,
				     struct catalogue_taken *ret_taken, struct diagnosis *d);

#endif
