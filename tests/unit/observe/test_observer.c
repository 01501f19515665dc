/* The observer as a whole: outcomes, its memory saved and loaded, floods. Marks: tests/flow. */
#include <stdlib.h>
#include <string.h>

#include "observe/observer.h"

#include "unit.h"

#define SECOND 1000000000ULL
#define NOW    (1548288000 * SECOND)
#define HOST   0xc0000242 /* 192.0.2.66 */
#define PEER   0xc6336407 /* 198.51.100.7 */

static struct config config;

static struct packet packet(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport,
			    uint8_t flags)
{
	return (struct packet){ .src = addr_from_v4(src),
				.dst = addr_from_v4(dst),
				.sport = sport,
				.dport = dport,
				.tcp_flags = flags };
}

static struct packet words(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, uint32_t seq,
			   const char *text)
{
	struct packet p = packet(src, sport, dst, dport, 0x18);

	p.seq = seq;
	p.payload = (const uint8_t *)text;
	p.payload_length = p.payload_wire_length = (uint32_t)strlen(text);
	return p;
}

static enum outcome see(struct observer *o, uint64_t time_ns, struct packet p,
			struct sighting *ret_sighting)
{
	return observer_see(o, time_ns, &p, ret_sighting);
}

static struct observer *new_observer(void)
{
	struct observer *o;

	assert_int_equal(observer_new(&config, &o), 0);
	return o;
}

static uint8_t marks_at(struct observer *o, uint64_t time_ns, uint16_t port, uint16_t peer_port)
{
	struct sighting s;

	assert_int_equal(see(o, time_ns, packet(HOST, port, PEER, peer_port, 0x12), &s),
			 OUTCOME_SIGHTING);
	return s.marks;
}

static void test_outcomes(void **state)
{
	struct observer *o = new_observer();
	struct sighting s = { .port = 77 };

	(void)state;
	/* All 256 flags: SYN and ACK set, RST and FIN clear, the others whatever they are. */
	for (unsigned flags = 0; flags < 256; flags++) {
		bool synack = (flags & 0x17) == 0x12;

		assert_int_equal(see(o, NOW, packet(HOST, 80, PEER, 40000, (uint8_t)flags), &s),
				 synack ? OUTCOME_SIGHTING : OUTCOME_OTHER);
		assert_int_equal(see(o, NOW, packet(PEER, 80, HOST, 40000, (uint8_t)flags), &s),
				 synack ? OUTCOME_FOREIGN : OUTCOME_OTHER);
	}
	s.port = 77;
	see(o, NOW, packet(PEER, 80, HOST, 40000, 0x12), &s);
	assert_int_equal(s.port, 77); /* written only with a sighting */
	assert_int_equal(see(o, NOW + 5, packet(HOST, 80, PEER, 40000, 0x52), &s),
			 OUTCOME_SIGHTING);
	assert_true(s.time_ns == NOW + 5 && addr_v4(s.host) == HOST && addr_v4(s.peer) == PEER);
	assert_int_equal(s.port, 80);
	assert_int_equal(s.peer_port, 40000);
	assert_int_equal(s.protocol, SIGHTING_PROTOCOL_TCP);
	observer_free(o);
	observer_free(NULL);
}

/* An observer that remembers one of each kind. */
static struct observer *experienced(void)
{
	struct observer *o = new_observer();
	struct sighting s;

	marks_at(o, NOW, 21, 40000);
	see(o, NOW, words(PEER, 50000, HOST, 2121, 1000, "USER a\r\n"), &s);
	see(o, NOW,
	    words(HOST, 2121, PEER, 50000, 5000,
		  "331 ok\r\n227 ok (192,0,2,66,117,48)\r\n229 ok (|||30"),
	    &s);
	see(o, NOW, packet(HOST, 45000, PEER, 80, 0x02), &s);
	return o;
}

static void check_experience(struct observer *o)
{
	struct sighting s;

	assert_int_equal(marks_at(o, NOW + 1, 30000, 41000), MARK_FTP_DATA);
	assert_int_equal(marks_at(o, NOW + 1, 45000, 80), MARK_SPLIT_HANDSHAKE);
	assert_int_equal(marks_at(o, NOW + 1, 45000, 81), 0);
	/* The line that had begun goes on. */
	see(o, NOW + 2, words(HOST, 2121, PEER, 50000, 5049, "001|)\r\n"), &s);
	assert_int_equal(marks_at(o, NOW + 3, 30001, 41001), MARK_FTP_DATA);
	assert_int_equal(marks_at(o, NOW + 3, 30002, 41001), 0);
}

