#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "live/packet_socket_internal.h"

int packet_socket_open(int type)
{
	int fd = socket(AF_PACKET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

int packet_socket_bind(int fd, unsigned index, bool takes_frames, bool promiscuous)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_ifindex = (int)index };
	struct packet_mreq m = { .mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC };

	if (takes_frames)
		a.sll_protocol = htons(ETH_P_ALL);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	if (promiscuous && setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) < 0)
		return -errno;
	return 0;
}

unsigned packet_socket_bound(int fd)
{
	struct sockaddr_ll a = { 0 };
	socklen_t length = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &length) < 0 || a.sll_ifindex < 0)
		return 0;
	return (unsigned)a.sll_ifindex;
}

void packet_socket_calm(int fd)
{
	int error;
	socklen_t length = sizeof(error);

	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
}
