/* What is to be asked of a host, how many at once, and how long to wait. */
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "scan/connect_internal.h"
#include "scan/results.h"

/* Where nearly every host answers something, even if it is a refusal. */
static const uint16_t discovery_ports[CONNECT_DISCOVERY] = { 443, 80, 22, 25, 53, 3389, 445, 8080 };
#define DISCOVERY_TRIES 2

/* What may be missed of ports that answer, where packets are lost at random. */
#define MISSED_MOST 1e-5

#define WINDOW_LEAST 8
#define EPOCH_LEAST  64 /* answers */

int connect_queue_put(struct connect_queue *q, struct connect_task t)
{
	if (q->first && q->first == q->n)
		q->first = q->n = 0;
	if (q->n == q->room) {
		size_t room = q->room ? 2 * q->room : 64;
		struct connect_task *grown = NULL;

		if (2 * q->first >= q->n && q->first) {
			memmove(q->tasks, q->tasks + q->first,
				(q->n - q->first) * sizeof(*q->tasks));
			q->n -= q->first;
			q->first = 0;
		} else {
			grown = realloc(q->tasks, room * sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			q->tasks = grown;
			q->room = room;
		}
	}
	q->tasks[q->n++] = t;
	return 0;
}

static bool is_loopback(struct net_addr a)
{
	return addr_is_v4(a) ? addr_v4(a) >> 24 == 127 : a.hi == 0 && a.lo == 1;
}

int connect_host_init(struct connect_host *h, const struct scan_plan *plan, uint64_t index,
		      uint64_t now_ns)
{
	int error = 0;

	*h = (struct connect_host){ .addr = scan_plan_host(plan, index),
				    .window = CONNECT_WINDOW_FIRST,
				    .threshold = plan->timing.in_flight,
				    .tries = (uint8_t)MIN(plan->timing.retries + 1,
							  CONNECT_TRIES_MAX),
				    .started_ns = now_ns };
	h->v6 = !addr_is_v4(h->addr);
	h->rtt.timeout = plan->timing.timeout_first_ms * NS_PER_MS;
	permutation_init(&h->order, plan->tcp.n, hash_mix(plan->seed + index));
	if (plan->up || is_loopback(h->addr))
		return 0;
	h->discovering = true;
	h->discovery_left = CONNECT_DISCOVERY;
	for (size_t i = 0; i < CONNECT_DISCOVERY && !error; i++)
		error = connect_queue_put(
			&h->again,
			(struct connect_task){ .port = discovery_ports[i], .discovery = true });
	return error;
}

void connect_host_finish(struct connect_host *h)
{
	free(h->again.tasks);
	free(h->silent.tasks);
}

static bool was_told(const struct connect_host *h, const struct scan_plan *plan, uint16_t port)
{
	enum port_state state;

	return plan->before && results_told(plan->before, h->addr, IPPROTO_TCP, port, &state);
}

bool connect_host_next(struct connect_host *h, const struct scan_plan *plan,
		       struct connect_task *ret_task)
{
	while (h->again.first < h->again.n) {
		*ret_task = h->again.tasks[h->again.first++];
		if (!ret_task->discovery || h->discovering)
			return true;
	}
	while (!h->discovering && h->next < plan->tcp.n) {
		uint16_t port = plan->tcp.ports[permutation_at(&h->order, h->next++)];

		*ret_task = (struct connect_task){ .port = port };
		if (!was_told(h, plan, port))
			return true;
		h->skipped++;
	}
	return false;
}

int connect_host_revive(struct connect_host *h)
{
	size_t kept = 0;
	int revived = 0;

	for (size_t i = 0; i < h->silent.n; i++) {
		struct connect_task t = h->silent.tasks[i];

		if (t.tries >= h->tries) {
			h->silent.tasks[kept++] = t;
		} else if (connect_queue_put(&h->again, t) < 0) {
			return -ENOMEM;
		} else {
			revived++;
		}
	}
	h->silent.n = kept;
	return revived;
}

void connect_host_drop(struct connect_host *h, const struct scan_plan *plan)
{
	h->dropped += (uint32_t)(plan->tcp.n - h->next);
	h->next = (uint32_t)plan->tcp.n;
	for (; h->again.first < h->again.n; h->again.first++)
		h->dropped += !h->again.tasks[h->again.first].discovery;
	h->discovery_left = 0;
	h->tries = 0;
}

bool connect_host_is_done(const struct connect_host *h, const struct scan_plan *plan)
{
	return !h->discovering && !h->in_flight && h->next >= plan->tcp.n &&
	       h->again.first == h->again.n;
}

/* ---- time ---- */

/* RFC 6298, 2.2 and 2.3: alpha 1/8, beta 1/4, K 4. */
static void measure(struct connect_rtt *r, uint64_t rtt_ns)
{
	uint64_t off = rtt_ns > r->smoothed ? rtt_ns - r->smoothed : r->smoothed - rtt_ns;

	rtt_ns = MAX(rtt_ns, 1);
	if (!r->smoothed) {
		r->smoothed = rtt_ns;
		r->variation = rtt_ns / 2;
	} else {
		r->variation = (3 * r->variation + off) / 4;
		r->smoothed = (7 * r->smoothed + rtt_ns) / 8;
	}
	r->timeout = r->smoothed + 4 * r->variation;
}

uint64_t connect_host_timeout(const struct connect_host *h, const struct scan_plan *plan,
			      unsigned tries)
{
	uint64_t least = plan->timing.timeout_min_ms * NS_PER_MS,
		 most = plan->timing.timeout_max_ms * NS_PER_MS, t = MAX(h->rtt.timeout, least);

	/* Each further try waits twice as long (5.5), so that a path that became slow is heard. */
	for (; tries > 1 && t < most; tries--)
		t *= 2;
	return MIN(t, most);
}

/* ---- how many at once ---- */

/* So that ports that answer are missed no more often than MISSED_MOST. */
static uint8_t tries_for_loss(uint64_t answers, uint64_t lost, unsigned least)
{
	double p = (double)lost / (double)(answers + lost);

	return (uint8_t)MIN(MAX((unsigned)ceil(log(MISSED_MOST) / log(p)), least),
			    CONNECT_TRIES_MAX);
}

static void judge_trial(struct connect_host *h, double loss, uint32_t most)
{
	struct connect_epoch *e = &h->epoch;
	/* Less is lost; or, where nearly all was, much more comes through. */
	bool helped = loss < .75 * e->before || 1 - loss > 1.3 * (1 - e->before);

	if (!helped) {
		e->usual = MAX(e->usual, loss);
		h->window = MAX(h->window, e->window);
	}
	h->threshold = helped ? h->window : most;
}

static void end_epoch(struct connect_host *h, uint32_t most)
{
	struct connect_epoch *e = &h->epoch;
	double loss = (double)e->lost / (double)(e->answers + e->lost);

	if (e->trial) {
		/* What is told in the first of its two was lost before. */
		if (!--e->trial)
			judge_trial(h, loss, most);
	} else if (loss > 1.5 * e->usual + .02) {
		e->before = loss;
		e->window = h->window;
		h->window = h->threshold = MAX(h->window / 2, WINDOW_LEAST);
		e->trial = 2;
	} else {
		e->usual = MIN(e->usual, (e->usual + loss) / 2);
	}
	e->answers = e->lost = 0;
}

/* A port that is silent at first and answers later tells of a loss. One that stays silent tells
 * nothing. */
void connect_host_answered(struct connect_host *h, const struct scan_plan *plan,
			   const struct connect_attempt *a, uint64_t now_ns)
{
	unsigned before = a->task.tries - 1U;

	h->answered = true;
	h->discovering = false;
	measure(&h->rtt, now_ns - a->started_ns);
	h->answers++;
	h->lost += before;
	h->epoch.answers++;
	h->epoch.lost += before;
	if (before) {
		h->tries = tries_for_loss(h->answers, h->lost,
					  MIN(plan->timing.retries + 1, CONNECT_TRIES_MAX));
	} else if (2 * h->in_flight >= h->window) {
		h->window += h->window < h->threshold ? 1 : 1 / h->window;
		h->window = MIN(h->window, plan->timing.in_flight);
	}
	if ((double)h->epoch.answers >= MAX(h->window, EPOCH_LEAST))
		end_epoch(h, plan->timing.in_flight);
}

int connect_host_timed_out(struct connect_host *h, const struct scan_plan *plan,
			   struct connect_task task)
{
	unsigned most = task.discovery ? DISCOVERY_TRIES : h->tries; /* 0: dropped */
	struct connect_queue *q = task.tries < most ? &h->again : &h->silent;
	int error;

	if (task.discovery && (!h->discovering || q == &h->silent)) {
		h->discovery_left -= h->discovering;
		return 0;
	}
	/* Where little is lost, silence is a filter's, and no reason to be slow. */
	if (!h->epoch.trial)
		h->window = MIN(h->window + .5, MIN(plan->timing.in_flight, 1024));
	error = connect_queue_put(q, task);
	return error < 0 ? error : q == &h->again;
}
