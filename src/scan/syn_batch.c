/*
 * One batch of hosts, from the first question to what is told of each: at first a few ports, to see
 * who is there; then passes over all ports, each of what has not answered, until so many were made
 * that nothing is likely to be missed at the loss that was met.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/threads.h"
#include "scan/syn_internal.h"

#define TICK_NS         5000000ULL
#define WAIT_MARGIN_MS  30
#define DISCOVER_PORTS  8
#define DISCOVER_FROM   16 /* ports; fewer are asked at once */
#define DISCOVER_ROUNDS 2
#define SYN_BOTH_LEAST  16384 /* probes, from which on there are two senders */
#define LOSSY           0.1   /* what a pass found that the one before had missed */

/* ---- one pass ---- */

static void set_rate(struct syn_scan *s)
{
	atomic_store_explicit(&s->rate_mpps, (uint64_t)(s->rate.rate * 1000), memory_order_relaxed);
}

static bool knows_any(struct syn_scan *s)
{
	return atomic_load(&s->known.n[0]) > 0 || atomic_load(&s->known.n[1]) > 0;
}

static void tick(struct syn_scan *s)
{
	uint32_t came, lost;

	syn_known_count(&s->known, syn_now_ns(CLOCK_REALTIME), &came, &lost);
	if (syn_ring_lost(&s->rings[0]) + syn_ring_lost(&s->rings[1]) > 0)
		rate_overrun(&s->rate);
	else if (came + lost > 0)
		rate_judge(&s->rate, came, lost);
	else if (!knows_any(s))
		rate_drift(&s->rate);
	/* The line is full: to ask for more would be in vain. */
	if (atomic_exchange_explicit(&s->refused, 0, memory_order_relaxed))
		s->rate.steady = true;
	set_rate(s);
}

static void receive(struct syn_scan *s, int ms)
{
	struct pollfd p[2] = { { .fd = s->rings[0].fd, .events = POLLIN },
			       { .fd = s->rings[1].fd, .events = POLLIN } };

	(void)poll(p, 2, ms);
	for (int i = 0; i < 2; i++) {
		if (s->rings[i].fd >= 0)
			syn_ring_read(&s->rings[i], syn_take, s);
	}
}

/* For answers after the last question. */
static uint64_t wait_ms(const struct syn_scan *s)
{
	const struct scan_timing *t = &s->plan->timing;
	uint64_t ms = t->timeout_first_ms;

	if (s->known.slowest_ns)
		ms = 3 * s->known.slowest_ns / 1000000 + WAIT_MARGIN_MS;
	ms = MAX(ms, t->timeout_min_ms);
	return MIN(ms, MAX(t->timeout_max_ms, t->timeout_min_ms));
}

static bool stopped(const struct syn_scan *s)
{
	return s->stop && atomic_load_explicit(s->stop, memory_order_relaxed);
}

/* While the sender is at work, and then as long as answers may come. */
static void attend(struct syn_scan *s)
{
	struct syn_pass *p = &s->pass;
	uint64_t next_tick = 0, end = UINT64_MAX, before = 0;

	while (!stopped(s)) {
		bool over = atomic_load_explicit(&p->at_work, memory_order_acquire) == 0;
		uint64_t now, sent;

		receive(s, 1);
		now = syn_now_ns(CLOCK_MONOTONIC);
		if (now >= next_tick) {
			tick(s);
			next_tick = now + TICK_NS;
		}
		sent = atomic_load_explicit(&p->sent, memory_order_relaxed);
		atomic_fetch_add_explicit(&s->progress->sent, sent - before, memory_order_relaxed);
		before = sent;
		if (!p->ports && p->number == 0)
			atomic_store(&s->progress->asked, p->asked + sent);
		if (over && end == UINT64_MAX)
			end = now + wait_ms(s) * 1000000;
		if (over && (p->fresh >= sent || now >= end))
			break;
	}
}

