/*
 * A socket of AF_PACKET: only making one wants CAP_NET_RAW. To bind it to another interface, or to
 * have that one promiscuous, is free to whoever holds it; all of it ends with the socket.
 */
#ifndef SEKIMORI_LIVE_PACKET_SOCKET_INTERNAL_H
#define SEKIMORI_LIVE_PACKET_SOCKET_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* TYPE is SOCK_RAW or SOCK_DGRAM. Nothing comes before it is bound. Returns it, or -errno. */
must_check int packet_socket_open(int type);

/*
 * Binds it to that interface for frames of all kinds, or with TAKES_FRAMES false for none: then it
 * only holds what is asked of the interface. Returns 0 or -errno.
 */
must_check int packet_socket_bind(int fd, unsigned index, bool takes_frames, bool promiscuous);

/* The interface that it is bound to, or 0: none, or that one is gone. */
unsigned packet_socket_bound(int fd);

/* Forgets that an interface was set down: else poll(2) returns at once for ever. */
void packet_socket_calm(int fd);

#endif
