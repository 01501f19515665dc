/* Places from MaxMind databases: make_mmdb.py made them. Usage: test_place_maxmind FOLDER */
#include <errno.h>
#include <stdlib.h>

#include "build_config.h"
#include "unit.h"

#define FILES_MAX 4

static const char *folder;

/* With the named files, and no libloc. */
static void configure(struct config *c, char paths[FILES_MAX][512], const char *const *names)
{
	static char none[] = "", *list[FILES_MAX];

	memset(c, 0, sizeof(*c));
	c->libloc = none;
	c->maxmind = list;
	for (; names[c->n_maxmind]; c->n_maxmind++) {
		const char *name = names[c->n_maxmind];

		snprintf(paths[c->n_maxmind], 512, "%s/%s", folder, name);
		list[c->n_maxmind] = paths[c->n_maxmind];
	}
}

static struct places *open_files(const char *const *names)
{
	char paths[FILES_MAX][512];
	struct diagnosis d = { "" };
	struct places *p = NULL;
	struct config c;

	configure(&c, paths, names);
	if (places_open(&c, &p, &d) < 0)
		fail_msg("%s", d.text);
	return p;
}

static void test_none(void **state)
{
	struct places *p = open_files((const char *const[]){ NULL });

	(void)state;
	assert_null(places_source(p));
	assert_place(p, "192.0.2.1", "", 0, "");
	assert_place(p, "2001:db8::1", "", 0, "");
	places_close(p);
	places_close(NULL);
}

static void test_country(void **state)
{
	struct places *p = open_files((const char *const[]){ "country.mmdb", NULL });

	(void)state;
	assert_string_equal(places_source(p), "country.mmdb, 2024-01-02");
	assert_place(p, "192.0.2.0", "JP", 0, "");
	assert_place(p, "192.0.2.255", "JP", 0, "");
	assert_place(p, "192.0.3.0", "", 0, "");
	assert_place(p, "192.0.1.255", "", 0, "");
	assert_place(p, "198.51.100.7", "DE", 0, "");
	assert_place(p, "2001:db8:1::", "FR", 0, "");
	assert_place(p, "2001:db8:1:ffff:ffff:ffff:ffff:ffff", "FR", 0, "");
	assert_place(p, "2001:db8:2::", "", 0, "");
	assert_place(p, "2001:db8:ffff::1", "BR", 0, "");
	assert_place(p, "2001:db8:ffff::", "", 0, "");
	/* No codes of countries, or not where they should be. */
	for (int i = 0; i < 96; i += 16) {
		char text[32];

		snprintf(text, sizeof(text), "203.0.113.%d", i);
		assert_place(p, text, "", 0, "");
	}
	places_close(p);
}

static void test_networks(void **state)
{
	struct places *p = open_files((const char *const[]){ "asn.mmdb", NULL });
	char long_name[PLACE_NAME_MAX] = "";

	(void)state;
	/* Nothing that a terminal would obey is left. */
	assert_place(p, "192.0.2.1", "", 64500, "Example [31mUniversity 東京");
	assert_place(p, "192.0.2.129", "", 4294967295, "caf??");
	assert_place(p, "198.51.100.1", "", 64501, "");
	assert_place(p, "203.0.113.1", "", 0, "");
	assert_place(p, "203.0.113.17", "", 0, "");
	assert_place(p, "203.0.113.33", "", 0, "");
	assert_place(p, "203.0.113.49", "", 64502, "");
	for (int i = 0; i < 31; i++)
		strcat(long_name, "東");
	assert_place(p, "2001:db8:1::1", "", 64503, long_name);
	memset(long_name, 'x', PLACE_NAME_MAX - 1);
	assert_place(p, "2001:db8:2::1", "", 64504, long_name);
	assert_place(p, "2001:db8:3::1", "", 64505, long_name);
	assert_place(p, "2001:db8:4::1", "", 64506, long_name);
	places_close(p);
}

static void test_together(void **state)
{
	struct places *p = open_files((const char *const[]){
		"asn.mmdb", "country.mmdb", "more-names.mmdb", "four.mmdb", NULL });

	(void)state;
	/* A date that is none is not said. */
	assert_string_equal(places_source(p), "asn.mmdb, 2024-01-02; country.mmdb, 2024-01-02; "
					      "more-names.mmdb; four.mmdb, 2024-01-02");
	/* The first that knows it stands; a name goes with its number. */
	assert_place(p, "192.0.2.1", "JP", 64500, "Example [31mUniversity 東京");
	assert_place(p, "198.51.100.1", "DE", 64501, "Named elsewhere");
	assert_place(p, "2001:db8:ffff::1", "BR", 0, "");
	places_close(p);
}

