#include "archive/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "archive/overlay_internal.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/i18n.h"

#define MANIFEST_BYTES_MAX (16u << 20)
#define MEMORY_BYTES_MAX   (64u << 20)

int archive_open_batch(struct archive *a, const char *batch, int *ret_fd)
{
	int fd = openat(a->archive_fd, batch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret_fd = fd;
	return fd < 0 ? -errno : 0;
}

int batch_read_manifest(struct archive *a, const char *batch, struct batch_manifest *ret_manifest,
			struct diagnosis *d)
{
	const struct live_batch *live = overlay_find(a, batch);
	struct buffer text;
	int fd, error;

	if (live)
		return overlay_manifest(a, live, ret_manifest, d);
	error = archive_open_batch(a, batch, &fd);
	buffer_init(&text);
	if (!error) {
		error = archive_slurp(fd, "manifest", MANIFEST_BYTES_MAX, &text);
		close(fd);
	}
	if (error < 0) {
		error = diagnose(d, error, "%s", error_text(error));
	} else {
		error = batch_manifest_parse((const char *)text.bytes, text.length, ret_manifest,
					     d);
	}
	buffer_finish(&text);
	return error < 0 ? diagnose_prefix(d, error, "%s/archive/%s/manifest", a->path, batch) : 0;
}

/* u64 sum of what follows · u32 length unpacked · a zstd frame */
static int unpack_memory(const struct buffer *packed, struct buffer *out)
{
	struct cursor c = cursor_over(packed->bytes, packed->length);
	uint64_t sum = cursor_u64_le(&c);
	const uint8_t *body = c.at;
	size_t body_bytes = cursor_left(&c);
	uint32_t length = cursor_u32_le(&c);
	uint8_t *room;

	if (c.overrun || sum != hash_bytes(body, body_bytes) || length > MEMORY_BYTES_MAX)
		return ERR_DAMAGED;
	room = buffer_reserve(out, (size_t)length + 1);
	if (!room)
		return -ENOMEM;
	if (ZSTD_decompress(room, length, c.at, cursor_left(&c)) != length)
		return ERR_DAMAGED;
	out->length += length;
	return 0;
}

int batch_read_memory(struct archive *a, const char *batch, struct buffer *ret_bytes,
		      struct diagnosis *d)
{
	const struct live_batch *live = overlay_find(a, batch);
	struct buffer packed;
	int fd, error;

	if (live)
		return overlay_memory(live, ret_bytes);
	error = archive_open_batch(a, batch, &fd);
	buffer_init(&packed);
	buffer_init(ret_bytes);
	if (!error) {
		error = archive_slurp(fd, "memory", MEMORY_BYTES_MAX, &packed);
		close(fd);
	}
	if (!error)
		error = unpack_memory(&packed, ret_bytes);
	buffer_finish(&packed);
	if (error == -ENOENT)
		return 0;
	return error < 0 ? diagnose(d, error, "%s/archive/%s/memory: %s", a->path, batch,
				    error_text(error))
			 : 0;
}

int batch_open_part(struct archive *a, const char *batch, const char *part, struct part **ret_part,
		    struct diagnosis *d)
{
	const struct live_batch *live = overlay_find(a, batch);
	int fd, error;

	if (live)
		return overlay_open_part(a, live, part, ret_part, d);
	error = archive_open_batch(a, batch, &fd);
	if (error < 0)
		return diagnose(d, error, "%s/archive/%s: %s", a->path, batch, strerror(-error));
	error = part_open(fd, part, ret_part, d);
	close(fd);
	return error < 0 ? diagnose_prefix(d, error, "%s/archive/%s", a->path, batch) : 0;
}
