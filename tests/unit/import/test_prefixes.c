/*
 * Every prefix of a file tells a prefix of what the whole tells, or less, or fails cleanly. Where a
 * file is lines, the last one of a prefix may be cut within a word, which nothing shows: it may
 * tell something else. Usage: test_import_prefixes FOLDER, the fuzz target's corpus; its files that
 * are good must be read to their ends.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

#include "build_config.h"
#include "unit.h"

#define FILE_MAX 65536

static const char *folder;
static int n_files;

static const struct records_options options = { .year = 2019, .month = 1 };

static struct events read_as(bool scan, const char *bytes, size_t length)
{
	return scan ? scan_events(bytes, length, true)
		    : record_events(bytes, length, &options, true);
}

/* XML and JSON tell nothing that is not whole. */
static bool is_of_lines(bool scan, const char *bytes)
{
	return !scan || !strchr("<{[\x1f", bytes[0]);
}

static size_t without_last_line(const char *text, size_t length)
{
	while (length > 0 && text[length - 1] == '\n')
		length--;
	while (length > 0 && text[length - 1] != '\n')
		length--;
	return length;
}

static void check(bool scan, const char *name, const char *bytes, size_t length)
{
	struct events whole = read_as(scan, bytes, length);

	for (size_t n = 0; n < length; n++) {
		struct events part = read_as(scan, bytes, n);
		size_t same = is_of_lines(scan, bytes) ? without_last_line(part.text, part.length)
						       : part.length;

		if (same > whole.length || memcmp(part.text, whole.text, same) != 0 ||
		    (part.error < 0 && !part.d.text[0])) {
			print_error("%s, %zu bytes of it:\n%s", name, n, part.text);
			fail();
		}
		free(part.text);
	}
	free(whole.text);
}

/* Good files are one of the two, and without complaint. */
static void check_good(const char *name, const char *bytes, size_t length)
{
	struct events as_scan = scan_events(bytes, length, true);
	struct events as_records = record_events(bytes, length, &options, true);

	if (as_scan.error < 0 && as_records.error < 0) {
		print_error("%s: %s; %s\n", name, as_scan.d.text, as_records.d.text);
		fail();
	}
	assert_true(as_scan.length > 0 || as_records.length > 0);
	free(as_scan.text);
	free(as_records.text);
}

static bool can_be_read(const char *name, char first)
{
	if (!HAVE_EXPAT && first == '<')
		return false;
	if (!HAVE_YAJL && (first == '{' || first == '['))
		return false;
	return HAVE_ZLIB || !strstr(name, ".gz");
}

static void prefixes(void **state)
{
	static char bytes[FILE_MAX];
	DIR *dir = opendir(folder);
	struct dirent *entry;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char path[4096];
		size_t length;
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		file = fopen(path, "rb");
		assert_non_null(file);
		length = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		assert_true(length < sizeof(bytes));
		check(true, entry->d_name, bytes, length);
		check(false, entry->d_name, bytes, length);
		if (!strncmp(entry->d_name, "good-", 5) && can_be_read(entry->d_name, bytes[0])) {
			check_good(entry->d_name, bytes, length);
			n_files++;
		}
	}
	closedir(dir);
	assert_true(n_files > 5);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(prefixes) };

	if (argc != 2 || zone_set("UTC", NULL) < 0)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
