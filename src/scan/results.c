#include "scan/results.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "scan/ports.h"
#include "scan/results_internal.h"

#define ROOM_FEW 2

void results_init(struct scan_results *r, const struct scan_plan *plan)
{
	*r = (struct scan_results){ .plan = plan };
}

void scan_host_finish(struct scan_host *h)
{
	for (size_t i = 0; i < h->n_ports; i++)
		service_finish(&h->ports[i].service);
	free(h->ports);
	free(h->counts);
	free(h->name);
	free(h->told[0]);
	free(h->told[1]);
}

void results_finish(struct scan_results *r)
{
	for (size_t i = 0; i < r->n_hosts; i++)
		scan_host_finish(&r->hosts[i]);
	free(r->hosts);
	free(r->index);
	results_init(r, NULL);
}

/* ---- hosts ---- */

static size_t slot_of(const struct scan_results *r, struct net_addr a)
{
	size_t slot = hash_mix(a.hi ^ hash_mix(a.lo)) & (r->index_room - 1);

	while (r->index[slot] && !addr_equal(r->hosts[r->index[slot] - 1].addr, a))
		slot = (slot + 1) & (r->index_room - 1);
	return slot;
}

static int rebuild_index(struct scan_results *r, size_t room)
{
	uint32_t *grown = calloc(room, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	free(r->index);
	r->index = grown;
	r->index_room = room;
	for (size_t i = 0; i < r->n_hosts; i++)
		r->index[slot_of(r, r->hosts[i].addr)] = (uint32_t)(i + 1);
	return 0;
}

static const struct scan_host *find_host(const struct scan_results *r, struct net_addr a)
{
	uint32_t place;

	if (!r->index_room)
		return NULL;
	place = r->index[slot_of(r, a)];
	return place ? &r->hosts[place - 1] : NULL;
}

struct scan_host *results_host(struct scan_results *r, struct net_addr a)
{
	struct scan_host *grown;
	size_t slot;

	if (r->last < r->n_hosts && addr_equal(r->hosts[r->last].addr, a))
		return &r->hosts[r->last];
	if (2 * (r->n_hosts + 1) > r->index_room &&
	    rebuild_index(r, r->index_room ? 2 * r->index_room : 64) < 0)
		return NULL;
	slot = slot_of(r, a);
	if (!r->index[slot]) {
		grown = array_make_room(r->hosts, r->n_hosts, &r->room, sizeof(*r->hosts));
		if (!grown)
			return NULL;
		r->hosts = grown;
		r->hosts[r->n_hosts++] = (struct scan_host){ .addr = a };
		r->index[slot] = (uint32_t)r->n_hosts;
	}
	r->last = r->index[slot] - 1;
	return &r->hosts[r->last];
}

/* Hosts are many, and most have few ports open: the first room is small. */
static void *make_room_for_few(void *array, size_t count, size_t *room, size_t size)
{
	void *made;

	if (*room)
		return array_make_room(array, count, room, size);
	made = malloc(ROOM_FEW * size);
	if (made)
		*room = ROOM_FEW;
	return made;
}

int results_add_port(struct scan_host *h, struct port_outcome *outcome)
{
	struct port_outcome *grown =
		make_room_for_few(h->ports, h->n_ports, &h->ports_room, sizeof(*outcome));

	if (!grown)
		return -ENOMEM;
	h->ports = grown;
	h->ports[h->n_ports++] = *outcome;
	service_init(&outcome->service);
	if (outcome->time_ns) {
		h->first_ns = h->first_ns ? MIN(h->first_ns, outcome->time_ns) : outcome->time_ns;
		h->last_ns = MAX(h->last_ns, outcome->time_ns);
	}
	return 0;
}

int results_add_count(struct scan_host *h, struct scan_count count)
{
	struct scan_count *grown;

	for (size_t i = 0; i < h->n_counts; i++) {
		struct scan_count *c = &h->counts[i];

		if (c->protocol == count.protocol && c->state == count.state &&
		    c->reason == count.reason) {
			c->ports += count.ports;
			return 0;
		}
	}
	grown = make_room_for_few(h->counts, h->n_counts, &h->counts_room, sizeof(count));
	if (!grown)
		return -ENOMEM;
	h->counts = grown;
	h->counts[h->n_counts++] = count;
	return 0;
}

/* ---- what was told ---- */

static int place_of(const struct port_list *list, uint16_t port)
{
	size_t low = 0, high = list->n;

	/* All ports, which is frequent. */
	if (list->n == 65535)
		return port ? port - 1 : -1;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->ports[middle] < port)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->n && list->ports[low] == port ? (int)low : -1;
}

