/*
 * The kernel's half of the decoder: an Ethernet frame → what is to be done with it. One header for
 * clang -target bpf and for the program itself, where it is held against the C decoder frame by
 * frame, and where a driver without XDP can use it.
 *
 * It may send up what the decoder then finds nothing in; it must never drop what decoder and
 * observer would find something in. What it says in place it says as src/decode does: whoever
 * changes one changes the other.
 *
 * Written for the verifier of Linux 5.15 and later: every load stands behind its own comparison
 * with the frame's end, every loop has a constant bound.
 */
#ifndef SEKIMORI_FILTER_FRAME_H
#define SEKIMORI_FILTER_FRAME_H

#include <stddef.h>

#include "decode/wire.h"
#include "observe/words.h"

#include "filter/record.h"

#define FILTER_INLINE     static inline __attribute__((always_inline))
#define FILTER_TAGS_MAX   2
#define FILTER_EXTENSIONS 4 /* IPv6 extension headers looked into */
#define FILTER_UDP_BYTES  8
#define FILTER_V4_PREFIX  0x0000ffff00000000ULL
#define FILTER_UNKNOWN    UINT32_MAX

/*
 * The verifier follows pointers; in C none may point further than the end. Of a frame that the
 * kernel does not let us see in place there is a copy of its head, in room for FILTER_REACH bytes:
 * there the verifier is content with how far a header's own numbers can lead.
 */
#ifdef __bpf__
#define FILTER_FITS(f, at, n)                                                                      \
	((f)->is_copy ? filter_copy_has(f, at, n) : (f)->bytes + (at) + (n) <= (f)->end)
#define FILTER_LOAD(type, p) (*(const type *)(p))
#else
#define FILTER_FITS(f, at, n) filter_copy_has(f, at, n)
#define FILTER_LOAD(type, p)                                                                       \
	({                                                                                         \
		type loaded_;                                                                      \
		__builtin_memcpy(&loaded_, (p), sizeof(loaded_));                                  \
		loaded_;                                                                           \
	})
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FILTER_BE(bits, x) __builtin_bswap##bits(x)
#else
#define FILTER_BE(bits, x) (x)
#endif

#define FILTER_BE16(p) FILTER_BE(16, FILTER_LOAD(uint16_t, p))
#define FILTER_BE32(p) FILTER_BE(32, FILTER_LOAD(uint32_t, p))
#define FILTER_BE64(p) FILTER_BE(64, FILTER_LOAD(uint64_t, p))

/*
 * As far as anything is looked at: Ethernet with tags, IPv6, its extensions of up to 255 words
 * beyond the first, a TCP header, and a word behind it.
 */
#define FILTER_REACH                                                                               \
	(ETHERNET_HEADER_BYTES + FILTER_TAGS_MAX * VLAN_TAG_BYTES + IPV6_HEADER_BYTES +            \
	 FILTER_EXTENSIONS * 256 * 8 + 60 + 4)

struct filter_frame {
	const uint8_t *bytes, *end;
	uint32_t captured; /* bytes of the frame, and then of its IP packet: an offset */
	uint32_t wire_end; /* where the IP packet ended on the line: an offset */
	const uint8_t *ip; /* a whole header without options */
	bool ipv6;
	bool is_copy;    /* BYTES to END are a copy of the frame's head */
	bool wants_more; /* ... and it was too short for a decision */
	uint32_t copied, length;
};

/* What has not been copied, and is there, is wanted. */
FILTER_INLINE bool filter_copy_has(struct filter_frame *f, uint32_t at, uint32_t n)
{
	if (at + n <= f->copied)
		return true;
	if (at + n <= f->length)
		f->wants_more = true;
	return false;
}

FILTER_INLINE struct filter_addr filter_src(const struct filter_frame *f)
{
	if (f->ipv6)
		return (struct filter_addr){ FILTER_BE64(f->ip + IPV6_SRC_AT),
					     FILTER_BE64(f->ip + IPV6_SRC_AT + 8) };
	return (struct filter_addr){ 0, FILTER_V4_PREFIX | FILTER_BE32(f->ip + IPV4_SRC_AT) };
}

