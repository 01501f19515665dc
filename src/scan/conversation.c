/* One connection: from connect to what the service has said. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scan/prober_internal.h"
#include "scan/socket_internal.h"

#define CHUNK     16384
#define WAKES_MAX 4

struct heard conversation_heard(const struct conversation *c)
{
	return (struct heard){ .bytes = c->heard.bytes,
			       .length = c->heard.length,
			       .asked = c->asked,
			       .port = c->inquiry->outcome->port,
			       .datagram = c->datagram };
}

static struct prober *prober_of(const struct conversation *c)
{
	return c->inquiry->prober;
}

static void wait_for(struct conversation *c, uint64_t patience_ns)
{
	c->wake_ns = prober_of(c)->now_ns + patience_ns;
}

static void watch(struct conversation *c)
{
	bool unsent = c->sent < c->out.length;
	struct epoll_event e = { .events = EPOLLIN |
					   (unsent || c->phase == PHASE_CONNECTING ? EPOLLOUT : 0U),
				 .data.ptr = c };

	if (c->fd >= 0 && epoll_ctl(prober_of(c)->epoll, EPOLL_CTL_MOD, c->fd, &e) < 0)
		c->over = true;
}

/* What the socket takes now; the rest when it is ready. */
static void flush(struct conversation *c)
{
	if (c->tls)
		tls_talk_drain(c->tls, &c->out);
	while (c->sent < c->out.length) {
		ssize_t n = send(c->fd, c->out.bytes + c->sent, c->out.length - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EINTR) {
			/* What it said before it closed can still be read. */
			if (errno != EAGAIN)
				c->sent = c->out.length;
			break;
		}
		c->sent += n > 0 ? (size_t)n : 0;
	}
	if (c->sent == c->out.length) {
		buffer_clear(&c->out);
		c->sent = 0;
	}
	c->over |= c->out.failed;
	watch(c);
}

/* Within TLS what is said goes through it. */
static void say(struct conversation *c, const struct buffer *words)
{
	c->over |= words->failed;
	if (!c->tls)
		buffer_put(&c->out, words->bytes, words->length);
	else if (tls_talk_write(c->tls, words->bytes, words->length) < 0)
		c->over = true;
	flush(c);
}

/* What most who listen on this port speak: worth waiting for. */
static bool is_usual(const struct conversation *c)
{
	const struct inquiry *q = c->inquiry;

	return q->usual && c->probe == q->usual && c->within_tls == q->usual_tls;
}

static void ask(struct conversation *c, const struct probe *probe)
{
	const struct port_outcome *o = c->inquiry->outcome;
	struct probe_target target = { .host = o->host, .port = o->port, .protocol = o->protocol };
	struct buffer words;

	buffer_init(&words);
	probe->ask(&words, &target);
	c->asked = probe->protocol;
	c->inquiry->asked[c->tls != NULL] |= UINT64_C(1) << (probe - tcp_probes);
	say(c, &words);
	buffer_finish(&words);
	wait_for(c, inquiry_patience(c->inquiry) * (is_usual(c) ? 4 : 1));
}

/* Connected, and secured if that was wanted: the service's turn, or ours. */
static void begin(struct conversation *c)
{
	c->phase = PHASE_TALKING;
	if (c->probe && c->probe->ask)
		ask(c, c->probe);
	else
		wait_for(c, inquiry_patience(c->inquiry) * (is_usual(c) ? 2 : 1));
}

static void start_tls(struct conversation *c)
{
	struct prober *p = prober_of(c);
	bool web = c->within_tls && c->probe && !strcmp(c->probe->protocol, "http");

	c->inquiry->tls_tried |= c->within_tls;
	c->tls = p->tls ? tls_talk_new(p->tls, web) : NULL;
	if (!c->tls) {
		c->over = true;
		return;
	}
	c->phase = PHASE_SHAKING;
	/* One that is asked on the off chance has to answer soon. */
	wait_for(c, inquiry_patience(c->inquiry) * (c->within_tls && !is_usual(c) ? 1 : 4));
	if (tls_talk_shake(c->tls) < 0)
		c->over = true;
	flush(c);
}

