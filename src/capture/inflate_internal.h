/*
 * Decompression as a stream: the bytes of a file in, the bytes of the capture out. The kinds differ
 * only in their codec, which knows one member (gzip), frame (zstd) or stream (xz, bzip2); a file
 * may hold several of them.
 */
#ifndef SEKIMORI_CAPTURE_INFLATE_INTERNAL_H
#define SEKIMORI_CAPTURE_INFLATE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The most a decompressor may ask for: xz -9 needs 65 MiB, zstd --ultra -22 a window of 2^27. */
#define INFLATE_MEMORY_MAX_MIB 128
#define INFLATE_WINDOW_LOG_MAX 27

struct inflate_io {
	const uint8_t *in;
	size_t in_left;
	uint8_t *out;
	size_t out_left;
};

enum inflate_status {
	INFLATE_MORE,       /* goes on, with more input or more room */
	INFLATE_MEMBER_END, /* a member is complete and checked */
};

struct inflate_codec {
	/* Returns 0 or -ENOMEM. */
	int (*open)(void **ret_state);
	/* Forgets the last member and begins the next. Returns 0 or -ENOMEM. */
	int (*begin)(void *state);
	/*
	 * Decompresses as far as input and room go, and moves both on; what was written before an
	 * error counts. Returns an inflate_status, ERR_DAMAGED, ERR_LIMIT, ERR_UNSUPPORTED or
	 * -ENOMEM; then ret_reason may be set to the library's own words, which are static.
	 */
	int (*step)(void *state, struct inflate_io *io, const char **ret_reason);
	void (*close)(void *state);
};

extern const struct inflate_codec inflate_gzip;
extern const struct inflate_codec inflate_zstd;
extern const struct inflate_codec inflate_xz;
extern const struct inflate_codec inflate_bzip2;

/* A kind of compression, told by the first bytes. */
struct inflate_kind {
	const char *name;
	const char *library;
	const struct inflate_codec *codec; /* NULL: not built in */
};

/* As many bytes as telling a kind takes. */
#define INFLATE_MAGIC_BYTES 6

/* Returns NULL when the bytes are of no kind of compression. */
const struct inflate_kind *inflate_kind_of(const uint8_t *bytes, size_t length);

struct capture_inflate;

/*
 * A stream over FD, which remains the caller's; HEAD is what was read from it already (copied).
 * Returns 0, ERR_UNSUPPORTED or -ENOMEM.
 */
must_check int capture_inflate_new(const struct inflate_kind *kind, int fd, const uint8_t *head,
				   size_t length, struct capture_inflate **ret_inflate,
				   struct diagnosis *d);

/*
 * Returns how many bytes it has written, at most ROOM (which is not 0); 0 at the end; or a negative
 * error once all bytes before it have been handed out. Returns what it has rather than wait for
 * more.
 */
must_check ptrdiff_t capture_inflate_read(struct capture_inflate *z, void *ret_bytes, size_t room,
					  struct diagnosis *d);

const char *capture_inflate_name(const struct capture_inflate *z);
uint64_t capture_inflate_from_file(const struct capture_inflate *z);

/* NULL is fine. */
void capture_inflate_free(struct capture_inflate *z);

/* read(2) that goes on after a signal. Returns -errno and says it in D. */
must_check ptrdiff_t capture_fd_read(int fd, void *ret_bytes, size_t room, struct diagnosis *d);

#endif
