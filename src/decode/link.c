/* Ethernet, and what can stand between it and IP: tags, LLC, MPLS labels. */
#include "decode/decode_internal.h"

#define ITAG_CONTROL_BYTES                                                                         \
	4 /* priority and service instance; then the customer's Ethernet header */
#define CISCO_CMD_BYTES      6 /* version, length, option, security group; then the EtherType */
#define MACSEC_TAG_BYTES     6 /* control, short length, packet number */
#define MACSEC_SCI_BYTES     8
#define MACSEC_HAS_SCI       0x20
#define MACSEC_CHANGED       0x0c /* encrypted, or changed text */
#define MPLS_BOTTOM_OF_STACK 0x01
#define PW_CONTROL_BYTES     4

enum step walk_ethertype(struct walk *w, uint16_t type)
{
	switch (type) {
	case ETHERTYPE_IPV4:
		return STEP_IPV4;
	case ETHERTYPE_IPV6:
		return STEP_IPV6;
	case ETHERTYPE_VLAN:
	case ETHERTYPE_QINQ:
	case ETHERTYPE_VLAN_9100:
	case ETHERTYPE_VLAN_9200:
		return STEP_VLAN;
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTICAST:
		return STEP_MPLS;
	case ETHERTYPE_PPPOE:
		return STEP_PPPOE;
	case ETHERTYPE_PPP:
		return STEP_PPP;
	case ETHERTYPE_ITAG:
		return STEP_ITAG;
	case ETHERTYPE_CISCO_CMD:
		return STEP_CISCO_CMD;
	case ETHERTYPE_MACSEC:
		return STEP_MACSEC;
	case ETHERTYPE_LLC:
		return STEP_LLC;
	case ETHERTYPE_BRIDGED:
		return STEP_ETHERNET;
	case ETHERTYPE_TRILL:
	case ETHERTYPE_BATMAN:
	case ETHERTYPE_FABRICPATH:
	case ETHERTYPE_VNTAG:
	case ETHERTYPE_ETAG:
	case ETHERTYPE_NSH:
		return walk_stop(w, VERDICT_UNKNOWN_ENCAPSULATION);
	default:
		return type <= ETHERTYPE_LENGTH_MAX ? STEP_LLC : walk_stop(w, VERDICT_NOT_IP);
	}
}

enum step step_ethernet(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, ETHERNET_HEADER_BYTES);

	return h ? walk_ethertype(w, load_be16(h + ETHERNET_ADDRESSES_BYTES)) : walk_short_link(w);
}

enum step step_vlan(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, VLAN_TAG_BYTES);

	return h ? walk_ethertype(w, load_be16(h + 2)) : walk_short_link(w);
}

/* IEEE 802.1ah: the customer's whole frame follows. */
enum step step_itag(struct walk *w)
{
	return cursor_take(&w->in, ITAG_CONTROL_BYTES) ? STEP_ETHERNET : walk_short_link(w);
}

enum step step_cisco_cmd(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, CISCO_CMD_BYTES + 2);

	return h ? walk_ethertype(w, load_be16(h + CISCO_CMD_BYTES)) : walk_short_link(w);
}

/* IEEE 802.1AE: what is only authenticated can be read; the check value is behind the IP length. */
enum step step_macsec(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, MACSEC_TAG_BYTES);

	if (!h)
		return walk_short_link(w);
	if ((h[0] & MACSEC_CHANGED) != 0)
		return walk_stop(w, VERDICT_ENCRYPTED);
	if ((h[0] & MACSEC_HAS_SCI) != 0)
		cursor_skip(&w->in, MACSEC_SCI_BYTES);
	h = cursor_take(&w->in, 2);
	return h ? walk_ethertype(w, load_be16(h)) : walk_short_link(w);
}

/* LLC (IEEE 802.2): IP as SNAP with the OUI of the EtherTypes or of bridge tunnels, or under its
 * own SAP. */
enum step step_llc(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->in, 3);

	if (!h)
		return walk_short_link(w);
	if (h[0] == 0x06 && h[1] == 0x06 && h[2] == 0x03)
		return STEP_IPV4;
	if (h[0] != 0xaa || h[1] != 0xaa || h[2] != 0x03)
		return walk_stop(w, VERDICT_NOT_IP);
	h = cursor_take(&w->in, 5);
	if (!h)
		return walk_short_link(w);
	if (h[0] != 0 || h[1] != 0 || (h[2] != 0 && h[2] != 0xf8))
		return walk_stop(w, VERDICT_NOT_IP);
	if (load_be16(h + 3) <= ETHERTYPE_LENGTH_MAX)
		return walk_stop(w, VERDICT_NOT_IP);
	return walk_ethertype(w, load_be16(h + 3));
}

/* Nothing in a label says what it carries, so Ethernet is believed only with an EtherType met in
 * practice. */
static bool is_ethernet_at(const struct walk *w, size_t offset)
{
	if (cursor_left(&w->in) < offset + ETHERNET_HEADER_BYTES)
		return false;
	switch (load_be16(w->in.at + offset + ETHERNET_ADDRESSES_BYTES)) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_ARP:
	case ETHERTYPE_VLAN:
	case ETHERTYPE_IPV6:
	case ETHERTYPE_MPLS:
	case ETHERTYPE_PPPOE:
	case ETHERTYPE_QINQ:
	case ETHERTYPE_MACSEC:
	case ETHERTYPE_ITAG:
		return true;
	default:
		return false;
	}
}

/* Behind the last label: IP by its version; Ethernet with or without a control word (RFC 4385, RFC
 * 4928). */
static enum step step_mpls_payload(struct walk *w)
{
	size_t left = cursor_left(&w->in);
	uint8_t first = left > 0 ? w->in.at[0] : 0;

	if (left == 0)
		return walk_short_link(w);
	if (first >> 4 == 4 && (first & 15) >= 5)
		return STEP_IPV4;
	if (first >> 4 == 6)
		return STEP_IPV6;
	if (first >> 4 == 0 && is_ethernet_at(w, PW_CONTROL_BYTES)) {
		cursor_skip(&w->in, PW_CONTROL_BYTES);
		return STEP_ETHERNET;
	}
	if (is_ethernet_at(w, 0))
		return STEP_ETHERNET;
	if (left < PW_CONTROL_BYTES + ETHERNET_HEADER_BYTES)
		return walk_short_link(w);
	return walk_stop(w, VERDICT_UNKNOWN_ENCAPSULATION);
}

enum step step_mpls(struct walk *w)
{
	const uint8_t *label = cursor_take(&w->in, 4);

	if (!label)
		return walk_short_link(w);
	return (label[2] & MPLS_BOTTOM_OF_STACK) != 0 ? step_mpls_payload(w) : STEP_MPLS;
}