static void test_save_and_load(void **state)
{
	struct observer *o = experienced(), *other = new_observer();
	struct buffer b, again;

	(void)state;
	buffer_init(&b);
	buffer_init(&again);
	observer_save(o, NOW, &b);
	assert_false(b.failed);
	check_experience(o);
	assert_int_equal(observer_load(other, b.bytes, b.length), 0);
	observer_save(other, NOW, &again);
	assert_int_equal(again.length, b.length);
	assert_memory_equal(again.bytes, b.bytes, b.length);
	check_experience(other);
	observer_free(o);
	observer_free(other);
	buffer_finish(&b);
	buffer_finish(&again);
}

/* Damaged bytes are refused, and leave nothing behind. */
static void test_damage(void **state)
{
	struct observer *o = experienced(), *other = new_observer();
	struct buffer b, nothing, after;

	(void)state;
	buffer_init(&b);
	buffer_init(&nothing);
	buffer_init(&after);
	observer_save(o, NOW, &b);
	observer_save(other, NOW, &nothing);
	for (size_t n = 0; n < b.length; n++) {
		uint8_t *cut = malloc(n ? n : 1);

		assert_non_null(cut);
		memcpy(cut, b.bytes, n);
		assert_int_equal(observer_load(other, cut, n), ERR_DAMAGED);
		free(cut);
	}
	buffer_put_u8(&b, 0);
	assert_int_equal(observer_load(other, b.bytes, b.length), ERR_DAMAGED);
	b.length--;
	b.bytes[0]++;
	assert_int_equal(observer_load(other, b.bytes, b.length), ERR_UNSUPPORTED);
	observer_save(other, NOW, &after);
	assert_int_equal(after.length, nothing.length);
	assert_memory_equal(after.bytes, nothing.bytes, nothing.length);
	observer_free(o);
	observer_free(other);
	buffer_finish(&b);
	buffer_finish(&nothing);
	buffer_finish(&after);
}

/* A million control connections, half sessions and SYNs: what is saved stays small, and a new
 * session works. */
static void test_flood(void **state)
{
	struct observer *o = new_observer();
	struct sighting s;
	struct buffer b;

	(void)state;
	for (uint32_t i = 0; i < 1000000; i++) {
		uint32_t peer = 0x0b000000 + i;

		see(o, NOW + i, packet(HOST, 21, peer, 40000, 0x12), &s);
		see(o, NOW + i, words(peer, 40000, HOST, 21, 1, "USER somebody who goes on and"),
		    &s);
		see(o, NOW + i, words(HOST, 21, peer, 40000, 1, "227 ok (192,0,2,66,117,49)\r\n"),
		    &s);
		see(o, NOW + i, packet(HOST, 45000, peer, 80, 0x02), &s);
	}
	buffer_init(&b);
	observer_save(o, NOW + 1000000, &b);
	assert_false(b.failed);
	assert_true(b.length < 8 << 20);
	buffer_finish(&b);
	see(o, NOW + SECOND, words(HOST, 21, PEER, 40000, 1, "227 ok (192,0,2,66,117,48)\r\n"), &s);
	assert_int_equal(marks_at(o, NOW + SECOND, 30000, 41000), MARK_FTP_DATA);
	observer_free(o);
}

/* Two hosts of the site: the one's answer ends what the other's SYN can mean, as a stranger's does.
 */
static void test_both_inside(void **state)
{
	const uint32_t other = HOST + 1;
	struct observer *o = new_observer();
	struct sighting s;

	(void)state;
	see(o, NOW, packet(HOST, 5000, other, 6000, 0x02), &s);
	assert_int_equal(see(o, NOW + 1, packet(other, 6000, HOST, 5000, 0x12), &s),
			 OUTCOME_SIGHTING);
	assert_int_equal(s.marks, 0);
	see(o, NOW + 10 * SECOND, packet(other, 6000, HOST, 5000, 0x02), &s);
	see(o, NOW + 10 * SECOND, packet(HOST, 5000, other, 6000, 0x12), &s);
	assert_int_equal(s.marks, 0);
	observer_free(o);
}

/* SYN number I of a flood, 10,000 a second. Every second one is answered. */
static uint64_t flood_ns(uint32_t i)
{
	return NOW + (uint64_t)i * (SECOND / 10000);
}

static struct packet flood_syn(uint32_t i)
{
	return packet(HOST, (uint16_t)(1024 + i % 50000), PEER + i, 443, 0x02);
}

static void see_flood(struct observer *o, uint32_t i)
{
	struct packet syn = flood_syn(i);
	struct sighting s;

	see(o, flood_ns(i), syn, &s);
	if (i % 2)
		see(o, flood_ns(i), packet(PEER + i, 443, HOST, syn.sport, 0x12), &s);
}

