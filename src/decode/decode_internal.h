/*
 * The walk from a frame's first header to its innermost. Each step function reads one header at the
 * walk's cursor, leaves the cursor behind it, and says which header is next, or STEP_STOP with the
 * verdict.
 */
#ifndef SEKIMORI_DECODE_DECODE_INTERNAL_H
#define SEKIMORI_DECODE_DECODE_INTERNAL_H

#include <string.h>

#include "base/cursor.h"
#include "decode/packet.h"

enum step {
	STEP_STOP, /* the walk's verdict says how it ended */
	STEP_ETHERNET,
	STEP_VLAN,
	STEP_ITAG,
	STEP_CISCO_CMD,
	STEP_MACSEC,
	STEP_LLC,
	STEP_MPLS,
	STEP_PPPOE,
	STEP_PPP,
	STEP_CISCO_HDLC,
	STEP_COOKED,
	STEP_COOKED2,
	STEP_FAMILY,
	STEP_NFLOG,
	STEP_PRISM,
	STEP_AVS,
	STEP_RADIOTAP,
	STEP_WIFI,
	STEP_SUBFRAME,
	STEP_IP, /* of either version, as its first four bits say */
	STEP_IPV4,
	STEP_IPV6,
	STEP_EXTENSION,
	STEP_FRAGMENT,
	STEP_AH,
	STEP_GRE,
	STEP_ERSPAN,
	STEP_ETHERIP,
	STEP_UDP,
	STEP_TCP,
};

#define MISSING_UNKNOWN UINT32_MAX

struct walk {
	struct cursor in; /* its end is the end of the captured bytes, or that of the innermost IP
			     length */
	uint32_t missing; /* bytes on the line after that end, which were not captured */
	enum verdict verdict;
	bool fragment;    /* of a first fragment: what is missing is in the others */
	bool in_udp;      /* in a UDP tunnel that no IP header has borne out yet */
	bool ipv6;        /* the last IP header was IPv6: extension headers may follow */
	bool wifi_padded; /* the 802.11 header is padded to four bytes */
	struct net_addr src, dst;
	struct cursor subframes; /* of an A-MSDU, still unread */
	struct packet *packet;
};

static inline uint16_t load_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t load_be64(const uint8_t *p)
{
	return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}

static inline uint16_t load_le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t load_le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline struct net_addr load_ipv6(const uint8_t *p)
{
	return (struct net_addr){ .hi = load_be64(p), .lo = load_be64(p + 8) };
}

static inline enum step walk_stop(struct walk *w, enum verdict v)
{
	w->verdict = v;
	return STEP_STOP;
}

/* The bytes ended in a header: SHORT if the capture cut them off, BAD if the line had no more
 * either. */
static inline enum step walk_stop_short(struct walk *w, enum verdict cut_off, enum verdict bad)
{
	if (w->missing > 0)
		return walk_stop(w, cut_off);
	return walk_stop(w, w->fragment ? VERDICT_FRAGMENT : bad);
}

static inline enum step walk_short_link(struct walk *w)
{
	return walk_stop_short(w, VERDICT_SHORT_LINK, VERDICT_BAD_LINK);
}

static inline enum step walk_short_ip(struct walk *w)
{
	return walk_stop_short(w, VERDICT_SHORT_IP, VERDICT_BAD_IP);
}

/* A length field says that LENGTH bytes follow the cursor: what is captured beyond is padding. */
static inline void walk_bound(struct walk *w, size_t length)
{
	size_t left = cursor_left(&w->in);

	w->missing = length > left ? (uint32_t)(length - left) : 0;
	cursor_cut(&w->in, length);
}

/*
 * Fills PACKET, but for the addresses, from a TCP header of which LEFT captured bytes
 * (TCP_FLAGS_END at least) are at P, WIRE bytes on the line. False when the data offset is too
 * small.
 */
static inline bool tcp_read(const uint8_t *p, size_t left, size_t wire, struct packet *packet)
{
	size_t header = (size_t)(p[TCP_DATA_OFFSET_AT] >> 4) * 4;

	if (header < TCP_HEADER_BYTES)
		return false;
	packet->sport = load_be16(p);
	packet->dport = load_be16(p + 2);
	packet->tcp_flags = p[TCP_FLAGS_AT];
	packet->seq = load_be32(p + TCP_SEQ_AT);
	packet->ack = load_be32(p + TCP_ACK_AT);
	packet->payload = left > header ? p + header : NULL;
	packet->payload_length = left > header ? (uint32_t)(left - header) : 0;
	packet->payload_wire_length = wire > header ? (uint32_t)(wire - header) : 0;
	return true;
}

/* Dispatch on the number that names the next header: an EtherType (or 802.3 length), an IP
 * protocol. */
enum step walk_ethertype(struct walk *w, uint16_t type);
enum step walk_protocol(struct walk *w, uint8_t protocol);

/* The first step for a link type. */
enum step walk_link(struct walk *w, uint16_t link_type);

/* link.c: Ethernet and what is between it and IP */
enum step step_ethernet(struct walk *w);
enum step step_vlan(struct walk *w);
enum step step_itag(struct walk *w);
enum step step_cisco_cmd(struct walk *w);
enum step step_macsec(struct walk *w);
enum step step_llc(struct walk *w);
enum step step_mpls(struct walk *w);

/* capture_link.c: the link types other than Ethernet */
enum step step_pppoe(struct walk *w);
enum step step_ppp(struct walk *w);
enum step step_cisco_hdlc(struct walk *w);
enum step step_cooked(struct walk *w);
enum step step_cooked2(struct walk *w);
enum step step_family(struct walk *w);
enum step step_nflog(struct walk *w);

/* wifi.c */
enum step step_prism(struct walk *w);
enum step step_avs(struct walk *w);
enum step step_radiotap(struct walk *w);
enum step step_wifi(struct walk *w);
enum step step_subframe(struct walk *w);

/* ip.c */
enum step step_ip(struct walk *w);
enum step step_ipv4(struct walk *w);
enum step step_ipv6(struct walk *w);
enum step step_extension(struct walk *w);
enum step step_fragment(struct walk *w);
enum step step_ah(struct walk *w);
enum step step_tcp(struct walk *w);

/* gre.c */
enum step step_gre(struct walk *w);
enum step step_erspan(struct walk *w);
enum step step_etherip(struct walk *w);

/* udp.c: UDP, and the tunnels in it */
enum step step_udp(struct walk *w);

/* Equal in all that decode_frame fills in. */
static inline bool packet_equal(const struct packet *a, const struct packet *b)
{
	return addr_equal(a->src, b->src) && addr_equal(a->dst, b->dst) && a->sport == b->sport &&
	       a->dport == b->dport && a->tcp_flags == b->tcp_flags && a->seq == b->seq &&
	       a->ack == b->ack && a->payload == b->payload &&
	       a->payload_length == b->payload_length &&
	       a->payload_wire_length == b->payload_wire_length;
}

/* decode_frame without its short cut for common frames: the plain code that the clever is held
 * against. */
enum verdict decode_frame_plainly(uint16_t link_type, const uint8_t *bytes, uint32_t length,
				  struct packet *ret_packet);

#endif
