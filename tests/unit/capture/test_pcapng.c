/* pcapng: sections, interfaces, units of time, every packet block, damage and its position. */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

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

static void sections_have_orders_and_interfaces_of_their_own(void **state)
{
	struct maker m = { 0 };

	(void)state;
	put_section(&m);
	put_interface(&m, 1, 0, -1);
	put_interface(&m, 113, 96, 9);
	put_enhanced(&m, 1, 1600000000123456789, 61);
	put_enhanced(&m, 0, 1600000000123456, 60);
	m.big_endian = true;
	put_section(&m);
	put_interface(&m, 276, 0, 3);
	put_enhanced(&m, 0, 1600000000123, 63);
	m.big_endian = false;
	put_section(&m);
	put_interface(&m, 101, 0, -1);
	put_obsolete(&m, 0, 1600000000123456, 62);
	see_made(&m);
	assert_string_equal(seen.format, "pcapng");
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.end, 0);
	assert_int_equal(seen.frames[0].link_type, 113);
	assert_int_equal(seen.frames[1].link_type, 1);
	assert_int_equal(seen.frames[2].link_type, 276);
	assert_int_equal(seen.frames[3].link_type, 101);
	assert_true(seen.frames[0].time_ns == 1600000000123456789);
	assert_true(seen.frames[1].time_ns == 1600000000123456000);
	assert_true(seen.frames[2].time_ns == 1600000000123000000);
	assert_true(seen.frames[3].time_ns == 1600000000123456000);
	assert_int_equal(seen.frames[3].length, 62);
	assert_int_equal(seen.frames[3].wire_length, 66);
	assert_true(seen.sums[2] == sum_of_frame(63, (uint8_t)1600000000123));
}

/* The time of one frame, in nanoseconds. */
static uint64_t time_of(int unit, int64_t offset_s, uint64_t ticks, bool big_endian)
{
	struct maker m = { .big_endian = big_endian };
	uint8_t byte = (uint8_t)unit;
	uint64_t offset = big_endian ? __builtin_bswap64((uint64_t)offset_s) : (uint64_t)offset_s;
	size_t block;

	put_section(&m);
	block = begin_block(&m, 1);
	put_u16(&m, 1);
	put_u16(&m, 0);
	put_u32(&m, 0);
	put_option(&m, 2, "eth0", 4);
	put_option(&m, 9, &byte, 1);
	put_option(&m, 14, &offset, 8);
	put_option(&m, 0, NULL, 0);
	end_block(&m, block);
	put_enhanced(&m, 0, ticks, 60);
	see_made(&m);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.end, 0);
	return seen.frames[0].time_ns;
}

static const struct unit {
	int unit;
	int64_t offset_s;
	uint64_t ticks, time_ns;
} units[] = {
	{ 0, 0, 1600000000, 1600000000000000000 },
	{ 3, 0, 1600000000001, 1600000000001000000 },
	{ 6, 0, 1600000000000001, 1600000000000001000 },
	{ 9, 0, 1600000000000000001, 1600000000000000001 },
	{ 10, 0, 16000000000000000019U, 1600000000000000001 },
	{ 12, 0, 1999999, 1999 },
	{ 28, 0, UINT64_MAX, 1 },
	{ 29, 0, UINT64_MAX, 0 },
	{ 127, 0, UINT64_MAX, 0 },
	{ 0x80 | 20, 0, (UINT64_C(1600000000) << 20) + 1, 1600000000000000953 },
	{ 0x80 | 32, 0, UINT64_C(1600000000) << 32 | 0xffffffff, 1600000000999999999 },
	{ 0x80 | 0, 0, 5, 5000000000 },
	{ 0x80 | 64, 0, UINT64_MAX, 999999999 },
	{ 0xff, 0, UINT64_MAX, 0 },
	/* beyond what can be told */
	{ 0, 0, UINT64_MAX, UINT64_MAX },
	{ 6, 0, UINT64_MAX, UINT64_MAX },
	{ 9, 0, UINT64_MAX, UINT64_MAX },
	{ 9, 1, UINT64_MAX, UINT64_MAX },
	{ 6, INT64_MAX, 0, UINT64_MAX },
	/* offsets */
	{ 6, 1600000000, 1, 1600000000000001000 },
	{ 6, -1600000000, 1600000001000000, 1000000000 },
	{ 6, -1, 0, 0 },
	{ 9, INT64_MIN, UINT64_MAX, 0 },
};

static void units_of_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LENGTH(units); i++) {
		const struct unit *u = &units[i / 2];

		assert_true(time_of(u->unit, u->offset_s, u->ticks, i % 2) == u->time_ns);
	}
}

