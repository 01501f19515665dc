#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"
#include "decode/shortest.h"
#include "decode/wire.h"

#include "intake/source_internal.h"

#define MARKS_SHIFT 4 /* intake_frame_marks */

struct intake_source {
	struct capture_source *capture; /* or */
	struct records *records;
	struct sighting sightings[CAPTURE_BATCH];
	uint8_t bytes[CAPTURE_BATCH][SHORTEST_FRAME_MAX];
};

/* Does what comes look like text? A capture never begins with a printable byte and goes on so; of
 * compressed ones nobody can tell yet. Only of what can be looked at without taking it. */
static bool is_text(int fd)
{
	unsigned char bytes[4];
	struct stat st;
	ssize_t n = -1;
	int copy[2];

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		n = pread(fd, bytes, sizeof(bytes), lseek(fd, 0, SEEK_CUR));
	} else if (pipe(copy) == 0) {
		/* Waits for the first bytes, and leaves them. */
		if (tee(fd, copy[1], sizeof(bytes), 0) > 0)
			n = read(copy[0], bytes, sizeof(bytes));
		close(copy[0]);
		close(copy[1]);
	}
	for (ssize_t i = 0; i < n; i++) {
		if ((bytes[i] < ' ' || bytes[i] > '~') && bytes[i] != '\t' && bytes[i] != '\n')
			return false;
	}
	return n > 0;
}

static int open_records(struct intake_source *s, const char *path,
			const struct intake_source_options *options, struct diagnosis *d)
{
	/* Whose hosts are whose, the observer judges: what a file is must not depend on it. */
	const struct records_options all = { .year = options->year, .month = options->month };

	return records_open(path, &all, &s->records, d);
}

static int open_any(struct intake_source *s, const char *path,
		    const struct intake_source_options *options, struct diagnosis *d)
{
	struct diagnosis as_records = { "" };
	int error, other;

	if (!strcmp(path, "-") && is_text(STDIN_FILENO))
		return open_records(s, path, options, d);
	error = capture_file_open(path, &s->capture, d);
	if (error != ERR_FORMAT || !strcmp(path, "-"))
		return error;
	other = open_records(s, path, options, &as_records);
	/* An empty file is neither. */
	if (other == ERR_FORMAT || (!other && !records_format(s->records)))
		return error;
	*d = as_records;
	return other;
}

int intake_source_open(const char *path, const struct intake_source_options *options,
		       struct intake_source **ret_source, struct diagnosis *d)
{
	struct intake_source *s = calloc(1, sizeof(*s));
	int error = s ? open_any(s, path, options, d) : -ENOMEM;

	if (error < 0) {
		intake_source_close(s);
		return error;
	}
	*ret_source = s;
	return 0;
}

void intake_source_close(struct intake_source *s)
{
	if (!s)
		return;
	capture_source_close(s->capture);
	records_close(s->records);
	free(s);
}

int intake_source_read(struct intake_source *s, struct capture_frame *ret_frames, int capacity,
		       struct diagnosis *d)
{
	int n;

	if (s->capture)
		return capture_source_read(s->capture, ret_frames, capacity, d);
	n = records_read(s->records, s->sightings, (size_t)MIN(capacity, CAPTURE_BATCH), d);
	for (int i = 0; i < n; i++) {
		const struct sighting *from = &s->sightings[i];
		const struct shortest_facts facts = { .src = from->host,
						      .dst = from->peer,
						      .sport = from->port,
						      .dport = from->peer_port,
						      .tcp_flags = TCP_SYN | TCP_ACK };
		uint32_t length = shortest_frame_make(&facts, s->bytes[i]);

		ret_frames[i] =
			(struct capture_frame){ .time_ns = from->time_ns,
						.bytes = s->bytes[i],
						.length = length,
						.wire_length = length,
						.link_type = LINK_RAW,
						.flags = (uint8_t)((from->marks & MARK_STORED_ALL)
								   << MARKS_SHIFT) };
	}
	return n;
}

const char *intake_source_format(const struct intake_source *s)
{
	return s->capture ? capture_source_format(s->capture) : records_format(s->records);
}

uint64_t intake_source_position(const struct intake_source *s)
{
	return s->capture ? capture_source_position(s->capture) : records_bytes_read(s->records);
}

uint64_t intake_source_bytes_read(const struct intake_source *s)
{
	return s->capture ? capture_source_bytes_read(s->capture) : records_bytes_read(s->records);
}

const struct records_account *intake_source_records(const struct intake_source *s)
{
	return s->records ? records_account(s->records) : NULL;
}
