#include "archive/batch.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <zstd.h>

#include "archive/archive_internal.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/i18n.h"

#define MANIFEST_BYTES_MAX (16u << 20)
#define MEMORY_BYTES_MAX   (64u << 20)

struct names {
	char (*list)[BATCH_NAME_MAX];
	size_t count, room;
};

static int names_add(struct names *n, const char *name)
{
	if (n->count == n->room) {
		size_t room = n->room ? 2 * n->room : 64;
		void *grown = realloc(n->list, room * sizeof(*n->list));

		if (!grown)
			return -ENOMEM;
		n->list = grown;
		n->room = room;
	}
	(void)snprintf(n->list[n->count++], BATCH_NAME_MAX, "%s", name);
	return 0;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The names of all folders in DIR_FD, sorted. */
static int list_folder(int dir_fd, struct names *ret_names)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!dir) {
		error = -errno;
		if (fd >= 0)
			close(fd);
		return error;
	}
	while (!error && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < BATCH_NAME_MAX)
			error = names_add(ret_names, entry->d_name);
	}
	closedir(dir);
	if (ret_names->count)
		qsort(ret_names->list, ret_names->count, sizeof(*ret_names->list), name_order);
	return error;
}

static bool has_shape(const char *text, const char *shape)
{
	for (; *shape; shape++, text++) {
		bool fits = *shape == '0'   ? *text >= '0' && *text <= '9'
			    : *shape == 'x' ? *text && strchr("0123456789abcdef", *text)
					    : *text == *shape;

		if (!fits)
			return false;
	}
	return !*text || (*text == '+' && !text[1]);
}

bool batch_name_is_sound(const char *name)
{
	return has_shape(name, "00000000T000000Z-xxxxxxxxxxxxxxxx");
}

/* Names of batches only: what else people put there is theirs (verify tells them). */
static int list_batches(const struct archive *a, struct names *ret_names)
{
	size_t kept = 0;
	int error = a->archive_fd < 0 ? 0 : list_folder(a->archive_fd, ret_names);

	for (size_t i = 0; i < ret_names->count; i++) {
		if (batch_name_is_sound(ret_names->list[i]))
			memmove(ret_names->list[kept++], ret_names->list[i], BATCH_NAME_MAX);
	}
	ret_names->count = kept;
	return error;
}

/*
 * A batch that replaces others carries "+" at the end of its name, so that only these manifests
 * need reading here. Collects the names that they make void.
 */
static int collect_replaced(struct archive *a, const struct names *all, struct names *ret_void,
			    struct diagnosis *d)
{
	int error = 0;

	for (size_t i = 0; i < all->count && !error; i++) {
		struct batch_manifest m;

		if (all->list[i][strlen(all->list[i]) - 1] != '+')
			continue;
		batch_manifest_init(&m);
		error = batch_read_manifest(a, all->list[i], &m, d);
		/* Damaged: who reads it next says so. What it replaced is there again, or gone. */
		if (error < 0 && error != -ENOMEM) {
			error = 0;
			continue;
		}
		if (error < 0)
			break;
		for (size_t k = 0; k < m.n_replaces && !error; k++)
			error = names_add(ret_void, m.replaces[k]);
		batch_manifest_finish(&m);
	}
	if (ret_void->count)
		qsort(ret_void->list, ret_void->count, sizeof(*ret_void->list), name_order);
	return error;
}

static bool names_have(const struct names *n, const char *name)
{
	return n->count && bsearch(name, n->list, n->count, sizeof(*n->list), name_order);
}

int archive_list(struct archive *a, char (**ret_names)[BATCH_NAME_MAX], size_t *ret_count,
		 struct diagnosis *d)
{
	struct names all = { 0 }, replaced = { 0 };
	size_t kept = 0;
	int error = list_batches(a, &all);

	if (!error)
		error = collect_replaced(a, &all, &replaced, d);
	for (size_t i = 0; i < all.count && !error; i++) {
		if (!names_have(&replaced, all.list[i]))
			memmove(all.list[kept++], all.list[i], BATCH_NAME_MAX);
	}
	free(replaced.list);
	if (error < 0) {
		free(all.list);
		return error;
	}
	*ret_names = all.list;
	*ret_count = kept;
	return 0;
}