static void simple_packets_borrow_their_time(void **state)
{
	struct timespec times[2] = { { 0, 0 }, { 1500000000, 42 } };
	struct maker m = { 0 };
	int fd;

	(void)state;
	put_section(&m);
	put_interface(&m, 1, 96, -1);
	put_simple(&m, 60, 60);
	put_enhanced(&m, 0, 1600000000000000, 60);
	put_simple(&m, 1514, 96);
	put_simple(&m, 97, 96);
	fd = file_of(m.out.bytes, m.out.length);
	assert_int_equal(futimens(fd, times), 0);
	see_fd(fd, CHUNK, CAPTURE_BATCH, &seen);
	buffer_finish(&m.out);
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.end, 0);
	assert_true(seen.frames[0].time_ns == 1500000000000000042);
	assert_int_equal(seen.frames[0].flags, CAPTURE_TIME_BORROWED);
	assert_int_equal(seen.frames[1].flags, 0);
	assert_true(seen.frames[2].time_ns == 1600000000000000000);
	assert_int_equal(seen.frames[2].flags, CAPTURE_TIME_BORROWED);
	assert_int_equal(seen.frames[0].length, 60);
	assert_int_equal(seen.frames[2].length, 96);
	assert_int_equal(seen.frames[2].wire_length, 1514);
	assert_int_equal(seen.frames[3].length, 96);
	assert_true(seen.sums[3] == sum_of_frame(96, 3));
}

static void unknown_blocks_and_options_are_passed_over(void **state)
{
	static const uint32_t types[] = { 4, 5, 10, 0xbad, 0x0000000a, 0x80000001, 0 };
	struct maker m = { 0 };
	size_t block;

	(void)state;
	put_section(&m);
	block = begin_block(&m, 1);
	put_u16(&m, 1);
	put_u16(&m, 0xffff);
	put_u32(&m, 65535);
	put_option(&m, 3, "hello", 5);
	put_option(&m, 13, "\4", 1);
	put_option(&m, 40000, NULL, 0);
	end_block(&m, block); /* without an end of options */
	for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
		block = begin_block(&m, types[i]);
		put_frame(&m, 37 * i, 1);
		end_block(&m, block);
		put_enhanced(&m, 0, i, 60);
	}
	block = begin_block(&m, 0xbad);
	put_frame(&m, 300000, 1); /* larger than any frame */
	end_block(&m, block);
	see_made(&m);
	assert_int_equal(seen.n, ARRAY_LENGTH(types));
	assert_int_equal(seen.end, 0);
	assert_int_equal(seen.frames[0].flags, CAPTURE_HAS_FCS);
}

static void a_block_may_be_16_mib(void **state)
{
	struct maker m = { 0 };
	size_t block;

	(void)state;
	put_section(&m);
	put_interface(&m, 1, 0, -1);
	block = begin_block(&m, 6);
	put_u32(&m, 0);
	put_u64(&m, 0);
	put_u32(&m, 60);
	put_u32(&m, 60);
	put_frame(&m, (16 << 20) - 32, 5);
	end_block(&m, block);
	put_enhanced(&m, 0, 7, 61);
	see(m.out.bytes, m.out.length, CHUNK, CAPTURE_BATCH, &seen);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.end, 0);
	assert_true(seen.sums[0] == sum_of_frame(60, 5));
	assert_true(seen.sums[1] == sum_of_frame(61, 7));

	m.out.length = block;
	put_u32(&m, 6);
	put_u32(&m, (16 << 20) + 4);
	put_frame(&m, 1000, 5);
	see_made(&m);
	assert_int_equal(seen.n, 0);
	assert_int_equal(seen.end, ERR_DAMAGED);
	assert_string_equal(seen.diagnosis.text, "byte 48: a block of 16777220 bytes");
}

/* Up to byte 140 a section, an interface and a frame; then one block that is wrong. */
struct wrong {
	void (*put)(struct maker *m);
	int end;
	const char *text;
};

static void put_total(struct maker *m, uint32_t first, uint32_t last)
{
	put_u32(m, 0xbad);
	put_u32(m, first);
	put_u64(m, 0);
	put_u32(m, last);
}

static void put_too_small(struct maker *m)
{
	put_total(m, 8, 8);
}

static void put_uneven(struct maker *m)
{
	put_total(m, 21, 21);
}

static void put_other_trailer(struct maker *m)
{
	put_total(m, 20, 24);
}

static void put_unknown_interface(struct maker *m)
{
	put_enhanced(m, 1, 0, 60);
}

static void put_cramped_frame(struct maker *m)
{
	size_t block = begin_block(m, 6);

	put_u32(m, 0);
	put_u64(m, 0);
	put_u32(m, 61);
	put_u32(m, 61);
	put_frame(m, 60, 0);
	end_block(m, block);
}

static void put_giant_frame(struct maker *m)
{
	put_enhanced(m, 0, 0, CAPTURE_FRAME_MAX + 1);
}

static void put_short_packet(struct maker *m)
{
	size_t block = begin_block(m, 6);

	put_u64(m, 0);
	put_u64(m, 0);
	end_block(m, block);
}

