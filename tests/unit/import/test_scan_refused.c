/* What is refused of scan results, and why: what is none, traps, values that make no sense, and
 * what is beyond all bounds. What came before is told. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

#include "build_config.h"
#include "unit.h"

static void many_waiting(void **state)
{
	char *text = malloc(8 << 20), *at = text;
	struct events e;

	(void)state;
	if (!HAVE_YAJL)
		skip();
	assert_non_null(text);
	for (int level = 0; level < 3; level++) {
		at += sprintf(at, "{\"services\":[{\"port\":1}");
		for (int i = 1; i < 60000; i++)
			at += sprintf(at, ",{\"port\":1}");
		at += sprintf(at, "],\"result\":");
	}
	at += sprintf(at, "{}}}}");
	e = scan_events(text, (size_t)(at - text), true);
	assert_int_equal(e.error, ERR_LIMIT);
	assert_string_equal(e.text, "");
	free(e.text);
	free(text);
}

static void nothing(void **state)
{
	(void)state;
	scan_reads("", "run ||||0|0||0\n");
	scan_reads(" \n\n", "run ||||0|0||0\n");
	scan_refuses("hello\n", ERR_FORMAT, "hello", "");
	scan_refuses("{\"a\": 1}", HAVE_YAJL ? ERR_FORMAT : ERR_UNSUPPORTED,
		     HAVE_YAJL ? "JSON of no scanner" : "lacks libyajl", "");
	scan_refuses("<html></html>", HAVE_EXPAT ? ERR_FORMAT : ERR_UNSUPPORTED,
		     HAVE_EXPAT ? "<html>" : "lacks libexpat", "");
	scan_refuses("\x7f"
		     "ELF",
		     ERR_FORMAT, "?ELF", "");
}

static void xml_traps(void **state)
{
	(void)state;
	if (!HAVE_EXPAT)
		skip();
	scan_refuses(
		"<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun [\n<!ENTITY e SYSTEM \"file:///etc/passwd\">\n]>\n"
		"<nmaprun>&e;</nmaprun>",
		ERR_FORMAT, "line 2", "");
	scan_refuses(
		"<!DOCTYPE n [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><nmaprun>&b;</nmaprun>",
		ERR_FORMAT, "line 1", "");
	scan_refuses("<!DOCTYPE n [<!ATTLIST nmaprun scanner CDATA \"x\">]><nmaprun></nmaprun>",
		     ERR_FORMAT, "line 1", "");
	/* A file that is named, and an entity that it would define: neither is looked for. */
	scan_reads("<!DOCTYPE n SYSTEM \"http://192.0.2.1/x.dtd\"><nmaprun>&x;</nmaprun>",
		   "run nmap xml||||0|0||0\n");
	scan_refuses("<nmaprun>&x;</nmaprun>", ERR_DAMAGED, "line 1, column 10", "");
}

static void xml_values(void **state)
{
	(void)state;
	if (!HAVE_EXPAT)
		skip();
#define HOST(port) NMAP(NMAP_HOST("<ports>" port "</ports>"))
	scan_refuses(HOST("<port protocol=\"tcp\" portid=\"65536\"><state state=\"open\"/></port>"),
		     ERR_DAMAGED, "65536", "");
	scan_refuses(HOST("<port protocol=\"tcp\" portid=\"-1\"><state state=\"open\"/></port>"),
		     ERR_DAMAGED, "-1", "");
	scan_refuses(HOST("<port protocol=\"tcp\" portid=\"1\"><state state=\"ajar\"/></port>"),
		     ERR_DAMAGED, "line 5: <state state=\"ajar\">", "");
	scan_refuses(NMAP("<host><address addr=\"192.0.2.256\" addrtype=\"ipv4\"/></host>"),
		     ERR_DAMAGED, "192.0.2.256", "");
	scan_refuses(NMAP("<scaninfo protocol=\"tcp\" services=\"1-3,9-2\"/>"), ERR_DAMAGED, "9-2",
		     "");
	/* What came before is told. */
	scan_refuses(HOST("<port protocol=\"tcp\" portid=\"1\"><state state=\"open\"/></port>"
			  "<port protocol=\"tcp\" portid=\"x\"/>"),
		     ERR_DAMAGED, "line 5", "port 192.0.2.18 1 6 open - 0 103 |||||||||\n");
}

