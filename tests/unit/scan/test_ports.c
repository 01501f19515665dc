/* The words of -p, and our list of ports. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "scan/ports.h"

#include "unit.h"

static char *printed(const struct port_list *list)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	port_list_print(list, out);
	fclose(out);
	return text;
}

static void assert_lists(const char *words, const char *tcp_expected, const char *udp_expected)
{
	struct port_list tcp = { 0 }, udp = { 0 };
	struct diagnosis d = { "" };
	char *text;

	if (port_lists_parse(words, true, true, &tcp, &udp, &d) != 0)
		fail_msg("%s: %s", words, d.text);
	text = printed(&tcp);
	assert_string_equal(text, tcp_expected);
	free(text);
	text = printed(&udp);
	assert_string_equal(text, udp_expected);
	free(text);
	port_list_finish(&tcp);
	port_list_finish(&udp);
}

static void assert_refused(const char *words, const char *said)
{
	struct port_list tcp = { 0 }, udp = { 0 };
	struct diagnosis d = { "" };

	assert_int_equal(port_lists_parse(words, true, true, &tcp, &udp, &d), ERR_USAGE);
	assert_non_null(strstr(d.text, said));
	assert_null(tcp.ports);
}

static void test_lists(void **state)
{
	(void)state;
	assert_lists("22", "22", "22");
	assert_lists("80,22, 8000-8002,22", "22,80,8000-8002", "22,80,8000-8002");
	assert_lists("-", "1-65535", "1-65535");
	assert_lists("-10,65530-", "1-10,65530-65535", "1-10,65530-65535");
	assert_lists("0,65535", "0,65535", "0,65535");
	assert_lists("7,T:25,26,U:53,9", "7,25-26", "7,9,53");
	assert_lists("T:22", "22", "");
	assert_lists("ssh", "22", "");
	assert_lists("domain,U:ntp", "53", "53,123");
	assert_lists("https,http-alt", "443,8080", "443");
}

static void test_refused(void **state)
{
	static const char *const none[] = { "",    ",",     "22,", "65536", "99999999999999999999",
					    "9-8", "1-2-3", "22x", "22 23", "1--2",
					    "T:",  "-5-6",  "--",  "22-x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(none); i++)
		assert_refused(none[i], "is no port and no range");
	assert_refused("nosuchservice", "\"nosuchservice\"");
	assert_refused("X:5", "\"X:5\"");
}

/* What is said for UDP alone is not asked of TCP. */
static void test_not_wanted(void **state)
{
	struct port_list tcp = { 0 }, udp = { 0 };
	struct diagnosis d = { "" };

	(void)state;
	assert_int_equal(port_lists_parse("U:53", true, false, &tcp, &udp, &d), ERR_USAGE);
	assert_int_equal(port_lists_parse("U:53,T:1", true, false, &tcp, &udp, &d), 0);
	assert_int_equal(tcp.n, 1);
	assert_int_equal(udp.n, 0);
	assert_true(port_list_has(&tcp, 1));
	assert_false(port_list_has(&tcp, 53));
	assert_false(port_list_has(&udp, 53));
	port_list_finish(&tcp);
}

/* Every port stands once in the list; what everybody has stands first. */
static void test_rank(void **state)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	static const uint16_t common[2][6] = { { 22, 80, 443, 25, 3389, 445 },
					       { 53, 123, 161, 500, 5353, 69 } };
	static uint16_t ports[65535];

	(void)state;
	for (int which = 0; which < 2; which++) {
		struct port_list top;
		bool seen[65536] = { false };

		port_rank(protocols[which], ports);
		for (size_t i = 0; i < 65535; i++) {
			assert_true(ports[i] && !seen[ports[i]]);
			seen[ports[i]] = true;
		}
		assert_int_equal(port_list_top(protocols[which], 30, &top), 0);
		assert_int_equal(top.n, 30);
		for (size_t i = 1; i < top.n; i++)
			assert_true(top.ports[i - 1] < top.ports[i]);
		for (int i = 0; i < 6; i++)
			assert_true(port_list_has(&top, common[which][i]));
		port_list_finish(&top);
		assert_int_equal(port_list_top(protocols[which], 65535, &top), 0);
		assert_int_equal(top.n, 65535);
		port_list_finish(&top);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_wanted),
		cmocka_unit_test(test_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
