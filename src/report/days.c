/* Days: which were captured, and the statistics over them. */
#include <errno.h>
#include <stdlib.h>

#include "base/zone.h"
#include "report/report_internal.h"

#define GAP_MIN_NS     (600 * NS_PER_SECOND) /* less lies between the files of a quiet night */
#define CAPTURED_SHARE 0.01 /* of a day's time; a day with packets is captured in any case */

/* ---- what was captured ---- */

static uint64_t day_ns(const struct report *r, uint32_t day)
{
	int64_t start_s = zone_day_start_s(r->period.first_day + (int32_t)day);

	return start_s > 0 ? (uint64_t)start_s * NS_PER_SECOND : 0;
}

static uint64_t overlap(uint64_t from, uint64_t to, const struct period_gap *g)
{
	uint64_t start = MAX(from, g->from_ns), end = MIN(to, g->to_ns);

	return end > start ? end - start : 0;
}

int report_find_gaps(struct report *r, struct catalogue *c, struct diagnosis *d)
{
	uint32_t n = r->counts.n_days;
	int error =
		catalogue_gaps(c, day_ns(r, 0), day_ns(r, n), GAP_MIN_NS, &r->gaps, &r->n_gaps, d);

	r->days = calloc((size_t)n + 1, sizeof(*r->days));
	if (error < 0 || !r->days)
		return error < 0 ? error : -ENOMEM;
	for (size_t i = 0; i < r->n_gaps; i++)
		r->gap_ns += r->gaps[i].to_ns - r->gaps[i].from_ns;
	for (uint32_t day = 0; day < n; day++) {
		uint64_t from = day_ns(r, day), to = day_ns(r, day + 1), missing = 0;
		struct report_day *one = &r->days[day];

		for (size_t i = 0; i < r->n_gaps; i++)
			missing += overlap(from, to, &r->gaps[i]);
		one->captured_share = 1 - (double)missing / (double)(to - from);
		one->captured =
			one->captured_share >= CAPTURED_SHARE || r->counts.days[day].packets > 0;
		r->days_captured += one->captured;
	}
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

typedef uint64_t (*figure_fn)(const struct report *r, uint32_t day);

static uint64_t packets_of(const struct report *r, uint32_t day)
{
	return r->counts.days[day].packets;
}

static uint64_t peers_of(const struct report *r, uint32_t day)
{
	return r->counts.days[day].peers;
}

static uint64_t hosts_of(const struct report *r, uint32_t day)
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

/* Over captured days, without the first SKIP of them. */
static struct report_stat over_days(const struct report *r, figure_fn figure, uint32_t skip,
				    struct sample *samples)
{
	size_t n = 0;

	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		if (r->days[day].captured && skip) {
			skip--;
		} else if (r->days[day].captured) {
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
	r->packets = over_days(r, packets_of, 0, samples);
	r->peers = over_days(r, peers_of, 0, samples);
	r->hosts_a_day = over_days(r, hosts_of, 0, samples);
	r->other_hosts = over_days(r, others_of, 0, samples);
	/* On the first day, every host is new. */
	r->new_hosts = over_days(r, new_of, 1, samples);
	free(samples);
	return 0;
}
