/*
 * The UDP engine's parts. A few sockets, not connected, ask all hosts: answers come to them, and
 * ICMP errors by their error queues (IP_RECVERR), with the destination that was meant. No right is
 * needed for that.
 */
#ifndef SEKIMORI_SCAN_UDP_INTERNAL_H
#define SEKIMORI_SCAN_UDP_INTERNAL_H

#include "scan/engine.h"

/* Services that answer from a port which they choose are asked by sockets of their own. */
enum udp_kind {
	UDP_GENERAL,
	UDP_TFTP, /* RFC 1350, 4 */
	UDP_SSDP,
	UDP_WS_DISCOVERY,
	UDP_KINDS
};

#define UDP_DATAGRAM_MAX 65536

struct udp_sockets {
	int fds[2][UDP_KINDS]; /* IPv4, IPv6; -1: not wanted */
	unsigned scope;        /* of link-local addresses */
};

/* What came: an answer, or an ICMP error about what was sent. */
struct udp_news {
	struct net_addr host; /* that was asked */
	uint16_t port; /* that was asked; for other kinds than the general, of an answer: theirs */
	uint8_t ttl;   /* 0: not told */
	bool error;
	bool port_specific; /* an error about that port; else about the way to the host */
	enum port_state state;
	enum port_reason reason;
	const uint8_t *bytes; /* of the answer */
	size_t length;
};

must_check int udp_sockets_open(struct udp_sockets *s, const struct scan_plan *plan,
				struct diagnosis *d);
void udp_sockets_close(struct udp_sockets *s);

/* The kind for a port, and the port of a kind (0: general). */
enum udp_kind udp_kind_of(uint16_t port);
uint16_t udp_kind_port(enum udp_kind kind);

/* Returns 0, -EAGAIN when there is no room now, or -errno: there is no way to that host. */
must_check int udp_send(struct udp_sockets *s, struct net_addr host, uint16_t port,
			const uint8_t *bytes, size_t length);

/* Waits at most so long for anything, and tells all that has come. BUFFER has UDP_DATAGRAM_MAX. */
void udp_receive(struct udp_sockets *s, int ms, uint8_t *buffer,
		 void (*take)(void *arg, const struct udp_news *news), void *arg);

/*
 * What an ICMP error says (TYPE and CODE of ICMP, or of ICMPv6) that BY sent about HOST. False for
 * one that says nothing of a port.
 */
must_check bool udp_error_read(bool v6, uint8_t type, uint8_t code, struct net_addr by,
			       struct net_addr host, struct udp_news *ret_news);

#endif
