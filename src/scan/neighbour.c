#include "scan/neighbour.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/if_packet.h>

#include "base/cursor.h"
#include "scan/close_later.h"
#include "scan/pace.h"

#define ROUNDS             3
#define TYPE_ARP           0x0806
#define TYPE_IPV6          0x86dd
#define ICMPV6             58
#define SOLICITATION       135
#define ADVERTISEMENT      136
#define OPTION_SOURCE_LINK 1
#define OPTION_TARGET_LINK 2
#define ARP_BYTES          42
#define ICMP_BYTES         32
#define RECEIVE_BYTES      (4 << 20)

/* ---- the question ---- */

static void put_u16(uint8_t *p, unsigned x)
{
	p[0] = (uint8_t)(x >> 8);
	p[1] = (uint8_t)x;
}

static void put_v4(uint8_t *p, struct net_addr a)
{
	put_u16(p, addr_v4(a) >> 16);
	put_u16(p + 2, addr_v4(a));
}

/*
 * Behind the Ethernet header: 1 (Ethernet), 0x0800, 6, 4, 1 (request), sender's Ethernet and IPv4
 * address, 0, the address asked for.
 */
static size_t arp_question(const struct neighbour_asker *asker, struct net_addr addr, uint8_t *f)
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	memset(f, 0xff, 6);
	memcpy(f + 6, asker->mac, 6);
	put_u16(f + 12, TYPE_ARP);
	memcpy(f + 14, head, sizeof(head));
	memcpy(f + 22, asker->mac, 6);
	put_v4(f + 28, asker->source);
	put_v4(f + 38, addr);
	return ARP_BYTES;
}

