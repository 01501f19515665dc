#include "report/report_period.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/zone.h"

#define YEAR_MIN 1970
#define YEAR_MAX 2553 /* the last whole one that is counted here */

/* MONTH may be 13: January of the next year. */
static int32_t first_of_month(int year, int month)
{
	int32_t day = 0;

	/* Every month has a first day. */
	(void)!zone_day_of_date(year + (month - 1) / 12, (month - 1) % 12 + 1, 1, &day);
	return day;
}

static void name_it(struct report_period *p)
{
	struct zone_date first = zone_date_of_day(p->first_day),
			 last = zone_date_of_day(p->end_day - 1);

	switch (p->kind) {
	case REPORT_YEAR:
		snprintf(p->name, sizeof(p->name), "%04d", first.year);
		break;
	case REPORT_MONTH:
		snprintf(p->name, sizeof(p->name), "%04d-%02d", first.year, first.month);
		break;
	case REPORT_DAY:
		snprintf(p->name, sizeof(p->name), "%04d-%02d-%02d", first.year, first.month,
			 first.mday);
		break;
	default:
		snprintf(p->name, sizeof(p->name), "%04d-%02d-%02d..%04d-%02d-%02d", first.year,
			 first.month, first.mday, last.year, last.month, last.mday);
	}
}

static struct report_period year_of(int year)
{
	struct report_period p = { REPORT_YEAR, first_of_month(year, 1),
				   first_of_month(year + 1, 1), "" };

	name_it(&p);
	return p;
}

static struct report_period month_of(int year, int month)
{
	struct report_period p = { REPORT_MONTH, first_of_month(year, month),
				   first_of_month(year, month + 1), "" };

	name_it(&p);
	return p;
}

static struct report_period days_of(enum report_period_kind kind, int32_t first, int32_t end)
{
	struct report_period p = { kind, first, end, "" };

	name_it(&p);
	return p;
}

struct report_period report_period_month(int32_t day)
{
	struct zone_date d = zone_date_of_day(day);

	return month_of(d.year, d.month);
}

struct report_period report_period_before(const struct report_period *p)
{
	struct zone_date first = zone_date_of_day(p->first_day);
	int32_t n = p->end_day - p->first_day;

	if (p->kind == REPORT_YEAR)
		return year_of(first.year - 1);
	if (p->kind == REPORT_MONTH)
		return first.month > 1 ? month_of(first.year, first.month - 1)
				       : month_of(first.year - 1, 12);
	return days_of(p->kind, p->first_day - n, p->first_day);
}

/* N digits. Returns what follows, or NULL. */
static const char *take_number(const char *at, int n, int *ret_number)
{
	*ret_number = 0;
	for (int i = 0; i < n; i++, at++) {
		if (!isdigit((unsigned char)*at))
			return NULL;
		*ret_number = 10 * *ret_number + (*at - '0');
	}
	return at;
}

/* A year, a month or a day. Returns what follows, or NULL when there is none. */
static const char *take_one(const char *at, struct report_period *ret)
{
	int year, month, mday;

	at = take_number(at, 4, &year);
	if (!at || year < YEAR_MIN || year > YEAR_MAX)
		return NULL;
	*ret = year_of(year);
	if (*at != '-')
		return at;
	at = take_number(at + 1, 2, &month);
	if (!at || month < 1 || month > 12)
		return NULL;
	*ret = month_of(year, month);
	if (*at != '-')
		return at;
	at = take_number(at + 1, 2, &mday);
	if (!at || mday < 1 || mday > ret->end_day - ret->first_day)
		return NULL;
	*ret = days_of(REPORT_DAY, ret->first_day + mday - 1, ret->first_day + mday);
	return at;
}

int report_period_parse(const char *text, struct report_period *ret_period, struct diagnosis *d)
{
	struct report_period first, last;
	const char *at = take_one(text, &first);

	if (at && !*at) {
		*ret_period = first;
		return 0;
	}
	if (at && !strncmp(at, "..", 2))
		at = take_one(at + 2, &last);
	if (!at || *at) {
		return diagnose(d, ERR_USAGE,
				_("\"%s\" is no period (2019, 2019-01, 2019-01-24 or"
				  " 2019-01-01..2019-01-15)"),
				text);
	}
	if (last.end_day <= first.first_day) {
		return diagnose(d, ERR_USAGE, _("\"%s\": a period ends after it begins"), text);
	}
	*ret_period = days_of(REPORT_RANGE, first.first_day, last.end_day);
	return 0;
}
