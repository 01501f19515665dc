/* IP of both versions, its extension headers, and TCP. */
#include "decode/decode_internal.h"

#define IPV6_FRAGMENT_OFFSET 0xfff8
#define IPV6_MORE_FRAGMENTS  0x0001
#define AH_FIXED_BYTES       12 /* up to the check value; the length field says the rest */

enum step walk_protocol(struct walk *w, uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return STEP_TCP;
	case PROTOCOL_UDP:
		return STEP_UDP;
	case PROTOCOL_IPV4:
		return STEP_IPV4;
	case PROTOCOL_IPV6:
		return STEP_IPV6;
	case PROTOCOL_GRE:
		return STEP_GRE;
	case PROTOCOL_AH:
		return STEP_AH;
	case PROTOCOL_ETHERIP:
		return STEP_ETHERIP;
	case PROTOCOL_MPLS:
		return STEP_MPLS;
	case PROTOCOL_ETHERNET:
		return STEP_ETHERNET;
	case PROTOCOL_HOP_BY_HOP:
	case PROTOCOL_ROUTING:
	case PROTOCOL_DESTINATION:
	case PROTOCOL_MOBILITY:
	case PROTOCOL_HIP:
	case PROTOCOL_SHIM6:
		return w->ipv6 ? STEP_EXTENSION : walk_stop(w, VERDICT_OTHER_PROTOCOL);
	case PROTOCOL_FRAGMENT:
		return w->ipv6 ? STEP_FRAGMENT : walk_stop(w, VERDICT_OTHER_PROTOCOL);
	case PROTOCOL_MOBILE:
	case PROTOCOL_IPIP:
	case PROTOCOL_ENCAP:
	case PROTOCOL_L2TP:
		return walk_stop(w, VERDICT_UNKNOWN_ENCAPSULATION);
	default:
		return walk_stop(w, VERDICT_OTHER_PROTOCOL);
	}
}

enum step step_ip(struct walk *w)
{
	if (cursor_left(&w->in) == 0)
		return walk_short_ip(w);
	switch (w->in.at[0] >> 4) {
	case 4:
		return STEP_IPV4;
	case 6:
		return STEP_IPV6;
	default:
		return walk_stop(w, VERDICT_BAD_IP);
	}
}

/* A header that can be read bears out the tunnel it came in. */
static void walk_enter_ip(struct walk *w, struct net_addr src, struct net_addr dst, bool ipv6)
{
	w->src = src;
	w->dst = dst;
	w->ipv6 = ipv6;
	w->in_udp = false;
}

/* RFC 791. A total length of 0 is what segmentation offload leaves: then all that was captured
 * belongs to it. */
enum step step_ipv4(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, IPV4_HEADER_BYTES);
	size_t header, total;
	uint16_t fragment;

	if (!h)
		return walk_short_ip(w);
	header = (size_t)(h[0] & 15) * 4;
	total = load_be16(h + IPV4_TOTAL_LENGTH_AT);
	if (h[0] >> 4 != 4 || header < IPV4_HEADER_BYTES || (total > 0 && total < header))
		return walk_stop(w, VERDICT_BAD_IP);
	if (total > 0)
		walk_bound(w, total - IPV4_HEADER_BYTES);
	if (!cursor_take(&w->in, header - IPV4_HEADER_BYTES))
		return walk_short_ip(w);
	walk_enter_ip(w, addr_from_v4(load_be32(h + IPV4_SRC_AT)),
		      addr_from_v4(load_be32(h + IPV4_DST_AT)), false);
	fragment = load_be16(h + IPV4_FRAGMENT_AT);
	if ((fragment & IPV4_FRAGMENT_OFFSET) != 0)
		return walk_stop(w, VERDICT_FRAGMENT);
	w->fragment |= (fragment & IPV4_MORE_FRAGMENTS) != 0;
	return walk_protocol(w, h[IPV4_PROTOCOL_AT]);
}

/* RFC 8200. A payload length of 0 is a jumbogram's (RFC 2675) or segmentation offload's. */
enum step step_ipv6(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, IPV6_HEADER_BYTES);
	size_t length;

	if (!h)
		return walk_short_ip(w);
	if (h[0] >> 4 != 6)
		return walk_stop(w, VERDICT_BAD_IP);
	length = load_be16(h + IPV6_PAYLOAD_LENGTH_AT);
	if (length > 0)
		walk_bound(w, length);
	walk_enter_ip(w, load_ipv6(h + IPV6_SRC_AT), load_ipv6(h + IPV6_DST_AT), true);
	return walk_protocol(w, h[IPV6_NEXT_HEADER_AT]);
}

/* All extension headers but two have the layout of RFC 6564. */
enum step step_extension(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, 8);

	if (!h || !cursor_take(&w->in, (size_t)h[1] * 8))
		return walk_short_ip(w);
	return walk_protocol(w, h[0]);
}

enum step step_fragment(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, 8);
	uint16_t fragment;

	if (!h)
		return walk_short_ip(w);
	fragment = load_be16(h + 2);
	if ((fragment & IPV6_FRAGMENT_OFFSET) != 0)
		return walk_stop(w, VERDICT_FRAGMENT);
	w->fragment |= (fragment & IPV6_MORE_FRAGMENTS) != 0;
	return walk_protocol(w, h[0]);
}

/* RFC 4302: authenticated, not encrypted. The length counts words, less two. */
enum step step_ah(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, AH_FIXED_BYTES);
	size_t length;

	if (!h)
		return walk_short_ip(w);
	length = ((size_t)h[1] + 2) * 4;
	if (length < AH_FIXED_BYTES)
		return walk_stop(w, VERDICT_BAD_IP);
	if (!cursor_take(&w->in, length - AH_FIXED_BYTES))
		return walk_short_ip(w);
	return walk_protocol(w, h[0]);
}

/* RFC 9293, 3.1. */
enum step step_tcp(struct walk *w)
{
	size_t left = cursor_left(&w->in);
	size_t wire = w->missing == MISSING_UNKNOWN ? left : left + w->missing;

	if (left < TCP_FLAGS_END)
		return walk_stop_short(w, VERDICT_SHORT_TCP, VERDICT_BAD_TCP);
	if (!tcp_read(w->in.at, left, wire, w->packet))
		return walk_stop(w, VERDICT_BAD_TCP);
	w->packet->src = w->src;
	w->packet->dst = w->dst;
	return walk_stop(w, VERDICT_TCP);
}
