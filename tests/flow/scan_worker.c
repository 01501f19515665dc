/*
 * The process that listens, taken over: engines that do as an attacker would, and what its parent
 * makes of it. Each thing that is tried is told as a port: open, it could be done. Exit status 77:
 * there is nobody to become.
 */
#include "cmd/scan_worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/confine_internal.h"

#define HOST addr_from_v4(0x7f000001)

static char folder[] = "/tmp/scan-worker-XXXXXX";
static int kept; /* a file of the parent's, open */
static pid_t parent;
static bool seccomp;

struct told {
	unsigned open, closed, hosts;
	uint16_t last_open;
};

/* ---- what is tried ---- */

static bool read_shadow(void)
{
	return open("/etc/shadow", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool make_file(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/made", folder);
	return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0;
}

static bool write_kept(void)
{
	return write(kept, "x", 1) == 1;
}

static bool take_packets(void)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) >= 0;
}

static bool end_parent(void)
{
	return kill(parent, 0) == 0;
}

static bool be_root(void)
{
	return geteuid() == 0;
}

static bool start_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child > 0;
}

static bool find_descriptor(void)
{
	struct stat st;

	for (int fd = 4; fd < 1024; fd++) {
		if (fstat(fd, &st) == 0)
			return true;
	}
	return false;
}

static bool (*const tries[])(void) = { read_shadow, make_file, write_kept,    take_packets,
				       end_parent,  be_root,   start_process, find_descriptor };

/* ---- engines ---- */

static void tell(const struct scan_listener *l, size_t i, bool could)
{
	const struct port_outcome o = { .host = HOST,
					.port = (uint16_t)(i + 1),
					.protocol = 6,
					.state = could ? PORT_OPEN : PORT_CLOSED };

	l->port(l->arg, &o);
}

static int try_all(const struct scan_plan *plan, const struct scan_listener *l,
		   struct scan_progress *progress, const atomic_bool *stop, struct diagnosis *d)
{
	int error = scan_gate_pass(&plan->gate, d);

	(void)stop;
	for (size_t i = 0; i < ARRAY_LENGTH(tries) && !error; i++)
		tell(l, i, tries[i]());
	atomic_store(&progress->settled[0], 7);
	return error;
}

static int tell_unconfined(const struct scan_plan *plan, const struct scan_listener *l,
			   struct scan_progress *progress, const atomic_bool *stop,
			   struct diagnosis *d)
{
	(void)plan;
	(void)progress;
	(void)stop;
	(void)d;
	tell(l, 0, true);
	return 0;
}

static int be_traced(const struct scan_plan *plan, const struct scan_listener *l,
		     struct scan_progress *progress, const atomic_bool *stop, struct diagnosis *d)
{
	int error = scan_gate_pass(&plan->gate, d);

