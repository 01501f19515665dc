/* What facts become is what the decoder reads out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/packet.h"

#include "live/facts_frame_internal.h"

static struct filter_addr addr(const char *text)
{
	struct net_addr a;

	assert_true(addr_parse(text, &a));
	return (struct filter_addr){ a.hi, a.lo };
}

static void assert_addr(struct filter_addr a, struct net_addr b)
{
	assert_true(a.hi == b.hi && a.lo == b.lo);
}

static void check(struct filter_addr src, struct filter_addr dst, uint16_t sport, uint16_t dport,
		  uint8_t flags, uint32_t length)
{
	struct filter_facts f = {
		.src = src, .dst = dst, .sport = sport, .dport = dport, .tcp_flags = flags
	};
	uint8_t *bytes = malloc(FACTS_FRAME_MAX), *exact;
	struct packet p;

	memset(bytes, 0xee, FACTS_FRAME_MAX);
	assert_int_equal(facts_frame_make(&f, bytes), length);
	/* A block of its own: a sanitizer sees a read behind the end. */
	exact = malloc(length);
	memcpy(exact, bytes, length);
	assert_int_equal(decode_frame(LINK_RAW, exact, length, &p), VERDICT_TCP);
	assert_addr(src, p.src);
	assert_addr(dst, p.dst);
	assert_int_equal(p.sport, sport);
	assert_int_equal(p.dport, dport);
	assert_int_equal(p.tcp_flags, flags);
	assert_int_equal(p.payload_wire_length, 0);
	assert_int_equal(p.seq | p.ack, 0);
	free(exact);
	free(bytes);
}

static void test_ipv4(void **state)
{
	(void)state;
	check(addr("192.0.2.10"), addr("198.51.100.7"), 443, 50000, TCP_SYN | TCP_ACK, 40);
	check(addr("255.255.255.255"), addr("0.0.0.0"), 65535, 0, TCP_SYN, 40);
}

static void test_ipv6(void **state)
{
	(void)state;
	check(addr("2001:db8:1:2:3:4:5:6"), addr("2001:db8:ffff::7"), 80, 1, TCP_SYN | TCP_ACK, 60);
	check(addr("::"), addr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 1, 2, TCP_SYN, 60);
}

/* IPv6 that carries an IPv4 address in one of its own: that is one address for us. */
static void test_mapped(void **state)
{
	(void)state;
	check(addr("192.0.2.10"), addr("2001:db8::7"), 443, 50000, TCP_SYN | TCP_ACK, 60);
	check(addr("2001:db8::7"), addr("192.0.2.10"), 443, 50000, TCP_SYN | TCP_ACK, 60);
}

static void test_flags(void **state)
{
	(void)state;
	for (int flags = 0; flags < 256; flags++)
		check(addr("192.0.2.10"), addr("198.51.100.7"), 1, 2, (uint8_t)flags, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_mapped),
		cmocka_unit_test(test_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
