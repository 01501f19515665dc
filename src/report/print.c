#include <stdlib.h>

#include "base/i18n.h"
#include "base/zone.h"
#include "report/print_internal.h"

const char *report_day_text(int32_t day, char ret_text[REPORT_DATE_MAX])
{
	struct zone_date d = zone_date_of_day(day);

	snprintf(ret_text, REPORT_DATE_MAX, "%04d-%02d-%02d", d.year, d.month, d.mday);
	return ret_text;
}

const char *report_date(const struct report *r, uint32_t day, char ret_text[REPORT_DATE_MAX])
{
	return report_day_text(r->period.first_day + (int32_t)day, ret_text);
}

int report_weekday(const struct report *r, uint32_t day)
{
	/* 1970-01-01 was a Thursday. */
	return (int)(((int64_t)r->period.first_day + day + 3) % 7) + 1;
}

bool report_is_rest_day(const struct report *r, uint32_t day)
{
	return report_weekday(r, day) == REPORT_SUNDAY ||
	       config_holiday(r->config, r->period.first_day + (int32_t)day) != NULL;
}

static int most_packets_first(const void *a, const void *b, void *user)
{
	const struct report *r = user;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	uint64_t x = r->counts.services[i].packets, y = r->counts.services[k].packets;

	if (x != y)
		return x > y ? -1 : 1;
	return (i > k) - (i < k);
}

size_t *report_services_by_packets(const struct report *r, const struct report_host *h)
{
	size_t *order = malloc((h->n_services + 1) * sizeof(*order));

	if (!order)
		return NULL;
	for (size_t i = 0; i < h->n_services; i++)
		order[i] = h->first_service + i;
	qsort_r(order, h->n_services, sizeof(*order), most_packets_first, (void *)(uintptr_t)r);
	return order;
}

void report_order_free(size_t *order)
{
	free(order);
}
