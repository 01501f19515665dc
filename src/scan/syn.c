/* The SYN engine: what it needs, opened; then batch after batch. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/i18n.h"
#include "scan/host_walk.h"
#include "scan/results.h"
#include "scan/syn_internal.h"

#define RATE_START       100000
#define HOLD_TRIES       64
#define HOLD_ABOVE       61056 /* the first tries: above where the system takes ports from */
#define HOLD_LEAST       10240
#define TIMEOUT_FIRST_MS 1000

/* ---- source ports ---- */

/* Bound, and not listening: nobody else gets the port, and our kernel answers a SYN+ACK to it with
 * the RST that ends the half-open connection. */
static int hold_port(uint16_t port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), no = 0;

	if (fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) == 0 &&
	    bind(fd, (struct sockaddr *)&v6, sizeof(v6)) == 0)
		return fd;
	if (fd >= 0) {
		int error = -errno;

		close(fd);
		if (error == -EADDRINUSE)
			return error;
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&v4, sizeof(v4)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

void syn_ports_release(struct syn_scan *s)
{
	for (int i = 0; i < SYN_SOURCE_PORTS; i++) {
		if (s->holders[i] >= 0)
			close(s->holders[i]);
		s->holders[i] = -1;
	}
}

static int hold_block(struct syn_scan *s, uint16_t base)
{
	for (int i = 0; i < SYN_SOURCE_PORTS; i++) {
		s->holders[i] = hold_port((uint16_t)(base + i));
		if (s->holders[i] < 0) {
			int error = s->holders[i];

			syn_ports_release(s);
			return error;
		}
	}
	s->base = base;
	return 0;
}

int syn_ports_hold(struct syn_scan *s)
{
	int error = -EADDRINUSE;

	for (int i = 0; i < HOLD_TRIES && error == -EADDRINUSE; i++) {
		uint32_t least = i < HOLD_TRIES / 2 ? HOLD_ABOVE : HOLD_LEAST;
		uint32_t blocks = (65536 - least) / SYN_SOURCE_PORTS;
		uint32_t at = (uint32_t)(hash_mix(s->key.words[0] + (uint32_t)i) % blocks);

		least = (least + SYN_SOURCE_PORTS - 1) / SYN_SOURCE_PORTS * SYN_SOURCE_PORTS;
		error = hold_block(
			s, (uint16_t)MIN(least + at * SYN_SOURCE_PORTS, 65536 - SYN_SOURCE_PORTS));
	}
	return error;
}

/* ---- opening ---- */

static int open_rings(struct syn_scan *s, struct diagnosis *d)
{
	unsigned interface = s->plan->interface ? if_nametoindex(s->plan->interface) : 0;
	bool wanted[2] = { false, false };

	if (s->plan->interface && interface == 0)
		return diagnose(d, -ENODEV, _("there is no interface %s"), s->plan->interface);
	for (size_t i = 0; i < s->plan->n_targets; i++)
		wanted[!addr_is_v4(s->plan->targets[i].first)] = true;
	for (int v6 = 0; v6 < 2; v6++) {
		int error = wanted[v6] ? syn_ring_open(&s->rings[v6], v6, s->base, interface) : 0;

		if (error < 0)
			return error == -EPERM
				       ? diagnose(d, error,
						  _("a SYN scan needs root, or CAP_NET_RAW"))
				       : diagnose(d, error, _("packet socket: %s"),
						  error_text(error));
	}
	return 0;
}

static int index_ports(struct syn_scan *s)
{
	s->n_ports = s->plan->tcp.n;
	s->port_index = malloc(65536 * sizeof(*s->port_index));
	if (!s->port_index)
		return -ENOMEM;
	for (size_t i = 0; i < 65536; i++)
		s->port_index[i] = (uint32_t)s->n_ports;
	for (size_t i = 0; i < s->n_ports; i++)
		s->port_index[s->plan->tcp.ports[i]] = (uint32_t)i;
	return 0;
}

/* A batch is as many hosts as there is room for bits. */
static int make_room(struct syn_scan *s)
{
	const struct scan_timing *t = &s->plan->timing;
	uint64_t n = MAX(SYN_BATCH_BITS / s->n_ports, 1);

	n = MIN(n, SYN_BATCH_HOSTS);
	n = MIN(n, scan_timing_hosts(t, s->n_ports, t->rate_pps > 0 ? t->rate_pps : RATE_START));
	s->hosts_room = (size_t)MIN(n, s->plan->n_hosts);
	s->bits_words = (s->hosts_room * s->n_ports + 63) / 64;
	s->hosts = calloc(s->hosts_room, sizeof(*s->hosts));
	s->active = calloc(s->hosts_room, sizeof(*s->active));
	s->bits = calloc(s->bits_words, sizeof(*s->bits));
	return s->hosts && s->active && s->bits ? 0 : -ENOMEM;
}

/* The seed makes the order; the cookies' key is nobody's to know. */
static int make_key(struct syn_scan *s)
{
	return getrandom(&s->key, sizeof(s->key), 0) == sizeof(s->key) ? 0 : -EIO;
}

static int scan_open(struct syn_scan *s, struct diagnosis *d)
{
	const struct scan_timing *t = &s->plan->timing;
	uint32_t first_ms = t->timeout_first_ms ? t->timeout_first_ms : TIMEOUT_FIRST_MS;
	int error = make_key(s);

	if (error == 0)
		error = index_ports(s);
	if (error == 0)
		error = make_room(s);
	if (error == 0) {
		error = syn_ports_hold(s);
		if (error < 0)
			return diagnose(d, error, _("no source ports are free: %s"),
					error_text(error));
		error = open_rings(s, d);
	}
	syn_known_init(&s->known, first_ms * 1000000ULL);
	rate_init(&s->rate, RATE_START, t->rate_pps);
	return error;
}

static void scan_close(struct syn_scan *s)
{
	syn_links_finish(&s->links);
	syn_ports_release(s);
	syn_ring_close(&s->rings[0]);
	syn_ring_close(&s->rings[1]);
	free(s->port_index);
	free(s->hosts);
	free(s->active);
	free(s->bits);
}

/* ---- batches ---- */

/* Open ports are asked again: by their answers losses are noticed. */
static void take_before(struct syn_scan *s, size_t host)
{
	struct syn_host *h = &s->hosts[host];

	for (size_t i = 0; i < s->n_ports; i++) {
		uint64_t bit = host * s->n_ports + i;
		enum port_state state;

		if (!results_told(s->plan->before, h->addr, IPPROTO_TCP, s->plan->tcp.ports[i],
				  &state))
			continue;
		h->state = SYN_HOST_UP;
		if (state == PORT_OPEN)
			continue;
		s->bits[bit / 64] |= 1ULL << (bit % 64);
		h->answered++;
		h->answered_first++;
	}
}

static void fill_batch(struct syn_scan *s, struct host_walk *w)
{
	struct net_addr addr;

	s->n_hosts = 0;
	while (s->n_hosts < s->hosts_room && host_walk_next(w, s->plan, &addr))
		s->hosts[s->n_hosts++] = (struct syn_host){ .addr = addr };
	memset((void *)s->bits, 0, s->bits_words * sizeof(*s->bits));
	syn_known_forget(&s->known);
	for (size_t i = 0; i < s->n_hosts && s->plan->before; i++)
		take_before(s, i);
}

/* What is told in an interrupted batch is not asked again. */
static int run_batches(struct syn_scan *s, struct diagnosis *d)
{
	struct host_walk w = { 0 };
	uint64_t done = s->plan->first[0] / s->n_ports;
	int error = 0;

	host_walk_skip(&w, s->plan, done);
	s->settled = done * s->n_ports;
	atomic_store(&s->progress->of, s->plan->n_hosts * s->n_ports);
	while (error == 0) {
		fill_batch(s, &w);
		if (s->n_hosts == 0)
			break;
		error = syn_batch_run(s, d);
		if (error == 0)
			done += s->n_hosts;
		s->settled = done * s->n_ports;
		atomic_store(&s->progress->asked, done * s->n_ports);
		atomic_store(&s->progress->settled[0], done * s->n_ports);
	}
	return error;
}

int scan_syn_run(const struct scan_plan *plan, const struct scan_listener *listener,
		 struct scan_progress *progress, const atomic_bool *stop, struct diagnosis *d)
{
	struct syn_scan *s;
	int error;

	if (plan->tcp.n == 0 || plan->n_hosts == 0)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->plan = plan;
	s->listener = listener;
	s->progress = progress;
	s->stop = stop;
	s->rings[0].fd = s->rings[1].fd = -1;
	memset(s->holders, 0xff, sizeof(s->holders));
	syn_links_init(&s->links);
	error = scan_open(s, d);
	if (error == 0)
		error = run_batches(s, d);
	scan_close(s);
	free(s);
	return error;
}
