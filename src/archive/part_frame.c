/* What frames the sections of a part: header, directory, footer; and how they get into the file. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "archive/part_internal.h"
#include "base/hash.h"

#define URGE_BYTES 65536u /* written at once: the disk had better begin */

void part_put_header(uint32_t version, struct buffer *b)
{
	buffer_put(b, PART_MAGIC, PART_MAGIC_BYTES);
	buffer_put_u32(b, version);
	buffer_put_u32(b, 0);
}

void part_put_entry(const struct part_group *g, const struct group_hashes *h, struct buffer *b)
{
	buffer_put_u32(b, g->hour);
	buffer_put_u32(b, g->n_series);
	buffer_put_u32(b, g->n_pairs);
	buffer_put_u32(b, g->n_records);
	buffer_put_u32(b, g->summary_bytes);
	buffer_put_u32(b, g->times_bytes);
	buffer_put_u32(b, g->ports_bytes);
	buffer_put_u64(b, h->summary);
	buffer_put_u64(b, h->times);
	buffer_put_u64(b, h->ports);
}

void part_put_footer(uint32_t version, const struct part_footer *f, struct buffer *b)
{
	size_t start = b->length;
	struct buffer hashed;

	buffer_put_u32(b, f->n_groups);
	buffer_put_u32(b, f->n_series);
	buffer_put_u32(b, f->n_v4);
	buffer_put_u32(b, f->n_v6);
	buffer_put_u64(b, f->n_records);
	buffer_put_u32(b, f->series_bytes);
	buffer_put_u32(b, f->peers_bytes);
	buffer_put_u64(b, f->details_bytes);
	buffer_put_u64(b, f->summaries_bytes);
	buffer_put_u64(b, f->series_hash);
	buffer_put_u64(b, f->peers_hash);
	buffer_put_u64(b, f->codes_hash);
	buffer_put_u64(b, f->directory_hash);
	buffer_init(&hashed);
	part_put_header(version, &hashed);
	if (!b->failed)
		buffer_put(&hashed, b->bytes + start, PART_HASHED_FOOTER);
	b->failed |= hashed.failed;
	buffer_put_u64(b, b->failed ? 0 : hash_bytes(hashed.bytes, hashed.length));
	buffer_put(b, PART_END_MAGIC, PART_MAGIC_BYTES);
	buffer_finish(&hashed);
}

/* What is much, the disk is to begin with at once: it will be waited for. */
int part_write_at(int fd, const uint8_t *bytes, size_t length, uint64_t offset)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = pwrite(fd, bytes + done, length - done, (off_t)(offset + done));

		if (n == 0 || (n < 0 && errno != EINTR))
			return n == 0 ? -ENOSPC : -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	if (length >= URGE_BYTES)
		(void)sync_file_range(fd, (off_t)offset, (off_t)length, SYNC_FILE_RANGE_WRITE);
	return 0;
}
