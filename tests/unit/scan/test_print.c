/* What services say becomes text of the form: nothing breaks out of it, nothing reaches a terminal.
 */
#include <locale.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "scan/ports.h"
#include "scan/print.h"

#include "unit.h"

/* Ends of elements, attributes and strings; escapes of terminals, 7-bit and 8-bit; no UTF-8. */
static const char hostile[] = "a\"'</port>&\\,/\033[2J\b\n\xc2\x9b\xff\xef\xbf\xbf\xe2\x80\xae z";

struct fixture {
	struct scan_plan plan;
	struct scan_results results;
	struct scan_report report;
};

static void add(struct scan_host *h, uint16_t port, enum port_state state, const char *product)
{
	struct port_outcome o = { .host = h->addr,
				  .port = port,
				  .protocol = IPPROTO_TCP,
				  .state = state,
				  .reason = state == PORT_OPEN ? REASON_SYN_ACK : REASON_RESET,
				  .ttl = 63,
				  .time_ns = 1548288000000000000ULL };

	service_init(&o.service);
	if (product) {
		o.service.name = strdup("http");
		o.service.product = strdup(product);
		o.service.version = strdup("2.4.57");
		o.service.extra_info = strdup("(CentOS Stream)");
		o.service.tls = true;
		o.service.cpe[0] = strdup("cpe:2.3:a:apache:http_server:2.4.57:*:*:*:*:*:*:*");
		o.service.cpe[1] = strdup("cpe:2.3:o:x\\/y:z\\!:*:*:*:*:*:*:*:*");
	}
	assert_int_equal(results_add_port(h, &o), 0);
}

static void make(struct fixture *f, const char *product, const char *name)
{
	struct scan_host *h;

	*f = (struct fixture){ .plan = { .n_hosts = 4, .n_targets = 2 } };
	f->plan.targets = calloc(2, sizeof(*f->plan.targets));
	assert_non_null(f->plan.targets);
	f->plan.targets[0] =
		(struct addr_range){ addr_from_v4(0xc0000220), addr_from_v4(0xc0000222) };
	f->plan.targets[1] =
		(struct addr_range){ { UINT64_MAX, UINT64_MAX }, { UINT64_MAX, UINT64_MAX } };
	assert_int_equal(port_lists_parse("1-100", true, false, &f->plan.tcp, &f->plan.udp, NULL),
			 0);
	results_init(&f->results, NULL);
	h = results_host(&f->results, addr_from_v4(0xc0000222));
	assert_non_null(h);
	h->up = true;
	h->reason = REASON_SYN_ACK;
	h->name = name ? strdup(name) : NULL;
	add(h, 80, PORT_OPEN, product);
	add(h, 22, PORT_OPEN, NULL);
	add(h, 23, PORT_CLOSED, NULL);
	assert_int_equal(results_add_count(h, (struct scan_count){ IPPROTO_TCP, PORT_FILTERED,
								   REASON_NO_RESPONSE, 97 }),
			 0);
	assert_non_null(results_host(&f->results, addr_from_v4(0xc0000223))); /* not up */
	assert_int_equal(results_end(&f->results), 0);
	f->report = (struct scan_report){ .results = &f->results,
					  .plan = &f->plan,
					  .tcp_method = "connect",
					  .versions = true,
					  .started_ns = 1548288000000000000ULL,
					  .ended_ns = 1548288001500000000ULL,
					  .arguments = "sekimori scan",
					  .version = "0.1.0",
					  .vantage = "inside" };
}

static void finish(struct fixture *f)
{
	results_finish(&f->results);
	scan_plan_finish(&f->plan);
}

