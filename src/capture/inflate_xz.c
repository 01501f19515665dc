#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "capture/inflate_internal.h"

static int xz_open(void **ret_state)
{
	static const lzma_stream fresh = LZMA_STREAM_INIT;
	lzma_stream *z = malloc(sizeof(*z));

	if (!z)
		return -ENOMEM;
	*z = fresh;
	*ret_state = z;
	return 0;
}

static int xz_begin(void *state)
{
	return lzma_stream_decoder(state, (uint64_t)INFLATE_MEMORY_MAX_MIB << 20, 0) == LZMA_OK
		       ? 0
		       : -ENOMEM;
}

static int xz_step(void *state, struct inflate_io *io, const char **ret_reason)
{
	lzma_stream *z = state;
	lzma_ret status;

	z->next_in = io->in;
	z->avail_in = io->in_left;
	z->next_out = io->out;
	z->avail_out = io->out_left;
	status = lzma_code(z, LZMA_RUN);
	io->in = z->next_in;
	io->in_left = z->avail_in;
	io->out = z->next_out;
	io->out_left = z->avail_out;
	switch (status) {
	case LZMA_STREAM_END:
		return INFLATE_MEMBER_END;
	case LZMA_OK:
	case LZMA_BUF_ERROR: /* nothing to do without more of either */
		return INFLATE_MORE;
	case LZMA_MEM_ERROR:
		return -ENOMEM;
	case LZMA_MEMLIMIT_ERROR:
		return ERR_LIMIT;
	case LZMA_OPTIONS_ERROR:
		*ret_reason = _("options that this liblzma does not know");
		return ERR_UNSUPPORTED;
	case LZMA_FORMAT_ERROR:
		*ret_reason = _("not a stream header");
		return ERR_DAMAGED;
	default:
		*ret_reason = _("corrupt data");
		return ERR_DAMAGED;
	}
}

static void xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

const struct inflate_codec inflate_xz = { xz_open, xz_begin, xz_step, xz_close };
