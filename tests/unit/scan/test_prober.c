/* The prober where nobody has to be asked. Who is asked, and what comes of it: tests/flow. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "scan/prober.h"

#include "../base/unit.h"

static const char unbound[] = "^k\x80\x80\0\1\0\1\0\0\0\0\7version\4bind\0\0\x10\0\3"
			      "\xc0\x0c\0\x10\0\3\0\0\0\0\0\x0f\x0eunbound 1.17.1";

static struct port_outcome outcome(uint8_t protocol, enum port_state state)
{
	struct port_outcome o = { .host = addr_from_v4(0x7f000001), .port = 53 };

	o.protocol = protocol;
	o.state = state;
	return o;
}

static void count(void *arg, const struct port_outcome *o)
{
	(void)o;
	++*(int *)arg;
}

static void reads_the_evidence_there_is(void **state)
{
	struct prober_settings settings = prober_settings_default(NULL);
	struct port_outcome o = outcome(17, PORT_OPEN);
	struct diagnosis d = { "" };
	int told = 0;

	(void)state;
	o.service.evidence = malloc(sizeof(unbound) - 1);
	assert_non_null(o.service.evidence);
	memcpy(o.service.evidence, unbound, sizeof(unbound) - 1);
	o.service.evidence_bytes = sizeof(unbound) - 1;
	assert_int_equal(prober_run(&settings, &o, 1, count, &told, NULL, &d), 0);
	assert_int_equal(told, 1);
	assert_string_equal(o.service.name, "domain");
	assert_string_equal(o.service.product, "unbound");
	assert_string_equal(o.service.version, "1.17.1");
	assert_int_equal(o.service.evidence_bytes, sizeof(unbound) - 1);
	assert_memory_equal(o.service.evidence, unbound, sizeof(unbound) - 1);
	service_finish(&o.service);
}

/* An outcome of a port of loopback at which we listen, with the evidence; -1 where it is taken. */
static int listen_at(uint16_t port, const char *answer, size_t n, struct port_outcome *ret_outcome)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(0x7f4d0b0d) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*ret_outcome = outcome(17, PORT_OPEN);
	ret_outcome->host = addr_from_v4(0x7f4d0b0d);
	ret_outcome->port = port;
	assert_int_equal(service_keep(&ret_outcome->service, (const uint8_t *)answer, n), 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A version is all that could be had: nothing is sent. Without one, the port is asked. */
static void asks_no_more_than_the_evidence_lacks(void **state)
{
	static const char whole[] = "\0\1\0\0\0\1\0\0VERSION 1.6.18\r\n";
	static const char snmp[] = "\x30\x1a\2\1\1\4\6public\xa2\x0d\2\1\1\2\1\0\2\1\0\x30\2\x30\0";
	struct prober_settings settings = prober_settings_default(NULL);
	struct diagnosis d = { "" };
	struct port_outcome o;
	char byte;
	int fd = listen_at(11211, whole, sizeof(whole) - 1, &o);

	(void)state;
	settings.quiet_ms = 20;
	if (fd >= 0) {
		assert_int_equal(prober_run(&settings, &o, 1, NULL, NULL, NULL, &d), 0);
		assert_string_equal(o.service.version, "1.6.18");
		assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
		close(fd);
	}
	service_finish(&o.service);
	fd = listen_at(1161, snmp, sizeof(snmp) - 1, &o);
	if (fd >= 0) {
		assert_int_equal(prober_run(&settings, &o, 1, NULL, NULL, NULL, &d), 0);
		assert_string_equal(o.service.name, "snmp");
		assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 1);
		close(fd);
	}
	service_finish(&o.service);
}

static void asks_only_what_may_be_open(void **state)
{
	struct prober_settings settings = prober_settings_default(NULL);
	struct port_outcome list[] = { outcome(6, PORT_CLOSED), outcome(6, PORT_FILTERED),
				       outcome(6, PORT_OPEN_FILTERED), outcome(17, PORT_CLOSED),
				       outcome(132, PORT_OPEN) };
	struct diagnosis d = { "" };
	int told = 0;

	(void)state;
	assert_int_equal(prober_run(&settings, list, ARRAY_LENGTH(list), count, &told, NULL, &d),
			 0);
	assert_int_equal(told, 0);
	assert_int_equal(prober_run(&settings, NULL, 0, count, &told, NULL, &d), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(list); i++)
		assert_null(list[i].service.name);
}

/* Twenty in a second: five ports take four waits, and no fewer, whoever is quick. */
static void keeps_to_the_rate(void **state)
{
	struct prober_settings settings = prober_settings_default(NULL);
	const struct scan_timing slow = { .rate_pps = 20, .in_flight = 64 };
	struct port_outcome list[5];
	struct timespec from, to;
	struct diagnosis d = { "" };
	int told = 0;

	(void)state;
	prober_settings_limit(&settings, &slow, 1);
	assert_int_equal(settings.at_once, 64);
	/* Nobody listens there: they are refused at once. */
	for (int i = 0; i < 5; i++) {
		list[i] = outcome(6, PORT_OPEN);
		list[i].host = addr_from_v4(0x7f4d0b0e);
		list[i].port = (uint16_t)(1 + i);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(prober_run(&settings, list, 5, count, &told, NULL, &d), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(told, 5);
	assert_true((double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9 >=
		    .2);
	for (int i = 0; i < 5; i++)
		service_finish(&list[i].service);
}

/* So many a second to one host; the lesser limit counts. */
static void limits_what_a_host_gets(void **state)
{
	struct prober_settings settings = prober_settings_default(NULL);
	struct scan_timing t = scan_timing_template(2);

	(void)state;
	prober_settings_limit(&settings, &t, 4);
	assert_true(settings.rate_pps == 10 && settings.at_once_host == 1);
	t.rate_pps = 3;
	prober_settings_limit(&settings, &t, 4);
	assert_true(settings.rate_pps == 3);
	t = scan_timing_template(SCAN_TIMING_NORMAL);
	settings = prober_settings_default(NULL);
	prober_settings_limit(&settings, &t, 4);
	assert_true(settings.rate_pps == 0 && settings.at_once_host > 1);
}

static void stops_when_told(void **state)
{
	struct prober_settings settings = prober_settings_default(NULL);
	struct port_outcome o = outcome(17, PORT_OPEN_FILTERED);
	struct diagnosis d = { "" };
	atomic_bool stop = true;

	(void)state;
	assert_int_equal(prober_run(&settings, &o, 1, NULL, NULL, &stop, &d), -EINTR);
	assert_int_equal(o.state, PORT_OPEN_FILTERED);
	service_finish(&o.service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_evidence_there_is),
		cmocka_unit_test(asks_no_more_than_the_evidence_lacks),
		cmocka_unit_test(asks_only_what_may_be_open),
		cmocka_unit_test(keeps_to_the_rate),
		cmocka_unit_test(limits_what_a_host_gets),
		cmocka_unit_test(stops_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
