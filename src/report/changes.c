/* What changed against the period before. */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/zone.h"
#include "report/report_internal.h"

static bool seen_within(const struct period_history *h, const struct report_period *p)
{
	for (uint32_t i = 0; i < h->n_days; i++) {
		if (h->days[i].first < p->end_day && h->days[i].last >= p->first_day)
			return true;
	}
	return false;
}

bool report_was_seen(const struct period_history *list, size_t n, const struct report_period *p)
{
	for (size_t i = 0; i < n; i++) {
		if (seen_within(&list[i], p))
			return true;
	}
	return false;
}

static int service_order(const void *key, const void *element)
{
	const struct period_service *x = key, *y = element;

	return SERVICE_ORDER(x, y);
}

static size_t find_service(const struct report *r, struct net_addr host, uint16_t port,
			   uint8_t protocol)
{
	const struct period_service key = { .host = host, .port = port, .protocol = protocol };
	const struct period_service *found =
		bsearch(&key, r->counts.services, r->counts.n_services, sizeof(key), service_order);

	return found ? (size_t)(found - r->counts.services) : SIZE_MAX;
}

static int add(const struct report *r, struct report_changes *list, const struct period_history *h,
	       uint32_t number)
{
	void *grown = array_make_room(list->list, list->n, &list->room, sizeof(*list->list));
	size_t service = find_service(r, h->host, h->port, h->protocol);

	if (!grown)
		return -ENOMEM;
	list->list = grown;
	list->list[list->n++] = (struct report_change){
		.host = h->host,
		.number = number,
		.port = h->port,
		.protocol = h->protocol,
		.first_ns = h->first_ns,
		.last_ns = h->last_ns,
		.packets = service == SIZE_MAX ? 0 : r->counts.services[service].packets,
	};
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct report_change *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->port > y->port) - (x->port < y->port);
}

/* A store that begins with the period has nothing to compare with: nothing is new then. */
static bool begins_before(const struct report *r, const struct report_past *past)
{
	for (size_t i = 0; i < past->n; i++) {
		if (past->list[i].days[0].first < r->period.first_day)
			return true;
	}
	return false;
}

static int sort_in(struct report *r, const struct period_history *h, uint32_t number)
{
	bool now = seen_within(h, &r->period), before = seen_within(h, &r->before);

	if (now && h->days[0].first >= r->period.first_day)
		return add(r, &r->new_services, h, number);
	if (now && !before && r->before_seen)
		return add(r, &r->back, h, number);
	return before && !now ? add(r, &r->gone, h, number) : 0;
}

int report_find_changes(struct report *r, const struct report_past *past,
			const struct host_numbers *numbers)
{
	struct report_changes *const lists[] = { &r->new_services, &r->back, &r->gone };
	int error = 0;

	/* Of what was taken away only the first and the last days are known. */
	r->before_seen = past->dropped_ns < zone_day_start_ns(r->before.first_day) &&
			 report_was_seen(past->list, past->n, &r->before);
	/* What was not captured is not gone. */
	if (!begins_before(r, past) || !r->days_captured)
		return 0;
	for (size_t i = 0; i < past->n && !error; i++) {
		error = sort_in(r, &past->list[i], host_numbers_find(numbers, past->list[i].host));
	}
	for (size_t i = 0; i < ARRAY_LENGTH(lists) && r->anonymised; i++) {
		if (lists[i]->n)
			qsort(lists[i]->list, lists[i]->n, sizeof(*lists[i]->list), by_number);
	}
	return error;
}
