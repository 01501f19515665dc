#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/notify.h"
#include "base/zone.h"

#include "watch/watch_internal.h"

#define TURN_MS     5    /* how long a frame may lie in a ring that wakes nobody */
#define TURN_FRAMES 4096 /* then clocks and posts have a look, however busy the line */

/* The share of the memory that sightings may take while they wait for the disk. */
#define CHUNKS_SHARE 8

struct watch_time watch_now(void)
{
	struct timespec boot, wall, awake;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &awake);
	return (struct watch_time){
		.boot_ns = (uint64_t)boot.tv_sec * NS_PER_SECOND + (uint64_t)boot.tv_nsec,
		.wall_ns = (uint64_t)wall.tv_sec * NS_PER_SECOND + (uint64_t)wall.tv_nsec,
		.awake_ns = (uint64_t)awake.tv_sec * NS_PER_SECOND + (uint64_t)awake.tv_nsec,
	};
}

static void say_line(struct watch *w, const char *words)
{
	pthread_mutex_lock(&w->saying);
	w->settings.say(w->settings.user, words);
	pthread_mutex_unlock(&w->saying);
}

void watch_say(struct watch *w, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	say_line(w, line);
}

/* ---- opening ---- */

static void say_of_others(void *user, const char *words)
{
	say_line(user, words);
}

static void wake_keeper(void *user)
{
	struct watch *w = user;

	keeper_wake(w->keeper);
}

static int open_lines(struct watch *w, struct diagnosis *d)
{
	int error = 0;

	w->merge.lines = w->merge_lines;
	for (size_t i = 0; i < w->settings.n_interfaces && !error; i++) {
		const char *name = w->settings.interfaces[i];
		struct live_settings s = live_settings_default(name, w->config);
		struct watch_line *line = &w->lines[i];

		s.driver = w->settings.driver;
		s.consume = w->settings.consume;
		error = live_open(&s, &w->merge_lines[i].source, d);
		if (error < 0)
			return error;
		snprintf(line->name, sizeof(line->name), "%s", name);
		line->state = LIVE_UP;
		line->frames_ns = w->started.boot_ns;
		w->merge.n = ++w->n_lines;
	}
	return error;
}

static int open_signals(struct watch *w, struct diagnosis *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return diagnose(d, -errno, "%s", strerror(errno));
	w->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return w->signals < 0 ? diagnose(d, -errno, "signalfd: %s", strerror(errno)) : 0;
}

/* "eth1: xdp, in the driver; eth2: ..." */
static void name_sensor(const struct watch *w, char *ret_text, size_t room)
{
	size_t at = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < w->n_lines && at < room; i++) {
		int n = snprintf(ret_text + at, room - at, "%s%s: %s", i ? "; " : "",
				 w->lines[i].name, live_name(w->merge_lines[i].source));

		at += n > 0 ? (size_t)n : 0;
	}
}

static int open_writer(struct watch *w, struct diagnosis *d)
{
	char sensor[512];
	struct writer_settings s = {
		.archive = w->settings.archive,
		.sensor = sensor,
		.started_ns = w->started.wall_ns,
		.networks = &w->config->networks,
		.memory_bytes = w->config->sensor.memory_bytes / CHUNKS_SHARE,
		.closed = wake_keeper,
		.say = say_of_others,
		.user = w,
	};

	name_sensor(w, sensor, sizeof(sensor));
	return writer_new(&s, &w->writer, d);
}

int watch_check_networks(const struct prefix_set *networks, struct diagnosis *d)
{
	return networks->n_prefixes <= JOURNAL_NETWORKS_MAX
		       ? 0
		       : diagnose(d, ERR_USAGE, _("more than %u networks"), JOURNAL_NETWORKS_MAX);
}

static int open_flood(struct watch *w)
{
	struct flood_settings s = flood_settings_for(w->config->sensor.memory_bytes);
	int error = flood_new(&s, &w->flood);

	if (!error)
		watch_begin_hour(w);
	w->journal_day = zone_day(w->now.wall_ns);
	return error;
}

