/* The two ends of the html report's page, and what may stand between them. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include "web/web.h"

#if HAVE_WEB
static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static void test_data_go_between(void **state)
{
	(void)state;
	assert_true(ends_with(web_report_head(), "<script type=\"application/json\" id=\"data\">"));
	assert_memory_equal(web_report_head(), "<!DOCTYPE html>\n", 16);
	assert_memory_equal(web_report_tail(), "</script>\n<script>", 18);
	assert_true(ends_with(web_report_tail(), "</html>\n"));
}

/* A browser given this page cannot be made to ask for anything. */
static void test_asks_for_nothing(void **state)
{
	(void)state;
	assert_non_null(strstr(web_report_head(), "default-src 'none'"));
	for (const char *const *p =
		     (const char *const[]){ "src=\"http", "href=\"http", "@import", "url(http",
					    "fetch(", "XMLHttpRequest", "WebSocket(", NULL };
	     *p != NULL; p++) {
		assert_null(strstr(web_report_head(), *p));
		assert_null(strstr(web_report_tail(), *p));
	}
}

/* The C source holds the bundle's bytes: quotes, backslashes, Japanese, trigraphs and all. */
static void test_holds_the_page(void **state)
{
	size_t head = strlen(web_report_head()), tail = strlen(web_report_tail());
	char *page = malloc(head + tail + 64);
	FILE *in = fopen(PAGE, "rb");
	size_t n;

	(void)state;
	assert_non_null(page);
	assert_non_null(in);
	n = fread(page, 1, head + tail + 64, in);
	fclose(in);
	assert_int_equal(n, head + strlen("@DATA@") + tail);
	assert_memory_equal(page, web_report_head(), head);
	assert_memory_equal(page + head, "@DATA@", 6);
	assert_memory_equal(page + head + 6, web_report_tail(), tail);
	free(page);
}
#else
static void test_says_that_there_is_none(void **state)
{
	(void)state;
	assert_null(web_report_head());
	assert_null(web_report_tail());
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#if HAVE_WEB
		cmocka_unit_test(test_data_go_between),
		cmocka_unit_test(test_asks_for_nothing),
		cmocka_unit_test(test_holds_the_page),
#else
		cmocka_unit_test(test_says_that_there_is_none),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
