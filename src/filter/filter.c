#include "filter/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
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
	struct bpf_object *object;
	struct ring_buffer *ring;
	struct filter_streams *streams; /* the kernel's own, mapped */
	struct filter_own *own;         /* room to read that of all CPUs */
	int n_cpus;
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

static int open_maps(struct filter *f)
{
	int cpus = libbpf_num_possible_cpus();
	void *streams;

	if (cpus < 0)
		return cpus;
	f->n_cpus = cpus;
	f->own = calloc((size_t)cpus, sizeof(*f->own));
	if (!f->own)
		return -ENOMEM;
	f->ring = ring_buffer__new(map_of(f, "filter_ring"), see_record, f, NULL);
	if (!f->ring)
		return -errno;
	streams = mmap(NULL, sizeof(*f->streams), PROT_READ | PROT_WRITE, MAP_SHARED,
		       map_of(f, "filter_streams"), 0);
	if (streams == MAP_FAILED)
		return -errno;
	f->streams = streams;
	f->streams->epoch = 1;
	return 0;
}

static int load_object(struct filter *f, uint32_t ring_bytes, struct diagnosis *d)
{
	int error;

	libbpf_set_print(NULL); /* stages never print */
	f->object = bpf_object__open_mem(object_bytes, sizeof(object_bytes), NULL);
	if (!f->object)
		return diagnose(d, -errno, _("kernel filter: its object cannot be read: %s"),
				strerror(errno));
	error = bpf_map__set_max_entries(bpf_object__find_map_by_name(f->object, "filter_ring"),
					 ring_bytes);
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
	uint32_t zero = 0, in_use;
	int error;

	if (!config)
		return -ENOMEM;
	error = filter_config_fill(settings, f->seed, config);
	if (error == 0)
		error = bpf_map_lookup_elem(map_of(f, "filter_in_use"), &zero, &in_use);
	if (error == 0) {
		in_use = !in_use;
		error = bpf_map_update_elem(map_of(f, "filter_configs"), &in_use, config, BPF_ANY);
	}
	if (error == 0)
		error = bpf_map_update_elem(map_of(f, "filter_in_use"), &zero, &in_use, BPF_ANY);
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

void filter_detach(struct filter *f)
{
	if (f->link >= 0)
		close(f->link);
	f->link = -1;
}

int filter_read(struct filter *f, const struct filter_handlers *handlers, int most)
{
	int got;

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

static void add_counts(struct filter_counts *sum, const struct filter_counts *c)
{
	for (int i = 0; i < FILTER_OUTCOMES; i++) {
		sum->frames[i] += c->frames[i];
		sum->lost[i] += c->lost[i];
		sum->over_budget[i] += c->over_budget[i];
	}
	sum->unremembered += c->unremembered;
}

int filter_counts_read(struct filter *f, struct filter_counts *ret_counts)
{
	struct filter_counts sum = { 0 };
	uint32_t zero = 0;
	int error = bpf_map_lookup_elem(map_of(f, "filter_own"), &zero, f->own);

	if (error < 0)
		return error;
	for (int i = 0; i < f->n_cpus; i++)
		add_counts(&sum, &f->own[i].counts);
	*ret_counts = sum;
	return 0;
}

void filter_close(struct filter *f)
{
	if (!f)
		return;
	filter_detach(f);
	if (f->streams)
		munmap(f->streams, sizeof(*f->streams));
	ring_buffer__free(f->ring);
	bpf_object__close(f->object);
	free(f->own);
	free(f);
}

int filter_program(const struct filter *f)
{
	struct bpf_program *p = bpf_object__find_program_by_name(f->object, "filter_xdp");

	return p ? bpf_program__fd(p) : -1;
}

uint64_t filter_seed(const struct filter *f)
{
	return f->seed;
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
