/* The questions hold together: their own lengths say where they end. That servers understand them
 * is for tests/flow/check_probes.py. */
#include <string.h>

#include "identify/ber.h"
#include "identify/reading.h"
#include "scan/probe.h"

#include "../base/unit.h"

static const struct probe_target target = { .host = { .lo = ADDR_V4_PREFIX | 0xc0000201 },
					    .port = 8080,
					    .protocol = 6 };

static void check_rest(uint32_t told, const struct cursor *c)
{
	assert_int_equal(told, cursor_left(c));
	assert_false(c->overrun);
}

static struct cursor question(struct buffer *b, probe_ask_fn *ask)
{
	buffer_init(b);
	ask(b, &target);
	assert_false(b->failed);
	assert_true(b->length > 0);
	return cursor_over(b->bytes, b->length);
}

/* Elements within elements, up to the last byte of each. */
static void check_ber(struct cursor c, int depth)
{
	assert_true(depth < 16);
	while (cursor_left(&c)) {
		struct cursor inside;
		uint8_t tag;

		assert_true(ber_take(&c, &tag, &inside));
		assert_false(c.overrun);
		if (tag & 0x20)
			check_ber(inside, depth + 1);
	}
}

static void ber_questions_are_whole(void **state)
{
	uint32_t length;
	probe_ask_fn *const asks[] = { ask_ldap, ask_snmp, ask_snmp_engine, ask_kerberos_udp };
	struct cursor c, inside;
	struct buffer b;
	uint8_t tag;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(asks); i++) {
		c = question(&b, asks[i]);
		check_ber(c, 0);
		assert_true(ber_take(&c, &tag, &inside));
		assert_int_equal(cursor_left(&c), 0);
		buffer_finish(&b);
	}
	c = question(&b, ask_kerberos_tcp);
	length = cursor_u32_be(&c);
	check_rest(length, &c);
	buffer_finish(&b);
	buffer_init(&b);
	say_ldap_starttls(&b);
	check_ber(cursor_over(b.bytes, b.length), 0);
	buffer_finish(&b);
}

static void dns_questions_are_whole(void **state)
{
	uint32_t length;
	struct buffer b;
	struct cursor c = question(&b, ask_dns_tcp);
	int n, labels = 0;

	(void)state;
	length = cursor_u16_be(&c);
	check_rest(length, &c);
	cursor_skip(&c, 12);
	while ((n = cursor_u8(&c))) {
		cursor_skip(&c, (size_t)n);
		labels++;
	}
	assert_int_equal(labels, 2);
	assert_int_equal(cursor_u16_be(&c), 16);
	assert_int_equal(cursor_u16_be(&c), 3);
	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.overrun);
	buffer_finish(&b);
}

static void smb_says_where_its_parts_are(void **state)
{
	uint32_t length;
	struct buffer b;
	struct cursor c = question(&b, ask_smb), at;

	(void)state;
	length = cursor_u32_be(&c);
	check_rest(length, &c);
	at = c;
	cursor_skip(&at, 64 + 28);
	cursor_skip(&c, cursor_u32_le(&at));
	assert_int_equal(cursor_u16_le(&c), 1); /* the context of preauthentication */
	length = cursor_u16_le(&c);
	check_rest(length, &(struct cursor){ c.at + 4, c.end, c.overrun });
	buffer_finish(&b);
	buffer_init(&b);
	say_smb_session(&b);
	c = cursor_over(b.bytes, b.length);
	length = cursor_u32_be(&c);
	check_rest(length, &c);
	at = c;
	cursor_skip(&at, 64 + 12);
	cursor_skip(&c, cursor_u16_le(&at));
	length = cursor_u16_le(&at);
	check_rest(length, &c);
	assert_memory_equal(c.at, "NTLMSSP", 8);
	buffer_finish(&b);
}

