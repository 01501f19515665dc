/* JSON documents on their way out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#include "unit.h"

struct document {
	char *bytes;
	size_t n;
	FILE *out;
	struct json json;
};

static void begin(struct document *d, bool for_html, int line_depth)
{
	d->bytes = NULL;
	d->out = open_memstream(&d->bytes, &d->n);
	assert_non_null(d->out);
	json_init(&d->json, d->out, for_html, line_depth);
}

static void assert_document(struct document *d, const char *expected)
{
	assert_int_equal(json_end(&d->json), 0);
	fclose(d->out);
	assert_string_equal(d->bytes, expected);
	free(d->bytes);
}

static void put_all_kinds(struct json *j)
{
	json_open_object(j, NULL);
	json_text(j, "text", "x");
	json_number(j, "number", 7);
	json_open_array(j, "list");
	json_number(j, NULL, 1);
	json_open_object(j, NULL);
	json_bool(j, "yes", true);
	json_bool(j, "no", false);
	json_close_object(j);
	json_open_array(j, NULL);
	json_close_array(j);
	json_null(j, NULL);
	json_close_array(j);
	json_open_object(j, "empty");
	json_close_object(j);
	json_real(j, "real", 0.5);
	json_close_object(j);
}

static void test_commas_and_lines(void **state)
{
	struct document d;

	(void)state;
	begin(&d, false, 0);
	put_all_kinds(&d.json);
	assert_document(
		&d,
		"{\"text\": \"x\",\"number\": 7,\"list\": [1,{\"yes\": true,\"no\": false},[],null],"
		"\"empty\": {},\"real\": 0.5}\n");
	begin(&d, false, 1);
	put_all_kinds(&d.json);
	assert_document(&d, "{\n \"text\": \"x\",\n \"number\": 7,\n"
			    " \"list\": [1,{\"yes\": true,\"no\": false},[],null],\n"
			    " \"empty\": {},\n \"real\": 0.5\n}\n");
	begin(&d, false, 2);
	put_all_kinds(&d.json);
	assert_document(&d, "{\n \"text\": \"x\",\n \"number\": 7,\n \"list\": [\n  1,\n"
			    "  {\"yes\": true,\"no\": false},\n  [],\n  null\n ],\n"
			    " \"empty\": {},\n \"real\": 0.5\n}\n");
}

static void test_numbers(void **state)
{
	struct document d;

	(void)state;
	begin(&d, false, 0);
	json_open_array(&d.json, NULL);
	json_number(&d.json, NULL, 0);
	json_number(&d.json, NULL, UINT64_MAX);
	json_real(&d.json, NULL, 0);
	json_real(&d.json, NULL, 1.0 / 3);
	json_real(&d.json, NULL, -0.25);
	json_real(&d.json, NULL, 999.5);
	json_real(&d.json, NULL, 1866663.0625);
	json_real(&d.json, NULL, 7.2e-5);
	json_real(&d.json, NULL, 1e300);
	json_close_array(&d.json);
	assert_document(
		&d, "[0,18446744073709551615,0,0.333333,-0.25,999.5,1866663.062,7.2e-05,1e+300]\n");
}

static void test_what_is_no_number(void **state)
{
	struct document d;

	(void)state;
	begin(&d, false, 0);
	json_open_object(&d.json, NULL);
	json_real(&d.json, "nan", NAN);
	json_real(&d.json, "up", INFINITY);
	json_real(&d.json, "down", -INFINITY);
	json_text(&d.json, "none", NULL);
	json_close_object(&d.json);
	assert_document(&d, "{\"nan\": null,\"up\": null,\"down\": null,\"none\": null}\n");
}

#define HOSTILE "\"\\\b\n\t\x01\x1f\x7f</script><!--&'\xff\xc3 関"
#define ESCAPED                                                                                    \
	"\"\\\"\\\\\\u0008\\u000a\\u0009\\u0001\\u001f\\u007f</script><!--&'\\ufffd\\ufffd 関\""

/* Names of hosts and networks are bytes of strangers, as names and as values. */
static void test_hostile_text(void **state)
{
	struct document d;

	(void)state;
	begin(&d, false, 0);
	json_open_object(&d.json, NULL);
	json_text(&d.json, HOSTILE, HOSTILE);
	json_close_object(&d.json);
	assert_document(&d, "{" ESCAPED ": " ESCAPED "}\n");
}

static void test_for_html(void **state)
{
	struct document d;

	(void)state;
	begin(&d, true, 0);
	json_open_object(&d.json, NULL);
	json_text(&d.json, "</script>", "<!--</SCRIPT><script>");
	json_close_object(&d.json);
	assert_document(&d, "{\"\\u003c/script>\": \"\\u003c!--\\u003c/SCRIPT>\\u003cscript>\"}\n");
}

static void test_depth(void **state)
{
	struct document d;
	char expected[2 * JSON_DEPTH_MAX + 2] = "";

	(void)state;
	begin(&d, false, 0);
	for (int i = 0; i < JSON_DEPTH_MAX - 1; i++)
		json_open_array(&d.json, NULL);
	for (int i = 0; i < JSON_DEPTH_MAX - 1; i++)
		json_close_array(&d.json);
	memset(expected, '[', JSON_DEPTH_MAX - 1);
	memset(expected + JSON_DEPTH_MAX - 1, ']', JSON_DEPTH_MAX - 1);
	strcat(expected, "\n");
	assert_document(&d, expected);
}

static void test_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "we");
	struct json j;

	(void)state;
	if (!full)
		skip();
	setvbuf(full, NULL, _IONBF, 0);
	json_init(&j, full, false, 0);
	json_open_object(&j, NULL);
	json_close_object(&j);
	assert_true(json_end(&j) < 0);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commas_and_lines),  cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_what_is_no_number), cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_for_html),          cmocka_unit_test(test_depth),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
