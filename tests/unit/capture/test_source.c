/* Opening: by name, from standard input, and what is not a capture. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture/source_internal.h"

#include "maker.h"
#include "unit.h"

static struct seen seen;

static void check_not_a_capture(const void *bytes, size_t length, const char *text)
{
	see(bytes, length, 4096, CAPTURE_BATCH, &seen);
	assert_int_equal(seen.opened, ERR_FORMAT);
	assert_string_equal(seen.diagnosis.text, text);
}

static void what_is_no_capture_is_said(void **state)
{
	struct buffer packed = { 0 };

	(void)state;
	check_not_a_capture("", 0, "empty file");
	check_not_a_capture("\x7f"
			    "ELF\2\1\1",
			    7, "begins with bytes 7f 45 4c 46: not a capture");
	check_not_a_capture("#!", 2, "begins with bytes 23 21: not a capture");
	check_not_a_capture("BZh9", 4, "begins with bytes 42 5a 68 39: not a capture");
	pack(PACK_ZSTD, "", 0, &packed);
	check_not_a_capture(packed.bytes, packed.length, "nothing in the zstd data");
	buffer_clear(&packed);
	pack(PACK_ZSTD, "#!/bin/sh", 9, &packed);
	check_not_a_capture(packed.bytes, packed.length,
			    "the zstd data begins with bytes 23 21 2f 62: not a capture");
	buffer_finish(&packed);
}

static void names_that_cannot_be_read(void **state)
{
	struct capture_source *s;
	struct diagnosis d;

	(void)state;
	assert_int_equal(capture_file_open("/", &s, &d), ERR_FORMAT);
	assert_string_equal(d.text, "a directory, not a capture");
	assert_int_equal(capture_file_open("/there/is/no/such/file", &s, &d), -ENOENT);
	assert_string_equal(d.text, strerror(ENOENT));
	assert_int_equal(capture_file_open("/", &s, NULL), ERR_FORMAT);
	capture_source_close(NULL);
}

/* Reads from standard input, which is PIPE's reading end, until N frames are there. */
static int read_stdin(const int pipe_ends[2], struct capture_frame *ret_frames)
{
	struct capture_source *s;
	struct diagnosis d;
	int before = dup(STDIN_FILENO), n;

	assert_true(dup2(pipe_ends[0], STDIN_FILENO) == STDIN_FILENO);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	assert_int_equal(capture_file_open("-", &s, &d), 0);
	n = capture_source_read(s, ret_frames, CAPTURE_BATCH, &d);
	assert_int_equal(capture_source_read(s, ret_frames + n, 1, &d), 0);
	assert_true(capture_source_bytes_read(s) > 0);
	capture_source_close(s);
	assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO); /* it was still open */
	close(before);
	return n;
}

static void standard_input_is_a_capture(void **state)
{
	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		struct capture_frame frames[CAPTURE_BATCH + 1];
		struct maker m = { 0 };
		struct buffer out = { 0 };
		int ends[2];

		put_section(&m);
		put_interface(&m, 1, 0, -1);
		put_simple(&m, 60, 60);
		put_enhanced(&m, 0, 77, 60);
		pack(packed ? PACK_ZSTD : PACK_PLAIN, m.out.bytes, m.out.length, &out);
		assert_int_equal(pipe(ends), 0);
		assert_int_equal(write(ends[1], out.bytes, out.length), out.length);
		assert_int_equal(read_stdin(ends, frames), 2);
		assert_true(frames[0].time_ns == 0); /* a pipe has no time to borrow */
		assert_int_equal(frames[0].flags, CAPTURE_TIME_BORROWED);
		assert_true(frames[1].time_ns == 77000);
		buffer_finish(&out);
		buffer_finish(&m.out);
	}
}

/* Frames that have arrived are handed out before the rest of the stream is there. */
static void a_stream_is_not_waited_for(void **state)
{
	struct capture_frame frames[CAPTURE_BATCH];
	struct capture_source *s;
	struct maker m = { 0 };
	struct diagnosis d;
	int ends[2];

	(void)state;
	put_pcap_header(&m, MAGIC_MICRO, 4, 1);
	put_pcap_record(&m, 1, 0, 60);
	put_pcap_record(&m, 2, 0, 60);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], m.out.bytes, m.out.length), m.out.length);
	assert_int_equal(capture_fd_open(ends[0], 1 << 20, &s, &d), 0);
	assert_int_equal(capture_source_read(s, frames, CAPTURE_BATCH, &d), 2);
	assert_int_equal(write(ends[1], m.out.bytes + 24, 76), 76);
	assert_int_equal(capture_source_read(s, frames, CAPTURE_BATCH, &d), 1);
	assert_int_equal(frames[0].length, 60);
	close(ends[1]);
	assert_int_equal(capture_source_read(s, frames, CAPTURE_BATCH, &d), 0);
	assert_int_equal(capture_source_position(s), 24 + 3 * 76);
	capture_source_close(s);
	buffer_finish(&m.out);
}

static struct seen ahead;

/* The same with chunks that a thread reads ahead and with small ones that it does not. */
static void check_ahead(const void *bytes, size_t length)
{
	see(bytes, length, 4096, 7, &seen);
	see(bytes, length, CAPTURE_AHEAD_CHUNK_MIN, 7, &ahead);
	assert_int_equal(ahead.opened, seen.opened);
	assert_int_equal(ahead.n, seen.n);
	assert_int_equal(ahead.end, seen.end);
	assert_true(ahead.position == seen.position);
	assert_string_equal(ahead.diagnosis.text, seen.diagnosis.text);
	assert_memory_equal(ahead.sums, seen.sums, (size_t)seen.n * sizeof(*seen.sums));
	for (int i = 0; i < seen.n; i++)
		assert_true(ahead.frames[i].time_ns == seen.frames[i].time_ns);
}

/* About 2 MB in 270 frames, of which one in thirty is longer than the lead, some than a chunk. */
static void put_long_and_short(struct maker *m, bool pcapng)
{
	if (pcapng) {
		put_section(m);
		put_interface(m, 1, 0, -1);
	} else {
		put_pcap_header(m, MAGIC_MICRO, 4, 1);
	}
	for (uint32_t i = 0; i < 270; i++) {
		uint32_t length = i % 30 == 29 ? 20000 + i * 890 : 60 + i * 37 % 1500;

		if (pcapng)
			put_enhanced(m, 0, i, length);
		else
			put_pcap_record(m, i, 0, length);
	}
}

static void reading_ahead_changes_nothing(void **state)
{
	(void)state;
	for (int pcapng = 0; pcapng < 2; pcapng++) {
		struct maker m = { 0 };

		put_long_and_short(&m, pcapng);
		for (int how = 0; how < PACK_COUNT; how++) {
			struct buffer packed = { 0 };

			if (!pack_is_built_in((enum packing)how))
				continue;
			pack((enum packing)how, m.out.bytes, m.out.length, &packed);
			check_ahead(packed.bytes, packed.length);
			assert_int_equal(seen.n, 270);
			/* Cut off, and damaged in the middle. */
			for (size_t cut = packed.length / 7; cut < packed.length;
			     cut += packed.length / 7)
				check_ahead(packed.bytes, cut);
			memset(packed.bytes + packed.length / 2, 0xff, 64);
			check_ahead(packed.bytes, packed.length);
			buffer_finish(&packed);
		}
		buffer_finish(&m.out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_capture_is_said),
		cmocka_unit_test(names_that_cannot_be_read),
		cmocka_unit_test(standard_input_is_a_capture),
		cmocka_unit_test(a_stream_is_not_waited_for),
		cmocka_unit_test(reading_ahead_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