	(void)l;
	(void)progress;
	(void)stop;
	return error ? error : (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int tell_of_others(const struct scan_plan *plan, const struct scan_listener *l,
			  struct scan_progress *progress, const atomic_bool *stop,
			  struct diagnosis *d)
{
	int error = scan_gate_pass(&plan->gate, d);

	(void)progress;
	(void)stop;
	if (!error)
		l->host(l->arg, addr_from_v4(0x7f000002), 6, PORT_FILTERED, 1);
	return error;
}

static int tell_nonsense(const struct scan_plan *plan, const struct scan_listener *l,
			 struct scan_progress *progress, const atomic_bool *stop,
			 struct diagnosis *d)
{
	int error = scan_gate_pass(&plan->gate, d);

	(void)l;
	(void)progress;
	(void)stop;
	/* And stays: it is ended. */
	while (!error && write(3, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) == 8)
		;
	return error;
}

static int just_end(const struct scan_plan *plan, const struct scan_listener *l,
		    struct scan_progress *progress, const atomic_bool *stop, struct diagnosis *d)
{
	(void)plan;
	(void)l;
	(void)progress;
	(void)stop;
	(void)d;
	_exit(0);
}

static int run_until_stopped(const struct scan_plan *plan, const struct scan_listener *l,
			     struct scan_progress *progress, const atomic_bool *stop,
			     struct diagnosis *d)
{
	int error = scan_gate_pass(&plan->gate, d);

	(void)progress;
	if (!error)
		tell(l, 0, true);
	while (!error && !atomic_load(stop))
		usleep(1000);
	return error ? error : -EINTR;
}

static int refuse(const struct scan_plan *plan, const struct scan_listener *l,
		  struct scan_progress *progress, const atomic_bool *stop, struct diagnosis *d)
{
	(void)plan;
	(void)l;
	(void)progress;
	(void)stop;
	return diagnose(d, -EPERM, "not\033[31m so");
}

/* ---- the parent ---- */

static void on_port(void *arg, const struct port_outcome *o)
{
	struct told *t = arg;

	t->open += o->state == PORT_OPEN;
	t->closed += o->state == PORT_CLOSED;
	if (o->state == PORT_OPEN)
		t->last_open = o->port;
}

static void on_host(void *arg, struct net_addr host, uint8_t protocol, enum port_state silent,
		    uint32_t n)
{
	struct told *t = arg;

	(void)host;
	(void)protocol;
	(void)silent;
	t->hosts += n;
}

static int run(scan_engine_fn *engine, bool stop_now, struct told *ret_told,
	       uint64_t ret_settled[2], struct diagnosis *d)
{
	static uint16_t ports[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct addr_range range = { HOST, HOST };
	const struct scan_plan plan = { .targets = &range,
					.n_targets = 1,
					.n_hosts = 1,
					.tcp = { ports, ARRAY_LENGTH(ports) } };
	const struct scan_listener listener = { .port = on_port, .host = on_host, .arg = ret_told };
	const struct scan_hearing h = { .plan = &plan,
					.listener = &listener,
					.settled = ret_settled };
	const atomic_bool stop = stop_now;
	struct scan_worker w;
	int status = scan_worker_open(&w, NULL);

	if (status == 0)
		status = scan_worker_ask(&w, engine, &plan);
	if (status == 0)
		status = scan_worker_attend(&w, &h, &stop, d);
	scan_worker_close(&w);
	return status;
}

static int failures;

static void expect(bool good, const char *what)
{
	printf("%s: %s\n", what, good ? "as it should be" : "NOT SO");
	failures += !good;
}

/* What ends, or says what cannot be, is told as that, with words. */
static void check_bad(scan_engine_fn *engine, const char *what, const char *words)
{
	struct told told = { 0 };
	uint64_t settled[2] = { 0, 0 };
	struct diagnosis d = { "" };
	int status = run(engine, false, &told, settled, &d);

	if (!strstr(d.text, words))
		printf("%s: status %d, \"%s\"\n", what, status, d.text);
	expect(status == ERR_DAMAGED && strstr(d.text, words) && !told.open && !told.hosts, what);
}

static void check_all(void)
{
	struct told told = { 0 };
	uint64_t settled[2] = { 0, 0 };
	struct diagnosis d = { "" };

	expect(run(try_all, false, &told, settled, &d) == 0, "an engine that was taken over");
	if (told.open)
		printf("the last that it could: %u\n", told.last_open);
	expect(told.open == 0 && told.closed == ARRAY_LENGTH(tries), "it could do nothing of it");
	expect(settled[0] == 7, "what is settled is told");
	told = (struct told){ 0 };
	expect(run(run_until_stopped, true, &told, settled, &d) == -EINTR && told.open == 1,
	       "one that is stopped has told all");
	d.text[0] = '\0';
	expect(run(refuse, false, &told, settled, &d) == -EPERM && !strchr(d.text, '\033') &&
		       strstr(d.text, "not?[31m so"),
	       "words for a terminal do nothing to it");
}

int main(void)
{
	char path[64];

	if (geteuid() == 0 && !getpwnam("nobody")) {
		printf("skipped: no user \"nobody\" to become\n");
		return 77;
	}
	seccomp = confine_seccomp_built();
	if (geteuid() != 0 || !seccomp) {
		printf("skipped: takes root and libseccomp\n");
		return 77;
	}
	parent = getpid();
	snprintf(path, sizeof(path), "%s/kept", mkdtemp(folder) ? folder : "/nowhere");
	(void)chmod(folder, 0777); /* so that it is not the mode that refuses */
	kept = fcntl(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666), F_DUPFD_CLOEXEC, 10);
	expect(kept >= 10, "a file that is open");
	check_all();
	check_bad(tell_unconfined, "what is told by one who is not confined", "signal 6");
	check_bad(be_traced, "a call that is not on the list", "signal 31");
	check_bad(tell_of_others, "a host that nobody asked about", "cannot be");
	check_bad(tell_nonsense, "bytes that are no message", "cannot be");
	check_bad(just_end, "an end without a word", "too early");
	expect(geteuid() == 0 && write(kept, "x", 1) == 1, "the parent keeps what it has");
	close(kept);
	(void)unlink(path);
	(void)rmdir(folder);
	return failures ? 1 : 0;
}
