/* What the catalogue knows of all times, without a look into the archive; also of those that the
 * archive does not tell of any more. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "catalogue/counts_internal.h"
#include "catalogue/own_internal.h"
#include "catalogue/period.h"
#include "catalogue/seen_internal.h"

/* Of what was taken away, the first and the last day are known. */
static int add_seen(const struct seen *rows, size_t n, uint8_t allowed, struct day_set *days,
		    struct period_history *r)
{
	uint64_t first_ns = UINT64_MAX, last_ns = 0;
	int error;

	seen_widen(rows, n, allowed, &first_ns, &last_ns);
	if (first_ns > last_ns)
		return 0;
	seen_widen(rows, n, allowed, &r->first_ns, &r->last_ns);
	error = day_set_add(days, zone_day(first_ns));
	return error < 0 ? error : day_set_add(days, zone_day(last_ns));
}

/* The days and times of S under ALLOWED, and of SEEN. Returns 1, 0 when nothing is left, or
 * -ENOMEM. */
static int take_history(const struct tally_service *s, const struct seen_list *seen,
			uint8_t allowed, struct period_history *r)
{
	struct day_set days = { 0 };
	size_t n_rows = 0;
	const struct seen *rows = seen_find(seen, s, &n_rows);
	int error = 0;

	*r = (struct period_history){
		.host = s->host, .port = s->port, .protocol = s->protocol, .first_ns = UINT64_MAX
	};
	for (int inside = 0; inside <= !!(allowed & MARK_INSIDE) && !error; inside++) {
		for (unsigned k = 0; k < TALLY_CLASSES && !error; k++) {
			const struct tally_cell *c = &s->cells[inside][k];

			if ((k & ~(unsigned)allowed) || !c->packets)
				continue;
			r->first_ns = MIN(r->first_ns, c->first_ns);
			r->last_ns = MAX(r->last_ns, c->last_ns);
			error = day_set_add_all(&days, &c->days);
		}
	}
	if (!error)
		error = add_seen(rows, n_rows, allowed, &days, r);
	if (!error && days.n) {
		r->days = malloc(days.n * sizeof(*r->days));
		error = r->days ? 0 : -ENOMEM;
	}
	for (uint32_t i = 0; i < days.n && !error; i++)
		r->days[r->n_days++] =
			(struct period_stretch){ days.runs[i].first, days.runs[i].last };
	day_set_finish(&days);
	return error < 0 ? error : r->n_days > 0;
}

struct histories {
	struct catalogue *catalogue;
	uint8_t include;
	struct seen_list seen;
	struct period_history *list;
	size_t n;
};

/* SHOWN has the days; JUDGED says what is visible. */
static int add_history(struct histories *h, const struct tally_service *shown,
		       const struct tally_service *judged)
{
	const struct config *config = h->catalogue->config;
	int taken;

	if (!prefix_set_contains(&config->networks, shown->host) ||
	    (!(h->include & MARK_EXCLUDED) && config_excluded_reason(config, shown->host)) ||
	    (!(h->include & MARK_OWN_SCAN) &&
	     own_has(h->catalogue, shown->host, shown->port, shown->protocol)))
		return 0;
	taken = take_history(shown, &h->seen, catalogue_allowed_marks(config, judged, h->include),
			     &h->list[h->n]);
	h->n += taken > 0;
	return MIN(taken, 0);
}

/* Services of which nothing is counted any more. */
static int add_vanished(struct histories *h, const struct tally_service *all, size_t n_all)
{
	size_t n = 0;
	int error = 0;

	for (size_t i = 0; i < h->seen.n && !error; i += n) {
		const struct seen *rows = h->seen.list + i;
		struct tally_service none = { .host = rows->host,
					      .port = rows->port,
					      .protocol = rows->protocol },
				     judged = none;

		(void)seen_find(&h->seen, &none, &n);
		for (size_t k = 0; k < n; k++)
			judged.cells[rows[k].inside][rows[k].marks].packets = 1;
		if (!counts_find(all, n_all, &none))
			error = add_history(h, &none, &judged);
	}
	return error;
}

static int history_order(const void *a, const void *b)
{
	const struct period_history *x = a, *y = b;
	const struct tally_service s = { .host = x->host,
					 .port = x->port,
					 .protocol = x->protocol },
				   t = { .host = y->host,
					 .port = y->port,
					 .protocol = y->protocol };

	return tally_service_order(&s, &t);
}

static int add_all(struct histories *h, struct diagnosis *d)
{
	const struct tally_service *all = NULL;
	size_t n_all = 0;
	int error = counts_of_all(h->catalogue, h->include, &all, &n_all, d);

	if (!error)
		error = seen_load(h->catalogue, NULL, &h->seen, d);
	if (!error) {
		h->list = malloc((n_all + h->seen.n + 1) * sizeof(*h->list));
		error = h->list ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < n_all && !error; i++)
		error = add_history(h, &all[i], &all[i]);
	if (!error)
		error = add_vanished(h, all, n_all);
	if (!error && h->seen.n)
		qsort(h->list, h->n, sizeof(*h->list), history_order);
	return error;
}

int catalogue_histories(struct catalogue *c, uint8_t include, struct period_history **ret_list,
			size_t *ret_count, struct diagnosis *d)
{
	struct histories h = { .catalogue = c, .include = include };
	int error = catalogue_hold(c, d);

	if (!error)
		error = own_find(c, d);
	if (!error)
		error = add_all(&h, d);
	catalogue_release(c);
	free(h.seen.list);
	if (error < 0) {
		catalogue_histories_free(h.list, h.n);
		return error;
	}
	*ret_list = h.list;
	*ret_count = h.n;
	return 0;
}

void catalogue_histories_free(struct period_history *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].days);
	free(list);
}
