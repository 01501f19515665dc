/* What is written down in a flood, and what is counted of the rest. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#include "unit.h"
#include "watch/flood_internal.h"

static const struct flood_settings small = {
	.of_series = 1000,
	.of_others = 500,
	.of_all = 5000,
	.of_host = 1000,
	.series = FLOOD_SERIES / 2,
};
static struct flood *flood;

static int set_up(void **state)
{
	(void)state;
	if (flood_new(&small, &flood) < 0)
		return -1;
	flood_begin(flood, 7);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	flood_free(flood);
	return 0;
}

static struct sighting sighting(uint32_t host, uint16_t port, uint64_t peer)
{
	return (struct sighting){ .time_ns = 1000 + peer,
				  .host = addr_from_v4(0xc0000200 + host),
				  .peer = { 0x20010db800000000ULL, hash_mix(peer) },
				  .port = port,
				  .protocol = SIGHTING_PROTOCOL_TCP };
}

static size_t send(uint32_t host, uint16_t port, uint64_t first, uint64_t n)
{
	size_t written = 0;

	for (uint64_t i = first; i < first + n; i++) {
		struct sighting s = sighting(host, port, i);

		written += flood_admit(flood, &s, NULL);
	}
	return written;
}

static void exact_below_the_bounds(void **state)
{
	const struct batch_flood *rows;

	(void)state;
	for (uint32_t h = 0; h < 5; h++)
		assert_int_equal(send(h, 443, 0, 1000), 1000);
	assert_int_equal(flood_rows(flood, &rows), 0);
}

static void near(uint64_t got, uint64_t want, unsigned percent)
{
	if (got * 100 < want * (100 - percent) || got * 100 > want * (100 + percent))
		fail_msg("%llu is not within %u %% of %llu", (unsigned long long)got, percent,
			 (unsigned long long)want);
}

static void counts_what_is_beyond(void **state)
{
	const struct batch_flood *rows;
	struct sighting s = sighting(1, 443, 0);

	(void)state;
	assert_int_equal(send(1, 443, 0, 301000), 1000);
	assert_int_equal(flood_rows(flood, &rows), 1);
	assert_true(addr_equal(rows[0].host, s.host));
	assert_int_equal(rows[0].port, 443);
	assert_int_equal(rows[0].protocol, SIGHTING_PROTOCOL_TCP);
	assert_int_equal(rows[0].packets, 300000);
	assert_int_equal(rows[0].first_ns, 2000);
	assert_int_equal(rows[0].last_ns, 301999);
	near(rows[0].peers, 300000, 10); /* three standard errors */
	/* The same peers again are no new ones. */
	send(1, 443, 200000, 100000);
	flood_rows(flood, &rows);
	assert_int_equal(rows[0].packets, 400000);
	near(rows[0].peers, 300000, 10);
}

static void few_peers_are_told_well(void **state)
{
	const struct batch_flood *rows;

	(void)state;
	send(1, 443, 0, 1000);
	for (int i = 0; i < 100; i++)
		send(1, 443, 0, 50);
	flood_rows(flood, &rows);
	assert_int_equal(rows[0].packets, 5000);
	near(rows[0].peers, 50, 10);
}

static void quiet_services_are_seen_beside_a_flood(void **state)
{
	(void)state;
	for (uint32_t h = 0; h < 10; h++)
		send(h, 443, 0, 10000);
	/* The total is reached: of each further series the first ones. */
	assert_int_equal(send(77, 22, 0, FLOOD_FIRST), FLOOD_FIRST);
	assert_int_equal(send(77, 22, 100, 10), 0);
	assert_int_equal(send(78, 25, 0, 3), 3);
}

/* Boxes that answer on all ports. */
static void a_sweep_over_all_ports(void **state)
{
	const struct batch_flood *rows;
	uint64_t written = 0, counted = 0;
	size_t n;

	(void)state;
	for (uint32_t h = 0; h < 4; h++) {
		for (uint32_t port = 0; port < 65536; port++)
			written += send(h, (uint16_t)port, port, 1);
	}
	n = flood_rows(flood, &rows);
	for (size_t i = 0; i < n; i++)
		counted += rows[i].packets;
	assert_int_equal(written + counted, 4 * 65536);
	/* Those of each host that are told apart, and a budget for all others; a row a host. */
	assert_int_equal(written, 4 * small.of_host + small.of_others);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		assert_true(batch_flood_is_of_others(&rows[i]));
		assert_int_equal(rows[i].host.lo & 0xff, i);
		assert_int_equal(rows[i].port, 0);
	}
	/* The rest of the site is seen. */
	assert_int_equal(send(200, 22, 0, FLOOD_FIRST), FLOOD_FIRST);
	assert_int_equal(flood_rows(flood, &rows), 4);
	assert_int_equal(flood_figures(flood).series, 0);
	assert_int_equal(flood_figures(flood).packets, counted);
	assert_true(flood_figures(flood).others);
}

