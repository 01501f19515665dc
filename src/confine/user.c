#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/i18n.h"

#include "confine/confine_internal.h"

int confine_promise(struct diagnosis *d)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return diagnose(d, -errno, "PR_SET_NO_NEW_PRIVS: %s", strerror(errno));
	return 0;
}

/* In a namespace of somebody without rights there may be no user but root, who is none outside. */
static bool is_known(uid_t uid)
{
	FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned long first, outside, n;
	bool known = !map;

	while (map && fscanf(map, "%lu %lu %lu", &first, &outside, &n) == 3)
		known |= uid >= first && uid - first < n;
	if (map)
		fclose(map);
	return known;
}

int confine_user_find(const char *name, struct confine_user *ret_user, struct diagnosis *d)
{
	const struct passwd *p;

	if (geteuid() != 0) {
		*ret_user = (struct confine_user){ NULL, geteuid(), getegid() };
		return 0;
	}
	if (!name) {
		return diagnose(d, ERR_USAGE,
				_("started by root, and no user is named that it should become"));
	}
	p = getpwnam(name);
	if (!p)
		return diagnose(d, ERR_USAGE, _("there is no user \"%s\""), name);
	if (p->pw_uid == 0) {
		return diagnose(d, ERR_USAGE,
				_("the user \"%s\" is root; one without rights is wanted"), name);
	}
	*ret_user = is_known(p->pw_uid) ? (struct confine_user){ name, p->pw_uid, p->pw_gid }
					: (struct confine_user){ NULL, geteuid(), getegid() };
	return 0;
}

/* What a program that is started could get back. Only root may take from it, and only root needs
 * to: without, no_new_privs is as good. */
static int empty_bounding_set(struct diagnosis *d)
{
	for (unsigned long capability = 0;
	     prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0 || errno != EINVAL; capability++) {
		if (errno == EPERM)
			return diagnose(d, -EPERM, "PR_CAPBSET_DROP: %s", strerror(EPERM));
	}
	return 0;
}

/* The effective, permitted and inheritable sets; with them, the kernel empties the ambient one. */
static int drop_capabilities(struct diagnosis *d)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capset, &header, none) < 0)
		return diagnose(d, -errno, "capset: %s", strerror(errno));
	return 0;
}

static int become(const struct confine_user *user, struct diagnosis *d)
{
	if (initgroups(user->name, user->gid) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0) {
		return diagnose(d, -errno, _("cannot become the user %s: %s"), user->name,
				strerror(errno));
	}
	return 0;
}

int confine_user_enter(const struct confine_user *user, struct diagnosis *d)
{
	int error = 0;

	if (user->name) {
		error = empty_bounding_set(d);
		if (!error)
			error = become(user, d);
	}
	if (!error)
		error = drop_capabilities(d);
	if (!error && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		error = diagnose(d, -errno, "PR_SET_DUMPABLE: %s", strerror(errno));
	return error;
}
