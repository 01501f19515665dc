#include "base/zone.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/i18n.h"

/* Offsets change on quarter hours at the finest; one slot is remembered a thread. */
#define SLOT_SECONDS 900

static char name_now[128] = "UTC";

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The database's folder holds other files too: a zone begins with "TZif" (RFC 8536, 3.1). */
static bool is_zone_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char magic[4];
	bool is = file && fread(magic, sizeof(magic), 1, file) == 1 && !memcmp(magic, "TZif", 4);

	if (file)
		(void)fclose(file);
	return is;
}

bool zone_exists(const char *name)
{
	const char *dir = getenv("TZDIR");
	char path[256];
	struct stat st;

	if (!strcmp(name, "UTC"))
		return true;
	if (!*name || *name == '/' || strstr(name, "..") || strlen(name) >= sizeof(name_now))
		return false;
	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "/usr/share/zoneinfo", name);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && is_zone_file(path);
}

static void take_system_zone(void)
{
	const char *tz = getenv("TZ");
	const char *mark = "zoneinfo/";
	char target[256];
	ssize_t n;

	snprintf(name_now, sizeof(name_now), "localtime");
	if (tz && *tz) {
		snprintf(name_now, sizeof(name_now), "%s", *tz == ':' ? tz + 1 : tz);
		return;
	}
	n = readlink("/etc/localtime", target, sizeof(target) - 1);
	if (n > 0) {
		char *at;

		target[n] = '\0';
		at = strstr(target, mark);
		if (at && strlen(at + strlen(mark)) < sizeof(name_now))
			snprintf(name_now, sizeof(name_now), "%.127s", at + strlen(mark));
	}
}

int zone_set(const char *name, struct diagnosis *d)
{
	if (!name) {
		take_system_zone();
		tzset();
		return 0;
	}
	if (!zone_exists(name)) {
		return diagnose(d, ERR_USAGE,
				_("\"%s\" is not a timezone of the tz database (try Asia/Tokyo)"),
				name);
	}
	snprintf(name_now, sizeof(name_now), "%s", name);
	setenv("TZ", name, 1);
	tzset();
	return 0;
}

const char *zone_name(void)
{
	return name_now;
}

int32_t zone_offset_s(int64_t utc_s)
{
	static _Thread_local int64_t slot = INT64_MIN;
	static _Thread_local int32_t offset;
	static _Thread_local char slot_zone[sizeof(name_now)];
	int64_t wanted = floor_div(utc_s, SLOT_SECONDS);

	if (wanted != slot || strcmp(slot_zone, name_now) != 0) {
		time_t t = (time_t)utc_s;
		struct tm tm;

		offset = localtime_r(&t, &tm) ? (int32_t)tm.tm_gmtoff : 0;
		slot = wanted;
		memcpy(slot_zone, name_now, sizeof(slot_zone));
	}
	return offset;
}

static int64_t local_seconds(uint64_t time_ns)
{
	int64_t utc_s = (int64_t)(time_ns / NS_PER_SECOND);

	return utc_s + zone_offset_s(utc_s);
}

int32_t zone_day(uint64_t time_ns)
{
	return (int32_t)floor_div(local_seconds(time_ns), SECONDS_PER_DAY);
}

/* Proleptic Gregorian calendar from a day number (Howard Hinnant, chrono-compatible date
 * algorithms). */
struct zone_date zone_date_of_day(int32_t day)
{
	int64_t z = (int64_t)day + 719468;
	int64_t era = floor_div(z, 146097);
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	struct zone_date d = { .day = day };

	d.mday = (int)(doy - (153 * mp + 2) / 5 + 1);
	d.month = (int)(mp < 10 ? mp + 3 : mp - 9);
	d.year = (int)(yoe + era * 400 + (d.month <= 2));
	return d;
}

static int32_t day_of_date(int year, int month, int mday)
{
	int64_t y = year - (month <= 2);
	int64_t era = floor_div(y, 400);
	unsigned yoe = (unsigned)(y - era * 400);
	unsigned doy =
		(153u * (unsigned)(month > 2 ? month - 3 : month + 9) + 2) / 5 + (unsigned)mday - 1;
	unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return (int32_t)(era * 146097 + doe - 719468);
}

bool zone_day_of_date(int year, int month, int mday, int32_t *ret_day)
{
	int32_t day;

	if (month < 1 || month > 12 || mday < 1 || mday > 31)
		return false;
	day = day_of_date(year, month, mday);
	if (zone_date_of_day(day).mday != mday)
		return false;
	*ret_day = day;
	return true;
}

struct zone_date zone_date(uint64_t time_ns)
{
	int64_t local = local_seconds(time_ns);
	struct zone_date d = zone_date_of_day((int32_t)floor_div(local, SECONDS_PER_DAY));

	d.hour = (int)((local - (int64_t)d.day * SECONDS_PER_DAY) / 3600);
	return d;
}

