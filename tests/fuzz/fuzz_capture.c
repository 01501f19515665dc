/*
 * Any bytes as a capture file. Beyond not crashing: frames keep to their bounds, every frame has a
 * record of its own in the capture, errors repeat, and a buffer that holds hardly anything gives
 * what a large one gives.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/macros.h"
#include "capture/inflate_internal.h"
#include "capture/source_internal.h"

#define RECORD_BYTES_MIN 16
#define FRAMES_MAX       100000 /* a few bytes of compressed input can be very many */

struct outcome {
	int opened, end;
	uint64_t n, sum, position;
	struct diagnosis diagnosis;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static void add_frame(struct outcome *o, const struct capture_frame *f)
{
	must(f->length <= CAPTURE_FRAME_MAX);
	o->sum = hash_mix(o->sum ^ hash_bytes(f->bytes, f->length));
	o->sum = hash_mix(o->sum ^ f->time_ns);
	o->sum = hash_mix(
		o->sum ^ ((uint64_t)f->wire_length << 32 | (uint64_t)f->link_type << 8 | f->flags));
	o->n++;
}

/* The time that untimed frames borrow is the file's: each run reads the same one. */
static void read_all(int fd, size_t chunk, int capacity, struct outcome *ret)
{
	struct capture_frame frames[CAPTURE_BATCH];
	struct capture_source *s;
	struct diagnosis again = { "" };

	memset(ret, 0, sizeof(*ret));
	must(lseek(fd, 0, SEEK_SET) == 0);
	ret->opened = capture_fd_open(dup(fd), chunk, &s, &ret->diagnosis);
	must(ret->opened <= 0);
	if (ret->opened < 0) {
		must(ret->diagnosis.text[0] != '\0');
		return;
	}
	while (ret->n < FRAMES_MAX) {
		/* The frames before the bound are the same for each capacity. */
		int wanted = (int)MIN((uint64_t)capacity, FRAMES_MAX - ret->n);

		ret->end = capture_source_read(s, frames, wanted, &ret->diagnosis);
		must(ret->end <= wanted);
		if (ret->end <= 0)
			break;
		for (int i = 0; i < ret->end; i++)
			add_frame(ret, &frames[i]);
		must(ret->n * RECORD_BYTES_MIN <= capture_source_position(s));
	}
	if (ret->end <= 0) {
		must(capture_source_read(s, frames, 1, &again) == ret->end);
		must(strcmp(again.text, ret->diagnosis.text) == 0);
		must((ret->end < 0) == (again.text[0] != '\0'));
		ret->position = capture_source_position(s);
	}
	capture_source_close(s);
}

static bool has_failed(const struct outcome *o)
{
	return o->opened < 0 || o->end < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome large, small;
	int fd = memfd_create("capture", MFD_CLOEXEC);

	must(fd >= 0);
	must(size == 0 || write(fd, data, size) == (ssize_t)size);
	read_all(fd, 65536, CAPTURE_BATCH, &large);
	read_all(fd, 1 + size % 97, 3, &small);
	close(fd);
	/* How much of a broken block comes through is the decompressor's affair, and differs. */
	if (inflate_kind_of(data, size) && has_failed(&large)) {
		must(has_failed(&small));
		return 0;
	}
	must(large.opened == small.opened);
	must((large.end > 0) == (small.end > 0) && (large.end > 0 || large.end == small.end));
	must(large.n == small.n && large.sum == small.sum && large.position == small.position);
	return 0;
}
