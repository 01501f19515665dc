/* Is one batch's content in another: cover_compare, in one piece and in slices, against a plain
 * look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive/cover_internal.h"

#include "part_fixture.h"

#define RECORDS 60000
#define LEFT    40000 /* the shorter copy's */

static char folder[64];
static struct archive *archive;

static int make_archive(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/sekimori-test-XXXXXX");
	return mkdtemp(folder) ? archive_open(folder, ARCHIVE_CREATE, &archive, NULL) : -1;
}

static int remove_archive(void **state)
{
	char command[128];

	(void)state;
	archive_close(archive);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command); /* NOLINT(cert-env33-c): a name of our own */
}

static struct batch_writer *write_parts(const struct sighting *list, size_t n, size_t parts)
{
	struct batch_writer *b;
	struct part_writer *w;

	assert_int_equal(batch_writer_new(archive, &b, NULL), 0);
	assert_int_equal(part_writer_new(&w), 0);
	for (size_t i = 0; i < parts; i++) {
		size_t start = n * i / parts, end = n * (i + 1) / parts;

		assert_int_equal(part_writer_append(w, list + start, end - start),
				 (int)(end - start));
		assert_int_equal(batch_writer_add_part(b, w, NULL), 0);
		part_writer_reset(w);
	}
	part_writer_free(w);
	return b;
}

/* A committed batch, by its name and manifest. */
static void commit(const struct sighting *list, size_t n, size_t parts, char name[BATCH_NAME_MAX],
		   struct batch_manifest *ret_manifest)
{
	struct batch_writer *b = write_parts(list, n, parts);
	struct batch_manifest m;
	struct buffer memory;

	buffer_init(&memory);
	batch_manifest_init(&m);
	m.capture = strdup("capture");
	m.format = strdup("pcap");
	m.zone = strdup("UTC");
	m.first_ns = m.last_ns = m.end_ns = list[0].time_ns;
	m.end_frames = n;
	assert_int_equal(batch_manifest_add_count(&m, "sighting", n), 0);
	assert_int_equal(batch_writer_seal(b, &m, &memory, NULL), 0);
	assert_int_equal(batch_writer_commit(b, &m, name, NULL), 0);
	batch_writer_free(b);
	batch_manifest_finish(&m);
	buffer_finish(&memory);
	assert_int_equal(batch_read_manifest(archive, name, ret_manifest, NULL), 0);
	assert_int_equal(ret_manifest->n_parts, parts);
}

struct whole {
	char name[BATCH_NAME_MAX];
	struct batch_manifest manifest;
};

/* The batch once more, without details. */
static void commit_bare(const struct whole *w, struct whole *ret_bare)
{
	struct batch_manifest m;
	struct batch_writer *b;
	struct buffer memory;

	buffer_init(&memory);
	assert_int_equal(batch_read_manifest(archive, w->name, &m, NULL), 0);
	assert_int_equal(batch_writer_new(archive, &b, NULL), 0);
	for (size_t i = 0; i < m.n_parts; i++) {
		struct part *p;

		assert_int_equal(batch_open_part(archive, w->name, m.parts[i].name, &p, NULL), 0);
		assert_int_equal(batch_writer_add_bare(b, p, NULL), 0);
		part_close(p);
	}
	m.bare = true;
	assert_int_equal(batch_manifest_add_replaced(&m, w->name), 0);
	assert_int_equal(batch_writer_seal(b, &m, &memory, NULL), 0);
	assert_int_equal(batch_writer_commit(b, &m, ret_bare->name, NULL), 0);
	batch_writer_free(b);
	batch_manifest_finish(&m);
	assert_int_equal(batch_read_manifest(archive, ret_bare->name, &ret_bare->manifest, NULL),
			 0);
	assert_true(ret_bare->manifest.bare);
}

static bool is_covered(const struct whole *w, const struct sighting *list, size_t n, size_t parts,
		       uint32_t most)
{
	struct batch_writer *b = write_parts(list, n, parts);
	bool covered = !most;

	assert_int_equal(cover_compare(b, w->name, &w->manifest, most, &covered, NULL), 0);
	batch_writer_free(b);
	return covered;
}

