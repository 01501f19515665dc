/* Places from a libloc database: one that libloc itself writes for the test, damaged ones, and the
 * machine's own where there is one. Usage: test_place_libloc [FILE]; FILE gets the good one, for
 * tests/fuzz/make_corpus_place.py. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "build_config.h"
#include "unit.h"

#if HAVE_LIBLOC

#include <libloc/writer.h>

#define ROOM 65536

static uint8_t good[ROOM];
static size_t good_bytes;

static void add_network(struct loc_writer *w, const char *prefix, const char *country,
			uint32_t as_number)
{
	struct loc_network *n = NULL;

	assert_int_equal(loc_writer_add_network(w, &n, prefix), 0);
	if (country)
		assert_int_equal(loc_network_set_country_code(n, country), 0);
	assert_int_equal(loc_network_set_asn(n, as_number), 0);
	loc_network_unref(n);
}

static void add_as(struct loc_writer *w, uint32_t number, const char *name)
{
	struct loc_as *as = NULL;

	assert_int_equal(loc_writer_add_as(w, &as, number), 0);
	assert_int_equal(loc_as_set_name(as, name), 0);
	loc_as_unref(as);
}

static int write_good(void **state)
{
	struct loc_country *country = NULL;
	struct loc_writer *w = NULL;
	struct loc_ctx *ctx = NULL;
	FILE *file = tmpfile();

	(void)state;
	let_leak(true); /* the writer keeps a country for ever */
	assert_non_null(file);
	assert_int_equal(loc_new(&ctx), 0);
	assert_int_equal(loc_writer_new(ctx, &w, NULL, NULL), 0);
	assert_int_equal(loc_writer_set_vendor(w, "Nobody"), 0);
	assert_int_equal(loc_writer_add_country(w, &country, "JP"), 0);
	loc_country_unref(country);
	add_as(w, 64500, "Example \033[31mUniversity");
	add_as(w, 64502, "Last");
	add_network(w, "192.0.2.0/24", "JP", 64500);
	add_network(w, "192.0.2.128/25", "DE", 64501);
	add_network(w, "198.51.100.0/24", NULL, 64502);
	add_network(w, "203.0.113.7/32", "SE", 0);
	add_network(w, "2001:db8::/32", "FR", 64502);
	add_network(w, "2001:db8:1::/48", "BR", 0);
	assert_int_equal(loc_writer_write(w, file, LOC_DATABASE_VERSION_1), 0);
	loc_writer_unref(w);
	loc_unref(ctx);
	let_leak(false);
	rewind(file);
	good_bytes = fread(good, 1, ROOM, file);
	assert_in_range(good_bytes, 1, ROOM - 1);
	return fclose(file);
}

static void test_written(void **state)
{
	char path[64], date[64];
	struct config c = { .libloc = path };
	struct diagnosis d = { "" };
	struct places *p = NULL;
	time_t now = time(NULL);
	int fd = file_of(good, good_bytes, path);
	struct tm tm;

	(void)state;
	if (places_open(&c, &p, &d) < 0)
		fail_msg("%s", d.text);
	/* Written today, or, around midnight, yesterday. */
	strftime(date, sizeof(date), "libloc, %Y-%m-%d", gmtime_r(&now, &tm));
	if (strcmp(places_source(p), date) != 0) {
		now -= 24 * 3600;
		strftime(date, sizeof(date), "libloc, %Y-%m-%d", gmtime_r(&now, &tm));
	}
	assert_string_equal(places_source(p), date);
	assert_place(p, "192.0.2.0", "JP", 64500, "Example [31mUniversity");
	assert_place(p, "192.0.2.127", "JP", 64500, "Example [31mUniversity");
	assert_place(p, "192.0.2.128", "DE", 64501, "");
	assert_place(p, "198.51.100.7", "", 64502, "Last");
	assert_place(p, "192.0.3.0", "", 0, "");
	assert_place(p, "203.0.113.7", "SE", 0, "");
	assert_place(p, "203.0.113.6", "", 0, "");
	assert_place(p, "2001:db8:ffff::1", "FR", 64502, "Last");
	assert_place(p, "2001:db8:1::1", "BR", 0, "");
	assert_place(p, "2001:db9::", "", 0, "");
	assert_place(p, "::", "", 0, "");
	places_close(p);
	close(fd);
}

static void test_refused(void **state)
{
	char none[] = "/absent/location.db", path[64], expected[128];
	struct config c = { .libloc = none };
	struct diagnosis d = { "" };
	struct places *p = NULL;
	uint8_t bytes[16] = "LOCDBXX\x02";
	int fd = file_of(bytes, sizeof(bytes), path);

	(void)state;
	assert_int_equal(places_open(&c, &p, &d), -ENOENT);
	assert_string_equal(d.text, "/absent/location.db: No such file or directory");
	c.libloc = path;
	assert_int_equal(places_open(&c, &p, &d), ERR_FORMAT);
	snprintf(expected, sizeof(expected),
		 "%s: no libloc database of version 1, or a damaged one", path);
	assert_string_equal(d.text, expected);
	assert_null(p);
	close(fd);
	/* Told to use none, it looks for none. */
	c.libloc = none;
	none[0] = '\0';
	assert_int_equal(places_open(&c, &p, &d), 0);
	assert_null(places_source(p));
	places_close(p);
}

static const char *const addresses[] = { "192.0.2.1",     "192.0.2.200",   "198.51.100.1",
					 "203.0.113.7",   "0.0.0.0",       "255.255.255.255",
					 "2001:db8:1::1", "2001:db8:2::1", "::",
					 "::ffff:0:0:0",  "8000::" };