static void json_values(void **state)
{
	(void)state;
	if (!HAVE_YAJL)
		skip();
	scan_refuses("{\"ip\":\"192.0.2.1\",\"port\":80}\n{\"ip\":\"192.0.2.1\",\"port\":65536}",
		     ERR_DAMAGED, "\"65536\" is no port",
		     "port 192.0.2.1 80 6 open - 0 0 |||||||||\nhost 192.0.2.1 up 0 \n");
	scan_refuses("{\"ip\":\"192.0.2.1\",\"port\":-80}", ERR_DAMAGED, "-80", "");
	scan_refuses("{\"ip\":\"192.0.2.1\",\"port\":80.5}", ERR_DAMAGED, "80.5", "");
	scan_refuses("{\"ip\":\"example\",\"port\":80}", ERR_DAMAGED, "byte ", "");
	scan_refuses("{\"ip\":\"192.0.2.1\",\"port\":80", ERR_DAMAGED, "byte 27", "");
	scan_refuses("[{\"ip\":\"192.0.2.1\",\"port\":80}", ERR_DAMAGED, "ends within an array",
		     "port 192.0.2.1 80 6 open - 0 0 |||||||||\nhost 192.0.2.1 up 0 \n");
	scan_refuses("[{\"ip\":\"192.0.2.1\",\"port\":80}] tail", ERR_DAMAGED, "tail",
		     "port 192.0.2.1 80 6 open - 0 0 |||||||||\nhost 192.0.2.1 up 0 \n");
	scan_refuses("{\"ip\":\"192.0.2.1\",\"port\":80,,}", ERR_DAMAGED, "byte 29", "");
	scan_refuses("[1]", ERR_DAMAGED, "no object begins here", "");
}

static void line_values(void **state)
{
	(void)state;
	scan_refuses("#masscan\nopen tcp 80 192.0.2.1 1\nopen tcp 65536 192.0.2.1 1\n", ERR_DAMAGED,
		     "line 3: no port: \"65536\"", "port 192.0.2.1 80 6 open - 0 1 |||||||||\n");
	scan_refuses("open tcp 80 example 1\n", ERR_DAMAGED, "line 1: no address: \"example\"", "");
	scan_refuses("open tcp 80 192.0.2.1\n", ERR_DAMAGED, "line 1", "");
	scan_refuses("Host: 192.0.2.1 ()\tPorts: 80/ajar/tcp//http///\n", ERR_DAMAGED, "\"ajar\"",
		     "");
	scan_refuses("Host: 192.0.2.1 ()\tPorts: 80/open\n", ERR_DAMAGED, "80/open", "");
	scan_refuses("Host: 192.0.2.1 ()\tPorts: 80/open/tcp//http\n", ERR_DAMAGED, "80/open", "");
}

/* N times a text, between two others. */
static char *repeated(const char *before, const char *text, size_t n, const char *after,
		      size_t *ret_length)
{
	size_t b = strlen(before), t = strlen(text), a = strlen(after);
	char *all = malloc(b + n * t + a + 1);

	assert_non_null(all);
	memcpy(all, before, b);
	for (size_t i = 0; i < n; i++)
		memcpy(all + b + i * t, text, t);
	memcpy(all + b + n * t, after, a + 1);
	*ret_length = b + n * t + a;
	return all;
}

static void bounded(const char *before, const char *text, size_t n, const char *after, int error)
{
	size_t length;
	char *file = repeated(before, text, n, after, &length);
	struct events e = scan_events(file, length, true);

	assert_int_equal(e.error, error);
	assert_true(error == 0 || e.d.text[0]);
	free(e.text);
	free(file);
}

#if HAVE_EXPAT
/* A million names of elements, each another one: the parser keeps them all. */
static void names(void)
{
	size_t room = (size_t)24 << 20, length = 9;
	char *file = malloc(room);
	struct events e;

	assert_non_null(file);
	memcpy(file, "<nmaprun>", length);
	for (unsigned i = 0; i < 1000000; i++)
		length += (size_t)snprintf(file + length, room - length, "<name%u/>\n", i);
	e = scan_events(file, length, true);
	assert_int_equal(e.error, ERR_LIMIT);
	assert_non_null(strstr(e.d.text, "names and tags"));
	free(e.text);
	free(file);
}
#endif

static void bounds(void **state)
{
	(void)state;
#if HAVE_EXPAT
	bounded("<nmaprun>", "<a>", 100000, "", ERR_LIMIT);
	bounded("<nmaprun args=\"", "0123456789abcdef", 3 << 20, "\"/>", ERR_LIMIT);
	bounded("<nmaprun>", "0123456789abcdef", 3 << 20, "</nmaprun>", 0);
	names();
#endif
#if HAVE_YAJL
	bounded("{\"ip\":", "[", 100000, "", ERR_LIMIT);
	bounded("{\"ip_str\":\"192.0.2.1\",\"x\":\"", "0123456789abcdef", 3 << 20, "\"}",
		ERR_LIMIT);
	bounded("{\"ip_str\":\"192.0.2.1\",\"data\":[", "{\"port\":1,\"data\":\"0123456789\"},",
		130000, "{\"port\":1}]}", 0);
	bounded("{\"ip_str\":\"192.0.2.1\",\"data\":[", "{\"port\":1},", 140000, "{\"port\":1}]}",
		ERR_LIMIT);
#endif
	bounded("# Ports scanned: TCP(1;", "1,", 100000, "1)\n", ERR_LIMIT);
	bounded("#masscan\nopen tcp 80 192.0.2.1 1 ", "0123456789abcdef", 1 << 20, "\n", ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xml_traps),    cmocka_unit_test(xml_values),
		cmocka_unit_test(many_waiting), cmocka_unit_test(json_values),
		cmocka_unit_test(line_values),  cmocka_unit_test(nothing),
		cmocka_unit_test(bounds),
	};

	if (zone_set("UTC", NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