/* A folder under pending/ whose lock can be had belongs to nobody that lives. */
static int sweep_pending(struct archive *a, struct diagnosis *d)
{
	struct names all = { 0 };
	int error = list_folder(a->pending_fd, &all);

	if (error < 0)
		diagnose(d, error, "%s/pending: %s", a->path, strerror(-error));
	for (size_t i = 0; i < all.count && !error; i++) {
		int fd = openat(a->pending_fd, all.list[i],
				O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

		if (fd < 0)
			continue;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			error = archive_remove_folder(a->pending_fd, all.list[i]);
		close(fd);
		if (error < 0) {
			diagnose(d, error, "%s/pending/%s: %s", a->path, all.list[i],
				 strerror(-error));
		}
	}
	free(all.list);
	return error;
}

/*
 * Out of archive/ by one rename, so that nobody ever finds half of it there: its manifest may be
 * the only one that says which others are void.
 */
static int remove_replaced(struct archive *a, const char *name, struct diagnosis *d)
{
	int error = 0;

	if (renameat(a->archive_fd, name, a->pending_fd, name) < 0 || fsync(a->archive_fd) < 0)
		error = -errno;
	if (!error)
		error = archive_remove_folder(a->pending_fd, name);
	return error < 0 ? diagnose(d, error, "%s/archive/%s: %s", a->path, name, strerror(-error))
			 : 0;
}

bool archive_has_leftovers(struct archive *a)
{
	struct names pending = { 0 };
	bool any = list_folder(a->pending_fd, &pending) < 0 || pending.count;

	free(pending.list);
	return any;
}

int archive_sweep(struct archive *a, struct diagnosis *d)
{
	struct names all = { 0 }, replaced = { 0 };
	int error = sweep_pending(a, d);

	if (!error)
		error = list_batches(a, &all);
	if (!error)
		error = collect_replaced(a, &all, &replaced, d);
	for (size_t i = 0; i < replaced.count && !error; i++) {
		if (names_have(&all, replaced.list[i]))
			error = remove_replaced(a, replaced.list[i], d);
	}
	free(all.list);
	free(replaced.list);
	return error;
}

static int open_batch(struct archive *a, const char *batch, int *ret_fd)
{
	int fd = openat(a->archive_fd, batch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret_fd = fd;
	return fd < 0 ? -errno : 0;
}

static int file_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Reads DIR, which it closes. */
static int collect_files(DIR *dir, char (**ret_names)[ARCHIVE_FILE_MAX], size_t *ret_count)
{
	char(*list)[ARCHIVE_FILE_MAX] = NULL;
	struct dirent *entry;
	size_t n = 0, room = 0;

	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (n == room) {
			void *grown = realloc(list, (2 * room + 16) * sizeof(*list));

			if (!grown) {
				free(list);
				closedir(dir);
				return -ENOMEM;
			}
			list = grown;
			room = 2 * room + 16;
		}
		(void)snprintf(list[n++], sizeof(*list), "%s", entry->d_name);
	}
	closedir(dir);
	if (n)
		qsort(list, n, sizeof(*list), file_order);
	*ret_names = list;
	*ret_count = n;
	return 0;
}

int archive_list_files(struct archive *a, const char *batch, char (**ret_names)[ARCHIVE_FILE_MAX],
		       size_t *ret_count, struct diagnosis *d)
{
	int fd, error = open_batch(a, batch ? batch : ".", &fd);
	DIR *dir = error < 0 ? NULL : fdopendir(fd);

	if (a->archive_fd < 0) {
		*ret_names = NULL;
		*ret_count = 0;
		return 0;
	}
	if (!dir) {
		error = error < 0 ? error : -errno;
		if (fd >= 0)
			close(fd);
		return diagnose(d, error, "%s/archive/%s: %s", a->path, batch ? batch : "",
				strerror(-error));
	}
	return collect_files(dir, ret_names, ret_count);
}

int batch_read_manifest(struct archive *a, const char *batch, struct batch_manifest *ret_manifest,
			struct diagnosis *d)
{
	struct buffer text;
	int fd, error = open_batch(a, batch, &fd);

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
	struct buffer packed;
	int fd, error = open_batch(a, batch, &fd);

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
	int fd, error = open_batch(a, batch, &fd);

	if (error < 0)
		return diagnose(d, error, "%s/archive/%s: %s", a->path, batch, strerror(-error));
	error = part_open(fd, part, ret_part, d);
	close(fd);
	return error < 0 ? diagnose_prefix(d, error, "%s/archive/%s", a->path, batch) : 0;
}
