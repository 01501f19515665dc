/*
 * Which way a packet would go: asked of the kernel (rtnetlink), one destination at a time. No right
 * is needed.
 */
#ifndef SEKIMORI_SCAN_ROUTE_H
#define SEKIMORI_SCAN_ROUTE_H

#include "base/addr.h"
#include "base/error.h"

struct route {
	unsigned interface;     /* its index */
	struct net_addr source; /* that the kernel would take */
	struct net_addr hop;    /* the next: a gateway, or the destination itself */
	bool local;             /* one of this machine's own addresses */
	uint8_t kind;           /* RTN_: unicast, broadcast, … */
};

/* Returns the descriptor of a socket for route_find, or -errno. */
must_check int route_open(void);

/*
 * The way to TO; INTERFACE other than 0 says which to take. Returns 0, -ENETUNREACH, -EHOSTUNREACH
 * or another -errno where there is none.
 */
must_check int route_find(int fd, struct net_addr to, unsigned interface, struct route *ret_route);

/* How many frames that interface has sent, as it counts them itself. Returns 0 or -errno. */
must_check int route_frames_sent(int fd, unsigned interface, uint64_t *ret_frames);

#endif
