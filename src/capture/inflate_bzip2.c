#include <bzlib.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "base/macros.h"
#include "capture/inflate_internal.h"

struct bzip2_state {
	bz_stream stream;
	bool begun;
};

static int bzip2_open(void **ret_state)
{
	struct bzip2_state *z = calloc(1, sizeof(*z));

	if (!z)
		return -ENOMEM;
	*ret_state = z;
	return 0;
}

static void end_stream(struct bzip2_state *z)
{
	if (z->begun)
		BZ2_bzDecompressEnd(&z->stream);
	z->begun = false;
}

static int bzip2_begin(void *state)
{
	struct bzip2_state *z = state;

	end_stream(z);
	z->begun = BZ2_bzDecompressInit(&z->stream, 0, 0) == BZ_OK;
	return z->begun ? 0 : -ENOMEM;
}

static int bzip2_step(void *state, struct inflate_io *io, const char **ret_reason)
{
	bz_stream *z = &((struct bzip2_state *)state)->stream;
	unsigned in = (unsigned)MIN(io->in_left, UINT_MAX),
		 out = (unsigned)MIN(io->out_left, UINT_MAX);
	int status;

	z->next_in = (char *)io->in; /* never written to */
	z->avail_in = in;
	z->next_out = (char *)io->out;
	z->avail_out = out;
	status = BZ2_bzDecompress(z);
	io->in += in - z->avail_in;
	io->in_left -= in - z->avail_in;
	io->out += out - z->avail_out;
	io->out_left -= out - z->avail_out;
	switch (status) {
	case BZ_STREAM_END:
		return INFLATE_MEMBER_END;
	case BZ_OK:
		return INFLATE_MORE;
	case BZ_MEM_ERROR:
		return -ENOMEM;
	case BZ_DATA_ERROR_MAGIC:
		*ret_reason = _("not a stream header");
		return ERR_DAMAGED;
	default:
		*ret_reason = _("corrupt data");
		return ERR_DAMAGED;
	}
}

static void bzip2_close(void *state)
{
	end_stream(state);
	free(state);
}

const struct inflate_codec inflate_bzip2 = { bzip2_open, bzip2_begin, bzip2_step, bzip2_close };
