/*
 * Frame → facts of the innermost TCP packet, or a verdict that says why there are none. Pure: no
 * state, no allocation, nothing but the bytes; safe on any bytes. Every frame gets exactly one
 * verdict, so the verdicts of a capture add up to its frames.
 */
#ifndef SEKIMORI_DECODE_PACKET_H
#define SEKIMORI_DECODE_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "decode/wire.h"

/*
 * SHORT means that the capture's snap length took the bytes; BAD, that the line never had them or
 * that they make no sense.
 */
enum verdict {
	VERDICT_TCP,                   /* a TCP header, its flags at least, was read */
	VERDICT_OTHER_PROTOCOL,        /* IP, but not TCP: UDP, ICMP, ESP ... */
	VERDICT_NOT_IP,                /* ARP, LLDP, spanning tree, 802.11 management ... */
	VERDICT_FRAGMENT,              /* a fragment that does not hold the TCP flags */
	VERDICT_ENCRYPTED,             /* 802.11 protected, MACsec */
	VERDICT_UNKNOWN_LINK_TYPE,     /* a link type that is not read here */
	VERDICT_UNKNOWN_ENCAPSULATION, /* a tunnel whose inside is not read here */
	VERDICT_TOO_DEEP,              /* more headers than DECODE_DEPTH_MAX */
	VERDICT_SHORT_LINK, /* the captured bytes end in the link layer's or a tunnel's header */
	VERDICT_SHORT_IP,   /* ... in the IP header or its extensions */
	VERDICT_SHORT_TCP,  /* ... in the TCP header, before the end of its flags */
	VERDICT_BAD_LINK,   /* a link layer or tunnel header that contradicts itself */
	VERDICT_BAD_IP,     /* version, header length or total length make no sense */
	VERDICT_BAD_TCP,    /* data offset below five words, or no room for the flags */
	VERDICT_COUNT
};

/* The headers looked into for one frame (or one subframe of an 802.11 A-MSDU), tags and labels
 * included. */
#define DECODE_DEPTH_MAX 32

struct packet {
	struct net_addr src, dst;
	uint16_t sport, dport;
	uint8_t tcp_flags; /* RFC 9293 and RFC 3168; the AE bit is not kept */
	uint32_t seq, ack;
	const uint8_t *payload;       /* into the frame; NULL when none is captured */
	uint32_t payload_length;      /* captured bytes of it, padding excluded by the IP length */
	uint32_t payload_wire_length; /* bytes of it on the line, as the IP length says */
};

static inline bool packet_is_synack(const struct packet *p)
{
	return tcp_flags_are_synack(p->tcp_flags);
}

static inline bool packet_is_syn(const struct packet *p)
{
	return tcp_flags_are_syn(p->tcp_flags);
}

/*
 * Reads LENGTH captured bytes of a frame of LINK_TYPE (a LINKTYPE_ number). The innermost packet
 * counts: a tunnel is descended into. UDP on a tunnel's port whose content does not bear that out
 * is plain UDP. Checksums are not looked at. Of the subframes of an 802.11 A-MSDU the first that
 * holds TCP counts, else the first. *ret_packet is written only with VERDICT_TCP.
 */
enum verdict decode_frame(uint16_t link_type, const uint8_t *bytes, uint32_t length,
			  struct packet *ret_packet);

/* A stable name for programs ("short-tcp"), and what it means for people (translated). */
const char *verdict_name(enum verdict v);
const char *verdict_meaning(enum verdict v);

#endif
