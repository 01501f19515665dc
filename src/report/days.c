/* Days: which were captured, and the statistics over them. */
#include <errno.h>
#include <stdlib.h>

#include "base/zone.h"
#include "report/report_internal.h"

#define WHOLE_SHARE    0.5
#define CAPTURED_SHARE 0.01 /* of a day's time; a day with packets is captured in any case */

/* ---- what was captured ---- */

static uint64_t overlap(uint64_t from, uint64_t to, const struct catalogue_gap *g)
{
	uint64_t start = MAX(from, g->from_ns), end = MIN(to, g->to_ns);

	return end > start ? end - start : 0;
}

/* Gaps, and what is still to come. */
static double captured_share(const struct report *r, int32_t day)
{
	const struct catalogue_gap future = { .from_ns = r->made_ns, .to_ns = UINT64_MAX };
	uint64_t from = zone_day_start_ns(day), to = zone_day_start_ns(day + 1);
	uint64_t missing = overlap(from, to, &future);

	for (size_t i = 0; i < r->n_gaps; i++)
		missing += overlap(from, to, &r->gaps[i]);
	return to > from ? 1 - (double)missing / (double)(to - from) : 0;
}

static void set_whole(struct report *r, uint32_t day)
{
	r->days[day].whole = true;
	r->whole_days[day / 64] |= 1ULL << (day % 64);
	r->days_captured++;
}

/* Where no day was captured for long, every one with packets has to do. */
static void find_whole_days(struct report *r)
{
	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		if (r->days[day].captured_share >= WHOLE_SHARE)
			set_whole(r, day);
	}
	if (r->days_captured)
		return;
	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		if (r->counts.days[day].packets)
			set_whole(r, day);
	}
}

int report_find_captured(struct report *r)
{
	uint32_t n = r->counts.n_days;

	r->days = calloc((size_t)n + 1, sizeof(*r->days));
	r->whole_days = calloc(r->counts.seen_words, sizeof(*r->whole_days));
	if (!r->days || !r->whole_days)
		return -ENOMEM;
	for (uint32_t day = 0; day < n; day++) {
		struct report_day *one = &r->days[day];

		one->captured_share = captured_share(r, r->period.first_day + (int32_t)day);
		one->captured =
			one->captured_share >= CAPTURED_SHARE || r->counts.days[day].packets > 0;
	}
	find_whole_days(r);
	return 0;
}

/* ---- statistics ---- */

struct sample {
	uint64_t value;
	uint32_t day;
};

static int by_value(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->day < y->day ? -1 : 1;
}

/* SAMPLES in the order of days. The first day with the least, and with the most, is named. */
static struct report_stat describe(struct sample *samples, size_t n)
{
	struct report_stat s = { .any = n > 0 };
	double sum = 0;

	if (!n)
		return s;
	qsort(samples, n, sizeof(*samples), by_value);
	for (size_t i = 0; i < n; i++)
		sum += (double)samples[i].value;
	s.min = samples[0].value;
	s.min_day = samples[0].day;
	s.max = samples[n - 1].value;
	s.max_day = samples[n - 1].day;
	for (size_t i = n; i-- > 0 && samples[i].value == s.max;)
		s.max_day = samples[i].day;
	s.mean = sum / (double)n;
	s.median = ((double)samples[(n - 1) / 2].value + (double)samples[n / 2].value) / 2;
	return s;
}

uint64_t report_packets_of(const struct report *r, uint32_t day)
{
	return r->counts.days[day].packets;
}

uint64_t report_peers_of(const struct report *r, uint32_t day)
{
	return r->counts.days[day].peers;
}

uint64_t report_hosts_of(const struct report *r, uint32_t day)
{
	return r->days[day].hosts;
}

static uint64_t others_of(const struct report *r, uint32_t day)
{
	return r->days[day].hosts - r->days[day].daily_hosts;
}

static uint64_t new_of(const struct report *r, uint32_t day)
{
	return r->days[day].new_hosts;
}

/* Over whole days, without the first SKIP of them. */
static struct report_stat over_days(const struct report *r, report_figure_fn figure, uint32_t skip,
				    struct sample *samples)
{
	size_t n = 0;

	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		if (r->days[day].whole && skip) {
			skip--;
		} else if (r->days[day].whole) {
			samples[n++] = (struct sample){ figure(r, day), day };
		}
	}
	return describe(samples, n);
}

int report_find_days(struct report *r)
{
	struct sample *samples = malloc(((size_t)r->counts.n_days + 1) * sizeof(*samples));

	if (!samples)
		return -ENOMEM;
	r->packets = over_days(r, report_packets_of, 0, samples);
	r->peers = over_days(r, report_peers_of, 0, samples);
	r->hosts_a_day = over_days(r, report_hosts_of, 0, samples);
	r->other_hosts = over_days(r, others_of, 0, samples);
	/* On the first day, every host is new. */
	r->new_hosts = over_days(r, new_of, 1, samples);
	free(samples);
	return 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double report_median(double *values, size_t n)
{
	if (!n)
		return 0;
	qsort(values, n, sizeof(*values), by_size);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}
