#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

#include "place/place.h"

static int count(struct report *r, const struct report_request *request, struct diagnosis *d)
{
	const struct period_query q = { request->period.first_day, request->period.end_day,
					request->include };
	int error = catalogue_period(request->catalogue, &q, &r->counts, d);

	if (!error)
		error = report_find_gaps(r, request->catalogue, d);
	return error < 0 ? error : report_find_captured(r);
}

/* In this order: each needs what came before. */
static int derive(struct report *r, const struct report_request *request,
		  const struct report_past *past, struct diagnosis *d)
{
	struct host_numbers numbers = { 0 };
	int error = host_numbers_make(&numbers, past);

	if (!error)
		error = report_find_hosts(r, past, &numbers);
	if (!error)
		error = report_find_days(r);
	if (!error)
		error = report_find_ports(r);
	if (!error)
		error = report_find_host_ports(r);
	if (!error)
		error = report_find_busy_days(r, request, &numbers, d);
	if (!error)
		error = report_find_floods(r, &numbers);
	if (!error)
		error = report_find_changes(r, past, &numbers);
	host_numbers_finish(&numbers);
	return error;
}

static int make(const struct report_request *request, struct report *ret_report,
		struct diagnosis *d)
{
	struct report_past past = { 0 };
	int error;

	*ret_report = (struct report){
		.catalogue = request->catalogue,
		.period = request->period,
		.before = report_period_before(&request->period),
		.include = request->include,
		.anonymised = request->anonymise,
		.made_ns = request->now_ns,
		.config = request->config,
		.places = request->places ? places_source(request->places) : NULL,
	};
	error = count(ret_report, request, d);
	if (!error) {
		error = catalogue_histories(request->catalogue, request->include, &past.list,
					    &past.n, d);
	}
	if (!error)
		error = catalogue_dropped_until(request->catalogue, &past.dropped_ns, d);
	if (!error)
		error = derive(ret_report, request, &past, d);
	catalogue_histories_free(past.list, past.n);
	return error;
}

/* A capture that was read again under more networks takes its old batch's place meanwhile: its
 * files are gone then, which is no damage, and the new ones tell the same and more. */
int report_make(const struct report_request *request, struct report *ret_report,
		struct diagnosis *d)
{
	struct catalogue *c = request->catalogue;

	for (int attempt = 0;; attempt++) {
		size_t known = catalogue_damage_count(c);
		int error = catalogue_hold(c, d), replaced;

		*ret_report = (struct report){ 0 };
		if (!error)
			error = make(request, ret_report, d);
		catalogue_release(c);
		replaced = error < 0 ? error : catalogue_take_back_damage(c, known, d);
		if (replaced <= 0 || attempt == CATALOGUE_ATTEMPTS_MAX)
			return MIN(replaced, 0);
		report_finish(ret_report);
		error = catalogue_settle(c, d);
		if (error < 0)
			return error;
	}
}

void report_finish(struct report *r)
{
	for (size_t i = 0; i < r->n_busy_days; i++) {
		for (uint32_t k = 0; k < r->busy_days[i].n_visitors; k++)
			period_visits_finish(&r->busy_days[i].visitors[k].visit, 1);
	}
	period_counts_finish(&r->counts);
	free(r->days);
	free(r->whole_days);
	free(r->hosts);
	free(r->days_seen);
	free(r->nearly_daily);
	free(r->ports);
	free(r->by_ports);
	free(r->sets);
	free(r->port_counts);
	free(r->outliers);
	free(r->busy_days);
	free(r->new_services.list);
	free(r->back.list);
	free(r->gone.list);
	free(r->floods);
	free(r->gaps);
	free(r->recorded);
	free(r->longest);
	memset(r, 0, sizeof(*r));
}
