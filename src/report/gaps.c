/* When nobody looked, or not well: what no capture covers, and what a sensor may have missed. */
#include <errno.h>
#include <stdlib.h>

#include "base/zone.h"
#include "report/report_internal.h"

#define GAP_MIN_NS (600 * NS_PER_SECOND) /* less lies between the files of a quiet night */

static void add_to_sum(struct report_gap_sum *s, const struct catalogue_gap *g, uint64_t *until_ns)
{
	uint64_t from = MAX(g->from_ns, *until_ns);

	s->gaps++;
	s->count = s->count > UINT64_MAX - g->count ? UINT64_MAX : s->count + g->count;
	/* They come by their beginning: what two of them share counts once. */
	if (g->to_ns > from)
		s->ns += g->to_ns - from;
	*until_ns = MAX(*until_ns, g->to_ns);
}

static void sum_up(struct report *r)
{
	uint64_t until[BATCH_GAP_KINDS] = { 0 }, until_any = 0;

	for (size_t i = 0; i < r->n_gaps; i++)
		r->gap_ns += r->gaps[i].to_ns - r->gaps[i].from_ns;
	for (size_t i = 0; i < r->n_recorded; i++) {
		const struct catalogue_gap *g = &r->recorded[i];

		add_to_sum(&r->recorded_of[g->kind], g, &until[g->kind]);
		add_to_sum(&r->recorded_all, g, &until_any);
	}
}

/* Both stay by their beginning. */
static int part(struct report *r, const struct catalogue_gap *all, size_t n)
{
	r->gaps = malloc((n + 1) * sizeof(*r->gaps));
	r->recorded = malloc((n + 1) * sizeof(*r->recorded));
	if (!r->gaps || !r->recorded)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (all[i].recorded)
			r->recorded[r->n_recorded++] = all[i];
		else
			r->gaps[r->n_gaps++] = all[i];
	}
	return 0;
}

static int by_length(const void *a, const void *b)
{
	const struct catalogue_gap *x = *(const struct catalogue_gap *const *)a,
				   *y = *(const struct catalogue_gap *const *)b;
	uint64_t x_ns = x->to_ns - x->from_ns, y_ns = y->to_ns - y->from_ns;

	if (x_ns != y_ns)
		return x_ns > y_ns ? -1 : 1;
	return (x > y) - (x < y); /* as they are in the list */
}

static int find_longest(struct report *r)
{
	r->longest = malloc((r->n_recorded + 1) * sizeof(*r->longest));
	if (!r->longest)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_recorded; i++)
		r->longest[i] = &r->recorded[i];
	if (r->n_recorded)
		qsort(r->longest, r->n_recorded, sizeof(*r->longest), by_length);
	r->n_longest = MIN(r->n_recorded, (size_t)REPORT_GAPS_LONGEST);
	return 0;
}

int report_find_gaps(struct report *r, struct catalogue *c, struct diagnosis *d)
{
	uint64_t from = zone_day_start_ns(r->period.first_day),
		 to = MIN(zone_day_start_ns(r->period.end_day), r->made_ns);
	struct catalogue_gap *all = NULL;
	size_t n = 0;
	int error = to > from ? catalogue_gaps(c, from, to, GAP_MIN_NS, &all, &n, d) : 0;

	if (!error)
		error = part(r, all, n);
	free(all);
	if (!error)
		error = find_longest(r);
	if (!error)
		sum_up(r);
	return error;
}
