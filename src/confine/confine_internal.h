/*
 * The parts of confine_enter, each of which holds by itself, so that each can be tried alone. All
 * want PR_SET_NO_NEW_PRIVS to be set before (confine_promise).
 */
#ifndef SEKIMORI_CONFINE_CONFINE_INTERNAL_H
#define SEKIMORI_CONFINE_CONFINE_INTERNAL_H

#include <sys/types.h>

#include "confine/confine.h"

struct confine_user {
	const char *name; /* NULL: it stays who it is */
	uid_t uid;
	gid_t gid;
};

/* No program that is started ever has more rights than its caller. Returns 0 or -errno. */
must_check int confine_promise(struct diagnosis *d);

/*
 * Whom to become. NAME is taken, not copied, as root only, and where the namespace has that user;
 * else there is nothing to become.
 * Returns 0, or ERR_USAGE: root, and no such user, or one who is root by another name.
 */
must_check int confine_user_find(const char *name, struct confine_user *ret_user,
				 struct diagnosis *d);

/* Becomes that user with the user's groups, and gives up all capabilities for good. Returns 0 or
 * -errno. */
must_check int confine_user_enter(const struct confine_user *user, struct diagnosis *d);

/* Leaves the process the paths of S, and a scanner the making of connections. Writes the kernel's
 * version of Landlock, 0 where it has none that is of use. Returns 0 or -errno. */
must_check int confine_landlock_enter(const struct confine_settings *s, int *ret_abi,
				      struct diagnosis *d);

/* The same as a kernel of that version would, 2 or more and no later than this kernel's. */
must_check int confine_landlock_restrict(const struct confine_settings *s, int abi,
					 struct diagnosis *d);

/* Is seccomp in this build? */
bool confine_seccomp_built(void);

/* Leaves the process the system calls of that role. Writes false where kernel or build have no
 * seccomp. Returns 0 or -errno. */
must_check int confine_seccomp_enter(enum confine_role role, bool *ret_entered,
				     struct diagnosis *d);

#endif
