#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "capture/ahead_internal.h"
#include "capture/bytes_internal.h"
#include "capture/inflate_internal.h"

#define PAGE_BYTES       4096
#define LONG_FRAME_BYTES 256

static uint8_t *new_buffer(size_t room)
{
	void *buffer;

	return posix_memalign(&buffer, PAGE_BYTES, room) == 0 ? buffer : NULL;
}

int capture_bytes_init(struct capture_bytes *b, int fd, size_t chunk_bytes, bool is_plain_file)
{
	memset(b, 0, sizeof(*b));
	b->may_read_ahead = is_plain_file;
	b->fd = fd;
	b->chunk = chunk_bytes;
	b->lead = chunk_bytes / 4;
	b->room = b->lead + b->chunk;
	b->at = b->end = b->lead;
	b->own = b->buffer = new_buffer(b->room);
	return b->buffer ? 0 : -ENOMEM;
}

void capture_bytes_finish(struct capture_bytes *b)
{
	capture_ahead_free(b->ahead); /* before what its thread reads from */
	capture_inflate_free(b->inflate);
	free(b->own);
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
		free(b->own);
		b->own = b->buffer = grown;
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

static ptrdiff_t read_now(struct capture_bytes *b)
{
	size_t room;
	int error = make_room(b, &room);
	uint8_t *to = b->buffer + b->end;

	if (error < 0)
		return diagnose(&b->diagnosis, error, "%s", error_text(error));
	return b->inflate ? capture_inflate_read(b->inflate, to, room, &b->diagnosis)
			  : capture_fd_read(b->fd, to, room, &b->diagnosis);
}

/* The rest goes into the lead of the next slot, and the slot it was in goes back. */
static void move_to_slot(struct capture_bytes *b, const struct capture_chunk *c)
{
	size_t rest = capture_bytes_left(b);

	memcpy(c->slot + b->lead - rest, b->buffer + b->at, rest);
	if (b->in_slot)
		capture_ahead_give_back(b->ahead);
	b->in_slot = true;
	b->buffer = c->slot;
	b->at = b->lead - rest;
	b->end = b->lead;
}

/* A record longer than the lead is put together in our own buffer, chunk by chunk. */
static ptrdiff_t copy_from_slot(struct capture_bytes *b, const struct capture_chunk *c)
{
	size_t rest = capture_bytes_left(b);
	int error;

	if (b->in_slot) {
		/* Nothing of it is in our own buffer yet, which has room for one chunk and the
		 * lead. */
		while (b->room < rest + b->chunk)
			b->room *= 2;
		free(b->own);
		b->own = new_buffer(b->room);
		if (!b->own)
			return diagnose(&b->diagnosis, -ENOMEM, "%s", error_text(-ENOMEM));
		memcpy(b->own, b->buffer + b->at, rest);
		capture_ahead_give_back(b->ahead);
		b->in_slot = false;
		b->buffer = b->own;
		b->at = 0;
		b->end = rest;
	} else {
		error = room_for_long_rest(b);
		if (error < 0)
			return diagnose(&b->diagnosis, error, "%s", error_text(error));
	}
	memcpy(b->buffer + b->end, c->slot + b->lead, (size_t)c->length);
	capture_ahead_give_back(b->ahead);
	return c->length;
}

static ptrdiff_t take_ahead(struct capture_bytes *b)
{
	struct capture_chunk c;

	capture_ahead_take(b->ahead, &c);
	b->from_file = c.from_file;
	if (c.length <= 0) {
		if (c.length < 0)
			b->diagnosis = *c.diagnosis;
		return c.length;
	}
	if (capture_bytes_left(b) > b->lead)
		return copy_from_slot(b, &c);
	move_to_slot(b, &c);
	return c.length;
}

/*
 * Once, before the second chunk: is a thread worth it? For decompression always; else where frames
 * are long, so that copying them takes longer than looking at them. Short frames are better left in
 * the cache of the one processor that has copied them. Without the thread it goes on as it began.
 */
static void start_ahead(struct capture_bytes *b)
{
	if (!b->may_read_ahead || b->total == 0)
		return;
	b->may_read_ahead = false;
	if (!b->inflate && b->frames * LONG_FRAME_BYTES > b->total)
		return;
	if (capture_ahead_new(b->fd, b->inflate, b->lead, b->chunk, &b->ahead) < 0) {
		b->ahead = NULL;
	} else {
		b->from_file = b->total;
	}
}

/* Returns how many bytes were added, 0 at the end, or a negative error. */
static ptrdiff_t add_bytes(struct capture_bytes *b)
{
	ptrdiff_t n;

	if (b->error < 0 || b->ended)
		return b->error;
	start_ahead(b);
	n = b->ahead ? take_ahead(b) : read_now(b);
	if (n < 0) {
		b->error = (int)n;
	} else {
		b->ended = n == 0;
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
	if (b->ahead)
		return b->from_file;
	return b->inflate ? capture_inflate_from_file(b->inflate) : b->total;
}
