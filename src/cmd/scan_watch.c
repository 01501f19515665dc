/* What a person sees of a running scan: on stderr, when a key is pressed, or now and then. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/zone.h"
#include "cmd/scan_internal.h"

#define SHOWN_EVERY_MS 10000

atomic_bool scan_stop;

/* The terminal as it was found, for whoever ends us. */
static struct termios terminal_before;
static atomic_bool terminal_is_changed;

/* Whoever is not in the foreground would be stopped by it, and has no terminal to give back. Fit
 * for signal handlers. */
static void give_terminal_back(void)
{
	if (atomic_exchange(&terminal_is_changed, false) && tcgetpgrp(STDIN_FILENO) == getpgrp())
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
}

/* A second one ends it at once. */
static void stop(int number)
{
	if (!atomic_exchange(&scan_stop, true))
		return;
	give_terminal_back();
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

void scan_catch_signals(void)
{
	const struct sigaction action = { .sa_handler = stop };

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

struct scan_watch {
	struct scan_progress *progress;
	const char *phase;
	bool sometimes, has_keys;
	uint64_t started_ns;
	int end; /* an eventfd */
	pthread_t thread;
};

static uint64_t now_ns(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

static void print_status(const struct scan_watch *w)
{
	uint64_t asked = w->progress->asked, of = w->progress->of;
	double elapsed = (double)(now_ns() - w->started_ns) / 1e9;
	double part = of ? (double)asked / (double)of : 0;
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX], c[TEXT_NUMBER_MAX];

	fprintf(stderr,
		_("%s: %.1f %%, %s of %s ports, %s open, %.0f packets a second, %.0f s, about %.0f s left\n"),
		w->phase, 100 * part, text_number(asked, a), text_number(of, b),
		text_number(w->progress->open, c), (double)w->progress->sent / MAX(elapsed, .001),
		elapsed, part > 0 ? elapsed * (1 - part) / part : 0);
}

static void *watch(void *arg)
{
	struct scan_watch *w = arg;
	struct pollfd files[2] = { { .fd = w->end, .events = POLLIN },
				   { .fd = w->has_keys ? STDIN_FILENO : -1, .events = POLLIN } };

	for (;;) {
		int n = poll(files, 2, w->sometimes ? SHOWN_EVERY_MS : -1);
		char keys[64];

		if ((n < 0 && errno != EINTR) || files[0].revents)
			return NULL;
		if (n > 0 && files[1].revents && read(STDIN_FILENO, keys, sizeof(keys)) <= 0)
			files[1].fd = -1;
		else if (n >= 0)
			print_status(w);
	}
}

/* Keys come one by one, and are not shown. Only for who is in the terminal's foreground. */
static void take_keys(struct scan_watch *w)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
	    tcgetattr(STDIN_FILENO, &terminal_before) < 0)
		return;
	raw = terminal_before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	atomic_store(&terminal_is_changed, true);
	w->has_keys = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

int scan_watch_start(struct scan_progress *progress, bool sometimes, const char *phase,
		     struct scan_watch **ret_watch)
{
	struct scan_watch *w = calloc(1, sizeof(*w));
	sigset_t all, before;
	int error;

	if (!w)
		return -ENOMEM;
	w->progress = progress;
	w->phase = phase;
	w->sometimes = sometimes;
	w->started_ns = now_ns();
	w->end = eventfd(0, EFD_CLOEXEC);
	if (w->end < 0) {
		error = -errno;
		free(w);
		return error;
	}
	take_keys(w);
	/* Signals are for the thread that scans. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&w->thread, NULL, watch, w) ? ERR_THREADS : 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error < 0) {
		give_terminal_back();
		(void)close(w->end);
		free(w);
		return error;
	}
	*ret_watch = w;
	return 0;
}

void scan_watch_end(struct scan_watch *w)
{
	const uint64_t one = 1;

	if (!w)
		return;
	if (write(w->end, &one, sizeof(one)) == sizeof(one))
		(void)pthread_join(w->thread, NULL);
	give_terminal_back();
	(void)close(w->end);
	free(w);
}
