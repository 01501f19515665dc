/* What runs in the attendant's process: it gives up what it does not need, and serves. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "filter/filter.h"
#include "live/attendant_work_internal.h"

#if HAVE_SECCOMP
#include <seccomp.h>

#include <linux/bpf.h>
#endif

/* ---- what it gives up ---- */

static bool is_kept(const struct attendant_post *posts, int n, int fd)
{
	for (int i = 0; i < n; i++) {
		if (fd == posts[i].errand.socket || fd == posts[i].errand.program ||
		    fd == posts[i].interface.route)
			return true;
	}
	return false;
}

static int close_others(const struct attendant_post *posts, int n)
{
	int most = 0, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		return -errno;
	for (int i = 0; i < n; i++)
		most = MAX(MAX(most, posts[i].interface.route),
			   MAX(posts[i].errand.socket, posts[i].errand.program));
	for (int fd = 3; fd <= most; fd++) {
		if (!is_kept(posts, n, fd))
			(void)close(fd);
	}
	return close_range((unsigned)most + 1, ~0U, 0) < 0 ? -errno : 0;
}

static int keep_two_capabilities(void)
{
	const uint64_t wanted = UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_BPF;
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct c[2];

	if (syscall(SYS_capget, &h, c) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		c[i].permitted &= (uint32_t)(wanted >> (32 * i));
		c[i].effective = c[i].permitted;
		c[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &h, c) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

#if HAVE_SECCOMP
static int restrict_calls(void)
{
	static const int calls[] = { SCMP_SYS(poll),           SCMP_SYS(ppoll),
				     SCMP_SYS(recv),           SCMP_SYS(recvfrom),
				     SCMP_SYS(send),           SCMP_SYS(sendto),
				     SCMP_SYS(sendmsg),        SCMP_SYS(close),
				     SCMP_SYS(exit_group),     SCMP_SYS(rt_sigreturn),
				     SCMP_SYS(restart_syscall) };
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int error = c ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_LENGTH(calls) && error == 0; i++)
		error = seccomp_rule_add(c, SCMP_ACT_ALLOW, calls[i], 0);
	if (error == 0)
		error = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
					 SCMP_A0_32(SCMP_CMP_EQ, BPF_LINK_CREATE));
	if (error == 0)
		error = seccomp_load(c);
	seccomp_release(c);
	return error;
}
#else
static int restrict_calls(void)
{
	return 0;
}
#endif

/* ---- what it does ---- */

static void run_errand(struct attendant_post *p)
{
	struct attendant_answer a = { .mode = -ENODEV };
	int link = -1, error = interface_look(&p->interface);

	if (error == 0 && p->interface.index)
		link = filter_link_make(p->errand.program, p->interface.index, &a.mode);
	if (error < 0 || (link < 0 && p->interface.index))
		a.mode = error < 0 ? error : link;
	a.index = p->interface.index;
	(void)!attendant_answer(p->errand.socket, &a, link);
	if (link >= 0)
		close(link); /* the source has it now, or it is gone with what was said */
}

/* False when the source is closed. */
static bool serve(struct attendant_post *p)
{
	char byte;

	if (recv(p->errand.socket, &byte, 1, 0) != 1)
		return false;
	run_errand(p);
	return true;
}

static void attend(struct attendant_post *posts, int n)
{
	struct pollfd polls[ATTENDANT_POSTS_MAX];
	int left = n;

	for (int i = 0; i < n; i++)
		polls[i] = (struct pollfd){ .fd = posts[i].errand.socket, .events = POLLIN };
	while (left > 0 && (poll(polls, (nfds_t)n, -1) >= 0 || errno == EINTR)) {
		for (int i = 0; i < n; i++) {
			if (polls[i].fd < 0 || !polls[i].revents || serve(&posts[i]))
				continue;
			polls[i].fd = -1;
			left--;
		}
	}
}

void attendant_be(struct attendant_post *posts, int n)
{
	const struct attendant_answer ready = { 0 };
	int error = 0;

	for (int i = 0; i < n && error == 0; i++)
		error = interface_prepare(&posts[i].interface, posts[i].errand.interface);
	if (error == 0)
		error = close_others(posts, n);
	if (error == 0)
		error = keep_two_capabilities();
	if (error == 0)
		error = restrict_calls();
	if (error == 0)
		error = attendant_answer(posts[0].errand.socket, &ready, -1);
	if (error == 0)
		attend(posts, n);
	_exit(error < 0);
}
