/*
 * An internet address of either family as one 128-bit number in host order.
 * IPv4 a.b.c.d is held as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), which never is on the wire as itself.
 */
#ifndef SEKIMORI_BASE_ADDR_H
#define SEKIMORI_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/macros.h"

#define ADDR_TEXT_MAX 46 /* longest IPv6 text and its NUL */

struct net_addr {
	uint64_t hi, lo;
};

#define ADDR_V4_PREFIX 0x0000ffff00000000ULL

static inline struct net_addr addr_from_v4(uint32_t v4)
{
	return (struct net_addr){ .hi = 0, .lo = ADDR_V4_PREFIX | v4 };
}

static inline bool addr_is_v4(struct net_addr a)
{
	return a.hi == 0 && (a.lo >> 32) == 0xffff;
}

/* The IPv4 number. Only for an address that is one. */
static inline uint32_t addr_v4(struct net_addr a)
{
	return (uint32_t)a.lo;
}

static inline bool addr_equal(struct net_addr a, struct net_addr b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

/* Numerically, without regard to family: the order of ranges. */
static inline int addr_compare_numeric(struct net_addr a, struct net_addr b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

/* The order in which people read addresses: all IPv4 first, then IPv6, each numerically. */
static inline int addr_compare(struct net_addr a, struct net_addr b)
{
	bool a4 = addr_is_v4(a), b4 = addr_is_v4(b);

	return a4 != b4 ? (a4 ? -1 : 1) : addr_compare_numeric(a, b);
}

static inline int addr_compare_first(const void *key, const void *thing)
{
	return addr_compare_numeric(*(const struct net_addr *)key, *(const struct net_addr *)thing);
}

/* Of N things of SIZE bytes that begin with an address, sorted numerically: that of A, or NULL. */
static inline void *addr_find(const void *things, size_t n, size_t size, struct net_addr a)
{
	return n ? bsearch(&a, things, n, size, addr_compare_first) : NULL;
}

/* From 16 bytes in network order. */
struct net_addr addr_from_bytes(const uint8_t bytes[16]);
void addr_to_bytes(struct net_addr a, uint8_t ret_bytes[16]);

/* A whole text is an address or it is not: no scope, no port, no surrounding space. */
must_check bool addr_parse(const char *text, struct net_addr *ret_addr);

/* Writes the canonical text (RFC 5952). Returns ret_text. */
const char *addr_format(struct net_addr a, char ret_text[ADDR_TEXT_MAX]);

#endif
