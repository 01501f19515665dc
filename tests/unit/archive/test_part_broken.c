/*
 * Files that are cut, changed or made wrong on purpose; and files of former days, which must stay
 * readable.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "archive/part_internal.h"

#include "golden.h"
#include "part_assert.h"

static const char *golden_folder, *errors_folder;

static int golden_open(const char *folder, const char *name)
{
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s.bin", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("%s cannot be opened", path);
	return fd;
}

static void test_every_prefix_fails(void **state)
{
	struct sighting *sightings = load_make(&golden_parts[3].shape, GOLDEN_SEED);
	int fd = load_write(sightings, golden_parts[3].shape.n_records);

	(void)state;
	for (size_t n = file_bytes(fd); n-- > 0;) {
		struct diagnosis d = { "" };
		int r;

		assert_int_equal(ftruncate(fd, (off_t)n), 0);
		r = read_outcome(fd, &d);
		assert_int_equal(r, n < PART_HEADER_BYTES ? ERR_FORMAT : ERR_DAMAGED);
		assert_string_not_equal(d.text, "");
	}
	close(fd);
	free(sightings);
}

static void test_every_changed_byte_is_noticed(void **state)
{
	static const uint8_t changes[] = { 0x01, 0x80, 0xff };
	struct sighting *sightings = load_make(&golden_parts[3].shape, GOLDEN_SEED);
	int fd = load_write(sightings, golden_parts[3].shape.n_records);
	uint8_t *bytes = file_content(fd);

	(void)state;
	for (size_t at = 0; at < file_bytes(fd); at++) {
		for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
			uint8_t changed = bytes[at] ^ changes[i];
			struct diagnosis d = { "" };

			assert_int_equal(pwrite(fd, &changed, 1, (off_t)at), 1);
			assert_true(read_outcome(fd, &d) <= ERR_BASE);
			assert_string_not_equal(d.text, "");
		}
		assert_int_equal(pwrite(fd, &bytes[at], 1, (off_t)at), 1);
	}
	assert_int_equal(read_outcome(fd, NULL), 0);
	free(bytes);
	close(fd);
	free(sightings);
}

static void test_more_behind_the_footer(void **state)
{
	struct sighting *sightings = load_make(&golden_parts[1].shape, GOLDEN_SEED);
	int fd = load_write(sightings, golden_parts[1].shape.n_records);

	(void)state;
	assert_int_equal(pwrite(fd, "", 1, (off_t)file_bytes(fd)), 1);
	assert_int_equal(read_outcome(fd, NULL), ERR_DAMAGED);
	close(fd);
	free(sightings);
}

static void test_not_a_part(void **state)
{
	struct diagnosis d = { "" };
	struct part *p;

	(void)state;
	assert_int_equal(part_open(AT_FDCWD, "/dev/null", &p, &d), ERR_FORMAT);
	assert_int_equal(part_open(AT_FDCWD, "/", &p, &d), ERR_FORMAT);
	assert_int_equal(part_open(AT_FDCWD, "/no/such/part", &p, &d), -ENOENT);
	assert_non_null(strstr(d.text, "/no/such/part"));
}

static void test_broken_files(void **state)
{
	static const struct {
		const char *name;
		int outcome;
	} broken[] = {
		{ "part-cut", ERR_DAMAGED },
		{ "part-flipped-bit", ERR_DAMAGED },
		{ "part-forged-pairs", ERR_DAMAGED },
		{ "part-forged-peers", ERR_DAMAGED },
		{ "part-hours-descend", ERR_DAMAGED },
		{ "part-newer-version", ERR_UNSUPPORTED },
		{ "part-too-few-peers", ERR_DAMAGED },
		{ "part-bare-with-details", ERR_DAMAGED },
		{ "part-details-missing", ERR_DAMAGED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
		struct diagnosis d = { "" };
		int fd = golden_open(errors_folder, broken[i].name);

		assert_int_equal(read_outcome(fd, &d), broken[i].outcome);
		assert_string_not_equal(d.text, "");
		close(fd);
	}
}

static uint32_t series_bytes(const uint8_t *file, size_t length)
{
	const uint8_t *field = file + length - PART_FOOTER_BYTES + 24;

	return field[0] | (uint32_t)field[1] << 8 | (uint32_t)field[2] << 16 |
	       (uint32_t)field[3] << 24;
}

/* The bytes of the series are zstd's, which may pack better one day; all others are ours. */
static void assert_same_but_series(int fd_a, int fd_b)
{
	uint8_t *a = file_content(fd_a), *b = file_content(fd_b);
	size_t length_a = file_bytes(fd_a), length_b = file_bytes(fd_b);
	size_t start_a = PART_HEADER_BYTES + series_bytes(a, length_a);
	size_t start_b = PART_HEADER_BYTES + series_bytes(b, length_b);

	assert_memory_equal(a, b, PART_HEADER_BYTES);
	assert_int_equal(length_a - start_a, length_b - start_b);
	assert_memory_equal(a + start_a, b + start_b, length_a - start_a - PART_FOOTER_BYTES);
	free(a);
	free(b);
}

static void test_golden_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(golden_parts); i++) {
		size_t n = golden_parts[i].shape.n_records;
		struct sighting *sightings = load_make(&golden_parts[i].shape, GOLDEN_SEED);
		int written = load_write(sightings, n),
		    golden = golden_open(golden_folder, golden_parts[i].name);

		assert_same_but_series(golden, written);
		assert_holds(golden, sightings, n);
		close(golden);
		close(written);
		free(sightings);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_prefix_fails),
		cmocka_unit_test(test_every_changed_byte_is_noticed),
		cmocka_unit_test(test_more_behind_the_footer),
		cmocka_unit_test(test_not_a_part),
		cmocka_unit_test(test_broken_files),
		cmocka_unit_test(test_golden_files),
	};

	if (argc != 3) {
		(void)fprintf(stderr,
			      "usage: test_part_broken tests/golden/v1 tests/golden-errors\n");
		return 2;
	}
	golden_folder = argv[1];
	errors_folder = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
