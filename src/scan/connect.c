/*
 * The connect engine: asks by making connections, as any program may.
 *
 * Up to CONNECT_HOSTS_MAX hosts are asked at a time, in an order that looks random, each port of
 * them in another such order. A connection that is answered at once (loopback, veth) costs one
 * system call; others are waited for by epoll. What the system has no room for (ports, descriptors,
 * memory) is tried again: it is no answer.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#include "base/i18n.h"
#include "base/zone.h"
#include "scan/connect_internal.h"
#include "scan/results.h"

#define BURST       256 /* connections begun before events are looked at */
#define HOST_BURST  32
#define EVENTS      256
#define SPARE_FILES 64 /* descriptors that are left for others */
#define STALL_NS    (5 * NS_PER_MS)
#define STALLS_MAX  400 /* in a row, with nothing in flight that could make room */

struct engine {
	const struct scan_plan *plan;
	const struct scan_listener *listener;
	struct scan_progress *progress;
	struct diagnosis *d;
	struct connect_sockets sockets;
	struct connect_wheel wheel;
	struct permutation order;
	struct connect_host **hosts; /* being asked */
	size_t n_hosts, turn;
	uint64_t next_host, every;
	double tokens;
	uint64_t now_ns, tokens_ns, stalled_until_ns;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t = { 0 };

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

/* ---- what came back ---- */

static void tell(struct engine *e, const struct connect_host *h, uint16_t port,
		 enum port_state state, enum port_reason reason)
{
	struct port_outcome o = { .host = h->addr,
				  .port = port,
				  .protocol = IPPROTO_TCP,
				  .state = state,
				  .reason = reason,
				  .time_ns = clock_ns(CLOCK_REALTIME) };

