/* What the catalogue knows of all times, without a look into the archive. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/counts_internal.h"
#include "catalogue/period.h"

/* The days and times of S under ALLOWED. Returns 1, 0 when nothing is left, or -ENOMEM. */
static int take_history(const struct tally_service *s, uint8_t allowed, struct period_history *r)
{
	struct day_set days = { 0 };
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

int catalogue_histories(struct catalogue *c, uint8_t include, struct period_history **ret_list,
			size_t *ret_count, struct diagnosis *d)
{
	const struct tally_service *all = NULL;
	struct period_history *list = NULL;
	size_t n_all = 0, n = 0;
	int error = catalogue_hold(c, d);

	if (!error)
		error = counts_of_all(c, include, &all, &n_all, d);
	if (!error) {
		list = malloc((n_all + 1) * sizeof(*list));
		error = list ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < n_all && !error; i++) {
		int shown;

		if (!prefix_set_contains(&c->config->networks, all[i].host))
			continue;
		if (!(include & MARK_EXCLUDED) && config_excluded_reason(c->config, all[i].host))
			continue;
		shown = take_history(&all[i], catalogue_allowed_marks(c->config, &all[i], include),
				     &list[n]);
		error = MIN(shown, 0);
		n += shown > 0;
	}
	catalogue_release(c);
	if (error < 0) {
		catalogue_histories_free(list, n);
		return error;
	}
	*ret_list = list;
	*ret_count = n;
	return 0;
}

void catalogue_histories_free(struct period_history *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].days);
	free(list);
}
