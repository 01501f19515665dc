/* Words to ranges, sets of them, and what lies outside the scope. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan/audit.h"
#include "scan/targets.h"

#include "unit.h"

static void add(struct targets *t, const char *words)
{
	char *copy = strdup(words);
	struct diagnosis d = { "" };

	assert_non_null(copy);
	for (char *save = NULL, *w = strtok_r(copy, " ", &save); w;
	     w = strtok_r(NULL, " ", &save)) {
		if (targets_add(t, w, false, &d) != 0)
			fail_msg("%s: %s", w, d.text);
	}
	free(copy);
	targets_unite(t);
}

static char *printed(const struct targets *t)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	targets_print(t, SIZE_MAX, out);
	fclose(out);
	return text;
}

static void assert_united(const char *words, const char *expected, uint64_t count)
{
	struct targets t;
	char *text;

	targets_init(&t);
	add(&t, words);
	text = printed(&t);
	assert_string_equal(text, expected);
	assert_true(targets_count(&t) == count);
	free(text);
	targets_finish(&t);
}

static void test_words(void **state)
{
	(void)state;
	assert_united("192.0.2.1", "192.0.2.1", 1);
	assert_united("192.0.2.1/24", "192.0.2.0/24", 256);
	assert_united("192.0.2.1-20", "192.0.2.1-192.0.2.20", 20);
	assert_united("192.0.2.250-192.0.3.5", "192.0.2.250-192.0.3.5", 12);
	assert_united("192.0.2.0-127 192.0.2.128/25", "192.0.2.0/24", 256);
	assert_united("192.0.2.9 192.0.2.1-8 192.0.2.5", "192.0.2.1-192.0.2.9", 9);
	assert_united("0.0.0.0/0", "0.0.0.0/0", 1ULL << 32);
	assert_united("2001:db8::1 2001:db8::/126", "2001:db8::/126", 4);
	assert_united("2001:db8::ff-2001:db8::101", "2001:db8::ff-2001:db8::101", 3);
	assert_united("2001:db8::/64", "2001:db8::/64", UINT64_MAX);
	assert_united("2001:db8::/65", "2001:db8::/65", 1ULL << 63);
	assert_united("::/0", "::/0", UINT64_MAX);
	assert_united("2001:db8:0:0:ffff:ffff:ffff:ffff-2001:db8:0:1::1",
		      "2001:db8::ffff:ffff:ffff:ffff-2001:db8:0:1::1", 3);
	assert_united("255.255.255.255 192.0.2.0/31", "192.0.2.0/31 255.255.255.255", 3);
	assert_united("localhost", "127.0.0.1", 1);
}

static void test_refused(void **state)
{
	static const char *const none[] = {
		"",
		"192.0.2",
		"192.0.2.1/33",
		"192.0.2.1/",
		"192.0.2.1/x",
		"192.0.2.9-1",
		"192.0.2.1-256",
		"192.0.2.1-",
		"2001:db8::1-5",
		"2001:db8::/129",
		"192.0.2.1-2001:db8::1",
		"192.0.2.5-192.0.2.4",
		"1.2.3.4.5",
		"fe80::1%eth0",
		"a/24",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(none); i++) {
		struct diagnosis d = { "" };
		struct targets t;

		targets_init(&t);
		if (targets_add(&t, none[i], false, &d) != ERR_USAGE)
			fail_msg("%s was taken", none[i]);
		assert_non_null(strstr(d.text, none[i]));
		assert_int_equal(t.n_ranges, 0);
		targets_finish(&t);
	}
}

static void assert_difference(const char *from, const char *what, const char *expected)
{
	struct targets t, other;
	char *text;

	targets_init(&t);
	targets_init(&other);
	add(&t, from);
	add(&other, what);
	assert_int_equal(targets_subtract(&t, &other), 0);
	text = printed(&t);
	assert_string_equal(text, expected);
	free(text);
	targets_finish(&t);
	targets_finish(&other);
}

static void test_subtract(void **state)
{
	(void)state;
	assert_difference("192.0.2.0/24", "192.0.2.0/24", "");
	assert_difference("192.0.2.0/24", "192.0.2.128/25", "192.0.2.0/25");
	assert_difference("192.0.2.0/29", "192.0.2.3 192.0.2.5",
			  "192.0.2.0-192.0.2.2 192.0.2.4 192.0.2.6/31");
	assert_difference("192.0.2.5-9", "192.0.2.0/24", "");
	assert_difference("192.0.2.5-9 198.51.100.1", "192.0.2.9-198.51.100.0",
			  "192.0.2.5-192.0.2.8 198.51.100.1");
	assert_difference("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1");
	assert_difference("2001:db8::/126", "2001:db8::", "2001:db8::1-2001:db8::3");
	assert_difference("192.0.2.1", "198.51.100.0/24", "192.0.2.1");
}

/* Against a plain set, for many small ones: each address is in the difference or it is not. */
static void test_subtract_plain(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 2000; round++) {
		bool plain[64] = { false };
		struct targets t, other;

		targets_init(&t);
		targets_init(&other);
		for (int i = 0; i < 6; i++) {
			uint32_t first = (uint32_t)rand() % 64, last = first + (uint32_t)rand() % 9;
			struct addr_range r;

			last = MIN(last, 63);
			r = (struct addr_range){ addr_from_v4(first), addr_from_v4(last) };
			assert_int_equal(targets_add_range(i < 3 ? &t : &other, r), 0);
			for (uint32_t a = first; a <= last; a++)
				plain[a] = i < 3;
		}
		targets_unite(&t);
		targets_unite(&other);
		assert_int_equal(targets_subtract(&t, &other), 0);
		struct scan_plan plan = { .targets = t.ranges,
					  .n_targets = t.n_ranges,
					  .n_hosts = targets_count(&t) };
		uint64_t index = 0;

		for (uint32_t a = 0; a < 64; a++) {
			assert_int_equal(scan_plan_has(&plan, addr_from_v4(a)), plain[a]);
			if (plain[a])
				assert_true(addr_equal(scan_plan_host(&plan, index++),
						       addr_from_v4(a)));
		}
		assert_true(index == plan.n_hosts);
		targets_finish(&t);
		targets_finish(&other);
	}
}

