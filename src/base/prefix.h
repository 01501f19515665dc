/*
 * A set of prefixes of both families, asked for every packet: "is this address in the site's
 * networks?" Held as disjoint ranges, sorted: at most one binary search an answer.
 */
#ifndef SEKIMORI_BASE_PREFIX_H
#define SEKIMORI_BASE_PREFIX_H

#include <stddef.h>

#include "base/addr.h"
#include "base/error.h"

#define PREFIX_TEXT_MAX (ADDR_TEXT_MAX + 4)

struct net_prefix {
	struct net_addr addr;
	uint8_t length; /* bits, of the address's own family: 0-32 or 0-128 */
};

struct addr_range {
	struct net_addr first, last;
};

struct prefix_set {
	struct net_prefix *prefixes; /* sorted, each once: what people gave */
	size_t n_prefixes;
	struct addr_range *ranges; /* disjoint, sorted numerically: what is asked */
	size_t n_ranges;
};

/*
 * Reads "192.0.2.0/24", "2001:db8::/32" or a bare address (then all its bits). Bits set beyond the
 * length are a mistake ("192.0.2.1/24"), said in D with the prefix that may have been meant.
 * Returns 0 or ERR_USAGE.
 */
must_check int prefix_parse(const char *text, struct net_prefix *ret_prefix, struct diagnosis *d);
const char *prefix_format(struct net_prefix p, char ret_text[PREFIX_TEXT_MAX]);
bool prefix_contains(struct net_prefix p, struct net_addr a);

/* Its addresses as one range or two: ::/0 holds no IPv4. Returns how many. */
size_t prefix_ranges(struct net_prefix p, struct addr_range ret_ranges[2]);

/* The prefix of LENGTH bits (of the address's own family) that A lies in. */
struct net_prefix prefix_of(struct net_addr a, uint8_t length);

void prefix_set_init(struct prefix_set *s);
void prefix_set_finish(struct prefix_set *s);

/* Adds one prefix; twice the same is once. Returns 0 or -ENOMEM. Invalidates concurrent readers. */
must_check int prefix_set_add(struct prefix_set *s, struct net_prefix p);
must_check int prefix_set_add_all(struct prefix_set *s, const struct prefix_set *other);

bool prefix_set_contains_slow(const struct prefix_set *s, struct net_addr a);

static inline bool prefix_set_contains(const struct prefix_set *s, struct net_addr a)
{
	/* One or two ranges is what nearly every site has. */
	for (size_t i = 0; i < s->n_ranges && i < 4; i++) {
		if (addr_compare_numeric(a, s->ranges[i].first) < 0)
			return false;
		if (addr_compare_numeric(a, s->ranges[i].last) <= 0)
			return true;
	}
	return s->n_ranges > 4 && prefix_set_contains_slow(s, a);
}

#endif
