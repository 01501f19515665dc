/* The link types of capture files, and point-to-point links. Wi-Fi has its own file. */
#include "decode/decode_internal.h"

#define PPPOE_HEADER_BYTES  6
#define PPPOE_VERSION_TYPE  0x11
#define COOKED_BYTES        16 /* type, device type, address length, address, protocol */
#define COOKED2_BYTES       20 /* protocol, reserved, interface, device type, type, address */
#define COOKED_802_3        1  /* in place of an EtherType: 802.3 without LLC */
#define COOKED_LLC          4
#define DEVICE_NETLINK      824
#define DEVICE_PRISM        802
#define DEVICE_WIFI         801
#define DEVICE_RADIOTAP     803
#define ENC_AFTER_FAMILY    8 /* the security association and flags */
#define NFLOG_HEADER_BYTES  4
#define NFLOG_PAYLOAD       9
#define NFLOG_ATTRIBUTE_MAX 64

enum ppp_protocol {
	PPP_IPV4 = 0x21,
	PPP_VJ_COMPRESSED = 0x2d,
	PPP_VJ_UNCOMPRESSED = 0x2f,
	PPP_MULTILINK = 0x3d,
	PPP_ENCRYPTED = 0x53,
	PPP_ENCRYPTED_LINK = 0x55,
	PPP_IPV6 = 0x57,
	PPP_COMPRESSED_LINK = 0xfb,
	PPP_COMPRESSED = 0xfd,
	PPP_MPLS = 0x281,
	PPP_MPLS_MULTICAST = 0x283,
};

/* The direction has taken the place of the address byte; the control byte may follow. */
static enum step walk_ppp_direction(struct walk *w)
{
	if (!cursor_take(&w->in, 1))
		return walk_short_link(w);
	if (cursor_left(&w->in) > 0 && w->in.at[0] == 0x03)
		cursor_skip(&w->in, 1);
	return STEP_PPP;
}

/* The direction stands before the frame, in a byte of its own. */
static enum step walk_behind_direction(struct walk *w, enum step next)
{
	return cursor_take(&w->in, 1) ? next : walk_short_link(w);
}

/* PPP with HDLC framing, or Cisco's, told apart by the address byte. */
static enum step walk_hdlc(struct walk *w)
{
	if (cursor_left(&w->in) > 0 && (w->in.at[0] == 0x0f || w->in.at[0] == 0x8f))
		return STEP_CISCO_HDLC;
	return STEP_PPP;
}

static enum step walk_enc(struct walk *w)
{
	enum step next = step_family(w);

	if (next == STEP_STOP)
		return STEP_STOP;
	return cursor_take(&w->in, ENC_AFTER_FAMILY) ? next : walk_short_link(w);
}

enum step walk_link(struct walk *w, uint16_t link_type)
{
	switch (link_type) {
	case LINK_ETHERNET:
		return STEP_ETHERNET;
	case LINK_RAW_BSD:
	case LINK_RAW_OPENBSD:
	case LINK_RAW:
		return STEP_IP;
	case LINK_IPV4:
		return STEP_IPV4;
	case LINK_IPV6:
		return STEP_IPV6;
	case LINK_NULL:
	case LINK_LOOP:
		return STEP_FAMILY;
	case LINK_ENC:
		return walk_enc(w);
	case LINK_LINUX_SLL:
		return STEP_COOKED;
	case LINK_LINUX_SLL2:
		return STEP_COOKED2;
	case LINK_PPP:
	case LINK_PPP_HDLC:
		return walk_hdlc(w);
	case LINK_PPP_ETHER:
		return STEP_PPPOE;
	case LINK_PPP_PPPD:
		return walk_ppp_direction(w);
	case LINK_PPP_WITH_DIR:
		return walk_behind_direction(w, STEP_PPP);
	case LINK_CISCO_HDLC:
		return STEP_CISCO_HDLC;
	case LINK_CISCO_HDLC_WITH_DIR:
		return walk_behind_direction(w, STEP_CISCO_HDLC);
	case LINK_IEEE802_11:
		return STEP_WIFI;
	case LINK_RADIOTAP:
		return STEP_RADIOTAP;
	case LINK_PRISM:
		return STEP_PRISM;
	case LINK_AVS:
		return STEP_AVS;
	case LINK_NFLOG:
		return STEP_NFLOG;
	case LINK_MPLS:
		return STEP_MPLS;
	default:
		return walk_stop(w, VERDICT_UNKNOWN_LINK_TYPE);
	}
}

/* The session stage of RFC 2516. */
enum step step_pppoe(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, PPPOE_HEADER_BYTES);

	if (!h)
		return walk_short_link(w);
	if (h[0] != PPPOE_VERSION_TYPE)
		return walk_stop(w, VERDICT_BAD_LINK);
	return h[1] == 0 ? STEP_PPP : walk_stop(w, VERDICT_NOT_IP);
}

