/* A part copied without its details: sections as they are, in a frame of its own. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/part_reader_internal.h"
#include "base/hash.h"

struct bare {
	struct part *from;
	int fd;
	uint64_t at; /* where the next bytes go */
	uint8_t *block;
	size_t room;
	struct diagnosis *d;
};

static int copy(struct bare *b, uint64_t offset, size_t length, uint64_t hash)
{
	int error;

	if (length + BITS_PADDING > b->room) {
		free(b->block);
		b->room = length + BITS_PADDING;
		b->block = malloc(b->room);
		if (!b->block) {
			b->room = 0;
			return -ENOMEM;
		}
	}
	error = part_read_checked(b->from, offset, b->block, length, hash, b->d);
	if (error < 0) /* not to be taken for an error of writing */
		return error == -ENOMEM ? error : ERR_DAMAGED;
	error = part_write_at(b->fd, b->block, length, b->at);
	b->at += length;
	return error;
}

static int copy_dictionaries(struct bare *b)
{
	const struct part_footer *f = &b->from->footer;
	uint64_t at = PART_HEADER_BYTES;
	int error = copy(b, at, f->series_bytes, f->series_hash);

	at += f->series_bytes;
	if (!error)
		error = copy(b, at, f->peers_bytes, f->peers_hash);
	at += f->peers_bytes;
	return error < 0 ? error : copy(b, at, CODES_BYTES, f->codes_hash);
}

static int copy_summaries(struct bare *b)
{
	const struct part *p = b->from;
	int error = 0;

	for (uint32_t i = 0; i < p->footer.n_groups && !error; i++) {
		error = copy(b, p->groups[i].summary_offset, p->groups[i].summary_bytes,
			     p->hashes[i].summary);
	}
	return error;
}

static int write_tail(struct bare *b)
{
	const struct part *p = b->from;
	struct part_footer f = p->footer;
	uint64_t nothing = hash_bytes("", 0);
	struct buffer tail;
	int error;

	buffer_init(&tail);
	for (uint32_t i = 0; i < f.n_groups; i++) {
		struct part_group g = p->groups[i];
		const struct group_hashes h = { p->hashes[i].summary, nothing, nothing };

		g.times_bytes = g.ports_bytes = 0;
		part_put_entry(&g, &h, &tail);
	}
	f.details_bytes = 0;
	f.directory_hash = tail.failed ? 0 : hash_bytes(tail.bytes, tail.length);
	part_put_footer(PART_VERSION_BARE, &f, &tail);
	error = tail.failed ? -ENOMEM : part_write_at(b->fd, tail.bytes, tail.length, b->at);
	b->at += tail.length;
	buffer_finish(&tail);
	return error;
}

int part_write_summaries(struct part *p, int fd, struct diagnosis *d)
{
	off_t start = lseek(fd, 0, SEEK_CUR);
	struct bare b = { .from = p, .fd = fd, .at = (uint64_t)start, .d = d };
	struct buffer header;
	int error = start < 0 ? -errno : 0;

	if (error < 0)
		return error;
	buffer_init(&header);
	part_put_header(PART_VERSION_BARE, &header);
	error = header.failed ? -ENOMEM : part_write_at(fd, header.bytes, header.length, b.at);
	b.at += header.length;
	buffer_finish(&header);
	if (!error)
		error = copy_dictionaries(&b);
	if (!error)
		error = copy_summaries(&b);
	if (!error)
		error = write_tail(&b);
	if (!error && lseek(fd, (off_t)b.at, SEEK_SET) < 0)
		error = -errno;
	free(b.block);
	return error;
}