/* Many probes take two, which a veth pair keeps busy; very many go out another way. */
static int start_senders(struct syn_scan *s, pthread_t ret_threads[SYN_SENDERS])
{
	struct syn_pass *p = &s->pass;
	sigset_t all, before;
	int error = 0;

	p->senders = p->order.n >= SYN_BOTH_LEAST && p->order.n < SYN_QUICK_PASS ? SYN_SENDERS : 1;
	atomic_store(&p->at_work, p->senders);
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	for (unsigned i = 0; i < p->senders && error == 0; i++) {
		s->senders[i] = (struct syn_sender){ .scan = s, .which = i };
		error = pthread_create(&ret_threads[i], NULL, syn_send_pass, &s->senders[i]);
		if (error && i > 0)
			(void)pthread_join(ret_threads[0], NULL);
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error ? ERR_THREADS : 0;
}

/* So many hosts are asked at a time, each at so much. */
static void limit_rate(struct syn_scan *s, size_t n_active)
{
	const struct scan_timing *t = &s->plan->timing;
	double most = t->host_pps * (double)n_active;

	if (t->rate_pps > 0 && (most <= 0 || t->rate_pps < most))
		most = t->rate_pps;
	rate_limit(&s->rate, most);
	set_rate(s);
}

/* The hosts are in s->active; PORTS of NULL are all. */
static int run_pass(struct syn_scan *s, uint32_t number, uint16_t source_index, size_t n_active,
		    const uint16_t *ports, size_t n_ports)
{
	struct syn_pass *p = &s->pass;
	pthread_t senders[SYN_SENDERS];
	int error;

	if (n_active == 0 || n_ports == 0)
		return 0;
	p->number = number;
	p->source_index = source_index;
	p->active = s->active;
	p->n_active = n_active;
	p->ports = ports;
	p->n_ports = n_ports;
	p->fresh = p->late = 0;
	atomic_store(&p->sent, 0);
	permutation_init(&p->order, (uint64_t)n_active * n_ports,
			 s->plan->seed + number * 0x9e3779b97f4a7c15ULL + source_index);
	p->asked = s->settled + s->n_hosts * s->n_ports - p->order.n;
	for (size_t i = 0; i < n_active; i++) {
		s->hosts[s->active[i]].fresh = 0;
		p->asked += s->hosts[s->active[i]].answered;
	}
	limit_rate(s, n_active);
	error = start_senders(s, senders);
	if (error < 0)
		return error;
	attend(s);
	for (unsigned i = 0; i < p->senders; i++)
		(void)pthread_join(senders[i], NULL);
	return stopped(s) ? -EINTR : 0;
}

/* ---- who is there ---- */

/* The ports that are served most often, as far as they are asked for, then the first of the rest.
 */
static size_t choose_discovery(const struct syn_scan *s, uint16_t ret_ports[DISCOVER_PORTS])
{
	static const uint16_t likely[DISCOVER_PORTS] = { 80, 443, 22, 3389, 445, 25, 53, 21 };
	size_t n = 0;

	for (size_t i = 0; i < DISCOVER_PORTS; i++) {
		if (s->port_index[likely[i]] < s->n_ports)
			ret_ports[n++] = (uint16_t)s->port_index[likely[i]];
	}
	for (size_t i = 0; n < DISCOVER_PORTS; i++) {
		bool have = false;

		for (size_t k = 0; k < n; k++)
			have |= ret_ports[k] == i;
		if (!have)
			ret_ports[n++] = (uint16_t)i;
	}
	return n;
}

static size_t choose_unknown(struct syn_scan *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_hosts; i++) {
		if (s->hosts[i].state == SYN_HOST_UNKNOWN)
			s->active[n++] = (uint32_t)i;
	}
	return n;
}

/* With -Pn, or where all is asked at once anyway, nobody is given up. */
static int discover(struct syn_scan *s)
{
	uint16_t ports[DISCOVER_PORTS];
	int error = 0;
	size_t n;

	if (s->plan->up || s->n_ports <= DISCOVER_FROM)
		return 0;
	n = choose_discovery(s, ports);
	for (uint16_t round = 0; round < DISCOVER_ROUNDS && error == 0; round++)
		error = run_pass(s, round, (uint16_t)(SYN_DISCOVER_PORT + round), choose_unknown(s),
				 ports, n);
	n = choose_unknown(s);
	for (size_t i = 0; i < n && error == 0; i++)
		s->hosts[s->active[i]].state = SYN_HOST_DOWN;
	return error;
}

