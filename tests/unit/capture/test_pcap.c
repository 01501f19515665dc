/* pcap files: every magic and byte order, the quirks of old writers, damage and its position. */
#include <string.h>

#include "capture/source_internal.h"

#include "maker.h"
#include "unit.h"

#define CHUNK 4096

static struct seen seen;

static void see_made(struct maker *m)
{
	see(m->out.bytes, m->out.length, CHUNK, CAPTURE_BATCH, &seen);
	buffer_finish(&m->out);
}

static void check_magic(uint32_t magic, bool big_endian, uint64_t fraction_ns)
{
	struct maker m = { .big_endian = big_endian };

	put_pcap_header(&m, magic, 4, 1);
	put_pcap_record(&m, 1600000000, 123456, 60);
	put_pcap_record(&m, 4294967295, 999999, 0);
	see_made(&m);
	assert_int_equal(seen.opened, 0);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.end, 0);
	assert_string_equal(seen.format, "pcap");
	assert_true(seen.frames[0].time_ns == 1600000000000000000 + 123456 * fraction_ns);
	assert_true(seen.frames[1].time_ns == 4294967295000000000 + 999999 * fraction_ns);
	assert_int_equal(seen.frames[0].length, 60);
	assert_int_equal(seen.frames[0].wire_length, 64);
	assert_int_equal(seen.frames[1].length, 0);
	assert_int_equal(seen.frames[0].link_type, 1);
	assert_int_equal(seen.frames[0].flags, 0);
	assert_true(seen.sums[0] == sum_of_frame(60, (uint8_t)1600000000));
	assert_int_equal(seen.position, 24 + 16 + 60 + 16);
}

static void magics_in_both_orders(void **state)
{
	(void)state;
	check_magic(MAGIC_MICRO, false, 1000);
	check_magic(MAGIC_MICRO, true, 1000);
	check_magic(MAGIC_NANO, false, 1);
	check_magic(MAGIC_NANO, true, 1);
}

static void kuznetzov_has_eight_more_bytes(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct maker m = { .big_endian = i };

		put_pcap_header(&m, MAGIC_KUZNETZOV, 4, 113);
		for (uint32_t frame = 0; frame < 3; frame++) {
			put_u32(&m, 7);
			put_u32(&m, frame);
			put_u32(&m, 40);
			put_u32(&m, 1500);
			put_u64(&m, 0x0102030405060708);
			put_frame(&m, 40, (uint8_t)frame);
		}
		see_made(&m);
		assert_int_equal(seen.n, 3);
		assert_int_equal(seen.end, 0);
		assert_true(seen.frames[2].time_ns == 7000002000);
		assert_int_equal(seen.frames[2].link_type, 113);
		assert_true(seen.sums[2] == sum_of_frame(40, 2));
	}
}

/* Two records whose first length word is FIRST and second is SECOND; both have 40 bytes. */
static void see_version(unsigned minor, uint32_t first, uint32_t second)
{
	struct maker m = { 0 };

	put_pcap_header(&m, MAGIC_MICRO, minor, 1);
	for (int i = 0; i < 2; i++) {
		put_u64(&m, 0);
		put_u32(&m, first);
		put_u32(&m, second);
		put_frame(&m, 40, 9);
	}
	see_made(&m);
}

