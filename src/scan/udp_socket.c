#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/errqueue.h>

#include "base/i18n.h"
#include "scan/udp_internal.h"

#define RECEIVE_BYTES (4 << 20)
#define READ_AT_ONCE  4096 /* datagrams of one socket, so that others have a turn */

union udp_addr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static const uint16_t kind_ports[UDP_KINDS] = { 0, 69, 1900, 3702 };

enum udp_kind udp_kind_of(uint16_t port)
{
	for (int k = UDP_GENERAL + 1; k < UDP_KINDS; k++) {
		if (kind_ports[k] == port)
			return (enum udp_kind)k;
	}
	return UDP_GENERAL;
}

uint16_t udp_kind_port(enum udp_kind kind)
{
	return kind_ports[kind];
}

/* ---- opening ---- */

static int set_options(int fd, bool v6, const char *interface)
{
	int yes = 1, bytes = RECEIVE_BYTES, level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	(void)setsockopt(fd, level, v6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, &yes, sizeof(yes));
	if (v6 && setsockopt(fd, level, IPV6_V6ONLY, &yes, sizeof(yes)) < 0)
		return -errno;
	if (setsockopt(fd, level, v6 ? IPV6_RECVERR : IP_RECVERR, &yes, sizeof(yes)) < 0)
		return -errno;
	if (interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
				    (socklen_t)strlen(interface)) < 0)
		return -errno;
	return 0;
}

/* Bound to a port that the system chooses, which is hard to guess from afar. */
static int open_one(bool v6, const char *interface)
{
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	union udp_addr any = { .any = { .sa_family = v6 ? AF_INET6 : AF_INET } };
	int error;

	if (fd < 0)
		return -errno;
	error = set_options(fd, v6, interface);
	if (error == 0 && bind(fd, &any.any, v6 ? sizeof(any.v6) : sizeof(any.v4)) < 0)
		error = -errno;
	if (error < 0) {
		close(fd);
		return error;
	}
	return fd;
}

int udp_sockets_open(struct udp_sockets *s, const struct scan_plan *plan, struct diagnosis *d)
{
	bool wanted[2] = { false, false };

	memset(s->fds, 0xff, sizeof(s->fds));
	s->scope = plan->interface ? if_nametoindex(plan->interface) : 0;
	for (size_t i = 0; i < plan->n_targets; i++)
		wanted[!addr_is_v4(plan->targets[i].first)] = true;
	for (int i = 0; i < 2 * UDP_KINDS; i++) {
		int v6 = i / UDP_KINDS, kind = i % UDP_KINDS;

		if (!wanted[v6])
			continue;
		s->fds[v6][kind] = open_one(v6, plan->interface);
		if (s->fds[v6][kind] < 0) {
			int error = s->fds[v6][kind];

			udp_sockets_close(s);
			return diagnose(d, error, _("UDP socket: %s"), error_text(error));
		}
	}
	return 0;
}

void udp_sockets_close(struct udp_sockets *s)
{
	for (int i = 0; i < 2 * UDP_KINDS; i++) {
		int *fd = &s->fds[i / UDP_KINDS][i % UDP_KINDS];

		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	}
}

/* ---- sending ---- */

static socklen_t put_addr(const struct udp_sockets *s, struct net_addr host, uint16_t port,
			  union udp_addr *ret_to)
{
	if (addr_is_v4(host)) {
		*ret_to = (union udp_addr){ .v4 = { .sin_family = AF_INET,
						    .sin_port = htons(port),
						    .sin_addr.s_addr = htonl(addr_v4(host)) } };
		return sizeof(ret_to->v4);
	}
	*ret_to = (union udp_addr){ .v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) } };
	addr_to_bytes(host, ret_to->v6.sin6_addr.s6_addr);
	if (host.hi >> 54 == 0xfe80 >> 6)
		ret_to->v6.sin6_scope_id = s->scope;
	return sizeof(ret_to->v6);
}

int udp_send(struct udp_sockets *s, struct net_addr host, uint16_t port, const uint8_t *bytes,
	     size_t length)
{
	union udp_addr to;
	socklen_t to_length = put_addr(s, host, port, &to);
	int fd = s->fds[!addr_is_v4(host)][udp_kind_of(port)];

	/* A socket tells of an earlier error once, in place of sending. */
	for (int i = 0; i < 4; i++) {
		if (sendto(fd, bytes, length, 0, &to.any, to_length) >= 0)
			return 0;
		if (errno == EAGAIN || errno == ENOBUFS)
			return -EAGAIN;
	}
	return -errno;
}

/* ---- receiving ---- */

