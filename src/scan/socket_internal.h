/* Addresses as sockets want them. */
#ifndef SEKIMORI_SCAN_SOCKET_INTERNAL_H
#define SEKIMORI_SCAN_SOCKET_INTERNAL_H

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/addr.h"

static inline socklen_t socket_address(struct net_addr host, uint16_t port,
				       struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_address;

	memset(ret_address, 0, sizeof(*ret_address));
	if (addr_is_v4(host)) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		in4->sin_addr.s_addr = htonl(addr_v4(host));
		return sizeof(*in4);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	addr_to_bytes(host, in6->sin6_addr.s6_addr);
	return sizeof(*in6);
}

/* Is it only that the system has no room for another one just now? */
static inline bool socket_may_try_again(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM ||
	       error == -EADDRNOTAVAIL || error == -EAGAIN;
}

#endif
