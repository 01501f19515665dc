/* A probe's bytes against plain sums over the whole of them, and SipHash against OpenSSL's. */
#include <string.h>

#include "scan/syn_answer.h"
#include "scan/syn_frame.h"

#include "unit.h"

static const struct siphash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

static struct net_addr addr(const char *text)
{
	struct net_addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

/* openssl mac -macopt hexkey:000102… -macopt size:8 SipHash, of the bytes 0, 1, 2, … */
static void test_siphash_vectors(void **state)
{
	static const uint64_t words[] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908,
					  0x1716151413121110, 0x1f1e1d1c1b1a1918,
					  0x2726252423222120 };

	(void)state;
	assert_true(siphash(key, words, 0) == 0x726fdb47dd0e0e31);
	assert_true(siphash(key, words, 1) == 0x93f5f5799a932462);
	assert_true(siphash(key, words, 2) == 0x3f2acc7f57c29bdb);
	assert_true(siphash(key, words, 5) == 0x0e3ea96b5304a7d0);
}

static uint32_t sum(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	for (size_t i = 0; i < n; i += 2)
		s += (uint32_t)p[i] << 8 | p[i + 1];
	return s;
}

/* RFC 1071: with the checksum in it, all of it adds up to ones. */
static bool adds_up(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s == 0xffff;
}

static void check_frame(const char *from, const char *to, uint16_t port, uint32_t sequence)
{
	struct syn_aim aim = {
		.host = addr(to), .port = port, .source_port = 61056, .sequence = sequence
	};
	const uint8_t own[6] = { 2, 0, 0, 0, 0, 1 }, hop[6] = { 2, 0, 0, 0, 0, 2 };
	uint8_t frame[SYN_FRAME_BYTES], *ip = frame + SYN_LINK_BYTES, *tcp;
	struct syn_template t;
	size_t header;

	memset(frame, 0xa5, sizeof(frame));
	syn_template_init(&t, addr(from));
	header = t.v6 ? 40 : 20;
	tcp = ip + header;
	syn_frame_link(frame, t.v6, own, hop);
	syn_frame_aim(&t, &aim, frame);
	assert_memory_equal(frame, hop, 6);
	assert_memory_equal(frame + 6, own, 6);
	assert_int_equal(t.length, SYN_LINK_BYTES + header + 24);
	if (!t.v6)
		assert_true(adds_up(sum(ip, 20)));
	assert_true(adds_up(sum(tcp, 24) + sum(t.v6 ? ip + 8 : ip + 12, t.v6 ? 32 : 8) + 6 + 24));
	assert_int_equal(tcp[2] << 8 | tcp[3], port);
	assert_int_equal(tcp[13], 2);
}

static void test_checksums(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2000; i++) {
		uint32_t x = i * 2654435761u;

		check_frame("10.9.0.1", "255.255.255.254", (uint16_t)x, x ^ 0xffff0000);
		check_frame("192.0.2.1", "192.0.2.77", (uint16_t)(x >> 16), x);
		check_frame("2001:db8::1", "2001:db8:ffff:ffff::77", (uint16_t)x, x);
	}
	check_frame("0.0.0.1", "0.0.0.2", 0, 0);
}

/* Every part of the question makes another cookie. */
static void test_cookie_depends_on_all(void **state)
{
	struct net_addr a = addr("192.0.2.1"), b = addr("192.0.2.2");
	struct siphash_key other = { { key.words[0] + 1, key.words[1] } };
	uint32_t cookie = syn_cookie(key, a, 61056, b, 80);

	(void)state;
	assert_int_equal(cookie, syn_cookie(key, a, 61056, b, 80));
	assert_int_not_equal(cookie, syn_cookie(key, b, 61056, b, 80));
	assert_int_not_equal(cookie, syn_cookie(key, a, 61057, b, 80));
	assert_int_not_equal(cookie, syn_cookie(key, a, 61056, a, 80));
	assert_int_not_equal(cookie, syn_cookie(key, a, 61056, b, 81));
	assert_int_not_equal(cookie, syn_cookie(other, a, 61056, b, 80));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash_vectors),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_cookie_depends_on_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