static enum step walk_ppp_protocol(struct walk *w, uint16_t protocol)
{
	switch (protocol) {
	case PPP_IPV4:
		return STEP_IPV4;
	case PPP_IPV6:
		return STEP_IPV6;
	case PPP_MPLS:
	case PPP_MPLS_MULTICAST:
		return STEP_MPLS;
	case PPP_ENCRYPTED:
	case PPP_ENCRYPTED_LINK:
		return walk_stop(w, VERDICT_ENCRYPTED);
	case PPP_VJ_COMPRESSED:
	case PPP_VJ_UNCOMPRESSED:
	case PPP_MULTILINK:
	case PPP_COMPRESSED:
	case PPP_COMPRESSED_LINK:
		return walk_stop(w, VERDICT_UNKNOWN_ENCAPSULATION);
	default:
		return walk_stop(w, VERDICT_NOT_IP);
	}
}

/* RFC 1661: address and control may be left out, and the first byte of the protocol when it is 0.
 */
enum step step_ppp(struct walk *w)
{
	const uint8_t *p = w->in.at;

	if (cursor_left(&w->in) >= 2 && p[0] == 0xff && p[1] == 0x03)
		cursor_skip(&w->in, 2);
	p = cursor_take(&w->in, 1);
	if (p && (*p & 1) != 0 && *p != 0xff)
		return walk_ppp_protocol(w, *p);
	if (!p || !cursor_take(&w->in, 1))
		return walk_short_link(w);
	return walk_ppp_protocol(w, load_be16(p));
}

enum step step_cisco_hdlc(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, 4);

	if (!h)
		return walk_short_link(w);
	if (load_be16(h + 2) <= ETHERTYPE_LENGTH_MAX)
		return walk_stop(w, VERDICT_NOT_IP);
	return walk_ethertype(w, load_be16(h + 2));
}

static enum step walk_cooked(struct walk *w, uint16_t device, uint16_t protocol)
{
	if (device == DEVICE_NETLINK)
		return walk_stop(w, VERDICT_NOT_IP);
	if (device == DEVICE_WIFI)
		return STEP_WIFI;
	if (device == DEVICE_PRISM)
		return STEP_PRISM;
	if (device == DEVICE_RADIOTAP)
		return STEP_RADIOTAP;
	if (protocol == COOKED_LLC)
		return STEP_LLC;
	if (protocol < ETHERTYPE_MIN)
		return walk_stop(w, VERDICT_NOT_IP);
	return walk_ethertype(w, protocol);
}

enum step step_cooked(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, COOKED_BYTES);

	return h ? walk_cooked(w, load_be16(h + 2), load_be16(h + 14)) : walk_short_link(w);
}

enum step step_cooked2(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, COOKED2_BYTES);

	return h ? walk_cooked(w, load_be16(h + 8), load_be16(h)) : walk_short_link(w);
}

/* An address family as the capturing system numbers it, in its byte order or the network's. */
enum step step_family(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, 4);
	uint32_t family;

	if (!h)
		return walk_short_link(w);
	family = load_be32(h);
	if (family > UINT16_MAX)
		family = load_le32(h);
	switch (family) {
	case 2:
		return STEP_IPV4;
	case 10: /* Linux */
	case 23: /* Windows */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return STEP_IPV6;
	default:
		return walk_stop(w, VERDICT_NOT_IP);
	}
}

static uint16_t load_16(const uint8_t *p, bool big_endian)
{
	return big_endian ? load_be16(p) : load_le16(p);
}

/*
 * Linux's packet log: a list of attributes in the byte order of the machine that wrote them, told
 * by the first length's being one; the packet is the last.
 */
enum step step_nflog(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, NFLOG_HEADER_BYTES);
	bool big_endian;

	if (!h)
		return walk_short_link(w);
	if (h[1] != 0)
		return walk_stop(w, VERDICT_BAD_LINK);
	big_endian = cursor_left(&w->in) >= 4 && load_le16(w->in.at) > load_be16(w->in.at);
	for (int i = 0; i < NFLOG_ATTRIBUTE_MAX; i++) {
		size_t length;

		h = cursor_take(&w->in, 4);
		if (!h)
			return walk_short_link(w);
		length = load_16(h, big_endian);
		if (length < 4)
			return walk_stop(w, VERDICT_BAD_LINK);
		if (load_16(h + 2, big_endian) == NFLOG_PAYLOAD)
			return STEP_IP;
		cursor_skip(&w->in, (length - 4 + 3) & ~(size_t)3);
	}
	return walk_stop(w, VERDICT_BAD_LINK);
}
