#include <errno.h>
#include <stdlib.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/macros.h"
#include "capture/inflate_internal.h"

struct zstd_state {
	ZSTD_DStream *stream;
	size_t wanted; /* input bytes to the end of the next block */
};

static void zstd_close(void *state)
{
	struct zstd_state *z = state;

	ZSTD_freeDStream(z->stream);
	free(z);
}

static int zstd_open(void **ret_state)
{
	struct zstd_state *z = calloc(1, sizeof(*z));

	if (!z)
		return -ENOMEM;
	z->stream = ZSTD_createDStream();
	if (!z->stream || ZSTD_isError(ZSTD_DCtx_setParameter(z->stream, ZSTD_d_windowLogMax,
							      INFLATE_WINDOW_LOG_MAX))) {
		zstd_close(z);
		return -ENOMEM;
	}
	*ret_state = z;
	return 0;
}

static int zstd_begin(void *state)
{
	struct zstd_state *z = state;

	z->wanted = ZSTD_initDStream(z->stream);
	return ZSTD_isError(z->wanted) ? -ENOMEM : 0;
}

/*
 * A failing call does not tell what it wrote before it failed. It therefore gets no more than one
 * block at a time, so that all blocks before the damaged one come through.
 */
static int zstd_step(void *state, struct inflate_io *io, const char **ret_reason)
{
	struct zstd_state *z = state;
	ZSTD_inBuffer in = { io->in, MIN(io->in_left, z->wanted), 0 };
	ZSTD_outBuffer out = { io->out, io->out_left, 0 };
	size_t status = ZSTD_decompressStream(z->stream, &out, &in);

	if (ZSTD_isError(status)) {
		*ret_reason = ZSTD_getErrorName(status);
		switch (ZSTD_getErrorCode(status)) {
		case ZSTD_error_frameParameter_windowTooLarge:
			return ERR_LIMIT;
		case ZSTD_error_memory_allocation:
			return -ENOMEM;
		default:
			return ERR_DAMAGED;
		}
	}
	io->in += in.pos;
	io->in_left -= in.pos;
	io->out += out.pos;
	io->out_left -= out.pos;
	z->wanted = status;
	return status == 0 ? INFLATE_MEMBER_END : INFLATE_MORE;
}

const struct inflate_codec inflate_zstd = { zstd_open, zstd_begin, zstd_step, zstd_close };
