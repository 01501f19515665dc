/* The bytes of any file: plain and of every kind of compression, whatever the room; and what is
 * none. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/stream.h"

#include "maker.h"
#include "unit.h"

#define BYTES 70000

static uint8_t content[BYTES], got[BYTES + 1];

/* Reads all of it, ROOM bytes at a time. Returns how many there were, or a negative error behind
 * them. */
static ptrdiff_t read_all(const void *bytes, size_t length, size_t room, size_t *ret_length,
			  const char **ret_compression)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);
	struct capture_stream *s = NULL;
	struct diagnosis d = { "" };
	ptrdiff_t n = 0;
	char path[64];

	assert_true(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*ret_length = 0;
	assert_int_equal(capture_stream_open(path, &s, &d), 0);
	while (*ret_length <= BYTES &&
	       (n = capture_stream_read(s, got + *ret_length, MIN(room, sizeof(got) - *ret_length),
					&d)) > 0)
		*ret_length += (size_t)n;
	assert_true(n == 0 || (n < 0 && d.text[0]));
	if (n == 0)
		assert_int_equal(capture_stream_from_file(s), length);
	*ret_compression = capture_stream_compression(s);
	capture_stream_close(s);
	close(fd);
	return n;
}

static void plain(void **state)
{
	static const size_t lengths[] = { 0, 1, 5, 6, 7, 4096, BYTES },
			    rooms[] = { 1, 3, 6, 65536 };
	const char *compression;
	size_t length;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
		for (size_t k = 0; k < ARRAY_LENGTH(rooms); k++) {
			assert_int_equal(
				read_all(content, lengths[i], rooms[k], &length, &compression), 0);
			assert_int_equal(length, lengths[i]);
			assert_memory_equal(got, content, length);
			assert_null(compression);
		}
	}
}

static void packed(void **state)
{
	(void)state;
	for (int how = PACK_PLAIN + 1; how < PACK_COUNT; how++) {
		struct buffer out = { 0 };
		const char *compression;
		size_t length;

		if (!pack_is_built_in((enum packing)how))
			continue;
		pack((enum packing)how, content, BYTES, &out);
		assert_int_equal(read_all(out.bytes, out.length, 4096, &length, &compression), 0);
		assert_int_equal(length, BYTES);
		assert_memory_equal(got, content, BYTES);
		assert_non_null(compression);
		/* Cut: what is there comes first. */
		assert_int_equal(read_all(out.bytes, out.length / 2, 4096, &length, &compression),
				 ERR_DAMAGED);
		assert_true(length < BYTES);
		assert_memory_equal(got, content, length);
		buffer_finish(&out);
	}
}

static void no_file(void **state)
{
	struct capture_stream *s = NULL;
	struct diagnosis d = { "" };

	(void)state;
	assert_int_equal(capture_stream_open("/nowhere/at/all", &s, &d), -ENOENT);
	assert_true(d.text[0]);
	assert_int_equal(capture_stream_open("/", &s, &d), ERR_FORMAT);
	assert_non_null(strstr(d.text, "directory"));
	assert_null(s);
	capture_stream_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(packed),
		cmocka_unit_test(no_file),
	};

	/* Bytes that do not pack well, and begin like nothing. */
	for (uint32_t i = 0, x = 1; i < BYTES; i++) {
		x = x * 1664525 + 1013904223;
		content[i] = (uint8_t)(x >> 24);
	}
	memcpy(content, "text: ", 6);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
