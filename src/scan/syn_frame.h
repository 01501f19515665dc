/*
 * The SYN of a probe as bytes: made once for each source address, then aimed at one target after
 * the other. Only the words that differ are written and summed.
 */
#ifndef SEKIMORI_SCAN_SYN_FRAME_H
#define SEKIMORI_SCAN_SYN_FRAME_H

#include <stdbool.h>

#include "base/addr.h"
#include "scan/siphash.h"

#define SYN_LINK_BYTES   14 /* of Ethernet, before the IP header */
#define SYN_FRAME_BYTES  80 /* room for the longest: 14 + 40 + 24 */
#define SYN_SOURCE_PORTS 64 /* a run has so many, from a multiple of it on */

struct syn_template {
	uint8_t bytes[SYN_FRAME_BYTES];
	struct net_addr source;
	uint32_t length;          /* with the link's header */
	uint32_t ip_sum, tcp_sum; /* of what stays the same, not folded */
	bool v6;
};

struct syn_aim {
	struct net_addr host;
	uint16_t port, source_port;
	uint32_t sequence; /* the cookie */
};

/* SOURCE and the targets are of one family. */
void syn_template_init(struct syn_template *t, struct net_addr source);

/* The sender's and the next hop's addresses on an Ethernet. */
void syn_frame_link(uint8_t *frame, bool v6, const uint8_t own[6], const uint8_t next_hop[6]);

/* FRAME has room for SYN_FRAME_BYTES; all of it but the Ethernet addresses is written. */
void syn_frame_aim(const struct syn_template *t, const struct syn_aim *aim, uint8_t *frame);

/* The sequence number of the SYN that LOCAL sends: keyed hash of both addresses and both ports. */
uint32_t syn_cookie(struct siphash_key key, struct net_addr local, uint16_t local_port,
		    struct net_addr host, uint16_t port);

#endif
