#include "capture/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"
#include "capture/inflate_internal.h"

struct capture_stream {
	int fd;
	struct capture_inflate *inflate; /* NULL: the file's own bytes */
	uint8_t head[INFLATE_MAGIC_BYTES];
	size_t head_at, head_end; /* of it, not handed out yet */
	uint64_t from_file;
};

/* Reads as many bytes as tell the compression; a pipe may bring them one by one. */
static int read_head(struct capture_stream *s, struct diagnosis *d)
{
	while (s->head_end < sizeof(s->head)) {
		ptrdiff_t n = capture_fd_read(s->fd, s->head + s->head_end,
					      sizeof(s->head) - s->head_end, d);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		s->head_end += (size_t)n;
	}
	s->from_file = s->head_end;
	return 0;
}

static int begin(struct capture_stream *s, struct diagnosis *d)
{
	const struct inflate_kind *kind;
	struct stat st;
	int error;

	if (fstat(s->fd, &st) < 0) {
		error = -errno;
		return diagnose(d, error, "%s", error_text(error));
	}
	if (S_ISDIR(st.st_mode))
		return diagnose(d, ERR_FORMAT, _("a directory, not a file"));
	(void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	error = read_head(s, d);
	kind = error < 0 ? NULL : inflate_kind_of(s->head, s->head_end);
	if (!kind)
		return error;
	error = capture_inflate_new(kind, s->fd, s->head, s->head_end, &s->inflate, d);
	s->head_end = 0;
	return error;
}

int capture_stream_open(const char *path, struct capture_stream **ret_stream, struct diagnosis *d)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct capture_stream *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return diagnose(d, -ENOMEM, "%s", error_text(-ENOMEM));
	s->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (s->fd < 0) {
		error = -errno;
		diagnose(d, error, "%s", error_text(error));
	} else {
		error = begin(s, d);
	}
	if (error < 0) {
		capture_stream_close(s);
		return error;
	}
	*ret_stream = s;
	return 0;
}

ptrdiff_t capture_stream_read(struct capture_stream *s, void *ret_bytes, size_t room,
			      struct diagnosis *d)
{
	size_t n = MIN(room, s->head_end - s->head_at);
	ptrdiff_t got;

	if (s->inflate)
		return capture_inflate_read(s->inflate, ret_bytes, room, d);
	if (n > 0) {
		memcpy(ret_bytes, s->head + s->head_at, n);
		s->head_at += n;
		return (ptrdiff_t)n;
	}
	got = capture_fd_read(s->fd, ret_bytes, room, d);
	if (got > 0)
		s->from_file += (uint64_t)got;
	return got;
}

const char *capture_stream_compression(const struct capture_stream *s)
{
	return s->inflate ? capture_inflate_name(s->inflate) : NULL;
}

uint64_t capture_stream_from_file(const struct capture_stream *s)
{
	return s->inflate ? capture_inflate_from_file(s->inflate) : s->from_file;
}

void capture_stream_close(struct capture_stream *s)
{
	if (!s)
		return;
	capture_inflate_free(s->inflate);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}
