/*
 * The bytes of a file as a stream, decompressed where they are compressed (gzip, zstd, xz, bzip2;
 * told by content): for readers of anything that is no capture. One thread a stream.
 */
#ifndef SEKIMORI_CAPTURE_STREAM_H
#define SEKIMORI_CAPTURE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct capture_stream;

/*
 * Opens a file; "-" is standard input, which stays open. Returns 0; ERR_FORMAT for a directory;
 * ERR_UNSUPPORTED when the library for its compression is not built in; or -errno. D then says
 * what was found, without the path.
 */
must_check int capture_stream_open(const char *path, struct capture_stream **ret_stream,
				   struct diagnosis *d);

/*
 * Writes at most ROOM (not 0) bytes. Returns how many; 0 at the end; or a negative error once all
 * bytes before the damage were handed out: ERR_DAMAGED, ERR_LIMIT, -errno, with the place in D.
 */
must_check ptrdiff_t capture_stream_read(struct capture_stream *s, void *ret_bytes, size_t room,
					 struct diagnosis *d);

/* "gzip", or NULL when the file is not compressed. */
const char *capture_stream_compression(const struct capture_stream *s);

/* Bytes taken from the file. */
uint64_t capture_stream_from_file(const struct capture_stream *s);

void capture_stream_close(struct capture_stream *s); /* takes NULL */

#endif