static void more_services_than_are_told_apart(void **state)
{
	const struct batch_flood *rows;
	uint64_t written = 0;
	struct sighting s = sighting(0, 22, 1);

	(void)state;
	assert_true(flood_admit(flood, &s, NULL));
	for (uint32_t h = 0; h < FLOOD_SERIES; h++)
		written += send(h, 80, h, 1);
	assert_int_equal(written, FLOOD_SERIES / 2 - 1 + FLOOD_FIRST);
	assert_int_equal(flood_rows(flood, &rows), 1);
	assert_int_equal(rows[0].packets, FLOOD_SERIES - written);
	assert_true(batch_flood_is_of_others(&rows[0]));
	assert_true(addr_equal(rows[0].host, (struct net_addr){ 0, 0 }));
	assert_true(flood_admit(flood, &s, NULL));
}

static void more_floods_than_rows(void **state)
{
	const struct batch_flood *rows;
	uint64_t counted = 0;
	size_t n;

	(void)state;
	for (uint32_t h = 0; h < 2 * FLOOD_ROWS_MAX; h++)
		send(h % 250, (uint16_t)(h + 1), 0, 1500);
	n = flood_rows(flood, &rows);
	assert_int_equal(n, FLOOD_ROWS_MAX);
	for (size_t i = 0; i < n; i++)
		counted += rows[i].packets;
	assert_int_equal(rows[0].port, 0);
	assert_true(counted > 2 * FLOOD_ROWS_MAX * 1500 - small.of_all -
				      2 * FLOOD_ROWS_MAX * FLOOD_FIRST - 1);
}

static void a_new_hour(void **state)
{
	const struct batch_flood *rows;

	(void)state;
	send(1, 443, 0, 3000);
	assert_int_equal(flood_rows(flood, &rows), 1);
	flood_begin(flood, 8);
	assert_int_equal(flood_rows(flood, &rows), 0);
	assert_int_equal(send(1, 443, 0, 1000), 1000);
	assert_int_equal(flood_rows(flood, &rows), 0);
}

/* A journal is full within the hour: what was told of it is not told again. */
static void a_new_journal(void **state)
{
	const struct batch_flood *rows;

	(void)state;
	send(1, 443, 0, 3000);
	flood_begin_rows(flood);
	assert_int_equal(flood_rows(flood, &rows), 0);
	assert_int_equal(send(1, 443, 0, 1000), 0);
	assert_int_equal(flood_rows(flood, &rows), 1);
	assert_int_equal(rows[0].packets, 1000);
	near(rows[0].peers, 1000, 10);
	assert_int_equal(flood_figures(flood).packets, 3000);
	assert_int_equal(flood_figures(flood).series, 1);
}

static void peers_inside_are_told_apart(void **state)
{
	const struct batch_flood *rows;
	struct prefix_set networks;
	struct net_prefix net;

	(void)state;
	prefix_set_init(&networks);
	assert_int_equal(prefix_parse("192.0.2.0/24", &net, NULL), 0);
	assert_int_equal(prefix_set_add(&networks, net), 0);
	send(1, 443, 0, 1000);
	for (uint32_t i = 0; i < 300; i++) {
		struct sighting s = sighting(1, 443, i);

		if (i % 3 == 0)
			s.peer = addr_from_v4(0xc0000200 + i % 256);
		assert_false(flood_admit(flood, &s, &networks));
	}
	assert_int_equal(flood_rows(flood, &rows), 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(rows[i].packets, rows[i].marks == MARK_INSIDE ? 100 : 200);
	assert_int_not_equal(rows[0].marks, rows[1].marks);
	assert_int_equal(flood_figures(flood).series, 1);
	prefix_set_finish(&networks);
}

/* What one hour may take, as the configuration says. */
static void scales_with_the_memory(void **state)
{
	struct flood_settings a = flood_settings_for(64 << 20), b = flood_settings_for(256 << 20);

	(void)state;
	/* Rounded down, both. */
	assert_int_equal(a.of_all, b.of_all / 4);
	assert_int_equal(a.series, b.series / 4);
	assert_true(b.series <= FLOOD_SERIES / 2);
	/* The first ones of all series are no more than all. */
	assert_true((uint64_t)a.series * FLOOD_FIRST <= a.of_all);
	assert_true(a.of_host > 100 && a.of_others > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exact_below_the_bounds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_what_is_beyond, set_up, tear_down),
		cmocka_unit_test_setup_teardown(few_peers_are_told_well, set_up, tear_down),
		cmocka_unit_test_setup_teardown(quiet_services_are_seen_beside_a_flood, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_sweep_over_all_ports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_floods_than_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_new_hour, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_new_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(peers_inside_are_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_services_than_are_told_apart, set_up,
						tear_down),
		cmocka_unit_test(scales_with_the_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
