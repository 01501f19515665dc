/*
 * Ethernet addresses of hosts on the same link: asked by ARP (RFC 826) or neighbour discovery
 * (RFC 4861), on a packet socket, so that the kernel's table of neighbours, which is small, does
 * not limit how many there may be.
 */
#ifndef SEKIMORI_SCAN_NEIGHBOUR_H
#define SEKIMORI_SCAN_NEIGHBOUR_H

#include <stdatomic.h>

#include "base/addr.h"
#include "base/error.h"

struct neighbour {
	struct net_addr addr;
	unsigned interface;
	uint8_t mac[6];
	bool known;
};

/* One who asks: an interface with our addresses on it. */
struct neighbour_asker {
	unsigned interface;
	struct net_addr source;
	uint8_t mac[6];
};

#define NEIGHBOUR_FRAME_BYTES 86

/* The question as a frame. Returns its length. */
size_t neighbour_question(const struct neighbour_asker *asker, struct net_addr addr,
			  uint8_t ret_frame[NEIGHBOUR_FRAME_BYTES]);

/* Reads what came behind the link's header: an ARP packet, or an IPv6 one. False for what is no
 * answer. */
must_check bool neighbour_answer(const uint8_t *bytes, size_t length, bool arp,
				 struct net_addr *ret_addr, uint8_t ret_mac[6]);

/* Of ARP and of neighbour discovery; -1: not open. */
struct neighbour_sockets {
	int fds[2];
};

/* Opens those that are not open yet. Takes CAP_NET_RAW. Returns 0 or -errno. */
must_check int neighbour_open(struct neighbour_sockets *s, bool arp, bool v6);
void neighbour_close(struct neighbour_sockets *s);

/*
 * Asks for all N that are not known, ASKERS[of[i]] for the ith, up to three times, RATE a second,
 * waiting WAIT_MS after each round. They are sorted by address in each family, whatever the
 * interface. Returns 0, -EINTR when stopped, or -errno.
 */
must_check int neighbour_ask(const struct neighbour_sockets *sockets, struct neighbour *neighbours,
			     size_t n, const struct neighbour_asker *askers, size_t n_askers,
			     double rate, unsigned wait_ms, const atomic_bool *stop);

#endif
