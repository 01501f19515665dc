/* Addresses and networks from words; words that are none fail the test. */
#ifndef SEKIMORI_TESTS_UNIT_WATCH_NETWORKS_H
#define SEKIMORI_TESTS_UNIT_WATCH_NETWORKS_H

#include "base/prefix.h"

#include "unit.h"

static inline struct net_addr addr(const char *text)
{
	struct net_addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

static inline void add_network(struct prefix_set *s, const char *text)
{
	struct net_prefix p;

	assert_int_equal(prefix_parse(text, &p, NULL), 0);
	assert_int_equal(prefix_set_add(s, p), 0);
}

#endif
