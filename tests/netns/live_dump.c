/*
 * What decoder and observer make of frames, from a capture file or from an interface.
 *
 *     live_dump [--net PREFIX]... file CAPTURE
 *     live_dump [--net PREFIX]... [--ring BYTES] [--budget N] [--consume] live INTERFACE DRIVER
 *
 * Prints a line for each sighting, and at last "end". Live, it does what the lines of its standard
 * input say, and answers each with lines of which the last is "done":
 *
 *     until PORT      reads until a sighting of that port has been seen (it is not printed)
 *     tend            "state up|down|gone", "name …", "reason …"
 *     counts          a figure a line
 *     networks P      others, from now on
 *     times           how many frames had times before the start or after now, or were cut
 *     drop            gives up all privileges
 *     drop old        and is refused bpf(2) then, as by a kernel before Linux 5.19
 *
 * The first answer is the driver's name, or "failed: …". Exit status 77: there is no right to open
 * that, or the driver is not built in.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "observe/observer.h"

#include "live/live.h"

#define WAIT_MS   2
#define WAITS_MAX 10000 /* without a frame; then it gives up */

struct dump {
	struct config config;
	struct observer *observer;
	struct live_source *source;
	struct live_settings settings;
	unsigned until; /* the port whose sighting ends a reading */
	uint64_t begun_ns, early, late, cut, frames[2];
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* True when that was the last one. */
static bool see(struct dump *x, const struct capture_frame *f)
{
	char host[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX], marks[MARKS_TEXT_MAX];
	struct packet p;
	struct sighting s;

	if (x->source) {
		x->early += f->time_ns < x->begun_ns;
		x->late += f->time_ns > now_ns(CLOCK_REALTIME);
		x->cut += f->length < f->wire_length;
	}
	if (decode_frame(f->link_type, f->bytes, f->length, &p) != VERDICT_TCP ||
	    observer_see(x->observer, f->time_ns, &p, &s) != OUTCOME_SIGHTING)
		return false;
	if (x->until && s.port == x->until)
		return true;
	printf("%s %u %s %u %s\n", addr_format(s.host, host), s.port, addr_format(s.peer, peer),
	       s.peer_port, marks_format(s.marks, marks));
	return false;
}

static int dump_file(struct dump *x, const char *path)
{
	struct capture_frame frames[CAPTURE_BATCH];
	struct capture_source *source;
	struct diagnosis d = { "" };
	int n = capture_file_open(path, &source, &d);

	if (n < 0)
		return n;
	while ((n = capture_source_read(source, frames, CAPTURE_BATCH, &d)) > 0) {
		for (int i = 0; i < n; i++)
			(void)see(x, &frames[i]);
	}
	capture_source_close(source);
	return n;
}

/* ---- live ---- */

static void wait_a_little(const struct dump *x)
{
	struct pollfd p = { .fd = live_descriptor(x->source), .events = POLLIN };

	(void)poll(&p, p.fd >= 0, WAIT_MS);
}

static int read_until(struct dump *x, unsigned port)
{
	struct capture_frame frames[CAPTURE_BATCH];
	bool found = false;

	x->until = port;
	for (int waits = 0; !found && waits < WAITS_MAX;) {
		int n = live_read(x->source, frames, CAPTURE_BATCH);

		if (n < 0)
			return n;
		for (int i = 0; i < n; i++)
			found |= see(x, &frames[i]);
		if (n == 0)
			wait_a_little(x);
		waits = n ? 0 : waits + 1;
	}
	if (!found)
		printf("never seen: port %u\n", port);
	return 0;
}

static void tend(struct dump *x)
{
	static const char *const names[] = { "up", "down", "gone" };

	printf("state %s\n", names[live_tend(x->source, now_ns(CLOCK_BOOTTIME))]);
	printf("name %s\nreason %s\n", live_name(x->source), live_reason(x->source));
}

static void print_counts(struct dump *x)
{
	struct live_counts c;

	live_counts_read(x->source, &c);
	printf("frames %llu\ntaken %llu\nlost %llu\nover_budget %llu\nmissed %llu\nundecided %llu\n"
	       "foreign_syns %llu\n",
	       (unsigned long long)c.frames, (unsigned long long)c.taken,
	       (unsigned long long)c.lost, (unsigned long long)c.over_budget,
	       (unsigned long long)c.missed, (unsigned long long)c.undecided,
	       (unsigned long long)c.foreign_syns);
}

static int use_networks(struct config *c, const char *text)
{
	struct net_prefix p;
	int error = prefix_parse(text, &p, NULL);

	return error < 0 ? error : prefix_set_add(&c->networks, p);
}

static int change_networks(struct dump *x, const char *text)
{
	int error;

	prefix_set_finish(&x->config.networks);
	prefix_set_init(&x->config.networks);
	error = use_networks(&x->config, text);
	return error < 0 ? error : live_configure(x->source, &x->config);
}

/* Whoever has no right to it is told so, whatever is asked. */
static int refuse_bpf(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { ARRAY_LENGTH(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return -errno;
	return 0;
}

/* As a sensor does when all is open. A user of our own: other tests bound nobody's processes. */
static int drop_privileges(bool old)
{
	const uid_t user = 61397;

	if (setgroups(0, NULL) < 0 || setresgid(user, user, user) < 0 ||
	    setresuid(user, user, user) < 0)
		return -errno;
	return old ? refuse_bpf() : 0;
}

static int obey(struct dump *x, const char *line)
{
	char word[16], more[64] = "";
	int error = 0;

	if (sscanf(line, "%15s %63s", word, more) < 1)
		return ERR_USAGE;
	if (strcmp(word, "until") == 0)
		error = read_until(x, (unsigned)strtoul(more, NULL, 10));
	else if (strcmp(word, "tend") == 0)
		tend(x);
	else if (strcmp(word, "counts") == 0)
		print_counts(x);
	else if (strcmp(word, "networks") == 0)
		error = change_networks(x, more);
	else if (strcmp(word, "drop") == 0)
		error = drop_privileges(strcmp(more, "old") == 0);
	else if (strcmp(word, "times") == 0)
		printf("early %llu\nlate %llu\ncut %llu\n", (unsigned long long)x->early,
		       (unsigned long long)x->late, (unsigned long long)x->cut);
	else
		error = ERR_USAGE;
	printf("done\n");
	(void)fflush(stdout);
	return error;
}

static int dump_live(struct dump *x, const char *interface, const char *driver)
{
	struct diagnosis d = { "" };
	char line[128];
	int error = 0;

	if (!live_driver_parse(driver, &x->settings.driver))
		return ERR_USAGE;
	x->settings.interface = interface;
	x->begun_ns = now_ns(CLOCK_REALTIME);
	error = live_open(&x->settings, &x->source, &d);
	printf("%s%s\ndone\n", error < 0 ? "failed: " : "",
	       error < 0 ? d.text : live_name(x->source));
	(void)fflush(stdout);
	while (error == 0 && fgets(line, sizeof(line), stdin))
		error = obey(x, line);
	live_close(x->source);
	return error;
}

static int take_option(struct dump *x, int option, const char *value)
{
	switch (option) {
	case 'n':
		return use_networks(&x->config, value);
	case 'r':
		x->settings.ring_bytes = (uint32_t)strtoul(value, NULL, 10);
		return 0;
	case 'b':
		x->settings.frames_per_second = (uint32_t)strtoul(value, NULL, 10);
		return 0;
	case 'c':
		x->settings.consume = true;
		return 0;
	default:
		return ERR_USAGE;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "net", required_argument, NULL, 'n' },
						 { "ring", required_argument, NULL, 'r' },
						 { "budget", required_argument, NULL, 'b' },
						 { "consume", no_argument, NULL, 'c' },
						 { 0 } };
	struct dump x = { 0 };
	int error = 0, option;

	config_init(&x.config);
	x.settings = live_settings_default(NULL, &x.config);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1 && error == 0)
		error = take_option(&x, option, optarg);
	if (error == 0)
		error = observer_new(&x.config, &x.observer);
	argv += optind;
	if (error == 0 && argc - optind == 2 && strcmp(argv[0], "file") == 0)
		error = dump_file(&x, argv[1]);
	else if (error == 0 && argc - optind == 3 && strcmp(argv[0], "live") == 0)
		error = dump_live(&x, argv[1], argv[2]);
	else if (error == 0)
		error = ERR_USAGE;
	observer_free(x.observer);
	config_finish(&x.config);
	if (error < 0) {
		(void)fprintf(stderr, "%s\n", error_text(error));
		return error == -EPERM || error == -EACCES || error == ERR_UNSUPPORTED ? 77 : 1;
	}
	printf("end\n");
	return 0;
}