static void consider(struct conversation *c, bool at_the_end);

static void shake(struct conversation *c)
{
	int status = tls_talk_shake(c->tls);

	flush(c);
	if (status == 0) {
		wait_for(c, inquiry_patience(c->inquiry) * 8);
		return;
	}
	if (status < 0) {
		c->over = true;
		return;
	}
	c->secured = true;
	if (tls_talk_describe(c->tls, &c->names, &c->certificate) < 0)
		c->certificate = NULL;
	if (c->within_tls) {
		begin(c);
		return;
	}
	/* STARTTLS: the conversation was under way. */
	c->phase = PHASE_TALKING;
	c->dialogue.secured = true;
	consider(c, false);
}

/* What was heard is read; the dialogue says how to go on. */
static void consider(struct conversation *c, bool at_the_end)
{
	struct prober *p = prober_of(c);
	struct heard h = conversation_heard(c);
	enum dialogue_move move;
	struct buffer words;

	if (c->readings++ > READINGS_MAX && !at_the_end)
		return;
	if (!reading_find(&h, p->reading)) {
		wait_for(c, inquiry_patience(c->inquiry));
		return;
	}
	/* Something else than what was asked: it has our question to chew on, not our words. */
	if (c->asked && strcmp(c->asked, p->reading->protocol)) {
		c->over |= !p->reading->more;
		wait_for(c, inquiry_patience(c->inquiry));
		return;
	}
	if (p->reading->more && c->dialogue.step == 0 && !at_the_end) {
		wait_for(c, inquiry_patience(c->inquiry) * 2);
		return;
	}
	c->dialogue.may_tls = p->tls != NULL;
	buffer_init(&words);
	move = dialogue_next(&c->dialogue, &h, p->reading, &words);
	if (words.length)
		say(c, &words);
	buffer_finish(&words);
	wait_for(c, inquiry_patience(c->inquiry) * (move == DIALOGUE_SAY ? 4 : 2));
	if (move == DIALOGUE_TLS && c->sent == c->out.length)
		start_tls(c);
	else if (move == DIALOGUE_TLS || move == DIALOGUE_END)
		c->over = true;
}

/* Bytes that were sent to us, in the open or decrypted. */
static void hear(struct conversation *c, const uint8_t *bytes, size_t n)
{
	if (!c->asked && !c->heard.length)
		c->spoke_first = true;
	buffer_put(&c->heard, bytes, MIN(n, HEARD_MAX - c->heard.length));
	c->over |= c->heard.failed;
}

static void hear_tls(struct conversation *c, const uint8_t *bytes, size_t n)
{
	uint8_t plain[CHUNK];
	int got;

	c->wire_bytes += n;
	if (c->wire_bytes > WIRE_MAX || tls_talk_feed(c->tls, bytes, n) < 0) {
		c->over = true;
		return;
	}
	if (c->phase == PHASE_SHAKING)
		shake(c);
	while (c->phase == PHASE_TALKING && !c->over && c->heard.length < HEARD_MAX &&
	       (got = tls_talk_read(c->tls, plain, sizeof(plain))) != 0) {
		if (got > 0)
			hear(c, plain, (size_t)got);
		else
			c->over = true;
	}
	if (!c->over)
		flush(c);
}

/* Everything that has come, up to the limit. */
static void receive(struct conversation *c)
{
	uint8_t bytes[CHUNK];
	size_t before = c->heard.length;
	bool ended = false;

	while (!c->over && !ended && c->heard.length < HEARD_MAX) {
		ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			ended = true;
		else if (c->tls)
			hear_tls(c, bytes, (size_t)n);
		else
			hear(c, bytes, (size_t)n);
	}
	ended |= c->heard.length >= HEARD_MAX;
	if (c->heard.length > before && !c->over)
		consider(c, ended);
	c->over |= ended;
}

/* As the system has measured it; our own clock would count what else we were doing. */
static uint64_t round_trip_ns(const struct conversation *c)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof(info);

	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &n) < 0 || !info.tcpi_rtt)
		return prober_of(c)->now_ns - c->began_ns;
	return info.tcpi_rtt * 1000ULL;
}

