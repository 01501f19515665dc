#include "load_frame.h"

#include <string.h>

#define ETHERNET_BYTES 14
#define ETHERNET_LEAST 60 /* without the checksum, which captures do not have */
#define V4_BYTES       20
#define V6_BYTES       40
#define TCP_BYTES      20
#define UDP_BYTES      8
#define PROTOCOL_TCP   6
#define PROTOCOL_UDP   17

static const uint8_t router_inside[6] = { 0x02, 0x00, 0x5e, 0x10, 0x00, 0x01 };
static const uint8_t router_outside[6] = { 0x02, 0x00, 0x5e, 0x10, 0x00, 0x02 };

static void put_u16(uint8_t *at, uint32_t x)
{
	at[0] = (uint8_t)(x >> 8);
	at[1] = (uint8_t)x;
}

static void put_u32(uint8_t *at, uint32_t x)
{
	put_u16(at, x >> 16);
	put_u16(at + 2, x);
}

/* The sum of RFC 1071 over 32-bit words in the machine's order: it comes out in the packet's (2. B
 * there). */
static uint64_t sum_add(uint64_t sum, const uint8_t *bytes, size_t n)
{
	uint32_t word;

	for (; n >= sizeof(word); n -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		sum += word;
	}
	word = 0;
	memcpy(&word, bytes, n);
	return sum + word;
}

static void sum_put(uint8_t *at, uint64_t sum)
{
	uint16_t folded;

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	folded = (uint16_t)~sum;
	memcpy(at, &folded, sizeof(folded));
}

static uint8_t *put_ethernet(uint8_t *at, bool outbound, uint16_t type)
{
	memcpy(at, outbound ? router_outside : router_inside, 6);
	memcpy(at + 6, outbound ? router_inside : router_outside, 6);
	put_u16(at + 12, type);
	return at + ETHERNET_BYTES;
}

/* Returns where the payload of LENGTH bytes begins. */
static uint8_t *put_v4(uint8_t *at, const struct load_segment *s, uint8_t protocol, size_t length)
{
	memset(at, 0, V4_BYTES);
	at[0] = 0x45;
	put_u16(at + 2, (uint32_t)(V4_BYTES + length));
	put_u16(at + 4, s->sequence);
	at[6] = 0x40;                  /* do not fragment */
	at[8] = s->outbound ? 63 : 50; /* hops left */
	at[9] = protocol;
	memcpy(at + 12, s->source->bytes, 4);
	memcpy(at + 16, s->target->bytes, 4);
	sum_put(at + 10, sum_add(0, at, V4_BYTES));
	return at + V4_BYTES;
}

static uint8_t *put_v6(uint8_t *at, const struct load_segment *s, uint8_t protocol, size_t length)
{
	put_u32(at, 0x60000000U | (s->sequence >> 12)); /* a flow label */
	put_u16(at + 4, (uint32_t)length);
	at[6] = protocol;
	at[7] = s->outbound ? 63 : 50;
	memcpy(at + 8, s->source->bytes, 16);
	memcpy(at + 24, s->target->bytes, 16);
	return at + V6_BYTES;
}

static uint8_t *put_network(uint8_t *frame, const struct load_segment *s, uint8_t protocol,
			    size_t length)
{
	bool v6 = s->source->v6;
	uint8_t *at = put_ethernet(frame, s->outbound, v6 ? 0x86dd : 0x0800);

	return v6 ? put_v6(at, s, protocol, length) : put_v4(at, s, protocol, length);
}

/* The pseudo-header's sum and the segment's, put at FIELD, which is still zero. */
static void put_checksum(const struct load_segment *s, uint8_t protocol, const uint8_t *segment,
			 size_t length, uint8_t *field)
{
	uint8_t rest[4];
	size_t n = s->source->v6 ? 16 : 4;
	uint64_t sum = sum_add(0, s->source->bytes, n);

	put_u16(rest, protocol);
	put_u16(rest + 2, (uint32_t)length);
	sum = sum_add(sum, s->target->bytes, n);
	sum = sum_add(sum, rest, sizeof(rest));
	sum_put(field, sum_add(sum, segment, length));
}

