/* Addresses of the load, as they stand in a packet; and which families a load is made of. */
#ifndef SEKIMORI_BENCH_LOAD_ADDR_H
#define SEKIMORI_BENCH_LOAD_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#define LOAD_FAMILY_4 1
#define LOAD_FAMILY_6 2

struct load_addr {
	bool v6;
	uint8_t bytes[16]; /* network order; IPv4 has the first four, the rest are 0 */
};

static inline struct load_addr load_addr_v4(uint32_t v4)
{
	return (struct load_addr){ .bytes = { (uint8_t)(v4 >> 24), (uint8_t)(v4 >> 16),
					      (uint8_t)(v4 >> 8), (uint8_t)v4 } };
}

static inline struct load_addr load_addr_v6(uint64_t prefix, uint64_t interface)
{
	struct load_addr a = { .v6 = true };

	for (int i = 0; i < 8; i++) {
		a.bytes[i] = (uint8_t)(prefix >> (56 - 8 * i));
		a.bytes[8 + i] = (uint8_t)(interface >> (56 - 8 * i));
	}
	return a;
}

/* The family of the Nth of several hosts or peers: in a load of both they take turns. */
static inline bool load_family_is_v6(int families, uint32_t n)
{
	return families == LOAD_FAMILY_6 || (families != LOAD_FAMILY_4 && n % 2 == 1);
}

#endif
