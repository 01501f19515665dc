/*
 * The connect engine on two threads: what asks is busy with the system's own work, so that a second
 * processor makes it nearly twice as quick.
 *
 * Of many hosts each engine takes every second one. Of few, each takes every second port of all of
 * them; a host's end is told when both have told it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "base/threads.h"
#include "scan/connect_internal.h"
#include "scan/ports.h"

#define HOSTS_FEW    64
#define WORTH_ASKING 4096 /* ports in all, below which one thread is enough */

/* How a host of few ended. */
struct host_end {
	struct net_addr addr;
	int n; /* engines that have told it */
	uint32_t silent, up;
	enum port_state state;
};

struct pair {
	const struct scan_plan *plan;
	const struct scan_listener *listener; /* whoever called: one call at a time */
	pthread_mutex_t mutex;
	struct scan_progress *progress;
	const atomic_bool *stop;
	struct connect_part parts[2];
	struct scan_plan plans[2];
	struct host_end ends[HOSTS_FEW];
	size_t n_ends;
	bool by_port;
	atomic_int next;
	atomic_bool failed;
	struct failure failure;
};

static struct host_end *find_end(struct pair *p, struct net_addr host)
{
	for (size_t i = 0; i < p->n_ends; i++) {
		if (addr_equal(p->ends[i].addr, host))
			return &p->ends[i];
	}
	p->ends[p->n_ends] = (struct host_end){ .addr = host };
	return &p->ends[p->n_ends++];
}

static void on_port(void *arg, const struct port_outcome *o)
{
	struct pair *p = arg;

	pthread_mutex_lock(&p->mutex);
	p->listener->port(p->listener->arg, o);
	pthread_mutex_unlock(&p->mutex);
}

static void on_up(void *arg, struct net_addr host, enum port_reason reason)
{
	struct pair *p = arg;

	pthread_mutex_lock(&p->mutex);
	p->listener->up(p->listener->arg, host, reason);
	pthread_mutex_unlock(&p->mutex);
}

/* To one engine a host may be down, and to the other not: then it is up, and its ports silent. */
static void end_host(struct pair *p, struct net_addr host, bool up, enum port_state state,
		     uint32_t silent)
{
	struct host_end *end = find_end(p, host);

	end->silent += silent;
	end->up += up;
	end->state = state;
	if (++end->n < 2)
		return;
	if (end->up)
		p->listener->host(p->listener->arg, host, IPPROTO_TCP, end->state, end->silent);
	else
		p->listener->down(p->listener->arg, host);
}

static void on_host(void *arg, struct net_addr host, uint8_t protocol, enum port_state silent,
		    uint32_t n_silent)
{
	struct pair *p = arg;

	pthread_mutex_lock(&p->mutex);
	if (p->by_port)
		end_host(p, host, true, silent, n_silent);
	else
		p->listener->host(p->listener->arg, host, protocol, silent, n_silent);
	pthread_mutex_unlock(&p->mutex);
}

static void on_down(void *arg, struct net_addr host)
{
	struct pair *p = arg;
	uint32_t half = (uint32_t)p->plans[0].tcp.n;

	pthread_mutex_lock(&p->mutex);
	if (p->by_port)
		end_host(p, host, false, PORT_FILTERED, half);
	else
		p->listener->down(p->listener->arg, host);
	pthread_mutex_unlock(&p->mutex);
}

static void work(void *arg)
{
	struct pair *p = arg;
	const struct scan_listener listener = { on_port, on_host, on_up, on_down, p };
	int k;

	while ((k = atomic_fetch_add(&p->next, 1)) < 2) {
		struct diagnosis d = { "" };
		int error = connect_run_part(&p->plans[k], p->parts[k], &listener, p->progress,
					     p->stop, &p->failed, &d);

		if (error < 0) {
			atomic_store(&p->failed, true);
			failure_note(&p->failure, error, &d);
		}
	}
}

static int take_half(const struct port_list *all, size_t first, struct port_list *ret)
{
	ret->n = 0;
	ret->ports = malloc((all->n / 2 + 1) * sizeof(*ret->ports));
	if (!ret->ports)
		return -ENOMEM;
	for (size_t i = first; i < all->n; i += 2)
		ret->ports[ret->n++] = all->ports[i];
	return 0;
}

static int split(struct pair *p)
{
	int error = 0;

	p->by_port = p->plan->n_hosts <= HOSTS_FEW;
	for (unsigned k = 0; k < 2 && !error; k++) {
		struct scan_timing *t = &p->plans[k].timing;

		p->plans[k] = *p->plan;
		p->parts[k] =
			p->by_port ? (struct connect_part){ 0, 1 } : (struct connect_part){ k, 2 };
		t->in_flight = MAX(t->in_flight / 2, 1);
		t->rate_pps /= 2;
		if (p->by_port) {
			p->plans[k].tcp = (struct port_list){ 0 };
			error = take_half(&p->plan->tcp, k, &p->plans[k].tcp);
		}
	}
	return error;
}

/* Where somebody wants it slow, one thread is more than enough. */
bool connect_is_worth_two(const struct scan_plan *plan)
{
	const struct scan_timing *t = &plan->timing;

	return plan->tcp.n > 1 && plan->n_hosts * plan->tcp.n >= WORTH_ASKING && t->host_pps <= 0 &&
	       (t->rate_pps <= 0 || t->rate_pps > 20000) && t->in_flight > 64;
}

int connect_run_two(const struct scan_plan *plan, const struct scan_listener *listener,
		    struct scan_progress *progress, const atomic_bool *stop, struct diagnosis *d)
{
	struct pair *p = calloc(1, sizeof(*p));
	int error;

	if (!p)
		return -ENOMEM;
	p->plan = plan;
	p->listener = listener;
	p->progress = progress;
	p->stop = stop;
	pthread_mutex_init(&p->mutex, NULL);
	failure_init(&p->failure, d);
	error = split(p);
	if (!error) {
		run_on_two_threads(work, p);
		error = failure_error(&p->failure);
	}
	for (int k = 0; k < 2 && p->by_port; k++)
		port_list_finish(&p->plans[k].tcp);
	failure_finish(&p->failure);
	pthread_mutex_destroy(&p->mutex);
	free(p);
	return error;
}
