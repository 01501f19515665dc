/* The bucket and the rate, by a clock of the test's own, against lines that are made up. */
#include "scan/pace.h"
#include "scan/syn_internal.h"
#include "scan/udp_payload.h"

#include "unit.h"

static uint32_t take_for(struct pace *p, double rate, uint64_t from_ns, uint64_t ns,
			 uint64_t step_ns)
{
	uint32_t n = 0;

	for (uint64_t t = 0; t < ns; t += step_ns)
		n += pace_take(p, rate, from_ns + t, 64);
	return n;
}

static void test_bucket_keeps_the_rate(void **state)
{
	struct pace fast = { 0 }, slow = { 0 }, late = { 0 };
	uint32_t n;

	(void)state;
	n = take_for(&fast, 100000, 1000, 1000000000, 50000);
	assert_in_range(n, 99000, 100001);
	n = take_for(&slow, 2.5, 1000, 10000000000, 10000000);
	assert_in_range(n, 24, 26);
	/* Who wakes late makes up for two milliseconds, no more. */
	assert_int_equal(pace_take(&late, 100000, 1000, 1000), 1);
	assert_int_equal(pace_take(&late, 100000, 5000000000, 1000), 200);
	assert_in_range(pace_wait_ns(&late, 100000), 1, 10001);
	assert_int_equal(pace_take(&late, 100000, 4000000000, 1000), 0); /* a clock set back */
}

/* A line that lets through so many a second, and loses a share of what it lets through. */
static double settle(struct rate_control *r, double capacity, double loss, int steps)
{
	for (int i = 0; i < steps; i++) {
		double through = (r->rate > capacity ? capacity / r->rate : 1) * (1 - loss);
		uint32_t came = (uint32_t)(RATE_SAMPLE * through + 0.5);

		rate_judge(r, came, RATE_SAMPLE - came);
	}
	return r->rate;
}

static void test_rate_follows_the_line(void **state)
{
	struct rate_control r;
	double lowest = 1e9;

	(void)state;
	rate_init(&r, 50000, 0);
	assert_true(settle(&r, 1e9, 0, 20) > 1e6);
	/* Too fast for the line: down to about what it can, and it stays there. */
	rate_init(&r, 50000, 0);
	settle(&r, 5000, 0, 40);
	for (int i = 0; i < 100; i++) {
		double rate = settle(&r, 5000, 0, 1);

		lowest = rate < lowest ? rate : lowest;
		assert_true(rate < 12000);
	}
	assert_true(lowest > 1500);
	/* A fifth is lost at any rate: that is no reason to crawl. */
	rate_init(&r, 50000, 0);
	assert_true(settle(&r, 1e9, 0.2, 60) > 50000);
	assert_true(rate_loss(&r) > 0.1);
	/* What was said to be the most is the most. */
	rate_init(&r, 50000, 10);
	assert_true(settle(&r, 1e9, 0, 20) <= 10);
	/* Where nothing answers, fast is only what was said to be. */
	for (int fast = 0; fast < 2; fast++) {
		rate_init(&r, 50000, fast ? 1e7 : 0);
		for (int i = 0; i < 100; i++)
			rate_drift(&r);
		assert_true(fast ? r.rate >= 1e7 : r.rate <= 100001);
	}
	/* A limit for few hosts is gone with them. */
	rate_init(&r, 50000, 0);
	rate_limit(&r, 10);
	assert_true(r.rate <= 10);
	rate_limit(&r, 0);
	assert_true(settle(&r, 1e9, 0, 40) > 1e6);
	rate_init(&r, 50000, 10);
	rate_overrun(&r);
	assert_true(r.rate <= 10 && r.rate >= 5);
}

static void test_tries(void **state)
{
	(void)state;
	assert_int_equal(rate_tries(0, 65535, 20), 1);
	assert_int_equal(rate_tries(1, 10, 20), 20);
	assert_int_equal(rate_tries(0.3, 15, 20), 7); /* 15 x 0.3^7 = 0.003, 15 x 0.3^6 = 0.011 */
	assert_int_equal(rate_tries(0.001, 1, 20), 1);
	assert_int_equal(rate_tries(0.9, 1000, 20), 20);
}

/* ---- known answers ---- */

static void test_known_answers(void **state)
{
	static struct syn_known k;
	uint32_t slot, came, lost;
	syn_place place;

	(void)state;
	syn_known_init(&k, 1000000000);
	assert_false(syn_known_next(&k, 1, &place, &slot));
	syn_known_add(&k, 100, false);
	syn_known_add(&k, 200, true);
	assert_true(syn_known_next(&k, 1, &place, &slot));
	assert_int_equal(place, 200);                       /* the open one */
	assert_false(syn_known_next(&k, 2, &place, &slot)); /* not so soon again */
	syn_known_came(&k, slot, 999, 2000001);             /* another place by chance */
	syn_known_count(&k, 3000000, &came, &lost);
	assert_int_equal(came + lost, 0);
	syn_known_came(&k, slot, 200, 2000001);
	syn_known_count(&k, 3000000, &came, &lost);
	assert_int_equal(came, 1);
	assert_int_equal(lost, 0);
	assert_true(atomic_load(&k.patience_ns) < 100000000);
	/* It no longer answers: after six times it is to blame, and the closed one is asked. */
	for (int i = 1; i <= 6; i++) {
		assert_true(syn_known_next(&k, (uint64_t)i * 1000000000, &place, &slot));
		assert_int_equal(place, 200);
		syn_known_count(&k, (uint64_t)i * 1000000000 + 500000000, &came, &lost);
		assert_int_equal(lost, 1);
	}
	assert_true(syn_known_next(&k, 9000000000, &place, &slot));
	assert_int_equal(place, 100);
	syn_known_forget(&k);
	assert_false(syn_known_next(&k, 20000000000, &place, &slot));
}

/* What a host may take, and how many are asked at a time so that it is enough. */
static void test_host_limit(void **state)
{
	struct scan_timing t = scan_timing_template(5);

	(void)state;
	assert_int_equal(scan_timing_end_ns(&t, 1000), 1000 + 900 * 1000000000ULL);
	assert_int_equal(scan_timing_hosts(&t, 1000, 100000), 22500);
	assert_int_equal(scan_timing_hosts(&t, 65535, 100), 1);
	t = scan_timing_template(4);
	assert_true(scan_timing_end_ns(&t, 1000) == UINT64_MAX);
	assert_true(scan_timing_hosts(&t, 65535, 0.001) == UINT64_MAX);
}

/* ---- questions ---- */

static void test_payloads(void **state)
{
	size_t n, all;
	const struct udp_payload *table = udp_payload_table(&all), *p;

	(void)state;
	for (size_t i = 1; i < all; i++)
		assert_true(table[i - 1].port <= table[i].port);
	p = udp_payloads(161, &n);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(p[i].bytes[0], 0x30);
		assert_int_equal(p[i].bytes[1] + 2, p[i].length); /* the length within */
	}
	p = udp_payloads(443, &n);
	assert_int_equal(n, 2);
	assert_int_equal(p[0].length, 1200);
	assert_null(udp_payloads(2, &n));
	assert_int_equal(n, 0);
	assert_null(udp_payloads(65535, &n));
	p = udp_payloads(7, &n);
	assert_ptr_equal(p, table);
	/* A datagram has to get there whole. */
	for (size_t i = 0; i < all; i++)
		assert_true(table[i].length <= 1232);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket_keeps_the_rate),
		cmocka_unit_test(test_rate_follows_the_line),
		cmocka_unit_test(test_tries),
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_host_limit),
		cmocka_unit_test(test_payloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
