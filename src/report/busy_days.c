/* Days that stand out, and who knocked on them most. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

#include "place/place.h"

#define DAYS_MIN     7    /* captured ones; fewer have no usual day */
#define TIMES_MEDIAN 2.0  /* more packets than so many times the median's */
#define PEER_SHARE   0.05 /* of a day's packets, by one peer, */
#define TIMES_USUAL  3.0  /* and so many times what a day's busiest peer usually has */

static double top_share(const struct report *r, uint32_t day)
{
	const struct period_day *d = &r->counts.days[day];

	return d->packets ? (double)d->busiest[0].packets / (double)d->packets : 0;
}

static int by_share(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median over captured days of the busiest peer's share. */
static int usual_share(const struct report *r, double *ret_share)
{
	double *shares = malloc(((size_t)r->counts.n_days + 1) * sizeof(*shares));
	size_t n = 0;

	if (!shares)
		return -ENOMEM;
	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		if (r->days[day].captured)
			shares[n++] = top_share(r, day);
	}
	qsort(shares, n, sizeof(*shares), by_share);
	*ret_share = n ? (shares[(n - 1) / 2] + shares[n / 2]) / 2 : 0;
	free(shares);
	return 0;
}

static bool stands_out(const struct report *r, uint32_t day, double usual, enum report_why *ret_why)
{
	double share = top_share(r, day);

	if (!r->counts.days[day].packets)
		return false;
	if (r->counts.n_days == 1) {
		*ret_why = REPORT_WHY_ONLY_DAY;
		return true;
	}
	if (r->days_captured < DAYS_MIN)
		return false;
	*ret_why = REPORT_WHY_PACKETS;
	if ((double)r->counts.days[day].packets > TIMES_MEDIAN * r->packets.median)
		return true;
	*ret_why = REPORT_WHY_PEER;
	return share >= PEER_SHARE && share >= TIMES_USUAL * usual;
}

static void look_up(struct report_visitor *v, const struct places *places)
{
	struct place place;

	if (!places || !places_find(places, v->visit.peer, &place))
		return;
	memcpy(v->country, place.country, sizeof(v->country));
	v->as_number = place.as_number;
	snprintf(v->as_name, sizeof(v->as_name), "%s", place.as_name);
}

static int find_visitors(const struct report *r, const struct report_request *request,
			 struct report_busy_day *b, struct diagnosis *d)
{
	const struct period_day *day = &r->counts.days[b->day];
	int32_t first = r->period.first_day + (int32_t)b->day;
	const struct period_query q = { first, first + 1, r->include };
	struct net_addr peers[PERIOD_BUSIEST];
	struct period_visit visits[PERIOD_BUSIEST];
	int error;

	for (uint32_t i = 0; i < day->n_busiest; i++)
		peers[i] = day->busiest[i].peer;
	error = catalogue_period_visits(request->catalogue, &q, peers, day->n_busiest, visits, d);
	if (error < 0) {
		period_visits_finish(visits, day->n_busiest);
		return error;
	}
	b->n_visitors = day->n_busiest;
	for (uint32_t i = 0; i < b->n_visitors; i++) {
		b->visitors[i].visit = visits[i];
		look_up(&b->visitors[i], request->places);
	}
	return 0;
}

int report_find_busy_days(struct report *r, const struct report_request *request,
			  struct diagnosis *d)
{
	double usual = 0;
	int error = usual_share(r, &usual);

	r->median_packets = r->packets.median;
	r->busy_days = calloc((size_t)r->counts.n_days + 1, sizeof(*r->busy_days));
	if (error < 0 || !r->busy_days)
		return -ENOMEM;
	for (uint32_t day = 0; day < r->counts.n_days && !error; day++) {
		struct report_busy_day *b = &r->busy_days[r->n_busy_days];

		if (!stands_out(r, day, usual, &b->why))
			continue;
		b->day = day;
		r->days[day].stands_out = true;
		r->n_busy_days++;
		error = find_visitors(r, request, b, d);
	}
	return error;
}
