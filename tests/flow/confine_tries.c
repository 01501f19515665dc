/*
 * A confined process tries what it must not do, and what it has to do. Each thing in a child of its
 * own: with nothing entered (so that what is refused later is refused by us), with each layer
 * alone that should refuse it, and with all of them, as the sensor has it.
 *
 * In namespaces of its own for network, mounts and the host's name, as root; without root, what the
 * change of the user refuses is left out. Exit status 77: nothing could be tried.
 */
#include "confine_tries.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <locale.h>
#include <net/if.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include "base/macros.h"

#include "confine/confine_internal.h"

#define NOTHING 0
#define ALL     (USER | LANDLOCK | SECCOMP)

/* Exit statuses of a child; what it tells beside goes to standard output. */
enum outcome {
	WORKS,
	REFUSED,
	NOT_HERE,
	FAILED,
	NOT_CONFINED
};
#define ENDED (-SIGSYS)

static int failures;
static int present; /* layers that this system and build have */
static int landlock_abi;

int in_child(int (*run)(const void *context), const void *context)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(120);
		status = run(context);
		fflush(stdout);
		_exit(status);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return FAILED;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- the world before --- */

static void raise_loopback(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r) < 0)
		printf("the loopback interface stays down: %s\n", strerror(errno));
	close(fd);
}

static int make_map(void)
{
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
}

static int load_program(void)
{
	const struct bpf_insn code[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 },
					 { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_XDP,
			     .insn_cnt = ARRAY_LENGTH(code),
			     .insns = (uintptr_t)code,
			     .license = (uintptr_t) "Apache-2.0" };

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
}

static pid_t start_other(void)
{
	pid_t child = fork();

	if (child == 0) {
		for (;;)
			pause();
	}
	return child;
}

static bool make_world(struct world *w, const char *words)
{
	const bool apart = unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS) == 0 &&
			   mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;

	*w = (struct world){ .packet = -1, .map = -1, .program = -1, .words = words };
	if (apart) { /* the machine's own interfaces are no business of a test */
		raise_loopback();
		w->packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
		w->map = make_map();
		w->program = load_program();
	}
	w->abstract = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* No name given: the kernel takes an abstract one that is free. */
	if (bind(w->abstract, &(struct sockaddr){ .sa_family = AF_UNIX }, sizeof(sa_family_t)) < 0)
		return false;
	w->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	w->other = start_other();
	return w->tcp >= 0 && w->other > 0;
}

static int make_folder(const struct world *w, const char *name, mode_t mode, char ret_path[80])
{
	const struct passwd *nobody = getpwnam("nobody");
	char path[128];
	FILE *file;
	int error;

	snprintf(ret_path, 80, "%s/%s", w->root, name);
	snprintf(path, sizeof(path), "%s/file", ret_path);
	error = mkdir(ret_path, 0700) < 0 || chmod(ret_path, mode) < 0;
	file = fopen(path, "we");
	if (error || !file || fputs("file\n", file) < 0 || fclose(file) != 0 ||
	    chmod(path, mode) < 0)
		return -1;
	/* All of it belongs to the user: so it is Landlock that refuses. */
	if (geteuid() != 0)
		return 0;
	return nobody && chown(ret_path, nobody->pw_uid, nobody->pw_gid) == 0
		       ? chown(path, nobody->pw_uid, nobody->pw_gid)
		       : -1;
}

/* The socket that listens, with one who has connected and asked. */
static int make_listener(const struct world *w)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/status", w->root);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 1) < 0 ||
	    connect(client, (struct sockaddr *)&a, sizeof(a)) < 0 || write(client, "x", 1) != 1)
		return -1;
	return fd;
}

