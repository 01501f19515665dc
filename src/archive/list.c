/* Which batches the archive has, which of them are void, and what killed writers left. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "archive/list_internal.h"
#include "base/array.h"

int names_add(struct names *n, const char *name)
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

bool names_have(const struct names *n, const char *name)
{
	return n->count && bsearch(name, n->list, n->count, sizeof(*n->list), name_order);
}

struct dirent *names_next_entry(DIR *dir, int *ret_error)
{
	struct dirent *entry;

	errno = 0;
	entry = readdir(dir);
	*ret_error = entry ? 0 : -errno;
	return entry;
}

int names_of_folder(int dir_fd, struct names *ret_names)
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
	while (!error && (entry = names_next_entry(dir, &error))) {
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
	int error = a->archive_fd < 0 ? 0 : names_of_folder(a->archive_fd, ret_names);

	for (size_t i = 0; i < ret_names->count; i++) {
		if (batch_name_is_sound(ret_names->list[i]))
			memmove(ret_names->list[kept++], ret_names->list[i], BATCH_NAME_MAX);
	}
	ret_names->count = kept;
	return error;
}

/* Of us, and not of the manifest: it may say what is void, and was not looked at. */
static bool is_ours(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE;
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
		if (error < 0 && !is_ours(error)) {
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

int archive_list_known(struct archive *a, struct names *ret_all, struct names *ret_void,
		       struct diagnosis *d)
{
	int error = list_batches(a, ret_all);

	return error < 0 ? error : collect_replaced(a, ret_all, ret_void, d);
}

/* Both lists sorted: what is in archive/ too, or replaced there, is in it already. */
static int add_live(const struct archive *a, const struct names *batches,
		    const struct names *replaced, struct names *kept)
{
	int error = 0;

	for (size_t i = 0; i < archive_live_count(a) && !error; i++) {
		const char *name = archive_live_name(a, i);

		if (!names_have(batches, name) && !names_have(replaced, name))
			error = names_add(kept, name);
	}
	if (kept->count)
		qsort(kept->list, kept->count, sizeof(*kept->list), name_order);
	return error;
}

static int list(struct archive *a, bool live, char (**ret_names)[BATCH_NAME_MAX], size_t *ret_count,
		struct diagnosis *d)
{
	struct names all = { 0 }, replaced = { 0 }, kept = { 0 };
	int error = archive_list_known(a, &all, &replaced, d);

	for (size_t i = 0; i < all.count && !error; i++) {
		if (!names_have(&replaced, all.list[i]))
			error = names_add(&kept, all.list[i]);
	}
	if (!error && live)
		error = add_live(a, &all, &replaced, &kept);
	free(all.list);
	free(replaced.list);
	if (error < 0) {
		free(kept.list);
		return error;
	}
	*ret_names = kept.list;
	*ret_count = kept.count;
	return 0;
}

int archive_list(struct archive *a, char (**ret_names)[BATCH_NAME_MAX], size_t *ret_count,
		 struct diagnosis *d)
{
	return list(a, true, ret_names, ret_count, d);
}

int archive_list_committed(struct archive *a, char (**ret_names)[BATCH_NAME_MAX], size_t *ret_count,
			   struct diagnosis *d)
{
	return list(a, false, ret_names, ret_count, d);
}

/* A folder under pending/ whose lock can be had belongs to nobody that lives. */
static int sweep_pending(struct archive *a, struct diagnosis *d)
{
	struct names all = { 0 };
	int error = names_of_folder(a->pending_fd, &all);

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
	bool any = names_of_folder(a->pending_fd, &pending) < 0 || pending.count;

	free(pending.list);
	return any;
}

int archive_sweep(struct archive *a, struct diagnosis *d)
{
	struct names all = { 0 }, replaced = { 0 };
	int error = sweep_pending(a, d);

	if (!error)
		error = archive_list_known(a, &all, &replaced, d);
	for (size_t i = 0; i < replaced.count && !error; i++) {
		if (names_have(&all, replaced.list[i]))
			error = remove_replaced(a, replaced.list[i], d);
	}
	free(all.list);
	free(replaced.list);
	return error;
}

int archive_collect_files(int dir_fd, char (**ret_names)[ARCHIVE_FILE_MAX], size_t *ret_count)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	char(*list)[ARCHIVE_FILE_MAX] = NULL;
	struct dirent *entry;
	size_t n = 0, room = 0;
	int error = dir ? 0 : -errno;

	if (!dir && fd >= 0)
		close(fd);
	while (!error && (entry = names_next_entry(dir, &error))) {
		void *grown;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		grown = array_make_room(list, n, &room, sizeof(*list));
		error = grown ? 0 : -ENOMEM;
		list = grown ? grown : list;
		if (grown)
			(void)snprintf(list[n++], sizeof(*list), "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (error < 0) {
		free(list);
		return error;
	}
	if (n)
		qsort(list, n, sizeof(*list), name_order);
	*ret_names = list;
	*ret_count = n;
	return 0;
}

int archive_list_files(struct archive *a, const char *batch, char (**ret_names)[ARCHIVE_FILE_MAX],
		       size_t *ret_count, struct diagnosis *d)
{
	int fd, error;

	*ret_names = NULL;
	*ret_count = 0;
	if (a->archive_fd < 0)
		return 0;
	error = archive_open_batch(a, batch ? batch : ".", &fd);
	if (!error) {
		error = archive_collect_files(fd, ret_names, ret_count);
		close(fd);
	}
	return error < 0 ? diagnose(d, error, "%s/archive/%s: %s", a->path, batch ? batch : "",
				    strerror(-error))
			 : 0;
}
