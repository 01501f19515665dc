/*
 * The system calls of a sensor, and those of a scanner, by libseccomp. Two filters, of which the
 * kernel obeys the stricter: one knows only the names and ends the process at any other call; one
 * looks at arguments too and answers "not permitted" to all that it does not know. So a call that
 * is never made is found, and a library that tries more than it may gets an answer that it can live
 * with.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/sockios.h>

#include "confine/confine_internal.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* With any argument. Those that another architecture or an older kernel does not have are left out
 * by libseccomp. */
static const int free_calls[] = {
	/* open descriptors */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek),
	SCMP_SYS(_llseek), SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2),
	SCMP_SYS(dup3), SCMP_SYS(pipe2), SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(newfstatat),
	SCMP_SYS(fstatat64),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(msync),
	SCMP_SYS(mincore), SCMP_SYS(membarrier),
	/* threads */
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list),
	SCMP_SYS(get_robust_list), SCMP_SYS(set_tid_address), SCMP_SYS(rseq), SCMP_SYS(gettid),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu), SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	/* time */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres),
	SCMP_SYS(clock_getres_time64), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_settime64),
	SCMP_SYS(timerfd_gettime), SCMP_SYS(timerfd_gettime64),
	/* waiting */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(select),
	SCMP_SYS(_newselect), SCMP_SYS(pselect6), SCMP_SYS(pselect6_time64),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2), SCMP_SYS(pause),
	/* signals */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigreturn), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigsuspend),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigtimedwait_time64), SCMP_SYS(sigaltstack),
	SCMP_SYS(signalfd4), SCMP_SYS(restart_syscall),
	/* what the process knows of itself and the machine */
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(getuid32),
	SCMP_SYS(geteuid), SCMP_SYS(geteuid32), SCMP_SYS(getgid), SCMP_SYS(getgid32),
	SCMP_SYS(getegid), SCMP_SYS(getegid32), SCMP_SYS(getresuid), SCMP_SYS(getresuid32),
	SCMP_SYS(getresgid), SCMP_SYS(getresgid32), SCMP_SYS(getgroups), SCMP_SYS(getgroups32),
	SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit), SCMP_SYS(getrusage), SCMP_SYS(getrandom),
	SCMP_SYS(sysinfo), SCMP_SYS(uname),
	/* sockets that are open */
	SCMP_SYS(recv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg),
	SCMP_SYS(recvmmsg_time64), SCMP_SYS(send), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
	SCMP_SYS(shutdown), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt)
};

/* The sensor keeps a store, and answers on its status socket. */
static const int sensor_calls[] = { SCMP_SYS(pread64),
				    SCMP_SYS(preadv),
				    SCMP_SYS(pwrite64),
				    SCMP_SYS(pwritev),
				    SCMP_SYS(flock),
				    SCMP_SYS(fsync),
				    SCMP_SYS(fdatasync),
				    SCMP_SYS(sync_file_range),
				    SCMP_SYS(sync_file_range2),
				    SCMP_SYS(fallocate),
				    SCMP_SYS(fadvise64),
				    SCMP_SYS(fadvise64_64),
				    SCMP_SYS(ftruncate),
				    SCMP_SYS(ftruncate64),
				    SCMP_SYS(copy_file_range),
				    SCMP_SYS(memfd_create),
				    SCMP_SYS(getcwd),
				    SCMP_SYS(getdents),
				    SCMP_SYS(getdents64),
				    SCMP_SYS(rename),
				    SCMP_SYS(renameat),
				    SCMP_SYS(renameat2),
				    SCMP_SYS(unlink),
				    SCMP_SYS(unlinkat),
				    SCMP_SYS(rmdir),
				    SCMP_SYS(mkdir),
				    SCMP_SYS(mkdirat),
				    SCMP_SYS(fchmod),
				    SCMP_SYS(umask),
				    SCMP_SYS(accept),
				    SCMP_SYS(accept4),
				    SCMP_SYS(bind) };

/* Files by name: which of them the sensor has, is Landlock's business. A scanner has none, and is
 * told so: libraries look for files that need not be there. */
static const int name_calls[] = { SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(stat),
				  SCMP_SYS(stat64),    SCMP_SYS(lstat),      SCMP_SYS(lstat64),
				  SCMP_SYS(statx),     SCMP_SYS(statfs),     SCMP_SYS(statfs64),
				  SCMP_SYS(fstatfs),   SCMP_SYS(fstatfs64),  SCMP_SYS(access),
				  SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
				  SCMP_SYS(readlinkat) };

/* What asks: connections, and many packets at a time. */
static const int scanner_calls[] = { SCMP_SYS(connect), SCMP_SYS(sendmmsg) };

