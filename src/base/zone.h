/*
 * The site's timezone: instants in UTC nanoseconds to local days, hours and RFC 3339 text, and
 * back. The C library knows one zone a process (TZ), so there is one: zone_set is called once,
 * before any thread.
 */
#ifndef SEKIMORI_BASE_ZONE_H
#define SEKIMORI_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define ZONE_TEXT_MAX   40
#define NS_PER_MS       1000000ULL
#define NS_PER_SECOND   1000000000ULL
#define SECONDS_PER_DAY 86400

/* A local date. `day` counts days from 1970-01-01, so that days can be compared and counted. */
struct zone_date {
	int32_t day;
	int year, month, mday; /* 1-12, 1-31 */
	int hour;
};

/*
 * Takes NAME of the tz database ("Asia/Tokyo", "UTC"), or the system's zone when NAME is NULL.
 * Returns 0, or ERR_USAGE when the database has no such zone.
 */
must_check int zone_set(const char *name, struct diagnosis *d);

/* Does the tz database have that zone? */
bool zone_exists(const char *name);

/* The name last set: never NULL; the system's zone by its name where that can be told, else
 * "localtime". */
const char *zone_name(void);

/* Seconds that local time is ahead of UTC at that instant. */
int32_t zone_offset_s(int64_t utc_s);

int32_t zone_day(uint64_t time_ns);
struct zone_date zone_date(uint64_t time_ns);
struct zone_date zone_date_of_day(int32_t day);

/* The number of that day; false when the calendar has none (30 February). */
must_check bool zone_day_of_date(int year, int month, int mday, int32_t *ret_day);

/* The instant at which that local day begins, in UTC seconds. */
int64_t zone_day_start_s(int32_t day);

/* The same in nanoseconds; 0 before 1970, UINT64_MAX past what they can count. */
uint64_t zone_day_start_ns(int32_t day);

/* "2019-01-24T09:00:00.123+09:00"; UTC is written as "Z". Milliseconds are cut, not rounded. */
const char *zone_format(uint64_t time_ns, char ret_text[ZONE_TEXT_MAX]);

/*
 * Reads "2019-01-24", "2019-01-24 09:00", "2019-01-24T09:00:00.5" (local), or with "Z" or an
 * offset. What lies past 2554, the last year that is counted here, is UINT64_MAX. Returns 0 or
 * ERR_USAGE.
 */
must_check int zone_parse(const char *text, uint64_t *ret_time_ns, struct diagnosis *d);

#endif