/* Which of them are pushed out of a full table must not depend on where the capture was cut. */
static void test_flood_over_cuts(void **state)
{
	const uint32_t n = 400000, file = 70000;
	struct observer *whole = new_observer(), *cut = new_observer();
	unsigned known = 0;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		see_flood(whole, i);
		see_flood(cut, i);
		if (i % file == file - 1) {
			struct buffer b;

			buffer_init(&b);
			observer_save(cut, flood_ns(i), &b);
			observer_free(cut);
			cut = new_observer();
			assert_int_equal(observer_load(cut, b.bytes, b.length), 0);
			buffer_finish(&b);
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		struct packet synack = flood_syn(i);
		struct sighting a, b;

		synack.tcp_flags = 0x12;
		see(whole, flood_ns(n), synack, &a);
		see(cut, flood_ns(n), synack, &b);
		assert_int_equal(a.marks, b.marks);
		known += a.marks == MARK_SPLIT_HANDSHAKE;
	}
	assert_in_range(known, 1000, n - 1000);
	observer_free(whole);
	observer_free(cut);
}

static void test_foreign(void **state)
{
	struct observer *o = new_observer();
	struct observer_foreign top[3];
	struct sighting s;
	char text[PREFIX_TEXT_MAX];

	(void)state;
	assert_int_equal(observer_foreign_top(o, top, 3), 0);
	for (uint32_t net = 1; net <= 5; net++)
		for (uint32_t i = 0; i < 10 * net; i++)
			see(o, NOW, packet(0x0a000000 | net << 8 | i, 80, HOST, 40000, 0x12), &s);
	assert_int_equal(observer_foreign_top(o, top, 3), 3);
	assert_string_equal(prefix_format(top[0].prefix, text), "10.0.5.0/24");
	assert_int_equal(top[0].packets, 50);
	assert_string_equal(prefix_format(top[2].prefix, text), "10.0.3.0/24");
	/* Many networks: bounded, and those that came first are right. */
	for (uint32_t i = 0; i < 100000; i++)
		see(o, NOW, packet(0x0b000000 + i * 256, 80, HOST, 40000, 0x12), &s);
	assert_int_equal(observer_foreign_top(o, top, 3), 3);
	assert_int_equal(top[0].packets, 50);
	observer_free(o);
}

/* SYN+ACKs alone: what follows a control connection, between its two hosts and no others. */
static void test_control_connection(void **state)
{
	struct observer *o = new_observer(), *other = new_observer();
	struct sighting s;
	struct buffer b;

	(void)state;
	buffer_init(&b);
	assert_int_equal(marks_at(o, NOW, 30000, 41000), 0);
	assert_int_equal(marks_at(o, NOW, 21, 40000), 0);
	observer_save(o, NOW, &b);
	assert_int_equal(observer_load(other, b.bytes, b.length), 0);
	for (int i = 0; i < 2; i++) {
		struct observer *at = i ? other : o;

		assert_int_equal(marks_at(at, NOW + 1, 30000, 41000), MARK_FTP_DATA);
		assert_int_equal(marks_at(at, NOW + 1, 1023, 41000), 0);
		for (uint32_t k = 1; k < 16; k++) {
			see(at, NOW + 1, packet(HOST + k, 30000, PEER, 41000, 0x12), &s);
			assert_int_equal(s.marks, 0);
			see(at, NOW + 1, packet(HOST, 30000, PEER + k, 41000, 0x12), &s);
			assert_int_equal(s.marks, 0);
		}
	}
	observer_free(o);
	observer_free(other);
	buffer_finish(&b);
}

static void test_marks(void **state)
{
	char text[MARKS_TEXT_MAX];
	const char *bad;
	uint8_t marks;

	(void)state;
	for (unsigned set = 0; set < 256; set++) {
		if (set & ~(unsigned)MARK_ALL)
			continue;
		assert_true(marks_parse(marks_format((uint8_t)set, text), &marks, &bad));
		assert_int_equal(marks, set);
	}
	assert_true(marks_parse("all", &marks, &bad));
	assert_int_equal(marks, MARK_ALL);
	assert_true(marks_parse("inside,inside,ftp-data", &marks, &bad));
	assert_int_equal(marks, MARK_INSIDE | MARK_FTP_DATA);
	assert_false(marks_parse("inside,ftp", &marks, &bad));
	assert_string_equal(bad, "ftp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),        cmocka_unit_test(test_save_and_load),
		cmocka_unit_test(test_damage),          cmocka_unit_test(test_flood),
		cmocka_unit_test(test_flood_over_cuts), cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_both_inside),     cmocka_unit_test(test_control_connection),
		cmocka_unit_test(test_marks),
	};
	struct net_prefix p;
	int failed;

	config_init(&config);
	if (prefix_parse("192.0.2.0/24", &p, NULL) < 0 || prefix_set_add(&config.networks, p) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	config_finish(&config);
	return failed;
}
