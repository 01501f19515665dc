#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "capture/inflate_internal.h"

#include "build_config.h"

#define INPUT_BYTES ((size_t)128 << 10)

struct capture_inflate {
	const struct inflate_kind *kind;
	void *state;
	int fd;
	bool within;    /* a member */
	bool ended;     /* the file */
	uint8_t *input; /* of the file, not decompressed yet: input[at .. end) */
	size_t room, at, end;
	uint64_t from_file;
	int error; /* once it has been met */
	struct diagnosis diagnosis;
};

static const struct inflate_kind kind_gzip = { "gzip", "zlib", HAVE_ZLIB ? &inflate_gzip : NULL };
static const struct inflate_kind kind_zstd = { "zstd", "libzstd", &inflate_zstd };
static const struct inflate_kind kind_xz = { "xz", "liblzma", HAVE_LZMA ? &inflate_xz : NULL };
static const struct inflate_kind kind_bzip2 = { "bzip2", "libbz2",
						HAVE_BZIP2 ? &inflate_bzip2 : NULL };

static bool begins(const uint8_t *bytes, size_t length, const char *magic, size_t n)
{
	return length >= n && memcmp(bytes, magic, n) == 0;
}

const struct inflate_kind *inflate_kind_of(const uint8_t *bytes, size_t length)
{
	if (begins(bytes, length, "\x1f\x8b", 2)) /* RFC 1952 */
		return &kind_gzip;
	if (begins(bytes, length, "\x28\xb5\x2f\xfd", 4)) /* RFC 8878, 3.1.1 */
		return &kind_zstd;
	if (length >= 4 && (bytes[0] & 0xf0) == 0x50 &&
	    memcmp(bytes + 1, "\x2a\x4d\x18", 3) == 0) /* 3.1.2 */
		return &kind_zstd;
	if (begins(bytes, length, "\3757zXZ\0", 6)) /* xz-file-format.txt, 2.1.1.1 */
		return &kind_xz;
	if (begins(bytes, length, "BZh", 3) && length >= 5 && bytes[3] >= '1' && bytes[3] <= '9' &&
	    (bytes[4] == 0x31 || bytes[4] == 0x17)) /* the first block's or the end's magic */
		return &kind_bzip2;
	return NULL;
}

ptrdiff_t capture_fd_read(int fd, void *ret_bytes, size_t room, struct diagnosis *d)
{
	ssize_t n;

	do {
		n = read(fd, ret_bytes, room);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		n = -errno;
		return diagnose(d, (int)n, "%s", error_text((int)n));
	}
	return n;
}

int capture_inflate_new(const struct inflate_kind *kind, int fd, const uint8_t *head, size_t length,
			struct capture_inflate **ret_inflate, struct diagnosis *d)
{
	struct capture_inflate *z;

	if (!kind->codec) {
		return diagnose(d, ERR_UNSUPPORTED, _("compressed with %s: this build lacks %s"),
				kind->name, kind->library);
	}
	z = calloc(1, sizeof(*z));
	if (!z)
		return diagnose(d, -ENOMEM, "%s", error_text(-ENOMEM));
	z->kind = kind;
	z->fd = fd;
	z->room = length > INPUT_BYTES ? length : INPUT_BYTES;
	z->input = malloc(z->room);
	if (!z->input || kind->codec->open(&z->state) < 0) {
		capture_inflate_free(z);
		return diagnose(d, -ENOMEM, "%s", error_text(-ENOMEM));
	}
	memcpy(z->input, head, length);
	z->end = length;
	z->from_file = length;
	*ret_inflate = z;
	return 0;
}

void capture_inflate_free(struct capture_inflate *z)
{
	if (!z)
		return;
	if (z->state)
		z->kind->codec->close(z->state);
	free(z->input);
	free(z);
}

/* Keeps the error for later calls, with the place in the file. */
static int fail(struct capture_inflate *z, int error, const char *reason)
{
	unsigned long long place = z->from_file - (z->end - z->at);

	z->error = error;
	if (error == ERR_LIMIT) {
		return diagnose(&z->diagnosis, error,
				_("decompressing %s here would take more than %d MiB of memory"),
				z->kind->name, INFLATE_MEMORY_MAX_MIB);
	}
	return diagnose(&z->diagnosis, error, _("the %s data fails at byte %llu of the file: %s"),
			z->kind->name, place, reason ? reason : error_text(error));
}

static int fail_cut(struct capture_inflate *z)
{
	z->error = ERR_DAMAGED;
	return diagnose(&z->diagnosis, z->error,
			_("the %s data is cut off at byte %llu, the end of the file"),
			z->kind->name, (unsigned long long)z->from_file);
}

/* Between members: zeros fill up a tape or a block, anything else is the next member. */
static int next_member(struct capture_inflate *z)
{
	int error;

	while (z->at < z->end && z->input[z->at] == 0)
		z->at++;
	if (z->at == z->end)
		return 0;
	error = z->kind->codec->begin(z->state);
	if (error < 0)
		return fail(z, error, NULL);
	z->within = true;
	return 0;
}

/* Decompresses what input there is. Returns whether that changed anything, or a negative error. */
static int work(struct capture_inflate *z, struct inflate_io *io)
{
	size_t room = io->out_left, given = z->end - z->at;
	const char *reason = NULL;
	int status;

	if (!z->within) {
		status = next_member(z);
		if (status < 0 || !z->within)
			return status;
		given = z->end - z->at;
	}
	io->in = z->input + z->at;
	io->in_left = given;
	status = z->kind->codec->step(z->state, io, &reason);
	z->at += given - io->in_left;
	if (status < 0)
		return fail(z, status, reason);
	if (status == INFLATE_MEMBER_END)
		z->within = false;
	return status == INFLATE_MEMBER_END || io->in_left != given || io->out_left != room;
}

/* Returns 1 with more input, 0 at the end, or a negative error. */
static int fill(struct capture_inflate *z)
{
	ptrdiff_t n;

	if (z->at < z->end) /* a codec that neither goes on nor says why */
		return fail(z, ERR_DAMAGED, NULL);
	if (!z->ended) {
		n = capture_fd_read(z->fd, z->input, z->room, &z->diagnosis);
		if (n < 0) {
			z->error = (int)n;
			return z->error;
		}
		z->ended = n == 0;
		z->from_file += (uint64_t)n;
		z->at = 0;
		z->end = (size_t)n;
	}
	if (z->ended && z->within)
		return fail_cut(z);
	return !z->ended;
}

ptrdiff_t capture_inflate_read(struct capture_inflate *z, void *ret_bytes, size_t room,
			       struct diagnosis *d)
{
	struct inflate_io io = { .out = ret_bytes, .out_left = room };
	int status = z->error;

	while (status >= 0 && io.out_left > 0) {
		status = work(z, &io);
		if (status != 0)
			continue;
		if (io.out_left < room)
			break;
		status = fill(z);
		if (status == 0)
			return 0;
	}
	if (io.out_left < room)
		return (ptrdiff_t)(room - io.out_left);
	return diagnose(d, z->error, "%s", z->diagnosis.text);
}

const char *capture_inflate_name(const struct capture_inflate *z)
{
	return z->kind->name;
}

uint64_t capture_inflate_from_file(const struct capture_inflate *z)
{
	return z->from_file;
}
