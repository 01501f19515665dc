/* Addresses, prefixes, sets of them. */
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"

#include "unit.h"

static struct net_addr addr(const char *text)
{
	struct net_addr a;

	if (!addr_parse(text, &a))
		fail_msg("%s is no address", text);
	return a;
}

static struct net_prefix prefix(const char *text)
{
	struct net_prefix p;
	struct diagnosis d = { "" };

	if (prefix_parse(text, &p, &d) < 0)
		fail_msg("%s: %s", text, d.text);
	return p;
}

static void test_texts(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "2001:db8:0:1::", "2001:db8:0:1::" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	char text[ADDR_TEXT_MAX];
	uint8_t bytes[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct net_addr a = addr(cases[i].in);

		assert_string_equal(addr_format(a, text), cases[i].out);
		addr_to_bytes(a, bytes);
		assert_true(addr_equal(addr_from_bytes(bytes), a));
	}
}

static void test_no_addresses(void **state)
{
	static const char *const cases[] = { "",          "1",        "1.2.3",     "1.2.3.4.5",
					     "1.2.3.256", " 1.2.3.4", "1.2.3.4 ",  "1.2.3.4/32",
					     ":",         ":::",      "fe80::1%1", "[::1]",
					     "g::",       "01.2.3.4", "1::2::3",   "12345::" };
	struct net_addr a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		if (addr_parse(cases[i], &a))
			fail_msg("\"%s\" was taken for an address", cases[i]);
}

static void test_order(void **state)
{
	static const char *const sorted[] = { "0.0.0.1",         "9.0.0.0",      "10.0.0.0",
					      "255.255.255.255", "::",           "::1",
					      "2001:db8::9",     "2001:db8::10", "ffff::ffff" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(sorted); i++)
		for (size_t k = 0; k < ARRAY_LENGTH(sorted); k++)
			assert_int_equal(addr_compare(addr(sorted[i]), addr(sorted[k])),
					 (i > k) - (i < k));
	/* Numerically IPv4 lies in the middle of IPv6. */
	assert_true(addr_compare_numeric(addr("::1"), addr("1.2.3.4")) < 0);
	assert_true(addr_compare_numeric(addr("2001::"), addr("1.2.3.4")) > 0);
}

static void test_find(void **state)
{
	struct thing {
		struct net_addr addr;
		char more[3];
	} things[20];
	const size_t each = sizeof(things[0]);

	(void)state;
	for (uint32_t i = 0; i < ARRAY_LENGTH(things); i++)
		things[i].addr = addr_from_v4(2 * i + 1);
	assert_null(addr_find(NULL, 0, each, things[0].addr));
	for (size_t n = 1; n <= ARRAY_LENGTH(things); n++)
		for (uint32_t a = 0; a <= 2 * ARRAY_LENGTH(things); a++)
			assert_ptr_equal(addr_find(things, n, each, addr_from_v4(a)),
					 a % 2 && a / 2 < n ? &things[a / 2] : NULL);
}

static void test_prefixes(void **state)
{
	static const char *const good[] = { "0.0.0.0/0",       "10.0.0.0/8", "192.0.2.128/25",
					    "192.0.2.1/32",    "::/0",       "2001:db8::/32",
					    "2001:db8::1/128", "8000::/1" };
	char text[PREFIX_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
		assert_string_equal(prefix_format(prefix(good[i]), text), good[i]);
	assert_string_equal(prefix_format(prefix("192.0.2.7"), text), "192.0.2.7/32");
	assert_string_equal(prefix_format(prefix("2001:db8::7"), text), "2001:db8::7/128");
}

static void test_no_prefixes(void **state)
{
	static const char *const bad[] = { "",
					   "/",
					   "/8",
					   "10.0.0.0/",
					   "10.0.0.0/33",
					   "10.0.0.0/-1",
					   "10/8",
					   "10.0.0.0/8 ",
					   "10.0.0.0/0x8",
					   "10.0.0.0/ 8",
					   "10.0.0.0/+8",
					   "::/129",
					   "10.0.0.1/8",
					   "2001:db8::1/64",
					   "0.0.0.1/0",
					   "::1/0",
					   "10.0.0.0/99999999999999999999" };
	struct net_prefix p;
	struct diagnosis d;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		d.text[0] = '\0';
		if (prefix_parse(bad[i], &p, &d) != ERR_USAGE)
			fail_msg("\"%s\" was taken for a prefix", bad[i]);
		if (!strstr(d.text, bad[i]))
			fail_msg("\"%s\" is not quoted: %s", bad[i], d.text);
	}
}

