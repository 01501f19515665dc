/* What is listed and what counted; the names of states; an interrupted scan's state, and back. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan/ports.h"
#include "scan/results.h"

#include "unit.h"

#define HOST addr_from_v4(0xc0000202)

/* 192.0.2.0/29, ports 1 to 100 and UDP 53. */
static struct scan_plan make_plan(void)
{
	struct scan_plan plan = { .n_targets = 1, .n_hosts = 8, .seed = 7 };

	plan.targets = calloc(1, sizeof(*plan.targets));
	assert_non_null(plan.targets);
	plan.targets[0] = (struct addr_range){ addr_from_v4(0xc0000200), addr_from_v4(0xc0000207) };
	assert_int_equal(port_lists_parse("T:1-100,U:53", true, true, &plan.tcp, &plan.udp, NULL),
			 0);
	return plan;
}

static void tell(struct scan_listener *l, uint16_t port, enum port_state state,
		 enum port_reason reason)
{
	struct port_outcome o = { .host = HOST,
				  .port = port,
				  .protocol = IPPROTO_TCP,
				  .state = state,
				  .reason = reason,
				  .ttl = 64,
				  .time_ns = 1000 + port };

	l->port(l->arg, &o);
}

/* 22 open, 1 to 10 closed, 11 to 60 closed by another reason, the rest silent. */
static void tell_some(struct scan_results *r)
{
	struct scan_listener l = results_listener(r);

	tell(&l, 22, PORT_OPEN, REASON_SYN_ACK);
	tell(&l, 22, PORT_CLOSED, REASON_RESET);    /* a second word does not count */
	tell(&l, 65000, PORT_OPEN, REASON_SYN_ACK); /* nor one that nobody asked for */
	for (uint16_t port = 1; port <= 60; port++) {
		if (port != 22)
			tell(&l, port, PORT_CLOSED,
			     port <= 10 ? REASON_RESET : REASON_CONN_REFUSED);
	}
}

static const struct scan_count *count_of(const struct scan_host *h, enum port_state state,
					 enum port_reason reason)
{
	for (size_t i = 0; i < h->n_counts; i++) {
		if (h->counts[i].state == state && h->counts[i].reason == reason)
			return &h->counts[i];
	}
	fail_msg("no such count");
	return NULL;
}

static void check_ended(struct scan_results *r)
{
	const struct scan_host *h = &r->hosts[0];

	assert_int_equal(r->n_hosts, 1);
	assert_true(h->up && h->reason == REASON_SYN_ACK);
	assert_int_equal(h->n_ports, 1);
	assert_int_equal(h->ports[0].port, 22);
	assert_int_equal(h->ports[0].time_ns, 1022);
	assert_int_equal(h->ports[0].ttl, 64);
	assert_int_equal(count_of(h, PORT_CLOSED, REASON_RESET)->ports, 10);
	assert_int_equal(count_of(h, PORT_CLOSED, REASON_CONN_REFUSED)->ports, 49);
	assert_int_equal(count_of(h, PORT_FILTERED, REASON_NO_RESPONSE)->ports, 40);
	assert_true(results_count(h, IPPROTO_TCP, PORT_CLOSED) == 59);
	assert_true(results_count(h, IPPROTO_UDP, PORT_CLOSED) == 0);
}

static void test_counts(void **state)
{
	struct scan_plan plan = make_plan();
	struct scan_results r;
	struct scan_listener l;
	enum port_state told;

	(void)state;
	results_init(&r, &plan);
	tell_some(&r);
	assert_true(results_told(&r, HOST, IPPROTO_TCP, 22, &told) && told == PORT_OPEN);
	assert_true(results_told(&r, HOST, IPPROTO_TCP, 60, &told) && told == PORT_CLOSED);
	assert_false(results_told(&r, HOST, IPPROTO_TCP, 61, &told));
	assert_false(results_told(&r, HOST, IPPROTO_UDP, 53, &told));
	assert_false(results_told(&r, addr_from_v4(0xc0000203), IPPROTO_TCP, 22, &told));
	l = results_listener(&r);
	l.host(l.arg, HOST, IPPROTO_TCP, PORT_FILTERED, 40);
	assert_true(results_host_done(&r, HOST, IPPROTO_TCP));
	assert_false(results_host_done(&r, HOST, IPPROTO_UDP));
	l.down(l.arg, addr_from_v4(0xc0000203));
	assert_int_equal(results_end(&r), 0);
	assert_int_equal(r.n_down, 1);
	check_ended(&r);
	results_finish(&r);
	scan_plan_finish(&plan);
}

/* Up to 25 of a state are listed. */
static void test_few(void **state)
{
	struct scan_plan plan = make_plan();

	(void)state;
	for (uint32_t n = 24; n <= 26; n++) {
		struct scan_results r;
		struct scan_listener l;
		const struct scan_host *h;

		results_init(&r, &plan);
		l = results_listener(&r);
		for (uint16_t port = 1; port <= 100 - n; port++)
			tell(&l, port, PORT_CLOSED, REASON_RESET);
		l.host(l.arg, HOST, IPPROTO_TCP, PORT_FILTERED, n);
		assert_int_equal(results_end(&r), 0);
		h = &r.hosts[0];
		assert_int_equal(h->n_ports, n <= 25 ? n : 0);
		assert_int_equal(h->n_counts, n <= 25 ? 1 : 2);
		if (n <= 25) {
			assert_int_equal(h->ports[0].port, 101 - n);
			assert_int_equal(h->ports[0].state, PORT_FILTERED);
		}
		results_finish(&r);
	}
	scan_plan_finish(&plan);
}

