/*
 * Frames for tests, written as the list of their headers from the outside in. Lengths are filled
 * in; the Nth IP header of a recipe (from 1) is from 10.0.N.1 or fd00::N:1 to 10.0.N.2 or
 * fd00::N:2.
 */
#ifndef SEKIMORI_TESTS_UNIT_DECODE_RECIPE_H
#define SEKIMORI_TESTS_UNIT_DECODE_RECIPE_H

#include <stddef.h>
#include <stdint.h>

#include "decode/packet.h"

#define RECIPE_LAYERS_MAX  48
#define RECIPE_BYTES_MAX   4096
#define RECIPE_SPORT       443
#define RECIPE_DPORT       50000
#define RECIPE_PAYLOAD     "hello"
#define RECIPE_PAYLOAD_LEN 5

enum layer_kind {
	LAYER_END,
	LAYER_HEX,
	LAYER_ETHERNET,
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_UDP,
	LAYER_TCP
};

struct layer {
	enum layer_kind kind;
	uint16_t next;   /* EtherType, protocol or destination port */
	const char *hex; /* bytes of a header that has no kind of its own */
};

#define HEX(text)                                                                                  \
	{                                                                                          \
		LAYER_HEX, 0, text                                                                 \
	}
#define ETH(type)                                                                                  \
	{                                                                                          \
		LAYER_ETHERNET, type, NULL                                                         \
	}
#define IP4(protocol)                                                                              \
	{                                                                                          \
		LAYER_IPV4, protocol, NULL                                                         \
	}
#define IP6(next)                                                                                  \
	{                                                                                          \
		LAYER_IPV6, next, NULL                                                             \
	}
#define UDP(port)                                                                                  \
	{                                                                                          \
		LAYER_UDP, port, NULL                                                              \
	}
#define TCP                                                                                        \
	{                                                                                          \
		LAYER_TCP, 0, NULL                                                                 \
	} /* a SYN+ACK with ECE and RECIPE_PAYLOAD */

struct recipe {
	const char *name;
	uint16_t link_type;
	enum verdict verdict;
	struct layer layers[RECIPE_LAYERS_MAX];
};

extern const struct recipe recipes[];
extern const size_t n_recipes;

struct built {
	uint8_t buffer[RECIPE_BYTES_MAX];
	const uint8_t *bytes; /* into the buffer */
	size_t length;
	struct net_addr src, dst; /* of the innermost IP header */
};

void recipe_build(const struct recipe *r, struct built *ret_built);

/* Decodes from memory of exactly that size, so that AddressSanitizer sees any byte read too many.
 */
enum verdict decode_exactly(uint16_t link_type, const uint8_t *bytes, size_t length,
			    struct packet *ret_packet);

#endif