	e->progress->asked++;
	e->progress->open += state == PORT_OPEN;
	e->listener->port(e->listener->arg, &o);
}

static bool is_want_of_room(int error)
{
	return error == -EADDRNOTAVAIL || error == -EMFILE || error == -ENFILE ||
	       error == -ENOBUFS || error == -ENOMEM || error == -EAGAIN;
}

/* To be asked again as if nothing had been done: it was not. */
static int put_back(struct engine *e, struct connect_host *h, struct connect_task task)
{
	e->stalled_until_ns = e->now_ns + STALL_NS;
	return connect_queue_put(&h->again, task);
}

/* Something on the way, or here, says that it goes no further. */
static enum port_reason refusal(int error)
{
	switch (error) {
	case -EHOSTUNREACH:
	case -EHOSTDOWN:
		return REASON_HOST_UNREACH;
	case -ENETUNREACH:
	case -ENETDOWN:
	case -EADDRNOTAVAIL: /* no address of ours goes there */
		return REASON_NET_UNREACH;
	case -ENOPROTOOPT:
		return REASON_PROTO_UNREACH;
	case -EACCES:
	case -EPERM:
		return REASON_ADMIN_PROHIBITED;
	case -EOPNOTSUPP: /* ICMP of a source route, which nobody asked for: no answer */
	case -ETIMEDOUT:
		return REASON_NO_RESPONSE;
	default:
		return REASON_NONE;
	}
}

static int settle_silence(struct engine *e, struct connect_host *h, struct connect_task task)
{
	int again = connect_host_timed_out(h, e->plan, task);

	if (!again && !task.discovery)
		e->progress->asked++;
	return MIN(again, 0);
}

static int settle_refusal(struct engine *e, struct connect_host *h, struct connect_task task,
			  enum port_reason reason)
{
	/* What a router says may be true for a moment only. It may say it once a second only. */
	task.refused = (uint8_t)reason;
	if (task.discovery || task.tries < MIN(h->tries, 2))
		return settle_silence(e, h, task);
	tell(e, h, task.port, PORT_FILTERED, reason);
	return 0;
}

static int settle_answer(struct engine *e, struct connect_attempt *a, enum port_state state,
			 enum port_reason reason)
{
	connect_host_answered(a->host, e->plan, a, e->now_ns);
	e->progress->answered++;
	if (a->task.discovery)
		e->listener->up(e->listener->arg, a->host->addr, reason);
	else
		tell(e, a->host, a->task.port, state, reason);
	return 0;
}

/* CODE is what the connection came to. Gives the socket back first, with a reset: the other end is
 * not to wait. */
static int settle(struct engine *e, struct connect_attempt *a, int code)
{
	struct connect_host *h = a->host;
	bool self = !code && connect_is_self(a);
	/* A refusal may be a router's or a filter's, which is another thing than the host's. */
	enum port_reason why = code == -EINPROGRESS             ? (enum port_reason)a->task.refused
			       : code && !is_want_of_room(code) ? connect_icmp(a)
								: REASON_NONE;

	connect_sockets_give(&e->sockets, a);
	h->in_flight--;
	e->now_ns = clock_ns(CLOCK_MONOTONIC);
	if (is_want_of_room(code) && (e->wheel.n || ++h->stalls < STALLS_MAX)) {
		a->task.tries--;
		return put_back(e, h, a->task);
	}
	if (!is_want_of_room(code))
		h->stalls = 0;
	if (!code && !self)
		return settle_answer(e, a, PORT_OPEN, REASON_SYN_ACK);
	/* Itself: nobody listens there, for else the port would not have been given to us. */
	if (why)
		return settle_refusal(e, h, a->task, why);
	if (self || code == -ECONNREFUSED || code == -ECONNRESET || code == -ECONNABORTED)
		return settle_answer(e, a, PORT_CLOSED, REASON_CONN_REFUSED);
	return settle_refusal(e, h, a->task, refusal(code));
}

/* ---- asking ---- */

static int ask(struct engine *e, struct connect_host *h, struct connect_task task)
{
	struct connect_attempt *a;
	int code = connect_sockets_take(&e->sockets, h->v6, &a);

	if (is_want_of_room(code))
		return put_back(e, h, task);
	if (code < 0)
		return diagnose(e->d, code, _("no socket can be had: %s"), strerror(-code));
	task.tries++;
	a->host = h;
	a->task = task;
	a->started_ns = e->now_ns;
	h->in_flight++;
	e->progress->sent++;
	code = connect_try(a);
	if (code != -EINPROGRESS)
		return settle(e, a, code);
	a->waiting = true;
	a->deadline_ns = e->now_ns + connect_host_timeout(h, e->plan, task.tries);
	connect_wheel_add(&e->wheel, a);
	return 0;
}

static bool may_send(struct engine *e)
{
	const struct scan_timing *t = &e->plan->timing;

	if (e->now_ns < e->stalled_until_ns || e->wheel.n >= t->in_flight)
		return false;
	if (t->rate_pps <= 0)
		return true;
	e->tokens += (double)(e->now_ns - e->tokens_ns) / 1e9 * t->rate_pps;
	e->tokens = MIN(e->tokens, MAX(t->rate_pps / 100, 1));
	e->tokens_ns = e->now_ns;
	return e->tokens >= 1;
}

static bool host_may_send(const struct engine *e, const struct connect_host *h)
{
	return h->in_flight < h->window && e->now_ns >= h->next_send_ns;
}

/* Returns how many were begun, or an error. */
static int ask_host(struct engine *e, struct connect_host *h)
{
	struct connect_task task;
	int n = 0, error = 0;

	while (n < HOST_BURST && !error && host_may_send(e, h) && may_send(e) &&
	       connect_host_next(h, e->plan, &task)) {
		if (e->plan->timing.host_pps > 0)
			h->next_send_ns = e->now_ns + (uint64_t)(1e9 / e->plan->timing.host_pps);
		e->tokens -= 1;
		error = ask(e, h, task);
		n++;
	}
	return error < 0 ? error : n;
}

static int ask_some(struct engine *e)
{
	int sent = 0, idle = 0;

	while (e->n_hosts && sent < BURST && (size_t)idle < e->n_hosts) {
		int n;

		e->turn = (e->turn + 1) % e->n_hosts;
		n = ask_host(e, e->hosts[e->turn]);
		if (n < 0)
			return n;
		sent += n;
		idle = n ? 0 : idle + 1;
	}
	return sent;
}

/* ---- hosts ---- */

static int admit(struct engine *e)
{
	while (e->n_hosts < CONNECT_HOSTS_MAX && e->next_host < e->plan->n_hosts) {
		uint64_t index = permutation_at(&e->order, e->next_host);
		struct connect_host *h;
		int error;

		e->next_host += e->every;
		if (e->plan->before &&
		    results_host_done(e->plan->before, scan_plan_host(e->plan, index),
				      IPPROTO_TCP)) {
			e->progress->asked += e->plan->tcp.n;
			continue;
		}
		h = malloc(sizeof(*h));
		if (!h)
			return -ENOMEM;
		e->hosts[e->n_hosts++] = h;
		error = connect_host_init(h, e->plan, index, e->now_ns);
		if (error < 0)
			return error;
	}
	return 0;
}

static bool is_out_of_time(const struct engine *e, const struct connect_host *h)
{
	return e->now_ns > scan_timing_end_ns(&e->plan->timing, h->started_ns);
}

/* Of those that were given up, the ones of which a router had said why. */
static void tell_refused(struct engine *e, struct connect_host *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->silent.n; i++) {
		struct connect_task t = h->silent.tasks[i];

		if (!t.refused) {
			h->silent.tasks[kept++] = t;
			continue;
		}
		e->progress->asked--; /* it was counted when it was given up */
		tell(e, h, t.port, PORT_FILTERED, (enum port_reason)t.refused);
	}
	h->silent.n = kept;
}