void conversation_ready(struct conversation *c, uint32_t events)
{
	struct inquiry *q = c->inquiry;
	int error = 0;
	socklen_t n = sizeof(error);

	if (c->over)
		return;
	if (c->phase == PHASE_CONNECTING) {
		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0 || error) {
			c->over = true;
			return;
		}
		if (!(events & EPOLLOUT))
			return;
		c->connected = true;
		q->rtt_ns = MAX(q->rtt_ns, round_trip_ns(c));
		if (c->within_tls)
			start_tls(c);
		else
			begin(c);
		watch(c);
		return;
	}
	if (events & EPOLLOUT)
		flush(c);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		receive(c);
}

/* May it still say something, where others have been asked already? Only on its usual port. */
static bool may_linger(struct conversation *c)
{
	const struct inquiry *q = c->inquiry;
	uint64_t until = q->began_ns + inquiry_patience(q) * 12;

	if (!is_usual(c) || c->heard.length || c->lingering || until <= prober_of(c)->now_ns)
		return false;
	c->lingering = true;
	c->wake_ns = MIN(until, q->limit_ns);
	return true;
}

void conversation_wake(struct conversation *c)
{
	const struct probe *http = &tcp_probes[0];
	int step = c->dialogue.step;

	if (c->phase == PHASE_TALKING && !c->asked && !c->heard.length &&
	    !(c->inquiry->asked[c->tls != NULL] & 1)) {
		ask(c, http); /* it says nothing by itself: on the same connection, then */
		return;
	}
	if (c->phase == PHASE_TALKING && may_linger(c))
		return;
	/* The end, unless the dialogue finds something to say only now. */
	if (c->phase == PHASE_TALKING && c->heard.length && ++c->wakes <= WAKES_MAX)
		consider(c, true);
	if (c->dialogue.step == step)
		c->over = true;
}

static int conversation_connect(struct conversation *c)
{
	const struct port_outcome *o = c->inquiry->outcome;
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT, .data.ptr = c };
	struct sockaddr_storage to;
	socklen_t n = socket_address(o->host, o->port, &to);
	int one = 1;

	c->fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, (struct sockaddr *)&to, n) < 0 && errno != EINPROGRESS)
		return -errno;
	if (epoll_ctl(prober_of(c)->epoll, EPOLL_CTL_ADD, c->fd, &e) < 0)
		return -errno;
	return 0;
}

int conversation_open(struct inquiry *q, const struct probe *probe, bool within_tls)
{
	struct conversation *c = calloc(1, sizeof(*c));
	int status;

	if (!c)
		return -EAGAIN;
	c->inquiry = q;
	c->probe = probe;
	c->within_tls = within_tls;
	c->dialogue.secured = within_tls;
	c->began_ns = q->prober->now_ns;
	c->wake_ns = c->began_ns + inquiry_patience(q) * 12;
	status = conversation_connect(c);
	if (status >= 0 || !socket_may_try_again(status))
		inquiry_charge(q);
	if (status < 0) {
		if (c->fd >= 0)
			close(c->fd);
		free(c);
		return socket_may_try_again(status) ? -EAGAIN : status;
	}
	q->talks[q->n_talks++] = c;
	q->prober->n_talks++;
	return 0;
}

void conversation_close(struct conversation *c)
{
	struct inquiry *q = c->inquiry;
	struct prober *p = q->prober;

	for (int i = 0; i < q->n_talks; i++)
		if (q->talks[i] == c)
			q->talks[i--] = q->talks[--q->n_talks];
	p->n_talks--;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->over = true;
	c->next_dead = p->dead;
	p->dead = c;
}

void conversation_bury(struct prober *p)
{
	struct conversation *next;

	for (; p->dead; p->dead = next) {
		struct conversation *c = p->dead;

		next = c->next_dead;
		tls_talk_free(c->tls);
		buffer_finish(&c->out);
		buffer_finish(&c->heard);
		free(c->certificate);
		free(c);
	}
}
