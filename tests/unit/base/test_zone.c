/* Days, hours and times as people write them, in zones with summer time, half hours and moves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

#include "unit.h"

static void use(const char *name)
{
	struct diagnosis d = { "" };

	if (zone_set(name, &d) < 0)
		fail_msg("%s", d.text);
	assert_string_equal(zone_name(), name);
}

static uint64_t instant(const char *text)
{
	struct diagnosis d = { "" };
	uint64_t ns;

	if (zone_parse(text, &ns, &d) < 0)
		fail_msg("%s", d.text);
	return ns;
}

static void test_there_and_back(void **state)
{
	static const struct {
		const char *zone, *utc, *local;
	} cases[] = {
		{ "UTC", "2019-01-24T00:00:00Z", "2019-01-24T00:00:00.000Z" },
		{ "UTC", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z" },
		{ "UTC", "2000-02-29T23:59:59.999Z", "2000-02-29T23:59:59.999Z" },
		{ "UTC", "2100-02-28T23:59:59.9999Z", "2100-02-28T23:59:59.999Z" },
		{ "UTC", "2400-02-29T00:00:00Z", "2400-02-29T00:00:00.000Z" },
		{ "Asia/Tokyo", "2019-01-24T15:00:00.123Z", "2019-01-25T00:00:00.123+09:00" },
		{ "Asia/Tokyo", "1970-01-01T00:00:00Z", "1970-01-01T09:00:00.000+09:00" },
		{ "Asia/Kolkata", "2019-01-24T18:30:00Z", "2019-01-25T00:00:00.000+05:30" },
		{ "Asia/Kathmandu", "2019-01-24T18:15:00Z", "2019-01-25T00:00:00.000+05:45" },
		{ "America/New_York", "2019-01-24T04:59:59Z", "2019-01-23T23:59:59.000-05:00" },
		{ "America/New_York", "2019-07-24T03:59:59Z", "2019-07-23T23:59:59.000-04:00" },
		{ "Pacific/Marquesas", "2019-01-24T09:29:00Z", "2019-01-23T23:59:00.000-09:30" },
		{ "Pacific/Kiritimati", "2019-01-23T10:00:00Z", "2019-01-24T00:00:00.000+14:00" },
		{ "Europe/Berlin", "2019-03-31T00:59:59Z", "2019-03-31T01:59:59.000+01:00" },
		{ "Europe/Berlin", "2019-03-31T01:00:00Z", "2019-03-31T03:00:00.000+02:00" },
		{ "Europe/Berlin", "2019-10-27T00:30:00Z", "2019-10-27T02:30:00.000+02:00" },
		{ "Europe/Berlin", "2019-10-27T01:30:00Z", "2019-10-27T02:30:00.000+01:00" },
		{ "Australia/Lord_Howe", "2019-04-06T14:59:00Z", "2019-04-07T01:59:00.000+11:00" },
		{ "Australia/Lord_Howe", "2019-04-06T15:00:00Z", "2019-04-07T01:30:00.000+10:30" },
	};
	char text[ZONE_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint64_t ns;

		use(cases[i].zone);
		ns = instant(cases[i].utc);
		assert_string_equal(zone_format(ns, text), cases[i].local);
		/* With its offset a local time is one instant, to the millisecond. */
		assert_true(instant(text) == ns / NS_PER_MS * NS_PER_MS);
	}
	use("UTC");
	assert_string_equal(zone_format(UINT64_MAX, text), "2554-07-21T23:34:33.709Z");
}

static void test_local_times(void **state)
{
	(void)state;
	use("Asia/Tokyo");
	assert_true(instant("2019-01-24") == instant("2019-01-23T15:00:00Z"));
	assert_true(instant("2019-01-24 09:00") == instant("2019-01-24T00:00Z"));
	assert_true(instant("2019-01-24T09:00:00.5") ==
		    instant("2019-01-24T00:00Z") + 500 * NS_PER_MS);
	assert_true(instant("2019-01-24T09:00:00.123456789") ==
		    instant("2019-01-24T00:00Z") + 123456789);
	assert_true(instant("2019-01-24T09:00:00.1234567891") ==
		    instant("2019-01-24T00:00Z") + 123456789);
	assert_true(instant("2019-01-24T24:00") == instant("2019-01-25"));
	assert_true(instant("2019-01-24T00:00-05:30") == instant("2019-01-24T05:30Z"));
	use("Europe/Berlin");
	assert_true(instant("2019-07-01 12:00") == instant("2019-07-01T10:00Z"));
	assert_true(instant("2019-01-01 12:00") == instant("2019-01-01T11:00Z"));
	assert_true(instant("9999-12-31") == UINT64_MAX);
}