/* One argument that is allowed: NUMBER & MASK == VALUE. */
struct limit {
	int call;
	unsigned argument;
	uint64_t mask, value;
};

#define NUMBER  UINT32_MAX /* an int: what stands above is not looked at by the kernel either */
#define POINTER UINT64_MAX

#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

static const struct limit limits[] = {
	/* No new code. */
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mmap2), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	/* Threads, no processes. */
	{ SCMP_SYS(clone), CLONE_FLAGS, CLONE_THREAD, CLONE_THREAD },
	{ SCMP_SYS(prctl), 0, NUMBER, PR_SET_NAME },
	{ SCMP_SYS(prctl), 0, NUMBER, PR_GET_NAME },
	{ SCMP_SYS(prctl), 0, NUMBER, PR_SET_VMA }, /* names of mappings, by malloc */
	{ SCMP_SYS(prlimit64), 2, POINTER, 0 },     /* to ask, not to set */
	/* What is known of interfaces; and is this a terminal? */
	{ SCMP_SYS(ioctl), 1, NUMBER, SIOCGIFNAME },
	{ SCMP_SYS(ioctl), 1, NUMBER, SIOCGIFHWADDR },
	{ SCMP_SYS(ioctl), 1, NUMBER, FIONREAD },
	{ SCMP_SYS(ioctl), 1, NUMBER, TCGETS },
	{ SCMP_SYS(ioctl), 1, NUMBER, TIOCGWINSZ },
	{ SCMP_SYS(setsockopt), 1, NUMBER, SOL_SOCKET },
	/* Not whom signals of a descriptor go to. */
	{ SCMP_SYS(fcntl), 1, NUMBER, F_GETFL },
	{ SCMP_SYS(fcntl64), 1, NUMBER, F_GETFL },
};

static const struct limit sensor_limits[] = {
	{ SCMP_SYS(ioctl), 1, NUMBER, SIOCGIFINDEX },
	{ SCMP_SYS(ioctl), 1, NUMBER, SIOCGIFFLAGS },
	{ SCMP_SYS(ioctl), 1, NUMBER, SIOCGIFMTU },
	/* Promiscuous mode of an open packet socket; buffers. */
	{ SCMP_SYS(setsockopt), 1, NUMBER, SOL_PACKET },
	/* The filter's maps, and its loaded program for an interface that has come back. */
	{ SCMP_SYS(bpf), 0, NUMBER, BPF_MAP_LOOKUP_ELEM },
	{ SCMP_SYS(bpf), 0, NUMBER, BPF_MAP_UPDATE_ELEM },
	{ SCMP_SYS(bpf), 0, NUMBER, BPF_OBJ_GET_INFO_BY_FD },
	{ SCMP_SYS(bpf), 0, NUMBER, BPF_LINK_CREATE },
};

/* Descriptors' copies and flags, and the locks of SQLite. */
static const int sensor_fcntls[] = { F_GETFD,         F_SETFD, F_SETFL, F_DUPFD,
				     F_DUPFD_CLOEXEC, F_GETLK, F_SETLK, F_SETLKW };

static const struct limit scanner_limits[] = {
	{ SCMP_SYS(setsockopt), 1, NUMBER, IPPROTO_IP },
	{ SCMP_SYS(setsockopt), 1, NUMBER, IPPROTO_IPV6 },
	{ SCMP_SYS(setsockopt), 1, NUMBER, IPPROTO_TCP },
	/* The program that sends is loaded already. */
	{ SCMP_SYS(bpf), 0, NUMBER, BPF_PROG_TEST_RUN },
};

/* Never permitted, and yet no reason to end the process, since libraries try: SQLite gives its
 * journal the owner of the file, syslog connects, AddressSanitizer starts a program that knows the
 * names in its report. */
static const int refused_calls[] = { SCMP_SYS(fchown), SCMP_SYS(fchown32), SCMP_SYS(connect),
				     SCMP_SYS(fork),   SCMP_SYS(vfork),    SCMP_SYS(bind) };

enum filter_kind {
	BY_NAME,
	BY_ARGUMENT
};

struct list {
	scmp_filter_ctx context;
	enum confine_role role;
	enum filter_kind kind;
	int error;
};

static void add(struct list *l, uint32_t action, int call, const struct scmp_arg_cmp *arguments,
		unsigned n)
{
	if (!l->error)
		l->error = seccomp_rule_add_array(l->context, action, call, n, arguments);
}

static void add_limit(struct list *l, const struct limit *limit)
{
	const struct scmp_arg_cmp c = { limit->argument, SCMP_CMP_MASKED_EQ, limit->mask,
					limit->value };

	add(l, SCMP_ACT_ALLOW, limit->call, &c, l->kind == BY_ARGUMENT);
}