static void others_have_their_lengths(void **state)
{
	uint32_t length;
	struct cursor c, at;
	struct buffer b;
	uint32_t n;

	(void)state;
	c = question(&b, ask_mongodb);
	for (int i = 0; i < 2; i++) {
		at = c;
		n = cursor_u32_le(&at);
		cursor_skip(&c, n);
		assert_false(c.overrun);
		cursor_skip(&at, i ? 12 + 5 : 12 + 4 + 11 + 8);
		length = cursor_u32_le(&at);
		assert_int_equal(length, (size_t)(c.at - at.at) + 4);
	}
	assert_int_equal(cursor_left(&c), 0);
	buffer_finish(&b);
	c = question(&b, ask_mqtt);
	while (cursor_left(&c)) {
		cursor_skip(&c, 1);
		cursor_skip(&c, cursor_u8(&c));
	}
	assert_false(c.overrun);
	buffer_finish(&b);
	c = question(&b, ask_sunrpc_tcp);
	length = cursor_u32_be(&c) & 0x7fffffff;
	check_rest(length, &c);
	buffer_finish(&b);
	c = question(&b, ask_openvpn_tcp);
	length = cursor_u16_be(&c);
	check_rest(length, &c);
	buffer_finish(&b);
	c = question(&b, ask_stun);
	assert_int_equal(b.length, 20);
	buffer_finish(&b);
	c = question(&b, ask_rdp);
	cursor_skip(&c, 2);
	assert_int_equal(cursor_u16_be(&c), b.length);
	length = cursor_u8(&c);
	check_rest(length, &c);
	buffer_finish(&b);
	c = question(&b, ask_postgresql);
	assert_int_equal(cursor_u32_be(&c), b.length);
	buffer_finish(&b);
	buffer_init(&b);
	say_postgresql_start(&b);
	c = cursor_over(b.bytes, b.length);
	assert_int_equal(cursor_u32_be(&c), b.length);
	buffer_finish(&b);
	c = question(&b, ask_zabbix);
	cursor_skip(&c, 5);
	length = cursor_u32_le(&c);
	cursor_skip(&c, 4);
	check_rest(length, &c);
	buffer_finish(&b);
	c = question(&b, ask_git);
	assert_memory_equal(b.bytes, "0036", 4);
	assert_int_equal(b.length, 0x36);
	buffer_finish(&b);
	c = question(&b, ask_quic);
	assert_int_equal(b.length, 1200);
	cursor_skip(&c, 5);
	cursor_skip(&c, cursor_u8(&c));
	cursor_skip(&c, cursor_u8(&c));
	cursor_skip(&c, cursor_u8(&c));
	length = cursor_u16_be(&c) & 0x3fff;
	check_rest(length, &c);
	buffer_finish(&b);
}

static bool has_reader(const char *protocol)
{
	for (size_t i = 0; i < readers_count; i++)
		if (!strcmp(readers[i].protocol, protocol))
			return true;
	return false;
}

static void check_table(const struct probe *list, size_t n, bool shares)
{
	bool taken[65536] = { false };

	for (size_t i = 0; i < n; i++) {
		assert_true(has_reader(list[i].protocol));
		assert_true(list[i].ask || !list[i].anywhere);
		for (int j = 0; j < 2 * PROBE_PORTS_MAX; j++) {
			uint16_t port = j < PROBE_PORTS_MAX
						? list[i].ports[j]
						: list[i].tls_ports[j - PROBE_PORTS_MAX];

			if (!port)
				continue;
			if (taken[port] && !shares)
				fail_msg("port %u is usual for two", port);
			taken[port] = true;
		}
	}
}

static void tables_agree(void **state)
{
	bool tls;

	(void)state;
	assert_true(tcp_probes_count <= 64); /* bits of struct inquiry */
	assert_string_equal(tcp_probes[0].protocol, "http");
	check_table(tcp_probes, tcp_probes_count, false);
	check_table(udp_probes, udp_probes_count, true);
	assert_string_equal(probe_usual(6, 443, &tls)->protocol, "http");
	assert_true(tls);
	assert_string_equal(probe_usual(17, 53, &tls)->protocol, "domain");
	assert_false(tls);
	assert_null(probe_usual(6, 12345, &tls));
}

static void hosts_are_written_as_uris_have_them(void **state)
{
	struct probe_target six = { .host = { .hi = 0x20010db800000000, .lo = 1 }, .port = 443 };
	struct buffer b;

	(void)state;
	question(&b, ask_http);
	assert_non_null(memmem(b.bytes, b.length, "Host: 192.0.2.1:8080\r\n", 22));
	buffer_clear(&b);
	ask_http(&b, &six);
	assert_non_null(memmem(b.bytes, b.length, "Host: [2001:db8::1]\r\n", 21));
	buffer_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ber_questions_are_whole),
		cmocka_unit_test(dns_questions_are_whole),
		cmocka_unit_test(smb_says_where_its_parts_are),
		cmocka_unit_test(others_have_their_lengths),
		cmocka_unit_test(tables_agree),
		cmocka_unit_test(hosts_are_written_as_uris_have_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
