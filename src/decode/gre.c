/* GRE and what it carries, and Ethernet in IP. */
#include "decode/decode_internal.h"

/* RFC 2784, RFC 2890; routing from RFC 1701; version 1 is PPTP's (RFC 2637). */
#define GRE_CHECKSUM        0x8000
#define GRE_ROUTING         0x4000
#define GRE_KEY             0x2000
#define GRE_SEQUENCE        0x1000
#define GRE_ACKNOWLEDGEMENT 0x0080
#define GRE_VERSION         0x0007
#define GRE_ROUTES_MAX      16

#define ERSPAN_2_BYTES       8
#define ERSPAN_3_BYTES       12
#define ERSPAN_PLATFORM      0x01 /* of the header's last byte: a subheader follows */
#define ERSPAN_PLATFORM_LEN  8
#define ERSPAN_FRAME_TYPE(h) ((h)[10] >> 2 & 31)

/* Source routes: address family, offset, length; one of length 0 ends them. */
static bool skip_routes(struct cursor *in)
{
	for (int i = 0; i < GRE_ROUTES_MAX; i++) {
		const uint8_t *route = cursor_take(in, 4);

		if (!route)
			return false;
		if (route[3] == 0)
			return true;
		cursor_skip(in, route[3]);
	}
	return false;
}

/* A redirected packet has a header of four bytes in WCCP version 2, none in version 1. */
static enum step walk_wccp(struct walk *w)
{
	if (cursor_left(&w->in) > 0 && w->in.at[0] >> 4 != 4)
		cursor_skip(&w->in, 4);
	return w->in.overrun ? walk_short_link(w) : STEP_IPV4;
}

static enum step walk_gre_protocol(struct walk *w, uint16_t flags, uint16_t type)
{
	enum step next;

	switch (type) {
	case ETHERTYPE_WCCP:
		return walk_wccp(w);
	case ETHERTYPE_ERSPAN:
		return (flags & GRE_SEQUENCE) != 0 ? STEP_ERSPAN : STEP_ETHERNET;
	case ETHERTYPE_ERSPAN_3:
		return STEP_ERSPAN;
	case ETHERTYPE_ARP:
		return walk_stop(w, VERDICT_NOT_IP);
	default:
		break;
	}
	next = type > ETHERTYPE_LENGTH_MAX ? walk_ethertype(w, type) : STEP_STOP;
	return next != STEP_STOP ? next : walk_stop(w, VERDICT_UNKNOWN_ENCAPSULATION);
}

/* PPTP: the key is the payload's length and the call; a packet without sequence number carries
 * nothing. */
static enum step walk_pptp(struct walk *w, uint16_t flags, uint16_t type)
{
	if (type != ETHERTYPE_PPP || (flags & GRE_KEY) == 0)
		return walk_stop(w, VERDICT_BAD_LINK);
	if ((flags & GRE_SEQUENCE) == 0)
		return walk_stop(w, VERDICT_OTHER_PROTOCOL);
	cursor_skip(&w->in, (flags & GRE_ACKNOWLEDGEMENT) != 0 ? 12 : 8);
	return w->in.overrun ? walk_short_link(w) : STEP_PPP;
}

enum step step_gre(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, 4);
	uint16_t flags, type;

	if (!h)
		return walk_short_link(w);
	flags = load_be16(h);
	type = load_be16(h + 2);
	if ((flags & GRE_VERSION) == 1)
		return walk_pptp(w, flags, type);
	if ((flags & GRE_VERSION) != 0)
		return walk_stop(w, VERDICT_UNKNOWN_ENCAPSULATION);
	if ((flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0)
		cursor_skip(&w->in, 4);
	if ((flags & GRE_KEY) != 0)
		cursor_skip(&w->in, 4);
	if ((flags & GRE_SEQUENCE) != 0)
		cursor_skip(&w->in, 4);
	if ((flags & GRE_ROUTING) != 0 && !skip_routes(&w->in) && !w->in.overrun)
		return walk_stop(w, VERDICT_BAD_LINK);
	return w->in.overrun ? walk_short_link(w) : walk_gre_protocol(w, flags, type);
}

/* draft-foschiano-erspan-03: the version field is 1 for type II, 2 for type III. */
enum step step_erspan(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, ERSPAN_2_BYTES);

	if (!h)
		return walk_short_link(w);
	if (h[0] >> 4 == 1)
		return STEP_ETHERNET;
	if (h[0] >> 4 != 2)
		return walk_stop(w, VERDICT_BAD_LINK);
	cursor_skip(&w->in, ERSPAN_3_BYTES - ERSPAN_2_BYTES);
	if (!w->in.overrun && (h[11] & ERSPAN_PLATFORM) != 0)
		cursor_skip(&w->in, ERSPAN_PLATFORM_LEN);
	if (w->in.overrun)
		return walk_short_link(w);
	switch (ERSPAN_FRAME_TYPE(h)) {
	case 0:
		return STEP_ETHERNET;
	case 2:
		return STEP_IP;
	default:
		return walk_stop(w, VERDICT_UNKNOWN_ENCAPSULATION);
	}
}

/* RFC 3378: version 3, the rest reserved. */
enum step step_etherip(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, 2);

	if (!h)
		return walk_short_link(w);
	return load_be16(h) == 0x3000 ? STEP_ETHERNET : walk_stop(w, VERDICT_BAD_LINK);
}