FILTER_INLINE struct filter_addr filter_dst(const struct filter_frame *f)
{
	if (f->ipv6)
		return (struct filter_addr){ FILTER_BE64(f->ip + IPV6_DST_AT),
					     FILTER_BE64(f->ip + IPV6_DST_AT + 8) };
	return (struct filter_addr){ 0, FILTER_V4_PREFIX | FILTER_BE32(f->ip + IPV4_DST_AT) };
}

FILTER_INLINE bool filter_addr_before(struct filter_addr a, struct filter_addr b)
{
	return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

/* The last range that does not begin behind A is the only one it can lie in. */
FILTER_INLINE bool filter_is_ours(const struct filter_config *c, struct filter_addr a)
{
	uint32_t low = 0, high = c->n_ranges;

	for (int i = 0; i < 7 && low < high; i++) { /* 2^7 > FILTER_RANGES_MAX */
		uint32_t middle = (low + high) / 2;

		if (filter_addr_before(a, c->ranges[middle % FILTER_RANGES_MAX].first))
			high = middle;
		else
			low = middle + 1;
	}
	return low > 0 && !filter_addr_before(c->ranges[(low - 1) % FILTER_RANGES_MAX].last, a);
}

FILTER_INLINE bool filter_is_control(const struct filter_config *c, uint16_t port)
{
	return c->control_ports[port / 64] >> (port % 64) & 1;
}

FILTER_INLINE uint64_t filter_hash_end(const struct filter_config *c, struct filter_addr a,
				       uint16_t port)
{
	uint64_t h = (a.lo ^ c->seed) * 0x9e3779b97f4a7c15ULL;

	h = (h ^ (h >> 32) ^ a.hi) * 0xbb67ae8584caa73bULL;
	h = (h ^ (h >> 29) ^ port) * 0x3c6ef372fe94f82bULL;
	return h ^ (h >> 32);
}

/* The slot of a connection, the same for both directions. */
FILTER_INLINE uint8_t *filter_slot(const struct filter_config *c, struct filter_streams *s,
				   const struct filter_frame *f, uint16_t sport, uint16_t dport)
{
	uint64_t h =
		filter_hash_end(c, filter_src(f), sport) + filter_hash_end(c, filter_dst(f), dport);

	return &s->slots[(h * 0x9e3779b97f4a7c15ULL >> 48) % FILTER_STREAM_SLOTS];
}

FILTER_INLINE bool filter_slot_is_alive(const struct filter_streams *s, uint8_t epoch)
{
	uint32_t before = s->epoch > 1 ? s->epoch - 1 : FILTER_EPOCH_LAST;

	return epoch != 0 && (epoch == s->epoch || epoch == before);
}

/* Writers on several CPUs may miscount each other's: the bound is a safeguard and not a figure. */
FILTER_INLINE bool filter_remember(struct filter_streams *s, uint8_t *slot)
{
	if (!filter_slot_is_alive(s, *slot)) {
		if (s->remembered >= FILTER_STREAMS_NEW)
			return false;
		s->remembered++;
	}
	*slot = (uint8_t)s->epoch;
	return true;
}

/* TCP, neither SYN nor SYN+ACK: only words of FTP matter. */
FILTER_INLINE enum filter_outcome filter_payload(struct filter_frame *f, uint32_t payload_at,
						 uint16_t sport, uint16_t dport,
						 const struct filter_config *c,
						 struct filter_streams *s,
						 struct filter_counts *counts)
{
	uint8_t *slot;

	if (f->wire_end <= payload_at)
		return FILTER_NOTHING;
	if (filter_is_control(c, sport) || filter_is_control(c, dport))
		return FILTER_UP_CONTROL;
	slot = filter_slot(c, s, f, sport, dport);
	if (f->captured >= payload_at + 4 && FILTER_FITS(f, payload_at, 4) &&
	    ftp_word_opens(FILTER_BE32(f->bytes + payload_at))) {
		if (!filter_remember(s, slot))
			counts->unremembered++;
		return FILTER_UP_WORD;
	}
	if (!filter_slot_is_alive(s, *slot))
		return FILTER_NOTHING;
	if (*slot != s->epoch)
		*slot = (uint8_t)s->epoch;
	return FILTER_UP_STREAM;
}

FILTER_INLINE enum filter_outcome filter_tcp(struct filter_frame *f, uint32_t at,
					     const struct filter_config *c,
					     struct filter_streams *s, struct filter_counts *counts,
					     struct filter_facts *ret_facts)
{
	const uint8_t *tcp = f->bytes + at;
	uint32_t header;
	uint16_t sport, dport;
	uint8_t flags;
	bool synack;

	if (f->captured < at + TCP_FLAGS_END || !FILTER_FITS(f, at, TCP_FLAGS_END))
		return f->wire_end < at + TCP_FLAGS_END ? FILTER_NOTHING : FILTER_SHORT;
	header = (uint32_t)(tcp[TCP_DATA_OFFSET_AT] >> 4) * 4;
	flags = tcp[TCP_FLAGS_AT];
	if (header < TCP_HEADER_BYTES)
		return FILTER_NOTHING;
	sport = FILTER_BE16(tcp);
	dport = FILTER_BE16(tcp + 2);
	synack = tcp_flags_are_synack(flags);
	if (!synack && !tcp_flags_are_syn(flags))
		return filter_payload(f, at + header, sport, dport, c, s, counts);
	ret_facts->src = filter_src(f);
	if (!filter_is_ours(c, ret_facts->src)) {
		if (!synack)
			return FILTER_FOREIGN_SYN;
		ret_facts->outcome = FILTER_ANSWER;
	} else {
		ret_facts->outcome = synack ? FILTER_SIGHTING : FILTER_SYN;
	}
	ret_facts->dst = filter_dst(f);
	ret_facts->sport = sport;
	ret_facts->dport = dport;
	ret_facts->tcp_flags = flags;
	ret_facts->reserved = 0;
	return ret_facts->outcome;
}

FILTER_INLINE bool filter_is_tunnel_port(uint16_t port)
{
	switch (port) {
	case PORT_GTP_U:
	case PORT_TEREDO:
	case PORT_VXLAN:
	case PORT_VXLAN_GPE:
	case PORT_GENEVE:
	case PORT_VXLAN_LINUX:
		return true;
	default:
		return false;
	}
}

FILTER_INLINE enum filter_outcome filter_udp(struct filter_frame *f, uint32_t at)
{
	const uint8_t *udp = f->bytes + at;

	if (f->captured < at + FILTER_UDP_BYTES || !FILTER_FITS(f, at, FILTER_UDP_BYTES))
		return FILTER_NOTHING;
	if (filter_is_tunnel_port(FILTER_BE16(udp)) || filter_is_tunnel_port(FILTER_BE16(udp + 2)))
		return FILTER_UP_UDP_TUNNEL;
	return FILTER_NOTHING;
}

/* All but TCP, UDP and what only IPv6 has. */
FILTER_INLINE enum filter_outcome filter_protocol(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_IPV4:
	case PROTOCOL_IPV6:
	case PROTOCOL_GRE:
	case PROTOCOL_AH:
	case PROTOCOL_ETHERIP:
	case PROTOCOL_MPLS:
	case PROTOCOL_ETHERNET:
		return FILTER_UP_TUNNEL;
	default:
		return FILTER_NOTHING;
	}
}

