/* Periods as people name them: a day, a month, a year, or from one of these to another. */
#ifndef SEKIMORI_REPORT_REPORT_PERIOD_H
#define SEKIMORI_REPORT_REPORT_PERIOD_H

#include <stdint.h>

#include "base/error.h"

#define REPORT_DATE_MAX 16
#define REPORT_NAME_MAX 32

enum report_period_kind {
	REPORT_DAY,
	REPORT_MONTH,
	REPORT_YEAR,
	REPORT_RANGE
};

struct report_period {
	enum report_period_kind kind;
	int32_t first_day, end_day; /* local days since 1970-01-01, the end not among them */
	char name[REPORT_NAME_MAX]; /* "2019-01", "2019-01-24", "2019", "2019-01-01..2019-01-15" */
};

/* Reads one. Returns 0, or ERR_USAGE with the value in D. */
must_check int report_period_parse(const char *text, struct report_period *ret_period,
				   struct diagnosis *d);

/* The month in which that day lies. */
struct report_period report_period_month(int32_t day);

/* The period before: the month before a month; as many days before a range. */
struct report_period report_period_before(const struct report_period *p);

#endif
