/* Periods as people name them. */
#include <string.h>

#include "base/macros.h"
#include "base/zone.h"
#include "report/report_period.h"

#include "unit.h"

static int32_t day(int year, int month, int mday)
{
	int32_t d = 0;

	assert_true(zone_day_of_date(year, month, mday, &d));
	return d;
}

static struct report_period parsed(const char *text)
{
	struct report_period p;
	struct diagnosis d = { "" };

	if (report_period_parse(text, &p, &d) < 0)
		fail_msg("%s: %s", text, d.text);
	return p;
}

static void assert_period(const struct report_period *p, enum report_period_kind kind,
			  int32_t first, int32_t end, const char *name)
{
	assert_int_equal(p->kind, kind);
	assert_int_equal(p->first_day, first);
	assert_int_equal(p->end_day, end);
	assert_string_equal(p->name, name);
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		enum report_period_kind kind;
		int first[3], end[3];
		const char *name;
	} good[] = {
		{ "2019", REPORT_YEAR, { 2019, 1, 1 }, { 2020, 1, 1 }, "2019" },
		{ "1970", REPORT_YEAR, { 1970, 1, 1 }, { 1971, 1, 1 }, "1970" },
		{ "2553", REPORT_YEAR, { 2553, 1, 1 }, { 2554, 1, 1 }, "2553" },
		{ "2019-01", REPORT_MONTH, { 2019, 1, 1 }, { 2019, 2, 1 }, "2019-01" },
		{ "2019-12", REPORT_MONTH, { 2019, 12, 1 }, { 2020, 1, 1 }, "2019-12" },
		{ "2020-02", REPORT_MONTH, { 2020, 2, 1 }, { 2020, 3, 1 }, "2020-02" },
		{ "2020-02-29", REPORT_DAY, { 2020, 2, 29 }, { 2020, 3, 1 }, "2020-02-29" },
		{ "2019-12-31", REPORT_DAY, { 2019, 12, 31 }, { 2020, 1, 1 }, "2019-12-31" },
		{ "2019-01-01..2019-01-15",
		  REPORT_RANGE,
		  { 2019, 1, 1 },
		  { 2019, 1, 16 },
		  "2019-01-01..2019-01-15" },
		{ "2018-11..2019-01",
		  REPORT_RANGE,
		  { 2018, 11, 1 },
		  { 2019, 2, 1 },
		  "2018-11-01..2019-01-31" },
		{ "2019-01-24..2019",
		  REPORT_RANGE,
		  { 2019, 1, 24 },
		  { 2020, 1, 1 },
		  "2019-01-24..2019-12-31" },
		/* The whole of the first, though the last begins before it does. */
		{ "2019..2019-01",
		  REPORT_RANGE,
		  { 2019, 1, 1 },
		  { 2019, 2, 1 },
		  "2019-01-01..2019-01-31" },
		{ "2019-01-24..2019-01-24",
		  REPORT_RANGE,
		  { 2019, 1, 24 },
		  { 2019, 1, 25 },
		  "2019-01-24..2019-01-24" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
		const int *f = good[i].first, *e = good[i].end;
		struct report_period p = parsed(good[i].text);

		assert_period(&p, good[i].kind, day(f[0], f[1], f[2]), day(e[0], e[1], e[2]),
			      good[i].name);
	}
}

static void assert_refused(const char *text, const char *words)
{
	struct report_period p = { REPORT_DAY, 1, 2, "untouched" };
	struct diagnosis d = { "" };

	if (report_period_parse(text, &p, &d) != ERR_USAGE)
		fail_msg("\"%s\" was taken", text);
	assert_non_null(strstr(d.text, words));
	assert_string_equal(p.name, "untouched");
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"2",
		"201",
		"20190",
		"2019-",
		"2019-1",
		"2019-001",
		"2019-00",
		"2019-13",
		"2019-01-",
		"2019-01-1",
		"2019-01-00",
		"2019-01-32",
		"2019-02-29",
		"2100-02-29",
		"2019-04-31",
		"1969",
		"1969-12-31",
		"2554",
		"0000",
		"9999",
		" 2019",
		"2019 ",
		"-019",
		"+2019",
		"2019-01-24T00",
		"2019..",
		"..2019",
		"2019.2020",
		"2019...2020",
		"2019..2020..2021",
		"2019..2020-13",
		"\xef\xbc\x92\xef\xbc\x90\xef\xbc\x91\xef\xbc\x99", /* full-width 2019 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		assert_refused(bad[i], "is no period");
	assert_refused("2019-01-02..2019-01-01", "ends after it begins");
	assert_refused("2020..2019", "ends after it begins");
	assert_refused("2019-02..2019-01-31", "ends after it begins");
}

static void test_month(void **state)
{
	struct report_period p;

	(void)state;
	for (int32_t d = day(2019, 1, 1); d < day(2019, 2, 1); d++) {
		p = report_period_month(d);
		assert_period(&p, REPORT_MONTH, day(2019, 1, 1), day(2019, 2, 1), "2019-01");
	}
	p = report_period_month(day(2020, 2, 29));
	assert_period(&p, REPORT_MONTH, day(2020, 2, 1), day(2020, 3, 1), "2020-02");
	p = report_period_month(day(2019, 12, 31));
	assert_period(&p, REPORT_MONTH, day(2019, 12, 1), day(2020, 1, 1), "2019-12");
}

static void test_before(void **state)
{
	static const struct {
		const char *text, *before;
	} cases[] = {
		{ "2019", "2018" },
		{ "2019-02", "2019-01" },
		{ "2019-01", "2018-12" },
		{ "2020-03", "2020-02" },
		{ "2019-03-01", "2019-02-28" },
		{ "2020-01-01", "2019-12-31" },
		{ "2019-01-16..2019-01-31", "2018-12-31..2019-01-15" },
		{ "2019-01..2019-02", "2018-11-03..2018-12-31" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct report_period p = parsed(cases[i].text), b = report_period_before(&p);

		assert_string_equal(b.name, cases[i].before);
		assert_int_equal(b.kind, p.kind);
		assert_int_equal(b.end_day, p.first_day);
		if (p.kind == REPORT_DAY || p.kind == REPORT_RANGE)
			assert_int_equal(b.end_day - b.first_day, p.end_day - p.first_day);
	}
}

/* What a period calls itself means the same period. */
static void test_name(void **state)
{
	(void)state;
	for (int32_t d = day(2019, 12, 1); d < day(2020, 4, 1); d++) {
		struct report_period p = report_period_month(d), again = parsed(p.name);

		assert_period(&again, p.kind, p.first_day, p.end_day, p.name);
		p = report_period_before(&p);
		again = parsed(p.name);
		assert_period(&again, p.kind, p.first_day, p.end_day, p.name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_month), cmocka_unit_test(test_before),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