/* Without a catalogue it tries to open one, with each turn. */
static int open_keeper(struct watch *w, struct diagnosis *d)
{
	struct keeper_settings k = {
		.archive = w->settings.archive,
		.catalogue = w->settings.catalogue,
		.config = w->settings.config,
		.say = say_of_others,
		.user = w,
	};
	struct config *fresh;
	int error = keeper_new(&k, &w->keeper);

	if (error < 0 || k.catalogue)
		return error;
	error = watch_load_config(w, &fresh, d);
	if (!error)
		keeper_reload(w->keeper, fresh);
	return error;
}

static int open_all(struct watch *w, struct diagnosis *d)
{
	int error = watch_check_networks(&w->config->networks, d);

	if (!error)
		error = watch_listen(w, d);
	if (!error)
		error = open_lines(w, d);
	if (!error)
		error = open_signals(w, d);
	if (!error)
		error = open_flood(w);
	if (!error)
		error = observer_new(w->config, &w->observer);
	if (!error)
		error = watch_remember(w, d);
	if (!error)
		error = open_writer(w, d);
	if (!error)
		error = open_keeper(w, d);
	return error;
}

int watch_open(const struct watch_settings *settings, struct watch **ret_watch, struct diagnosis *d)
{
	struct watch *w = calloc(1, sizeof(*w));
	int error;

	if (!w)
		return -ENOMEM;
	w->settings = *settings;
	w->config = settings->config;
	w->signals = w->listener = w->guard = w->statm = -1;
	pthread_mutex_init(&w->saying, NULL);
	ledger_init(&w->ledger);
	w->started = w->now = w->second = w->posted = w->saved = watch_now();
	mirror_init(&w->mirror, &w->config->networks, w->started.boot_ns);
	w->seen_ns = w->started.wall_ns;
	w->memory_bytes = w->config->sensor.memory_bytes;
	w->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	error = open_all(w, d);
	if (error < 0) {
		watch_close(w);
		return error;
	}
	*ret_watch = w;
	return 0;
}

void watch_note_confinement(struct watch *w, const char *words)
{
	snprintf(w->confinement, sizeof(w->confinement), "%s", words);
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n_lines; i++)
		live_close(w->merge_lines[i].source);
	writer_free(w->writer); /* which may still wake the keeper */
	if (w->keeper)
		keeper_free(w->keeper);
	else
		catalogue_close(w->settings.catalogue);
	observer_free(w->observer);
	flood_free(w->flood);
	ledger_finish(&w->ledger);
	watch_drop_posts(w);
	free(w->chunk);
	while (w->full) {
		struct chunk *next = w->full->next;

		free(w->full);
		w->full = next;
	}
	for (int *fd = (int[]){ w->signals, w->listener, w->guard, w->statm, -2 }; *fd != -2;
	     fd++) {
		if (*fd >= 0)
			close(*fd);
	}
	if (w->owned)
		config_finish(w->owned);
	free(w->owned);
	pthread_mutex_destroy(&w->saying);
	free(w);
}

/* ---- frames ---- */

static void see_frame(struct watch *w, const struct capture_frame *f, uint64_t time_ns)
{
	struct packet packet;
	enum verdict verdict = decode_frame(f->link_type, f->bytes, f->length, &packet);
	enum outcome outcome;

	w->verdicts[verdict]++;
	if (verdict != VERDICT_TCP) {
		if (verdict >= VERDICT_SHORT_LINK && verdict <= VERDICT_SHORT_TCP)
			mirror_see_cut(&w->mirror);
		return;
	}
	outcome = observer_see(w->observer, time_ns, &packet, watch_slot(w));
	w->outcomes[outcome]++;
	mirror_see(&w->mirror, time_ns, &packet, outcome);
	if (outcome == OUTCOME_SIGHTING)
		watch_keep_slot(w);
}

