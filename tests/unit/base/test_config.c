/* Sets of ports, excluded hosts, names of hosts. Files: tests/cli/check_config.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/config_internal.h"

#include "unit.h"

static struct net_addr addr(const char *text)
{
	struct net_addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

static void test_ports(void **state)
{
	struct port_set s;

	(void)state;
	assert_int_equal(port_set_parse("22, 80\t8000-8100 0 65535", &s, NULL), 0);
	for (unsigned port = 0; port < 65536; port++)
		assert_int_equal(port_set_has(&s, (uint16_t)port),
				 port == 22 || port == 80 || (port >= 8000 && port <= 8100) ||
					 !port || port == 65535);
	assert_int_equal(port_set_parse("", &s, NULL), 0);
	assert_int_equal(port_set_parse(" , ", &s, NULL), 0);
	for (unsigned port = 0; port < 65536; port++)
		assert_false(port_set_has(&s, (uint16_t)port));
	assert_int_equal(port_set_parse("0-65535", &s, NULL), 0);
	assert_true(port_set_has(&s, 12345));
}

static void test_no_ports(void **state)
{
	static const char *const cases[] = { "x",
					     "22 x",
					     "22x",
					     "-1",
					     "1-",
					     "5-4",
					     "65536",
					     "1-65536",
					     "+1",
					     "1--2",
					     "1 - 2",
					     "1-+2",
					     "18446744073709551617" };
	struct port_set s;
	struct diagnosis d;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		assert_int_equal(port_set_parse("77", &s, NULL), 0);
		if (port_set_parse(cases[i], &s, &d) != ERR_USAGE)
			fail_msg("\"%s\" was taken for ports", cases[i]);
		assert_true(port_set_has(&s, 77)); /* what failed leaves the set alone */
	}
}

static void test_defaults(void **state)
{
	static const uint16_t served[] = { 22, 80, 443, 3389, 8080, 8443 },
			      not_served[] = { 1024, 30000, 40001 };
	struct config c;

	(void)state;
	config_init(&c);
	for (size_t i = 0; i < ARRAY_LENGTH(served); i++)
		assert_true(port_set_has(&c.served_ports, served[i]));
	for (size_t i = 0; i < ARRAY_LENGTH(not_served); i++)
		assert_false(port_set_has(&c.served_ports, not_served[i]));
	assert_true(port_set_has(&c.control_ports, 21));
	assert_false(port_set_has(&c.control_ports, 22));
	assert_null(config_host(&c, addr("192.0.2.1")));
	assert_null(config_excluded_reason(&c, addr("192.0.2.1")));
	config_finish(&c);
	config_finish(&c);
}

static void test_excluded(void **state)
{
	struct diagnosis d = { "" };
	struct config c;

	(void)state;
	config_init(&c);
	assert_int_equal(config_add_excluded(&c, "192.0.2.0/28", "honeypots", &d), 0);
	assert_int_equal(config_add_excluded(&c, "2001:db8::/64", "experiment", &d), 0);
	assert_int_equal(config_add_excluded(&c, "192.0.2.1/28", "wrong", &d), ERR_USAGE);
	assert_string_equal(config_excluded_reason(&c, addr("192.0.2.15")), "honeypots");
	assert_null(config_excluded_reason(&c, addr("192.0.2.16")));
	assert_string_equal(config_excluded_reason(&c, addr("2001:db8::1:2:3:4")), "experiment");
	config_finish(&c);
}

static void test_hosts(void **state)
{
	const struct config_host *h;
	struct config c;

	(void)state;
	config_init(&c);
	/* Said in any order; later words complete and win, empty ones say nothing. */
	assert_int_equal(config_add_host(&c, addr("2001:db8::2"), "six", "", ""), 0);
	assert_int_equal(config_add_host(&c, addr("192.0.2.9"), "nine", "Masuya", ""), 0);
	for (int i = 200; i > 0; i--) {
		char text[32];

		snprintf(text, sizeof(text), "10.0.0.%d", i);
		assert_int_equal(config_add_host(&c, addr(text), text, "", ""), 0);
	}
	assert_int_equal(config_add_host(&c, addr("192.0.2.9"), "", "", "Network"), 0);
	assert_int_equal(config_add_host(&c, addr("192.0.2.9"), "neuf", "", ""), 0);
	config_sort_hosts(&c);
	assert_int_equal(c.n_hosts, 202);
	h = config_host(&c, addr("192.0.2.9"));
	assert_non_null(h);
	assert_string_equal(h->name, "neuf");
	assert_string_equal(h->owner, "Masuya");
	assert_string_equal(h->department, "Network");
	assert_string_equal(config_host(&c, addr("10.0.0.77"))->name, "10.0.0.77");
	assert_string_equal(config_host(&c, addr("2001:db8::2"))->name, "six");
	assert_null(config_host(&c, addr("10.0.0.201")));
	config_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),    cmocka_unit_test(test_no_ports),
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_excluded),
		cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
