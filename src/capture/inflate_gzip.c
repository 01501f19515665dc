#define ZLIB_CONST /* its input pointers are const */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/macros.h"
#include "capture/inflate_internal.h"

#define GZIP_ONLY                                                                                  \
	(16 + MAX_WBITS) /* window bits of inflateInit2: with a gzip header, its checksum and      \
			    length checked */

static int gzip_open(void **ret_state)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (!z)
		return -ENOMEM;
	if (inflateInit2(z, GZIP_ONLY) != Z_OK) {
		free(z);
		return -ENOMEM;
	}
	*ret_state = z;
	return 0;
}

static int gzip_begin(void *state)
{
	return inflateReset2(state, GZIP_ONLY) == Z_OK ? 0 : -ENOMEM;
}

static int gzip_step(void *state, struct inflate_io *io, const char **ret_reason)
{
	z_stream *z = state;
	uInt in = (uInt)MIN(io->in_left, UINT_MAX), out = (uInt)MIN(io->out_left, UINT_MAX);
	int status;

	z->next_in = io->in;
	z->avail_in = in;
	z->next_out = io->out;
	z->avail_out = out;
	status = inflate(z, Z_NO_FLUSH);
	io->in += in - z->avail_in;
	io->in_left -= in - z->avail_in;
	io->out += out - z->avail_out;
	io->out_left -= out - z->avail_out;
	switch (status) {
	case Z_STREAM_END:
		return INFLATE_MEMBER_END;
	case Z_OK:
	case Z_BUF_ERROR: /* nothing to do without more of either */
		return INFLATE_MORE;
	case Z_MEM_ERROR:
		return -ENOMEM;
	default:
		*ret_reason = z->msg; /* a constant of zlib */
		return ERR_DAMAGED;
	}
}

static void gzip_close(void *state)
{
	inflateEnd(state);
	free(state);
}

const struct inflate_codec inflate_gzip = { gzip_open, gzip_begin, gzip_step, gzip_close };
