#include "filter/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_link.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/i18n.h"
#include "observe/observer.h"

#include "filter/filter_internal.h"

/* kernel.bpf.c, compiled. */
static const uint8_t object_bytes[] __attribute__((aligned(8))) = {
#include "filter/kernel_bytes.h"
};

struct filter {
	enum filter_place place;
	struct bpf_object *object;
	struct ring_buffer *ring; /* NULL at a socket */

	/* The kernel's own, mapped. */
	struct filter_streams *streams;
	struct filter_config *configs; /* two */
	uint32_t *in_use;              /* which of them */
	struct filter_own *own;        /* one for each CPU */
	uint32_t n_cpus;

	uint64_t seed;
	uint64_t turned_ns; /* when the epoch began; 0: not yet known */
	int link;           /* to the interface, or -1 */
	const struct filter_handlers *handlers;
	int seen, most; /* records of this reading */
};

static int map_of(const struct filter *f, const char *name)
{
	return bpf_object__find_map_fd_by_name(f->object, name);
}

static int see_record(void *context, void *bytes, size_t length)
{
	struct filter *f = context;
	const struct filter_facts *facts = bytes;
	const struct filter_up *up = bytes;

	if (length < sizeof(*up))
		return 0;
	f->seen++;
	if (filter_is_up(up->outcome)) {
		if (up->captured <= length - sizeof(*up))
			f->handlers->see_frame(f->handlers->context, up);
	} else if (length >= sizeof(*facts)) {
		f->handlers->see_facts(f->handlers->context, facts);
	}
	/* libbpf stops then, and goes on behind this record the next time. */
	return f->seen < f->most ? 0 : -ECANCELED;
}

/* The numbers that a CPU may have: what is behind the last '-' or ',' of "0-3,8-11", and 0. */
static int count_cpus(uint32_t *ret_n)
{
	char text[256] = "";
	size_t at;
	FILE *f = fopen("/sys/devices/system/cpu/possible", "re");

	if (!f)
		return -errno;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (fclose(f) != 0 || !text[0])
		return -EIO;
	at = strlen(text);
	while (at > 0 && text[at - 1] != '-' && text[at - 1] != ',')
		at--;
	*ret_n = (uint32_t)strtoul(text + at, NULL, 10) + 1;
	return 0;
}

static size_t in_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static int map_memory(const struct filter *f, const char *name, size_t bytes, void **ret_memory)
{
	void *memory =
		mmap(NULL, in_pages(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, map_of(f, name), 0);

	if (memory == MAP_FAILED)
		return -errno;
	*ret_memory = memory;
	return 0;
}

static void unmap_memory(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, in_pages(bytes));
}

static int open_maps(struct filter *f)
{
	void *streams = NULL, *configs = NULL, *in_use = NULL, *own = NULL;
	int error = map_memory(f, "filter_streams", sizeof(*f->streams), &streams);

	if (error == 0)
		error = map_memory(f, "filter_configs", 2 * sizeof(*f->configs), &configs);
	if (error == 0)
		error = map_memory(f, "filter_in_use", sizeof(*f->in_use), &in_use);
	if (error == 0)
		error = map_memory(f, "filter_own", f->n_cpus * sizeof(*f->own), &own);
	f->streams = streams;
	f->configs = configs;
	f->in_use = in_use;
	f->own = own;
	if (error < 0)
		return error;
	f->streams->epoch = 1;
	if (f->place == FILTER_AT_SOCKET)
		return 0;
	f->ring = ring_buffer__new(map_of(f, "filter_ring"), see_record, f, NULL);
	return f->ring ? 0 : -errno;
}

/* Of two programs, and the maps that only one of them needs, one. */
static int choose(const struct filter *f, uint32_t ring_bytes)
{
	bool at_socket = f->place == FILTER_AT_SOCKET;
	struct bpf_map *ring = bpf_object__find_map_by_name(f->object, "filter_ring");
	struct bpf_map *own = bpf_object__find_map_by_name(f->object, "filter_own");
	struct bpf_map *head = bpf_object__find_map_by_name(f->object, "filter_head");
	struct bpf_program *other = bpf_object__find_program_by_name(
		f->object, at_socket ? "filter_xdp" : "filter_socket");
	int error = bpf_program__set_autoload(other, false);

	if (error == 0)
		error = bpf_map__set_autocreate(at_socket ? ring : head, false);
	if (error == 0)
		error = bpf_map__set_max_entries(own, f->n_cpus);
	if (error == 0 && !at_socket)
		error = bpf_map__set_max_entries(ring, ring_bytes);
	return error;
}

