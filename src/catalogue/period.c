#include "catalogue/period.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/floods_internal.h"
#include "catalogue/period_count_internal.h"

const uint8_t period_left_marks[PERIOD_LEFT_COUNT] = {
	[PERIOD_LEFT_EXCLUDED] = MARK_EXCLUDED,
	[PERIOD_LEFT_FTP_DATA] = MARK_FTP_DATA,
	[PERIOD_LEFT_SPLIT_HANDSHAKE] = MARK_SPLIT_HANDSHAKE,
	[PERIOD_LEFT_OWN_SCAN] = MARK_OWN_SCAN,
	[PERIOD_LEFT_INSIDE] = MARK_INSIDE,
};

int period_busy_order(const struct period_busy *a, const struct period_busy *b)
{
	if (a->packets != b->packets)
		return a->packets > b->packets ? -1 : 1;
	return addr_compare(a->peer, b->peer);
}

/* ---- ports ---- */

static int port_order(const void *a, const void *b)
{
	const struct period_port *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return (x->protocol > y->protocol) - (x->protocol < y->protocol);
}

static struct period_port port_of(const struct period_scan *s, size_t service)
{
	return (struct period_port){ s->services[service].port, s->services[service].protocol, 0, 0,
				     0 };
}

/* Every port of the services, once, and the place of each service's among them. */
static int find_ports(struct period_work *w)
{
	const struct period_scan *s = &w->scan;
	size_t n = s->n_services, kept = 0;

	w->ports = malloc((n + 1) * sizeof(*w->ports));
	w->port_of = malloc((n + 1) * sizeof(*w->port_of));
	if (!w->ports || !w->port_of)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		w->ports[i] = port_of(s, i);
	qsort(w->ports, n, sizeof(*w->ports), port_order);
	for (size_t i = 0; i < n; i++) {
		if (!kept || port_order(&w->ports[kept - 1], &w->ports[i]) != 0)
			w->ports[kept++] = w->ports[i];
	}
	w->n_ports = kept;
	for (size_t i = 0; i < n; i++) {
		const struct period_port key = port_of(s, i);
		const struct period_port *found =
			bsearch(&key, w->ports, kept, sizeof(key), port_order);

		w->port_of[i] = (uint32_t)(found - w->ports);
	}
	return 0;
}

/* ---- results ---- */

static void unite_bits(uint64_t *to, const uint64_t *from, size_t words)
{
	for (size_t i = 0; i < words; i++)
		to[i] |= from[i];
}

/* The second counter's counts are added to the first one's. */
static int unite_counters(struct period_work *w)
{
	struct period_counter *a = &w->counters[0], *b = &w->counters[1];
	uint32_t universe = period_ids_count(&w->scan.ids);
	int error = 0;

	for (size_t i = 0; i < w->scan.n_services; i++)
		a->service_packets[i] += b->service_packets[i];
	unite_bits(a->seen, b->seen, w->scan.n_services * w->seen_words);
	unite_bits(a->all_peers, b->all_peers, universe / 64 + 1);
	for (int k = 0; k < PERIOD_LEFT_COUNT; k++) {
		a->left_packets[k] += b->left_packets[k];
		unite_bits(a->left_services[k], b->left_services[k], w->scan.n_services / 64 + 1);
	}
	for (size_t i = 0; i < w->n_ports && !error; i++) {
		error = id_set_unite(&a->port_peers[i], &b->port_peers[i], universe);
		id_set_finish(&b->port_peers[i]);
	}
	return error;
}

static int take_services(const struct period_work *w, struct period_counts *r)
{
	const struct period_counter *c = &w->counters[0];
	size_t n = w->scan.n_services;

	r->seen_words = w->seen_words;
	r->services = malloc((n + 1) * sizeof(*r->services));
	r->seen = malloc((n * w->seen_words + 1) * sizeof(*r->seen));
	if (!r->services || !r->seen)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct period_service s = w->scan.services[i];

		if (!c->service_packets[i])
			continue;
		memcpy(r->seen + r->n_services * r->seen_words, c->seen + i * r->seen_words,
		       r->seen_words * sizeof(*r->seen));
		s.packets = c->service_packets[i];
		r->services[r->n_services++] = s;
		r->packets += c->service_packets[i];
		w->ports[w->port_of[i]].packets += c->service_packets[i];
	}
	return 0;
}