static void put_cramped_simple(struct maker *m)
{
	put_simple(m, 61, 60);
}

static void put_bad_option(struct maker *m)
{
	size_t block = begin_block(m, 1);

	put_u64(m, 1);
	put_u16(m, 9);
	put_u16(m, 5);
	put_u32(m, 0);
	end_block(m, block);
}

static void put_empty_option(struct maker *m)
{
	size_t block = begin_block(m, 1);

	put_u64(m, 1);
	put_option(m, 9, NULL, 0);
	end_block(m, block);
}

static void put_no_mark(struct maker *m)
{
	size_t block = begin_block(m, BLOCK_SECTION);

	put_u64(m, 0);
	put_u64(m, 0);
	end_block(m, block);
}

static void put_short_section(struct maker *m)
{
	size_t block = begin_block(m, BLOCK_SECTION);

	put_u32(m, 0x1a2b3c4d);
	put_u32(m, 1);
	end_block(m, block);
}

static void put_new_version(struct maker *m)
{
	size_t block = begin_block(m, BLOCK_SECTION);

	put_u32(m, 0x1a2b3c4d);
	put_u16(m, 2);
	put_u16(m, 1);
	put_u64(m, 0);
	end_block(m, block);
}

static void put_simple_without_interface(struct maker *m)
{
	put_section(m);
	put_simple(m, 60, 60);
}

static void damage_is_told_by_its_position(void **state)
{
	static const struct wrong rows[] = {
		{ put_too_small, ERR_DAMAGED, "byte 140: a block of 8 bytes" },
		{ put_uneven, ERR_DAMAGED, "byte 140: a block of 21 bytes" },
		{ put_other_trailer, ERR_DAMAGED, "byte 140: the block's two lengths differ" },
		{ put_unknown_interface, ERR_DAMAGED,
		  "byte 140: a frame of interface 1, which is not described" },
		{ put_cramped_frame, ERR_DAMAGED,
		  "byte 140: a frame of 61 bytes in a block of 92" },
		{ put_giant_frame, ERR_DAMAGED,
		  "byte 140: a frame of 262145 bytes, more than the maximum of 262144" },
		{ put_short_packet, ERR_DAMAGED, "byte 140: a packet block that is too short" },
		{ put_cramped_simple, ERR_DAMAGED,
		  "byte 140: a frame of 61 bytes in a block of 76" },
		{ put_bad_option, ERR_DAMAGED,
		  "byte 140: an interface description that is broken" },
		{ put_empty_option, ERR_DAMAGED,
		  "byte 140: an interface description that is broken" },
		{ put_no_mark, ERR_DAMAGED,
		  "byte 140: a section header without a byte order mark" },
		{ put_short_section, ERR_DAMAGED, "byte 140: a section header that is too short" },
		{ put_new_version, ERR_UNSUPPORTED, "byte 140: pcapng of version 2.1" },
		{ put_simple_without_interface, ERR_DAMAGED,
		  "byte 168: a frame before any interface is described" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows) * 2; i++) {
		const struct wrong *row = &rows[i / 2];
		struct maker m = { .big_endian = i % 2 };

		put_section(&m);
		put_interface(&m, 1, 0, -1);
		put_enhanced(&m, 0, 0, 60);
		rows[i / 2].put(&m);
		put_enhanced(&m, 0, 0, 60);
		see_made(&m);
		assert_int_equal(seen.n, 1);
		assert_int_equal(seen.end, row->end);
		assert_string_equal(seen.diagnosis.text, row->text);
	}
}

static void a_cut_block_is_told_by_its_position(void **state)
{
	struct maker m = { 0 };

	(void)state;
	put_section(&m);
	put_interface(&m, 1, 0, -1);
	put_enhanced(&m, 0, 0, 60);
	put_enhanced(&m, 0, 0, 60);
	m.out.length -= 4;
	see_made(&m);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.end, ERR_DAMAGED);
	assert_string_equal(seen.diagnosis.text,
			    "byte 140: the capture is cut off 88 bytes into this record");
}

static void interfaces_are_bounded(void **state)
{
	struct maker m = { 0 };

	(void)state;
	put_section(&m);
	for (unsigned i = 0; i < 65536; i++)
		put_interface(&m, 1, 0, -1);
	put_enhanced(&m, 65535, 0, 60);
	put_interface(&m, 1, 0, -1);
	see_made(&m);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.end, ERR_LIMIT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_have_orders_and_interfaces_of_their_own),
		cmocka_unit_test(units_of_time),
		cmocka_unit_test(simple_packets_borrow_their_time),
		cmocka_unit_test(unknown_blocks_and_options_are_passed_over),
		cmocka_unit_test(a_block_may_be_16_mib),
		cmocka_unit_test(damage_is_told_by_its_position),
		cmocka_unit_test(a_cut_block_is_told_by_its_position),
		cmocka_unit_test(interfaces_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
