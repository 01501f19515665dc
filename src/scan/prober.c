/* Many inquiries at once: so many in all, so many of one host. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "scan/prober_internal.h"

#define EVENTS_MAX  128
#define STOP_MS     100 /* how often *STOP is looked at */
#define OPEN_STATES (1U << PORT_OPEN | 1U << PORT_OPEN_FILTERED)

struct prober_settings prober_settings_default(const struct fingerprints *fingerprints)
{
	return (struct prober_settings){ .fingerprints = fingerprints,
					 .at_once = 256,
					 .at_once_host = 48,
					 .port_limit_ms = 8000,
					 .quiet_ms = 250 };
}

void prober_settings_limit(struct prober_settings *s, const struct scan_timing *timing,
			   size_t n_hosts)
{
	double of_hosts = timing->host_pps * (double)n_hosts;

	s->rate_pps = timing->rate_pps;
	if (of_hosts > 0) {
		s->rate_pps = s->rate_pps > 0 ? MIN(s->rate_pps, of_hosts) : of_hosts;
		s->at_once_host = 1;
	}
	if (timing->in_flight)
		s->at_once = MIN(s->at_once, timing->in_flight);
}

static void look_at_clock(struct prober *p)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	p->now_ns = (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static int compare_hosts(const void *a, const void *b)
{
	const struct port_outcome *const *x = a, *const *y = b;
	int order = addr_compare_numeric((*x)->host, (*y)->host);

	return order ? order : (*x > *y) - (*x < *y);
}

static bool is_asked(const struct port_outcome *o)
{
	return (OPEN_STATES >> o->state & 1) && (o->protocol == 6 || o->protocol == 17) &&
	       !(o->protocol == 6 && o->state != PORT_OPEN);
}

static void enqueue(struct prober *p, struct host *h)
{
	if (h->queued || h->next == h->end || h->running >= p->settings.at_once_host)
		return;
	h->queued = true;
	h->next_host = NULL;
	*p->last_host = h;
	p->last_host = &h->next_host;
}

static struct host *dequeue(struct prober *p)
{
	struct host *h = p->first_host;

	if (!h)
		return NULL;
	p->first_host = h->next_host;
	if (!p->first_host)
		p->last_host = &p->first_host;
	h->queued = false;
	return h;
}

/* Sorts the ports that are to be asked by host. */
static int prober_plan(struct prober *p, struct port_outcome *outcomes, size_t n)
{
	size_t count = 0;

	p->order = calloc(n + 1, sizeof(struct port_outcome *));
	p->hosts = calloc(n + 1, sizeof(*p->hosts));
	if (!p->order || !p->hosts)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (is_asked(&outcomes[i]))
			p->order[count++] = &outcomes[i];
	qsort(p->order, count, sizeof(struct port_outcome *), compare_hosts);
	p->last_host = &p->first_host;
	for (size_t i = 0; i < count; i++) {
		struct host *h = p->n_hosts ? &p->hosts[p->n_hosts - 1] : NULL;

		if (!h || !addr_equal(h->addr, p->order[i]->host)) {
			h = &p->hosts[p->n_hosts++];
			h->addr = p->order[i]->host;
			h->next = i;
		}
		h->end = i + 1;
	}
	for (size_t i = 0; i < p->n_hosts; i++)
		enqueue(p, &p->hosts[i]);
	return 0;
}

/* Is there room for another inquiry, and a host that has one? */
static bool has_room(const struct prober *p)
{
	return p->first_host && p->n_active < p->settings.at_once &&
	       p->n_talks < p->settings.at_once;
}

static int start_some(struct prober *p)
{
	double rate = p->settings.rate_pps;

	while (has_room(p) && (rate <= 0 || pace_take(&p->pace, rate, p->now_ns, 1))) {
		struct host *h = dequeue(p);
		struct inquiry *q;

		q = inquiry_new(p, h, p->order[h->next]);
		if (!q) {
			enqueue(p, h); /* when another one has ended */
			return p->n_active ? 0 : -ENOMEM;
		}
		h->next++;
		h->running++;
		p->active[p->n_active++] = q;
		enqueue(p, h);
	}
	return 0;
}

static void go_on(struct prober *p, void (*done)(void *, const struct port_outcome *), void *arg)
{
	for (size_t i = 0; i < p->n_active; i++) {
		struct inquiry *q = p->active[i];
		const struct port_outcome *outcome = q->outcome;
		struct host *h = q->host;

		if (!inquiry_go_on(q))
			continue;
		inquiry_finish(q);
		p->active[i--] = p->active[--p->n_active];
		h->running--;
		enqueue(p, h);
		if (done)
			done(arg, outcome);
	}
}

static int wait_ms(const struct prober *p)
{
	uint64_t wake = p->now_ns + STOP_MS * MS_NS;

	if (has_room(p) && p->settings.rate_pps > 0)
		wake = MIN(wake, p->now_ns + pace_wait_ns(&p->pace, p->settings.rate_pps));
	for (size_t i = 0; i < p->n_active; i++)
		wake = MIN(wake, inquiry_wake(p->active[i]));
	return wake <= p->now_ns ? 0 : (int)((wake - p->now_ns + MS_NS - 1) / MS_NS);
}

static void wait_events(struct prober *p)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(p->epoll, events, EVENTS_MAX, wait_ms(p));

	look_at_clock(p);
	for (int i = 0; i < n; i++) {
		struct conversation *c = events[i].data.ptr;

		if (c->over)
			continue;
		if (c->datagram)
			conversation_datagram(c, events[i].events);
		else
			conversation_ready(c, events[i].events);
	}
}

static void prober_finish(struct prober *p)
{
	while (p->n_active)
		inquiry_finish(p->active[--p->n_active]);
	conversation_bury(p);
	if (p->epoll >= 0)
		close(p->epoll);
	tls_setup_free(p->tls);
	free(p->reading);
	free(p->active);
	free(p->order);
	free(p->hosts);
}

int prober_run(const struct prober_settings *settings, struct port_outcome *outcomes, size_t n,
	       void (*done)(void *arg, const struct port_outcome *outcome), void *arg,
	       const atomic_bool *stop, struct diagnosis *d)
{
	struct prober p = { .settings = *settings,
			    .quiet_ns = settings->quiet_ms * MS_NS,
			    .epoll = epoll_create1(EPOLL_CLOEXEC) };
	int status = p.epoll < 0 ? -errno : 0;

	p.settings.at_once = MAX(p.settings.at_once, 1U);
	p.settings.at_once_host = MAX(p.settings.at_once_host, 1U);
	p.tls = tls_setup_new();
	p.reading = calloc(1, sizeof(*p.reading));
	p.active = calloc(p.settings.at_once, sizeof(struct inquiry *));
	if (!status && (!p.reading || !p.active))
		status = -ENOMEM;
	if (!status)
		status = prober_plan(&p, outcomes, n);
	if (!status)
		status = scan_gate_pass(&settings->gate, d);
	look_at_clock(&p);
	while (!status) {
		if (stop && atomic_load(stop)) {
			status = -EINTR;
			break;
		}
		status = start_some(&p);
		if (status < 0 || (!p.n_active && !p.first_host))
			break;
		go_on(&p, done, arg);
		conversation_bury(&p);
		if (p.n_active || p.first_host)
			wait_events(&p);
	}
	prober_finish(&p);
	if (status < 0 && status != -EINTR && !(d && d->text[0]))
		return diagnose(d, status, "%s", error_text(status));
	return status;
}
