/* What a store takes on the disk, and batches that are too old to be kept. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/journal.h"
#include "archive/list_internal.h"

#define BLOCK_BYTES 512u /* of st_blocks, whatever the file system's are */

static uint64_t disk_bytes(const struct stat *st)
{
	return (uint64_t)st->st_blocks * BLOCK_BYTES;
}

/* What lies in a folder, and in folders in it as deep as DEPTH; what is gone meanwhile is nothing.
 */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as DEPTH */
static int measure_folder(int dir_fd, const char *name, int depth, uint64_t *sum)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), error = 0;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct stat st;

	if (!dir) {
		error = -errno;
		if (fd >= 0)
			close(fd);
		return error;
	}
	if (fstat(fd, &st) == 0)
		*sum += disk_bytes(&st);
	while (!error && (entry = names_next_entry(dir, &error))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!S_ISDIR(st.st_mode)) {
			*sum += disk_bytes(&st);
		} else if (depth) {
			error = measure_folder(fd, entry->d_name, depth - 1, sum);
			error = error == -ENOENT ? 0 : error;
		}
	}
	closedir(dir);
	return error;
}

int archive_measure(struct archive *a, const char *batch, uint64_t *ret_bytes)
{
	static const char *const files[] = { "catalogue.sqlite", "catalogue.sqlite-journal" };
	uint64_t sum = 0;
	struct stat st;
	int error = 0;

	if (batch) {
		error = a->archive_fd < 0 ? -ENOENT : measure_folder(a->archive_fd, batch, 0, &sum);
	} else {
		error = measure_folder(a->root_fd, "archive", 1, &sum);
		if (!error || error == -ENOENT)
			error = measure_folder(a->root_fd, "live", 0, &sum);
		if (!error || error == -ENOENT)
			error = measure_folder(a->root_fd, JOURNAL_ASIDE, 0, &sum);
		error = error == -ENOENT ? 0 : error;
		for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
			if (fstatat(a->root_fd, files[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
				sum += disk_bytes(&st);
		}
	}
	if (!error)
		*ret_bytes = sum;
	return error;
}

/* Out of archive/ by one rename, so that nobody ever finds half of it there. */
int archive_drop(struct archive *a, char (*names)[BATCH_NAME_MAX], size_t count,
		 struct diagnosis *d)
{
	int error = archive_note_commit(a);

	if (error < 0)
		return diagnose(d, error, "%s/lock: %s", a->path, strerror(-error));
	for (size_t i = 0; i < count; i++) {
		if (renameat(a->archive_fd, names[i], a->pending_fd, names[i]) < 0 &&
		    errno != ENOENT)
			return diagnose(d, -errno, "%s/archive/%s: %s", a->path, names[i],
					strerror(errno));
	}
	/* No half of it is to come back after a crash, when its files are removed. */
	if (fsync(a->archive_fd) < 0 || fsync(a->pending_fd) < 0)
		return diagnose(d, -errno, "%s/archive: %s", a->path, strerror(errno));
	return 0;
}
