/* What is left of user and rights, what is refused before anything is entered, and what is said
 * where a kernel lacks something. */
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/macros.h"
#include "base/notify.h"

#include "confine/confine_internal.h"
#include "confine_tries.h"

/* In a child: the exit status says whether all was so. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("line %d: not so: %s\n", __LINE__, #condition);                     \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

static const struct confine_settings nobody = { "nobody", NULL, 0 };

/* A line of /proc/self/status that begins so and has a digit but 0 in it. */
static bool holds_rights(const char *status, const char *name)
{
	const char *line = strstr(status, name);
	size_t length;

	if (!line)
		return true;
	line += strlen(name);
	length = strcspn(line, "\n");
	return strspn(line, "\t0") != length;
}

static bool holds_any_rights(bool bounding)
{
	static const char *const sets[] = { "CapInh:", "CapPrm:", "CapEff:", "CapAmb:", "CapBnd:" };
	char status[8192];
	FILE *file = fopen("/proc/self/status", "re");
	bool any = !file;
	size_t n = file ? fread(status, 1, sizeof(status) - 1, file) : 0;

	status[n] = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(sets) - !bounding; i++)
		any = any || holds_rights(status, sets[i]);
	return any || fclose(file) != 0;
}

static int check_rights(const void *context)
{
	struct confine_user user;
	gid_t groups[64];
	uid_t r, e, s;
	int n;

	(void)context;
	REQUIRE(confine_promise(NULL) == 0 && confine_user_find("nobody", &user, NULL) == 0);
	REQUIRE(confine_user_enter(&user, NULL) == 0);
	REQUIRE(getresuid(&r, &e, &s) == 0 && r == user.uid && e == user.uid && s == user.uid);
	REQUIRE(getresgid(&r, &e, &s) == 0 && r == user.gid && e == user.gid && s == user.gid);
	n = getgroups((int)ARRAY_LENGTH(groups), groups);
	REQUIRE(n == 1 && groups[0] == user.gid);
	REQUIRE(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	REQUIRE(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	REQUIRE(!holds_any_rights(true));
	return 0;
}

/* Makes the process one that a service manager started as a user, with one right of root's. */
static int start_as_user(uid_t uid)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	const struct __user_cap_data_struct raw[_LINUX_CAPABILITY_U32S_3] = {
		{ .effective = 1U << CAP_NET_RAW,
		  .permitted = 1U << CAP_NET_RAW,
		  .inheritable = 1U << CAP_NET_RAW }
	};

	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setresuid(uid, uid, uid) < 0 ||
			       syscall(SYS_capset, &header, raw) < 0 ||
			       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) < 0 ||
			       prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0
		       ? -1
		       : 0;
}

