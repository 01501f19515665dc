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

static void take(struct config_sensor *s, const char *name, const char *value)
{
	struct diagnosis d = { "" };

	if (config_take_sensor(s, name, value, &d) < 0)
		fail_msg("%s", d.text);
}

static void test_sensor(void **state)
{
	struct config c;

	(void)state;
	config_init(&c);
	assert_int_equal(c.sensor.memory_bytes, CONFIG_MEMORY_BYTES);
	assert_int_equal(c.sensor.silent_s, CONFIG_SILENT_S);
	take(&c.sensor, "interfaces", "eth1, eth2\teth3");
	take(&c.sensor, "driver", "xdp");
	take(&c.sensor, "user", "guard");
	take(&c.sensor, "consume", "yes");
	take(&c.sensor, "memory", "1G");
	take(&c.sensor, "max_disk", "20 T");
	take(&c.sensor, "keep_records", "400 days");
	take(&c.sensor, "keep_summaries", "2 years");
	take(&c.sensor, "silent", "5 min");
	assert_int_equal(c.sensor.n_interfaces, 3);
	assert_string_equal(c.sensor.interfaces[2], "eth3");
	assert_string_equal(c.sensor.driver, "xdp");
	assert_string_equal(c.sensor.user, "guard");
	assert_true(c.sensor.consume);
	assert_true(c.sensor.memory_bytes == 1ULL << 30);
	assert_true(c.sensor.max_disk_bytes == 20ULL << 40);
	assert_int_equal(c.sensor.keep_record_days, 400);
	assert_int_equal(c.sensor.keep_summary_days, 732);
	assert_int_equal(c.sensor.silent_s, 300);
	take(&c.sensor, "keep_records", "for ever");
	assert_int_equal(c.sensor.keep_record_days, 0);
	config_finish(&c);
}

static void test_no_sensor(void **state)
{
	static const char *const cases[][2] = {
		{ "interfaces", "eth1 eth1" },
		{ "interfaces", "a/b" },
		{ "interfaces", "sixteen-letters-" },
		{ "driver", "" },
		{ "consume", "maybe" },
		{ "memory", "1M" },
		{ "memory", "-1" },
		{ "memory", "64 parsecs" },
		{ "max_disk", "99999999999999999999" },
		{ "max_disk", "16777216T" },
		{ "keep_records", "0" },
		{ "keep_records", "4 fortnights" },
		{ "keep_summaries", "101 years" },
		{ "silent", "25 h" },
		{ "speed", "9" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct diagnosis d = { "" };
		struct config c;

		config_init(&c);
		if (config_take_sensor(&c.sensor, cases[i][0], cases[i][1], &d) != ERR_USAGE)
			fail_msg("\"%s = %s\" was taken", cases[i][0], cases[i][1]);
		assert_true(d.text[0]);
		config_finish(&c);
	}
}

/* Many, some within others: who is one, and by the name of the first that has it. */
static void test_scanners(void **state)
{
	struct config c;

	(void)state;
	config_init(&c);
	assert_null(config_scanner_name(&c, addr("192.0.2.1")));
	for (unsigned i = 0; i < 500; i++) {
		char prefix[32], name[32];

		/* Odd hosts, from the last on; then a network around some of them. */
		snprintf(prefix, sizeof(prefix), "198.51.%u.%u", (999 - 2 * i) / 250,
			 (999 - 2 * i) % 250);
		snprintf(name, sizeof(name), "scanner %u", 999 - 2 * i);
		assert_int_equal(config_add_scanner(&c, prefix, name, NULL), 0);
	}
	assert_int_equal(config_add_scanner(&c, "198.51.1.0/24", "network", NULL), 0);
	assert_int_equal(config_add_scanner(&c, "2001:db8::/32", "v6", NULL), 0);
	for (unsigned i = 0; i < 1000; i++) {
		const char *found =
			config_scanner_name(&c, addr_from_v4(0xc6330000 | i / 250 << 8 | i % 250));
		char name[32];

		snprintf(name, sizeof(name), "scanner %u", i);
		if (i % 2 == 0 && i / 250 != 1) {
			assert_null(found);
		} else {
			assert_string_equal(found, i % 2 ? name : "network");
		}
	}
	c.peers = CONFIG_PEERS_SCANNERS;
	assert_true(config_wants_peer(&c, addr("2001:db8::7")));
	assert_true(config_wants_peer(&c, addr("198.51.0.1")));
	assert_false(config_wants_peer(&c, addr("198.51.0.2")));
	c.peers = CONFIG_PEERS_OTHERS;
	assert_false(config_wants_peer(&c, addr("198.51.0.1")));
	assert_true(config_wants_peer(&c, addr("198.51.0.2")));
	config_forget_scanners(&c);
	assert_true(config_wants_peer(&c, addr("198.51.0.1")));
	assert_null(config_scanner_name(&c, addr("198.51.0.1")));
	config_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),     cmocka_unit_test(test_no_ports),
		cmocka_unit_test(test_defaults),  cmocka_unit_test(test_excluded),
		cmocka_unit_test(test_hosts),     cmocka_unit_test(test_sensor),
		cmocka_unit_test(test_no_sensor), cmocka_unit_test(test_scanners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
