/*
 * Landlock by the kernel's own calls. Constants are written here, since headers of an older kernel
 * than the one below lack some of them: linux/landlock.h, docs.kernel.org/userspace-api/landlock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/confine_internal.h"

/* The same numbers on every architecture. */
#define CREATE_RULESET 444
#define ADD_RULE       445
#define RESTRICT_SELF  446

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH      1

#define FS_WRITE_FILE  (1ULL << 1)
#define FS_READ_FILE   (1ULL << 2)
#define FS_READ_DIR    (1ULL << 3)
#define FS_REMOVE_DIR  (1ULL << 4)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_DIR    (1ULL << 7)
#define FS_MAKE_REG    (1ULL << 8)
#define FS_REFER       (1ULL << 13) /* move a file to another folder */
#define FS_TRUNCATE    (1ULL << 14)

#define NET_BIND_TCP    (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)

#define SCOPE_ABSTRACT_SOCKETS (1ULL << 0) /* of processes that are not confined with us */
#define SCOPE_SIGNALS          (1ULL << 1)

#define FS_OF_FILES (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)
#define FS_READING  (FS_READ_FILE | FS_READ_DIR)
/* Not among them: to make links, sockets, devices and pipes, to execute. */
#define FS_WRITING                                                                                 \
	(FS_READING | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | \
	 FS_REFER | FS_TRUNCATE)

struct ruleset {
	uint64_t fs, net, scoped; /* what is refused unless a rule allows it */
};

struct path_rule {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/* An abstract address is no file: the service manager's socket may have one, in a container. */
static bool notified_by_abstract_socket(void)
{
	const char *socket = getenv("NOTIFY_SOCKET");

	return socket && *socket == '@';
}

/* All that this version can refuse, of the versions known here. */
static struct ruleset refuse_all(enum confine_role role, int abi)
{
	/* Bits of files: 13 in version 1; REFER, TRUNCATE; ioctl of devices. */
	const int fs_bits = 13 + (abi >= 2) + (abi >= 3) + (abi >= 5);
	struct ruleset r = { .fs = (1ULL << fs_bits) - 1 };

	if (abi >= 4)
		r.net = role == CONFINE_SCANNER ? NET_BIND_TCP : NET_BIND_TCP | NET_CONNECT_TCP;
	if (abi >= 6)
		r.scoped = SCOPE_SIGNALS;
	if (abi >= 6 && !notified_by_abstract_socket())
		r.scoped |= SCOPE_ABSTRACT_SOCKETS;
	return r;
}

/* What is not there is not reachable either; only what should be written to has to be there. */
static int allow_path(int ruleset_fd, const struct ruleset *r, const struct confine_path *path,
		      struct diagnosis *d)
{
	struct path_rule rule = { path->writable ? FS_WRITING : FS_READING,
				  open(path->path, O_PATH | O_CLOEXEC) };
	struct stat st = { 0 };
	int error = 0;

	if (rule.fd < 0 && errno == ENOENT && !path->writable)
		return 0;
	if (rule.fd < 0 || fstat(rule.fd, &st) < 0)
		error = -errno;
	if (!error && !S_ISDIR(st.st_mode))
		rule.allowed &= FS_OF_FILES;
	rule.allowed &= r->fs;
	if (!error && syscall(ADD_RULE, ruleset_fd, RULE_PATH_BENEATH, &rule, 0) < 0)
		error = -errno;
	if (rule.fd >= 0)
		close(rule.fd);
	return error ? diagnose(d, error, "%s: %s", path->path, strerror(-error)) : 0;
}

int confine_landlock_restrict(const struct confine_settings *s, int abi, struct diagnosis *d)
{
	const struct ruleset ruleset = refuse_all(s->role, abi);
	/* Fields that an older kernel does not know are 0 then, which it accepts. */
	int fd = (int)syscall(CREATE_RULESET, &ruleset, sizeof(ruleset), 0), error = 0;

	if (fd < 0)
		return diagnose(d, -errno, "landlock: %s", strerror(errno));
	for (size_t i = 0; i < s->n_paths && !error; i++)
		error = allow_path(fd, &ruleset, &s->paths[i], d);
	if (!error && syscall(RESTRICT_SELF, fd, 0) < 0)
		error = diagnose(d, -errno, "landlock: %s", strerror(errno));
	close(fd);
	return error;
}

int confine_landlock_enter(const struct confine_settings *s, int *ret_abi, struct diagnosis *d)
{
	int abi = (int)syscall(CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION), error = 0;

	if (abi < 0 && errno != ENOSYS && errno != EOPNOTSUPP)
		return diagnose(d, -errno, "landlock: %s", strerror(errno));
	/* Not in this kernel; not among those chosen at its start; or the first version, under
	 * which no file may be moved to another folder, as the store does at each commit. */
	if (abi < 2) {
		abi = 0;
	} else {
		error = confine_landlock_restrict(s, abi, d);
	}
	if (!error)
		*ret_abi = abi;
	return error;
}
