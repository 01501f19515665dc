#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "catalogue/period_internal.h"

/* One day being read, by two threads that share its slices. */
struct visits {
	struct period_scan scan;
	const struct period_visit_day *day;
	/* Of each file, the ranks of the day's peers: UINT32_MAX where it has not met one, and
	 * always for peers that are left out. */
	uint32_t (*ranks)[PERIOD_BUSIEST];
	uint64_t *packets[2]; /* [peer][service], of each thread; then all in the first */
	atomic_uint n_threads;
	atomic_size_t next_slice;
	size_t end_slice;
	struct failure failure;
};

/* Ranks ascend within a series: each peer is looked for by halving. */
static uint32_t packets_of(const struct part_summary *s, uint32_t start, uint32_t end,
			   uint32_t rank)
{
	uint32_t low = start, high = end;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (s->peer[middle] < rank) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < end && s->peer[low] == rank ? s->packets[low] : 0;
}

static void take_slice(const struct visits *v, const struct period_slice *slice,
		       const struct part_summary *s, uint64_t *packets)
{
	const struct period_file *file = &v->scan.files[slice->file];

	for (uint32_t i = 0; i < s->n_series; i++) {
		const struct period_series *series = &file->series[s->series[i]];
		uint32_t start = i ? s->pair_end[i - 1] : 0;

		for (size_t k = 0; k < v->day->n && series->left == PERIOD_SHOWN; k++) {
			packets[k * v->scan.n_services + series->service] +=
				packets_of(s, start, s->pair_end[i], v->ranks[slice->file][k]);
		}
	}
}

static bool is_left_out(const struct period_scan *s, struct net_addr peer)
{
	return !(s->query->include & MARK_INSIDE) &&
	       prefix_set_contains(&s->catalogue->config->networks, peer);
}

static void find_ranks(struct visits *v)
{
	for (size_t f = 0; f < v->scan.n_files; f++) {
		for (size_t k = 0; k < v->day->n; k++) {
			struct net_addr peer = v->day->visits[k].peer;

			v->ranks[f][k] = is_left_out(&v->scan, peer)
						 ? UINT32_MAX
						 : period_file_rank(&v->scan.files[f], peer);
		}
	}
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
	const uint64_t *packets = v->packets[0] + visitor * v->scan.n_services;
	const struct net_addr *last = NULL;
	size_t room = 0;

	for (size_t i = 0; i < v->scan.n_services; i++) {
		const struct period_service *s = &v->scan.services[i];
		void *grown;

		if (!packets[i])
			continue;
		grown = array_make_room(r->ports, r->n_ports, &room, sizeof(*r->ports));
		if (!grown)
			return -ENOMEM;
		r->ports = grown;
		r->packets += packets[i];
		r->hosts += !last || !addr_equal(*last, s->host);
		last = &s->host;
		r->ports[r->n_ports++] = (struct period_knock){ s->port, s->protocol, packets[i] };
	}
	if (r->n_ports)
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
	       (next = atomic_fetch_add(&v->next_slice, 1)) < v->end_slice) {
		const struct period_slice *slice = &v->scan.slices[next];
		struct diagnosis words = { "" }, d = { "" };
		int error = period_reader_read(&r, slice, &words);

		if (!error) {
			take_slice(v, slice, &r.summary, packets);
			continue;
		}
		error = period_pass_over(&v->scan, v->scan.files[slice->file].batch, error, &words,
					 &d);
		if (error < 0)
			failure_note(&v->failure, error, &d);
	}
	period_reader_finish(&r);
}

static int read_day(struct visits *v, struct diagnosis *d)
{
	uint32_t day = (uint32_t)(v->day->day - v->scan.query->first_day);
	size_t n = v->day->n * v->scan.n_services;
	int error;

	for (int i = 0; i < 2; i++)
		memset(v->packets[i], 0, n * sizeof(*v->packets[i]));
	find_ranks(v);
	atomic_init(&v->n_threads, 0);
	atomic_init(&v->next_slice, v->scan.day_slices[day]);
	v->end_slice = v->scan.day_slices[day + 1];
	failure_init(&v->failure, d);
	run_on_two_threads(read_slices, v);
	error = failure_error(&v->failure);
	failure_finish(&v->failure);
	for (size_t i = 0; i < n; i++)
		v->packets[0][i] += v->packets[1][i];
	for (size_t i = 0; i < v->day->n && !error; i++)
		error = take_visit(v, i, &v->day->visits[i]);
	return error;
}

static int make_room(struct visits *v)
{
	size_t n = PERIOD_BUSIEST * v->scan.n_services + 1;

	v->ranks = malloc((v->scan.n_files + 1) * sizeof(*v->ranks));
	for (int i = 0; i < 2; i++)
		v->packets[i] = malloc(n * sizeof(*v->packets[i]));
	return v->ranks && v->packets[0] && v->packets[1] ? 0 : -ENOMEM;
}

static void clear_visits(struct period_visit_day *day)
{
	for (size_t i = 0; i < day->n; i++)
		day->visits[i] = (struct period_visit){ .peer = day->visits[i].peer };
}

int catalogue_period_visits(struct catalogue *c, uint8_t include, struct period_visit_day *days,
			    size_t n, struct diagnosis *d)
{
	struct period_query q = { .include = include };
	struct visits v = { 0 };
	int error;

	for (size_t i = 0; i < n; i++)
		clear_visits(&days[i]);
	if (!n)
		return 0;
	q.first_day = days[0].day;
	q.end_day = days[n - 1].day + 1;
	error = period_scan_init(&v.scan, c, &q, d);
	if (!error)
		error = make_room(&v);
	for (size_t i = 0; i < n && !error; i++) {
		v.day = &days[i];
		error = days[i].n > PERIOD_BUSIEST ? ERR_LIMIT : read_day(&v, d);
	}
	free(v.ranks);
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