static int ask_bytes(const uint8_t *bytes, size_t n)
{
	char path[64];
	struct config c = { .libloc = path };
	int fd = file_of(bytes, n, path),
	    error = ask_damaged(&c, path, addresses, ARRAY_LENGTH(addresses));

	close(fd);
	return error;
}

static void test_cut(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < good_bytes; cut += cut < 80 ? 1 : 7)
		assert_int_equal(ask_bytes(good, cut), ERR_FORMAT);
	assert_int_equal(ask_bytes(good, good_bytes - 1), ERR_FORMAT);
	assert_int_equal(ask_bytes(good, good_bytes), 0);
}

/* Most of the file is padding with zeros. */
static bool is_padding(size_t i)
{
	static const uint8_t zeros[24];
	size_t from = i < sizeof(zeros) / 2 ? 0 : i - sizeof(zeros) / 2;

	return from + sizeof(zeros) <= good_bytes && !memcmp(good + from, zeros, sizeof(zeros));
}

static void test_damaged(void **state)
{
	static uint8_t bytes[ROOM];

	(void)state;
	memcpy(bytes, good, good_bytes);
	for (size_t i = 0; i < good_bytes; i++) {
		if (is_padding(i))
			continue;
		bytes[i] = good[i] ^ (i / 4 % 2 ? 0x01 : 0xff);
		(void)ask_bytes(bytes, good_bytes);
		bytes[i] = good[i];
	}
}

/* Where the header says that a section lies, and how long it is: AS, networks, tree, countries,
 * texts. */
#define OFFSET_AT(section) (28 + 8 * (section))
#define LENGTH_AT(section) (32 + 8 * (section))

static uint32_t get_be(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void assert_refused(size_t at, uint32_t value)
{
	static uint8_t bytes[ROOM];

	memcpy(bytes, good, good_bytes);
	for (size_t i = 0; i < 4; i++)
		bytes[at + i] = (uint8_t)(value >> (24 - 8 * i));
	if (ask_bytes(bytes, good_bytes) != ERR_FORMAT)
		fail_msg("%u at %zu was believed", value, at);
}

static void test_false_header(void **state)
{
	uint32_t end = (uint32_t)good_bytes;

	(void)state;
	for (size_t section = 0; section < 5; section++) {
		assert_refused(OFFSET_AT(section), end);
		assert_refused(OFFSET_AT(section), UINT32_MAX);
		assert_refused(LENGTH_AT(section), end);
		assert_refused(LENGTH_AT(section), UINT32_MAX);
	}
	assert_refused(LENGTH_AT(2), 11);
	assert_refused(LENGTH_AT(4), 0);
	assert_refused(good_bytes - 4, 0x78787878); /* the last text does not end */
}

/* libloc alone would follow it out of its stack. */
static void test_endless_tree(void **state)
{
	static uint8_t bytes[ROOM];
	uint32_t tree = get_be(good + OFFSET_AT(2)), n = get_be(good + LENGTH_AT(2)) / 12;
	struct config c = { .libloc = NULL };
	struct places *p = NULL;
	char path[64];
	int fd;

	(void)state;
	memcpy(bytes, good, good_bytes);
	for (uint32_t i = 0; i < n; i++) {
		memset(bytes + tree + 12 * i, 0, 8);
		bytes[tree + 12 * i + 3] = 1; /* zeros and ones lead in a ring */
		bytes[tree + 12 * i + 7] = 1;
	}
	fd = file_of(bytes, good_bytes, path);
	c.libloc = path;
	assert_int_equal(places_open(&c, &p, NULL), 0);
	assert_place(p, "::", "", 0, "");
	assert_place(p, "192.0.2.1", "", 0, "");
	places_close(p);
	close(fd);
}

/* The machine's own, found without a word of the configuration. Two facts that stay as they are. */
static void test_usual(void **state)
{
	struct config c = { .libloc = NULL };
	struct diagnosis d = { "" };
	struct places *p = NULL;

	(void)state;
	if (places_open(&c, &p, &d) < 0)
		fail_msg("%s", d.text);
	if (access("/var/lib/location/database.db", F_OK) != 0 &&
	    access("/usr/share/libloc-location/location.db", F_OK) != 0) {
		assert_null(places_source(p));
		assert_place(p, "8.8.8.8", "", 0, "");
		places_close(p);
		puts("skipped: no libloc database is installed (libloc-database)");
		skip();
	}
	assert_int_equal(strncmp(places_source(p), "libloc, 20", 10), 0);
	assert_place(p, "8.8.8.8", "US", 15169, "GOOGLE");
	assert_place(p, "10.0.0.1", "", 0, "");
	places_close(p);
}

static void test_save(void **state)
{
	FILE *file = fopen(*state, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(good, 1, good_bytes, file), good_bytes);
	assert_int_equal(fclose(file), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest save[] = { cmocka_unit_test_prestate(test_save, argv[1]) };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),          cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_false_header), cmocka_unit_test(test_endless_tree),
		cmocka_unit_test(test_usual),
	};

	return argc > 1 ? cmocka_run_group_tests(save, write_good, NULL)
			: cmocka_run_group_tests(tests, write_good, NULL);
}

#else

/* A build that cannot read them says so of a named file, and looks for none. */
static void test_without(void **state)
{
	char path[] = "location.db";
	struct config c = { .libloc = path };
	struct diagnosis d = { "" };
	struct places *p = NULL;

	(void)state;
	assert_int_equal(places_open(&c, &p, &d), ERR_UNSUPPORTED);
	assert_string_equal(d.text,
			    "location.db: this build reads no libloc databases (it lacks libloc)");
	c.libloc = NULL;
	assert_int_equal(places_open(&c, &p, &d), 0);
	assert_null(places_source(p));
	assert_place(p, "8.8.8.8", "", 0, "");
	places_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_without) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