static bool read_addr(const union udp_addr *a, struct net_addr *ret_addr, uint16_t *ret_port)
{
	if (a->any.sa_family == AF_INET) {
		*ret_addr = addr_from_v4(ntohl(a->v4.sin_addr.s_addr));
		*ret_port = ntohs(a->v4.sin_port);
		return true;
	}
	if (a->any.sa_family != AF_INET6)
		return false;
	*ret_addr = addr_from_bytes(a->v6.sin6_addr.s6_addr);
	*ret_port = ntohs(a->v6.sin6_port);
	return true;
}

static uint8_t read_ttl(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL;
		bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT;
		int ttl;

		if (!v4 && !v6)
			continue;
		memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
		return (uint8_t)ttl;
	}
	return 0;
}

bool udp_error_read(bool v6, uint8_t type, uint8_t code, struct net_addr by, struct net_addr host,
		    struct udp_news *ret_news)
{
	enum port_reason reason = port_reason_of_icmp(v6, type, code);

	if (reason == REASON_NONE)
		return false;
	ret_news->error = true;
	ret_news->reason = reason;
	ret_news->port_specific = reason == REASON_PORT_UNREACH || reason == REASON_PROTO_UNREACH ||
				  reason == REASON_ADMIN_PROHIBITED;
	/* A router in between that says so is a filter; the host itself knows. */
	ret_news->state =
		reason == REASON_PORT_UNREACH && addr_equal(by, host) ? PORT_CLOSED : PORT_FILTERED;
	return true;
}

static bool read_error(struct msghdr *m, bool v6, struct udp_news *news)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct sock_extended_err e;
		union udp_addr by = { .any = { .sa_family = AF_UNSPEC } };
		struct net_addr by_addr = { 0 };
		uint16_t port;

		if ((c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVERR) &&
		    (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_RECVERR))
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		memcpy(&by, CMSG_DATA(c) + sizeof(e),
		       MIN(sizeof(by), c->cmsg_len - CMSG_LEN(sizeof(e))));
		if (e.ee_origin != SO_EE_ORIGIN_ICMP && e.ee_origin != SO_EE_ORIGIN_ICMP6)
			return false;
		(void)(read_addr(&by, &by_addr, &port) || port);
		return udp_error_read(v6, e.ee_type, e.ee_code, by_addr, news->host, news);
	}
	return false;
}

struct inbox {
	uint8_t *buffer;
	void (*take)(void *arg, const struct udp_news *news);
	void *arg;
};

/* One datagram, or one error. False when there is none. */
static bool read_one(int fd, bool v6, enum udp_kind kind, int flags, const struct inbox *in)
{
	union udp_addr from;
	union {
		struct cmsghdr align;
		uint8_t bytes[512];
	} control;
	struct iovec part = { .iov_base = in->buffer, .iov_len = UDP_DATAGRAM_MAX };
	struct msghdr m = { .msg_name = &from,
			    .msg_namelen = sizeof(from),
			    .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct udp_news news = { .state = PORT_OPEN, .reason = REASON_UDP_RESPONSE };
	ssize_t n = recvmsg(fd, &m, flags);

	if (n < 0)
		return errno != EAGAIN; /* an error that was told is gone with it */
	if (!read_addr(&from, &news.host, &news.port))
		return true;
	if (flags & MSG_ERRQUEUE) {
		if (read_error(&m, v6, &news))
			in->take(in->arg, &news);
		return true;
	}
	if (kind != UDP_GENERAL)
		news.port = kind_ports[kind];
	news.ttl = read_ttl(&m);
	news.bytes = in->buffer;
	news.length = (size_t)n;
	in->take(in->arg, &news);
	return true;
}

static void read_socket(int fd, bool v6, enum udp_kind kind, const struct inbox *in)
{
	for (int i = 0; i < READ_AT_ONCE && read_one(fd, v6, kind, MSG_ERRQUEUE, in); i++)
		;
	for (int i = 0; i < READ_AT_ONCE && read_one(fd, v6, kind, 0, in); i++)
		;
}

void udp_receive(struct udp_sockets *s, int ms, uint8_t *buffer,
		 void (*take)(void *arg, const struct udp_news *news), void *arg)
{
	const struct inbox in = { .buffer = buffer, .take = take, .arg = arg };
	struct pollfd p[2 * UDP_KINDS];

	for (int i = 0; i < 2 * UDP_KINDS; i++)
		p[i] = (struct pollfd){ .fd = s->fds[i / UDP_KINDS][i % UDP_KINDS],
					.events = POLLIN };
	if (poll(p, ARRAY_LENGTH(p), ms) <= 0)
		return;
	for (int i = 0; i < 2 * UDP_KINDS; i++) {
		if (p[i].revents)
			read_socket(p[i].fd, i / UDP_KINDS, (enum udp_kind)(i % UDP_KINDS), &in);
	}
}
