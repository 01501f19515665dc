#include "decode/decode_internal.h"

/* An A-MSDU has at most 64 subframes (IEEE 802.11-2020, 9.3.2.2). */
#define SUBFRAMES_MAX 64

static enum step walk_step(struct walk *w, enum step step)
{
	switch (step) {
	case STEP_STOP:
		return STEP_STOP;
	case STEP_ETHERNET:
		return step_ethernet(w);
	case STEP_VLAN:
		return step_vlan(w);
	case STEP_ITAG:
		return step_itag(w);
	case STEP_CISCO_CMD:
		return step_cisco_cmd(w);
	case STEP_MACSEC:
		return step_macsec(w);
	case STEP_LLC:
		return step_llc(w);
	case STEP_MPLS:
		return step_mpls(w);
	case STEP_PPPOE:
		return step_pppoe(w);
	case STEP_PPP:
		return step_ppp(w);
	case STEP_CISCO_HDLC:
		return step_cisco_hdlc(w);
	case STEP_COOKED:
		return step_cooked(w);
	case STEP_COOKED2:
		return step_cooked2(w);
	case STEP_FAMILY:
		return step_family(w);
	case STEP_NFLOG:
		return step_nflog(w);
	case STEP_PRISM:
		return step_prism(w);
	case STEP_AVS:
		return step_avs(w);
	case STEP_RADIOTAP:
		return step_radiotap(w);
	case STEP_WIFI:
		return step_wifi(w);
	case STEP_SUBFRAME:
		return step_subframe(w);
	case STEP_IP:
		return step_ip(w);
	case STEP_IPV4:
		return step_ipv4(w);
	case STEP_IPV6:
		return step_ipv6(w);
	case STEP_EXTENSION:
		return step_extension(w);
	case STEP_FRAGMENT:
		return step_fragment(w);
	case STEP_AH:
		return step_ah(w);
	case STEP_GRE:
		return step_gre(w);
	case STEP_ERSPAN:
		return step_erspan(w);
	case STEP_ETHERIP:
		return step_etherip(w);
	case STEP_UDP:
		return step_udp(w);
	case STEP_TCP:
		return step_tcp(w);
	}
	return walk_stop(w, VERDICT_UNKNOWN_ENCAPSULATION);
}

static enum verdict walk_run(struct walk *w, enum step step)
{
	for (int depth = 0; step != STEP_STOP; depth++) {
		if (depth == DECODE_DEPTH_MAX)
			return VERDICT_TOO_DEEP;
		step = walk_step(w, step);
	}
	if (w->in_udp &&
	    (w->verdict == VERDICT_BAD_LINK || w->verdict == VERDICT_BAD_IP ||
	     w->verdict == VERDICT_NOT_IP || w->verdict == VERDICT_UNKNOWN_ENCAPSULATION))
		return VERDICT_OTHER_PROTOCOL;
	return w->verdict;
}

enum verdict decode_frame_plainly(uint16_t link_type, const uint8_t *bytes, uint32_t length,
				  struct packet *ret_packet)
{
	struct walk w = {
		.in = cursor_over(bytes, length),
		.missing = MISSING_UNKNOWN,
		.packet = ret_packet,
	};
	enum verdict first = walk_run(&w, walk_link(&w, link_type));
	enum verdict v = first;

	for (int i = 1; v != VERDICT_TCP && i < SUBFRAMES_MAX && cursor_left(&w.subframes) > 0; i++)
		v = walk_run(&w, STEP_SUBFRAME);
	return v == VERDICT_TCP ? v : first;
}

/* IPv4 without options or fragments, at the cursor's place. False: not for the short cut. */
static inline bool common_ipv4(const uint8_t *p, size_t left, struct packet *ret_packet)
{
	uint16_t total, fragment;
	const uint8_t *tcp = p + IPV4_HEADER_BYTES;
	size_t wire;

	if (left < IPV4_HEADER_BYTES + TCP_FLAGS_END || p[0] != 0x45 ||
	    p[IPV4_PROTOCOL_AT] != PROTOCOL_TCP)
		return false;
	total = load_be16(p + IPV4_TOTAL_LENGTH_AT);
	fragment = load_be16(p + IPV4_FRAGMENT_AT);
	if (total < IPV4_HEADER_BYTES + TCP_FLAGS_END ||
	    (fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)) != 0)
		return false;
	wire = total - IPV4_HEADER_BYTES;
	if (!tcp_read(tcp, MIN(left - IPV4_HEADER_BYTES, wire), wire, ret_packet))
		return false;
	ret_packet->src = addr_from_v4(load_be32(p + IPV4_SRC_AT));
	ret_packet->dst = addr_from_v4(load_be32(p + IPV4_DST_AT));
	return true;
}

static inline bool common_ipv6(const uint8_t *p, size_t left, struct packet *ret_packet)
{
	const uint8_t *tcp = p + IPV6_HEADER_BYTES;
	size_t wire;

	if (left < IPV6_HEADER_BYTES + TCP_FLAGS_END || p[0] >> 4 != 6 ||
	    p[IPV6_NEXT_HEADER_AT] != PROTOCOL_TCP)
		return false;
	wire = load_be16(p + IPV6_PAYLOAD_LENGTH_AT);
	if (wire < TCP_FLAGS_END ||
	    !tcp_read(tcp, MIN(left - IPV6_HEADER_BYTES, wire), wire, ret_packet))
		return false;
	ret_packet->src = load_ipv6(p + IPV6_SRC_AT);
	ret_packet->dst = load_ipv6(p + IPV6_DST_AT);
	return true;
}

/* Ethernet with up to two tags, IP, TCP: nearly all frames, and the walk's answer at a fraction of
 * its cost. */
static inline bool common_frame(const uint8_t *bytes, size_t length, struct packet *ret_packet)
{
	size_t at = ETHERNET_HEADER_BYTES;
	uint16_t type;

	if (length < ETHERNET_HEADER_BYTES + 2 * VLAN_TAG_BYTES)
		return false;
	type = load_be16(bytes + ETHERNET_ADDRESSES_BYTES);
	for (int tags = 0; tags < 2 && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ); tags++) {
		type = load_be16(bytes + at + 2);
		at += VLAN_TAG_BYTES;
	}
	if (type == ETHERTYPE_IPV4)
		return common_ipv4(bytes + at, length - at, ret_packet);
	if (type == ETHERTYPE_IPV6)
		return common_ipv6(bytes + at, length - at, ret_packet);
	return false;
}

/* IP without anything before it: what a sensor makes of the kernel filter's facts. */
static inline bool common_raw(const uint8_t *bytes, size_t length, struct packet *ret_packet)
{
	return common_ipv4(bytes, length, ret_packet) || common_ipv6(bytes, length, ret_packet);
}

enum verdict decode_frame(uint16_t link_type, const uint8_t *bytes, uint32_t length,
			  struct packet *ret_packet)
{
	if (link_type == LINK_ETHERNET && common_frame(bytes, length, ret_packet))
		return VERDICT_TCP;
	if (link_type == LINK_RAW && common_raw(bytes, length, ret_packet))
		return VERDICT_TCP;
	return decode_frame_plainly(link_type, bytes, length, ret_packet);
}
