/* Compressed captures: every kind, several members, cuts and corruption; every prefix of each. */
#include <stdio.h>
#include <string.h>

#include "capture/source_internal.h"

#include "maker.h"
#include "unit.h"

#define CHUNK  4096
#define FRAMES 40

static struct seen seen, plain;

static void put_small_capture(struct maker *m, bool pcapng)
{
	if (!pcapng) {
		put_pcap_header(m, MAGIC_MICRO, 4, 1);
		for (uint32_t i = 0; i < FRAMES; i++)
			put_pcap_record(m, i, 0, 40 + i % 5);
		return;
	}
	put_section(m);
	put_interface(m, 1, 0, -1);
	for (uint32_t i = 0; i < FRAMES; i++)
		put_enhanced(m, 0, i, 40 + i % 5);
}

static bool same_frame(int i)
{
	return seen.sums[i] == plain.sums[i] && seen.frames[i].length == plain.frames[i].length &&
	       seen.frames[i].wire_length == plain.frames[i].wire_length &&
	       seen.frames[i].time_ns == plain.frames[i].time_ns;
}

static void check_same_as_plain(void)
{
	assert_int_equal(seen.opened, 0);
	assert_int_equal(seen.end, plain.end);
	assert_int_equal(seen.n, plain.n);
	assert_int_equal(seen.position, plain.position);
	for (int i = 0; i < plain.n; i++)
		assert_true(same_frame(i));
}

static void every_kind_is_read(void **state)
{
	char format[CAPTURE_FORMAT_MAX];

	(void)state;
	for (int i = 0; i < 2 * PACK_COUNT; i++) {
		enum packing how = (enum packing)(i / 2);
		struct maker m = { 0 };
		struct buffer packed = { 0 };

		put_small_capture(&m, i % 2);
		see(m.out.bytes, m.out.length, CHUNK, CAPTURE_BATCH, &plain);
		pack(how, m.out.bytes, m.out.length, &packed);
		see(packed.bytes, packed.length, i % 2 ? 33 : CHUNK, CAPTURE_BATCH, &seen);
		if (pack_is_built_in(how)) {
			check_same_as_plain();
			(void)snprintf(format, sizeof(format), "%s%s%s", i % 2 ? "pcapng" : "pcap",
				       how ? ", " : "", how ? pack_name(how) : "");
			assert_string_equal(seen.format, format);
		} else {
			assert_int_equal(seen.opened, ERR_UNSUPPORTED);
			assert_non_null(strstr(seen.diagnosis.text, "this build lacks"));
		}
		buffer_finish(&packed);
		buffer_finish(&m.out);
	}
}

/* Several members, also empty ones; in front a skippable frame of zstd; zeros at the end. */
static void members_follow_each_other(void **state)
{
	static const size_t cuts[] = { 0, 0, 3, 24, 500, 501, 1000 };

	(void)state;
	for (enum packing how = PACK_GZIP; how < PACK_COUNT; how++) {
		struct maker m = { 0 };
		struct buffer packed = { 0 };
		size_t i;

		if (!pack_is_built_in(how))
			continue;
		put_small_capture(&m, false);
		see(m.out.bytes, m.out.length, CHUNK, CAPTURE_BATCH, &plain);
		if (how == PACK_ZSTD)
			buffer_put(&packed, "\x5f\x2a\x4d\x18\5\0\0\0hello", 13);
		for (i = 0; i + 1 < ARRAY_LENGTH(cuts); i++)
			pack(how, m.out.bytes + cuts[i], cuts[i + 1] - cuts[i], &packed);
		pack(how, m.out.bytes + cuts[i], m.out.length - cuts[i], &packed);
		for (i = 0; i < 512; i++)
			buffer_put_u8(&packed, 0);
		see(packed.bytes, packed.length, CHUNK, CAPTURE_BATCH, &seen);
		check_same_as_plain();

		buffer_put(&packed, "garbage", 7);
		see(packed.bytes, packed.length, CHUNK, CAPTURE_BATCH, &seen);
		assert_int_equal(seen.n, FRAMES);
		assert_int_equal(seen.end, ERR_DAMAGED);
		buffer_finish(&packed);
		buffer_finish(&m.out);
	}
}

