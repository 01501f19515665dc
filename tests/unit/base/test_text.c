/* Words and tables for people; CSV and JSON for programs. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#include "unit.h"

/* What FN printed; the caller frees. */
static char *printed(void (*fn)(FILE *out, const char *text), const char *text)
{
	char *bytes = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&bytes, &n);

	assert_non_null(out);
	fn(out, text);
	fclose(out);
	return bytes;
}

static void assert_printed(void (*fn)(FILE *out, const char *text), const char *text,
			   const char *expected)
{
	char *got = printed(fn, text);

	assert_string_equal(got, expected);
	free(got);
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("関守"), 4);
	assert_int_equal(text_width("ｾｷﾓﾘ"), 4);    /* half width */
	assert_int_equal(text_width("e\u0301"), 1); /* a combining accent */
	assert_int_equal(text_width("\xff\xfe"), 2);
	assert_int_equal(text_width("関\xe9"), 3); /* cut in a character */
	assert_int_equal(text_width("a\tb"), 3);
}

static void test_numbers(void **state)
{
	char text[TEXT_NUMBER_MAX];

	(void)state;
	assert_string_equal(text_number(0, text), "0");
	assert_string_equal(text_number(999, text), "999");
	assert_string_equal(text_number(1000, text), "1,000");
	assert_string_equal(text_number(57866550, text), "57,866,550");
	assert_string_equal(text_number(UINT64_MAX, text), "18,446,744,073,709,551,615");
	assert_string_equal(text_bytes(0, text), "0 B");
	assert_string_equal(text_bytes(1023, text), "1023 B");
	assert_string_equal(text_bytes(1024, text), "1.0 KiB");
	assert_string_equal(text_bytes(3865470566, text), "3.6 GiB");
}

static void test_csv(void **state)
{
	(void)state;
	assert_printed(text_csv, "plain", "plain");
	assert_printed(text_csv, "", "");
	assert_printed(text_csv, "a,b", "\"a,b\"");
	assert_printed(text_csv, "a \"b\"", "\"a \"\"b\"\"\"");
	assert_printed(text_csv, "a\nb", "\"a\nb\"");
	assert_printed(text_csv, "a\rb", "\"a\rb\"");
	assert_printed(text_csv, "関守", "関守");
}

static void test_json(void **state)
{
	(void)state;
	assert_printed(text_json, "plain", "\"plain\"");
	assert_printed(text_json, "a\"b\\c", "\"a\\\"b\\\\c\"");
	assert_printed(text_json, "\n\t\x01\x7f", "\"\\u000a\\u0009\\u0001\\u007f\"");
	assert_printed(text_json, "関守\xf0\x9f\x98\x80", "\"関守\xf0\x9f\x98\x80\"");
	/* No UTF-8: a lone byte, a cut character, overlong, a surrogate, past the end. */
	assert_printed(text_json, "\xff", "\"\\ufffd\"");
	assert_printed(text_json, "\xe9\x96", "\"\\ufffd\\ufffd\"");
	assert_printed(text_json, "\xc0\xaf", "\"\\ufffd\\ufffd\"");
	assert_printed(text_json, "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	assert_printed(text_json, "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	assert_printed(text_json, "\xf0\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}

static const char *const headings[] = { "NAME", "N", "REST" };
static const enum text_align aligns[] = { TEXT_LEFT, TEXT_RIGHT, TEXT_LEFT };

static void assert_table(const char *const *cells, size_t n, const char *expected)
{
	struct text_table *t = text_table_new(3, headings, aligns);
	char *bytes = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&bytes, &length);

	assert_non_null(t);
	assert_non_null(out);
	for (size_t i = 0; i < n; i++)
		text_table_cell(t, cells[i]);
	assert_int_equal(text_table_print(t, out), 0);
	fclose(out);
	assert_string_equal(bytes, expected);
	free(bytes);
	text_table_free(t);
}

static void test_table(void **state)
{
	static const char *const cells[] = { "a", "1", "x", "関守", "1,000", "", "ccc", "", "関" };
	static const char *const hostile[] = { "\033[31mred", "\302\2331", "a\nb" };

	(void)state;
	assert_table(cells, 0, "NAME  N  REST\n");
	assert_table(cells, 9,
		     "NAME      N  REST\n"
		     "a         1  x\n"
		     "関守  1,000\n"
		     "ccc          関\n");
	/* What a stranger wrote must not be the terminal's to obey. */
	assert_table(hostile, 3,
		     "NAME        N  REST\n"
		     "?[31mred  ??1  a?b\n");
	text_table_free(NULL);
}

static void test_table_refused(void **state)
{
	struct text_table *t = text_table_new(3, headings, aligns);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	setvbuf(full, NULL, _IONBF, 0);
	assert_true(text_table_print(t, full) < 0);
	fclose(full);
	text_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_csv),   cmocka_unit_test(test_json),
		cmocka_unit_test(test_table), cmocka_unit_test(test_table_refused),
	};

	if (!setlocale(LC_ALL, "C.UTF-8")) {
		puts("skipped: no locale C.UTF-8");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
