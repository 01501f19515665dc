#include "scan/syn_xdp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "scan/route.h"
#include "scan/syn_frame.h"
#include "scan/syn_xdp_internal.h"

#define BATCH           64 /* frames that the interface gets at once */
#define COUNTER_LATE_MS 20

_Static_assert(SYN_XDP_FRAME_BYTES == SYN_FRAME_BYTES, "frames are made in place");

static const uint8_t object_bytes[] __attribute__((aligned(8))) = {
#include "scan/syn_bytes.h"
};

struct syn_xdp {
	struct bpf_object *object;
	int program, route_fd;
	unsigned interface;
	struct syn_xdp_state *state; /* both the kernel's own, mapped */
	uint8_t *frames;
	size_t frames_bytes;
};

static int say_nothing(enum libbpf_print_level level, const char *format, va_list words)
{
	(void)level;
	(void)format;
	(void)words;
	return 0;
}

static void *map_memory(const struct syn_xdp *x, const char *name, size_t bytes)
{
	int fd = bpf_object__find_map_fd_by_name(x->object, name);
	void *memory =
		fd < 0 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static bool load(struct syn_xdp *x)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct bpf_program *program;

	x->object = bpf_object__open_mem(object_bytes, sizeof(object_bytes), NULL);
	if (!x->object || bpf_object__load(x->object) < 0)
		return false;
	program = bpf_object__find_program_by_name(x->object, "syn_send");
	x->program = program ? bpf_program__fd(program) : -1;
	x->frames_bytes = (SYN_XDP_FRAMES * SYN_XDP_FRAME_BYTES + page - 1) / page * page;
	x->frames = map_memory(x, "syn_frames", x->frames_bytes);
	x->state = map_memory(x, "syn_state", page);
	return x->program >= 0 && x->frames && x->state;
}

struct syn_xdp *syn_xdp_new(unsigned interface, uint32_t length)
{
	struct syn_xdp *x = calloc(1, sizeof(*x));
	libbpf_print_fn_t before = libbpf_set_print(say_nothing);
	bool good;

	if (!x)
		return NULL;
	x->interface = interface;
	x->route_fd = route_open();
	good = x->route_fd >= 0 && load(x);
	(void)libbpf_set_print(before);
	if (!good) {
		syn_xdp_free(x);
		return NULL;
	}
	*x->state = (struct syn_xdp_state){ .interface = interface, .length = length };
	return x;
}

void syn_xdp_free(struct syn_xdp *x)
{
	if (!x)
		return;
	if (x->frames)
		munmap(x->frames, x->frames_bytes);
	if (x->state)
		munmap(x->state, (size_t)sysconf(_SC_PAGESIZE));
	bpf_object__close(x->object);
	if (x->route_fd >= 0)
		close(x->route_fd);
	free(x);
}

static bool run(struct syn_xdp *x, unsigned n)
{
	uint8_t bytes[SYN_XDP_FRAME_BYTES] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes, .data_size_in = x->state->length,
		    .repeat = (int)n, .batch_size = BATCH, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	x->state->at = 0;
	x->state->failed = 0;
	return bpf_prog_test_run_opts(x->program, &options) == 0 && x->state->failed == 0;
}

uint8_t *syn_xdp_frames(struct syn_xdp *x, unsigned *ret_room)
{
	*ret_room = SYN_XDP_FRAMES;
	return x->frames;
}

/* The counter may be a little late: what is sent to a veth pair's other end counts when it is
 * there. */
static bool went_out(struct syn_xdp *x, uint64_t until)
{
	const struct timespec while_ns = { .tv_nsec = 1000000 };
	uint64_t now = 0;

	for (int i = 0; i < COUNTER_LATE_MS; i++) {
		if (route_frames_sent(x->route_fd, x->interface, &now) < 0)
			return false;
		if (now >= until)
			return true;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &while_ns, NULL);
	}
	return false;
}

/* What the driver has no room for it drops, and nobody is told but its counters. */
bool syn_xdp_send(struct syn_xdp *x, unsigned n)
{
	uint64_t before = 0;

	return route_frames_sent(x->route_fd, x->interface, &before) == 0 && run(x, n) &&
	       went_out(x, before + n);
}