/* Copies that are shorter, the same but for marks, and those with one other record. */
static void hold(const struct whole *w, struct sighting *list, size_t parts, uint32_t most)
{
	struct sighting kept = list[LEFT / 2];

	assert_true(is_covered(w, list, LEFT, parts, most));
	assert_true(is_covered(w, list, RECORDS, parts, most));
	list[LEFT / 2].marks ^= MARK_FTP_DATA;
	assert_true(is_covered(w, list, LEFT, parts, most));
	list[LEFT / 2].peer_port ^= 1;
	assert_false(is_covered(w, list, LEFT, parts, most));
	list[LEFT / 2] = kept;
	list[LEFT / 2].peer.lo ^= 1ULL << 31;
	assert_false(is_covered(w, list, LEFT, parts, most));
	/* As often: one record instead of another, both are there. */
	list[LEFT / 2] = list[LEFT / 2 + 1];
	assert_false(is_covered(w, list, RECORDS, parts, most));
	list[LEFT / 2] = kept;
}

static void test_covered(void **state)
{
	static const uint32_t bounds[] = { UINT32_MAX, 30000, 5000, 1000 };
	const struct load_shape shapes[] = {
		{ .n_records = RECORDS,
		  .n_series = 40,
		  .n_v4 = 3000,
		  .n_v6 = 500,
		  .first_hour = 429528,
		  .n_hours = 1 },
		{ .n_records = RECORDS,
		  .n_series = 40,
		  .n_v4 = 3000,
		  .n_v6 = 500,
		  .first_hour = 429528,
		  .n_hours = 5,
		  .in_order = true },
		/* One pair has them all. */
		{ .n_records = RECORDS,
		  .n_series = 1,
		  .n_v4 = 1,
		  .first_hour = 429528,
		  .n_hours = 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++) {
		struct sighting *list = load_make(&shapes[i], 11 + i);
		struct whole w;

		commit(list, RECORDS, 1 + i % 3, w.name, &w.manifest);
		for (size_t k = 0; k < ARRAY_LENGTH(bounds); k++)
			hold(&w, list, 1 + k % 3, bounds[k]);
		batch_manifest_finish(&w.manifest);
		free(list);
	}
}

/* Without details, pairs are compared: times and peer ports do not matter, all else does. */
static void hold_bare(const struct whole *w, struct sighting *list, uint32_t most)
{
	struct sighting kept = list[LEFT / 2];

	assert_true(is_covered(w, list, LEFT, 2, most));
	assert_true(is_covered(w, list, RECORDS, 2, most));
	list[LEFT / 2].peer_port ^= 1;
	assert_true(is_covered(w, list, LEFT, 2, most));
	list[LEFT / 2] = kept;
	list[LEFT / 2].peer.lo ^= 1ULL << 31;
	assert_false(is_covered(w, list, LEFT, 2, most));
	list[LEFT / 2] = kept;
	list[LEFT / 2].time_ns += 9 * 3600 * 1000000000ULL;
	assert_false(is_covered(w, list, LEFT, 2, most));
	/* As often: one pair has a record more. */
	list[LEFT / 2] = list[LEFT / 2 + 1];
	assert_false(is_covered(w, list, RECORDS, 2, most));
	list[LEFT / 2] = kept;
}

static void test_covered_bare(void **state)
{
	const struct load_shape shape = { .n_records = RECORDS,
					  .n_series = 40,
					  .n_v4 = 3000,
					  .n_v6 = 500,
					  .first_hour = 429600,
					  .n_hours = 5,
					  .in_order = true };
	struct sighting *list = load_make(&shape, 17);
	struct whole w, bare;

	(void)state;
	commit(list, RECORDS, 3, w.name, &w.manifest);
	commit_bare(&w, &bare);
	hold_bare(&bare, list, UINT32_MAX);
	hold_bare(&bare, list, 5000);
	batch_manifest_finish(&w.manifest);
	batch_manifest_finish(&bare.manifest);
	free(list);
}

/* What no slicing takes apart is not held either: not covered, and no error. */
static void test_all_the_same(void **state)
{
	struct sighting *list = calloc(RECORDS, sizeof(*list));
	struct whole w;

	(void)state;
	assert_non_null(list);
	for (size_t i = 0; i < RECORDS; i++) {
		list[i] = (struct sighting){ .time_ns = 1548255600ULL * 1000000000,
					     .host = addr_from_v4(0xc0000201),
					     .peer = addr_from_v4(0xc6336401),
					     .port = 80,
					     .peer_port = 40000,
					     .protocol = 6 };
	}
	commit(list, RECORDS, 1, w.name, &w.manifest);
	assert_true(is_covered(&w, list, LEFT, 1, RECORDS));
	assert_false(is_covered(&w, list, LEFT, 1, 5000));
	batch_manifest_finish(&w.manifest);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_covered),
		cmocka_unit_test(test_covered_bare),
		cmocka_unit_test(test_all_the_same),
	};

	return cmocka_run_group_tests(tests, make_archive, remove_archive);
}