/* An IP packet of LENGTH bytes on the line begins at AT; 0: segmentation offload's, or a jumbogram.
 */
FILTER_INLINE void filter_bound(struct filter_frame *f, uint32_t at, uint32_t length)
{
	f->wire_end = length > 0 ? at + length : f->captured;
	if (f->wire_end < f->captured)
		f->captured = f->wire_end;
}

/* Returns the protocol and where its header is, or FILTER_UNKNOWN when nothing can be there. A
 * total length that is too small leaves no room for what follows. */
FILTER_INLINE uint32_t filter_ipv4(struct filter_frame *f, uint32_t at, uint32_t *ret_at)
{
	const uint8_t *h = f->bytes + at;
	uint32_t header, total;

	if (!FILTER_FITS(f, at, IPV4_HEADER_BYTES))
		return FILTER_UNKNOWN;
	header = (uint32_t)(h[0] & 15) * 4;
	total = FILTER_BE16(h + IPV4_TOTAL_LENGTH_AT);
	if (h[0] >> 4 != 4 || header < IPV4_HEADER_BYTES ||
	    (FILTER_BE16(h + IPV4_FRAGMENT_AT) & IPV4_FRAGMENT_OFFSET) != 0)
		return FILTER_UNKNOWN;
	f->ip = h;
	f->ipv6 = false;
	filter_bound(f, at, total);
	*ret_at = at + header;
	return h[IPV4_PROTOCOL_AT];
}