/* Its time is over, or all of it was asked, and nothing comes back. */
static void end_host(struct engine *e, size_t i)
{
	struct connect_host *h = e->hosts[i];

	e->progress->asked += h->skipped;
	if (h->discovering) {
		e->progress->asked += e->plan->tcp.n;
		e->listener->down(e->listener->arg, h->addr);
	} else {
		tell_refused(e, h);
		e->progress->asked += h->dropped;
		e->listener->host(e->listener->arg, h->addr, IPPROTO_TCP, PORT_FILTERED,
				  (uint32_t)h->silent.n + h->dropped);
	}
	connect_host_finish(h);
	free(h);
	e->hosts[i] = e->hosts[--e->n_hosts];
}

/* Takes leave of those of which all is known. */
static int dismiss_done(struct engine *e)
{
	for (size_t i = 0; i < e->n_hosts;) {
		struct connect_host *h = e->hosts[i];
		bool given_up = h->discovering && !h->discovery_left && !h->in_flight;
		int revived = 0;

		if (is_out_of_time(e, h))
			connect_host_drop(h, e->plan);
		if (!given_up && !connect_host_is_done(h, e->plan)) {
			i++;
			continue;
		}
		if (!given_up)
			revived = connect_host_revive(h);
		if (revived < 0)
			return revived;
		e->progress->asked -= (uint64_t)revived;
		if (!revived)
			end_host(e, i);
	}
	return 0;
}

/* ---- waiting ---- */

/*
 * An ICMP error that came while we were in the system call, as between interfaces of one machine,
 * is no end of the connection (Linux), but it is an answer.
 */
static bool note_icmp(struct connect_attempt *a)
{
	enum port_reason why = connect_icmp(a);

	a->task.refused = (uint8_t)why;
	return why != REASON_NONE;
}

static int take_events(struct engine *e, int wait_ms)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(e->sockets.epoll, events, EVENTS, wait_ms), error = 0;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n && !error; i++) {
		struct connect_attempt *a = events[i].data.ptr;
		int code = a->waiting ? connect_try(a) : -EINPROGRESS;

		if (code == -EINPROGRESS &&
		    !(a->waiting && events[i].events & EPOLLERR && note_icmp(a)))
			continue; /* its deadline ends it */
		a->waiting = false;
		connect_wheel_remove(&e->wheel, a);
		error = settle(e, a, code);
	}
	return error;
}

