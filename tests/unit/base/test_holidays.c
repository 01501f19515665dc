/* Holidays: tables of them in either encoding, what is said in the configuration, each mistake. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/config.h"
#include "base/config_internal.h"
#include "base/zone.h"

#include "build_config.h"
#include "unit.h"

/* "元日" and "成人の日". */
#define NEW_YEAR_UTF8 "\xe5\x85\x83\xe6\x97\xa5"
#define NEW_YEAR_SJIS "\x8c\xb3\x93\xfa"
#define ADULTS_UTF8   "\xe6\x88\x90\xe4\xba\xba\xe3\x81\xae\xe6\x97\xa5"
#define ADULTS_SJIS   "\x90\xac\x90\x6c\x82\xcc\x93\xfa"

typedef int (*reader)(struct config *c, const char *path, struct diagnosis *d);

/* Reads N bytes as a file; what is said of it has "FILE" for its name. */
static int read_bytes(reader read_file, struct config *c, const char *bytes, size_t n,
		      struct diagnosis *d)
{
	int fd = memfd_create("holidays", MFD_CLOEXEC), error;
	char path[64], rest[sizeof(d->text)];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	error = read_file(c, path, d);
	close(fd);
	if (!strncmp(d->text, path, strlen(path))) {
		snprintf(rest, sizeof(rest), "%s", d->text + strlen(path));
		snprintf(d->text, sizeof(d->text), "FILE%.400s", rest);
	}
	return error;
}

static int32_t day(int year, int month, int mday)
{
	int32_t number = 0;

	assert_true(zone_day_of_date(year, month, mday, &number));
	return number;
}

static void assert_name(const struct config *c, int32_t number, const char *name)
{
	const char *found = config_holiday(c, number);

	assert_non_null(found);
	assert_string_equal(found, name);
}

static void test_tables(void **state)
{
	static const char *const tables[] = {
		"2019-01-01," NEW_YEAR_UTF8 "\n2019-01-14," ADULTS_UTF8 "\n",
		"2019/1/1," NEW_YEAR_UTF8 "\n2019/1/14," ADULTS_UTF8,
		"date,name\r\n2019-1-1," NEW_YEAR_UTF8 "\r\n\r\n,\r\n2019/01/14," ADULTS_UTF8
		"\r\n",
		"\xef\xbb\xbf" /* a byte order mark, the header's quotes, a third column */
		"\"date\",\"name\",\"kind\"\n\"2019/1/14\",\"" ADULTS_UTF8
		"\",x\n2019/1/1," NEW_YEAR_UTF8 ",\n",
		"\xef\xbb\xbf" /* and no header */ "2019/1/1," NEW_YEAR_UTF8
		"\n2019/1/14," ADULTS_UTF8 "\n",
		/* As the Cabinet Office publishes it, header and all. */
		"\x8d\x91\x96\xaf\x82\xcc\x8f\x6a\x93\xfa\x8c\x8e\x93\xfa,\x96\xbc\x8f\xcc\r\n"
		"2019/1/1," NEW_YEAR_SJIS "\r\n2019/1/14," ADULTS_SJIS "\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
		struct diagnosis d = { "" };
		struct config c;

		config_init(&c);
		if (read_bytes(config_holidays_read, &c, tables[i], strlen(tables[i]), &d) < 0)
			fail_msg("table %zu: %s", i, d.text);
		assert_int_equal(c.n_holidays, 2);
		assert_name(&c, day(2019, 1, 1), NEW_YEAR_UTF8);
		assert_name(&c, day(2019, 1, 14), ADULTS_UTF8);
		assert_null(config_holiday(&c, day(2019, 1, 2)));
		assert_null(config_holiday(&c, day(2018, 12, 31)));
		config_finish(&c);
	}
}

/* Half-width katakana grow from one byte to three: the most that a conversion may need. */
static void test_growing(void **state)
{
	char table[2000] = "2019/1/1,", name[6000] = "";
	struct diagnosis d = { "" };
	struct config c;

	(void)state;
	memset(table + strlen(table), 0xb1, 1900);
	for (size_t i = 0; i < 1900; i++)
		memcpy(name + 3 * i, "\xef\xbd\xb1", 3);
	config_init(&c);
	if (read_bytes(config_holidays_read, &c, table, strlen(table), &d) < 0)
		fail_msg("%s", d.text);
	assert_name(&c, day(2019, 1, 1), name);
	config_finish(&c);
}