static int check_started_as_user(const void *context)
{
	struct confine_user user;

	(void)context;
	REQUIRE(start_as_user(65534) == 0 && holds_any_rights(false));
	REQUIRE(confine_promise(NULL) == 0 && confine_user_find("root", &user, NULL) == 0);
	REQUIRE(!user.name && confine_user_enter(&user, NULL) == 0);
	REQUIRE(geteuid() == 65534 && !holds_any_rights(false));
	REQUIRE(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	return 0;
}

/* Root of a namespace in which nobody else is known stays that, with no rights. */
static int check_alone(const void *context)
{
	struct confine_user user;
	FILE *map;

	(void)context;
	REQUIRE(setresuid(65534, 65534, 65534) == 0 && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	if (unshare(CLONE_NEWUSER) < 0) {
		printf("not tried: root of a namespace\n");
		return 0;
	}
	map = fopen("/proc/self/uid_map", "we");
	REQUIRE(map && fputs("0 65534 1", map) >= 0 && fclose(map) == 0 && geteuid() == 0);
	REQUIRE(confine_promise(NULL) == 0 && confine_user_find("nobody", &user, NULL) == 0);
	REQUIRE(!user.name && confine_user_enter(&user, NULL) == 0);
	REQUIRE(geteuid() == 0 && !holds_any_rights(false));
	return 0;
}

static int check_words_as_user(const void *context)
{
	struct confine_result result;

	(void)context;
	REQUIRE(setresuid(65534, 65534, 65534) == 0);
	REQUIRE(confine_enter(&nobody, &result, NULL) == 0 && !result.user_changed);
	REQUIRE(strstr(result.words, "the user that started it, no capabilities"));
	return 0;
}

/* Nothing is entered when the user is a wrong one. */
static int check_wrong_user(const void *context)
{
	static const char *const names[] = { NULL, "nobody-of-that-name", "root" };
	struct confine_settings s = { 0 };
	struct confine_result result;
	struct diagnosis d;

	(void)context;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		s.user = names[i];
		d.text[0] = '\0';
		REQUIRE(confine_enter(&s, &result, &d) == ERR_USAGE);
		REQUIRE(d.text[0] && (!names[i] || strstr(d.text, names[i])));
		REQUIRE(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 && geteuid() == 0);
	}
	return 0;
}

static void *wait_for_end(void *context)
{
	pthread_mutex_lock(context);
	pthread_mutex_unlock(context);
	return NULL;
}

static int check_threads(const void *context)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct confine_result result;
	pthread_t thread;

	(void)context;
	pthread_mutex_lock(&mutex);
	REQUIRE(pthread_create(&thread, NULL, wait_for_end, &mutex) == 0);
	REQUIRE(confine_enter(&nobody, &result, NULL) == -EBUSY);
	REQUIRE(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	pthread_mutex_unlock(&mutex);
	REQUIRE(pthread_join(thread, NULL) == 0);
	return 0;
}

static int check_missing_store(const void *context)
{
	const struct confine_path path = { "/nowhere/that/is", true };
	const struct confine_settings s = { "nobody", &path, 1 };
	struct confine_result result;
	struct diagnosis d = { "" };

	if (*(const int *)context == 0) {
		printf("not tried: a store that is missing: only landlock asks for it\n");
		return 0;
	}
	REQUIRE(confine_enter(&s, &result, &d) == -ENOENT && strstr(d.text, path.path));
	return 0;
}

/* The end of the parent is that of a scanner: by the signal, or before it is confined. */
static int check_orphan(const void *context)
{
	const struct confine_settings s = { "nobody", NULL, 0, CONFINE_SCANNER };
	struct confine_result result;
	int ends[2], go[2];
	char byte;

	(void)context;
	REQUIRE(pipe(ends) == 0 && pipe(go) == 0);
	if (fork() == 0) {
		alarm(60);
		if (fork() > 0) {
			(void)!read(go[0], &byte, 1);
			_exit(0);
		}
		if (confine_enter(&s, &result, NULL) < 0 || write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	REQUIRE(read(ends[0], &byte, 1) == 1 && write(go[1], "x", 1) == 1);
	/* The last one that could write is gone. */
	REQUIRE(read(ends[0], &byte, 1) == 0);
	return 0;
}

static int check_words(const void *context)
{
	struct confine_result result;

	(void)context;
	REQUIRE(confine_enter(&nobody, &result, NULL) == 0);
	REQUIRE(result.user_changed == !strncmp(result.words, "user nobody, ", 13));
	REQUIRE(strstr(result.words, ", no capabilities, "));
	REQUIRE(result.landlock == !strstr(result.words, "no landlock in this kernel"));
	REQUIRE(result.seccomp == (strstr(result.words, ", seccomp") != NULL));
	if (!confine_seccomp_built())
		REQUIRE(strstr(result.words, ", no seccomp in this build"));
	return 0;
}

/* A service manager that listens at a path, or at an abstract name. */
static int listen_as_manager(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t length = path ? sizeof(a) : sizeof(a.sun_family);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char name[sizeof(a.sun_path) + 1] = "";

	if (path)
		snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (bind(fd, (struct sockaddr *)&a, length) < 0)
		return -1;
	length = sizeof(a);
	if (getsockname(fd, (struct sockaddr *)&a, &length) < 0)
		return -1;
	memcpy(name, a.sun_path, length - offsetof(struct sockaddr_un, sun_path));
	if (!path)
		name[0] = '@';
	return path && chmod(path, 0666) < 0 ? -1 : setenv("NOTIFY_SOCKET", name, 1) < 0 ? -1 : fd;
}

/* It hears what a confined process tells it. */
static int check_notified(const void *context)
{
	struct confine_result result;
	char text[64] = "";
	int fd = listen_as_manager(context);

	REQUIRE(fd >= 0 && confine_enter(&nobody, &result, NULL) == 0);
	notify_ready("watching");
	REQUIRE(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	REQUIRE(!strcmp(text, "READY=1\nSTATUS=watching"));
	notify_watchdog();
	REQUIRE(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	return 0;
}

static int check_notified_by_path(const void *context)
{
	char folder[] = "/tmp/confine-XXXXXX", path[64];

	(void)context;
	REQUIRE(mkdtemp(folder) && chmod(folder, 0755) == 0);
	snprintf(path, sizeof(path), "%s/notify", folder);
	REQUIRE(in_child(check_notified, path) == 0);
	REQUIRE(unlink(path) == 0 && rmdir(folder) == 0);
	return 0;
}

/* As if the kernel lacked it: from now on, this system call, with that first argument if it is not
 * negative, answers with an error. */
static int take_away(uint32_t call, int64_t argument, uint32_t error)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)argument, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JA, argument < 0 ? 0 : 1, 0, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { ARRAY_LENGTH(code), (struct sock_filter *)code };

	if (confine_promise(NULL) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Both ways in which a kernel has none: not built, not chosen at its start. */
static int check_no_landlock(const void *context)
{
	const int *error = context;
	struct confine_result result;

	if (take_away(444, -1, (uint32_t)*error) < 0) {
		printf("not tried: a kernel without landlock\n");
		return 0;
	}
	REQUIRE(confine_enter(&nobody, &result, NULL) == 0);
	REQUIRE(!result.landlock && strstr(result.words, ", no landlock in this kernel, "));
	return 0;
}

/* Each version that this kernel can be asked for lets a store be written, and nothing else. */
struct version {
	int abi;
	char folder[32];
};

static int check_version(const void *context)
{
	const struct version *v = context;
	const struct confine_path paths = { v->folder, true };
	char path[128], target[128];
	FILE *file;

	REQUIRE(confine_promise(NULL) == 0);
	REQUIRE(confine_landlock_restrict(&(struct confine_settings){ NULL, &paths, 1 }, v->abi,
					  NULL) == 0);
	snprintf(path, sizeof(path), "%s/file", v->folder);
	snprintf(target, sizeof(target), "%s/archive", v->folder);
	file = fopen(path, "we");
	REQUIRE(file && fputs("sighting", file) >= 0 && fclose(file) == 0);
	REQUIRE(truncate(path, 1) == 0 && mkdir(target, 0700) == 0);
	snprintf(target, sizeof(target), "%s/archive/file", v->folder);
	REQUIRE(rename(path, target) == 0 && unlink(target) == 0);
	*strrchr(target, '/') = '\0';
	REQUIRE(!fopen("/etc/passwd", "re") && errno == EACCES);
	REQUIRE(rmdir(target) == 0);
	return 0;
}

static int check_versions(const void *context)
{
	const int *last = context;

	for (int abi = 2; abi <= *last; abi++) {
		struct version v = { abi, "/tmp/confine-XXXXXX" };

		REQUIRE(mkdtemp(v.folder));
		REQUIRE(in_child(check_version, &v) == 0 && rmdir(v.folder) == 0);
	}
	return 0;
}

static int check_no_seccomp(const void *context)
{
	struct confine_result result;

	(void)context;
	if (!confine_seccomp_built() || take_away(SYS_prctl, PR_GET_SECCOMP, EINVAL) < 0) {
		printf("not tried: a kernel without seccomp\n");
		return 0;
	}
	REQUIRE(confine_enter(&nobody, &result, NULL) == 0);
	REQUIRE(!result.seccomp && strstr(result.words, ", no seccomp in this kernel"));
	return 0;
}

int check_edges(int landlock_abi)
{
	static const int missing[] = { ENOSYS, EOPNOTSUPP };
	const struct {
		const char *name;
		int (*run)(const void *context);
		const void *context;
		bool as_root;
	} edges[] = {
		{ "rights", check_rights, NULL, true },
		{ "started as user", check_started_as_user, NULL, true },
		{ "alone", check_alone, NULL, true },
		{ "words as user", check_words_as_user, NULL, true },
		{ "wrong user", check_wrong_user, NULL, true },
		{ "threads", check_threads, NULL, false },
		{ "missing store", check_missing_store, &landlock_abi, false },
		{ "orphan", check_orphan, NULL, false },
		{ "words", check_words, NULL, false },
		{ "notified", check_notified, NULL, false },
		{ "notified by path", check_notified_by_path, NULL, false },
		{ "no landlock built", check_no_landlock, &missing[0], false },
		{ "no landlock chosen", check_no_landlock, &missing[1], false },
		{ "versions", check_versions, &landlock_abi, false },
		{ "no seccomp", check_no_seccomp, NULL, false },
	};
	int failures = 0, outcome;

	for (size_t i = 0; i < ARRAY_LENGTH(edges); i++) {
		if (edges[i].as_root && geteuid() != 0)
			continue;
		outcome = in_child(edges[i].run, edges[i].context);
		if (outcome != 0)
			printf("%s: outcome %d\n", edges[i].name, outcome);
		failures += outcome != 0;
	}
	return failures;
}
