/* The wheel of deadlines, and what a host's answers and silences do. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "scan/connect_internal.h"
#include "scan/ports.h"

#include "unit.h"

/* Each comes out once, not before its time, and at most two steps later. */
static void test_wheel(void **state)
{
	static struct connect_attempt attempts[2000];
	static struct connect_wheel wheel;
	uint64_t now = 12345678901ULL;
	size_t out = 0;

	(void)state;
	srand(3);
	assert_null(connect_wheel_expired(&wheel, now));
	for (size_t i = 0; i < ARRAY_LENGTH(attempts); i++) {
		/* Some past already, some farther away than the wheel is round. */
		attempts[i].deadline_ns =
			now + (uint64_t)(rand() % 9000) * NS_PER_MS - 50 * NS_PER_MS;
		connect_wheel_add(&wheel, &attempts[i]);
	}
	for (size_t i = 0; i < 100; i++) {
		connect_wheel_remove(&wheel, &attempts[17 * i]);
		attempts[17 * i].deadline_ns = 0;
	}
	while (wheel.n) {
		struct connect_attempt *a;

		now += 3 * NS_PER_MS;
		while ((a = connect_wheel_expired(&wheel, now))) {
			assert_true(a->deadline_ns && a->deadline_ns <= now);
			assert_true(a->deadline_ns + 2 * WHEEL_STEP_NS + 3 * NS_PER_MS >= now ||
				    out < 50);
			a->deadline_ns = 0;
			out++;
		}
	}
	assert_int_equal(out, ARRAY_LENGTH(attempts) - 100);
}

struct fixture {
	struct scan_plan plan;
	struct connect_host host;
};

static void make(struct fixture *f, bool up)
{
	*f = (struct fixture){ .plan = { .n_targets = 1,
					 .n_hosts = 1,
					 .up = up,
					 .timing = scan_timing_template(3) } };
	f->plan.targets = calloc(1, sizeof(*f->plan.targets));
	assert_non_null(f->plan.targets);
	f->plan.targets[0] =
		(struct addr_range){ addr_from_v4(0xc0000202), addr_from_v4(0xc0000202) };
	assert_int_equal(port_lists_parse("1-1000", true, false, &f->plan.tcp, &f->plan.udp, NULL),
			 0);
	assert_int_equal(connect_host_init(&f->host, &f->plan, 0, 0), 0);
}

static void finish(struct fixture *f)
{
	connect_host_finish(&f->host);
	scan_plan_finish(&f->plan);
}

static void answer(struct fixture *f, unsigned tries, uint64_t rtt_ns)
{
	struct connect_attempt a = { .host = &f->host,
				     .task = { .port = 80, .tries = (uint8_t)tries } };

	f->host.in_flight = (uint32_t)f->host.window;
	connect_host_answered(&f->host, &f->plan, &a, rtt_ns);
	f->host.in_flight = 0;
}

/* RFC 6298: the first answer sets it, later ones move it; never below the least, nor above the
 * most; twice as long for each further try. */
static void test_timeout(void **state)
{
	struct fixture f;
	const struct scan_timing *t = &f.plan.timing;

	(void)state;
	make(&f, true);
	assert_true(connect_host_timeout(&f.host, &f.plan, 1) == t->timeout_first_ms * NS_PER_MS);
	answer(&f, 1, 80 * NS_PER_MS);
	/* 80 + 4 * 40 */
	assert_true(connect_host_timeout(&f.host, &f.plan, 1) == 240 * NS_PER_MS);
	assert_true(connect_host_timeout(&f.host, &f.plan, 2) == 480 * NS_PER_MS);
	assert_true(connect_host_timeout(&f.host, &f.plan, 20) == t->timeout_max_ms * NS_PER_MS);
	for (int i = 0; i < 200; i++)
		answer(&f, 1, NS_PER_MS);
	assert_true(connect_host_timeout(&f.host, &f.plan, 1) == t->timeout_min_ms * NS_PER_MS);
	finish(&f);
}

static unsigned ask_all(struct fixture *f)
{
	struct connect_task t;
	unsigned n = 0;

	while (connect_host_next(&f->host, &f->plan, &t))
		n++;
	return n;
}