/* Only to itself: abort, raise. */
static void add_signals(struct list *l)
{
	const struct limit to_itself[] = { { SCMP_SYS(kill), 0, NUMBER, (uint64_t)getpid() },
					   { SCMP_SYS(tgkill), 0, NUMBER, (uint64_t)getpid() } };

	for (size_t i = 0; i < ARRAY_LENGTH(to_itself); i++)
		add_limit(l, &to_itself[i]);
}

static void add_kind(struct list *l, int family, int type)
{
	const struct scmp_arg_cmp kind[] = {
		{ 0, SCMP_CMP_MASKED_EQ, NUMBER, (uint64_t)family },
		{ 1, SCMP_CMP_MASKED_EQ, NUMBER & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), (uint64_t)type }
	};

	add(l, SCMP_ACT_ALLOW, SCMP_SYS(socket), kind, l->kind == BY_ARGUMENT ? 2 : 0);
}

/* The sensor: datagrams to the service manager, or to ask for an interface's number. A stream would
 * reach all services of this machine. */
static void add_sockets(struct list *l)
{
	if (l->role == CONFINE_SENSOR) {
		add_kind(l, AF_UNIX, SOCK_DGRAM);
		return;
	}
	add_kind(l, AF_INET, SOCK_STREAM);
	add_kind(l, AF_INET6, SOCK_STREAM);
	add_kind(l, AF_INET, SOCK_DGRAM);
	add_kind(l, AF_INET6, SOCK_DGRAM);
}

static void add_calls(struct list *l, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(l, SCMP_ACT_ALLOW, calls[i], NULL, 0);
}

static void add_limits(struct list *l, const struct limit *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_limit(l, &list[i]);
}

static void add_fcntls(struct list *l)
{
	for (size_t i = 0; i < ARRAY_LENGTH(sensor_fcntls); i++) {
		const uint64_t command = (uint64_t)sensor_fcntls[i];

		add_limit(l, &(struct limit){ SCMP_SYS(fcntl), 1, NUMBER, command });
		add_limit(l, &(struct limit){ SCMP_SYS(fcntl64), 1, NUMBER, command });
	}
}

static void add_role(struct list *l)
{
	const bool sensor = l->role == CONFINE_SENSOR;

	if (sensor) {
		add_calls(l, sensor_calls, ARRAY_LENGTH(sensor_calls));
		add_limits(l, sensor_limits, ARRAY_LENGTH(sensor_limits));
		add_fcntls(l);
	} else {
		add_calls(l, scanner_calls, ARRAY_LENGTH(scanner_calls));
		add_limits(l, scanner_limits, ARRAY_LENGTH(scanner_limits));
	}
	if (sensor || l->kind == BY_NAME)
		add_calls(l, name_calls, ARRAY_LENGTH(name_calls));
}

static void add_all(struct list *l)
{
	add_calls(l, free_calls, ARRAY_LENGTH(free_calls));
	add_limits(l, limits, ARRAY_LENGTH(limits));
	add_role(l);
	add_signals(l);
	add_sockets(l);
	if (l->kind == BY_NAME) {
		add_calls(l, refused_calls, ARRAY_LENGTH(refused_calls));
		add(l, SCMP_ACT_ALLOW, SCMP_SYS(clone3), NULL, 0);
	} else {
		/* Its flags lie in memory, where no filter looks: the C library takes clone then.
		 */
		add(l, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), NULL, 0);
		add(l, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), NULL, 0); /* the other filter */
	}
}

static int load(enum confine_role role, enum filter_kind kind)
{
	struct list l = { seccomp_init(kind == BY_NAME ? SCMP_ACT_KILL_PROCESS
						       : SCMP_ACT_ERRNO(EPERM)),
			  role, kind, 0 };

	if (!l.context)
		return -ENOMEM;
	l.error = seccomp_attr_set(l.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!l.error) /* promised already, and prctl may not say it again */
		l.error = seccomp_attr_set(l.context, SCMP_FLTATR_CTL_NNP, 0);
	if (!l.error)
		l.error = seccomp_attr_set(l.context, SCMP_FLTATR_API_SYSRAWRC, 1);
	add_all(&l);
	if (!l.error)
		l.error = seccomp_load(l.context);
	seccomp_release(l.context);
	return l.error;
}

bool confine_seccomp_built(void)
{
	return true;
}

int confine_seccomp_enter(enum confine_role role, bool *ret_entered, struct diagnosis *d)
{
	int error;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL) {
		*ret_entered = false; /* the kernel has none */
		return 0;
	}
	error = load(role, BY_ARGUMENT); /* first: after the other, no filter can be loaded */
	if (!error)
		error = load(role, BY_NAME);
	if (error)
		return diagnose(d, error, "seccomp: %s", strerror(-error));
	*ret_entered = true;
	return 0;
}
