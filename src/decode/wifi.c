/* 802.11 and the headers that capturing systems put before it. */
#include "decode/decode_internal.h"

#define AVS_MAGIC      0x80211000 /* and a version in the low bits */
#define AVS_MAGIC_MASK 0xfffff000
#define PRISM_MESSAGE  0x44
#define PRISM_BYTES    144

#define RADIOTAP_TSFT     (1U << 0)
#define RADIOTAP_FLAGS    (1U << 1)
#define RADIOTAP_MORE     (1U << 31)
#define RADIOTAP_DATA_PAD 0x20

#define WIFI_TYPE(fc)       ((fc)[0] >> 2 & 3)
#define WIFI_TYPE_DATA      2
#define WIFI_NO_DATA        0x40 /* of a data frame's subtype bits */
#define WIFI_QOS            0x80
#define WIFI_TO_DS          0x01
#define WIFI_FROM_DS        0x02
#define WIFI_MORE_FRAGMENTS 0x04
#define WIFI_PROTECTED      0x40
#define WIFI_ORDER          0x80
#define WIFI_HEADER_BYTES   24
#define WIFI_SEQUENCE_AT    22
#define QOS_AMSDU           0x80
#define SUBFRAME_BYTES      14

/* The length is the header's own second word, in network order. */
enum step step_avs(struct walk *w)
{
	struct cursor header = w->in;
	uint32_t magic = cursor_u32_be(&header), length = cursor_u32_be(&header);

	if (header.overrun)
		return walk_short_link(w);
	if ((magic & AVS_MAGIC_MASK) != AVS_MAGIC || length < 8)
		return walk_stop(w, VERDICT_BAD_LINK);
	return cursor_take(&w->in, length) ? STEP_WIFI : walk_short_link(w);
}

enum step step_prism(struct walk *w)
{
	const uint8_t *h = w->in.at;

	if (cursor_left(&w->in) < 8)
		return walk_short_link(w);
	if ((load_be32(h) & AVS_MAGIC_MASK) == AVS_MAGIC)
		return STEP_AVS;
	if (load_le32(h) != PRISM_MESSAGE && load_be32(h) != PRISM_MESSAGE)
		return walk_stop(w, VERDICT_BAD_LINK);
	return cursor_take(&w->in, PRISM_BYTES) ? STEP_WIFI : walk_short_link(w);
}

/*
 * The flags field is the second there can be: behind the words that say which fields are present,
 * and the timestamp, which is aligned to eight bytes from the header's start. Absent or cut off, it
 * is 0.
 */
static uint8_t radiotap_flags(const uint8_t *header, size_t length)
{
	struct cursor c = cursor_over(header, length);
	uint32_t present, more;

	cursor_skip(&c, 4);
	present = more = cursor_u32_le(&c);
	while ((more & RADIOTAP_MORE) != 0 && !c.overrun)
		more = cursor_u32_le(&c);
	if ((present & RADIOTAP_FLAGS) == 0)
		return 0;
	if ((present & RADIOTAP_TSFT) != 0) {
		size_t at = (size_t)(c.at - header);

		cursor_skip(&c, ((at + 7) & ~(size_t)7) - at + 8);
	}
	return cursor_u8(&c);
}

enum step step_radiotap(struct walk *w)
{
	const uint8_t *h = w->in.at;
	size_t length;

	if (cursor_left(&w->in) < 8)
		return walk_short_link(w);
	length = load_le16(h + 2);
	if (h[0] != 0 || length < 8)
		return walk_stop(w, VERDICT_BAD_LINK);
	if (!cursor_take(&w->in, length))
		return walk_short_link(w);
	w->wifi_padded = (radiotap_flags(h, length) & RADIOTAP_DATA_PAD) != 0;
	return STEP_WIFI;
}

/* Bytes of a data frame's header: a fourth address between access points, QoS, HT control. */
static size_t wifi_header_bytes(const uint8_t fc[2], bool padded)
{
	size_t length = WIFI_HEADER_BYTES;

	if ((fc[1] & (WIFI_TO_DS | WIFI_FROM_DS)) == (WIFI_TO_DS | WIFI_FROM_DS))
		length += 6;
	if ((fc[0] & WIFI_QOS) != 0)
		length += (fc[1] & WIFI_ORDER) != 0 ? 6 : 2;
	return padded ? (length + 3) & ~(size_t)3 : length;
}

static size_t wifi_qos_at(const uint8_t fc[2])
{
	bool four_addresses = (fc[1] & (WIFI_TO_DS | WIFI_FROM_DS)) == (WIFI_TO_DS | WIFI_FROM_DS);

	return four_addresses ? WIFI_HEADER_BYTES + 6 : WIFI_HEADER_BYTES;
}

/* IEEE 802.11-2020, 9.2.4 and 9.3.2. */
enum step step_wifi(struct walk *w)
{
	const uint8_t *fc = w->in.at, *h;

	if (cursor_left(&w->in) < 2)
		return walk_short_link(w);
	if ((fc[0] & 3) != 0)
		return walk_stop(w, VERDICT_BAD_LINK);
	if (WIFI_TYPE(fc) != WIFI_TYPE_DATA || (fc[0] & WIFI_NO_DATA) != 0)
		return walk_stop(w, VERDICT_NOT_IP);
	if ((fc[1] & WIFI_PROTECTED) != 0)
		return walk_stop(w, VERDICT_ENCRYPTED);
	h = cursor_take(&w->in, wifi_header_bytes(fc, w->wifi_padded));
	if (!h)
		return walk_short_link(w);
	if ((h[WIFI_SEQUENCE_AT] & 15) != 0)
		return walk_stop(w, VERDICT_FRAGMENT);
	w->fragment = (fc[1] & WIFI_MORE_FRAGMENTS) != 0;
	if ((fc[0] & WIFI_QOS) == 0 || (h[wifi_qos_at(fc)] & QOS_AMSDU) == 0)
		return STEP_LLC;
	w->subframes = w->in;
	return STEP_SUBFRAME;
}

/* The next subframe of an A-MSDU: two addresses, length, an LLC frame, all padded to four bytes. */
enum step step_subframe(struct walk *w)
{
	const uint8_t *h = cursor_take(&w->subframes, SUBFRAME_BYTES);
	size_t length;

	w->missing = MISSING_UNKNOWN;
	w->fragment = w->in_udp = w->ipv6 = false;
	if (!h)
		return walk_short_link(w);
	length = load_be16(h + ETHERNET_ADDRESSES_BYTES);
	w->in = w->subframes;
	walk_bound(w, length);
	cursor_skip(&w->subframes, ((SUBFRAME_BYTES + length + 3) & ~(size_t)3) - SUBFRAME_BYTES);
	return STEP_LLC;
}
