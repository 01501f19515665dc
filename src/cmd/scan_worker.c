#include "cmd/scan_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/i18n.h"

#include "confine/confine.h"

#define USUAL_USER  "nobody" /* who has no files */
#define PIPE_BYTES  (1 << 20)
#define FLUSH_BYTES (32 << 10) /* of what nobody waits for */
#define READ_BYTES  (64 << 10)
#define STOP_MS     100 /* how often *STOP is looked at */
#define CHILD_FD    3
#define EXIT_WORKER 3

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REPORTS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define REPORTS 1
#endif

int scan_worker_open(struct scan_worker *w, const char *configured)
{
	void *shared = mmap(NULL, sizeof(*w->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return -errno;
	*w = (struct scan_worker){
		.shared = shared,
		.fd = -1,
		.user = configured && !getpwnam(USUAL_USER) ? configured : USUAL_USER,
	};
	return 0;
}

void scan_worker_close(struct scan_worker *w)
{
	/* The kernel takes its time to take down their rings: nobody has to wait for that. */
	while (w->leaving > 0 && waitpid(-1, NULL, WNOHANG) > 0)
		w->leaving--;
	if (w->shared)
		munmap(w->shared, sizeof(*w->shared));
	w->shared = NULL;
}

/* ---- the worker ---- */

struct child {
	struct scan_shared *shared;
	const char *user;
	pid_t parent;
	struct buffer out;
	bool confined;
	uint64_t settled[2]; /* that were told */
	struct port_outcome *list;
};

static int confine(void *arg, struct diagnosis *d)
{
	struct child *c = arg;
	const struct confine_settings s = { .user = c->user, .role = CONFINE_SCANNER };
	struct confine_result result;
	int error;

	/* Which words there are is looked up when the first is wanted. */
	(void)_("versions");
	(void)strerror(EPERM);
	error = getppid() == c->parent ? confine_enter(&s, &result, d) : -ESRCH;
	c->confined = error == 0;
	return error;
}

/* Nobody listens any more: nothing is left to do. */
static void flush(struct child *c)
{
	for (size_t at = 0; at < c->out.length;) {
		ssize_t n = write(CHILD_FD, c->out.bytes + at, c->out.length - at);

		if (n < 0 && errno != EINTR)
			_exit(EXIT_WORKER);
		at += n > 0 ? (size_t)n : 0;
	}
	buffer_clear(&c->out);
}

static void put(struct child *c, const struct relay_message *m, bool now)
{
	/* What is told was heard, and nothing is heard before. */
	if (!c->confined && m->kind != RELAY_END)
		abort();
	relay_put(&c->out, m);
	if (c->out.failed)
		_exit(EXIT_WORKER);
	if (now || c->out.length >= FLUSH_BYTES)
		flush(c);
}

/* All that was settled was told before; what comes now was not. */
static void put_settled(struct child *c)
{
	struct relay_message m = { .kind = RELAY_SETTLED };

	for (int i = 0; i < 2; i++)
		m.settled[i] = atomic_load(&c->shared->progress.settled[i]);
	if (!memcmp(m.settled, c->settled, sizeof(m.settled)))
		return;
	memcpy(c->settled, m.settled, sizeof(m.settled));
	put(c, &m, false);
}

static void on_port(void *arg, const struct port_outcome *o)
{
	const struct relay_message m = { .kind = RELAY_PORT, .outcome = *o };

	put_settled(arg);
	put(arg, &m, o->state == PORT_OPEN);
}

static void on_host(void *arg, struct net_addr host, uint8_t protocol, enum port_state silent,
		    uint32_t n_silent)
{
	const struct relay_message m = {
		.kind = RELAY_HOST,
		.outcome = { .host = host, .protocol = protocol, .state = silent },
		.n = n_silent,
	};

	put_settled(arg);
	put(arg, &m, false);
}

static void on_up(void *arg, struct net_addr host, enum port_reason reason)
{
	const struct relay_message m = { .kind = RELAY_UP,
					 .outcome = { .host = host, .reason = reason } };

	put_settled(arg);
	put(arg, &m, false);
}

static void on_down(void *arg, struct net_addr host)
{
	const struct relay_message m = { .kind = RELAY_DOWN, .outcome = { .host = host } };

	put_settled(arg);
	put(arg, &m, false);
}

static void on_probed(void *arg, const struct port_outcome *o)
{
	struct child *c = arg;
	const struct relay_message m = { .kind = RELAY_PROBED,
					 .outcome = *o,
					 .n = (uint32_t)(o - c->list) };

	put(c, &m, true);
}

struct job {
	scan_engine_fn *engine; /* NULL: the prober */
	const struct scan_plan *plan;
	const struct prober_settings *settings;
	struct port_outcome *list;
	size_t n;
};

static int run_job(struct child *c, const struct job *job, struct diagnosis *d)
{
	const struct scan_gate gate = { confine, c };
	const struct scan_listener listener = { on_port, on_host, on_up, on_down, c };
	struct scan_plan plan;
	struct prober_settings settings;

	if (job->engine) {
		plan = *job->plan;
		plan.gate = gate;
		return job->engine(&plan, &listener, &c->shared->progress, &c->shared->stop, d);
	}
	settings = *job->settings;
	settings.gate = gate;
	return prober_run(&settings, job->list, job->n, on_probed, c, &c->shared->stop, d);
}

/* No descriptor of the parent's but the pipe: neither files, nor the store, nor a terminal. */
static void keep_only(int fd)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool good = nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
		    dup2(nothing, STDOUT_FILENO) >= 0;

#ifndef REPORTS
	good = good && dup2(nothing, STDERR_FILENO) >= 0;
#endif
	if (!good || (fd != CHILD_FD && dup2(fd, CHILD_FD) < 0) ||
	    close_range(CHILD_FD + 1, ~0U, 0) < 0)
		_exit(EXIT_WORKER);
}

/* It is the parent who is stopped, and says so. */
static void be_worker(const struct scan_worker *w, int fd, pid_t parent, const struct job *job)
{
	struct child c = {
		.shared = w->shared, .user = w->user, .parent = parent, .list = job->list
	};
	struct relay_message end = { .kind = RELAY_END };

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	keep_only(fd);
	for (int i = 0; i < 2; i++)
		c.settled[i] = atomic_load(&w->shared->progress.settled[i]);
	buffer_init(&c.out);
	end.status = run_job(&c, job, &end.diagnosis);
	if (c.confined)
		put_settled(&c);
	put(&c, &end, true);
	_exit(0);
}

/* ---- its parent ---- */

static int start(struct scan_worker *w, const struct job *job)
{
	pid_t parent = getpid();
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	(void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	atomic_store(&w->shared->stop, false);
	w->pid = fork();
	error = w->pid < 0 ? -errno : 0;
	if (w->pid == 0)
		be_worker(w, ends[1], parent, job);
	close(ends[1]);
	if (error < 0)
		close(ends[0]);
	w->pid = MAX(w->pid, 0);
	w->fd = error < 0 ? -1 : ends[0];
	return error;
}

int scan_worker_ask(struct scan_worker *w, scan_engine_fn *engine, const struct scan_plan *plan)
{
	const struct job job = { .engine = engine, .plan = plan };

	return start(w, &job);
}

int scan_worker_probe(struct scan_worker *w, const struct prober_settings *settings,
		      struct port_outcome *list, size_t n)
{
	const struct job job = { .settings = settings, .list = list, .n = n };

	return start(w, &job);
}

/* A port that was found stays what it is; one that answered only now is open. */
static bool take_probed(const struct scan_hearing *h, struct relay_message *m)
{
	struct port_outcome *o = m->n < h->n ? &h->list[m->n] : NULL;

	if (!o || !addr_equal(o->host, m->outcome.host) || o->port != m->outcome.port ||
	    (m->outcome.state != PORT_OPEN && m->outcome.state != o->state))
		return false;
	service_finish(&o->service);
	*o = m->outcome;
	service_init(&m->outcome.service);
	h->listener->port(h->listener->arg, o);
	return true;
}

static bool take_told(const struct scan_hearing *h, const struct relay_message *m)
{
	const struct scan_listener *l = h->listener;
	const struct port_outcome *o = &m->outcome;

	if (!relay_fits(m, h->plan))
		return false;
	if (m->kind == RELAY_PORT)
		l->port(l->arg, o);
	else if (m->kind == RELAY_HOST)
		l->host(l->arg, o->host, o->protocol, o->state, m->n);
	else if (m->kind == RELAY_UP)
		l->up(l->arg, o->host, o->reason);
	else
		l->down(l->arg, o->host);
	return true;
}

/* Returns 1 at the end, with its status; 0 to go on; ERR_DAMAGED. */
static int take(const struct scan_hearing *h, struct relay_message *m, int *ret_status,
		struct diagnosis *d)
{
	bool good = (m->kind == RELAY_PROBED) == (h->list != NULL);

	switch (m->kind) {
	case RELAY_END:
		*ret_status = m->status;
		if (m->status < 0 && d)
			*d = m->diagnosis;
		return 1;
	case RELAY_SETTLED:
		good = h->settled != NULL;
		if (good)
			memcpy(h->settled, m->settled, sizeof(m->settled));
		break;
	case RELAY_PROBED:
		good = good && take_probed(h, m);
		break;
	default:
		good = good && take_told(h, m);
	}
	service_finish(&m->outcome.service);
	return good ? 0 : ERR_DAMAGED;
}

/* All whole messages; what is left stays in the buffer. */
static int take_all(struct buffer *in, const struct scan_hearing *h, int *ret_status,
		    struct diagnosis *d)
{
	struct cursor c = cursor_over(in->bytes, in->length);
	struct relay_message m;
	int over = 0, there;

	while (!over && (there = relay_take(&c, &m)) != 0)
		over = there < 0 ? there : take(h, &m, ret_status, d);
	in->length = cursor_left(&c);
	memmove(in->bytes, c.at, in->length);
	return over == ERR_DAMAGED
		       ? diagnose(d, over, _("the process that listens says what cannot be"))
		       : over;
}

/* Returns how many bytes came, 0 at the end, or -errno. */
static ssize_t hear(struct scan_worker *w, struct buffer *in, const atomic_bool *stop)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	uint8_t *room = buffer_reserve(in, READ_BYTES);
	ssize_t n = -1;

	if (!room)
		return -ENOMEM;
	do {
		if (atomic_load(stop))
			atomic_store(&w->shared->stop, true);
		if (poll(&p, 1, STOP_MS) > 0)
			n = read(w->fd, room, READ_BYTES);
		else
			errno = EINTR;
	} while (n < 0 && errno == EINTR);
	in->length += n > 0 ? (size_t)n : 0;
	return n < 0 ? -errno : n;
}

static int tell_death(int status, struct diagnosis *d)
{
	if (WIFSIGNALED(status))
		return diagnose(d, ERR_DAMAGED,
				_("the process that listens was ended by signal %d (%s)"),
				WTERMSIG(status), strsignal(WTERMSIG(status)));
	return diagnose(d, ERR_DAMAGED, _("the process that listens ended too early"));
}

/* One that has told all ends by itself; another is ended. */
static int part(struct scan_worker *w, bool told_all, int error, struct diagnosis *d)
{
	int status = 0;

	close(w->fd);
	w->fd = -1;
	if (told_all) {
		w->leaving++;
	} else {
		if (error)
			(void)kill(w->pid, SIGKILL);
		while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	w->pid = 0;
	return told_all || error ? error : tell_death(status, d);
}

int scan_worker_attend(struct scan_worker *w, const struct scan_hearing *h, const atomic_bool *stop,
		       struct diagnosis *d)
{
	struct buffer in;
	int status = 0, over = 0;
	ssize_t n;

	buffer_init(&in);
	while (over == 0 && (n = hear(w, &in, stop)) != 0)
		over = n < 0 ? (int)n : take_all(&in, h, &status, d);
	buffer_finish(&in);
	return part(w, over == 1, over == 1 ? status : over, d);
}