static void test_no_times(void **state)
{
	static const char *const cases[] = {
		"",
		"2019",
		"2019-01",
		"2019-1-1",
		"2019-02-29",
		"2019-13-01",
		"2019-00-10",
		"2019-01-00",
		"2019-04-31",
		"2100-02-29",
		"2019-01-01T",
		"2019-01-01T9:00",
		"2019-01-01T24:01",
		"2019-01-01T09:60",
		"2019-01-01x",
		"2019-01-01T09:00:0",
		"2019-01-01T09:00:00.",
		"2019-01-01T09:00Zx",
		"2019-01-01T09:00+9",
		"2019-01-01T09:00+09:60",
		"2019-01-01T09:00+24:00",
		"2019-01-01+09:00:00",
		"1969-12-31T23:59:59Z",
		"-019-01-01",
		"2019-01-01T-1:00",
		" 2019-01-01",
		"2019-01-01 ",
	};
	uint64_t ns;
	struct diagnosis d;

	(void)state;
	use("UTC");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		d.text[0] = '\0';
		if (zone_parse(cases[i], &ns, &d) != ERR_USAGE)
			fail_msg("\"%s\" was taken for a time", cases[i]);
		assert_non_null(strstr(d.text, cases[i]));
	}
}

/* Every day of the zone's years: days follow each other, each begins where the one before ends. */
static void test_days(void **state)
{
	static const struct {
		const char *zone, *day;
		int hours;
	} odd[] = {
		{ "Europe/Berlin", "2019-03-31", 23 },     { "Europe/Berlin", "2019-10-27", 25 },
		{ "America/Sao_Paulo", "2018-11-04", 23 }, /* begins at 01:00 */
		{ "America/Sao_Paulo", "2018-02-17", 25 }, { "Asia/Tokyo", "2019-03-31", 24 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(odd); i++) {
		uint64_t noon;
		char text[32];
		int32_t day;

		use(odd[i].zone);
		snprintf(text, sizeof(text), "%s 12:00", odd[i].day);
		noon = instant(text);
		day = zone_day(noon);
		assert_int_equal(zone_day_start_s(day + 1) - zone_day_start_s(day),
				 odd[i].hours * 3600);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(odd); i++) {
		use(odd[i].zone);
		for (int32_t day = 17800; day < 18300; day++) {
			int64_t start = zone_day_start_s(day), end = zone_day_start_s(day + 1);

			assert_true(end - start >= 23 * 3600 && end - start <= 25 * 3600);
			assert_int_equal(zone_day((uint64_t)start * NS_PER_SECOND), day);
			assert_int_equal(zone_day((uint64_t)end * NS_PER_SECOND - 1), day);
		}
	}
}

static void test_dates(void **state)
{
	static const int none[][3] = { { 2019, 2, 29 }, { 1900, 2, 29 }, { 2019, 4, 31 },
				       { 2019, 0, 1 },  { 2019, 13, 1 }, { 2019, 1, 0 },
				       { 2019, 1, 32 }, { 2019, -1, 1 }, { 2019, 1, -1 } };
	struct zone_date d;

	(void)state;
	use("UTC");
	/* The calendar against itself: each day is the one after the day before. */
	for (int32_t day = 0; day < 213504; day++) {
		struct zone_date a = zone_date_of_day(day), b = zone_date_of_day(day + 1);

		assert_true(b.mday == a.mday + 1 || (b.mday == 1 && a.mday >= 28));
		assert_true(b.month == a.month || (b.mday == 1 && b.month == a.month % 12 + 1));
		assert_true(b.year == a.year ||
			    (b.month == 1 && b.mday == 1 && b.year == a.year + 1));
	}
	for (int32_t day = -213504; day < 213504; day++) {
		int32_t again = 0;

		d = zone_date_of_day(day);
		assert_true(zone_day_of_date(d.year, d.month, d.mday, &again));
		assert_int_equal(again, day);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(none); i++) {
		int32_t untouched = 77;

		assert_false(zone_day_of_date(none[i][0], none[i][1], none[i][2], &untouched));
		assert_int_equal(untouched, 77);
	}
	use("Asia/Kolkata");
	d = zone_date(instant("2019-01-24T18:29:59Z"));
	assert_int_equal(d.hour, 23);
	assert_int_equal(d.mday, 24);
	d = zone_date(instant("2019-01-24T18:30:00Z"));
	assert_int_equal(d.hour, 0);
	assert_int_equal(d.mday, 25);
}

static void test_no_zones(void **state)
{
	static const char *const cases[] = {
		"",         "Mars/Olympus", "Asia", "/etc/localtime", "../zoneinfo/UTC",
		"zone.tab", "asia/tokyo"
	};
	struct diagnosis d;

	(void)state;
	use("Asia/Tokyo");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		assert_false(zone_exists(cases[i]));
		assert_int_equal(zone_set(cases[i], &d), ERR_USAGE);
		assert_string_equal(zone_name(), "Asia/Tokyo");
	}
}

static void test_system_zone(void **state)
{
	(void)state;
	setenv("TZ", "Asia/Seoul", 1);
	assert_int_equal(zone_set(NULL, NULL), 0);
	assert_string_equal(zone_name(), "Asia/Seoul");
	setenv("TZ", ":Asia/Seoul", 1);
	assert_int_equal(zone_set(NULL, NULL), 0);
	assert_string_equal(zone_name(), "Asia/Seoul");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_local_times),
		cmocka_unit_test(test_no_times),       cmocka_unit_test(test_days),
		cmocka_unit_test(test_dates),          cmocka_unit_test(test_no_zones),
		cmocka_unit_test(test_system_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
