#include "decode/shortest.h"

#include <endian.h>
#include <string.h>

#include "decode/wire.h"

#define HOPS 64

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

static uint32_t put_ip(const struct shortest_facts *f, uint8_t *p)
{
	if (addr_is_v4(f->src) && addr_is_v4(f->dst)) {
		p[0] = 0x45;
		put_be16(p + IPV4_TOTAL_LENGTH_AT, IPV4_HEADER_BYTES + TCP_HEADER_BYTES);
		p[8] = HOPS;
		p[IPV4_PROTOCOL_AT] = PROTOCOL_TCP;
		put_be32(p + IPV4_SRC_AT, addr_v4(f->src));
		put_be32(p + IPV4_DST_AT, addr_v4(f->dst));
		return IPV4_HEADER_BYTES;
	}
	p[0] = 0x60;
	put_be16(p + IPV6_PAYLOAD_LENGTH_AT, TCP_HEADER_BYTES);
	p[IPV6_NEXT_HEADER_AT] = PROTOCOL_TCP;
	p[7] = HOPS;
	addr_to_bytes(f->src, p + IPV6_SRC_AT);
	addr_to_bytes(f->dst, p + IPV6_DST_AT);
	return IPV6_HEADER_BYTES;
}

uint32_t shortest_frame_make(const struct shortest_facts *f, uint8_t ret_bytes[SHORTEST_FRAME_MAX])
{
	uint8_t *tcp;

	memset(ret_bytes, 0, SHORTEST_FRAME_MAX);
	tcp = ret_bytes + put_ip(f, ret_bytes);
	put_be16(tcp, f->sport);
	put_be16(tcp + 2, f->dport);
	tcp[TCP_DATA_OFFSET_AT] = TCP_HEADER_BYTES / 4 << 4;
	tcp[TCP_FLAGS_AT] = f->tcp_flags;
	return (uint32_t)(tcp - ret_bytes) + TCP_HEADER_BYTES;
}