static void test_contains(void **state)
{
	(void)state;
	assert_true(prefix_contains(prefix("192.0.2.0/24"), addr("192.0.2.255")));
	assert_false(prefix_contains(prefix("192.0.2.0/24"), addr("192.0.3.0")));
	assert_true(prefix_contains(prefix("0.0.0.0/0"), addr("255.1.2.3")));
	assert_true(prefix_contains(prefix("::/0"), addr("ffff::1")));
	/* Nobody who writes ::/0 means IPv4, or the other way round. */
	assert_false(prefix_contains(prefix("::/0"), addr("192.0.2.1")));
	assert_false(prefix_contains(prefix("0.0.0.0/0"), addr("::1")));
	assert_false(prefix_contains(prefix("0.0.0.0/0"), addr("::")));
}

static struct prefix_set set_of(const char *const *texts, size_t n)
{
	struct prefix_set s;

	prefix_set_init(&s);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(prefix_set_add(&s, prefix(texts[i])), 0);
	return s;
}

static void test_set_families(void **state)
{
	static const char *const six[] = { "::/0" }, *const four[] = { "0.0.0.0/0" },
				 *const mapped[] = { "::/64", "10.0.0.0/8" };
	struct prefix_set s = set_of(six, 1);

	(void)state;
	assert_true(prefix_set_contains(&s, addr("::")));
	assert_true(prefix_set_contains(&s, addr("ffff::")));
	assert_true(prefix_set_contains(&s, addr("::fffe:1:2")));
	assert_true(prefix_set_contains(&s, addr("::1:0:0:0")));
	assert_false(prefix_set_contains(&s, addr("0.0.0.0")));
	assert_false(prefix_set_contains(&s, addr("255.255.255.255")));
	prefix_set_finish(&s);
	s = set_of(four, 1);
	assert_true(prefix_set_contains(&s, addr("0.0.0.0")));
	assert_true(prefix_set_contains(&s, addr("255.255.255.255")));
	assert_false(prefix_set_contains(&s, addr("::")));
	assert_false(prefix_set_contains(&s, addr("ffff::")));
	prefix_set_finish(&s);
	s = set_of(mapped, 2);
	assert_true(prefix_set_contains(&s, addr("10.1.2.3")));
	assert_false(prefix_set_contains(&s, addr("11.1.2.3")));
	assert_true(prefix_set_contains(&s, addr("::1")));
	prefix_set_finish(&s);
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 32;
}

/* Against the plain way: any of the prefixes contains it. */
static void test_set_random(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct net_prefix list[12];
		struct prefix_set s;
		size_t n = 1 + next_random(&seed) % ARRAY_LENGTH(list);

		prefix_set_init(&s);
		for (size_t i = 0; i < n; i++) {
			/* Crowded, so that they touch, overlap and repeat. */
			struct net_addr a =
				next_random(&seed) % 2
					? addr_from_v4(0x0a000000 + next_random(&seed) % 64)
					: (struct net_addr){ 0, next_random(&seed) % 64 };
			uint8_t bits = addr_is_v4(a) ? 26 + next_random(&seed) % 7
						     : 122 + next_random(&seed) % 7;

			list[i] = prefix_of(a, bits);
			assert_int_equal(prefix_set_add(&s, list[i]), 0);
		}
		for (size_t i = 1; i < s.n_ranges; i++)
			assert_true(addr_compare_numeric(s.ranges[i - 1].last, s.ranges[i].first) <
				    0);
		for (uint32_t v = 0; v < 160; v++) {
			struct net_addr a = v < 80 ? addr_from_v4(0x0a000000 - 8 + v)
						   : (struct net_addr){ 0, v - 80 };
			bool any = false;

			for (size_t i = 0; i < n; i++)
				any |= prefix_contains(list[i], a);
			assert_int_equal(prefix_set_contains(&s, a), any);
			assert_int_equal(prefix_set_contains_slow(&s, a), any);
		}
		prefix_set_finish(&s);
	}
}

static void test_set_of_none(void **state)
{
	struct prefix_set s, other;

	(void)state;
	prefix_set_init(&s);
	prefix_set_init(&other);
	assert_false(prefix_set_contains(&s, addr("192.0.2.1")));
	assert_int_equal(prefix_set_add_all(&s, &other), 0);
	assert_int_equal(prefix_set_add(&s, prefix("192.0.2.0/24")), 0);
	assert_int_equal(prefix_set_add(&s, prefix("192.0.2.0/24")), 0);
	assert_int_equal(prefix_set_add_all(&s, &s), 0);
	assert_int_equal(s.n_prefixes, 1);
	prefix_set_finish(&s);
	prefix_set_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),        cmocka_unit_test(test_no_addresses),
		cmocka_unit_test(test_order),        cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_no_prefixes),  cmocka_unit_test(test_contains),
		cmocka_unit_test(test_set_families), cmocka_unit_test(test_set_random),
		cmocka_unit_test(test_set_of_none),  cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
