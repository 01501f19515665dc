/*
 * UDP, and the tunnels in it. Anyone may use a tunnel's port for something else, so each header is
 * checked as strictly as its specification lets it be, and what is behind it must turn out to be
 * IP: otherwise the packet is plain UDP.
 */
#include "decode/decode_internal.h"

#define UDP_HEADER_BYTES 8

#define VXLAN_BYTES           8
#define VXLAN_INSTANCE        0x08
#define GPE_VERSION           0x30
#define GPE_NEXT_PROTOCOL     0x04
#define GPE_OAM               0x01
#define GENEVE_BYTES          8
#define GENEVE_OAM            0x80
#define GTP_BYTES             8
#define GTP_VERSION_1         0x30 /* version 1, protocol type GTP, no reserved bit */
#define GTP_VERSION_MASK      0xf8
#define GTP_EXTENSION         0x04
#define GTP_ANY_FLAG          0x07
#define GTP_T_PDU             255
#define GTP_EXTENSIONS_MAX    16
#define TEREDO_AUTHENTICATION 0x0001
#define TEREDO_ORIGIN         0x0000
#define TEREDO_ORIGIN_BYTES   8

static enum step walk_plain_udp(struct walk *w)
{
	return walk_stop(w, VERDICT_OTHER_PROTOCOL);
}

/* The next N bytes of a tunnel's header; NULL with the verdict set when they are not there. */
static const uint8_t *take_tunnel(struct walk *w, size_t n)
{
	const uint8_t *h = cursor_take(&w->in, n);

	if (!h)
		(void)walk_stop_short(w, VERDICT_SHORT_LINK, VERDICT_OTHER_PROTOCOL);
	return h;
}

/* RFC 7348: all bits but one are ignored on receipt, and others have put them to use since. */
static enum step walk_vxlan(struct walk *w)
{
	const uint8_t *h = take_tunnel(w, VXLAN_BYTES);

	if (!h)
		return STEP_STOP;
	return (h[0] & VXLAN_INSTANCE) != 0 ? STEP_ETHERNET : walk_plain_udp(w);
}

/* draft-ietf-nvo3-vxlan-gpe-13 */
static enum step walk_vxlan_gpe(struct walk *w)
{
	const uint8_t *h = take_tunnel(w, VXLAN_BYTES);

	if (!h)
		return STEP_STOP;
	if ((h[0] & (GPE_VERSION | GPE_OAM)) != 0 || (h[0] & VXLAN_INSTANCE) == 0 ||
	    (h[1] | h[2] | h[7]) != 0)
		return walk_plain_udp(w);
	if ((h[0] & GPE_NEXT_PROTOCOL) == 0)
		return h[3] == 0 ? STEP_ETHERNET : walk_plain_udp(w);
	switch (h[3]) {
	case 1:
		return STEP_IPV4;
	case 2:
		return STEP_IPV6;
	case 3:
		return STEP_ETHERNET;
	case 5:
		return STEP_MPLS;
	default:
		return walk_plain_udp(w);
	}
}

/* RFC 8926: reserved bits are ignored on receipt; what is carried is named by an EtherType. */
static enum step walk_geneve(struct walk *w)
{
	const uint8_t *h = take_tunnel(w, GENEVE_BYTES);
	uint16_t type;

	if (!h)
		return STEP_STOP;
	type = load_be16(h + 2);
	if (h[0] >> 6 != 0 || (h[1] & GENEVE_OAM) != 0 || type < ETHERTYPE_MIN)
		return walk_plain_udp(w);
	if (!take_tunnel(w, (size_t)(h[0] & 0x3f) * 4))
		return STEP_STOP;
	return walk_ethertype(w, type);
}

/* Extension headers: length in words, content, and the type of the next, which is 0 behind the
 * last. */
static bool skip_gtp_extensions(struct walk *w, uint8_t type)
{
	for (int i = 0; type != 0; i++) {
		const uint8_t *h = take_tunnel(w, 1);
		size_t length = h ? (size_t)*h * 4 : 0;

		if (!h)
			return false;
		if (length == 0 || i == GTP_EXTENSIONS_MAX) {
			(void)walk_plain_udp(w);
			return false;
		}
		h = take_tunnel(w, length - 1);
		if (!h)
			return false;
		type = h[length - 2];
	}
	return true;
}

