/*
 * Reading ahead: a thread fills chunks, decompressed where needed, while the caller looks at the
 * chunk before.
 *
 *     slot   |<---- lead ---->|<----------- chunk ----------->|
 *            the caller's rest | what the thread has read
 *
 * A slot belongs to the thread while it is being filled and to the caller from take to give back.
 * The thread starts with the first take, so that a small file is read without one.
 */
#ifndef SEKIMORI_CAPTURE_AHEAD_INTERNAL_H
#define SEKIMORI_CAPTURE_AHEAD_INTERNAL_H

#include "capture/inflate_internal.h"

struct capture_ahead;

struct capture_chunk {
	uint8_t *slot;      /* lead bytes, then `length` read ones */
	ptrdiff_t length;   /* 0 at the end; negative: an error, and the last chunk */
	uint64_t from_file; /* bytes taken from the file so far */
	const struct diagnosis *diagnosis; /* of an error; valid as long as the reader */
};

/*
 * Reads from FD, or from INFLATE where that is not NULL: from now on they are the thread's until
 * the end of the reader. Returns 0, -ENOMEM or what thread creation says.
 */
must_check int capture_ahead_new(int fd, struct capture_inflate *inflate, size_t lead, size_t chunk,
				 struct capture_ahead **ret_ahead);

/* Waits for the read that is under way, so FD is a plain file's: it always has an answer. Takes
 * NULL. */
void capture_ahead_free(struct capture_ahead *a);

/* Waits for the next chunk. */
void capture_ahead_take(struct capture_ahead *a, struct capture_chunk *ret_chunk);

/* The caller is done with a slot. */
void capture_ahead_give_back(struct capture_ahead *a);

#endif