static void put_icmp_sum(uint8_t *ip)
{
	uint32_t sum = ICMPV6 + ICMP_BYTES;

	for (int i = 8; i < 40 + ICMP_BYTES; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put_u16(ip + 42, ~sum);
}

/* To the solicited-node group of the address, ff02::1:ffXX:XXXX (RFC 4291, 2.7.1; RFC 2464, 7). */
static size_t solicitation(const struct neighbour_asker *asker, struct net_addr addr, uint8_t *f)
{
	uint8_t *ip = f + 14, target[16];

	addr_to_bytes(addr, target);
	memcpy(f, (const uint8_t[]){ 0x33, 0x33, 0xff, target[13], target[14], target[15] }, 6);
	memcpy(f + 6, asker->mac, 6);
	put_u16(f + 12, TYPE_IPV6);
	ip[0] = 0x60;
	put_u16(ip + 4, ICMP_BYTES);
	ip[6] = ICMPV6;
	ip[7] = 255;
	addr_to_bytes(asker->source, ip + 8);
	ip[24] = 0xff;
	ip[25] = 2;
	ip[35] = 1;
	ip[36] = 0xff;
	memcpy(ip + 37, target + 13, 3);
	ip[40] = SOLICITATION;
	memcpy(ip + 48, target, 16);
	ip[64] = OPTION_SOURCE_LINK;
	ip[65] = 1; /* eight bytes */
	memcpy(ip + 66, asker->mac, 6);
	put_icmp_sum(ip);
	return 14 + 40 + ICMP_BYTES;
}

size_t neighbour_question(const struct neighbour_asker *asker, struct net_addr addr,
			  uint8_t ret_frame[NEIGHBOUR_FRAME_BYTES])
{
	memset(ret_frame, 0, NEIGHBOUR_FRAME_BYTES);
	return addr_is_v4(addr) ? arp_question(asker, addr, ret_frame)
				: solicitation(asker, addr, ret_frame);
}

/* ---- the answer ---- */

static bool read_arp(struct cursor *c, struct net_addr *ret_addr, uint8_t ret_mac[6])
{
	bool reply = cursor_u32_be(c) == 0x00010800 && cursor_u32_be(c) == 0x06040002;
	const uint8_t *mac = cursor_take(c, 6);
	uint32_t v4 = cursor_u32_be(c);

	if (!reply || c->overrun)
		return false;
	memcpy(ret_mac, mac, 6);
	*ret_addr = addr_from_v4(v4);
	return true;
}

/* The option may be missing, for who asked knows the address; ours never comes from where it does.
 */
static bool read_options(struct cursor *c, uint8_t ret_mac[6])
{
	while (cursor_left(c) >= 8) {
		uint8_t kind = cursor_u8(c), eights = cursor_u8(c);
		const uint8_t *body;

		if (eights == 0)
			return false;
		body = cursor_take(c, eights * 8u - 2);
		if (body && kind == OPTION_TARGET_LINK) {
			memcpy(ret_mac, body, 6);
			return true;
		}
	}
	return false;
}

/* The limit of hops shows that it was not forwarded. */
static bool read_advertisement(struct cursor *c, struct net_addr *ret_addr, uint8_t ret_mac[6])
{
	uint8_t next, hops, type;
	struct net_addr target;

	cursor_skip(c, 6);
	next = cursor_u8(c);
	hops = cursor_u8(c);
	cursor_skip(c, 32);
	type = cursor_u8(c);
	cursor_skip(c, 7);
	target.hi = cursor_u64_be(c);
	target.lo = cursor_u64_be(c);
	if (c->overrun || next != ICMPV6 || hops != 255 || type != ADVERTISEMENT ||
	    !read_options(c, ret_mac))
		return false;
	*ret_addr = target;
	return true;
}

bool neighbour_answer(const uint8_t *bytes, size_t length, bool arp, struct net_addr *ret_addr,
		      uint8_t ret_mac[6])
{
	struct cursor c = cursor_over(bytes, length);

	return arp ? read_arp(&c, ret_addr, ret_mac) : read_advertisement(&c, ret_addr, ret_mac);
}

/* ---- asking ---- */

struct asking {
	struct neighbour *neighbours;
	size_t n, unknown;
	const struct neighbour_asker *askers;
	size_t n_askers;
	double rate;
	struct pace pace;
	const int *fds; /* ARP, IPv6 */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* IPv6: advertisements only, so that the rest of a busy line does not push them out. */
static int open_socket(uint16_t type)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMPV6, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ADVERTISEMENT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 256),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = ARRAY_LENGTH(code), .filter = code };
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(type) };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	    bytes = RECEIVE_BYTES;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if ((type == TYPE_IPV6 &&
	     setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0) ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

/* Each is there once for each interface. */
static void note(struct asking *q, unsigned interface, struct net_addr addr, const uint8_t mac[6])
{
	size_t low = 0, high = q->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare_numeric(q->neighbours[middle].addr, addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < q->n && addr_equal(q->neighbours[low].addr, addr); low++) {
		struct neighbour *b = &q->neighbours[low];

		if (b->known || b->interface != interface)
			continue;
		memcpy(b->mac, mac, 6);
		b->known = true;
		q->unknown--;
	}
}

static void drain(struct asking *q)
{
	uint8_t bytes[256];

	for (int i = 0; i < 2; i++) {
		struct sockaddr_ll from;
		socklen_t length = sizeof(from);
		ssize_t n;

		while (q->fds[i] >= 0 && (n = recvfrom(q->fds[i], bytes, sizeof(bytes), 0,
						       (struct sockaddr *)&from, &length)) > 0) {
			struct net_addr addr;
			uint8_t mac[6];

			if (neighbour_answer(bytes, (size_t)n, i == 0, &addr, mac))
				note(q, (unsigned)from.sll_ifindex, addr, mac);
			length = sizeof(from);
		}
	}
}

static void wait_for_answers(struct asking *q, int ms)
{
	struct pollfd p[2] = { { .fd = q->fds[0], .events = POLLIN },
			       { .fd = q->fds[1], .events = POLLIN } };

	if (poll(p, 2, ms) > 0)
		drain(q);
}

static void ask_one(const struct asking *q, const struct neighbour *b)
{
	bool v4 = addr_is_v4(b->addr);

	for (size_t i = 0; i < q->n_askers; i++) {
		const struct neighbour_asker *a = &q->askers[i];
		struct sockaddr_ll to = { .sll_family = AF_PACKET,
					  .sll_ifindex = (int)a->interface,
					  .sll_halen = 6 };
		uint8_t frame[NEIGHBOUR_FRAME_BYTES];
		size_t length;

		if (a->interface != b->interface || addr_is_v4(a->source) != v4)
			continue;
		length = neighbour_question(a, b->addr, frame);
		/* The kernel puts the header of such a socket itself. */
		memcpy(to.sll_addr, frame, 6);
		to.sll_protocol = htons(v4 ? TYPE_ARP : TYPE_IPV6);
		(void)sendto(q->fds[v4 ? 0 : 1], frame + 14, length - 14, 0, (struct sockaddr *)&to,
			     sizeof(to));
		return;
	}
}

static int ask_round(struct asking *q, const atomic_bool *stop)
{
	for (size_t i = 0; i < q->n && q->unknown > 0; i++) {
		if (q->neighbours[i].known)
			continue;
		while (pace_take(&q->pace, q->rate, now_ns(), 1) == 0) {
			if (stop && atomic_load(stop))
				return -EINTR;
			wait_for_answers(q, 1);
		}
		ask_one(q, &q->neighbours[i]);
	}
	drain(q);
	return 0;
}

static int ask_all(struct asking *q, unsigned wait_ms, const atomic_bool *stop)
{
	for (int round = 0; round < ROUNDS && q->unknown > 0; round++) {
		uint64_t end;
		int error = ask_round(q, stop);

		if (error < 0)
			return error;
		end = now_ns() + wait_ms * 1000000ULL;
		while (q->unknown > 0 && now_ns() < end) {
			if (stop && atomic_load(stop))
				return -EINTR;
			wait_for_answers(q, 5);
		}
	}
	return 0;
}

int neighbour_open(struct neighbour_sockets *s, bool arp, bool v6)
{
	const bool wanted[2] = { arp, v6 };

	for (int i = 0; i < 2; i++) {
		if (!wanted[i] || s->fds[i] >= 0)
			continue;
		s->fds[i] = open_socket(i ? TYPE_IPV6 : TYPE_ARP);
		if (s->fds[i] < 0)
			return s->fds[i];
	}
	return 0;
}

void neighbour_close(struct neighbour_sockets *s)
{
	for (int i = 0; i < 2; i++) {
		if (s->fds[i] >= 0)
			close_later(s->fds[i]);
		s->fds[i] = -1;
	}
}

int neighbour_ask(const struct neighbour_sockets *sockets, struct neighbour *neighbours, size_t n,
		  const struct neighbour_asker *askers, size_t n_askers, double rate,
		  unsigned wait_ms, const atomic_bool *stop)
{
	struct asking q = { .neighbours = neighbours,
			    .n = n,
			    .askers = askers,
			    .n_askers = n_askers,
			    .rate = rate,
			    .fds = sockets->fds };

	for (size_t i = 0; i < n; i++)
		q.unknown += !neighbours[i].known;
	return ask_all(&q, wait_ms, stop);
}