static size_t put_options(uint8_t *at, const struct load_segment *s)
{
	if (s->flags & TCP_RST)
		return 0;
	if (s->flags & TCP_SYN) {
		/* segment size, SACK permitted, timestamp, window scale 7: what Linux sends */
		static const uint8_t syn[20] = { 2, 4, 5, 0xb4, 4, 2, 8, 10 };

		memcpy(at, syn, sizeof(syn));
		if (s->source->v6)
			at[3] = 0xa0; /* 1440 */
		put_u32(at + 8, s->sequence ^ 0x5bd1e995U);
		put_u32(at + 12, s->flags & TCP_ACK ? s->acknowledgement * 40503U : 0);
		memcpy(at + 16, (const uint8_t[]){ 1, 3, 3, 7 }, 4);
		return sizeof(syn);
	}
	memcpy(at, (const uint8_t[]){ 1, 1, 8, 10 }, 4);
	put_u32(at + 4, s->sequence ^ 0x5bd1e995U);
	put_u32(at + 8, s->acknowledgement * 40503U);
	return 12;
}

/* Text-like bytes: nothing that anybody would take for a header. */
static void put_payload(uint8_t *at, const struct load_segment *s)
{
	static uint8_t text[LOAD_PAYLOAD_MAX];

	if (text[0] == 0) {
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = (uint8_t)('a' + i * i % 26);
	}
	memcpy(at, s->payload ? (const uint8_t *)s->payload : text, s->payload_bytes);
}

static size_t pad(uint8_t *frame, const uint8_t *end)
{
	size_t n = (size_t)(end - frame);

	if (n >= ETHERNET_LEAST)
		return n;
	memset(frame + n, 0, ETHERNET_LEAST - n);
	return ETHERNET_LEAST;
}

size_t load_frame_tcp(uint8_t *frame, const struct load_segment *s)
{
	uint8_t options[40];
	size_t n_options = put_options(options, s);
	size_t length = TCP_BYTES + n_options + s->payload_bytes;
	uint8_t *tcp = put_network(frame, s, PROTOCOL_TCP, length);

	put_u16(tcp, s->source_port);
	put_u16(tcp + 2, s->target_port);
	put_u32(tcp + 4, s->sequence);
	put_u32(tcp + 8, s->acknowledgement);
	tcp[12] = (uint8_t)((TCP_BYTES + n_options) / 4 << 4);
	tcp[13] = s->flags;
	put_u16(tcp + 14, s->flags & TCP_RST ? 0 : 64240);
	put_u32(tcp + 16, 0); /* checksum, urgent pointer */
	memcpy(tcp + TCP_BYTES, options, n_options);
	put_payload(tcp + TCP_BYTES + n_options, s);
	put_checksum(s, PROTOCOL_TCP, tcp, length, tcp + 16);
	return pad(frame, tcp + length);
}

size_t load_frame_udp(uint8_t *frame, const struct load_segment *s)
{
	size_t length = UDP_BYTES + s->payload_bytes;
	uint8_t *udp = put_network(frame, s, PROTOCOL_UDP, length);

	put_u16(udp, s->source_port);
	put_u16(udp + 2, s->target_port);
	put_u16(udp + 4, (uint32_t)length);
	put_u16(udp + 6, 0);
	put_payload(udp + UDP_BYTES, s);
	put_checksum(s, PROTOCOL_UDP, udp, length, udp + 6);
	return pad(frame, udp + length);
}

size_t load_frame_arp(uint8_t *frame, uint32_t sender_v4, uint32_t target_v4)
{
	static const uint8_t request[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	uint8_t *arp = put_ethernet(frame, true, 0x0806);

	memset(frame, 0xff, 6);
	memcpy(arp, request, sizeof(request));
	memcpy(arp + 8, router_inside, 6);
	put_u32(arp + 14, sender_v4);
	memset(arp + 18, 0, 6);
	put_u32(arp + 24, target_v4);
	return pad(frame, arp + 28);
}