static int take_timeouts(struct engine *e)
{
	struct connect_attempt *a;
	int error = 0;

	while (!error && (a = connect_wheel_expired(&e->wheel, e->now_ns))) {
		/* It may have been answered while we were busy. */
		int code = connect_try(a);

		a->waiting = false;
		if (code != -EINPROGRESS) {
			error = settle(e, a, code);
			continue;
		}
		connect_sockets_give(&e->sockets, a);
		a->host->in_flight--;
		error = settle_silence(e, a->host, a->task);
	}
	return error;
}

static int step(struct engine *e)
{
	int error = admit(e), sent;

	if (error < 0)
		return error;
	sent = ask_some(e);
	if (sent < 0)
		return sent;
	/* While everything is answered at once there is nothing to wait for. */
	if (e->wheel.n || !sent)
		error = take_events(e, sent ? 0 : 4);
	e->now_ns = clock_ns(CLOCK_MONOTONIC);
	if (!error)
		error = take_timeouts(e);
	return error ? error : dismiss_done(e);
}

/* As many descriptors as there may be connections, where the system allows it. */
static void raise_files(const struct scan_plan *plan)
{
	rlim_t wanted = plan->timing.in_flight + 2 * SPARE_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= MIN(wanted, limit.rlim_max))
		return;
	limit.rlim_cur = MIN(wanted, limit.rlim_max);
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static size_t most_sockets(const struct scan_plan *plan)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 256;
	return (size_t)MAX(MIN((rlim_t)plan->timing.in_flight,
			       limit.rlim_cur > 2 * SPARE_FILES ? limit.rlim_cur - SPARE_FILES
								: SPARE_FILES / 2),
			   1);
}

static void finish(struct engine *e)
{
	for (size_t i = 0; i < e->n_hosts; i++) {
		connect_host_finish(e->hosts[i]);
		free(e->hosts[i]);
	}
	free(e->hosts);
	connect_sockets_finish(&e->sockets);
}

int connect_run_part(const struct scan_plan *plan, struct connect_part part,
		     const struct scan_listener *listener, struct scan_progress *progress,
		     const atomic_bool *stop, const atomic_bool *failed, struct diagnosis *d)
{
	struct engine *e = calloc(1, sizeof(*e));
	int error;

	if (!e)
		return -ENOMEM;
	e->plan = plan;
	e->listener = listener;
	e->progress = progress;
	e->d = d;
	e->next_host = part.first;
	e->every = part.every;
	e->now_ns = e->tokens_ns = clock_ns(CLOCK_MONOTONIC);
	e->tokens = 1;
	permutation_init(&e->order, MAX(plan->n_hosts, 1), plan->seed);
	e->hosts = calloc(CONNECT_HOSTS_MAX, sizeof(*e->hosts));
	error = connect_sockets_init(&e->sockets, most_sockets(plan), plan->interface);
	if (!e->hosts)
		error = -ENOMEM;
	while (!error && plan->tcp.n && (e->n_hosts || e->next_host < plan->n_hosts)) {
		error = step(e);
		if (!error && (atomic_load_explicit(stop, memory_order_relaxed) ||
			       atomic_load_explicit(failed, memory_order_relaxed)))
			error = -EINTR;
	}
	finish(e);
	free(e);
	return error;
}

int scan_connect_run(const struct scan_plan *plan, const struct scan_listener *listener,
		     struct scan_progress *progress, const atomic_bool *stop, struct diagnosis *d)
{
	const struct connect_part all = { 0, 1 };
	atomic_bool failed = false;
	int error;

	raise_files(plan);
	error = scan_gate_pass(&plan->gate, d);
	if (error < 0)
		return error;
	progress->of += plan->n_hosts * plan->tcp.n;
	if (connect_is_worth_two(plan))
		return connect_run_two(plan, listener, progress, stop, d);
	return connect_run_part(plan, all, listener, progress, stop, &failed, d);
}
