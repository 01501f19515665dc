/* What sensors only counted, in a period: beside what was written down, and for itself. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/counts_internal.h"
#include "catalogue/floods_internal.h"
#include "catalogue/period_count_internal.h"

#define NO_SERVICE SIZE_MAX

static size_t service_of(const struct period_scan *s, const struct batch_flood *f)
{
	return batch_flood_is_of_others(f) ? NO_SERVICE
					   : period_services_find(s, f->host, f->port, f->protocol);
}

int period_floods_load(struct period_scan *s, struct diagnosis *d)
{
	int error = floods_load(s->catalogue, s->day_ns[0], s->day_ns[s->n_days], NULL, &s->floods,
				&s->n_floods, d);

	for (size_t i = 0; i < s->n_floods && !error; i++) {
		const struct batch_flood *f = &s->floods[i];
		const struct part_series series = { f->host, f->port, f->protocol, 0 };
		uint32_t number;

		if (!batch_flood_is_of_others(f))
			error = period_services_note(s, &series, true, &number);
	}
	return error;
}

/* Those of no service of their own have no marks but that of their peers. */
static uint8_t judge(const struct period_scan *s, const struct batch_flood *f)
{
	const struct tally_service key = { .host = f->host,
					   .port = f->port,
					   .protocol = f->protocol };
	const struct tally_service *whole = counts_find(s->overall, s->n_overall, &key);
	const struct part_series series = { f->host, f->port, f->protocol,
					    f->marks & MARK_STORED_ALL };
	bool of_all = batch_flood_is_of_others(f) && !f->host.hi && !f->host.lo;
	uint8_t left = of_all ? PERIOD_SHOWN : period_judge(s, &series, whole ? whole : &key);
	bool inside = (f->marks & MARK_INSIDE) && !(s->query->include & MARK_INSIDE);

	return left == PERIOD_SHOWN && inside ? PERIOD_LEFT_INSIDE : left;
}

static void leave_out(struct period_counter *c, uint8_t why, size_t service, uint64_t packets)
{
	if (why >= PERIOD_LEFT_COUNT)
		return;
	c->left_packets[why] = flood_sum(c->left_packets[why], packets);
	if (service != NO_SERVICE)
		c->left_services[why][service / 64] |= 1ULL << (service % 64);
}

/* A row's part of one day. */
static void count_in_day(struct period_work *w, uint32_t day, const struct batch_flood *f,
			 size_t service)
{
	struct period_counter *c = &w->counters[0];
	struct period_day *to = &w->days[day];

	to->packets = flood_sum(to->packets, f->packets);
	to->peers = flood_sum(to->peers, f->peers);
	to->peers_estimated = true;
	if (service == NO_SERVICE)
		return;
	c->service_packets[service] = flood_sum(c->service_packets[service], f->packets);
	c->seen[service * w->seen_words + day / 64] |= 1ULL << (day % 64);
}

/* What is shown of the row is left in it. */
static void count_row(struct period_work *w, struct batch_flood *f)
{
	const struct period_scan *s = &w->scan;
	size_t service = service_of(s, f);
	uint8_t left = judge(s, f);

	for (uint32_t day = 0; day < s->n_days && s->day_ns[day] <= f->last_ns; day++) {
		struct batch_flood of_day = flood_within(f, s->day_ns[day], s->day_ns[day + 1]);

		if (!of_day.packets)
			continue;
		if (left == PERIOD_SHOWN)
			count_in_day(w, day, &of_day, service);
		else
			leave_out(&w->counters[0], left, service, of_day.packets);
	}
	*f = flood_within(f, s->day_ns[0], s->day_ns[s->n_days]);
	if (left != PERIOD_SHOWN)
		f->packets = 0;
	if (f->packets && service != NO_SERVICE) {
		struct period_port *port = &w->ports[w->port_of[service]];

		port->counted_peers = flood_sum(port->counted_peers, f->peers);
	}
}

static int flood_order(const void *a, const void *b)
{
	const struct period_flood *x = a, *y = b;

	return SERVICE_ORDER(x, y);
}

/* One for each service, in order. */
static int take(const struct period_work *w, struct period_counts *r)
{
	const struct period_scan *s = &w->scan;
	size_t n = 0, kept = 0;

	r->floods = malloc((s->n_floods + 1) * sizeof(*r->floods));
	if (!r->floods)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_floods; i++) {
		const struct batch_flood *f = &s->floods[i];

		if (f->packets)
			r->floods[n++] = (struct period_flood){ f->host, f->port, f->protocol,
								f->packets, f->peers };
	}
	if (n)
		qsort(r->floods, n, sizeof(*r->floods), flood_order);
	for (size_t i = 0; i < n; i++) {
		struct period_flood *last = kept ? &r->floods[kept - 1] : NULL, *f = &r->floods[i];

		r->counted_packets = flood_sum(r->counted_packets, f->packets);
		r->counted_peers = flood_sum(r->counted_peers, f->peers);
		if (last && flood_order(last, f) == 0) {
			last->packets = flood_sum(last->packets, f->packets);
			last->peers = flood_sum(last->peers, f->peers);
		} else {
			r->floods[kept++] = *f;
		}
	}
	r->n_floods = kept;
	return 0;
}

int period_floods_count(struct period_work *w, struct period_counts *r)
{
	for (size_t i = 0; i < w->scan.n_floods; i++)
		count_row(w, &w->scan.floods[i]);
	return take(w, r);
}
