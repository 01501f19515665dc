/* Parts that are copied without their details: what is left of them, and what is refused. */
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

#include "archive/part_reader_internal.h"

#include "golden.h"
#include "part_assert.h"

static const char *golden_folder;

static const struct load_shape large = { .n_records = 200000,
					 .n_series = 300,
					 .n_v4 = 9000,
					 .n_v6 = 2000,
					 .first_hour = 429528,
					 .n_hours = 30,
					 .repeats = true };

static struct part *open_part(int fd)
{
	struct part *p;

	assert_int_equal(part_open_fd(fd, &p, NULL), 0);
	return p;
}

static void assert_no_details(int fd)
{
	struct part_summary summary;
	struct part_detail detail;
	struct part *p = open_part(fd);

	part_summary_init(&summary);
	part_detail_init(&detail);
	assert_false(part_has_details(p));
	assert_int_equal(part_load_dictionaries(p, NULL), 0);
	for (uint32_t i = 0; i < part_group_count(p); i++) {
		assert_false(part_group_has_details(&part_groups(p)[i]));
		assert_int_equal(part_read_summary(p, i, &summary, NULL), 0);
		assert_int_equal(part_read_detail(p, i, &summary, PART_TIMES, &detail, NULL),
				 -ENODATA);
	}
	part_summary_finish(&summary);
	part_detail_finish(&detail);
	part_close(p);
}

static uint64_t details_bytes(int fd)
{
	struct part *p = open_part(fd);
	uint64_t bytes = p->footer.details_bytes;

	part_close(p);
	return bytes;
}

static void hold(const struct load_shape *shape)
{
	struct sighting *sightings = load_make(shape, GOLDEN_SEED);
	int fd = load_write(sightings, shape->n_records), bare, again;
	uint8_t *a, *b;

	bare = load_write_bare(fd, NULL);
	assert_true(bare >= 0);
	assert_int_equal(file_bytes(bare) + details_bytes(fd), file_bytes(fd));
	load_bare(sightings, shape->n_records);
	assert_holds(bare, sightings, shape->n_records);
	assert_no_details(bare);
	/* Once more changes nothing. */
	again = load_write_bare(bare, NULL);
	assert_true(again >= 0);
	assert_int_equal(file_bytes(again), file_bytes(bare));
	a = file_content(bare);
	b = file_content(again);
	assert_memory_equal(a, b, file_bytes(bare));
	free(a);
	free(b);
	close(again);
	close(bare);
	close(fd);
	free(sightings);
}

static void test_counts_stay(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(golden_parts); i++)
		hold(&golden_parts[i].shape);
	hold(&large);
}

static int write_golden(void)
{
	const struct load_shape *shape = &golden_parts[GOLDEN_BARE].shape;
	struct sighting *sightings = load_make(shape, GOLDEN_SEED);
	int fd = load_write(sightings, shape->n_records);

	free(sightings);
	return fd;
}

static void test_every_prefix_fails(void **state)
{
	int fd = write_golden(), bare = load_write_bare(fd, NULL);

	(void)state;
	for (size_t n = file_bytes(bare); n-- > 0;) {
		assert_int_equal(ftruncate(bare, (off_t)n), 0);
		assert_int_equal(read_outcome(bare, NULL),
				 n < PART_HEADER_BYTES ? ERR_FORMAT : ERR_DAMAGED);
	}
	close(bare);
	close(fd);
}

static void test_every_changed_byte_is_noticed(void **state)
{
	int fd = write_golden(), bare = load_write_bare(fd, NULL);
	uint8_t *bytes = file_content(bare);

	(void)state;
	for (size_t at = 0; at < file_bytes(bare); at++) {
		uint8_t changed = bytes[at] ^ 0x41;

		assert_int_equal(pwrite(bare, &changed, 1, (off_t)at), 1);
		assert_true(read_outcome(bare, NULL) <= ERR_BASE);
		assert_int_equal(pwrite(bare, &bytes[at], 1, (off_t)at), 1);
	}
	assert_int_equal(read_outcome(bare, NULL), 0);
	free(bytes);
	close(bare);
	close(fd);
}

/* What is copied is checked; what is not may be broken. */
static void test_damage(void **state)
{
	int fd = write_golden(), bare;
	struct part *p = open_part(fd);
	const struct part_footer f = p->footer;
	uint64_t details =
		PART_HEADER_BYTES + (uint64_t)f.series_bytes + f.peers_bytes + CODES_BYTES;
	struct diagnosis d = { "" };
	uint8_t *bytes = file_content(fd);

	(void)state;
	part_close(p);
	for (uint64_t at = 0; at < details + f.details_bytes + f.summaries_bytes; at++) {
		bool is_detail = at >= details && at < details + f.details_bytes;
		uint8_t changed = bytes[at] ^ 0x10;

		assert_int_equal(pwrite(fd, &changed, 1, (off_t)at), 1);
		bare = load_write_bare(fd, &d);
		if (is_detail) {
			assert_true(bare >= 0);
			assert_int_equal(read_outcome(bare, NULL), 0);
			close(bare);
		} else {
			assert_true(bare <= ERR_BASE);
			assert_string_not_equal(d.text, "");
		}
		assert_int_equal(pwrite(fd, &bytes[at], 1, (off_t)at), 1);
	}
	free(bytes);
	close(fd);
}

static void test_golden_file(void **state)
{
	const struct load_shape *shape = &golden_parts[GOLDEN_BARE].shape;
	struct sighting *sightings = load_make(shape, GOLDEN_SEED);
	char path[4096];
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/part-bare.bin", golden_folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	load_bare(sightings, shape->n_records);
	assert_holds(fd, sightings, shape->n_records);
	assert_no_details(fd);
	close(fd);
	free(sightings);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_stay),
		cmocka_unit_test(test_every_prefix_fails),
		cmocka_unit_test(test_every_changed_byte_is_noticed),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_golden_file),
	};

	if (argc != 2) {
		(void)fprintf(stderr, "usage: test_bare tests/golden/v2\n");
		return 2;
	}
	golden_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