static void test_four(void **state)
{
	struct places *p = open_files((const char *const[]){ "four.mmdb", NULL });

	(void)state;
	assert_string_equal(places_source(p), "four.mmdb, 2024-01-02");
	assert_place(p, "192.0.2.1", "SE", 64510, "Four");
	assert_place(p, "192.0.3.1", "", 0, "");
	assert_place(p, "::c000:201", "", 0, "");
	assert_place(p, "2001:db8:1::1", "", 0, "");
	places_close(p);
}

static void test_refused(void **state)
{
	char paths[FILES_MAX][512], path[64], expected[600];
	struct diagnosis d = { "" };
	struct places *p = NULL;
	struct config c;
	char *list[1];
	int fd;

	(void)state;
	configure(&c, paths, (const char *const[]){ "country.mmdb", "absent.mmdb", NULL });
	assert_int_equal(places_open(&c, &p, &d), -ENOENT);
	snprintf(expected, sizeof(expected), "%s: No such file or directory", paths[1]);
	assert_string_equal(d.text, expected);

	fd = file_of("no database\n", 12, path);
	list[0] = path;
	c.maxmind = list;
	c.n_maxmind = 1;
	assert_int_equal(places_open(&c, &p, &d), ERR_FORMAT);
	snprintf(expected, sizeof(expected), "%s: no MaxMind database, or a damaged one (", path);
	assert_int_equal(strncmp(d.text, expected, strlen(expected)), 0);
	assert_null(p);
	close(fd);
}

static const char *const addresses[] = { "192.0.2.1",     "192.0.2.200", "198.51.100.1",
					 "203.0.113.1",   "0.0.0.0",     "255.255.255.255",
					 "2001:db8:1::1", "::",          "2001:db8:4::1" };

static size_t read_file(const char *name, uint8_t *ret_bytes, size_t room)
{
	char path[512];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	assert_non_null(file);
	n = fread(ret_bytes, 1, room, file);
	fclose(file);
	assert_in_range(n, 1, room - 1);
	return n;
}

/* Gives the bytes to the library as a file; returns what opening it returned. */
static int ask_bytes(const uint8_t *bytes, size_t n)
{
	static char none[] = "";
	char path[64], *list[] = { path };
	struct config c = { .libloc = none, .maxmind = list, .n_maxmind = 1 };
	int fd = file_of(bytes, n, path), error;

	error = ask_damaged(&c, path, addresses, ARRAY_LENGTH(addresses));
	close(fd);
	return error;
}

static void test_damaged(void **state)
{
	static const char *const names[] = { "country.mmdb", "asn.mmdb", "four.mmdb" };
	static uint8_t bytes[65536];

	(void)state;
	for (size_t f = 0; f < ARRAY_LENGTH(names); f++) {
		size_t n = read_file(names[f], bytes, sizeof(bytes));

		/* What the file says of itself stands at its end: a prefix is no database. */
		for (size_t cut = 0; cut < n; cut++)
			assert_int_equal(ask_bytes(bytes, cut), ERR_FORMAT);
		assert_int_equal(ask_bytes(bytes, n), 0);
		for (size_t i = 0; i < n; i++) {
			uint8_t good = bytes[i];

			bytes[i] ^= (uint8_t)(1 << i % 8);
			(void)ask_bytes(bytes, n);
			bytes[i] = 0xff;
			(void)ask_bytes(bytes, n);
			bytes[i] = good;
		}
	}
}

/* A build that cannot read them says so of a named file, and only then. */
static void test_without(void **state)
{
	char paths[FILES_MAX][512], expected[600];
	struct diagnosis d = { "" };
	struct places *p = NULL;
	struct config c;

	(void)state;
	configure(&c, paths, (const char *const[]){ "country.mmdb", NULL });
	assert_int_equal(places_open(&c, &p, &d), ERR_UNSUPPORTED);
	snprintf(expected, sizeof(expected),
		 "%s: this build reads no MaxMind databases (it lacks libmaxminddb)", paths[0]);
	assert_string_equal(d.text, expected);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),     cmocka_unit_test(test_country),
		cmocka_unit_test(test_networks), cmocka_unit_test(test_together),
		cmocka_unit_test(test_four),     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged),
	};
	const struct CMUnitTest tests_without[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_without),
	};

	if (argc != 2)
		return 2;
	folder = argv[1];
	return HAVE_MAXMINDDB ? cmocka_run_group_tests(tests, NULL, NULL)
			      : cmocka_run_group_tests(tests_without, NULL, NULL);
}