const struct port_list *results_list(const struct scan_results *r, int which)
{
	return which ? &r->plan->udp : &r->plan->tcp;
}

bool results_told(const struct scan_results *r, struct net_addr host, uint8_t protocol,
		  uint16_t port, enum port_state *ret_state)
{
	int which = protocol == IPPROTO_UDP;
	const struct scan_host *h = find_host(r, host);
	int place;

	*ret_state = PORT_CLOSED;
	if (!h || h->done[which])
		return h != NULL;
	place = place_of(results_list(r, which), port);
	if (place < 0 || !h->told[which] || !h->told[which][place])
		return false;
	*ret_state = told_state(h->told[which][place]);
	return true;
}

bool results_host_done(const struct scan_results *r, struct net_addr host, uint8_t protocol)
{
	const struct scan_host *h = find_host(r, host);

	return h && h->done[protocol == IPPROTO_UDP];
}

static bool is_open(enum port_state state)
{
	return state == PORT_OPEN;
}

bool results_mark_told(struct scan_results *r, struct scan_host *h, int which, uint16_t port,
		       uint8_t byte)
{
	int place = place_of(results_list(r, which), port);

	if (place < 0)
		return false;
	h->told[which][place] = byte;
	return true;
}

/* A port that is open since a state was read has no evidence until it answers again. */
static void note_evidence(struct scan_results *r, struct scan_host *h, const struct port_outcome *o)
{
	for (size_t i = 0; i < h->n_ports && o->service.evidence; i++) {
		struct port_outcome *p = &h->ports[i];

		if (p->protocol == o->protocol && p->port == o->port && !p->service.evidence &&
		    service_keep(&p->service, o->service.evidence, o->service.evidence_bytes) < 0)
			r->error = -ENOMEM;
	}
}

void results_note(struct scan_results *r, struct scan_host *h, const struct port_outcome *o)
{
	int which = o->protocol == IPPROTO_UDP;
	const struct port_list *list = results_list(r, which);
	int place = place_of(list, o->port);

	if (place < 0 || h->done[which])
		return;
	if (!h->told[which] && !(h->told[which] = calloc(list->n, 1))) {
		r->error = -ENOMEM;
		return;
	}
	if (h->told[which][place]) {
		note_evidence(r, h, o);
		return;
	}
	h->told[which][place] = told_byte(o->state, o->reason);
	if (is_open(o->state)) {
		struct port_outcome copy = *o;

		/* UDP: what came back is what the version is read from. */
		service_init(&copy.service);
		if (o->service.evidence &&
		    service_keep(&copy.service, o->service.evidence, o->service.evidence_bytes) < 0)
			r->error = -ENOMEM;
		if (results_add_port(h, &copy) < 0) {
			service_finish(&copy.service);
			r->error = -ENOMEM;
		}
		if (!r->error && r->found)
			r->found(r->found_arg, o);
	}
}

static void note_up(struct scan_host *h, enum port_state state, enum port_reason reason)
{
	bool answered = state == PORT_OPEN || state == PORT_CLOSED || state == PORT_UNFILTERED;

	if (answered && !h->up) {
		h->up = true;
		h->reason = reason;
	}
}

static void on_port(void *arg, const struct port_outcome *o)
{
	struct scan_results *r = arg;
	struct scan_host *h = results_host(r, o->host);

	if (!h) {
		r->error = -ENOMEM;
		return;
	}
	note_up(h, o->state, o->reason);
	h->first_ns = h->first_ns ? MIN(h->first_ns, o->time_ns) : o->time_ns;
	h->last_ns = MAX(h->last_ns, o->time_ns);
	results_note(r, h, o);
}

/* ---- a host's end ---- */

static void list_or_count(struct scan_results *r, struct scan_host *h, int which, uint8_t byte,
			  uint32_t n, bool listed)
{
	const struct port_list *list = results_list(r, which);
	uint8_t protocol = which ? IPPROTO_UDP : IPPROTO_TCP;

	if (!listed) {
		if (results_add_count(h, (struct scan_count){ protocol, told_state(byte),
							      told_reason(byte), n }) < 0)
			r->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		struct port_outcome o = { .host = h->addr,
					  .port = list->ports[i],
					  .protocol = protocol,
					  .state = told_state(byte),
					  .reason = told_reason(byte),
					  .time_ns = h->last_ns };

		service_init(&o.service);
		if (h->told[which][i] == byte && results_add_port(h, &o) < 0)
			r->error = -ENOMEM;
	}
}