int64_t zone_day_start_s(int32_t day)
{
	/* No zone is more than 15 hours off; the local day never falls as time goes on, but for
	 * date line moves. */
	int64_t low = (int64_t)day * SECONDS_PER_DAY - INT64_C(16) * 3600,
		high = low + INT64_C(32) * 3600;

	while (low < high) {
		int64_t middle = floor_div(low + high, 2);

		if (floor_div(middle + zone_offset_s(middle), SECONDS_PER_DAY) < day) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

uint64_t zone_day_start_ns(int32_t day)
{
	int64_t start_s = zone_day_start_s(day);

	if (start_s < 0)
		return 0;
	return (uint64_t)start_s < UINT64_MAX / NS_PER_SECOND ? (uint64_t)start_s * NS_PER_SECOND
							      : UINT64_MAX;
}

const char *zone_format(uint64_t time_ns, char ret_text[ZONE_TEXT_MAX])
{
	int64_t utc_s = (int64_t)(time_ns / NS_PER_SECOND);
	int32_t offset = zone_offset_s(utc_s);
	int32_t away = offset < 0 ? -offset : offset;
	struct zone_date d = zone_date(time_ns);
	int64_t second = utc_s + offset - (int64_t)d.day * SECONDS_PER_DAY;
	int n = snprintf(ret_text, ZONE_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03u", d.year,
			 d.month, d.mday, d.hour, (int)(second / 60 % 60), (int)(second % 60),
			 (unsigned)(time_ns % NS_PER_SECOND / NS_PER_MS));

	if (!strcmp(name_now, "UTC")) {
		snprintf(ret_text + n, (size_t)(ZONE_TEXT_MAX - n), "Z");
	} else {
		snprintf(ret_text + n, (size_t)(ZONE_TEXT_MAX - n), "%c%02d:%02d",
			 offset < 0 ? '-' : '+', (int)(away / 3600), (int)(away / 60 % 60));
	}
	return ret_text;
}

static const char *parse_fraction(const char *at, uint32_t *ret_ns)
{
	uint32_t unit = 100000000;

	*ret_ns = 0;
	if (*at != '.' || !isdigit((unsigned char)at[1]))
		return at;
	for (at++; isdigit((unsigned char)*at); at++, unit /= 10)
		*ret_ns += unit * (uint32_t)(*at - '0');
	return at;
}

/*
 * Does the text begin like SHAPE, where 0 stands for a digit? Writes the numbers, each run of
 * digits one, and returns what follows; NULL when it does not.
 */
static const char *parse_shape(const char *at, const char *shape, int *ret_numbers)
{
	for (; *shape; at++, shape++) {
		if (*shape != '0') {
			if (*at != *shape)
				return NULL;
			ret_numbers++;
			continue;
		}
		if (!isdigit((unsigned char)*at))
			return NULL;
		*ret_numbers = 10 * *ret_numbers + (*at - '0');
	}
	return at;
}

/* "Z", "+09:00" or nothing. Returns false when there is something else. */
static bool parse_offset(const char *at, bool *ret_given, int32_t *ret_offset)
{
	int n[2] = { 0, 0 };
	const char *end;

	*ret_given = *at != '\0';
	*ret_offset = 0;
	if (!*at || ((*at == 'Z' || *at == 'z') && !at[1]))
		return true;
	if (*at != '+' && *at != '-')
		return false;
	end = parse_shape(at + 1, "00:00", n);
	*ret_offset = (n[0] * 3600 + n[1] * 60) * (*at == '-' ? -1 : 1);
	return end && !*end && n[0] < 24 && n[1] < 60;
}

static int64_t utc_of_local(int64_t local)
{
	int64_t utc = local - zone_offset_s(local);

	return local - zone_offset_s(utc);
}

/* Reads the local time and what is written after it; false when it is none. */
static bool parse_local(const char *at, int64_t *ret_local_s, uint32_t *ret_ns,
			const char **ret_rest)
{
	int date[3] = { 0 }, time[2] = { 0 }, second = 0;
	int32_t day;

	*ret_ns = 0;
	at = parse_shape(at, "0000-00-00", date);
	if (at && (*at == 'T' || *at == ' ')) {
		at = parse_shape(at + 1, "00:00", time);
		if (at && *at == ':')
			at = parse_shape(at + 1, "00", &second);
		if (at)
			at = parse_fraction(at, ret_ns);
	}
	if (!at || !zone_day_of_date(date[0], date[1], date[2], &day) || time[1] > 59 ||
	    second > 60 || time[0] * 3600 + time[1] * 60 + second > SECONDS_PER_DAY)
		return false;
	*ret_local_s = (int64_t)day * SECONDS_PER_DAY + INT64_C(3600) * time[0] +
		       INT64_C(60) * time[1] + second;
	*ret_rest = at;
	return true;
}

int zone_parse(const char *text, uint64_t *ret_time_ns, struct diagnosis *d)
{
	const char *rest;
	uint32_t fraction_ns;
	bool offset_given;
	int32_t offset;
	int64_t local, utc = -1;

	if (parse_local(text, &local, &fraction_ns, &rest) &&
	    parse_offset(rest, &offset_given, &offset))
		utc = offset_given ? local - offset : utc_of_local(local);
	if (utc < 0) {
		return diagnose(
			d, ERR_USAGE,
			_("\"%s\" is not a date or time (2019-01-24 or 2019-01-24T09:00:00)"),
			text);
	}
	*ret_time_ns = (uint64_t)utc < UINT64_MAX / NS_PER_SECOND
			       ? (uint64_t)utc * NS_PER_SECOND + fraction_ns
			       : UINT64_MAX;
	return 0;
}
