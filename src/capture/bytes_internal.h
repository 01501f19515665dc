/*
 * The byte window: a capture's bytes, decompressed where needed, one after the other in one buffer.
 * A reader looks at the bytes in front and takes them in place; it asks for more when a record is
 * not whole yet.
 *
 *     buffer   |<---- lead ---->|<----------- chunk ----------->|
 *                         |rest |  what read(2) brings           |
 *                         at                                   end
 *
 * The rest of the last chunk is moved in front of the next one, so that every read lands on a page
 * boundary of the file and of memory, and the chunk stays in the processor's cache. Only a record
 * longer than the lead makes the buffer grow, and by no more than the bytes of it that are there
 * already.
 */
#ifndef SEKIMORI_CAPTURE_BYTES_INTERNAL_H
#define SEKIMORI_CAPTURE_BYTES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/macros.h"

struct capture_ahead;
struct capture_inflate;

struct capture_bytes {
	int fd;                          /* the source's */
	struct capture_inflate *inflate; /* NULL: the file itself is the capture */
	struct capture_ahead *ahead;     /* NULL: the first chunk of a file, or no plain file */
	bool may_read_ahead;
	uint64_t frames; /* handed out so far, told by the source: long ones are worth reading ahead
			  */
	bool in_slot;    /* `buffer` is a slot of the reader ahead, not our own */
	uint8_t *buffer; /* what is looked at */
	uint8_t *own;    /* the buffer that is ours */
	size_t lead, chunk, room;
	size_t at, end;     /* in the buffer: the bytes that are not taken yet */
	uint64_t total;     /* bytes of the capture up to `end` */
	uint64_t from_file; /* bytes of the file, while reading ahead */
	bool ended;
	int error;                  /* why no more bytes come; it comes again at each call */
	struct diagnosis diagnosis; /* of that error */
};

/*
 * A plain file may be read ahead, by a thread that starts with its second chunk.
 * Returns 0 or -ENOMEM.
 */
must_check int capture_bytes_init(struct capture_bytes *b, int fd, size_t chunk_bytes,
				  bool is_plain_file);
void capture_bytes_finish(struct capture_bytes *b);

/*
 * Looks at the first bytes, and from there on decompresses when they say so.
 * Returns 0, ERR_UNSUPPORTED without the library that it needs, or a negative error of reading.
 */
must_check int capture_bytes_recognise(struct capture_bytes *b, struct diagnosis *d);

/*
 * Reads until at least N bytes are in front, or the end. Invalidates all that was handed out.
 * Returns 1, 0 when there are fewer, or a negative error of reading.
 */
must_check int capture_bytes_want(struct capture_bytes *b, size_t n, struct diagnosis *d);

/*
 * Brings more bytes for the record in front, which is not whole. Invalidates all that was handed
 * out. Returns 1 with more bytes; 0 at the end, when nothing is in front; ERR_DAMAGED at the end,
 * when something is; or a negative error of reading.
 */
must_check int capture_bytes_refill(struct capture_bytes *b, struct diagnosis *d);

/* Bytes taken from the file. */
uint64_t capture_bytes_from_file(const struct capture_bytes *b);

static inline size_t capture_bytes_left(const struct capture_bytes *b)
{
	return b->end - b->at;
}

static inline struct cursor capture_bytes_front(const struct capture_bytes *b)
{
	return cursor_over(b->buffer + b->at, b->end - b->at);
}

static inline uint64_t capture_bytes_position(const struct capture_bytes *b)
{
	return b->total - (b->end - b->at);
}

/* The byte so far behind the front, or the end. */
static inline const uint8_t *capture_bytes_behind(const struct capture_bytes *b, size_t distance)
{
	return b->buffer + b->at + MIN(distance, capture_bytes_left(b));
}

/*
 * Calls for the cache lines that will be looked at soon, when a record of RECORD_BYTES is in front.
 * The next header is found only by this one's length, so headers would be waited for one after the
 * other. But frames in a row are often of one length: this guesses where a later header is, and its
 * ports, which may be in the record's second line.
 * A macro: gcc 12 takes a function that does nothing but this for one without effect.
 */
#define CAPTURE_CALL_AHEAD(b, record_bytes)                                                        \
	do {                                                                                       \
		__builtin_prefetch(capture_bytes_behind(b, 8 * (size_t)(record_bytes)));           \
		__builtin_prefetch(capture_bytes_behind(b, 8 * (size_t)(record_bytes) + 64));      \
	} while (0)

#endif
