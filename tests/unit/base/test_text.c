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
	/* Turned: U+200E, U+202E, U+2066; and their neighbours. */
	assert_printed(text_json, "\xe2\x80\x8e\xe2\x80\xae\xe2\x81\xa6",
		       "\"\\u200e\\u202e\\u2066\"");
	assert_printed(text_json, "\xe2\x80\x8d\xe2\x80\xaf\xe2\x81\xaa",
		       "\"\xe2\x80\x8d\xe2\x80\xaf\xe2\x81\xaa\"");
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

/* ---- sentences broken into lines ---- */

static void assert_wrapped(const char *text, int columns, int column, int indent,
			   const char *expected, int end)
{
	char *bytes = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&bytes, &n);

	assert_non_null(out);
	assert_int_equal(text_wrap(out, columns, column, indent, text), end);
	fclose(out);
	assert_string_equal(bytes, expected);
	free(bytes);
}

static void test_wrap(void **state)
{
	(void)state;
	assert_wrapped("", 10, 0, 2, "", 0);
	assert_wrapped("just fits.", 10, 0, 2, "just fits.", 10);
	assert_wrapped("just fits..", 10, 0, 2, "just\n  fits..", 8);
	assert_wrapped("three words here", 10, 0, 2, "three\n  words\n  here", 6);
	assert_wrapped("going on", 10, 6, 0, "\ngoing on", 8);
	assert_wrapped("  two  blanks", 20, 0, 2, "  two  blanks", 13);
	/* The blanks at which a line ends are gone. */
	assert_wrapped("two    blanks", 8, 0, 0, "two\nblanks", 6);
	assert_wrapped("ends in ", 20, 0, 0, "ends in", 7);
}

static void test_wrap_japanese(void **state)
{
	(void)state;
	assert_wrapped("関所の番人を関守と呼ぶ", 10, 0, 0, "関所の番人\nを関守と呼\nぶ", 2);
	/* No line begins with what closes, or ends with what opens. */
	assert_wrapped("番人がいる。関守", 10, 0, 0, "番人がい\nる。関守", 8);
	assert_wrapped("番人が、「関守」", 10, 0, 0, "番人が、\n「関守」", 8);
	/* Words of other letters stay whole. */
	assert_wrapped("関守 sekimori です", 10, 0, 0, "関守\nsekimori\nです", 4);
	assert_wrapped("計 9 時間 3 分。", 11, 0, 1, "計 9 時間 3\n 分。", 5);
}

static void test_wrap_long_words(void **state)
{
	(void)state;
	assert_wrapped("abcdefghijkl", 5, 0, 0, "abcde\nfghij\nkl", 2);
	assert_wrapped("x abcdefghijkl", 5, 0, 2, "x abc\n  def\n  ghi\n  jkl", 5);
	assert_wrapped("xx abc", 5, 0, 2, "xx\n  abc", 5);
	/* A character is never cut, nor one that combines taken from its base. */
	assert_wrapped("e\u0301e\u0301", 1, 0, 0, "e\u0301\ne\u0301", 1);
	assert_wrapped("関関", 3, 0, 0, "関\n関", 2);
	assert_wrapped("関", 1, 0, 0, "関", 2);
	assert_wrapped("\xff\xfe\xfd", 2, 0, 0, "\xff\xfe\n\xfd", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_refused),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_wrap_japanese),
		cmocka_unit_test(test_wrap_long_words),
	};

	if (!setlocale(LC_ALL, "C.UTF-8")) {
		puts("skipped: no locale C.UTF-8");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