static void assert_outside(const char *words, const char *network, const char *expected)
{
	struct prefix_set networks;
	struct targets t, outside;
	struct net_prefix p;
	char *text;

	prefix_set_init(&networks);
	if (network) {
		assert_int_equal(prefix_parse(network, &p, NULL), 0);
		assert_int_equal(prefix_set_add(&networks, p), 0);
	}
	targets_init(&t);
	add(&t, words);
	assert_int_equal(targets_outside(&t, &networks, &outside), 0);
	text = printed(&outside);
	assert_string_equal(text, expected);
	free(text);
	targets_finish(&t);
	targets_finish(&outside);
	prefix_set_finish(&networks);
}

static void test_scope(void **state)
{
	(void)state;
	assert_outside("127.0.0.1 ::1 127.255.255.255", NULL, "");
	assert_outside("127.0.0.0-128.0.0.0", NULL, "128.0.0.0");
	assert_outside("192.0.2.1", NULL, "192.0.2.1");
	assert_outside("192.0.2.1", "192.0.2.0/24", "");
	assert_outside("192.0.2.255-192.0.3.0", "192.0.2.0/24", "192.0.3.0");
	assert_outside("2001:db8::1 ::2", "2001:db8::/32", "::2");
	assert_outside("192.0.2.1", "::/0", "192.0.2.1"); /* nobody who writes ::/0 means IPv4 */
}

static void test_file(void **state)
{
	char path[] = "/tmp/sekimori-targets-XXXXXX";
	int fd = mkstemp(path);
	struct diagnosis d = { "" };
	struct targets t;
	char *text;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(
		dprintf(fd, "# ours\n192.0.2.1 192.0.2.2\r\n\t192.0.2.3,192.0.2.4 # mail\n"), 56);
	targets_init(&t);
	assert_int_equal(targets_read(&t, path, false, &d), 0);
	targets_unite(&t);
	text = printed(&t);
	assert_string_equal(text, "192.0.2.1-192.0.2.4");
	free(text);
	assert_int_equal(dprintf(fd, "192.0.2.300\n"), 12);
	assert_int_equal(targets_read(&t, path, false, &d), ERR_USAGE);
	assert_non_null(strstr(d.text, "line 4"));
	assert_int_equal(targets_read(&t, "/nowhere/at/all", false, &d), -ENOENT);
	targets_finish(&t);
	close(fd);
	unlink(path);
}

/* A second line comes behind the first; what a person typed cannot end a line. */
static void test_audit(void **state)
{
	FILE *file = tmpfile();
	struct targets t;
	struct audit_entry entry = { 1548288000000000000ULL, &t, "scan \"x\"\n{}", "inside", 3 };
	char line[1024];

	(void)state;
	assert_non_null(file);
	targets_init(&t);
	add(&t, "198.51.100.0/30");
	assert_int_equal(audit_append(fileno(file), &entry), 0);
	assert_int_equal(audit_append(fileno(file), &entry), 0);
	rewind(file);
	for (int i = 0; i < 2; i++) {
		assert_non_null(fgets(line, sizeof(line), file));
		assert_non_null(strstr(line, "{\"time\":\"2019-01-24T00:00:00Z\",\"user\":\""));
		assert_non_null(strstr(
			line,
			",\"outside\":\"198.51.100.0/30\",\"hosts\":4,\"ports\":3,"
			"\"vantage\":\"inside\",\"arguments\":\"scan \\\"x\\\"\\u000a{}\"}\n"));
	}
	assert_null(fgets(line, sizeof(line), file));
	assert_true(audit_append(-1, &entry) < 0);
	targets_finish(&t);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_subtract), cmocka_unit_test(test_subtract_plain),
		cmocka_unit_test(test_scope),    cmocka_unit_test(test_file),
		cmocka_unit_test(test_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