static char *printed(const struct fixture *f, int form)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	if (form == 0)
		assert_int_equal(scan_print_text(&f->report, out), 0);
	else if (form == 1)
		assert_int_equal(scan_print_xml(&f->report, out), 0);
	else if (form == 2)
		assert_int_equal(scan_print_grepable(&f->report, out), 0);
	else
		assert_int_equal(scan_print_json(&f->report, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(strlen(text), n);
	return text;
}

static void test_text(void **state)
{
	struct fixture f;
	char *text;

	(void)state;
	make(&f, "Apache httpd", "www.example.org");
	text = printed(&f, 0);
	assert_string_equal(
		text, "www.example.org (192.0.2.34)\n"
		      "not listed: 97 tcp ports filtered (no-response)\n"
		      "PORT    STATE   SERVICE   VERSION\n"
		      "22/tcp  open    ssh?\n"
		      "23/tcp  closed  telnet\n"
		      "80/tcp  open    ssl/http  Apache httpd 2.4.57 ((CentOS Stream))\n"
		      "\n"
		      "1 of 4 addresses up; scanned from inside the firewall in 1.50 seconds\n");
	free(text);
	f.report.versions = false;
	f.report.reasons = true;
	f.report.interrupted = true;
	f.report.vantage = "outside";
	text = printed(&f, 0);
	assert_non_null(strstr(text, "PORT    STATE   SERVICE   REASON\n"
				     "22/tcp  open    ssh       syn-ack ttl 63\n"));
	assert_non_null(strstr(text, "interrupted: not all was asked\n1 of 4 addresses up; scanned "
				     "from outside the firewall"));
	free(text);
	finish(&f);
}

static void test_xml(void **state)
{
	struct fixture f;
	char *text;

	(void)state;
	make(&f, "Apache httpd", "www.example.org");
	text = printed(&f, 1);
	assert_non_null(strstr(
		text,
		"<port protocol=\"tcp\" portid=\"80\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"63\"/>"
		"<service name=\"http\" product=\"Apache httpd\" version=\"2.4.57\""
		" extrainfo=\"(CentOS Stream)\" tunnel=\"ssl\" method=\"probed\" conf=\"10\">"
		"<cpe>cpe:/a:apache:http_server:2.4.57</cpe><cpe>cpe:/o:x%2fy:z%21</cpe></service></port>\n"));
	assert_non_null(
		strstr(text, "<extraports state=\"filtered\" count=\"97\">\n<extrareasons "
			     "reason=\"no-response\" count=\"97\" proto=\"tcp\"/>\n</extraports>"));
	assert_non_null(strstr(text, "<hosts up=\"1\" down=\"3\" total=\"4\"/>"));
	free(text);
	finish(&f);
}

static void test_grepable(void **state)
{
	struct fixture f;
	char *text;

	(void)state;
	make(&f, "Apache/httpd, x", NULL);
	text = printed(&f, 2);
	assert_non_null(strstr(
		text,
		"Host: 192.0.2.34 ()\tPorts: 22/open/tcp//ssh///, 23/closed/tcp//telnet///, "
		"80/open/tcp//ssl|http//Apache|httpd; x 2.4.57 ((CentOS Stream))/\tIgnored State: filtered (97)\n"));
	free(text);
	finish(&f);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

/* Who was given up: always in JSON, with -v in what has a line each; nobody knows of an interrupted
 * scan. */
static void test_down(void **state)
{
	static const char *const all[] = { NULL, "status state=\"down\"", "Status: Down", NULL };

	(void)state;
	for (int verbose = 0; verbose < 2; verbose++) {
		for (int interrupted = 0; interrupted < 2; interrupted++) {
			bool told = verbose && !interrupted;
			struct fixture f;
			char *text;

			make(&f, NULL, NULL);
			f.report.verbose = verbose;
			f.report.interrupted = interrupted;
			for (int form = 1; form < 3; form++) {
				text = printed(&f, form);
				assert_int_equal(count(text, all[form]), told ? 3 : 0);
				assert_int_equal(count(text, "192.0.2.32"), told);
				assert_int_equal(
					count(text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
					told);
				free(text);
			}
			text = printed(&f, 3);
			assert_int_equal(count(text, "\"down\""), !interrupted);
			assert_int_equal(count(text, "\"192.0.2.32/31\""), !interrupted);
			free(text);
			finish(&f);
		}
	}
}

/* In every form, and in a locale that knows UTF-8. */
static void test_hostile(void **state)
{
	struct fixture f;

	(void)state;
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	make(&f, hostile, hostile);
	f.report.arguments = hostile;
	for (int form = 0; form < 4; form++) {
		char *text = printed(&f, form);

		for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
			if (*p < 0x20 && *p != '\n' && *p != '\t')
				fail_msg("form %d has a byte %02x", form, *p);
			if (*p == 0xc2 && p[1] < 0xa0)
				fail_msg("form %d has a control of two bytes", form);
			if (*p == 0xe2 && p[1] == 0x80 && p[2] == 0xae)
				fail_msg("form %d turns the line", form);
		}
		assert_null(strchr(text, '\xff'));
		if (form == 1) {
			assert_null(strstr(text, "a\"'</port>"));
			assert_non_null(
				strstr(text, "product=\"a&#34;&#39;&#60;/port&#62;&#38;\\,/"));
		}
		free(text);
	}
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),     cmocka_unit_test(test_xml),
		cmocka_unit_test(test_grepable), cmocka_unit_test(test_down),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
