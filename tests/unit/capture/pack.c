#include <string.h>

#include <zstd.h>

#include "build_config.h"
#include "maker.h"
#include "unit.h"

#if HAVE_ZLIB
#include <zlib.h>
#endif
#if HAVE_LZMA
#include <lzma.h>
#endif
#if HAVE_BZIP2
#include <bzlib.h>
#endif

/* Room for what small test captures become at worst. */
#define ROOM(length) ((length) + (length) / 8 + 1024)

bool pack_is_built_in(enum packing how)
{
	static const bool built_in[PACK_COUNT] = { true, HAVE_ZLIB, true, HAVE_LZMA, HAVE_BZIP2 };

	return built_in[how];
}

const char *pack_name(enum packing how)
{
	static const char *const names[PACK_COUNT] = { "plain", "gzip", "zstd", "xz", "bzip2" };

	return names[how];
}

static size_t pack_gzip(const void *bytes, size_t length, uint8_t *out, size_t room)
{
#if HAVE_ZLIB
	z_stream z = { .next_in = (Bytef *)bytes, .avail_in = (uInt)length };

	z.next_out = out;
	z.avail_out = (uInt)room;
	if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		z.total_out = 0;
	deflateEnd(&z);
	return z.total_out;
#else
	(void)bytes, (void)length, (void)room;
	memcpy(out, "\x1f\x8b\x08\0\0\0\0\0", 8);
	return 8;
#endif
}

/* With a checksum, like the command line tool. */
static size_t pack_zstd(const void *bytes, size_t length, uint8_t *out, size_t room)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t n;

	if (!z || ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1)))
		return 0;
	n = ZSTD_compress2(z, out, room, bytes, length);
	ZSTD_freeCCtx(z);
	return n;
}

static size_t pack_xz(const void *bytes, size_t length, uint8_t *out, size_t room)
{
#if HAVE_LZMA
	size_t n = 0;

	return lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, bytes, length, out, &n, room) ==
			       LZMA_OK
		       ? n
		       : 0;
#else
	(void)bytes, (void)length, (void)room;
	memcpy(out, "\3757zXZ\0", 6);
	return 6;
#endif
}

static size_t pack_bzip2(const void *bytes, size_t length, uint8_t *out, size_t room)
{
#if HAVE_BZIP2
	unsigned n = (unsigned)room;

	return BZ2_bzBuffToBuffCompress((char *)out, &n, (char *)bytes, (unsigned)length, 1, 0,
					0) == BZ_OK
		       ? n
		       : 0;
#else
	(void)bytes, (void)length, (void)room;
	memcpy(out, "BZh11AY", 7);
	return 7;
#endif
}

void pack(enum packing how, const void *bytes, size_t length, struct buffer *out)
{
	size_t room = ROOM(length), n = 0;
	uint8_t *to = buffer_reserve(out, room);

	assert_true(to);
	if (how == PACK_PLAIN) {
		memcpy(to, bytes, length);
		n = length;
	} else if (how == PACK_GZIP) {
		n = pack_gzip(bytes, length, to, room);
	} else if (how == PACK_ZSTD) {
		n = pack_zstd(bytes, length, to, room);
	} else if (how == PACK_XZ) {
		n = pack_xz(bytes, length, to, room);
	} else if (how == PACK_BZIP2) {
		n = pack_bzip2(bytes, length, to, room);
	}
	assert_true(n > 0 && n <= room);
	out->length += n;
}