static int load_object(struct filter *f, uint32_t ring_bytes, struct diagnosis *d)
{
	int error;

	libbpf_set_print(NULL); /* stages never print */
	f->object = bpf_object__open_mem(object_bytes, sizeof(object_bytes), NULL);
	if (!f->object)
		return diagnose(d, -errno, _("kernel filter: its object cannot be read: %s"),
				strerror(errno));
	error = count_cpus(&f->n_cpus);
	if (error == 0)
		error = choose(f, ring_bytes);
	if (error == 0)
		error = bpf_object__load(f->object);
	if (error < 0)
		return diagnose(d, error, _("kernel filter: the kernel does not load it: %s"),
				strerror(-error));
	error = open_maps(f);
	return error < 0 ? diagnose(d, error, _("kernel filter: its maps: %s"), strerror(-error))
			 : 0;
}

int filter_open(const struct filter_settings *settings, struct filter **ret_filter,
		struct diagnosis *d)
{
	struct filter *f = calloc(1, sizeof(*f));
	int error;

	if (!f)
		return -ENOMEM;
	f->link = -1;
	f->place = settings->place;
	if (getrandom(&f->seed, sizeof(f->seed), 0) != (ssize_t)sizeof(f->seed))
		error = -errno;
	else
		error = load_object(f, settings->ring_bytes, d);
	if (error == 0)
		error = filter_configure(f, settings);
	if (error < 0) {
		filter_close(f);
		return error;
	}
	*ret_filter = f;
	return 0;
}

int filter_configure(struct filter *f, const struct filter_settings *settings)
{
	struct filter_config *config = malloc(sizeof(*config));
	uint32_t next = !*f->in_use;
	int error;

	if (!config)
		return -ENOMEM;
	error = filter_config_fill(settings, f->seed, config);
	if (error == 0) {
		f->configs[next] = *config;
		__atomic_store_n(f->in_use, next, __ATOMIC_RELEASE);
	}
	free(config);
	return error;
}

int filter_attach(struct filter *f, unsigned index, enum filter_mode mode, struct diagnosis *d)
{
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = mode == FILTER_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
	int link;

	if (f->link >= 0)
		return -EBUSY;
	link = bpf_link_create(filter_program(f), (int)index, BPF_XDP, &options);
	if (link < 0)
		return diagnose(d, link, _("kernel filter: the interface does not take it: %s"),
				strerror(-link));
	f->link = link;
	return 0;
}

int filter_attach_socket(struct filter *f, int fd, struct diagnosis *d)
{
	int program = filter_program(f);

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)) < 0)
		return diagnose(d, -errno, _("kernel filter: the socket does not take it: %s"),
				strerror(errno));
	return 0;
}

void filter_detach(struct filter *f)
{
	if (f->link >= 0)
		close(f->link);
	f->link = -1;
}

int filter_read(struct filter *f, const struct filter_handlers *handlers, int most)
{
	int got;

	if (!f->ring)
		return 0;
	f->handlers = handlers;
	f->seen = 0;
	f->most = most;
	got = ring_buffer__consume(f->ring);
	return got < 0 && got != -ECANCELED ? got : f->seen;
}

void filter_tick(struct filter *f, uint64_t now_ns)
{
	if (f->turned_ns && now_ns - f->turned_ns < OBSERVER_MEMORY_NS)
		return;
	if (f->turned_ns)
		filter_streams_turn(f->streams);
	f->turned_ns = now_ns;
}

/* The kernel goes on counting. */
static uint64_t read_u64(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void add_counts(struct filter_counts *sum, const struct filter_counts *c)
{
	for (int i = 0; i < FILTER_OUTCOMES; i++) {
		sum->frames[i] += read_u64(&c->frames[i]);
		sum->lost[i] += read_u64(&c->lost[i]);
		sum->over_budget[i] += read_u64(&c->over_budget[i]);
	}
	sum->unremembered += read_u64(&c->unremembered);
}

void filter_counts_read(const struct filter *f, struct filter_counts *ret_counts)
{
	*ret_counts = (struct filter_counts){ 0 };
	for (uint32_t i = 0; i < f->n_cpus; i++)
		add_counts(ret_counts, &f->own[i].counts);
}

void filter_close(struct filter *f)
{
	if (!f)
		return;
	filter_detach(f);
	unmap_memory(f->streams, sizeof(*f->streams));
	unmap_memory(f->configs, 2 * sizeof(*f->configs));
	unmap_memory(f->in_use, sizeof(*f->in_use));
	unmap_memory(f->own, f->n_cpus * sizeof(*f->own));
	ring_buffer__free(f->ring);
	bpf_object__close(f->object);
	free(f);
}

int filter_program(const struct filter *f)
{
	struct bpf_program *p = bpf_object__find_program_by_name(
		f->object, f->place == FILTER_AT_SOCKET ? "filter_socket" : "filter_xdp");

	return p ? bpf_program__fd(p) : -1;
}

uint64_t filter_seed(const struct filter *f)
{
	return f->seed;
}

void filter_set_seed(struct filter *f, uint64_t seed)
{
	f->seed = seed;
}

int filter_program_passing(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "passing", "Apache-2.0", code, ARRAY_LENGTH(code),
			     NULL);
}
