/*
 * Sends frames as a card delivers them: from the kernel, without a system call or a socket buffer
 * for each, so that whoever watches is what costs. The same use and output as send.c:
 *
 *     sekimori-inject --object FILE --interface IFACE --load mixed|synack --frames N [--rate N]
 *
 * What it waited for its rate is not in its processor time. The interface's other end has to take
 * such frames (veth: with GRO on). What its queue refuses is in the interface's tx_dropped and is
 * not told apart: 0 there makes the count of SYN+ACKs exact.
 */
#include "inject.h"

#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "frames.h"

#define BATCH      32 /* frames that the interface gets at once */
#define FRAMES_MAX 1000000000
#define NS         1000000000ULL

_Static_assert(INJECT_FRAMES == LIVE_FRAMES, "all of the load's frames");

struct options {
	const char *object, *interface;
	enum live_load load;
	uint64_t frames, rate; /* 0: as fast as it can */
};

struct injector {
	struct bpf_object *object;
	int program;
	struct inject_state *state; /* the kernel's own, mapped */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

static uint64_t tx_dropped(const char *interface)
{
	char path[128];
	unsigned long long n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/tx_dropped", interface);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%llu", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

/* ---- making ready ---- */

static void *map_memory(const struct injector *i, const char *name, size_t bytes)
{
	int fd = bpf_object__find_map_fd_by_name(i->object, name);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, (bytes + page - 1) / page * page, PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int fill_maps(struct injector *i, const struct options *o)
{
	struct live_frames *load = malloc(sizeof(*load));
	struct inject_frame *frames =
		map_memory(i, "inject_frames", INJECT_FRAMES * sizeof(*frames));
	uint64_t *peers = map_memory(i, "inject_peers", INJECT_PEERS_MAX * sizeof(*peers));
	int error;

	i->state = map_memory(i, "inject_state", sizeof(*i->state));
	if (!load || !frames || !peers || !i->state)
		return -ENOMEM;
	error = live_frames_init(load, o->load, LIVE_PEERS, 20190101);
	for (uint32_t n = 0; error == 0 && n < INJECT_FRAMES; n++) {
		frames[n].length = load->list[n].length;
		frames[n].synack = load->list[n].synack;
		memcpy(frames[n].bytes, load->list[n].bytes, load->list[n].length);
	}
	for (uint32_t n = 0; error == 0 && n < load->peers.n; n++)
		memcpy(&peers[n], load->peers.addresses[n].bytes, 4);
	*i->state = (struct inject_state){ .n_peers = load->peers.n,
					   .interface = if_nametoindex(o->interface),
					   .ns_of_1024 = o->rate ? NS * 1024 / o->rate : 0 };
	live_frames_finish(load);
	free(load);
	return error;
}

static int prepare(struct injector *i, const struct options *o)
{
	int error;

	i->object = bpf_object__open(o->object);
	if (!i->object)
		return -errno;
	error = bpf_object__load(i->object);
	if (error < 0)
		return error;
	i->program = bpf_program__fd(bpf_object__find_program_by_name(i->object, "inject"));
	return fill_maps(i, o);
}

/* ---- sending ---- */

static int send_all(const struct injector *i, uint64_t frames)
{
	static uint8_t bytes[INJECT_MOST];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes, .data_size_in = sizeof(bytes),
		    .repeat = (int)frames, .batch_size = BATCH,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	return bpf_prog_test_run_opts(i->program, &options);
}

static double processor_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int send_frames(struct injector *i, const struct options *o)
{
	uint64_t dropped = tx_dropped(o->interface), begin_ns = now_ns();
	double before = processor_seconds();
	int error = send_all(i, o->frames);
	double seconds = (double)(now_ns() - begin_ns) / 1e9, taken = processor_seconds() - before;

	taken -= (double)i->state->waited_ns / 1e9;
	dropped = tx_dropped(o->interface) - dropped + i->state->failed;
	printf("%llu\t%llu\t%llu\t%.6f\t%.6f\n", (unsigned long long)i->state->sent,
	       (unsigned long long)i->state->synacks, (unsigned long long)dropped, seconds, taken);
	return error;
}

static bool parse(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{ "object", required_argument, NULL, 'o' },
		{ "interface", required_argument, NULL, 'i' },
		{ "load", required_argument, NULL, 'l' },
		{ "frames", required_argument, NULL, 'n' },
		{ "rate", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){ .object = NULL };
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->object = optarg;
			break;
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
		default:
			return false;
		}
	}
	return o->object && o->interface && o->frames && o->frames <= FRAMES_MAX && optind == argc;
}

int main(int argc, char **argv)
{
	struct injector i = { .program = -1 };
	struct options o;
	int error;

	if (!parse(argc, argv, &o)) {
		(void)fprintf(stderr, "usage: sekimori-inject --object FILE --interface IFACE"
				      " --load mixed|synack --frames N [--rate N]\n");
		return 2;
	}
	error = prepare(&i, &o);
	/* Whoever started it begins to count now. */
	if (error == 0 && (puts("ready") < 0 || fflush(stdout) != 0 || getchar() == EOF))
		error = -EPIPE;
	if (error == 0)
		error = send_frames(&i, &o);
	if (error < 0)
		(void)fprintf(stderr, "sekimori-inject: %s\n", strerror(-error));
	return error < 0; /* programs and memory go with the process */
}
