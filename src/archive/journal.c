/* Which journals there are, and which of them count. */
#include "archive/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/journal_internal.h"
#include "archive/list_internal.h"
#include "base/i18n.h"

void journal_make_name(uint64_t started_ns, uint64_t id, char ret_name[BATCH_NAME_MAX])
{
	time_t started = (time_t)(started_ns / 1000000000ULL);
	struct tm tm;
	char when[24];

	gmtime_r(&started, &tm);
	(void)strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	(void)snprintf(ret_name, BATCH_NAME_MAX, "%.20s-%016" PRIx64, when, id);
}

bool journal_name_is_sound(const char *name)
{
	return batch_name_is_sound(name) && name[strlen(name) - 1] != '+';
}

/* Of a journal that is only just made, or was never finished. */
static bool is_new(const char *file)
{
	size_t length = strlen(file), tail = strlen(JOURNAL_NEW);
	char name[BATCH_NAME_MAX];

	if (length < tail || length >= sizeof(name) || strcmp(file + length - tail, JOURNAL_NEW))
		return false;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(length - tail), file);
	return journal_name_is_sound(name);
}

bool journal_file_is_known(const char *file)
{
	return journal_name_is_sound(file) || is_new(file);
}

/*
 * All in live/, and what archive/ has. In this order: who makes a batch of a journal removes it
 * after the commit, so that none is missing in both.
 */
static int look(struct archive *a, struct names *ret_files, struct names *ret_batches,
		struct names *ret_void, struct diagnosis *d)
{
	int error = a->live_fd < 0 ? 0 : names_of_folder(a->live_fd, ret_files);

	if (error < 0)
		return diagnose(d, error, "%s/live: %s", a->path, strerror(-error));
	return ret_files->count ? archive_list_known(a, ret_batches, ret_void, d) : 0;
}

int journal_list(struct archive *a, char (**ret_names)[BATCH_NAME_MAX], size_t *ret_count,
		 struct diagnosis *d)
{
	struct names files = { 0 }, batches = { 0 }, replaced = { 0 };
	size_t kept = 0;
	int error = look(a, &files, &batches, &replaced, d);

	for (size_t i = 0; i < files.count && !error; i++) {
		const char *name = files.list[i];

		if (journal_name_is_sound(name) && !names_have(&batches, name) &&
		    !names_have(&replaced, name))
			memmove(files.list[kept++], name, BATCH_NAME_MAX);
	}
	free(batches.list);
	free(replaced.list);
	if (error < 0) {
		free(files.list);
		return error;
	}
	*ret_names = files.list;
	*ret_count = kept;
	return 0;
}

int journal_is_held(struct archive *a, const char *name)
{
	int fd = openat(a->live_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), held;

	if (fd < 0)
		return -errno;
	held = flock(fd, LOCK_SH | LOCK_NB) == 0 ? 0 : errno == EWOULDBLOCK ? 1 : -errno;
	close(fd);
	return held;
}

int journal_remove(struct archive *a, const char *name)
{
	return unlinkat(a->live_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* Under the file's own lock, so that who only just makes it sees that it is gone. */
static int sweep_new(struct archive *a, const char *file)
{
	int fd = openat(a->live_fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC),
	    error = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		error = journal_remove(a, file);
	close(fd);
	return error;
}

int journal_sweep(struct archive *a, struct diagnosis *d)
{
	struct names files = { 0 }, batches = { 0 }, replaced = { 0 };
	int error = look(a, &files, &batches, &replaced, d);

	for (size_t i = 0; i < files.count && !error; i++) {
		const char *file = files.list[i];

		if (is_new(file)) {
			error = sweep_new(a, file);
		} else if (journal_name_is_sound(file) &&
			   (names_have(&batches, file) || names_have(&replaced, file))) {
			error = journal_remove(a, file);
		}
		if (error < 0)
			diagnose(d, error, "%s/live/%s: %s", a->path, file, strerror(-error));
	}
	free(files.list);
	free(batches.list);
	free(replaced.list);
	return error;
}

/* ---- out of the way ---- */

static int move_aside(struct archive *a, const char *name)
{
	int aside, error = archive_open_folder(a, JOURNAL_ASIDE, true, &aside);

	if (error < 0)
		return error;
	/* Nothing is written over: of a store that was put together again. */
	if (faccessat(aside, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		error = -EEXIST;
	else if (renameat(a->live_fd, name, aside, name) < 0 || fsync(aside) < 0 ||
		 fsync(a->live_fd) < 0)
		error = -errno;
	close(aside);
	return error;
}

int journal_set_aside(struct archive *a, const char *name, struct diagnosis *d)
{
	int error = move_aside(a, name);

	return error < 0 ? diagnose(d, error, "%s/" JOURNAL_ASIDE "/%s: %s", a->path, name,
				    strerror(-error))
			 : 0;
}

int journal_list_aside(struct archive *a, char (**ret_names)[ARCHIVE_FILE_MAX], size_t *ret_count,
		       struct diagnosis *d)
{
	int fd, error = archive_open_folder(a, JOURNAL_ASIDE, false, &fd);

	*ret_names = NULL;
	*ret_count = 0;
	if (error == -ENOENT)
		return 0;
	if (!error) {
		error = archive_collect_files(fd, ret_names, ret_count);
		close(fd);
	}
	return error < 0 ? diagnose(d, error, "%s/" JOURNAL_ASIDE ": %s", a->path, strerror(-error))
			 : 0;
}

int journal_list_files(struct archive *a, char (**ret_names)[ARCHIVE_FILE_MAX], size_t *ret_count,
		       struct diagnosis *d)
{
	int error;

	*ret_names = NULL;
	*ret_count = 0;
	if (a->live_fd < 0)
		return 0;
	error = archive_collect_files(a->live_fd, ret_names, ret_count);
	return error < 0 ? diagnose(d, error, "%s/live: %s", a->path, strerror(-error)) : 0;
}

/* ---- reading by name ---- */

static int open_journal(struct archive *a, const char *name, int *ret_fd, struct diagnosis *d)
{
	int fd = a->live_fd < 0
			 ? -1
			 : openat(a->live_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		int error = a->live_fd < 0 ? -ENOENT : -errno;

		return diagnose(d, error, "%s/live/%s: %s", a->path, name, strerror(-error));
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return diagnose(d, ERR_FORMAT, _("%s/live/%s is no journal"), a->path, name);
	}
	*ret_fd = fd;
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): what a journal gives */
int journal_read(struct archive *a, const char *name, journal_sightings_fn fn, void *user,
		 struct batch_manifest *ret_manifest, struct buffer *ret_memory,
		 struct diagnosis *d)
{
	int fd = -1, error = open_journal(a, name, &fd, d);

	if (error < 0)
		return error;
	error = journal_read_fd(fd, name, fn, user, ret_manifest, ret_memory, NULL, d);
	close(fd);
	return error < 0 ? diagnose_prefix(d, error, "%s/live/%s", a->path, name) : error;
}

int journal_check(struct archive *a, const char *name, struct journal_loss *ret_loss,
		  struct diagnosis *d)
{
	struct batch_manifest m;
	struct buffer memory;
	int fd = -1, error = open_journal(a, name, &fd, d);

	if (error < 0)
		return error;
	error = journal_read_fd(fd, name, NULL, NULL, &m, &memory, ret_loss, d);
	close(fd);
	if (error < 0)
		return diagnose_prefix(d, error, "%s/live/%s", a->path, name);
	batch_manifest_finish(&m);
	buffer_finish(&memory);
	return 0;
}
