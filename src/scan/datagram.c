/* Questions by UDP: all that fit the port at once, and what comes back within a moment. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "scan/prober_internal.h"
#include "scan/socket_internal.h"

#define TRIES 3 /* a datagram may be lost */

static bool is_for(const struct probe *probe, uint16_t port)
{
	for (int i = 0; i < PROBE_PORTS_MAX && probe->ports[i]; i++)
		if (probe->ports[i] == port)
			return true;
	return false;
}

static void ask_all(struct conversation *c)
{
	const struct inquiry *q = c->inquiry;
	const struct port_outcome *o = q->outcome;
	struct probe_target target = { .host = o->host, .port = o->port, .protocol = o->protocol };
	struct sockaddr_storage to;
	socklen_t n = socket_address(o->host, o->port, &to);

	for (size_t i = 0; i < udp_probes_count; i++) {
		struct buffer words;

		if (q->usual ? !is_for(&udp_probes[i], o->port) : !udp_probes[i].anywhere)
			continue;
		buffer_init(&words);
		udp_probes[i].ask(&words, &target);
		if (!words.failed) {
			inquiry_charge(c->inquiry);
			(void)!sendto(c->fd, words.bytes, words.length, MSG_NOSIGNAL | MSG_DONTWAIT,
				      (struct sockaddr *)&to, n);
		}
		buffer_finish(&words);
	}
	c->wake_ns = q->prober->now_ns + inquiry_patience(q) * 2;
}

/* From the host that was asked, at least: TFTP answers from another port (RFC 1350, 4). */
static bool is_from(const struct inquiry *q, const struct sockaddr_storage *from)
{
	struct sockaddr_storage to;

	(void)socket_address(q->outcome->host, q->outcome->port, &to);
	if (from->ss_family != to.ss_family)
		return false;
	if (to.ss_family == AF_INET) {
		const struct sockaddr_in *a = (const struct sockaddr_in *)from,
					 *b = (const struct sockaddr_in *)&to;

		return a->sin_addr.s_addr == b->sin_addr.s_addr &&
		       (a->sin_port == b->sin_port || q->outcome->port == 69);
	}
	return !memcmp(&((const struct sockaddr_in6 *)from)->sin6_addr,
		       &((const struct sockaddr_in6 *)&to)->sin6_addr, 16) &&
	       (((const struct sockaddr_in6 *)from)->sin6_port ==
			((const struct sockaddr_in6 *)&to)->sin6_port ||
		q->outcome->port == 69);
}

void conversation_datagram(struct conversation *c, uint32_t events)
{
	uint8_t bytes[65536];

	(void)events;
	for (int i = 0; i < 64 && c->n_ends < DATAGRAMS_MAX && !c->over; i++) {
		struct sockaddr_storage from;
		socklen_t n_from = sizeof(from);
		ssize_t n = recvfrom(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &n_from);

		if (n < 0)
			return;
		if (!n || !is_from(c->inquiry, &from))
			continue;
		buffer_put(&c->heard, bytes, MIN((size_t)n, (size_t)SERVICE_EVIDENCE_MAX));
		c->over |= c->heard.failed;
		c->ends[c->n_ends++] = c->heard.length;
		/* Another answer to another question may be on its way. */
		c->wake_ns = c->inquiry->prober->now_ns + inquiry_patience(c->inquiry) / 2;
	}
	c->over |= c->n_ends == DATAGRAMS_MAX;
}

void conversation_datagram_wake(struct conversation *c)
{
	if (!c->n_ends && ++c->wakes < TRIES)
		ask_all(c);
	else
		c->over = true;
}

int conversation_open_datagram(struct inquiry *q)
{
	struct conversation *c = calloc(1, sizeof(*c));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	int family = addr_is_v4(q->outcome->host) ? AF_INET : AF_INET6, error;

	if (!c)
		return -EAGAIN;
	c->inquiry = q;
	c->datagram = true;
	c->phase = PHASE_TALKING;
	c->connected = true;
	c->began_ns = q->prober->now_ns;
	c->fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || epoll_ctl(q->prober->epoll, EPOLL_CTL_ADD, c->fd, &e) < 0) {
		error = -errno;
		if (c->fd >= 0)
			close(c->fd);
		free(c);
		return socket_may_try_again(error) ? -EAGAIN : error;
	}
	q->talks[q->n_talks++] = c;
	q->prober->n_talks++;
	ask_all(c);
	return 0;
}