/* Of each state: few ports are listed, many are counted, by their reasons. */
static void end_protocol(struct scan_results *r, struct scan_host *h, int which)
{
	uint32_t counts[TOLD_MAX + 1] = { 0 }, of_state[PORT_STATES] = { 0 };
	const struct port_list *list = results_list(r, which);

	for (size_t i = 0; h->told[which] && i < list->n; i++) {
		uint8_t byte = h->told[which][i];

		counts[byte]++;
		if (byte)
			of_state[told_state(byte)]++;
	}
	for (int byte = 1; byte <= TOLD_MAX; byte++) {
		enum port_state state = told_state((uint8_t)byte);

		if (counts[byte] && !is_open(state)) {
			list_or_count(r, h, which, (uint8_t)byte, counts[byte],
				      of_state[state] <= RESULTS_LISTED_MAX);
		}
	}
	free(h->told[which]);
	h->told[which] = NULL;
	h->done[which] = true;
}

/* Those that were not told one by one. */
static void fill_silent(struct scan_results *r, struct scan_host *h, int which,
			enum port_state state)
{
	const struct port_list *list = results_list(r, which);

	if (!h->told[which] && !(h->told[which] = calloc(list->n, 1))) {
		r->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		if (!h->told[which][i])
			h->told[which][i] = told_byte(state, REASON_NO_RESPONSE);
	}
}

static void on_host(void *arg, struct net_addr host, uint8_t protocol, enum port_state silent,
		    uint32_t n_silent)
{
	struct scan_results *r = arg;
	int which = protocol == IPPROTO_UDP;
	struct scan_host *h = results_host(r, host);

	if (!h) {
		r->error = -ENOMEM;
		return;
	}
	if (h->done[which])
		return;
	if (n_silent)
		fill_silent(r, h, which, silent);
	if (r->plan->up && !h->up) {
		h->up = true;
		h->reason = REASON_USER_SET;
	}
	end_protocol(r, h, which);
}

static void on_up(void *arg, struct net_addr host, enum port_reason reason)
{
	struct scan_results *r = arg;
	struct scan_host *h = results_host(r, host);

	if (!h)
		r->error = -ENOMEM;
	else if (!h->up)
		h->reason = reason;
	if (h)
		h->up = true;
}

static void on_down(void *arg, struct net_addr host)
{
	struct scan_results *r = arg;
	const struct scan_host *h = find_host(r, host);

	/* Silent to UDP's questions, after TCP's had found it: up, and its ports may be open. */
	if (h && h->up && r->plan->udp.n)
		on_host(arg, host, IPPROTO_UDP, PORT_OPEN_FILTERED, (uint32_t)r->plan->udp.n);
	else
		r->n_down++;
}

struct scan_listener results_listener(struct scan_results *r)
{
	return (struct scan_listener){ on_port, on_host, on_up, on_down, r };
}

static int host_order(const void *a, const void *b)
{
	return addr_compare(((const struct scan_host *)a)->addr,
			    ((const struct scan_host *)b)->addr);
}

static int port_order(const void *a, const void *b)
{
	const struct port_outcome *x = a, *y = b;

	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	return x->port - y->port;
}

int results_end(struct scan_results *r)
{
	for (size_t i = 0; i < r->n_hosts; i++) {
		struct scan_host *h = &r->hosts[i];

		for (int which = 0; r->plan && which < 2; which++) {
			if (!h->done[which])
				end_protocol(r, h, which);
		}
		if (h->n_ports)
			qsort(h->ports, h->n_ports, sizeof(*h->ports), port_order);
	}
	if (r->n_hosts)
		qsort(r->hosts, r->n_hosts, sizeof(*r->hosts), host_order);
	r->last = 0;
	if (!r->error && r->index_room)
		r->error = rebuild_index(r, r->index_room);
	return r->error;
}

uint64_t results_count(const struct scan_host *h, uint8_t protocol, enum port_state state)
{
	uint64_t n = 0;

	for (size_t i = 0; i < h->n_counts; i++) {
		if (h->counts[i].protocol == protocol && h->counts[i].state == state)
			n += h->counts[i].ports;
	}
	return n;
}