/* Ten records and a part of the eleventh in one member; the rest in a second one that is broken. */
static void check_corruption(enum packing how, bool in_the_middle)
{
	const size_t cut = 24 + 10 * 58 + 20;
	struct maker m = { 0 };
	struct buffer packed = { 0 };
	char text[64];
	size_t first;

	put_small_capture(&m, false);
	see(m.out.bytes, m.out.length, CHUNK, CAPTURE_BATCH, &plain);
	pack(how, m.out.bytes, cut, &packed);
	first = packed.length;
	pack(how, m.out.bytes + cut, m.out.length - cut, &packed);
	memset(packed.bytes + (in_the_middle ? (first + packed.length) / 2 : first), 0x55, 8);
	see(packed.bytes, packed.length, CHUNK, CAPTURE_BATCH, &seen);
	assert_in_range(seen.n, 10, FRAMES);
	for (int i = 0; i < 10; i++)
		assert_true(same_frame(i));
	assert_int_equal(seen.end, ERR_DAMAGED);
	if (!in_the_middle) { /* else it may show later, even first in what was decompressed */
		assert_int_equal(seen.n, 10);
		(void)snprintf(text, sizeof(text), "byte %d: the %s data fails at byte ",
			       24 + 10 * 58, pack_name(how));
		assert_memory_equal(seen.diagnosis.text, text, strlen(text));
	}
	buffer_finish(&packed);
	buffer_finish(&m.out);
}

static void corruption_is_told_after_all_before_it(void **state)
{
	(void)state;
	for (enum packing how = PACK_GZIP; how < PACK_COUNT; how++) {
		if (pack_is_built_in(how)) {
			check_corruption(how, false);
			check_corruption(how, true);
		}
	}
}

static void a_wrong_checksum_is_damage(void **state)
{
	struct maker m = { 0 };
	struct buffer packed = { 0 };

	(void)state;
	if (!pack_is_built_in(PACK_GZIP))
		skip();
	put_small_capture(&m, false);
	pack(PACK_GZIP, m.out.bytes, m.out.length, &packed);
	packed.bytes[packed.length - 8] ^= 1;
	see(packed.bytes, packed.length, CHUNK, CAPTURE_BATCH, &seen);
	assert_int_equal(seen.n, FRAMES);
	assert_int_equal(seen.end, ERR_DAMAGED);
	(void)snprintf(seen.format, sizeof(seen.format), "byte %zu: the gzip data fails at byte",
		       m.out.length);
	assert_memory_equal(seen.diagnosis.text, seen.format, strlen(seen.format));
	buffer_finish(&packed);
	buffer_finish(&m.out);
}

/* A window of 2^31 bytes is announced, none is given. */
static void a_huge_window_is_refused(void **state)
{
	(void)state;
	see("\x28\xb5\x2f\xfd\0\xa8\1\0\0", 9, CHUNK, CAPTURE_BATCH, &seen);
	assert_int_equal(seen.opened, ERR_LIMIT);
	assert_string_equal(seen.diagnosis.text,
			    "decompressing zstd here would take more than 128 MiB of memory");
}

static void every_prefix_fails_cleanly(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * PACK_COUNT; i++) {
		enum packing how = (enum packing)(i / 2);
		struct maker m = { 0 };
		struct buffer packed = { 0 };

		if (!pack_is_built_in(how))
			continue;
		put_small_capture(&m, i % 2);
		see(m.out.bytes, m.out.length, CHUNK, CAPTURE_BATCH, &plain);
		pack(how, m.out.bytes, m.out.length, &packed);
		for (size_t n = 0; n < packed.length; n++) {
			see(packed.bytes, n, CHUNK, CAPTURE_BATCH, &seen);
			assert_true(seen.opened <= 0 && seen.end <= 0 && seen.n <= plain.n);
			for (int k = 0; k < seen.n; k++)
				assert_true(same_frame(k));
			if (seen.opened < 0) {
				assert_true(seen.opened == ERR_FORMAT ||
					    seen.opened == ERR_DAMAGED);
			} else if (how != PACK_PLAIN) { /* plain ones may end between two records */
				assert_int_equal(seen.end, ERR_DAMAGED);
			}
			assert_true((seen.opened == 0 && seen.end == 0) ==
				    (seen.diagnosis.text[0] == '\0'));
		}
		buffer_finish(&packed);
		buffer_finish(&m.out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read),
		cmocka_unit_test(members_follow_each_other),
		cmocka_unit_test(corruption_is_told_after_all_before_it),
		cmocka_unit_test(a_wrong_checksum_is_damage),
		cmocka_unit_test(a_huge_window_is_refused),
		cmocka_unit_test(every_prefix_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
