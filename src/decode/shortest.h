/*
 * The shortest frame that says what a SYN or SYN+ACK says: an IP and a TCP header (LINK_RAW). For
 * stages that know these facts from elsewhere: whoever decodes does not know who saw. What is not
 * told is 0: sequence numbers, checksums. Decoder and observer ask nothing else of such a packet.
 */
#ifndef SEKIMORI_DECODE_SHORTEST_H
#define SEKIMORI_DECODE_SHORTEST_H

#include "base/addr.h"

#define SHORTEST_FRAME_MAX 60

struct shortest_facts {
	struct net_addr src, dst;
	uint16_t sport, dport;
	uint8_t tcp_flags;
};

/* Returns its length. Of two families it is IPv6. */
uint32_t shortest_frame_make(const struct shortest_facts *f, uint8_t ret_bytes[SHORTEST_FRAME_MAX]);

#endif