static int take_ports(const struct period_work *w, struct period_counts *r)
{
	r->ports = malloc((w->n_ports + 1) * sizeof(*r->ports));
	if (!r->ports)
		return -ENOMEM;
	for (size_t i = 0; i < w->n_ports; i++) {
		if (!w->ports[i].packets)
			continue;
		r->ports[r->n_ports] = w->ports[i];
		r->ports[r->n_ports].peers = flood_sum(id_set_count(&w->counters[0].port_peers[i]),
						       w->ports[i].counted_peers);
		r->n_ports++;
	}
	return 0;
}

static void take_left_out(const struct period_work *w, struct period_counts *r)
{
	const struct period_counter *c = &w->counters[0];
	const struct period_service *all = w->scan.services;

	for (int k = 0; k < PERIOD_LEFT_COUNT; k++) {
		struct period_left_out *l = &r->left[k];
		const struct net_addr *last = NULL;

		l->packets = c->left_packets[k];
		for (size_t i = 0; i < w->scan.n_services; i++) {
			if (!(c->left_services[k][i / 64] >> (i % 64) & 1))
				continue;
			l->services++;
			l->hosts += !last || !addr_equal(*last, all[i].host);
			last = &all[i].host;
		}
	}
}

static int take_results(struct period_work *w, struct period_counts *r)
{
	size_t words = period_ids_count(&w->scan.ids) / 64 + 1;
	int error = unite_counters(w);

	if (!error)
		error = take_services(w, r);
	if (!error)
		error = take_ports(w, r);
	if (error < 0)
		return error;
	for (size_t i = 0; i < words; i++)
		r->peers += (uint64_t)__builtin_popcountll(w->counters[0].all_peers[i]);
	r->peers = flood_sum(r->peers, r->counted_peers);
	/* Services have theirs already. */
	for (size_t i = 0; i < r->n_floods; i++) {
		if (!r->floods[i].protocol)
			r->packets = flood_sum(r->packets, r->floods[i].packets);
	}
	take_left_out(w, r);
	return 0;
}

void period_counts_finish(struct period_counts *p)
{
	free(p->days);
	free(p->services);
	free(p->seen);
	free(p->ports);
	free(p->floods);
	memset(p, 0, sizeof(*p));
}

int catalogue_period(struct catalogue *c, const struct period_query *q,
		     struct period_counts *ret_counts, struct diagnosis *d)
{
	struct period_work w = { .counters = { { .work = &w }, { .work = &w } } };
	int error = period_scan_init(&w.scan, c, q, d);

	if (!error)
		error = period_ids_make(&w.scan.ids, w.scan.files, w.scan.n_files, c->config);
	memset(ret_counts, 0, sizeof(*ret_counts));
	ret_counts->first_day = q->first_day;
	ret_counts->n_days = w.scan.n_days;
	ret_counts->days = calloc((size_t)w.scan.n_days + 1, sizeof(*ret_counts->days));
	w.days = ret_counts->days;
	w.seen_words = w.scan.n_days / 64 + 1;
	if (!error && !w.days)
		error = -ENOMEM;
	if (!error)
		error = find_ports(&w);
	if (!error)
		error = period_work_run(&w, d);
	if (!error)
		error = period_floods_count(&w, ret_counts);
	if (!error)
		error = take_results(&w, ret_counts);
	for (int i = 0; i < 2; i++)
		period_counter_finish(&w.counters[i]);
	free(w.ports);
	free(w.port_of);
	period_scan_finish(&w.scan);
	return error;
}
