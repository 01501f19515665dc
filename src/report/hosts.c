/* Hosts and the days on which they were seen. */
#include <errno.h>
#include <stdlib.h>

#include "base/zone.h"
#include "report/report_internal.h"

#define NEARLY_DAYS_MIN 6 /* captured days; one in so many may be missed, too */

uint32_t report_service_days(const struct report *r, size_t service)
{
	uint32_t n = 0;

	for (size_t w = 0; w < r->counts.seen_words; w++)
		n += (uint32_t)__builtin_popcountll(
			r->counts.seen[service * r->counts.seen_words + w] & r->whole_days[w]);
	return n;
}

bool report_is_daily(const struct report *r, size_t service)
{
	return r->days_captured && report_service_days(r, service) == r->days_captured;
}

bool report_host_seen(const struct report *r, const struct report_host *h, uint32_t day)
{
	for (size_t i = 0; i < h->n_services; i++) {
		if (period_service_seen(&r->counts, h->first_service + i, day))
			return true;
	}
	return false;
}

/* ---- one entry a host ---- */

static void count_host(const struct report *r, struct report_host *h)
{
	h->first_day = UINT32_MAX;
	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		if (!report_host_seen(r, h, day))
			continue;
		h->days += r->days[day].whole;
		h->first_day = MIN(h->first_day, day);
	}
	h->daily = r->days_captured && h->days == r->days_captured;
	/* On days of which little was captured, it was seen all the same. */
	h->days = MAX(h->days, 1);
	for (size_t i = 0; i < h->n_services; i++)
		h->packets += r->counts.services[h->first_service + i].packets;
}

static void find_hosts(struct report *r)
{
	for (size_t i = 0; i < r->counts.n_services; i++) {
		struct net_addr host = r->counts.services[i].host;

		if (!r->n_hosts || !addr_equal(r->hosts[r->n_hosts - 1].addr, host)) {
			r->hosts[r->n_hosts++] =
				(struct report_host){ .addr = host, .first_service = i };
		}
		r->hosts[r->n_hosts - 1].n_services++;
	}
	for (size_t i = 0; i < r->n_hosts; i++)
		count_host(r, &r->hosts[i]);
}

/* When the store first saw each. Both lists are by address. */
static void find_first_ever(struct report *r, const struct report_past *past)
{
	size_t at = 0;

	for (size_t i = 0; i < r->n_hosts; i++) {
		struct report_host *h = &r->hosts[i];
		int32_t first = INT32_MAX;

		while (at < past->n && addr_compare(past->list[at].host, h->addr) < 0)
			at++;
		for (; at < past->n && addr_equal(past->list[at].host, h->addr); at++)
			first = MIN(first, past->list[at].days[0].first);
		h->first_day_ever = first < r->period.first_day
					    ? UINT32_MAX
					    : (uint32_t)(first - r->period.first_day);
	}
}

/* ---- figures over hosts ---- */

static void count_days(struct report *r)
{
	uint32_t cumulative = 0;

	for (size_t i = 0; i < r->n_hosts; i++) {
		const struct report_host *h = &r->hosts[i];

		r->daily_hosts += h->daily;
		r->days_seen[h->days]++;
		r->days[h->first_day].new_hosts++;
		if (h->first_day_ever < r->counts.n_days)
			r->days[h->first_day_ever].new_to_store++;
		for (uint32_t day = 0; day < r->counts.n_days; day++) {
			bool seen = report_host_seen(r, h, day);

			r->days[day].hosts += seen;
			r->days[day].daily_hosts += seen && h->daily;
		}
	}
	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		cumulative += r->days[day].new_hosts;
		r->days[day].cumulative_hosts = cumulative;
	}
}

static void find_nearly_daily(struct report *r)
{
	if (r->days_captured < NEARLY_DAYS_MIN)
		return;
	for (size_t i = 0; i < r->n_hosts; i++) {
		uint32_t missed = r->days_captured - MIN(r->hosts[i].days, r->days_captured);

		if (missed && missed <= r->days_captured / NEARLY_DAYS_MIN)
			r->nearly_daily[r->n_nearly_daily++] = i;
	}
}

static int by_number(const void *a, const void *b)
{
	const struct report_host *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

int report_find_hosts(struct report *r, const struct report_past *past,
		      const struct host_numbers *numbers)
{
	r->hosts = calloc(r->counts.n_services + 1, sizeof(*r->hosts));
	r->days_seen = calloc((size_t)r->counts.n_days + 1, sizeof(*r->days_seen));
	if (!r->hosts || !r->days_seen)
		return -ENOMEM;
	find_hosts(r);
	r->nearly_daily = malloc((r->n_hosts + 1) * sizeof(*r->nearly_daily));
	if (!r->nearly_daily)
		return -ENOMEM;
	find_first_ever(r, past);
	for (size_t i = 0; i < r->n_hosts; i++)
		r->hosts[i].number = host_numbers_find(numbers, r->hosts[i].addr);
	/* Where addresses are not told, their order is not told either. */
	if (r->anonymised)
		qsort(r->hosts, r->n_hosts, sizeof(*r->hosts), by_number);
	count_days(r);
	find_nearly_daily(r);
	return 0;
}
