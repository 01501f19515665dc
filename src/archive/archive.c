#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/overlay_internal.h"
#include "base/i18n.h"

#define STORE_MARK        "sekimori store 1\n"
#define STORE_MARK_PREFIX "sekimori store "

int archive_slurp(int dir_fd, const char *name, size_t most, struct buffer *out)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return -errno;
	while (!error) {
		uint8_t *room = buffer_reserve(out, 65536);
		ssize_t n = room ? read(fd, room, 65536) : 0;

		if (!room) {
			error = -ENOMEM;
		} else if (n < 0 && errno != EINTR) {
			error = -errno;
		} else if (n > 0) {
			out->length += (size_t)n;
		} else if (n == 0) {
			break;
		}
		if (out->length > most)
			error = ERR_LIMIT;
	}
	close(fd);
	return error;
}

int archive_remove_folder(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!dir) {
		int error = -errno;

		if (fd >= 0)
			close(fd);
		return error == -ENOENT ? 0 : error;
	}
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(fd, entry->d_name, 0);
	}
	closedir(dir);
	return unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

void archive_own(const struct archive *a, int fd)
{
	struct stat st;

	/*
	 * Only root can; for everybody else the file is theirs, as the store is. A file with a
	 * second name may be one that the store's owner is not to have.
	 */
	if (geteuid() != 0 || fstat(fd, &st) < 0 || (S_ISREG(st.st_mode) && st.st_nlink > 1))
		return;
	if (fchown(fd, a->owner_uid, a->owner_gid) < 0)
		return;
}

/* Written to by whoever opens the store, root as well: what has another name is not the store's
 * alone. */
static int check_single(const struct archive *a, const char *name, int fd, struct diagnosis *d)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diagnose(d, -errno, "%s/%s: %s", a->path, name, strerror(errno));
	if (S_ISREG(st.st_mode) && st.st_nlink == 1)
		return 0;
	return diagnose(
		d, ERR_FORMAT,
		S_ISREG(st.st_mode)
			? _("%s/%s is a hard link: put a copy in its place, the file has another name too")
			: _("%s/%s is no regular file"),
		a->path, name);
}

int archive_make_file(const struct archive *a, const char *name, int *ret_fd, struct diagnosis *d)
{
	/* The owner of the store may have put a link there, to a file of root's. */
	int fd = openat(a->root_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644), error;

	if (fd < 0)
		return diagnose(d, -errno, "%s/%s: %s", a->path, name, strerror(errno));
	error = check_single(a, name, fd, d);
	if (error < 0) {
		close(fd);
		return error;
	}
	archive_own(a, fd);
	*ret_fd = fd;
	return 0;
}