FILTER_INLINE bool filter_is_extension(uint32_t protocol)
{
	switch (protocol) {
	case PROTOCOL_HOP_BY_HOP:
	case PROTOCOL_ROUTING:
	case PROTOCOL_FRAGMENT:
	case PROTOCOL_DESTINATION:
	case PROTOCOL_MOBILITY:
	case PROTOCOL_HIP:
	case PROTOCOL_SHIM6:
		return true;
	default:
		return false;
	}
}

/* Passes over an extension header; the result is as that of filter_ipv4. One that lies behind the
 * packet's end does no harm: what follows it does so, too. */
FILTER_INLINE uint32_t filter_extension(struct filter_frame *f, uint32_t protocol, uint32_t *at)
{
	const uint8_t *h = f->bytes + *at;

	if (!FILTER_FITS(f, *at, 8))
		return FILTER_UNKNOWN;
	if (protocol == PROTOCOL_FRAGMENT) {
		if ((FILTER_BE16(h + 2) & 0xfff8) != 0)
			return FILTER_UNKNOWN;
		*at += 8;
	} else {
		*at += 8 + (uint32_t)h[1] * 8;
	}
	return h[0];
}

FILTER_INLINE uint32_t filter_ipv6(struct filter_frame *f, uint32_t at, uint32_t *ret_at)
{
	const uint8_t *h = f->bytes + at;
	uint32_t protocol, length;

	if (!FILTER_FITS(f, at, IPV6_HEADER_BYTES) || h[0] >> 4 != 6)
		return FILTER_UNKNOWN;
	length = FILTER_BE16(h + IPV6_PAYLOAD_LENGTH_AT);
	f->ip = h;
	f->ipv6 = true;
	filter_bound(f, at, length > 0 ? length + IPV6_HEADER_BYTES : 0);
	at += IPV6_HEADER_BYTES;
	protocol = h[IPV6_NEXT_HEADER_AT];
	for (int i = 0; i < FILTER_EXTENSIONS && filter_is_extension(protocol); i++)
		protocol = filter_extension(f, protocol, &at);
	*ret_at = at;
	return protocol;
}

FILTER_INLINE bool filter_is_tag(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_VLAN_9100 ||
	       type == ETHERTYPE_VLAN_9200;
}

