/* docs/sekimori.conf.example is read as it stands, and with every comment sign before a setting
 * taken away. What it shows as the defaults are the program's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/config.h"

#include "build_config.h"

/* The tables that lie beside the example. */
static const char *const tables[] = { "hosts.csv.example", "holidays.csv.example" };

/* A copy of EXAMPLE without its comment signs. Returns 0. */
static int uncomment(const char *example, const char *path)
{
	FILE *in = fopen(example, "re"), *out = fopen(path, "we");
	char line[512];

	if (!in || !out)
		return -1;
	while (fgets(line, sizeof(line), in))
		fputs(strncmp(line, "# ", 2) ? line : line + 2, out);
	fclose(in);
	return fclose(out);
}

static void read_or_fail(struct config *c, const char *path)
{
	struct diagnosis d = { "" };

	config_init(c);
	if (config_read(c, path, &d) < 0)
		fail_msg("%s", d.text);
}

static void reads_as_it_stands(void **state)
{
	struct config c;

	(void)state;
	read_or_fail(&c, EXAMPLE_DIR "/sekimori.conf.example");
	assert_int_equal(c.networks.n_prefixes + c.n_excluded + c.n_hosts + c.n_holidays, 0);
	assert_null(c.timezone);
	assert_null(c.store);
	assert_null(c.libloc);
	assert_int_equal(c.n_maxmind, 0);
	config_finish(&c);
}

static void shows_the_defaults(void **state)
{
	char folder[] = "/tmp/sekimori-example-XXXXXX", conf[64];
	char beside[ARRAY_LENGTH(tables)][64], example_table[4096];
	struct config c, defaults;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(conf, sizeof(conf), "%s/sekimori.conf", folder);
	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
		snprintf(example_table, sizeof(example_table), EXAMPLE_DIR "/%s", tables[i]);
		snprintf(beside[i], sizeof(beside[i]), "%s/%s", folder, tables[i]);
		assert_int_equal(symlink(example_table, beside[i]), 0);
	}
	assert_int_equal(uncomment(EXAMPLE_DIR "/sekimori.conf.example", conf), 0);
	read_or_fail(&c, conf);
	unlink(conf);
	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++)
		unlink(beside[i]);
	rmdir(folder);

	config_init(&defaults);
	assert_memory_equal(&c.served_ports, &defaults.served_ports, sizeof(c.served_ports));
	assert_memory_equal(&c.control_ports, &defaults.control_ports, sizeof(c.control_ports));
	/* Every setting was read: none of these has a default. */
	assert_int_equal(c.networks.n_prefixes, 2);
	assert_string_equal(c.timezone, "Asia/Tokyo");
	assert_string_equal(c.store, "/var/lib/sekimori");
	assert_int_equal(c.n_excluded, 2);
	assert_int_equal(c.n_hosts, 4);
	assert_int_equal(c.n_holidays, 4);
	assert_string_equal(c.libloc, "/var/lib/location/database.db");
	assert_int_equal(c.n_maxmind, 2);
	snprintf(example_table, sizeof(example_table), "%s/GeoLite2-ASN.mmdb", folder);
	assert_string_equal(c.maxmind[1], example_table);
	assert_int_equal(c.sensor.n_interfaces, 1);
	assert_string_equal(c.sensor.driver, "auto");
	assert_string_equal(c.sensor.user, "sekimori");
	assert_int_equal(c.sensor.consume, defaults.sensor.consume);
	assert_true(c.sensor.memory_bytes == defaults.sensor.memory_bytes);
	assert_int_equal(c.sensor.silent_s, defaults.sensor.silent_s);
	assert_int_equal(c.sensor.keep_record_days, defaults.sensor.keep_record_days);
	assert_int_equal(c.sensor.keep_summary_days, defaults.sensor.keep_summary_days);
	assert_true(c.sensor.max_disk_bytes == 200ULL << 30);
	config_finish(&defaults);
	config_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_it_stands),
		cmocka_unit_test(shows_the_defaults),
	};

	if (!HAVE_INIH) {
		puts("skipped: this build reads no configuration file");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
