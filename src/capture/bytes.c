#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "capture/bytes_internal.h"
#include "capture/inflate_internal.h"

#define PAGE_BYTES 4096

static uint8_t *new_buffer(size_t room)
{
	void *buffer;

	return posix_memalign(&buffer, PAGE_BYTES, room) == 0 ? buffer : NULL;
}

int capture_bytes_init(struct capture_bytes *b, int fd, size_t chunk_bytes)
{
	memset(b, 0, sizeof(*b));
	b->fd = fd;
	b->chunk = chunk_bytes;
	b->lead = chunk_bytes / 4;
	b->room = b->lead + b->chunk;
	b->at = b->end = b->lead;
	b->buffer = new_buffer(b->room);
	return b->buffer ? 0 : -ENOMEM;
}

void capture_bytes_finish(struct capture_bytes *b)
{
	capture_inflate_free(b->inflate);
	free(b->buffer);
	memset(b, 0, sizeof(*b));
}

/* Room behind a rest that is longer than the lead. Doubles, or it would be copied ever again. */
static int room_for_long_rest(struct capture_bytes *b)
{
	size_t rest = capture_bytes_left(b);

	if (b->room - rest < b->chunk) {
		uint8_t *grown = new_buffer(2 * b->room);

		if (!grown)
			return -ENOMEM;
		memcpy(grown, b->buffer + b->at, rest);
		free(b->buffer);
		b->buffer = grown;
		b->room *= 2;
	} else if (b->at) {
		memmove(b->buffer, b->buffer + b->at, rest);
	}
	b->at = 0;
	b->end = rest;
	return 0;
}

/* Moves the rest to where more bytes can follow it. Writes how many. */
static int make_room(struct capture_bytes *b, size_t *ret_room)
{
	size_t rest = capture_bytes_left(b), room;
	int error;

	if (rest <= b->lead) {
		memmove(b->buffer + b->lead - rest, b->buffer + b->at, rest);
		b->at = b->lead - rest;
		b->end = b->lead;
		*ret_room = b->chunk;
		return 0;
	}
	error = room_for_long_rest(b);
	if (error < 0)
		return error;
	room = b->room - b->end;
	*ret_room = room < PAGE_BYTES ? room : room - room % PAGE_BYTES;
	return 0;
}

/* Returns how many bytes were added, 0 at the end, or a negative error. */
static ptrdiff_t add_bytes(struct capture_bytes *b)
{
	size_t room;
	ptrdiff_t n;

	if (b->error < 0 || b->ended)
		return b->error;
	n = make_room(b, &room);
	if (n == 0) {
		uint8_t *to = b->buffer + b->end;

		n = b->inflate ? capture_inflate_read(b->inflate, to, room, &b->diagnosis)
			       : capture_fd_read(b->fd, to, room, &b->diagnosis);
		b->ended = n == 0;
	} else {
		diagnose(&b->diagnosis, (int)n, "%s", error_text((int)n));
	}
	if (n < 0) {
		b->error = (int)n;
	} else {
		b->end += (size_t)n;
		b->total += (uint64_t)n;
	}
	return n;
}

int capture_bytes_want(struct capture_bytes *b, size_t n, struct diagnosis *d)
{
	while (capture_bytes_left(b) < n) {
		ptrdiff_t added = add_bytes(b);

		if (added == 0)
			return 0;
		if (added < 0)
			return diagnose(d, (int)added, "%s", b->diagnosis.text);
	}
	return 1;
}

int capture_bytes_refill(struct capture_bytes *b, struct diagnosis *d)
{
	ptrdiff_t added = add_bytes(b);
	unsigned long long position = capture_bytes_position(b);

	if (added > 0)
		return 1;
	if (added < 0)
		return diagnose(d, (int)added, _("byte %llu: %s"), position, b->diagnosis.text);
	if (capture_bytes_left(b) == 0)
		return 0;
	return diagnose(d, ERR_DAMAGED,
			_("byte %llu: the capture is cut off %zu bytes into this record"), position,
			capture_bytes_left(b));
}

int capture_bytes_recognise(struct capture_bytes *b, struct diagnosis *d)
{
	const struct inflate_kind *kind;
	int error = capture_bytes_want(b, INFLATE_MAGIC_BYTES, d);

	if (error < 0)
		return error;
	kind = inflate_kind_of(b->buffer + b->at, capture_bytes_left(b));
	if (!kind)
		return 0;
	error = capture_inflate_new(kind, b->fd, b->buffer + b->at, capture_bytes_left(b),
				    &b->inflate, d);
	if (error < 0)
		return error;
	b->at = b->end = b->lead;
	b->total = 0;
	b->ended = false;
	return 0;
}

uint64_t capture_bytes_from_file(const struct capture_bytes *b)
{
	return b->inflate ? capture_inflate_from_file(b->inflate) : b->total;
}
