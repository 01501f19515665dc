/*
 * Whom to scan: from the words of a person to disjoint ranges of addresses, and what of them lies
 * within the scope.
 */
#ifndef SEKIMORI_SCAN_TARGETS_H
#define SEKIMORI_SCAN_TARGETS_H

#include <stdio.h>

#include "base/prefix.h"
#include "scan/plan.h"

/* At once: an IPv6 prefix is easily too many. */
#define TARGETS_HOSTS_MAX (1ULL << 32)

/* A name that was looked up. */
struct target_name {
	struct net_addr addr;
	char *name;
};

struct targets {
	struct addr_range *ranges; /* disjoint and sorted after targets_unite */
	size_t n_ranges, room;
	struct target_name *names; /* in the order of looking up */
	size_t n_names, names_room;
};

void targets_init(struct targets *t);
void targets_finish(struct targets *t);

#define TARGETS_RANGE_TEXT_MAX (2 * ADDR_TEXT_MAX + 1)

/* "192.0.2.0/24", "192.0.2.1-192.0.2.20", "192.0.2.7". Returns RET_TEXT. */
const char *targets_range_text(const struct addr_range *r, char ret_text[TARGETS_RANGE_TEXT_MAX]);

/* Reads what targets_add does, but no name: nothing is looked up. False for anything else. */
must_check bool targets_range_parse(const char *text, struct addr_range *ret_range);

/*
 * Adds "192.0.2.1", "2001:db8::/120", "192.0.2.0/24" (bits beyond the length do not matter: the
 * network is meant), "192.0.2.1-20", "192.0.2.1-192.0.2.20", "2001:db8::1-2001:db8::ff" or a name,
 * of which the first address is taken: IPv4, or with V6, IPv6. A name is looked up, which may wait.
 * Returns 0, ERR_USAGE or ERR_LIMIT with the value in D, or -ENOMEM.
 */
must_check int targets_add(struct targets *t, const char *text, bool v6, struct diagnosis *d);

/* The same, of a name all addresses, IPv4 and IPv6: for what is not to be asked. */
must_check int targets_add_every(struct targets *t, const char *text, struct diagnosis *d);

/* Adds what the file names: words between blanks and line ends, "#" begins a comment. "-" is
 * standard input. Returns as above, with the file's name in D, or -errno. */
must_check int targets_read(struct targets *t, const char *path, bool v6, struct diagnosis *d);

must_check int targets_add_range(struct targets *t, struct addr_range r);

/* Puts the ranges in order, and together. */
void targets_unite(struct targets *t);

/* Takes away what OTHER has; both are united before. Returns 0 or -ENOMEM. */
must_check int targets_subtract(struct targets *t, const struct targets *other);

/* Hosts in all; UINT64_MAX when they are more than can be counted. */
uint64_t targets_count(const struct targets *t);

/* The ranges as words, at most so many; then "…". */
void targets_print(const struct targets *t, size_t most, FILE *out);

/* The same as a text, which the caller frees; NULL when out of memory. */
char *targets_text(const struct targets *t, size_t most);

/* The name by which the address was given, or NULL. */
const char *targets_name(const struct targets *t, struct net_addr addr);

/*
 * Loopback and NETWORKS are within the scope: takes that away of what T (united) has, so that what
 * is left lies outside. Returns 0 or -ENOMEM.
 */
must_check int targets_outside(const struct targets *t, const struct prefix_set *networks,
			       struct targets *ret_outside);

#endif
