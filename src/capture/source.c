#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/zone.h"
#include "capture/inflate_internal.h"
#include "capture/reader_internal.h"
#include "capture/source_internal.h"

/* With more, what fewer calls of read(2) save is lost on bytes that have left the cache. */
#define CHUNK_BYTES ((size_t)1 << 20)
#define MAGIC_BYTES 4

struct capture_source {
	struct capture_bytes bytes;
	int fd;
	bool is_pcapng;
	union {
		struct capture_pcap pcap;
		struct capture_pcapng pcapng;
	} reader;
	char format[CAPTURE_FORMAT_MAX];
	int error; /* once it has been met */
	struct diagnosis diagnosis;
};

/* Nothing that is a capture begins like this: says what it is instead. */
static int not_a_capture(const struct capture_source *s, struct diagnosis *d)
{
	const struct capture_bytes *b = &s->bytes;
	char hex[3 * MAGIC_BYTES + 1] = "";
	size_t n = MIN(capture_bytes_left(b), MAGIC_BYTES);

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(hex + (i ? 3 * i - 1 : 0), 4, i ? " %02x" : "%02x",
			       b->buffer[b->at + i]);
	}
	if (n == 0) {
		return b->inflate ? diagnose(d, ERR_FORMAT, _("nothing in the %s data"),
					     capture_inflate_name(b->inflate))
				  : diagnose(d, ERR_FORMAT, _("empty file"));
	}
	if (b->inflate) {
		return diagnose(d, ERR_FORMAT, _("the %s data begins with bytes %s: not a capture"),
				capture_inflate_name(b->inflate), hex);
	}
	return diagnose(d, ERR_FORMAT, _("begins with bytes %s: not a capture"), hex);
}

static int begin(struct capture_source *s, uint64_t file_time_ns, struct diagnosis *d)
{
	struct cursor c;
	uint32_t magic;
	int status = capture_bytes_recognise(&s->bytes, d);

	if (status < 0)
		return status;
	status = capture_bytes_want(&s->bytes, MAGIC_BYTES, d);
	if (status < 0)
		return status;
	c = capture_bytes_front(&s->bytes);
	magic = cursor_u32_le(&c);
	s->is_pcapng = magic == PCAPNG_SECTION_HEADER;
	if (s->is_pcapng) {
		status = capture_pcapng_begin(&s->reader.pcapng, &s->bytes, file_time_ns, d);
	} else if (capture_pcap_is(magic)) {
		status = capture_pcap_begin(&s->reader.pcap, &s->bytes, d);
	} else {
		return not_a_capture(s, d);
	}
	(void)snprintf(s->format, sizeof(s->format), "%s%s%s", s->is_pcapng ? "pcapng" : "pcap",
		       s->bytes.inflate ? ", " : "",
		       s->bytes.inflate ? capture_inflate_name(s->bytes.inflate) : "");
	return status;
}

/* The time of last change, for frames that have none; 0 where it is missing or makes no sense. */
static uint64_t changed_ns(const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_mtim.tv_sec < 0 || st->st_mtim.tv_sec > UINT32_MAX)
		return 0;
	return (uint64_t)st->st_mtim.tv_sec * NS_PER_SECOND + (uint64_t)st->st_mtim.tv_nsec;
}

int capture_fd_open(int fd, size_t chunk_bytes, struct capture_source **ret_source,
		    struct diagnosis *d)
{
	struct capture_source *s = calloc(1, sizeof(*s));
	struct stat st;
	int error;

	if (!s) {
		close(fd);
		return diagnose(d, -ENOMEM, "%s", error_text(-ENOMEM));
	}
	s->fd = fd;
	if (fstat(fd, &st) < 0) {
		error = -errno;
		diagnose(d, error, "%s", error_text(error));
		goto out;
	}
	if (S_ISDIR(st.st_mode)) {
		error = diagnose(d, ERR_FORMAT, _("a directory, not a capture"));
		goto out;
	}
	(void)posix_fadvise(
		fd, 0, 0,
		POSIX_FADV_SEQUENTIAL); /* a pipe has none of it, and is read all the same */
	error = capture_bytes_init(&s->bytes, fd, chunk_bytes,
				   S_ISREG(st.st_mode) && chunk_bytes >= CAPTURE_AHEAD_CHUNK_MIN);
	if (error < 0) {
		diagnose(d, error, "%s", error_text(error));
		goto out;
	}
	error = begin(s, changed_ns(&st), d);
	if (error == 0) {
		*ret_source = s;
		return 0;
	}
out:
	capture_source_close(s);
	return error;
}

int capture_file_open(const char *path, struct capture_source **ret_source, struct diagnosis *d)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		int error = -errno;

		return diagnose(d, error, "%s", error_text(error));
	}
	return capture_fd_open(fd, CHUNK_BYTES, ret_source, d);
}

int capture_source_read(struct capture_source *s, struct capture_frame *ret_frames, int capacity,
			struct diagnosis *d)
{
	int n;

	if (s->error < 0)
		return diagnose(d, s->error, "%s", s->diagnosis.text);
	n = s->is_pcapng ? capture_pcapng_read(&s->reader.pcapng, &s->bytes, ret_frames, capacity,
					       &s->diagnosis)
			 : capture_pcap_read(&s->reader.pcap, &s->bytes, ret_frames, capacity,
					     &s->diagnosis);
	if (n >= 0) {
		s->bytes.frames += (uint64_t)n;
		return n;
	}
	s->error = n;
	return diagnose(d, n, "%s", s->diagnosis.text);
}

const char *capture_source_format(const struct capture_source *s)
{
	return s->format;
}

uint64_t capture_source_position(const struct capture_source *s)
{
	return capture_bytes_position(&s->bytes);
}

uint64_t capture_source_bytes_read(const struct capture_source *s)
{
	return capture_bytes_from_file(&s->bytes);
}

void capture_source_close(struct capture_source *s)
{
	if (!s)
		return;
	if (s->is_pcapng)
		capture_pcapng_finish(&s->reader.pcapng);
	capture_bytes_finish(&s->bytes);
	close(s->fd);
	free(s);
}
