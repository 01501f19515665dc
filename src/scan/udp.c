/*
 * The UDP engine. First, of all hosts, the ports for which there is a fitting question; then the
 * rest; then, twice or more, what was silent. Services that are there have answered after a few
 * round trips. Which of the silent ports are closed takes longer to tell: systems send few ICMP
 * errors (Linux: six at once, then one a second to each who asks), so what is not told in time is
 * open|filtered, unless the timing is a patient one.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scan/host_walk.h"
#include "scan/pace.h"
#include "scan/permute.h"
#include "scan/results.h"
#include "scan/udp_internal.h"
#include "scan/udp_payload.h"

#define RATE_MOST     20000.0
#define BATCH_BITS    (1ULL << 26)
#define BATCH_HOSTS   65536
#define LOOK_EVERY    16 /* datagrams sent, then it is looked what has come */
#define FIRST_MS      1000
#define PATIENT       5 /* retries: then passes go on while they bring anything */
#define PATIENT_TRIES 40

struct udp_host {
	struct net_addr addr;
	uint32_t told;   /* ports */
	bool heard;      /* anything, of the host itself or a filter before it */
	bool no_way;     /* in this pass */
	bool was_no_way; /* at the end of the last one */
};

struct udp_scan {
	const struct scan_plan *plan;
	const struct scan_listener *listener;
	struct scan_progress *progress;
	const atomic_bool *stop;
	struct udp_sockets sockets;
	struct pace pace;
	double rate;
	uint64_t end_ns;      /* of the batch: no host of it may take longer */
	uint16_t *order;      /* ports by index: those with a question of their own first */
	size_t n_fitting;     /* of these */
	uint32_t *port_index; /* n_ports: not asked */
	size_t n_ports;
	struct udp_host *hosts; /* of the batch, sorted */
	size_t n_hosts, hosts_room;
	uint64_t *bits; /* told: hosts x ports */
	size_t bits_words;
	uint64_t left;  /* ports of the batch that are not told */
	uint64_t fresh; /* told in this pass */
	unsigned pass, since_look;
	uint8_t *buffer;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static bool stopped(const struct udp_scan *s)
{
	return s->stop && atomic_load_explicit(s->stop, memory_order_relaxed);
}

/* ---- what comes ---- */

static void tell(struct udp_scan *s, const struct udp_news *news)
{
	struct port_outcome o = { .host = news->host,
				  .port = news->port,
				  .protocol = IPPROTO_UDP,
				  .ttl = news->ttl,
				  .state = news->state,
				  .reason = news->reason,
				  .time_ns = now_ns(CLOCK_REALTIME) };

	if (news->length > 0) {
		o.service.evidence = (uint8_t *)(uintptr_t)news->bytes;
		o.service.evidence_bytes = MIN(news->length, SERVICE_EVIDENCE_MAX);
	}
	atomic_fetch_add(&s->progress->answered, 1);
	if (o.state == PORT_OPEN)
		atomic_fetch_add(&s->progress->open, 1);
	if (s->listener->port)
		s->listener->port(s->listener->arg, &o);
}

static void take(void *arg, const struct udp_news *news)
{
	struct udp_scan *s = arg;
	struct udp_host *h = addr_find(s->hosts, s->n_hosts, sizeof(*s->hosts), news->host);
	uint32_t port = s->port_index[news->port];
	uint64_t bit;

	if (!h || port == s->n_ports)
		return;
	if (news->error && !news->port_specific) {
		h->no_way = true;
		return;
	}
	bit = (uint64_t)(h - s->hosts) * s->n_ports + port;
	h->heard = true;
	if (s->bits[bit / 64] >> (bit % 64) & 1)
		return;
	s->bits[bit / 64] |= 1ULL << (bit % 64);
	h->told++;
	s->left--;
	s->fresh++;
	tell(s, news);
}

static void look(struct udp_scan *s, int ms)
{
	udp_receive(&s->sockets, ms, s->buffer, take, s);
	s->since_look = 0;
}

/* ---- asking ---- */

static bool is_late(const struct udp_scan *s)
{
	return now_ns(CLOCK_MONOTONIC) > s->end_ns;
}

/* Until one more may go out; what comes meanwhile is taken. */
static bool wait_for_turn(struct udp_scan *s)
{
	while (pace_take(&s->pace, s->rate, now_ns(CLOCK_MONOTONIC), 1) == 0) {
		uint64_t ms = pace_wait_ns(&s->pace, s->rate) / 1000000;

		if (stopped(s) || is_late(s))
			return false;
		look(s, (int)MIN(ms + 1, 20));
	}
	if (++s->since_look >= LOOK_EVERY)
		look(s, 0);
	return !stopped(s) && !is_late(s);
}

static bool send_one(struct udp_scan *s, struct udp_host *h, uint16_t port,
		     const struct udp_payload *p)
{
	int error;

	if (!wait_for_turn(s))
		return false;
	for (int i = 0; i < 1000; i++) {
		error = udp_send(&s->sockets, h->addr, port, p->bytes, p->length);
		if (error != -EAGAIN)
			break;
		look(s, 1);
	}
	if (error < 0)
		h->no_way = true;
	atomic_fetch_add(&s->progress->sent, 1);
	return true;
}

static bool ask(struct udp_scan *s, struct udp_host *h, uint16_t port)
{
	const struct udp_payload general = udp_payload_general(s->pass);
	const struct udp_payload *p;
	size_t n;

	p = udp_payloads(port, &n);
	if (!p) {
		p = &general;
		n = 1;
	}
	for (size_t i = 0; i < n && !h->no_way; i++) {
		if (!send_one(s, h, port, &p[i]))
			return false;
	}
	if (s->pass == 0)
		atomic_fetch_add(&s->progress->asked, 1);
	return true;
}

/* Hosts x those N ports, in an order in which neither comes in a row. */
static int ask_some(struct udp_scan *s, const uint16_t *ports, size_t n)
{
	struct permutation order;

	if (n == 0)
		return 0;
	permutation_init(&order, (uint64_t)n * s->n_hosts, s->plan->seed + s->pass * 2654435761ULL);
	for (uint64_t i = 0; i < order.n; i++) {
		uint64_t at = permutation_at(&order, i);
		struct udp_host *h = &s->hosts[at / n];
		uint16_t port = ports[at % n];
		uint64_t bit = (at / n) * s->n_ports + port;

		if (h->no_way || s->bits[bit / 64] >> (bit % 64) & 1)
			continue;
		if (!ask(s, h, s->plan->udp.ports[port]))
			return stopped(s) ? -EINTR : 0;
	}
	return 0;
}

/* Longer from pass to pass: a service that is slow, or far away, is met by the last. */
static int wait_for_answers(struct udp_scan *s)
{
	static const unsigned percent[] = { 40, 70, 120 };
	uint64_t first =
		s->plan->timing.timeout_first_ms ? s->plan->timing.timeout_first_ms : FIRST_MS;
	uint64_t ms = first * percent[MIN(s->pass, ARRAY_LENGTH(percent) - 1)] / 100;
	uint64_t end = now_ns(CLOCK_MONOTONIC) + ms * 1000000;

	while (s->left > 0 && now_ns(CLOCK_MONOTONIC) < end) {
		if (stopped(s))
			return -EINTR;
		look(s, 10);
	}
	return 0;
}

static int run_pass(struct udp_scan *s)
{
	int error;

	s->fresh = 0;
	for (size_t i = 0; i < s->n_hosts; i++)
		s->hosts[i].no_way = false;
	error = ask_some(s, s->order, s->n_fitting);
	if (error == 0)
		error = ask_some(s, s->order + s->n_fitting, s->n_ports - s->n_fitting);
	if (error == 0)
		error = wait_for_answers(s);
	for (size_t i = 0; i < s->n_hosts; i++)
		s->hosts[i].was_no_way = s->hosts[i].no_way;
	return error;
}

static void tell_hosts(struct udp_scan *s)
{
	const struct scan_listener *l = s->listener;

	for (size_t i = 0; i < s->n_hosts; i++) {
		const struct udp_host *h = &s->hosts[i];
		enum port_state silent =
			h->was_no_way && !h->heard ? PORT_FILTERED : PORT_OPEN_FILTERED;

		if (!h->heard && !s->plan->up && l->down)
			l->down(l->arg, h->addr);
		else if (l->host)
			l->host(l->arg, h->addr, IPPROTO_UDP, silent,
				(uint32_t)s->n_ports - h->told);
	}
}

/*
 * What was told before it was interrupted is not asked again, but for what is open: a state keeps
 * no evidence.
 */
static void take_before(struct udp_scan *s, size_t host)
{
	struct udp_host *h = &s->hosts[host];

	for (size_t i = 0; i < s->n_ports; i++) {
		uint64_t bit = host * s->n_ports + i;
		enum port_state state;

		if (!results_told(s->plan->before, h->addr, IPPROTO_UDP, s->plan->udp.ports[i],
				  &state))
			continue;
		h->heard = true;
		if (state == PORT_OPEN)
			continue;
		s->bits[bit / 64] |= 1ULL << (bit % 64);
		h->told++;
		s->left--;
		atomic_fetch_add(&s->progress->asked, 1);
	}
}

static int run_batch(struct udp_scan *s)
{
	unsigned retries = s->plan->timing.retries;
	int error = 0;

	s->left = (uint64_t)s->n_hosts * s->n_ports;
	for (size_t i = 0; i < s->n_hosts && s->plan->before; i++)
		take_before(s, i);
	s->end_ns = scan_timing_end_ns(&s->plan->timing, now_ns(CLOCK_MONOTONIC));
	for (s->pass = 0; s->left > 0 && error == 0; s->pass++) {
		if (s->pass > retries &&
		    (retries < PATIENT || s->fresh == 0 || s->pass >= PATIENT_TRIES))
			break;
		if (is_late(s))
			break;
		error = run_pass(s);
	}
	if (error == 0)
		tell_hosts(s);
	return error;
}

/* ---- opening ---- */

static int sort_ports(struct udp_scan *s)
{
	size_t n = 0;

	s->n_ports = s->plan->udp.n;
	s->order = calloc(s->n_ports, sizeof(*s->order));
	s->port_index = calloc(65536, sizeof(*s->port_index));
	if (!s->order || !s->port_index)
		return -ENOMEM;
	for (size_t i = 0; i < 65536; i++)
		s->port_index[i] = (uint32_t)s->n_ports;
	for (int fitting = 1; fitting >= 0; fitting--) {
		for (size_t i = 0; i < s->n_ports; i++) {
			size_t found;
			bool has = udp_payloads(s->plan->udp.ports[i], &found) != NULL;

			s->port_index[s->plan->udp.ports[i]] = (uint32_t)i;
			if (has == fitting)
				s->order[n++] = (uint16_t)i;
			s->n_fitting += has && fitting;
		}
	}
	return 0;
}

static int make_room(struct udp_scan *s)
{
	const struct scan_timing *t = &s->plan->timing;
	uint64_t n = MIN(MAX(BATCH_BITS / s->n_ports, 1), BATCH_HOSTS);

	n = MIN(n, scan_timing_hosts(t, s->n_ports, t->rate_pps > 0 ? t->rate_pps : RATE_MOST));
	s->hosts_room = (size_t)MIN(n, s->plan->n_hosts);
	s->bits_words = (s->hosts_room * s->n_ports + 63) / 64;
	s->hosts = calloc(s->hosts_room, sizeof(*s->hosts));
	s->bits = calloc(s->bits_words, sizeof(*s->bits));
	s->buffer = malloc(UDP_DATAGRAM_MAX);
	return s->hosts && s->bits && s->buffer ? 0 : -ENOMEM;
}

static int run_batches(struct udp_scan *s)
{
	const struct scan_timing *t = &s->plan->timing;
	struct host_walk walk = { 0 };
	uint64_t done = s->plan->first[1] / s->n_ports;
	int error = 0;

	host_walk_skip(&walk, s->plan, done);
	atomic_fetch_add(&s->progress->of, s->plan->n_hosts * s->n_ports);
	atomic_fetch_add(&s->progress->asked, done * s->n_ports);
	while (error == 0) {
		struct net_addr addr;

		for (s->n_hosts = 0;
		     s->n_hosts < s->hosts_room && host_walk_next(&walk, s->plan, &addr);)
			s->hosts[s->n_hosts++] = (struct udp_host){ .addr = addr };
		if (s->n_hosts == 0)
			break;
		memset(s->bits, 0, s->bits_words * sizeof(*s->bits));
		s->rate = t->rate_pps > 0 ? MIN(t->rate_pps, RATE_MOST) : RATE_MOST;
		if (t->host_pps > 0)
			s->rate = MIN(s->rate, t->host_pps * (double)s->n_hosts);
		error = run_batch(s);
		done += error == 0 ? s->n_hosts : 0;
		atomic_store(&s->progress->settled[1], done * s->n_ports);
	}
	return error;
}

static void finish(struct udp_scan *s)
{
	udp_sockets_close(&s->sockets);
	free(s->order);
	free(s->port_index);
	free(s->hosts);
	free(s->bits);
	free(s->buffer);
}

int scan_udp_run(const struct scan_plan *plan, const struct scan_listener *listener,
		 struct scan_progress *progress, const atomic_bool *stop, struct diagnosis *d)
{
	struct udp_scan s = {
		.plan = plan, .listener = listener, .progress = progress, .stop = stop
	};
	int error;

	if (plan->udp.n == 0 || plan->n_hosts == 0)
		return 0;
	error = udp_sockets_open(&s.sockets, plan, d);
	if (error < 0)
		return error;
	error = sort_ports(&s);
	if (error == 0)
		error = make_room(&s);
	if (error == 0)
		error = scan_gate_pass(&plan->gate, d);
	if (error == 0)
		error = run_batches(&s);
	finish(&s);
	return error;
}