/* Those that are due at NOW_NS. Returns how many there were, up to a turn's worth. */
static int see_frames(struct watch *w, uint64_t now_ns)
{
	const struct capture_frame *f;
	uint64_t last_ns = 0;
	size_t line;
	int n = 0;

	while (n < TURN_FRAMES && (f = merge_next(&w->merge, now_ns, &line))) {
		last_ns = watch_frame_time(w, f->time_ns, last_ns);
		see_frame(w, f, last_ns);
		n++;
	}
	/* With all rings empty, all that was on the line when the clock was read has been seen;
	 * what a ring holds back for some milliseconds comes with the next. */
	if (n < TURN_FRAMES)
		w->seen_ns = w->now.wall_ns - MERGE_HOLD_NS;
	else
		w->seen_ns = MIN(last_ns, w->now.wall_ns);
	return n;
}

static void take_signals(struct watch *w)
{
	struct signalfd_siginfo s;

	while (read(w->signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (s.ssi_signo == SIGHUP)
			watch_reload(w);
		else
			w->stopping = true;
	}
}

/* ---- the turn of the line's thread ---- */

static void wait_for_something(struct watch *w)
{
	struct pollfd fds[WATCH_INTERFACES_MAX + 2];
	nfds_t n = 0;

	fds[n++] = (struct pollfd){ .fd = w->signals, .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = w->listener, .events = POLLIN };
	for (size_t i = 0; i < w->n_lines; i++) {
		int fd = live_descriptor(w->merge_lines[i].source);

		/* What is held is not given back, and would be told again and again. */
		if (fd >= 0 && !merge_holds(&w->merge_lines[i]))
			fds[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	if (poll(fds, n, TURN_MS) <= 0)
		return;
	if (fds[0].revents)
		take_signals(w);
	if (fds[1].revents)
		watch_answer(w);
}

static void turn(struct watch *w)
{
	int n;

	w->now = watch_now();
	watch_follow_clock(w);
	n = see_frames(w, w->now.wall_ns);
	watch_post(w);
	if (w->now.boot_ns - w->second.boot_ns >= NS_PER_SECOND) {
		watch_second(w);
		notify_watchdog();
		wait_for_something(w); /* a busy line must not keep signals and questions out */
	} else if (n < TURN_FRAMES) {
		wait_for_something(w);
	}
}

/*
 * All that was on the line when it was told to stop: a ring holds a block back for some
 * milliseconds. A line that never ends is not waited for.
 */
static void see_the_rest(struct watch *w)
{
	const struct timespec pause = { 0, TURN_MS * 1000000L };
	struct watch_time told = watch_now();
	uint64_t since_ns;
	int n;

	do {
		w->now = watch_now();
		watch_follow_clock(w);
		n = see_frames(w, UINT64_MAX);
		watch_post(w);
		since_ns = w->now.boot_ns - told.boot_ns;
		if (n < TURN_FRAMES)
			(void)nanosleep(&pause, NULL);
	} while (since_ns < MERGE_HOLD_NS || (n == TURN_FRAMES && since_ns < NS_PER_SECOND));
	watch_second(w);
}

static void say_drivers(struct watch *w)
{
	for (size_t i = 0; i < w->n_lines; i++) {
		const char *reason = live_reason(w->merge_lines[i].source);

		watch_say(w, "%s: %s%s%s%s", w->lines[i].name, live_name(w->merge_lines[i].source),
			  *reason ? " (" : "", reason, *reason ? ")" : "");
	}
}

int watch_run(struct watch *w, struct diagnosis *d)
{
	int error = writer_start(w->writer);

	if (!error)
		error = keeper_start(w->keeper);
	if (error < 0) {
		/* Without its thread the writer would wait for a last post for ever. */
		watch_post_last(w);
		return diagnose(d, error, "%s", error_text(error));
	}
	say_drivers(w);
	notify_ready(NULL);
	while (!w->stopping)
		turn(w);
	notify_stopping();
	/* Nobody answers any more: who asks is told so at once, and does not wait. */
	close(w->listener);
	w->listener = -1;
	see_the_rest(w);
	watch_post_last(w);
	writer_free(w->writer);
	w->writer = NULL;
	return 0;
}
