/* A folder with a file for each table: all of them, or those that were there. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/print_internal.h"

#define NAME_MAX_HERE 48

/*
 * Beside its own name, a table has two more while all are written: a new one waits under the first
 * until all are there, an old one under the second until all have their names.
 */
enum beside {
	UNFINISHED,
	BEFORE
};

static const char *beside(size_t table, enum beside what, char ret_name[NAME_MAX_HERE])
{
	static const char *const ends[] = { [UNFINISHED] = "unfinished", [BEFORE] = "before" };

	snprintf(ret_name, NAME_MAX_HERE, ".%s.%s", report_csv_name(table), ends[what]);
	return ret_name;
}

static int write_table(const struct report *r, int dir_fd, size_t table, bool for_excel)
{
	char name[NAME_MAX_HERE];
	int fd = openat(dir_fd, beside(table, UNFINISHED, name),
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	bool bad;

	if (!out) {
		int error = -errno;

		if (fd >= 0)
			(void)close(fd);
		return error;
	}
	report_csv_print(r, table, for_excel, out);
	errno = 0;
	bad = fflush(out) != 0 || ferror(out) || fsync(fd) != 0;
	bad |= fclose(out) != 0;
	return !bad ? 0 : errno ? -errno : -EIO;
}

static void remove_all(int dir_fd, enum beside what)
{
	char name[NAME_MAX_HERE];

	for (size_t i = 0; i < report_csv_count(); i++)
		(void)unlinkat(dir_fd, beside(i, what, name), 0);
}

/* A folder cannot be replaced by a file: found out before the first table takes its name. */
static int check_way(int dir_fd, size_t table)
{
	struct stat st;

	if (fstatat(dir_fd, report_csv_name(table), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISDIR(st.st_mode) ? -EISDIR : 0;
}

/* By a second name, where the file system knows such: then no table is ever missing. */
static int keep_old(int dir_fd, size_t table)
{
	const char *name = report_csv_name(table);
	char old[NAME_MAX_HERE];

	if (linkat(dir_fd, name, dir_fd, beside(table, BEFORE, old), 0) == 0 || errno == ENOENT)
		return 0;
	return renameat(dir_fd, name, dir_fd, old) == 0 ? 0 : -errno;
}

static int take_name(int dir_fd, size_t table)
{
	char name[NAME_MAX_HERE];

	return renameat(dir_fd, beside(table, UNFINISHED, name), dir_fd, report_csv_name(table)) < 0
		       ? -errno
		       : 0;
}

/* The first N tables, whose old ones are kept, are as they were. */
static void put_back(int dir_fd, size_t n)
{
	char name[NAME_MAX_HERE];

	for (size_t i = 0; i < n; i++) {
		if (renameat(dir_fd, beside(i, BEFORE, name), dir_fd, report_csv_name(i)) < 0 &&
		    errno == ENOENT)
			(void)unlinkat(dir_fd, report_csv_name(i), 0);
	}
}

static int write_all(const struct report *r, int dir_fd, bool for_excel, size_t *ret_table)
{
	size_t n = report_csv_count(), kept = 0;
	int error = 0;

	for (size_t i = 0; i < n && !error; i++) {
		*ret_table = i;
		error = check_way(dir_fd, i);
		if (!error)
			error = write_table(r, dir_fd, i, for_excel);
	}
	for (size_t i = 0; i < n && !error; i++) {
		*ret_table = i;
		error = keep_old(dir_fd, i);
		if (!error) {
			kept++;
			error = take_name(dir_fd, i);
		}
	}
	if (error < 0)
		put_back(dir_fd, kept);
	return error;
}

int report_write_csv(const struct report *r, const char *dir, bool for_excel, struct diagnosis *d)
{
	size_t table = 0;
	int dir_fd, error;

	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return diagnose(d, -errno, "%s: %s", dir, strerror(errno));
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return diagnose(d, -errno, "%s: %s", dir, strerror(errno));
	remove_all(dir_fd, BEFORE); /* of a call that was killed */
	error = write_all(r, dir_fd, for_excel, &table);
	remove_all(dir_fd, UNFINISHED);
	remove_all(dir_fd, BEFORE);
	(void)close(dir_fd);
	return error < 0 ? diagnose(d, error, "%s/%s: %s", dir, report_csv_name(table),
				    strerror(-error))
			 : 0;
}