/* What is neither IP nor a tag that was passed over. */
FILTER_INLINE enum filter_outcome filter_link(struct filter_frame *f, uint32_t at, uint16_t type)
{
	const uint8_t *llc = f->bytes + at;

	switch (type) {
	case ETHERTYPE_VLAN:
	case ETHERTYPE_QINQ:
	case ETHERTYPE_VLAN_9100:
	case ETHERTYPE_VLAN_9200:
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTICAST:
	case ETHERTYPE_PPPOE:
	case ETHERTYPE_PPP:
	case ETHERTYPE_ITAG:
	case ETHERTYPE_CISCO_CMD:
	case ETHERTYPE_MACSEC:
	case ETHERTYPE_LLC:
	case ETHERTYPE_BRIDGED:
		return FILTER_UP_LINK;
	default:
		break;
	}
	/* Spanning tree and the like come all the time; IP has one of two service access points. */
	if (type > ETHERTYPE_LENGTH_MAX || !FILTER_FITS(f, at, 3))
		return FILTER_NOTHING;
	return llc[0] == 0xaa || llc[0] == 0x06 ? FILTER_UP_LINK : FILTER_NOTHING;
}

FILTER_INLINE enum filter_outcome filter_look(struct filter_frame *f,
					      const struct filter_config *config,
					      struct filter_streams *streams,
					      struct filter_counts *counts,
					      struct filter_facts *ret_facts)
{
	uint32_t at = ETHERNET_HEADER_BYTES, protocol;
	uint16_t type;

	if (!FILTER_FITS(f, 0, ETHERNET_HEADER_BYTES))
		return FILTER_NOTHING;
	type = FILTER_BE16(f->bytes + ETHERNET_ADDRESSES_BYTES);
	for (int i = 0; i < FILTER_TAGS_MAX && filter_is_tag(type); i++) {
		if (!FILTER_FITS(f, at, VLAN_TAG_BYTES))
			return FILTER_NOTHING;
		type = FILTER_BE16(f->bytes + at + 2);
		at += VLAN_TAG_BYTES;
	}
	if (type == ETHERTYPE_IPV4)
		protocol = filter_ipv4(f, at, &at);
	else if (type == ETHERTYPE_IPV6)
		protocol = filter_ipv6(f, at, &at);
	else
		return filter_link(f, at, type);
	if (protocol == PROTOCOL_TCP)
		return filter_tcp(f, at, config, streams, counts, ret_facts);
	if (protocol == PROTOCOL_UDP)
		return filter_udp(f, at);
	if (f->ipv6 && filter_is_extension(protocol))
		return FILTER_UP_EXTENSIONS;
	return protocol == FILTER_UNKNOWN ? FILTER_NOTHING : filter_protocol((uint8_t)protocol);
}

/*
 * Looks at the frame of BYTES up to END. CONFIG says whose networks and which control ports;
 * STREAMS is read and written; COUNTS->unremembered may be counted up. *ret_facts is filled, but
 * for its time, when the outcome is SIGHTING, ANSWER or SYN.
 */
FILTER_INLINE enum filter_outcome filter_frame(const void *bytes, const void *end,
					       const struct filter_config *config,
					       struct filter_streams *streams,
					       struct filter_counts *counts,
					       struct filter_facts *ret_facts)
{
	uint32_t length = (uint32_t)((const uint8_t *)end - (const uint8_t *)bytes);
	struct filter_frame f = {
		.bytes = bytes, .end = end, .captured = length, .copied = length, .length = length
	};

	return filter_look(&f, config, streams, counts, ret_facts);
}

/*
 * The same where only the first COPIED bytes of a frame of LENGTH are at hand, in room for
 * FILTER_REACH. When they do not suffice, *ret_wants_more is true and the outcome means nothing:
 * with FILTER_REACH of them, or all, they do.
 */
FILTER_INLINE enum filter_outcome
filter_frame_head(const uint8_t *bytes, uint32_t copied, uint32_t length,
		  const struct filter_config *config, struct filter_streams *streams,
		  struct filter_counts *counts, struct filter_facts *ret_facts,
		  bool *ret_wants_more)
{
	struct filter_frame f = { .bytes = bytes,
				  .captured = length,
				  .is_copy = true,
				  .copied = copied,
				  .length = length };
	enum filter_outcome o = filter_look(&f, config, streams, counts, ret_facts);

	*ret_wants_more = f.wants_more;
	return o;
}

#endif
