/* The sender's thread: one pass over the permutation. It reads; only the receiver writes. */
#include <time.h>

#include "scan/syn_internal.h"

#define SLEEP_MOST_NS 20000000ULL /* so that a changed rate, or a stop, is seen */
#define AT_ONCE       SYN_SEND_MAX
#define KNOWN_SHARE   16 /* of so many probes one at most is for a known answer */

struct sender {
	struct syn_scan *s;
	struct syn_link **links;
	struct pace pace;
	unsigned which;
	uint32_t allowed;      /* before time is looked at again */
	uint64_t sent, failed; /* not yet told */
	uint32_t since_known;
	bool quick;
};

uint64_t syn_now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* Quick links wait until they are full, unless ALL are to be empty. */
static void flush(struct sender *w, bool all)
{
	struct syn_scan *s = w->s;
	unsigned full = 0;

	for (unsigned i = 0; i < s->links.n; i++) {
		struct syn_link *link = w->links[i];

		if (link->n > 0 && (all || !link->quick || link->n == link->room))
			full += syn_link_flush(link, &w->failed);
	}
	if (full)
		atomic_fetch_add_explicit(&s->refused, full, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->pass.sent, w->sent, memory_order_relaxed);
	w->sent = 0;
}

static void choose_way(struct sender *w, double rate)
{
	bool quick = rate >= SYN_QUICK_RATE && w->s->pass.order.n >= SYN_QUICK_PASS;

	if (quick == w->quick)
		return;
	for (unsigned i = 0; i < w->s->links.n; i++)
		syn_link_be_quick(w->links[i], quick, &w->failed);
	w->quick = quick;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec t = { .tv_nsec = (long)MIN(ns, SLEEP_MOST_NS) };

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

/* Until some may go out. False when it is to stop. */
static bool wait_for_turn(struct sender *w)
{
	struct syn_scan *s = w->s;

	flush(w, false);
	for (;;) {
		double rate = (double)atomic_load_explicit(&s->rate_mpps, memory_order_relaxed) /
			      1000 / s->pass.senders;
		uint64_t now = syn_now_ns(CLOCK_MONOTONIC);

		if ((s->stop && atomic_load_explicit(s->stop, memory_order_relaxed)) ||
		    now > s->end_ns)
			return false;
		choose_way(w, rate);
		w->allowed = pace_take(&w->pace, rate, now, AT_ONCE);
		if (w->allowed)
			return true;
		sleep_ns(pace_wait_ns(&w->pace, rate));
	}
}

static void send_probe(struct sender *w, uint32_t host, uint32_t port, uint16_t source_index)
{
	struct syn_scan *s = w->s;
	const struct syn_host *h = &s->hosts[host];
	struct syn_link *link = w->links[h->link];
	struct syn_aim aim = { .host = h->addr,
			       .port = s->plan->tcp.ports[port],
			       .source_port = (uint16_t)(s->base + source_index) };

	aim.sequence =
		syn_cookie(s->key, link->template.source, aim.source_port, aim.host, aim.port);
	syn_frame_aim(&link->template, &aim, syn_link_frame(link, h));
	w->allowed--;
	if (link->n == link->room)
		flush(w, false);
}

static void ask_known(struct sender *w)
{
	uint64_t now = syn_now_ns(CLOCK_REALTIME);
	syn_place place;
	uint32_t slot;

	w->since_known = 0;
	if (syn_known_next(&w->s->known, now, &place, &slot))
		send_probe(w, (uint32_t)((place - 1) >> 16), (uint32_t)(place - 1) & 0xffff,
			   (uint16_t)(SYN_KNOWN_PORT + slot));
}

static bool ask(struct sender *w, uint32_t host, uint32_t port)
{
	if (w->allowed == 0 && !wait_for_turn(w))
		return false;
	send_probe(w, host, port, w->s->pass.source_index);
	w->sent++;
	/* Known answers are the first one's. */
	if (w->which == 0 && ++w->since_known >= KNOWN_SHARE &&
	    (w->allowed > 0 || wait_for_turn(w)))
		ask_known(w);
	return true;
}

void *syn_send_pass(void *sender)
{
	const struct syn_sender *me = sender;
	struct syn_scan *s = me->scan;
	struct syn_pass *p = &s->pass;
	struct sender w = { .s = s, .links = s->links.links[me->which], .which = me->which };

	for (uint64_t i = me->which; i < p->order.n; i += p->senders) {
		uint64_t at = permutation_at(&p->order, i);
		uint32_t host = p->active[at / p->n_ports], port = (uint32_t)(at % p->n_ports);

		if (p->ports)
			port = p->ports[port];
		if (syn_bit(s, (uint64_t)host * s->n_ports + port))
			continue;
		if (!ask(&w, host, port))
			break;
	}
	flush(&w, true);
	choose_way(&w, 0);
	atomic_fetch_add(&s->failed, w.failed);
	atomic_fetch_sub_explicit(&p->at_work, 1, memory_order_release);
	return NULL;
}
