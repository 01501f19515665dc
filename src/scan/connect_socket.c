#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scan/connect_internal.h"

int connect_sockets_init(struct connect_sockets *s, size_t most, const char *interface)
{
	*s = (struct connect_sockets){ .epoll = -1, .most = most, .interface = interface };
	s->all = calloc(most, sizeof(*s->all));
	if (!s->all)
		return -ENOMEM;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	return s->epoll < 0 ? -errno : 0;
}

void connect_sockets_finish(struct connect_sockets *s)
{
	for (size_t i = 0; i < s->made; i++) {
		if (s->all[i].fd >= 0)
			(void)close(s->all[i].fd);
	}
	if (s->epoll >= 0)
		(void)close(s->epoll);
	free(s->all);
	*s = (struct connect_sockets){ .epoll = -1 };
}

/* A close is a reset, so that no port of ours waits for the other end to close. */
static int open_socket(const struct connect_sockets *s, bool v6)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	const int one = 1;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0 ||
	    setsockopt(fd, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_RECVERR : IP_RECVERR, &one,
		       sizeof(one)) < 0 ||
	    (s->interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, s->interface,
					(socklen_t)strlen(s->interface)) < 0)) {
		int error = -errno;

		(void)close(fd);
		return error;
	}
	return fd;
}

/* One without a socket: unused, or one of the other family, whose socket is closed. */
static struct connect_attempt *take_bare(struct connect_sockets *s, bool v6)
{
	struct connect_attempt *a = s->bare;

	if (a) {
		s->bare = a->next;
		return a;
	}
	if (s->made < s->most) {
		a = &s->all[s->made++];
		a->fd = -1;
		return a;
	}
	a = s->free[!v6];
	if (!a)
		return NULL;
	s->free[!v6] = a->next;
	(void)close(a->fd);
	a->fd = -1;
	return a;
}

static void close_bare(struct connect_sockets *s, struct connect_attempt *a)
{
	(void)close(a->fd);
	a->fd = -1;
	a->next = s->bare;
	s->bare = a;
}

/* Once for a socket: each change is told, also of one that is not in use. */
static int watch(const struct connect_sockets *s, struct connect_attempt *a)
{
	struct epoll_event e = { .events = EPOLLOUT | EPOLLET, .data.ptr = a };

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, a->fd, &e) < 0 ? -errno : 0;
}

int connect_sockets_take(struct connect_sockets *s, bool v6, struct connect_attempt **ret_attempt)
{
	struct connect_attempt *a = s->free[v6];

	if (a) {
		s->free[v6] = a->next;
	} else {
		int fd, error;

		a = take_bare(s, v6);
		if (!a)
			return -EAGAIN;
		fd = open_socket(s, v6);
		if (fd < 0) {
			a->next = s->bare;
			s->bare = a;
			return fd;
		}
		a->fd = fd;
		a->v6 = v6;
		a->dirty = a->waiting = false;
		error = watch(s, a);
		if (error < 0) {
			close_bare(s, a);
			return error;
		}
	}
	a->next = a->previous = NULL;
	*ret_attempt = a;
	return 0;
}

void connect_sockets_give(struct connect_sockets *s, struct connect_attempt *a)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	socklen_t length = sizeof(int);
	int error;

	/* Ends it with a reset and leaves the socket as new (connect(2)), but for its error. */
	if (a->dirty && (connect(a->fd, &none, sizeof(none)) < 0 ||
			 getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)) {
		close_bare(s, a);
		return;
	}
	a->dirty = false;
	a->next = s->free[a->v6];
	s->free[a->v6] = a;
}

static socklen_t make_address(const struct connect_attempt *a, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!a->v6) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)ret;

		v4->sin_family = AF_INET;
		v4->sin_port = htons(a->task.port);
		v4->sin_addr.s_addr = htonl(addr_v4(a->host->addr));
		return sizeof(*v4);
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(a->task.port);
	addr_to_bytes(a->host->addr, v6->sin6_addr.s6_addr);
	return sizeof(*v6);
}

int connect_try(struct connect_attempt *a)
{
	struct sockaddr_storage address;
	socklen_t length = make_address(a, &address);
	int error;

	while ((error = connect(a->fd, (struct sockaddr *)&address, length)) < 0 && errno == EINTR)
		;
	error = error < 0 ? -errno : 0;
	/* After a connection that failed, and whose error was told, the socket is as new. */
	a->dirty = !error || error == -EINPROGRESS || error == -EALREADY;
	return error == -EALREADY ? -EINPROGRESS : error;
}

bool connect_is_self(const struct connect_attempt *a)
{
	struct sockaddr_storage ours, peer;
	socklen_t n = sizeof(ours), m = sizeof(peer);

	memset(&ours, 0, sizeof(ours));
	memset(&peer, 0, sizeof(peer));
	return getsockname(a->fd, (struct sockaddr *)&ours, &n) == 0 &&
	       getpeername(a->fd, (struct sockaddr *)&peer, &m) == 0 && n == m &&
	       !memcmp(&ours, &peer, n);
}

/* ---- ICMP ---- */

enum port_reason connect_icmp_reason(const struct sock_extended_err *e)
{
	const bool v6 = e->ee_origin == SO_EE_ORIGIN_ICMP6;

	if (!v6 && e->ee_origin != SO_EE_ORIGIN_ICMP)
		return REASON_NONE; /* of this machine's own making */
	return port_reason_of_icmp(v6, e->ee_type, e->ee_code);
}

static enum port_reason reason_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct sock_extended_err e;

		if (!((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
		      (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR)) ||
		    c->cmsg_len < CMSG_LEN(sizeof(e)))
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		return connect_icmp_reason(&e);
	}
	return REASON_NONE;
}

/* Is the error about what is asked now, and not about what the socket was used for before? */
static bool is_ours(const struct connect_attempt *a, const struct sockaddr_storage *to)
{
	struct sockaddr_storage ours;

	(void)make_address(a, &ours);
	if (to->ss_family != ours.ss_family)
		return false;
	if (!a->v6) {
		const struct sockaddr_in *x = (const struct sockaddr_in *)to,
					 *y = (const struct sockaddr_in *)&ours;

		return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
	}
	const struct sockaddr_in6 *x = (const struct sockaddr_in6 *)to,
				  *y = (const struct sockaddr_in6 *)&ours;

	return x->sin6_port == y->sin6_port &&
	       !memcmp(&x->sin6_addr, &y->sin6_addr, sizeof(x->sin6_addr));
}

enum port_reason connect_icmp(const struct connect_attempt *a)
{
	enum port_reason found = REASON_NONE;
	char control[512], byte;
	struct sockaddr_storage to;
	struct iovec one = { &byte, 1 };
	struct msghdr m = { .msg_name = &to, .msg_iov = &one, .msg_iovlen = 1 };

	do {
		memset(&to, 0, sizeof(to));
		m.msg_namelen = sizeof(to);
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		if (recvmsg(a->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return found;
		if (is_ours(a, &to))
			found = reason_of(&m);
	} while (true);
}
