#include <endian.h>
#include <string.h>

#include "decode/wire.h"

#include "live/facts_frame_internal.h"

#define V4_PREFIX 0xffff /* of an IPv4 address as ::ffff:a.b.c.d, above its 32 bits */
#define HOPS      64

static void put_be16(uint8_t *p, uint16_t x)
{
	x = htobe16(x);
	memcpy(p, &x, sizeof(x));
}

static void put_be32(uint8_t *p, uint32_t x)
{
	x = htobe32(x);
	memcpy(p, &x, sizeof(x));
}

static void put_be64(uint8_t *p, uint64_t x)
{
	x = htobe64(x);
	memcpy(p, &x, sizeof(x));
}

static void put_ipv6(uint8_t *p, struct filter_addr a)
{
	put_be64(p, a.hi);
	put_be64(p + 8, a.lo);
}

static bool is_v4(struct filter_addr a)
{
	return a.hi == 0 && a.lo >> 32 == V4_PREFIX;
}

static uint32_t put_ip(const struct filter_facts *f, uint8_t *p)
{
	if (is_v4(f->src) && is_v4(f->dst)) {
		p[0] = 0x45;
		put_be16(p + IPV4_TOTAL_LENGTH_AT, IPV4_HEADER_BYTES + TCP_HEADER_BYTES);
		p[8] = HOPS;
		p[IPV4_PROTOCOL_AT] = PROTOCOL_TCP;
		put_be32(p + IPV4_SRC_AT, (uint32_t)f->src.lo);
		put_be32(p + IPV4_DST_AT, (uint32_t)f->dst.lo);
		return IPV4_HEADER_BYTES;
	}
	p[0] = 0x60;
	put_be16(p + IPV6_PAYLOAD_LENGTH_AT, TCP_HEADER_BYTES);
	p[IPV6_NEXT_HEADER_AT] = PROTOCOL_TCP;
	p[7] = HOPS;
	put_ipv6(p + IPV6_SRC_AT, f->src);
	put_ipv6(p + IPV6_DST_AT, f->dst);
	return IPV6_HEADER_BYTES;
}

uint32_t facts_frame_make(const struct filter_facts *f, uint8_t ret_bytes[FACTS_FRAME_MAX])
{
	uint8_t *tcp;

	memset(ret_bytes, 0, FACTS_FRAME_MAX);
	tcp = ret_bytes + put_ip(f, ret_bytes);
	put_be16(tcp, f->sport);
	put_be16(tcp + 2, f->dport);
	tcp[TCP_DATA_OFFSET_AT] = TCP_HEADER_BYTES / 4 << 4;
	tcp[TCP_FLAGS_AT] = f->tcp_flags;
	return (uint32_t)(tcp - ret_bytes) + TCP_HEADER_BYTES;
}