static bool folder_is_empty(int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = again >= 0 ? fdopendir(again) : NULL;
	struct dirent *entry;
	bool empty = true;

	if (!dir) {
		if (again >= 0)
			close(again);
		return false;
	}
	while (empty && (entry = readdir(dir)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	closedir(dir);
	return empty;
}

static int write_mark(struct archive *a)
{
	int fd, error = 0;

	if (unlinkat(a->root_fd, "store.new", 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(a->root_fd, "store.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	archive_own(a, fd);
	if (write(fd, STORE_MARK, strlen(STORE_MARK)) != (ssize_t)strlen(STORE_MARK) ||
	    fsync(fd) < 0)
		error = errno ? -errno : -EIO;
	close(fd);
	if (!error && renameat(a->root_fd, "store.new", a->root_fd, "store") < 0)
		error = -errno;
	return error;
}

/* Nothing in it, or what a maker left that was killed at once. */
static bool folder_is_unused(struct archive *a)
{
	struct stat st;

	return folder_is_empty(a->root_fd) ||
	       (fstatat(a->root_fd, "store.new", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode));
}

/* Under the folder's lock: several may come at once to make the same store. */
static int make_store(struct archive *a, struct diagnosis *d)
{
	int error = 0;

	while (flock(a->root_fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return diagnose(d, -errno, "%s: %s", a->path, strerror(errno));
	}
	if (faccessat(a->root_fd, "store", F_OK, 0) < 0) {
		if (!folder_is_unused(a)) {
			error = diagnose(d, ERR_FORMAT,
					 _("%s is neither empty nor a sekimori store"), a->path);
		} else if ((error = write_mark(a)) < 0) {
			diagnose(d, error, "%s: %s", a->path, strerror(-error));
		}
	}
	flock(a->root_fd, LOCK_UN);
	return error;
}

static int check_mark(struct archive *a, struct diagnosis *d)
{
	struct buffer mark;
	int error;

	buffer_init(&mark);
	error = archive_slurp(a->root_fd, "store", 4096, &mark);
	if (error == -ENOENT) {
		error = diagnose(d, folder_is_unused(a) ? -ENOENT : ERR_FORMAT,
				 _("%s is no sekimori store (it has no file \"store\")"), a->path);
	} else if (!error && (mark.length != strlen(STORE_MARK) ||
			      memcmp(mark.bytes, STORE_MARK, mark.length) != 0)) {
		error = mark.length > strlen(STORE_MARK_PREFIX) &&
					!memcmp(mark.bytes, STORE_MARK_PREFIX,
						strlen(STORE_MARK_PREFIX))
				? diagnose(d, ERR_UNSUPPORTED,
					   _("%s is a store of a newer version"), a->path)
				: diagnose(d, ERR_FORMAT, _("%s is no sekimori store"), a->path);
	} else if (error < 0) {
		error = diagnose(d, ERR_FORMAT, _("%s is no sekimori store (\"store\": %s)"),
				 a->path, error_text(error));
	}
	buffer_finish(&mark);
	return error;
}

int archive_open_folder(struct archive *a, const char *name, bool make, int *ret_fd)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd, error;

	if (make && mkdirat(a->root_fd, name, 0755) == 0) {
		fd = openat(a->root_fd, name, flags);
		if (fd >= 0)
			archive_own(a, fd);
		/* A batch is only as safe as the folder that it is in. */
		if (fd >= 0 && fsync(a->root_fd) < 0) {
			close(fd);
			fd = -1;
		}
	} else {
		fd = openat(a->root_fd, name, flags);
	}
	error = fd < 0 ? -errno : 0;
	*ret_fd = fd;
	return error;
}

/* Makes the folders on the way as well ("mkdir -p"). */
static int make_path(const char *path)
{
	char *copy = strdup(path);
	int error = 0;

	if (!copy)
		return -ENOMEM;
	for (char *at = copy + 1; !error; at++) {
		bool end = !*at;

		if (!end && *at != '/')
			continue;
		*at = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			error = -errno;
		if (end)
			break;
		*at = '/';
	}
	free(copy);
	return error;
}

static int open_root(struct archive *a, enum archive_mode mode, struct diagnosis *d)
{
	struct stat st;
	int error;

	if (mode == ARCHIVE_CREATE) {
		error = make_path(a->path);
		if (error < 0)
			return diagnose(d, error, "%s: %s", a->path, strerror(-error));
	}
	a->root_fd = open(a->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->root_fd < 0 || fstat(a->root_fd, &st) < 0)
		return diagnose(d, -errno, "%s: %s", a->path, strerror(errno));
	a->owner_uid = st.st_uid;
	a->owner_gid = st.st_gid;
	if (mode == ARCHIVE_CREATE && faccessat(a->root_fd, "store", F_OK, 0) < 0) {
		error = make_store(a, d);
		if (error < 0)
			return error;
	}
	return check_mark(a, d);
}

static int open_rest(struct archive *a, struct diagnosis *d)
{
	int error = archive_open_folder(a, "archive", a->writable, &a->archive_fd);

	/* A store that was only just begun has no archive/ yet: empty, not broken. */
	if (error == -ENOENT && !a->writable)
		error = 0;
	if (!error) {
		error = archive_open_folder(a, "live", a->writable, &a->live_fd);
		if (error == -ENOENT && !a->writable)
			error = 0;
	}
	if (!error && a->writable)
		error = archive_open_folder(a, "pending", true, &a->pending_fd);
	if (error < 0)
		return diagnose(d, error, "%s: %s", a->path, strerror(-error));
	return a->writable ? archive_make_file(a, "lock", &a->lock_fd, d) : 0;
}

int archive_open(const char *path, enum archive_mode mode, struct archive **ret_archive,
		 struct diagnosis *d)
{
	struct archive *a = calloc(1, sizeof(*a));
	int error;

	if (!a)
		return -ENOMEM;
	*a = (struct archive){
		.root_fd = -1, .archive_fd = -1, .live_fd = -1, .pending_fd = -1, .lock_fd = -1
	};
	a->writable = mode != ARCHIVE_READ;
	a->path = strdup(path);
	error = a->path ? open_root(a, mode, d) : -ENOMEM;
	if (!error)
		error = open_rest(a, d);
	if (error < 0) {
		archive_close(a);
		return error;
	}
	*ret_archive = a;
	return 0;
}

void archive_close(struct archive *a)
{
	if (!a)
		return;
	if (a->root_fd >= 0)
		close(a->root_fd);
	if (a->archive_fd >= 0)
		close(a->archive_fd);
	overlay_free(a->overlay);
	if (a->live_fd >= 0)
		close(a->live_fd);
	if (a->pending_fd >= 0)
		close(a->pending_fd);
	if (a->lock_fd >= 0)
		close(a->lock_fd);
	free(a->path);
	free(a);
}

const char *archive_path(const struct archive *a)
{
	return a->path;
}

int archive_folder(const struct archive *a)
{
	return a->root_fd;
}

bool archive_is_writable(const struct archive *a)
{
	return a->writable;
}

int archive_lock(struct archive *a)
{
	while (flock(a->lock_fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int archive_count_commits(struct archive *a, uint64_t *ret_count)
{
	uint64_t count = 0;

	if (pread(a->lock_fd, &count, sizeof(count), 0) < 0)
		return -errno;
	*ret_count = count;
	return 0;
}

int archive_note_commit(struct archive *a)
{
	uint64_t count = 0;
	int error = archive_count_commits(a, &count);

	count++;
	if (!error && pwrite(a->lock_fd, &count, sizeof(count), 0) != sizeof(count))
		error = errno ? -errno : -ENOSPC;
	return error;
}

void archive_unlock(struct archive *a)
{
	flock(a->lock_fd, LOCK_UN);
}
