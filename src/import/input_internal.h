/*
 * The bytes of a file in a window: chunks for the parsers that are fed, lines in place for those
 * that split.
 */
#ifndef SEKIMORI_IMPORT_INPUT_INTERNAL_H
#define SEKIMORI_IMPORT_INPUT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct capture_stream;

#define INPUT_CHUNK_BYTES ((size_t)256 << 10)
#define INPUT_LINE_MAX                                                                             \
	((size_t)8 << 20) /* a host of 65,536 ports in nmap's grepable form has 3 MB */

struct input {
	struct capture_stream *stream;
	char *buffer;
	size_t room, at, end; /* in the buffer: what is not taken yet */
	size_t searched;      /* bytes from `at` without a line's end */
	uint64_t offset;      /* of buffer[at] in the (decompressed) file */
	uint64_t line;        /* number of the line last handed out */
	bool ended;
	int error;              /* why no more bytes come, once those before are taken */
	struct diagnosis words; /* of that error */
};

must_check int input_open(struct input *in, const char *path, struct diagnosis *d);
void input_close(struct input *in);

static inline size_t input_left(const struct input *in)
{
	return in->end - in->at;
}

/* Brings more bytes behind those that are there. Returns 1, 0 at the end, ERR_LIMIT when there are
 * INPUT_LINE_MAX already, or a negative error of reading. */
must_check int input_more(struct input *in, struct diagnosis *d);

/* Until at least N bytes are there, or the end. Returns 0 or a negative error of reading. */
must_check int input_want(struct input *in, size_t n, struct diagnosis *d);

static inline void input_take(struct input *in, size_t n)
{
	in->at += n;
	in->offset += n;
}

/*
 * The next line, without its end ("\n" or "\r\n"); valid until the next call.
 * Returns 1, 0 at the end, ERR_LIMIT for a line that is too long (the next call goes on behind it),
 * or a negative error of reading.
 */
must_check int input_line(struct input *in, const char **ret_line, size_t *ret_length,
			  struct diagnosis *d);

#endif