static void test_many_hosts(void **state)
{
	struct scan_plan plan = { .n_hosts = 70000 };
	struct scan_results r;

	(void)state;
	results_init(&r, &plan);
	for (uint32_t i = 0; i < 70000; i++)
		assert_non_null(results_host(&r, addr_from_v4(i * 2654435761U)));
	for (uint32_t i = 0; i < 70000; i++) {
		struct scan_host *h = results_host(&r, addr_from_v4(i * 2654435761U));

		assert_true(addr_equal(h->addr, addr_from_v4(i * 2654435761U)));
	}
	assert_int_equal(r.n_hosts, 70000);
	assert_int_equal(results_end(&r), 0);
	for (size_t i = 1; i < r.n_hosts; i++)
		assert_true(addr_compare(r.hosts[i - 1].addr, r.hosts[i].addr) < 0);
	results_finish(&r);
}

static void test_names(void **state)
{
	enum port_state s;
	enum port_reason r;

	(void)state;
	for (int i = 0; i < PORT_STATES; i++) {
		assert_true(port_state_parse(port_state_name((enum port_state)i), &s));
		assert_int_equal(s, i);
	}
	for (int i = 0; i < PORT_REASONS; i++) {
		assert_true(port_reason_parse(port_reason_name((enum port_reason)i), &r));
		assert_int_equal(r, i);
	}
	assert_string_equal(port_state_name(PORT_OPEN_FILTERED), "open|filtered");
	assert_true(port_reason_parse("conn-refused", &r) && r == REASON_CONN_REFUSED);
	assert_true(port_reason_parse("host-prohibited", &r) && r == REASON_ADMIN_PROHIBITED);
	assert_false(port_state_parse("opened", &s));
	assert_false(port_reason_parse("", &r));
}

/* ---- an interrupted scan ---- */

static char *words[] = { (char *)"scan", (char *)"-sT", (char *)"a b\n%", (char *)"" };

static void save(const struct scan_results *r, char path[])
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(results_save(r, path, words, 4, 123, (const uint64_t[2]){ 456, 78 }), 0);
}

static void test_state(void **state)
{
	struct scan_plan plan = make_plan();
	char path[] = "/tmp/sekimori-state-XXXXXX";
	struct diagnosis d = { "" };
	struct scan_results r, back;
	enum port_state told;
	struct scan_listener l;
	struct scan_state s;

	(void)state;
	results_init(&r, &plan);
	tell_some(&r);
	l = results_listener(&r);
	l.down(l.arg, addr_from_v4(0xc0000203));
	save(&r, path);
	assert_int_equal(scan_state_read(path, &s, &d), 0);
	assert_int_equal(s.n_words, 4);
	for (int i = 0; i < 4; i++)
		assert_string_equal(s.words[i], words[i]);
	assert_true(s.seed == 7 && s.started_ns == 123 && s.settled[0] == 456 &&
		    s.settled[1] == 78);
	results_init(&back, &plan);
	assert_int_equal(scan_state_load(&s, &back, &d), 0);
	for (uint16_t port = 1; port <= 100; port++)
		assert_int_equal(results_told(&back, HOST, IPPROTO_TCP, port, &told), port <= 60);
	/* It goes on as if nothing had been. */
	l = results_listener(&back);
	l.host(l.arg, HOST, IPPROTO_TCP, PORT_FILTERED, 40);
	assert_int_equal(results_end(&back), 0);
	assert_int_equal(back.n_down, 1);
	check_ended(&back);
	results_finish(&back);
	/* Not under other ports. */
	plan.tcp.n--;
	results_init(&back, &plan);
	assert_int_equal(scan_state_load(&s, &back, &d), ERR_USAGE);
	plan.tcp.n++;
	results_finish(&back);
	scan_state_finish(&s);
	results_finish(&r);
	scan_plan_finish(&plan);
	unlink(path);
}

/* Every shorter file is refused, and leaves nothing behind. */
static void test_state_cut(void **state)
{
	struct scan_plan plan = make_plan();
	char path[] = "/tmp/sekimori-state-XXXXXX", text[4096];
	struct scan_results r;
	size_t n;
	FILE *f;

	(void)state;
	results_init(&r, &plan);
	tell_some(&r);
	save(&r, path);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	assert_in_range(n, 200, sizeof(text) - 1);
	for (size_t length = 0; length < n; length++) {
		struct diagnosis d = { "" };
		struct scan_results back;
		struct scan_state s = { 0 };
		int error;

		assert_int_equal(truncate(path, (off_t)0), 0);
		f = fopen(path, "w");
		assert_non_null(f);
		assert_int_equal(fwrite(text, 1, length, f), length);
		fclose(f);
		results_init(&back, &plan);
		error = scan_state_read(path, &s, &d);
		if (!error)
			error = scan_state_load(&s, &back, &d);
		if (error != ERR_FORMAT && error != ERR_DAMAGED && error != ERR_UNSUPPORTED)
			fail_msg("%zu of %zu bytes: %d", length, n, error);
		assert_true(d.text[0]);
		scan_state_finish(&s);
		results_finish(&back);
	}
	results_finish(&r);
	scan_plan_finish(&plan);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),     cmocka_unit_test(test_few),
		cmocka_unit_test(test_many_hosts), cmocka_unit_test(test_names),
		cmocka_unit_test(test_state),      cmocka_unit_test(test_state_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