/* 3GPP TS 29.281: a T-PDU carries a user's IP packet; all other messages are the network's own. */
static enum step walk_gtp(struct walk *w)
{
	const uint8_t *h = take_tunnel(w, GTP_BYTES);
	size_t length;

	if (!h)
		return STEP_STOP;
	length = load_be16(h + 2);
	if ((h[0] & GTP_VERSION_MASK) != GTP_VERSION_1 || h[1] != GTP_T_PDU ||
	    (w->missing != MISSING_UNKNOWN && length > cursor_left(&w->in) + w->missing))
		return walk_plain_udp(w);
	walk_bound(w, length);
	if ((h[0] & GTP_ANY_FLAG) != 0) {
		const uint8_t *optional = take_tunnel(w, 4);

		if (!optional)
			return STEP_STOP;
		if ((h[0] & GTP_EXTENSION) != 0 && !skip_gtp_extensions(w, optional[3]))
			return STEP_STOP;
	}
	return STEP_IP;
}

/* RFC 4380, 5.1.1: authentication and origin indication may stand before the IPv6 packet, which
 * fills the rest. */
static enum step walk_teredo(struct walk *w)
{
	const uint8_t *h = take_tunnel(w, 2);

	if (h && load_be16(h) == TEREDO_AUTHENTICATION) {
		h = take_tunnel(w, 2);
		if (!h || !take_tunnel(w, (size_t)h[0] + h[1] + 9))
			return STEP_STOP;
		h = take_tunnel(w, 2);
	}
	if (h && load_be16(h) == TEREDO_ORIGIN) {
		if (!take_tunnel(w, TEREDO_ORIGIN_BYTES - 2))
			return STEP_STOP;
		h = take_tunnel(w, 2);
	}
	if (!h)
		return STEP_STOP;
	w->in.at -= 2;
	if (h[0] >> 4 != 6)
		return walk_plain_udp(w);
	if (cursor_left(&w->in) < IPV6_HEADER_BYTES)
		return walk_stop_short(w, VERDICT_SHORT_IP, VERDICT_OTHER_PROTOCOL);
	if (w->missing != MISSING_UNKNOWN &&
	    (size_t)load_be16(h + IPV6_PAYLOAD_LENGTH_AT) + IPV6_HEADER_BYTES !=
		    cursor_left(&w->in) + w->missing)
		return walk_plain_udp(w);
	return STEP_IPV6;
}

static enum step walk_port(struct walk *w, uint16_t port)
{
	switch (port) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
		return walk_vxlan(w);
	case PORT_VXLAN_GPE:
		return walk_vxlan_gpe(w);
	case PORT_GENEVE:
		return walk_geneve(w);
	case PORT_GTP_U:
		return walk_gtp(w);
	case PORT_TEREDO:
		return walk_teredo(w);
	default:
		return walk_plain_udp(w);
	}
}

static bool is_tunnel_port(uint16_t port)
{
	return port == PORT_VXLAN || port == PORT_VXLAN_LINUX || port == PORT_VXLAN_GPE ||
	       port == PORT_GENEVE || port == PORT_GTP_U || port == PORT_TEREDO;
}

enum step step_udp(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, UDP_HEADER_BYTES);
	uint16_t sport, dport, length;

	if (!h)
		return walk_plain_udp(w);
	sport = load_be16(h);
	dport = load_be16(h + 2);
	length = load_be16(h + 4);
	if (!is_tunnel_port(dport) && !is_tunnel_port(sport))
		return walk_plain_udp(w);
	if (length > 0 && length < UDP_HEADER_BYTES)
		return walk_plain_udp(w);
	if (length > 0)
		walk_bound(w, length - UDP_HEADER_BYTES);
	w->in_udp = true;
	return walk_port(w, is_tunnel_port(dport) ? dport : sport);
}
