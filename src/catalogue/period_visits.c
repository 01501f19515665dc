#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/period_internal.h"

#define VISITORS_MAX 254

struct visits {
	struct period_scan scan;
	uint8_t *visitor;     /* by id: its number and 1, or 0 */
	uint64_t *packets[2]; /* [visitor][service], of each thread; then all in the first */
	size_t n;
	atomic_uint n_threads;
	atomic_size_t next_slice;
	struct failure failure;
};

static void take_slice(const struct visits *v, const struct period_slice *slice,
		       const struct part_summary *s, uint64_t *packets)
{
	const struct period_file *file = &v->scan.files[slice->file];
	uint32_t pair = 0;

	for (uint32_t i = 0; i < s->n_series; i++) {
		const struct period_series *series = &file->series[s->series[i]];

		if (series->left != PERIOD_SHOWN)
			pair = s->pair_end[i];
		for (; pair < s->pair_end[i]; pair++) {
			uint8_t visitor = v->visitor[file->ids[s->peer[pair]]];

			if (visitor) {
				packets[(visitor - 1) * v->scan.n_overall + series->service] +=
					s->packets[pair];
			}
		}
	}
}

static int find_visitors(struct visits *v, const struct net_addr *peers, size_t n)
{
	const struct period_ids *ids = &v->scan.ids;
	bool with_inside = v->scan.query->include & MARK_INSIDE;

	v->n = n;
	v->visitor = calloc((size_t)period_ids_count(ids) + 1, 1);
	for (int i = 0; i < 2; i++)
		v->packets[i] = calloc(n * v->scan.n_overall + 1, sizeof(*v->packets[i]));
	if (!v->visitor || !v->packets[0] || !v->packets[1])
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		uint32_t id = period_ids_find(ids, peers[i]);

		if (id != UINT32_MAX && (with_inside || !ids->inside || !ids->inside[id]))
			v->visitor[id] = (uint8_t)(i + 1);
	}
	return 0;
}

static int by_port(const void *a, const void *b)
{
	const struct period_knock *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return (x->protocol > y->protocol) - (x->protocol < y->protocol);
}

static int by_packets(const void *a, const void *b)
{
	const struct period_knock *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return by_port(a, b);
}

/* One entry a port. */
static void unite_ports(struct period_visit *r)
{
	size_t n = 0;

	qsort(r->ports, r->n_ports, sizeof(*r->ports), by_port);
	for (size_t i = 0; i < r->n_ports; i++) {
		if (n && by_port(&r->ports[n - 1], &r->ports[i]) == 0) {
			r->ports[n - 1].packets += r->ports[i].packets;
		} else {
			r->ports[n++] = r->ports[i];
		}
	}
	r->n_ports = n;
	qsort(r->ports, n, sizeof(*r->ports), by_packets);
}

static int take_visit(const struct visits *v, size_t visitor, struct period_visit *r)
{
	const uint64_t *packets = v->packets[0] + visitor * v->scan.n_overall;
	const struct net_addr *last = NULL;

	r->ports = malloc((v->scan.n_overall + 1) * sizeof(*r->ports));
	if (!r->ports)
		return -ENOMEM;
	for (size_t i = 0; i < v->scan.n_overall; i++) {
		const struct tally_service *s = &v->scan.overall[i];

		if (!packets[i])
			continue;
		r->packets += packets[i];
		r->hosts += !last || !addr_equal(*last, s->host);
		last = &s->host;
		r->ports[r->n_ports++] = (struct period_knock){ s->port, s->protocol, packets[i] };
	}
	unite_ports(r);
	return 0;
}

static void read_slices(void *user)
{
	struct visits *v = user;
	uint64_t *packets = v->packets[atomic_fetch_add(&v->n_threads, 1)];
	struct period_reader r;
	size_t next;

	period_reader_init(&r, &v->scan);
	while (!failure_error(&v->failure) &&
	       (next = atomic_fetch_add(&v->next_slice, 1)) < v->scan.n_slices) {
		struct diagnosis words = { "" };
		int error = period_reader_read(&r, &v->scan.slices[next], &words);

		if (error < 0) {
			failure_note(&v->failure, error, &words);
		} else {
			take_slice(v, &v->scan.slices[next], &r.summary, packets);
		}
	}
	period_reader_finish(&r);
}

static int read_all(struct visits *v, struct diagnosis *d)
{
	int error;

	failure_init(&v->failure, d);
	run_on_two_threads(read_slices, v);
	error = failure_error(&v->failure);
	failure_finish(&v->failure);
	for (size_t i = 0; i < v->n * v->scan.n_overall; i++)
		v->packets[0][i] += v->packets[1][i];
	return error;
}

int catalogue_period_visits(struct catalogue *c, const struct period_query *q,
			    const struct net_addr *peers, size_t n, struct period_visit *ret_visits,
			    struct diagnosis *d)
{
	struct visits v = { 0 };
	int error = n > VISITORS_MAX ? ERR_LIMIT : 0;

	memset(ret_visits, 0, n * sizeof(*ret_visits));
	for (size_t i = 0; i < n; i++)
		ret_visits[i].peer = peers[i];
	if (!error)
		error = period_scan_init(&v.scan, c, q, d);
	if (!error)
		error = find_visitors(&v, peers, n);
	if (!error)
		error = read_all(&v, d);
	for (size_t i = 0; i < n && !error; i++)
		error = take_visit(&v, i, &ret_visits[i]);
	free(v.visitor);
	free(v.packets[0]);
	free(v.packets[1]);
	period_scan_finish(&v.scan);
	return error;
}

void period_visits_finish(struct period_visit *visits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(visits[i].ports);
		visits[i].ports = NULL;
		visits[i].n_ports = 0;
	}
}
