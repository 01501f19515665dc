/* Lists of addresses that people name. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/zone.h"

#include "unit.h"

static char path[] = "/tmp/sekimori-list-XXXXXX";

static int write_list(const char *text, struct places **ret_places, struct diagnosis *d)
{
	struct config_list lists[2] = { { (char[]){ "block list" }, path },
					{ (char[]){ "again" }, path } };
	struct config c = { .libloc = (char[]){ "" }, .lists = lists, .n_lists = 2 };
	const struct timespec day[2] = { { 1700000000, 0 }, { 1700000000, 0 } };
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(utimensat(AT_FDCWD, path, day, 0), 0);
	return places_open(&c, ret_places, d);
}

static struct places *open_list(const char *text)
{
	struct diagnosis d = { "" };
	struct places *p = NULL;

	if (write_list(text, &p, &d) < 0)
		fail_msg("%s", d.text);
	return p;
}

static void assert_listed(const struct places *p, const char *address, bool listed)
{
	struct place place;

	assert_int_equal(places_find(p, addr(address), &place), listed);
	assert_string_equal(place.lists,
			    listed ? "block list (2023-11-14), again (2023-11-14)" : "");
}

static void prefixes_and_comments(void **state)
{
	struct places *p =
		open_list("# a list\n\n203.0.113.0/25 ; SBL1\n  198.51.100.7\t# alone\r\n"
			  "203.0.113.64/26\n2001:db8::/32,x\n192.0.2.255");

	(void)state;
	assert_listed(p, "203.0.113.0", true);
	assert_listed(p, "203.0.113.127", true);
	assert_listed(p, "203.0.113.128", false);
	assert_listed(p, "203.0.112.255", false);
	assert_listed(p, "198.51.100.7", true);
	assert_listed(p, "198.51.100.8", false);
	assert_listed(p, "2001:db8:ffff::1", true);
	assert_listed(p, "2001:db9::", false);
	assert_listed(p, "192.0.2.255", true);
	places_close(p);
}

static void the_families_are_apart(void **state)
{
	struct places *p = open_list("::/0\n");

	(void)state;
	assert_listed(p, "2001:db8::1", true);
	assert_listed(p, "192.0.2.1", false);
	places_close(p);
	p = open_list("0.0.0.0/0\n");
	assert_listed(p, "2001:db8::1", false);
	assert_listed(p, "192.0.2.1", true);
	places_close(p);
}

/* Against a plain walk over all of them. */
static void many(void **state)
{
	static char text[64 * 4000];
	struct net_prefix all[4000];
	size_t used = 0;
	struct places *p;

	(void)state;
	srand(1);
	for (size_t i = 0; i < 4000; i++) {
		char one[PREFIX_TEXT_MAX];

		all[i] = prefix_of(addr_from_v4((uint32_t)rand() % (1u << 24)),
				   (uint8_t)(20 + rand() % 13));
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s\n",
					 prefix_format(all[i], one));
	}
	p = open_list(text);
	for (int k = 0; k < 20000; k++) {
		struct net_addr a = addr_from_v4((uint32_t)rand() % (1u << 24));
		char one[ADDR_TEXT_MAX];
		bool listed = false;

		for (size_t i = 0; i < 4000 && !listed; i++)
			listed = prefix_contains(all[i], a);
		assert_listed(p, addr_format(a, one), listed);
	}
	places_close(p);
}

static void mistakes(void **state)
{
	struct diagnosis d = { "" };
	struct places *p = NULL;
	struct config_list gone = { (char[]){ "gone" }, (char[]){ "/nowhere/list.txt" } };
	struct config c = { .libloc = (char[]){ "" }, .lists = &gone, .n_lists = 1 };

	(void)state;
	assert_int_equal(write_list("192.0.2.1\n192.0.2.300\n", &p, &d), ERR_USAGE);
	assert_non_null(strstr(d.text, ":2: "));
	assert_non_null(strstr(d.text, "192.0.2.300"));
	assert_int_equal(places_open(&c, &p, &d), -ENOENT);
	assert_non_null(strstr(d.text, "/nowhere/list.txt"));
	assert_null(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_and_comments),
		cmocka_unit_test(the_families_are_apart),
		cmocka_unit_test(many),
		cmocka_unit_test(mistakes),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0 || zone_set("UTC", NULL) < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
