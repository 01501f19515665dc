/* Days that stand out, and who knocked on them most. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

#include "place/place.h"

#define DAYS_MIN     7    /* whole ones; fewer have no usual day */
#define TIMES_MEDIAN 2.0  /* more packets than so many times the median's */
#define PEER_SHARE   0.05 /* of a day's packets, by one peer, */
#define TIMES_USUAL  3.0  /* and so many times what a day's busiest peer usually has */

static double top_share(const struct report *r, uint32_t day)
{
	const struct period_day *d = &r->counts.days[day];

	return d->packets ? (double)d->busiest[0].packets / (double)d->packets : 0;
}

/* The median over whole days of the busiest peer's share. */
static int usual_share(const struct report *r, double *ret_share)
{
	double *shares = malloc(((size_t)r->counts.n_days + 1) * sizeof(*shares));
	size_t n = 0;

	if (!shares)
		return -ENOMEM;
	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		if (r->days[day].whole)
			shares[n++] = top_share(r, day);
	}
	*ret_share = report_median(shares, n);
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
	if (r->days_captured < DAYS_MIN || !r->days[day].whole || r->packets.median <= 0)
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
	snprintf(v->lists, sizeof(v->lists), "%s", place.lists);
}

/* Every day that stands out, without its visitors. Returns how many. */
static size_t find_busy_days(struct report *r, double usual)
{
	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		struct report_busy_day *b = &r->busy_days[r->n_busy_days];

		if (!stands_out(r, day, usual, &b->why))
			continue;
		b->day = day;
		r->days[day].stands_out = true;
		r->n_busy_days++;
	}
	return r->n_busy_days;
}

/* VISITS has PERIOD_BUSIEST places a day. */
static void ask_for(const struct report *r, struct period_visit_day *days,
		    struct period_visit *visits)
{
	for (size_t i = 0; i < r->n_busy_days; i++) {
		const struct report_busy_day *b = &r->busy_days[i];
		const struct period_day *day = &r->counts.days[b->day];

		days[i] = (struct period_visit_day){ r->period.first_day + (int32_t)b->day,
						     visits + i * PERIOD_BUSIEST, day->n_busiest };
		for (uint32_t k = 0; k < day->n_busiest; k++)
			days[i].visits[k].peer = day->busiest[k].peer;
	}
}

/*
 * Peers inside the site that are hosts have the host's number. One that never answered has the next
 * free one, the same on every day.
 */
static uint32_t number_peer(const struct report *r, struct net_addr peer,
			    const struct host_numbers *numbers, uint32_t *last)
{
	uint32_t number = host_numbers_find(numbers, peer);

	if (number || !prefix_set_contains(&r->config->networks, peer))
		return number;
	for (size_t i = 0; i < r->n_busy_days; i++) {
		const struct report_busy_day *b = &r->busy_days[i];

		for (uint32_t k = 0; k < b->n_visitors; k++) {
			if (b->visitors[k].number && addr_equal(b->visitors[k].visit.peer, peer))
				return b->visitors[k].number;
		}
	}
	return ++*last;
}

/* The visits become the report's. */
static void take_visits(struct report *r, const struct period_visit_day *days,
			const struct places *places, const struct host_numbers *numbers)
{
	uint32_t last = (uint32_t)numbers->n;

	for (size_t i = 0; i < r->n_busy_days; i++) {
		struct report_busy_day *b = &r->busy_days[i];

		b->n_visitors = (uint32_t)days[i].n;
		for (uint32_t k = 0; k < b->n_visitors; k++) {
			b->visitors[k].visit = days[i].visits[k];
			b->visitors[k].number =
				number_peer(r, days[i].visits[k].peer, numbers, &last);
			look_up(&b->visitors[k], places);
		}
	}
}

static int find_visitors(struct report *r, const struct report_request *request,
			 const struct host_numbers *numbers, struct diagnosis *d)
{
	struct period_visit_day *days = calloc(r->n_busy_days + 1, sizeof(*days));
	struct period_visit *visits = calloc(r->n_busy_days * PERIOD_BUSIEST + 1, sizeof(*visits));
	int error = -ENOMEM;

	if (days && visits) {
		ask_for(r, days, visits);
		error = catalogue_period_visits(request->catalogue, r->include, days,
						r->n_busy_days, d);
		/* Of an error, too: report_finish frees what there is. */
		take_visits(r, days, request->places, numbers);
	}
	free(days);
	free(visits);
	return error;
}

int report_find_busy_days(struct report *r, const struct report_request *request,
			  const struct host_numbers *numbers, struct diagnosis *d)
{
	double usual = 0;
	int error = usual_share(r, &usual);

	r->busy_days = calloc((size_t)r->counts.n_days + 1, sizeof(*r->busy_days));
	if (error < 0 || !r->busy_days)
		return -ENOMEM;
	return find_busy_days(r, usual) ? find_visitors(r, request, numbers, d) : 0;
}
