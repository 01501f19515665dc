/*
 * Sends frames onto an interface, at a given rate or as fast as it can, and says how many it sent:
 *
 *     sekimori-send --interface IFACE --load mixed|synack --frames N [--rate N] [--threads N]
 *                   [--peers N]
 *
 * What the system refused (a full queue) was not sent and is not counted; the next frame takes its
 * turn. Prints frames, SYN+ACKs of the site, what was refused, seconds, and the processors' seconds
 * that it took itself: tab-separated, in one line. Between two batches it sleeps, so that its own
 * processor time says what sending costs.
 */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include "frames.h"

#define BATCH_MAX   64
#define TURNS       4000 /* a second, at most: how often a sender with a rate looks at the clock */
#define THREADS_MAX 16
#define SECONDS_MAX 600 /* whatever was asked for */
#define NS          1000000000ULL

struct options {
	const char *interface;
	enum live_load load;
	uint64_t frames, rate; /* 0: as fast as it can */
	unsigned threads, peers;
};

struct sender {
	pthread_t thread;
	uint64_t frames_wanted, rate, seed;
	enum live_load load;
	int fd, error;
	struct live_frames *frames;
	uint64_t sent, synacks, refused;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

static void sleep_until(uint64_t at_ns)
{
	struct timespec t = { (time_t)(at_ns / NS), (long)(at_ns % NS) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static int open_socket(unsigned index)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_ifindex = (int)index };
	int yes = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

/* N frames; what is refused is passed over. */
static int send_batch(struct sender *s, unsigned n)
{
	struct mmsghdr messages[BATCH_MAX];
	struct iovec parts[BATCH_MAX];
	bool synacks[BATCH_MAX];

	memset(messages, 0, n * sizeof(messages[0]));
	for (unsigned i = 0; i < n; i++) {
		const struct live_frame *f = live_frames_next(s->frames);

		parts[i] = (struct iovec){ f->bytes, f->length };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		synacks[i] = f->synack;
	}
	for (unsigned at = 0; at < n;) {
		int got = sendmmsg(s->fd, messages + at, n - at, 0);

		if (got < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			return -errno;
		for (int i = 0; i < got; i++)
			s->synacks += synacks[at + (unsigned)i];
		s->sent += got > 0 ? (uint64_t)got : 0;
		s->refused += got < 0;
		at += got > 0 ? (unsigned)got : 1;
	}
	return 0;
}

static void send_all(struct sender *s)
{
	uint64_t begin_ns = now_ns(), turn = s->rate / TURNS ? s->rate / TURNS : 1, done = 0;

	while (done < s->frames_wanted && !s->error && now_ns() - begin_ns < SECONDS_MAX * NS) {
		uint64_t left = s->frames_wanted - done;

		if (!s->rate)
			turn = BATCH_MAX;
		for (uint64_t n = MIN(turn, left); n > 0 && !s->error;) {
			unsigned batch = (unsigned)MIN(n, BATCH_MAX);

			s->error = send_batch(s, batch);
			n -= batch;
			done += batch;
		}
		/* Late: goes on at once. So the rate is kept as long as that can be done. */
		if (s->rate)
			sleep_until(begin_ns + done * NS / s->rate);
	}
}

static void *run(void *user)
{
	send_all(user);
	return NULL;
}

static int prepare(const struct options *o, struct sender *s, unsigned i)
{
	*s = (struct sender){ .frames_wanted = o->frames / o->threads,
			      .rate = o->rate / o->threads,
			      .load = o->load };
	s->frames = malloc(sizeof(*s->frames));
	s->fd = open_socket(if_nametoindex(o->interface));
	if (s->fd < 0)
		return s->fd;
	return s->frames ? live_frames_init(s->frames, o->load, o->peers, 20190101 + i) : -ENOMEM;
}

static double processor_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int send_frames(const struct options *o, struct sender *senders)
{
	double before = processor_seconds();
	uint64_t begin_ns = now_ns(), sent = 0, synacks = 0, refused = 0;
	int error = 0;

	for (unsigned i = 0; i < o->threads; i++) {
		if (pthread_create(&senders[i].thread, NULL, run, &senders[i]) != 0)
			return -EAGAIN; /* the process ends with the others */
	}
	for (unsigned i = 0; i < o->threads; i++) {
		pthread_join(senders[i].thread, NULL);
		sent += senders[i].sent;
		synacks += senders[i].synacks;
		refused += senders[i].refused;
		error = senders[i].error ? senders[i].error : error;
	}
	printf("%llu\t%llu\t%llu\t%.6f\t%.6f\n", (unsigned long long)sent,
	       (unsigned long long)synacks, (unsigned long long)refused,
	       (double)(now_ns() - begin_ns) / 1e9, processor_seconds() - before);
	return error;
}

static bool parse(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{ "interface", required_argument, NULL, 'i' },
		{ "load", required_argument, NULL, 'l' },
		{ "frames", required_argument, NULL, 'n' },
		{ "rate", required_argument, NULL, 'r' },
		{ "threads", required_argument, NULL, 't' },
		{ "peers", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){ .threads = 1, .peers = LIVE_PEERS };
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'i':
			o->interface = optarg;
			break;
		case 'l':
			o->load = strcmp(optarg, "synack") == 0 ? LIVE_SYNACK : LIVE_MIXED;
			break;
		case 'n':
			o->frames = strtoull(optarg, NULL, 10);
			break;
		case 'r':
			o->rate = strtoull(optarg, NULL, 10);
			break;
		case 't':
			o->threads = (unsigned)atoi(optarg);
			break;
		case 'p':
			o->peers = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		default:
			return false;
		}
	}
	return o->interface && o->frames && o->threads && o->threads <= THREADS_MAX && o->peers &&
	       o->peers <= LOAD_PEERS_MAX && optind == argc;
}

int main(int argc, char **argv)
{
	struct sender senders[THREADS_MAX];
	struct options o;
	int error = 0;

	if (!parse(argc, argv, &o)) {
		(void)fprintf(
			stderr,
			"usage: sekimori-send --interface IFACE --load mixed|synack --frames N"
			" [--rate N] [--threads N] [--peers N]\n");
		return 2;
	}
	for (unsigned i = 0; i < o.threads && error == 0; i++)
		error = prepare(&o, &senders[i], i);
	/* Whoever started it begins to count now. */
	if (error == 0 && (puts("ready") < 0 || fflush(stdout) != 0 || getchar() == EOF))
		error = -EPIPE;
	if (error == 0)
		error = send_frames(&o, senders);
	if (error < 0)
		(void)fprintf(stderr, "sekimori-send: %s\n", strerror(-error));
	return error < 0; /* sockets and memory go with the process */
}
