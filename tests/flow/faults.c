/*
 * Loaded before the C library (LD_PRELOAD): the Nth call that changes a file system fails, or the
 * process dies just before it. SEKIMORI_FAULT is "N" (SIGKILL) or "N:ERRNO". And asking for the
 * room on a disk takes until there is a file SEKIMORI_GATE; one with ".met" behind that name is
 * made when somebody waits.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static atomic_long calls;

/* Is it this one's turn to fail? */
static bool is_due(void)
{
	const char *words = getenv("SEKIMORI_FAULT");
	char *rest;
	long due;

	if (!words)
		return false;
	due = strtol(words, &rest, 10);
	if (atomic_fetch_add(&calls, 1) + 1 != due)
		return false;
	if (*rest != ':')
		raise(SIGKILL);
	errno = (int)strtol(rest + 1, NULL, 10);
	return true;
}

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

int statvfs64(const char *path, struct statvfs64 *ret_disk)
{
	const char *gate = getenv("SEKIMORI_GATE");
	char met[512];

	if (gate && access(gate, F_OK) < 0) {
		(void)snprintf(met, sizeof(met), "%s.met", gate);
		(void)close(open(met, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
		while (access(gate, F_OK) < 0)
			(void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	return REAL(statvfs64)(path, ret_disk);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	return fd > 2 && is_due() ? -1 : REAL(write)(fd, bytes, n);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
	return is_due() ? -1 : REAL(pwrite64)(fd, bytes, n, at);
}

int fsync(int fd)
{
	return is_due() ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
	return is_due() ? -1 : REAL(fdatasync)(fd);
}

int ftruncate64(int fd, off64_t length)
{
	return is_due() ? -1 : REAL(ftruncate64)(fd, length);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return is_due() ? -1 : REAL(renameat)(from_fd, from, to_fd, to);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	return is_due() ? -1 : REAL(linkat)(from_fd, from, to_fd, to, flags);
}

int unlinkat(int fd, const char *path, int flags)
{
	return is_due() ? -1 : REAL(unlinkat)(fd, path, flags);
}

int unlink(const char *path)
{
	return is_due() ? -1 : REAL(unlink)(path);
}

int mkdirat(int fd, const char *path, mode_t mode)
{
	return is_due() ? -1 : REAL(mkdirat)(fd, path, mode);
}