static bool make_folders(struct world *w)
{
	snprintf(w->root, sizeof(w->root), "/tmp/confine-XXXXXX");
	return mkdtemp(w->root) && chmod(w->root, 0755) == 0 &&
	       make_folder(w, "in", 0700, w->in) == 0 &&
	       make_folder(w, "read", 0700, w->read) == 0 &&
	       make_folder(w, "out", 0777, w->out) == 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

/* --- one thing that is tried --- */

struct attempt {
	const struct try *try;
	enum confine_role role;
	int layers;
	struct world world;
};

static int enter(const struct world *w, enum confine_role role, int layers)
{
	const struct confine_path paths[] = { { w->in, true },
					      { w->read, false },
					      { "/usr/share/zoneinfo", false },
					      { w->words ? w->words : w->read, false },
					      { "/etc/group", false },
					      { "/nowhere/that/is", false } };
	const struct confine_settings s = { "nobody", paths,
					    role == CONFINE_SENSOR ? ARRAY_LENGTH(paths) : 0,
					    role };
	struct confine_result result;
	struct confine_user user;
	struct diagnosis d = { "" };
	bool entered;
	int abi, error = 0;

	if (layers == ALL) {
		error = confine_enter(&s, &result, &d);
	} else if (layers) {
		error = confine_promise(&d);
	}
	if (!error && layers == USER) {
		error = confine_user_find(s.user, &user, &d);
		if (!error)
			error = confine_user_enter(&user, &d);
	}
	if (!error && layers == LANDLOCK)
		error = confine_landlock_enter(&s, &abi, &d);
	if (!error && layers == SECCOMP)
		error = confine_seccomp_enter(role, &entered, &d);
	if (error)
		printf("not confined: %s\n", d.text);
	return error;
}

static int run_attempt(const void *context)
{
	const struct attempt *a = context;
	struct world w = a->world;
	int result;

	w.listener = make_listener(&w);
	if (w.listener < 0 || enter(&w, a->role, a->layers) < 0)
		return NOT_CONFINED;
	result = a->try->run(&w);
	if (result == CANNOT || (result == -ENOSYS && a->layers == NOTHING))
		return NOT_HERE;
	if (result == -EPERM || result == -EACCES || result == -EXDEV || result == -ENOSYS)
		return REFUSED;
	if (result > 0)
		printf("%s: not so: line %d (%s)\n", a->try->name, result, strerror(errno));
	return result > 0 ? FAILED : WORKS; /* other errors: it got as far as that */
}

static int attempt_as(enum confine_role role, const struct try *try, const struct world *w,
		      int layers)
{
	struct attempt a = { try, role, layers, *w };
	int outcome;

	if (!make_folders(&a.world)) {
		printf("%s: no folder: %s\n", try->name, strerror(errno));
		return FAILED;
	}
	outcome = in_child(run_attempt, &a);
	(void)nftw(a.world.root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return outcome;
}

static int attempt(const struct try *try, const struct world *w, int layers)
{
	return attempt_as(CONFINE_SENSOR, try, w, layers);
}

static const char *layer_names(int layers)
{
	return layers == NOTHING    ? "with nothing entered"
	       : layers == USER     ? "by the user alone"
	       : layers == LANDLOCK ? "by landlock alone"
	       : layers == SECCOMP  ? "by seccomp alone"
				    : "with all entered";
}

static void expect(bool good, const struct try *try, int layers, int outcome)
{
	if (good)
		return;
	printf("%s, %s: outcome %d\n", try->name, layer_names(layers), outcome);
	failures++;
}

/* Which of the layers that should refuse it are here. */
static int layers_here(const struct try *try)
{
	int layers = try->layers & present;

	return landlock_abi < try->abi ? layers & ~LANDLOCK : layers;
}

static void check_refused(const struct try *try, const struct world *w)
{
	const int layers = layers_here(try);
	const int free = attempt(try, w, NOTHING);
	int outcome;

	if (free == NOT_HERE || !layers) {
		printf("not tried: %s: %s\n", try->name,
		       layers ? "this system has it not" : "nothing here refuses it");
		return;
	}
	if (free == REFUSED) {
		printf("%s: refused by this system, whoever asks\n", try->name);
	} else {
		expect(free == WORKS, try, NOTHING, free);
	}
	for (int layer = USER; layer <= SECCOMP; layer *= 2) {
		if (!(layers & layer))
			continue;
		outcome = attempt(try, w, layer);
		expect(outcome == (layer == SECCOMP && try->ends ? ENDED : REFUSED), try, layer,
		       outcome);
	}
	outcome = attempt(try, w, ALL);
	expect(outcome == REFUSED || (try->ends && outcome == ENDED), try, ALL, outcome);
}

static void check_works(const struct try *try, const struct world *w)
{
	int outcome = attempt(try, w, NOTHING);

	expect(outcome == WORKS || outcome == NOT_HERE, try, NOTHING, outcome);
	if (outcome == NOT_HERE) {
		printf("not tried: %s: this system has it not\n", try->name);
		return;
	}
	outcome = attempt(try, w, ALL);
	expect(outcome == WORKS, try, ALL, outcome);
}

/* --- the scanner --- */

/* What a sensor may not do a scanner may not either, but for asking. Of one that has no local
 * sockets, what takes such a socket is not tried. */
static void check_scanner(const struct try *try, const struct world *w)
{
	const int free = attempt(try, w, NOTHING);
	int outcome;

	if (free == NOT_HERE || !(present & SECCOMP)) {
		printf("scanner, not tried: %s\n", try->name);
		return;
	}
	outcome = attempt_as(CONFINE_SCANNER, try, w, ALL);
	if (try->asks)
		expect(outcome == WORKS, try, ALL, outcome);
	else
		expect(outcome == REFUSED || outcome == ENDED || outcome == NOT_HERE, try, ALL,
		       outcome);
}

/* --- what is here --- */

static int ask_landlock(const void *context)
{
	const struct confine_settings none = { 0 };
	int abi = 0;

	(void)context;
	return confine_promise(NULL) < 0 || confine_landlock_enter(&none, &abi, NULL) < 0 ? 0 : abi;
}

static int ask_seccomp(const void *context)
{
	bool entered = false;

	(void)context;
	return confine_promise(NULL) == 0 &&
	       confine_seccomp_enter(CONFINE_SENSOR, &entered, NULL) == 0 && entered;
}

static void find_layers(void)
{
	landlock_abi = in_child(ask_landlock, NULL);
	present = (geteuid() == 0 ? USER : 0) | (landlock_abi > 0 ? LANDLOCK : 0) |
		  (in_child(ask_seccomp, NULL) == 1 ? SECCOMP : 0);
	printf("root: %s; landlock: %d; seccomp: %s\n", present & USER ? "yes" : "no", landlock_abi,
	       present & SECCOMP ? "yes" : "no");
}

int main(int count, char **words)
{
	struct world world;

	if (geteuid() == 0 && !getpwnam("nobody")) {
		printf("skipped: no user \"nobody\" to become\n");
		return 77;
	}
	unsetenv("LANGUAGE");
	unsetenv("NOTIFY_SOCKET");
	if (!setlocale(LC_ALL, "C.UTF-8"))
		count = 1; /* no language but English */
	if (!make_world(&world, count > 1 ? words[1] : NULL)) {
		printf("no sockets, or no process: %s\n", strerror(errno));
		return 1;
	}
	find_layers();
	for (size_t i = 0; i < refused_tries_count; i++)
		check_refused(&refused_tries[i], &world);
	for (size_t i = 0; i < working_tries_count; i++)
		check_works(&working_tries[i], &world);
	for (size_t i = 0; i < refused_tries_count; i++)
		check_scanner(&refused_tries[i], &world);
	for (size_t i = 0; i < scanner_tries_count; i++)
		check_scanner(&scanner_tries[i], &world);
	failures += check_edges(landlock_abi);
	kill(world.other, SIGKILL);
	waitpid(world.other, NULL, 0);
	printf("%d failures\n", failures);
	return failures ? 1 : 0;
}
