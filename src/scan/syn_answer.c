#include "scan/syn_answer.h"

#include <string.h>

#include "base/cursor.h"

#define PROTOCOL_ICMP   1
#define PROTOCOL_TCP    6
#define PROTOCOL_ICMPV6 58
#define FLAGS           0x17 /* FIN, SYN, RST, ACK */
#define FLAGS_SYN_ACK   0x12
#define FLAGS_RST_ACK   0x14

struct ip_header {
	struct net_addr from, to;
	uint8_t protocol, ttl;
};

static struct net_addr take_addr(struct cursor *c, bool v6)
{
	struct net_addr a = { 0 };

	if (!v6)
		return addr_from_v4(cursor_u32_be(c));
	a.hi = cursor_u64_be(c);
	a.lo = cursor_u64_be(c);
	return a;
}

/* A later fragment has no ports; none of ours is that long. */
static bool take_v4(struct cursor *c, uint8_t first, struct ip_header *ret_ip)
{
	unsigned header = (first & 15) * 4u;
	uint16_t fragment;

	cursor_skip(c, 5);
	fragment = cursor_u16_be(c) & 0x1fff;
	ret_ip->ttl = cursor_u8(c);
	ret_ip->protocol = cursor_u8(c);
	cursor_skip(c, 2);
	ret_ip->from = take_addr(c, false);
	ret_ip->to = take_addr(c, false);
	if (header < 20 || fragment)
		return false;
	cursor_skip(c, header - 20);
	return !c->overrun;
}

/* Headers between IP and TCP are never there in an answer to a SYN that had none. */
static bool take_v6(struct cursor *c, struct ip_header *ret_ip)
{
	cursor_skip(c, 5);
	ret_ip->protocol = cursor_u8(c);
	ret_ip->ttl = cursor_u8(c);
	ret_ip->from = take_addr(c, true);
	ret_ip->to = take_addr(c, true);
	return !c->overrun;
}

static bool take_ip(struct cursor *c, bool *ret_v6, struct ip_header *ret_ip)
{
	uint8_t first = cursor_u8(c);

	*ret_v6 = first >> 4 == 6;
	if (first >> 4 == 4)
		return take_v4(c, first, ret_ip);
	return *ret_v6 && take_v6(c, ret_ip);
}

static bool read_tcp(struct cursor *c, const struct ip_header *ip, struct syn_answer *a)
{
	uint32_t acknowledged;
	uint8_t flags;

	a->host = ip->from;
	a->local = ip->to;
	a->port = cursor_u16_be(c);
	a->local_port = cursor_u16_be(c);
	cursor_skip(c, 4);
	acknowledged = cursor_u32_be(c);
	cursor_skip(c, 1);
	flags = cursor_u8(c) & FLAGS;
	if (c->overrun || (flags != FLAGS_SYN_ACK && flags != FLAGS_RST_ACK))
		return false;
	a->sequence = acknowledged - 1;
	a->state = flags == FLAGS_SYN_ACK ? PORT_OPEN : PORT_CLOSED;
	a->reason = flags == FLAGS_SYN_ACK ? REASON_SYN_ACK : REASON_RESET;
	return true;
}

/* The error quotes our SYN: at least its first eight bytes, which have all that is needed. */
static bool read_icmp(struct cursor *c, bool v6, struct syn_answer *a)
{
	uint8_t type = cursor_u8(c), code = cursor_u8(c);
	struct ip_header quoted;
	bool quoted_v6;

	a->state = PORT_FILTERED;
	a->reason = port_reason_of_icmp(v6, type, code);
	cursor_skip(c, 6);
	if (a->reason == REASON_NONE || !take_ip(c, &quoted_v6, &quoted) || quoted_v6 != v6 ||
	    quoted.protocol != PROTOCOL_TCP)
		return false;
	a->local = quoted.from;
	a->host = quoted.to;
	a->local_port = cursor_u16_be(c);
	a->port = cursor_u16_be(c);
	a->sequence = cursor_u32_be(c);
	return !c->overrun;
}

bool syn_answer_parse(const uint8_t *bytes, size_t length, struct syn_answer *ret_answer)
{
	struct cursor c = cursor_over(bytes, length);
	struct syn_answer a = { 0 };
	struct ip_header ip = { 0 };
	bool v6, good = false;

	if (!take_ip(&c, &v6, &ip))
		return false;
	a.ttl = ip.ttl;
	if (ip.protocol == PROTOCOL_TCP)
		good = read_tcp(&c, &ip, &a);
	else if (ip.protocol == (v6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP))
		good = read_icmp(&c, v6, &a);
	if (good)
		*ret_answer = a;
	return good;
}
