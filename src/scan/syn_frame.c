#include "scan/syn_frame.h"

#include <string.h>

/*
 * IPv4 (RFC 791), at SYN_LINK_BYTES:                IPv6 (RFC 8200):
 *   0  45 00, total length, id, DF                    0  60 00 00 00, payload length, 6, hops
 *   8  ttl, 6, checksum                               8  source
 *  12  source, 16 destination                        24  destination
 * TCP (RFC 9293), behind it:
 *   0  source port, destination port, sequence, acknowledgement
 *  12  data offset, flags, window, checksum, urgent, 20 the option of the segment size
 */
#define TTL          64
#define WINDOW       64240
#define TCP_BYTES    24
#define V4_BYTES     20
#define V6_BYTES     40
#define SEGMENT_V4   1460
#define SEGMENT_V6   1440
#define TCP_SYN_FLAG 2
#define TCP_PROTOCOL 6

static void put_u16(uint8_t *p, uint32_t x)
{
	p[0] = (uint8_t)(x >> 8);
	p[1] = (uint8_t)x;
}

static void put_u32(uint8_t *p, uint32_t x)
{
	put_u16(p, x >> 16);
	put_u16(p + 2, x);
}

static uint32_t sum_bytes(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return sum;
}

static uint32_t sum_u32(uint32_t x)
{
	return (x >> 16) + (x & 0xffff);
}

static uint32_t sum_u64(uint64_t x)
{
	return sum_u32((uint32_t)(x >> 32)) + sum_u32((uint32_t)x);
}

/* RFC 1071. */
static uint16_t checksum(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint8_t *put_ip(struct syn_template *t)
{
	uint8_t *ip = t->bytes + SYN_LINK_BYTES, bytes[16];

	addr_to_bytes(t->source, bytes);
	if (t->v6) {
		ip[0] = 0x60;
		put_u16(ip + 4, TCP_BYTES);
		ip[6] = TCP_PROTOCOL;
		ip[7] = TTL;
		memcpy(ip + 8, bytes, 16);
		return ip + V6_BYTES;
	}
	ip[0] = 0x45;
	put_u16(ip + 2, V4_BYTES + TCP_BYTES);
	ip[6] = 0x40; /* not to be fragmented: then the id may be 0 (RFC 6864) */
	ip[8] = TTL;
	ip[9] = TCP_PROTOCOL;
	memcpy(ip + 12, bytes + 12, 4);
	t->ip_sum = sum_bytes(ip, V4_BYTES);
	return ip + V4_BYTES;
}

void syn_template_init(struct syn_template *t, struct net_addr source)
{
	uint8_t *tcp;

	*t = (struct syn_template){ .source = source, .v6 = !addr_is_v4(source) };
	put_u16(t->bytes + 12, t->v6 ? 0x86dd : 0x0800);
	tcp = put_ip(t);
	tcp[12] = TCP_BYTES / 4 << 4;
	tcp[13] = TCP_SYN_FLAG;
	put_u16(tcp + 14, WINDOW);
	tcp[20] = 2;
	tcp[21] = 4;
	put_u16(tcp + 22, t->v6 ? SEGMENT_V6 : SEGMENT_V4);
	t->tcp_sum = sum_bytes(tcp, TCP_BYTES) + TCP_PROTOCOL + TCP_BYTES;
	t->tcp_sum += t->v6 ? sum_u64(source.hi) + sum_u64(source.lo) : sum_u32(addr_v4(source));
	t->length = (uint32_t)(tcp - t->bytes) + TCP_BYTES;
}

void syn_frame_link(uint8_t *frame, bool v6, const uint8_t own[6], const uint8_t next_hop[6])
{
	memcpy(frame, next_hop, 6);
	memcpy(frame + 6, own, 6);
	put_u16(frame + 12, v6 ? 0x86dd : 0x0800);
}

void syn_frame_aim(const struct syn_template *t, const struct syn_aim *aim, uint8_t *frame)
{
	uint8_t *ip = frame + SYN_LINK_BYTES, *tcp = ip + (t->v6 ? V6_BYTES : V4_BYTES);
	uint32_t to;

	memcpy(ip, t->bytes + SYN_LINK_BYTES, SYN_FRAME_BYTES - SYN_LINK_BYTES);
	if (t->v6) {
		to = sum_u64(aim->host.hi) + sum_u64(aim->host.lo);
		addr_to_bytes(aim->host, ip + 24);
	} else {
		to = sum_u32(addr_v4(aim->host));
		put_u32(ip + 16, addr_v4(aim->host));
		put_u16(ip + 10, checksum(t->ip_sum + to));
	}
	put_u16(tcp, aim->source_port);
	put_u16(tcp + 2, aim->port);
	put_u32(tcp + 4, aim->sequence);
	put_u16(tcp + 16,
		checksum(t->tcp_sum + to + aim->source_port + aim->port + sum_u32(aim->sequence)));
}

uint32_t syn_cookie(struct siphash_key key, struct net_addr local, uint16_t local_port,
		    struct net_addr host, uint16_t port)
{
	uint64_t words[] = { local.hi, local.lo, host.hi, host.lo,
			     (uint64_t)local_port << 16 | port };

	return (uint32_t)siphash(key, words, ARRAY_LENGTH(words));
}