static void lengths_of_old_versions(void **state)
{
	static const struct {
		unsigned minor;
		uint32_t first, second;
	} rows[] = { { 2, 90, 40 }, { 0, 90, 40 }, { 3, 90, 40 }, { 3, 40, 90 }, { 4, 40, 90 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		see_version(rows[i].minor, rows[i].first, rows[i].second);
		assert_int_equal(seen.n, 2);
		assert_int_equal(seen.end, 0);
		assert_int_equal(seen.frames[1].length, 40);
		assert_int_equal(seen.frames[1].wire_length, 90);
		assert_true(seen.sums[1] == sum_of_frame(40, 9));
	}
	see_version(5, 40, 90);
	assert_int_equal(seen.opened, ERR_UNSUPPORTED);
	assert_string_equal(seen.diagnosis.text, "pcap of version 2.5");
}

static void link_type_word_tells_of_a_checksum(void **state)
{
	static const struct {
		uint32_t word;
		unsigned link, flags;
	} rows[] = { { 0x44000001, 1, CAPTURE_HAS_FCS }, /* four bytes */
		     { 0x04000001, 1, 0 },               /* none */
		     { 0x40000069, 105, 0 },             /* a length that is not said to be one */
		     { 0x03ff0114, 276, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct maker m = { 0 };

		put_pcap_header(&m, MAGIC_MICRO, 4, rows[i].word);
		put_pcap_record(&m, 1, 0, 64);
		see_made(&m);
		assert_int_equal(seen.n, 1);
		assert_int_equal(seen.frames[0].link_type, rows[i].link);
		assert_int_equal(seen.frames[0].flags, rows[i].flags);
	}
}

static void frames_beyond_the_snap_length_are_read(void **state)
{
	struct maker m = { 0 };

	(void)state;
	put_pcap_header(&m, MAGIC_MICRO, 4, 1);
	put_pcap_record(&m, 1, 0, CAPTURE_FRAME_MAX);
	put_pcap_record(&m, 2, 0, 70000);
	put_pcap_record(&m, 3, 0, CAPTURE_FRAME_MAX + 1);
	put_pcap_record(&m, 4, 0, 60);
	see_made(&m);
	assert_int_equal(seen.n, 2);
	assert_true(seen.sums[0] == sum_of_frame(CAPTURE_FRAME_MAX, 1));
	assert_true(seen.sums[1] == sum_of_frame(70000, 2));
	assert_int_equal(seen.end, ERR_DAMAGED);
	assert_string_equal(
		seen.diagnosis.text,
		"byte 332200: a frame of 262145 bytes, more than the maximum of 262144");
	assert_int_equal(seen.position, 332200);
}

static void a_cut_record_is_told_by_its_position(void **state)
{
	struct maker m = { 0 };

	(void)state;
	put_pcap_header(&m, MAGIC_MICRO, 4, 1);
	put_pcap_record(&m, 1, 0, 100);
	put_pcap_record(&m, 2, 0, 100);
	m.out.length -= 1;
	see_made(&m);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.end, ERR_DAMAGED);
	assert_string_equal(seen.diagnosis.text,
			    "byte 140: the capture is cut off 115 bytes into this record");
}

static void a_cut_header_is_damage(void **state)
{
	struct maker m = { 0 };

	(void)state;
	put_pcap_header(&m, MAGIC_MICRO, 4, 1);
	m.out.length = 23;
	see_made(&m);
	assert_int_equal(seen.opened, ERR_DAMAGED);
	assert_string_equal(seen.diagnosis.text, "byte 0: cut off in the file header");
}

static void no_frames_is_no_damage(void **state)
{
	struct maker m = { 0 };

	(void)state;
	put_pcap_header(&m, MAGIC_MICRO, 4, 1);
	see_made(&m);
	assert_int_equal(seen.opened, 0);
	assert_int_equal(seen.n, 0);
	assert_int_equal(seen.end, 0);
}

/* Frames of all sizes through buffers of all sizes come out the same. */
static void frames_straddle_the_buffer(void **state)
{
	static const size_t chunks[] = { 1, 7, 64, 100, 4096, 65536, 1 << 20 };
	struct maker m = { 0 };
	uint32_t length = 0;

	(void)state;
	put_pcap_header(&m, MAGIC_NANO, 4, 1);
	for (uint32_t i = 0; i < 150; i++) {
		put_pcap_record(&m, i, i, length);
		length = length * 5 / 4 + i % 7 > 20000 ? i % 3 : length * 5 / 4 + i % 7;
	}
	for (size_t c = 0; c < ARRAY_LENGTH(chunks); c++) {
		for (int capacity = 1; capacity <= CAPTURE_BATCH; capacity += 21) {
			see(m.out.bytes, m.out.length, chunks[c], capacity, &seen);
			assert_int_equal(seen.n, 150);
			assert_int_equal(seen.end, 0);
			assert_int_equal(seen.position, m.out.length);
			for (uint32_t i = 0; i < 150; i++) {
				assert_true(seen.sums[i] ==
					    sum_of_frame(seen.frames[i].length, (uint8_t)i));
			}
		}
	}
	buffer_finish(&m.out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(magics_in_both_orders),
		cmocka_unit_test(kuznetzov_has_eight_more_bytes),
		cmocka_unit_test(lengths_of_old_versions),
		cmocka_unit_test(link_type_word_tells_of_a_checksum),
		cmocka_unit_test(frames_beyond_the_snap_length_are_read),
		cmocka_unit_test(a_cut_record_is_told_by_its_position),
		cmocka_unit_test(a_cut_header_is_damage),
		cmocka_unit_test(no_frames_is_no_damage),
		cmocka_unit_test(frames_straddle_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
