/* What a confined process may not do. Each try is one that an unconfined root can: see NOTHING. */
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/sched.h>

#include "base/macros.h"

#include "confine_tries.h"

/* --- files --- */

static int open_below(const char *folder, const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return answer(open(path, flags | O_CLOEXEC, 0600));
}

static int read_shadow(const struct world *w)
{
	(void)w;
	return answer(open("/etc/shadow", O_RDONLY | O_CLOEXEC));
}

static int read_passwd(const struct world *w)
{
	(void)w;
	return answer(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int read_outside(const struct world *w)
{
	return open_below(w->out, "file", O_RDONLY);
}

static int list_outside(const struct world *w)
{
	return open_below(w->out, ".", O_RDONLY | O_DIRECTORY);
}

static int read_by_detour(const struct world *w)
{
	return open_below(w->in, "../out/file", O_RDONLY);
}

static int write_outside(const struct world *w)
{
	return open_below(w->out, "file", O_WRONLY);
}

static int make_outside(const struct world *w)
{
	return open_below(w->out, "new", O_WRONLY | O_CREAT | O_EXCL);
}

static int write_read_only(const struct world *w)
{
	return open_below(w->read, "file", O_WRONLY);
}

static int make_read_only(const struct world *w)
{
	return open_below(w->read, "new", O_WRONLY | O_CREAT | O_EXCL);
}

static int remove_read_only(const struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/file", w->read);
	return answer(unlink(path));
}

static int move_outside(const struct world *w)
{
	char from[128], to[128];

	snprintf(from, sizeof(from), "%s/file", w->in);
	snprintf(to, sizeof(to), "%s/moved", w->out);
	return answer(rename(from, to));
}

static int make_pipe(const struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/pipe", w->in);
	return answer(mkfifo(path, 0600));
}

static int make_symlink(const struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/symlink", w->in);
	return answer(symlink("/etc/passwd", path));
}

static int make_socket_file(const struct world *w)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/socket", w->in);
	return fd < 0 ? CANNOT : answer(bind(fd, (struct sockaddr *)&a, sizeof(a)));
}

/* --- sockets --- */

static int tcp_socket(const struct world *w)
{
	(void)w;
	return answer(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int udp6_socket(const struct world *w)
{
	(void)w;
	return answer(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int packet_socket(const struct world *w)
{
	(void)w;
	return answer(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int netlink_socket(const struct world *w)
{
	(void)w;
	return answer(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int local_stream(const struct world *w)
{
	(void)w;
	return answer(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* Reaches it by its name, as any process of this machine. */
static int send_abstract(const struct world *w)
{
	struct sockaddr_un a;
	socklen_t length = sizeof(a);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || getsockname(w->abstract, (struct sockaddr *)&a, &length) < 0)
		return CANNOT;
	return answer(sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&a, length));
}

/* A socket that was open before, which no sensor has. */
static int tcp_bind(const struct world *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };

	return answer(bind(w->tcp, (struct sockaddr *)&a, sizeof(a)));
}

static int tcp_connect(const struct world *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(9),
				 .sin_addr.s_addr = htonl(0x7f000001) };

	return answer(connect(w->tcp, (struct sockaddr *)&a, sizeof(a)));
}

static int tcp_listen(const struct world *w)
{
	return answer(listen(w->tcp, 1));
}

static int internet_option(const struct world *w)
{
	int ttl = 9;

	return answer(setsockopt(w->tcp, IPPROTO_IP, 2 /* IP_TTL */, &ttl, sizeof(ttl)));
}

static int set_interface(const struct world *w)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	return w->packet < 0 ? CANNOT : answer(ioctl(w->packet, SIOCSIFFLAGS, &r));
}

/* --- programs and processes --- */

static int start_program(const struct world *w)
{
	char program[] = "/bin/true";
	char *const words[] = { program, NULL };

	(void)w;
	return answer(execve(program, words, words + 1));
}

/* A text that nothing interprets: whoever may start it is told so (ENOEXEC). */
static int start_readable(const struct world *w)
{
	char path[128];
	char *const words[] = { path, NULL };

	snprintf(path, sizeof(path), "%s/file", w->read);
	return answer(execve(path, words, words + 1));
}

static int start_process(const struct world *w)
{
	pid_t child = fork();

	(void)w;
	if (child == 0)
		_exit(0);
	if (child < 0)
		return -errno;
	return answer(waitpid(child, NULL, 0));
}

#ifdef SYS_fork
/* The older call: AddressSanitizer makes it. */
static int start_by_fork(const struct world *w)
{
	pid_t child = (pid_t)syscall(SYS_fork);

	(void)w;
	if (child == 0)
		_exit(0);
	if (child < 0)
		return -errno;
	return answer(waitpid(child, NULL, 0));
}
#endif

/* The newer call, whose flags no filter sees. */
static int start_by_clone3(const struct world *w)
{
	struct clone_args a = { .exit_signal = SIGCHLD };
	long child = syscall(SYS_clone3, &a, sizeof(a));

	(void)w;
	if (child == 0)
		_exit(0);
	if (child < 0)
		return -errno;
	return answer(waitpid((pid_t)child, NULL, 0));
}

static int be_traced(const struct world *w)
{
	(void)w;
	return answer(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int trace_other(const struct world *w)
{
	int result = answer(ptrace(PTRACE_ATTACH, w->other, NULL, NULL));

	if (!result)
		(void)waitpid(w->other, NULL, __WALL);
	return result;
}

static int read_other(const struct world *w)
{
	char byte[8];
	struct iovec here = { byte, sizeof(byte) }, there = { (void *)w, sizeof(byte) };

	return answer(syscall(SYS_process_vm_readv, w->other, &here, 1UL, &there, 1UL, 0UL));
}

static int signal_other(const struct world *w)
{
	return answer(kill(w->other, 0));
}

static int signal_thread(const struct world *w)
{
	return answer(syscall(SYS_tgkill, w->other, w->other, 0));
}

/* A signal by way of a descriptor that has news. */
static int signal_by_socket(const struct world *w)
{
	return answer(fcntl(w->tcp, F_SETOWN, w->other));
}

static int new_namespace(const struct world *w)
{
	(void)w;
	return answer(unshare(CLONE_NEWUSER));
}

/* --- what root may --- */

static int become_root(const struct world *w)
{
	(void)w;
	return answer(setuid(0));
}

static int take_groups(const struct world *w)
{
	const gid_t root = 0;

	(void)w;
	return answer(syscall(SYS_setgroups, 1, &root));
}

static int change_root(const struct world *w)
{
	return answer(chroot(w->in));
}

static int mount_folder(const struct world *w)
{
	int result = answer(mount("none", w->in, "tmpfs", 0, NULL));

	if (!result)
		(void)umount2(w->in, MNT_DETACH);
	return result;
}

static int give_away(const struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/file", w->in);
	return answer(chown(path, 1, 1));
}

static int name_host(const struct world *w)
{
	(void)w;
	return answer(sethostname("confined", 8));
}

static int raise_limit(const struct world *w)
{
	const struct rlimit l = { 64, 64 };

	(void)w;
	return answer(setrlimit(RLIMIT_NOFILE, &l));
}

static int be_dumpable(const struct world *w)
{
	(void)w;
	return answer(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

/* --- the kernel's corners --- */

static int load_program(const struct world *w)
{
	const struct bpf_insn code[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 },
					 { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_XDP,
			     .insn_cnt = ARRAY_LENGTH(code),
			     .insns = (uintptr_t)code,
			     .license = (uintptr_t) "Apache-2.0" };

	return w->program < 0 ? CANNOT : answer(syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a)));
}

static int make_map(const struct world *w)
{
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return w->map < 0 ? CANNOT : answer(syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a)));
}

static int by_number(long number)
{
	return answer(syscall(number, -1L, -1L, -1L, -1L, -1L, -1L));
}

static int submit_by_ring(const struct world *w)
{
	(void)w;
	return by_number(SYS_io_uring_setup);
}

static int handle_faults(const struct world *w)
{
	(void)w;
	return by_number(SYS_userfaultfd);
}

static int ask_keyring(const struct world *w)
{
	(void)w;
	return by_number(SYS_keyctl);
}

static int load_module(const struct world *w)
{
	(void)w;
	return by_number(SYS_init_module);
}

static int count_events(const struct world *w)
{
	(void)w;
	return by_number(SYS_perf_event_open);
}

/* --- code --- */

static int map_code(const struct world *w)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)w;
	return p == MAP_FAILED ? -errno : 0;
}

static int make_code(const struct world *w)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)w;
	return p == MAP_FAILED ? CANNOT : answer(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

#ifdef __x86_64__
/* getpid by the numbers of two other systems that this kernel may speak. */
static int speak_i386(const struct world *w)
{
	int result;

	(void)w;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
	return result > 0 ? 0 : CANNOT;
}

static int speak_x32(const struct world *w)
{
	(void)w;
	return answer(syscall(0x40000000 | SYS_getpid));
}
#endif

const struct try refused_tries[] = {
	{ "read /etc/shadow", read_shadow, USER | LANDLOCK },
	{ "read /etc/passwd", read_passwd, LANDLOCK },
	{ "read a file elsewhere", read_outside, LANDLOCK },
	{ "list a folder elsewhere", list_outside, LANDLOCK },
	{ "read a file elsewhere by ..", read_by_detour, LANDLOCK },
	{ "write a file elsewhere", write_outside, LANDLOCK },
	{ "make a file elsewhere", make_outside, LANDLOCK },
	{ "write what is to be read", write_read_only, LANDLOCK },
	{ "make a file where to read", make_read_only, LANDLOCK },
	{ "remove what is to be read", remove_read_only, LANDLOCK },
	{ "move a file elsewhere", move_outside, LANDLOCK },
	{ "make a pipe", make_pipe, LANDLOCK | SECCOMP, true },
	{ "make a symbolic link", make_symlink, LANDLOCK | SECCOMP, true },
	{ "make a socket's file", make_socket_file, LANDLOCK },
	{ "a TCP socket", tcp_socket, SECCOMP, .asks = true },
	{ "a UDP socket", udp6_socket, SECCOMP, .asks = true },
	{ "a packet socket", packet_socket, USER | SECCOMP },
	{ "a netlink socket", netlink_socket, SECCOMP },
	{ "a local stream", local_stream, SECCOMP },
	{ "send to an abstract socket", send_abstract, LANDLOCK, .abi = 6 },
	{ "bind a TCP socket", tcp_bind, LANDLOCK, .abi = 4 },
	{ "connect a TCP socket", tcp_connect, LANDLOCK | SECCOMP, .abi = 4, .asks = true },
	{ "listen on a TCP socket", tcp_listen, SECCOMP, true },
	{ "an option of the internet", internet_option, SECCOMP, .asks = true },
	{ "set an interface", set_interface, USER | SECCOMP },
	{ "start a program", start_program, LANDLOCK | SECCOMP, true },
	{ "start what may be read", start_readable, LANDLOCK | SECCOMP, true },
	{ "start a process", start_process, SECCOMP },
	{ "start a process by clone3", start_by_clone3, SECCOMP },
#ifdef SYS_fork
	{ "start a process by fork", start_by_fork, SECCOMP },
#endif
	{ "be traced", be_traced, SECCOMP, true },
	{ "trace a process", trace_other, USER | LANDLOCK | SECCOMP, true },
	{ "read another's memory", read_other, USER | LANDLOCK | SECCOMP, true },
	{ "signal a process", signal_other, USER | LANDLOCK | SECCOMP, .abi = 6 },
	{ "signal a thread of a process", signal_thread, USER | LANDLOCK | SECCOMP, .abi = 6 },
	{ "signal by a socket", signal_by_socket, SECCOMP },
	{ "a new namespace", new_namespace, SECCOMP, true },
	{ "setuid(0)", become_root, USER | SECCOMP, true },
	{ "setgroups", take_groups, USER | SECCOMP, true },
	{ "chroot", change_root, USER | SECCOMP, true },
	{ "mount", mount_folder, USER | LANDLOCK | SECCOMP, true },
	{ "give a file away", give_away, USER | SECCOMP, true },
	{ "name the host", name_host, USER | SECCOMP, true },
	{ "set a limit", raise_limit, SECCOMP },
	{ "be dumpable", be_dumpable, SECCOMP },
	{ "load a BPF program", load_program, USER | SECCOMP },
	{ "make a BPF map", make_map, USER | SECCOMP },
	{ "io_uring", submit_by_ring, SECCOMP, true },
	{ "userfaultfd", handle_faults, SECCOMP, true },
	{ "keyctl", ask_keyring, SECCOMP, true },
	{ "init_module", load_module, USER | SECCOMP, true },
	{ "perf_event_open", count_events, SECCOMP, true },
	{ "map code", map_code, SECCOMP },
	{ "make code of data", make_code, SECCOMP },
#ifdef __x86_64__
	{ "system calls of i386", speak_i386, SECCOMP, true },
	{ "system calls of x32", speak_x32, SECCOMP, true },
#endif
};
const size_t refused_tries_count = ARRAY_LENGTH(refused_tries);
