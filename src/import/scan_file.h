/*
 * Other tools' scan results. Comes in: a file of nmap (XML, grepable), masscan (JSON, list, XML,
 * grepable), naabu (JSON lines, csv, lines), Nessus (.nessus v1 and v2), Nexpose (XML), Shodan and
 * Censys (JSON lines, one document, an array), or our own JSON; plain or compressed. What it is,
 * its content says, never its name. Goes out: one call for each port of a host that the file tells
 * of, and what the scan covered, as far as the format tells it. docs/import.md says what each
 * tells.
 *
 * Memory is bounded whatever the file's size. Files are hostile: no entity is expanded and none
 * opened, every number and address is checked, and every length has a bound. All texts that go out
 * are UTF-8; what was none is U+FFFD.
 */
#ifndef SEKIMORI_IMPORT_SCAN_FILE_H
#define SEKIMORI_IMPORT_SCAN_FILE_H

#include <stdbool.h>

#include "base/prefix.h"
#include "scan/outcome.h"

/* What the file says of the scan itself; texts are allocated, NULL and 0 where it does not tell. */
struct scan_file_run {
	const char *format; /* static: "nmap xml", "masscan list", "nessus", "shodan json", …;
			       NULL: nothing in the file tells */
	char *tool, *version, *arguments;
	uint64_t start_ns, end_ns; /* UTC */
	bool inside;               /* made from inside the firewall: only our own file tells */
	bool ended;                /* the tool wrote its last words: the scan was not interrupted */
	uint64_t ports, hosts;     /* outcomes and hosts that were told */
	uint64_t skipped; /* entries without a port or an address that can be used (a protocol
			     that has no ports, a name instead of an address) */
};

enum scan_file_up {
	HOST_UP_UNKNOWN,
	HOST_UP,
	HOST_DOWN,
};

struct scan_file_host {
	struct net_addr addr;
	enum scan_file_up up;
	const char *name;          /* NULL: not told */
	uint64_t start_ns, end_ns; /* 0: not told */
};

struct port_range {
	uint16_t first, last;
};

/* Any may be NULL. What they are handed stays the reader's. A negative value ends the reading and
 * is what scan_file_read returns. */
struct scan_file_listener {
	/* These ports of that protocol were asked, of every host. Several calls add up. */
	int (*covered)(void *arg, uint8_t protocol, const struct port_range *ranges, size_t n);

	/* These hosts were asked, in the words of the file: addresses, prefixes, names. */
	int (*target)(void *arg, const char *words);

	/* A host that the file tells of; masscan tells of a host once for each port. After its
	 * ports where the format needs that. */
	int (*host)(void *arg, const struct scan_file_host *host);

	/* A port. The same one may come several times, later with more (masscan's banners). */
	int (*port)(void *arg, const struct port_outcome *outcome);

	/* So many further ports of a host had that state and were not listed. */
	int (*rest)(void *arg, struct net_addr host, uint8_t protocol, enum port_state state,
		    uint32_t n);

	/* All of these were asked and were down; only our own file tells it so. It may be any
	 * range, however large. */
	int (*down)(void *arg, struct addr_range hosts);
	void *arg;
};

/*
 * Does PATH begin as scan results do? Of JSON, that nothing in its first lines is a record of a
 * connection. Only regular files are looked at: of others the bytes would be gone. False too where
 * it cannot be read: whoever reads it says why.
 */
bool scan_file_is(const char *path);

void scan_file_run_init(struct scan_file_run *run);
void scan_file_run_finish(struct scan_file_run *run);

/*
 * Reads PATH ("-": standard input) and tells LISTENER. RUN, initialised by the caller, is filled in
 * as far as was read, also when this fails. A file without anything in it is a scan that found
 * nothing. Returns 0; ERR_FORMAT when it is none of these; ERR_DAMAGED when it breaks off or makes
 * no sense part-way: what came before was told, and D has the line (or byte) and the value;
 * ERR_LIMIT for a text, nesting or line beyond all reason; ERR_UNSUPPORTED when this build lacks
 * the library for it; or -errno. D is without the path.
 */
must_check int scan_file_read(const char *path, const struct scan_file_listener *listener,
			      struct scan_file_run *run, struct diagnosis *d);

#endif