static void test_mistakes(void **state)
{
#define CASE(text, words)                                                                          \
	{                                                                                          \
		text, sizeof(text) - 1, words                                                      \
	}
	static const struct {
		const char *text;
		size_t n;
		const char *words;
	} cases[] = {
		CASE("2019-02-29,x\n",
		     "FILE:1: \"2019-02-29\" is not a date (2019-01-01 or 2019/1/1)"),
		CASE("date,name\n2019-13-01,x\n", "FILE:2: \"2019-13-01\" is not"),
		CASE("2019-01-01,x\ndate,name\n", "FILE:2: \"date\" is not"),
		CASE("2019-01/01,x", "FILE:1: \"2019-01/01\" is not"),
		CASE("19-01-01,x", "FILE:1: \"19-01-01\" is not"),
		CASE("20190101,x", "FILE:1: \"20190101\" is not"),
		CASE("2019.1.1,x", "FILE:1: \"2019.1.1\" is not"),
		CASE("2019-1-001,x", "FILE:1: \"2019-1-001\" is not"),
		CASE("2019-1-,x", "FILE:1: \"2019-1-\" is not"),
		CASE("2019-01-01T,x", "FILE:1: \"2019-01-01T\" is not"),
		CASE("99999999999999999999-1-1,x", "FILE:1: \"99999999999999999999-1-1\" is not"),
		CASE("2019-01-01\n",
		     "FILE:1: \"2019-01-01\" lacks the holiday's name after a comma"),
		CASE("2019-01-01,\n", "FILE:1: \"2019-01-01\" lacks"),
		CASE("2019-01-01,x\n\n,x\n", "FILE:3: \"\" is not"),
		CASE("2019-01-01,\"x\n", "FILE:1: more than 64 fields, or a quoted one"),
		CASE("2019-01-01,x\n2019-01-02,\xff\xfe\n",
		     "FILE:2: neither UTF-8 nor Shift_JIS; iconv"),
		CASE("2\0000\0001\0009\000\n", "FILE:1: a NUL byte, as in UTF-16; iconv"),
		CASE("a\n2019-01-01,x\n2019-01-02,y\0", "FILE:3: a NUL byte"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct diagnosis d = { "" };
		struct config c;

		config_init(&c);
		assert_int_equal(
			read_bytes(config_holidays_read, &c, cases[i].text, cases[i].n, &d),
			ERR_USAGE);
		if (strncmp(d.text, cases[i].words, strlen(cases[i].words)) != 0)
			fail_msg("\"%s\" is not \"%s\"", d.text, cases[i].words);
		config_finish(&c);
	}
#undef CASE
}

static void test_sizes(void **state)
{
	size_t n = (1u << 20) + 1;
	char *much = malloc(n);
	struct diagnosis d = { "" };
	struct config c;

	(void)state;
	config_init(&c);
	assert_non_null(much);
	memset(much, '\n', n);
	assert_int_equal(read_bytes(config_holidays_read, &c, much, n - 1, &d), 0);
	assert_int_equal(read_bytes(config_holidays_read, &c, "", 0, &d), 0);
	assert_int_equal(c.n_holidays, 0);
	assert_null(config_holiday(&c, 0));
	assert_int_equal(read_bytes(config_holidays_read, &c, much, n, &d), ERR_USAGE);
	assert_string_equal(d.text, "FILE: more than 1 MiB is no table of holidays");
	assert_int_equal(config_holidays_read(&c, "/absent/holidays", &d), -ENOENT);
	assert_string_equal(d.text, "/absent/holidays: No such file or directory");
	config_finish(&c);
	free(much);
}

/* In any order, more than a first allocation holds; what is said later of a day stands. */
static void test_said_twice(void **state)
{
	struct config c;

	(void)state;
	config_init(&c);
	for (int i = 28; i > 0; i--) {
		for (int month = 1; month <= 12; month++) {
			char text[32];

			snprintf(text, sizeof(text), "2019/%d/%d", month, i);
			assert_int_equal(config_add_holiday(&c, text, text, NULL), 0);
		}
	}
	assert_int_equal(config_add_holiday(&c, "2019-05-01", "first", NULL), 0);
	assert_int_equal(config_add_holiday(&c, "2019-05-01", "last", NULL), 0);
	config_sort_holidays(&c);
	assert_int_equal(c.n_holidays, 12 * 28);
	assert_name(&c, day(2019, 5, 1), "last");
	assert_name(&c, day(2019, 12, 28), "2019/12/28");
	config_sort_holidays(&c);
	assert_int_equal(c.n_holidays, 12 * 28);
	config_finish(&c);
}

static void test_configuration(void **state)
{
	static const char good[] =
		"[holidays]\n2019-05-01 = Enthronement\n1955/1/1 = " NEW_YEAR_UTF8 "\n";
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "[holidays]\n2019-02-30 = x\n", "FILE:2: \"2019-02-30\" is not a date" },
		{ "[holidays]\n2019-02-28 =\n",
		  "FILE:2: \"2019-02-28\" in [holidays] lacks \"= words\"" },
		{ "[site]\nholidays = /absent/file\n", "FILE:2: /absent/file: No such file" },
	};
	struct diagnosis d = { "" };
	struct config c;

	(void)state;
	if (!HAVE_INIH)
		skip();
	config_init(&c);
	if (read_bytes(config_read, &c, good, strlen(good), &d) < 0)
		fail_msg("%s", d.text);
	assert_name(&c, day(2019, 5, 1), "Enthronement");
	assert_name(&c, day(1955, 1, 1), NEW_YEAR_UTF8);
	config_finish(&c);
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		config_init(&c);
		assert_true(read_bytes(config_read, &c, bad[i].text, strlen(bad[i].text), &d) < 0);
		if (strncmp(d.text, bad[i].words, strlen(bad[i].words)) != 0)
			fail_msg("\"%s\" is not \"%s\"", d.text, bad[i].words);
		config_finish(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),     cmocka_unit_test(test_growing),
		cmocka_unit_test(test_mistakes),   cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_said_twice), cmocka_unit_test(test_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
