#include "confine/confine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"

#include "confine/confine_internal.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

#ifdef SANITIZED
static int confined;

/* Asked by LeakSanitizer when the process ends: to search, it would have to trace the process,
 * which is what a confined one cannot. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return confined;
}

static void end_search_for_leaks(void)
{
	confined = 1;
}
#else
static void end_search_for_leaks(void)
{
}
#endif

/* Landlock and seccomp bind the thread that enters them, and those that it starts. */
static int refuse_threads(struct diagnosis *d)
{
	struct stat st;

	if (stat("/proc/self/task", &st) == 0 && st.st_nlink > 3) /* ".", ".." and one thread */
		return diagnose(d, -EBUSY, "confine: %d threads run already", (int)st.st_nlink - 2);
	return 0;
}

static const char *seccomp_words(bool entered)
{
	if (entered)
		return "seccomp";
	return confine_seccomp_built() ? _("no seccomp in this kernel")
				       : _("no seccomp in this build");
}

static void put_words(const struct confine_user *user, int landlock_abi, struct confine_result *r)
{
	char who[128], landlock[64];

	snprintf(who, sizeof(who), user->name ? _("user %s") : _("the user that started it"),
		 user->name);
	snprintf(landlock, sizeof(landlock),
		 landlock_abi > 0 ? "landlock %d" : _("no landlock in this kernel"), landlock_abi);
	snprintf(r->words, sizeof(r->words), "%s, %s, %s, %s", who, _("no capabilities"), landlock,
		 seccomp_words(r->seccomp));
}

/* The kernel forgets this when the user changes, and seccomp refuses it. PARENT may have ended
 * already. */
static int end_with(pid_t parent, struct diagnosis *d)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return diagnose(d, -errno, "PR_SET_PDEATHSIG: %s", strerror(errno));
	return getppid() == parent ? 0 : -ESRCH;
}

int confine_enter(const struct confine_settings *settings, struct confine_result *ret_result,
		  struct diagnosis *d)
{
	struct confine_result r = { 0 };
	struct confine_user user;
	pid_t parent = getppid();
	int landlock_abi = 0, error = refuse_threads(d);

	if (!error)
		error = confine_user_find(settings->user, &user, d);
	if (!error)
		error = confine_promise(d);
	if (!error)
		error = confine_user_enter(&user, d);
	if (!error && settings->role == CONFINE_SCANNER)
		error = end_with(parent, d);
	if (!error) {
		end_search_for_leaks();
		error = confine_landlock_enter(settings, &landlock_abi, d);
	}
	if (!error)
		error = confine_seccomp_enter(settings->role, &r.seccomp, d);
	if (error)
		return error;
	r.user_changed = user.name != NULL;
	r.landlock = landlock_abi > 0;
	put_words(&user, landlock_abi, &r);
	*ret_result = r;
	return 0;
}