/* Without -Pn eight ports are asked, twice; any answer brings the others. */
static void test_discovery(void **state)
{
	struct fixture f;
	struct connect_task t;

	(void)state;
	make(&f, false);
	assert_int_equal(ask_all(&f), CONNECT_DISCOVERY);
	assert_false(connect_host_is_done(&f.host, &f.plan));
	answer(&f, 1, NS_PER_MS);
	assert_int_equal(ask_all(&f), 1000);
	assert_true(connect_host_is_done(&f.host, &f.plan));
	finish(&f);
	make(&f, false);
	for (int round = 1; round <= 2; round++) {
		struct connect_task tasks[CONNECT_DISCOVERY];

		for (int i = 0; i < CONNECT_DISCOVERY; i++) {
			assert_true(connect_host_next(&f.host, &f.plan, &tasks[i]));
			tasks[i].tries++;
		}
		for (int i = 0; i < CONNECT_DISCOVERY; i++)
			assert_int_equal(connect_host_timed_out(&f.host, &f.plan, tasks[i]),
					 round == 1);
	}
	assert_int_equal(f.host.discovery_left, 0);
	assert_false(connect_host_next(&f.host, &f.plan, &t));
	finish(&f);
}

/* A port that was given up comes back once it shows that much is lost. */
static void test_revive(void **state)
{
	struct fixture f;
	struct connect_task t;
	int tries = 0;

	(void)state;
	make(&f, true);
	assert_true(connect_host_next(&f.host, &f.plan, &t));
	do {
		t.tries++;
		tries++;
	} while (connect_host_timed_out(&f.host, &f.plan, t) == 1 &&
		 connect_host_next(&f.host, &f.plan, &t));
	assert_int_equal(tries, 3);
	assert_int_equal(connect_host_revive(&f.host), 0);
	for (int i = 0; i < 30; i++)
		answer(&f, 1 + i % 2, NS_PER_MS); /* a third of what was sent was lost */
	assert_in_range(f.host.tries, 8, CONNECT_TRIES_MAX);
	assert_int_equal(connect_host_revive(&f.host), 1);
	assert_true(connect_host_next(&f.host, &f.plan, &t));
	assert_int_equal(t.tries, 3);
	finish(&f);
}

static void lose(struct fixture *f, int percent)
{
	for (int i = 0; i < 4000; i++)
		answer(f, 1 + (rand() % 100 < percent), NS_PER_MS);
}

/* What is lost whatever we do does not make us slow; what less haste cures does. */
static void test_window(void **state)
{
	struct fixture f;
	double fast;

	(void)state;
	srand(5);
	make(&f, true);
	lose(&f, 0);
	fast = f.host.window;
	assert_true(fast > 1000);
	for (int i = 0; i < 5; i++)
		lose(&f, 20);
	assert_true(f.host.window > .9 * fast);
	finish(&f);
	make(&f, true);
	/* A path with room for 100 at once. */
	for (int i = 0; i < 20000; i++) {
		double room = 100 / f.host.window;
		unsigned tries = 1;

		while (rand() % 1000 >= 1000 * room && tries < 10)
			tries++;
		answer(&f, tries, NS_PER_MS);
	}
	assert_true(f.host.window < 250);
	finish(&f);
}

/* Means what it means to the other engines, whatever way it came. */
static void test_icmp(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 0x10000; i++) {
		struct sock_extended_err e = { .ee_type = (uint8_t)(i >> 8),
					       .ee_code = (uint8_t)i };

		assert_int_equal(connect_icmp_reason(&e), REASON_NONE);
		e.ee_origin = SO_EE_ORIGIN_LOCAL;
		assert_int_equal(connect_icmp_reason(&e), REASON_NONE);
		e.ee_origin = SO_EE_ORIGIN_ICMP;
		assert_int_equal(connect_icmp_reason(&e),
				 port_reason_of_icmp(false, e.ee_type, e.ee_code));
		e.ee_origin = SO_EE_ORIGIN_ICMP6;
		assert_int_equal(connect_icmp_reason(&e),
				 port_reason_of_icmp(true, e.ee_type, e.ee_code));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wheel),     cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_discovery), cmocka_unit_test(test_revive),
		cmocka_unit_test(test_window),    cmocka_unit_test(test_icmp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
