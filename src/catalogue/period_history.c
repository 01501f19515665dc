/* What the catalogue knows of all times, without a look into the archive. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
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
		error = counts_of_all(c, &all, &n_all, d);
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

/* ---- gaps ---- */

struct gaps {
	struct period_gap *list;
	size_t n, room;
	uint64_t least_ns;
};

static int add_gap(struct gaps *g, uint64_t from_ns, uint64_t to_ns)
{
	void *grown;

	if (to_ns < from_ns || to_ns - from_ns < g->least_ns)
		return 0;
	grown = array_make_room(g->list, g->n, &g->room, sizeof(*g->list));
	if (!grown)
		return -ENOMEM;
	g->list = grown;
	g->list[g->n++] = (struct period_gap){ from_ns, to_ns };
	return 0;
}

int catalogue_gaps(struct catalogue *c, uint64_t from_ns, uint64_t to_ns, uint64_t least_ns,
		   struct period_gap **ret_gaps, size_t *ret_count, struct diagnosis *d)
{
	struct gaps g = { .least_ns = MAX(least_ns, 1) };
	uint64_t at = from_ns; /* captured up to here */
	sqlite3_stmt *s;
	int step = SQLITE_DONE,
	    error = catalogue_prepare(c,
				      "SELECT first_ns, last_ns FROM derived_batch WHERE frames > 0"
				      " AND last_ns >= ?1 AND first_ns < ?2 ORDER BY first_ns",
				      &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)from_ns);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)to_ns);
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW) {
		uint64_t first = (uint64_t)sqlite3_column_int64(s, 0);
		uint64_t last = (uint64_t)sqlite3_column_int64(s, 1);

		error = add_gap(&g, at, first);
		at = MAX(at, last);
	}
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	if (!error)
		error = add_gap(&g, at, to_ns);
	sqlite3_finalize(s);
	if (error < 0) {
		free(g.list);
		return error;
	}
	*ret_gaps = g.list;
	*ret_count = g.n;
	return 0;
}
