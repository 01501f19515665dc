/*
 * Giving up what a process does not need any more, before it looks at bytes from outside: its user,
 * its capabilities, all files but some, all system calls but some.
 *
 * To be called by a process of one thread, when all is open that wanted privileges. Nothing of it
 * can be taken back.
 */
#ifndef SEKIMORI_CONFINE_CONFINE_H
#define SEKIMORI_CONFINE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct confine_path {
	const char *path;
	bool writable; /* files below may be made, written, renamed, removed; else only read */
};

/* What it is that goes on: which system calls it has left. */
enum confine_role {
	CONFINE_SENSOR,
	CONFINE_SCANNER /* the child of a process that outlives it */
};

struct confine_settings {
	const char *user; /* to become, when we are root */
	const struct confine_path
		*paths; /* all that stays reachable; descriptors that are open stay so */
	size_t n_paths;
	enum confine_role role;
};

/* What was done, for people and for tests. */
struct confine_result {
	bool user_changed, landlock,
		seccomp; /* false: was not root; this system, or this build, has none */
	char words[512]; /* "user sekimori, no capabilities, landlock 3, seccomp" */
};

/*
 * Enters, in this order: no new privileges; the user (with its groups), all capabilities gone and,
 * as root, the bounding set empty; not dumpable; Landlock; seccomp, whose list is that of a sensor:
 * files, memory, threads, time, polling, receiving from open sockets, accepting on a Unix socket,
 * the filter's maps and its loaded program. No socket can be made but for datagrams to Unix
 * sockets, no program or process started, none traced, no memory made executable. A call that is
 * not on the list ends the process (SIGSYS), so that it is found; one that is, with other
 * arguments, is -EPERM. docs/security.md has the reasons.
 *
 * A scanner's list has no files at all, but TCP and UDP sockets, connections, and packets of its
 * own making by sockets that are open; it is ended when its parent is.
 *
 * What is opened late is opened under these rules: a locale, a module of iconv, SQLite's temporary
 * files belong before, or below a path. A path that is not there is left out; a writable one is
 * -ENOENT, where there is Landlock. As root, no user, a missing one or root by any name is
 * ERR_USAGE; a second thread is -EBUSY: nothing is entered then. Not as root, or as
 * root of a namespace that knows no other user, the user stays.
 *
 * Returns 0, ERR_USAGE or -errno (what was entered stays so), with the words in D. What the system
 * does not have is no error; see the result.
 */
must_check int confine_enter(const struct confine_settings *settings,
			     struct confine_result *ret_result, struct diagnosis *d);

#endif