/* ---- all ports ---- */

static double host_loss(const struct syn_scan *s, const struct syn_host *h)
{
	double loss = h->answered ? 1 - (double)h->answered_first / h->answered : 0;

	return MAX(loss, rate_loss(&s->rate));
}

/* How many passes does that host need? */
static uint32_t tries_for(const struct syn_scan *s, const struct syn_host *h)
{
	uint32_t retries = s->plan->timing.retries, tries;

	if (h->answered == 0)
		return s->plan->up || h->state == SYN_HOST_UP ? retries + 1 : MIN(retries, 1) + 1;
	tries = rate_tries(host_loss(s, h), h->answered, SYN_TRIES_MAX);
	return MAX(tries, retries + 1);
}

static size_t choose_active(struct syn_scan *s, uint32_t pass)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_hosts; i++) {
		const struct syn_host *h = &s->hosts[i];

		if (h->state != SYN_HOST_NO_WAY && h->state != SYN_HOST_DOWN &&
		    h->answered < s->n_ports && pass < tries_for(s, h))
			s->active[n++] = (uint32_t)i;
	}
	return n;
}

/* Known answers came, and yet the pass before had missed more than a few: slower. */
static void learn_from_pass(struct syn_scan *s)
{
	uint64_t before = 0;

	for (size_t i = 0; i < s->n_hosts; i++)
		before += s->hosts[i].answered;
	before -= MIN(before, s->pass.fresh);
	if (s->pass.number > 0 &&
	    (double)(s->pass.fresh - s->pass.late) > LOSSY * (double)before + 3)
		rate_overrun(&s->rate);
}

static int ask_all(struct syn_scan *s)
{
	int error = 0;

	for (uint32_t pass = 0; pass < SYN_TRIES_MAX && error == 0; pass++) {
		size_t n = choose_active(s, pass);

		if (n == 0 || syn_now_ns(CLOCK_MONOTONIC) > s->end_ns)
			break;
		error = run_pass(s, pass, (uint16_t)(pass % SYN_PASS_PORTS), n, NULL, s->n_ports);
		if (error == 0)
			learn_from_pass(s);
	}
	return error;
}

/*
 * Silence means a filter, unless RSTs were still dribbling in when we stopped asking: many systems
 * send only so many a second, and then it may be either.
 */
static enum port_state silent_state(const struct syn_host *h)
{
	return h->fresh && h->answered_first < h->answered / 2 ? PORT_CLOSED_FILTERED
							       : PORT_FILTERED;
}

static void tell_hosts(struct syn_scan *s)
{
	const struct scan_listener *l = s->listener;

	for (size_t i = 0; i < s->n_hosts; i++) {
		const struct syn_host *h = &s->hosts[i];
		bool gone = h->state == SYN_HOST_NO_WAY || h->state == SYN_HOST_DOWN;

		if (gone && !s->plan->up && l->down)
			l->down(l->arg, h->addr);
		else if (l->host)
			l->host(l->arg, h->addr, IPPROTO_TCP, silent_state(h),
				(uint32_t)s->n_ports - h->answered);
	}
}

int syn_batch_run(struct syn_scan *s, struct diagnosis *d)
{
	bool many;
	int error;

	s->end_ns = scan_timing_end_ns(&s->plan->timing, syn_now_ns(CLOCK_MONOTONIC));
	limit_rate(s, s->n_hosts);
	many = s->n_hosts * s->n_ports >= SYN_QUICK_PASS && s->rate.most >= SYN_QUICK_RATE;
	error = syn_links_find(&s->links, s->hosts, s->n_hosts, many, s->plan, s->stop, d);
	if (error == 0)
		error = discover(s);
	if (error == 0)
		error = ask_all(s);
	if (error == 0)
		tell_hosts(s);
	return error;
}
