/*
 * Runs every Ethernet frame of captures, and mutations of each, through the filter's header and,
 * with --kernel, through the loaded program (BPF_PROG_TEST_RUN), and holds both against decoder and
 * observer: filter_agreement.h.
 *
 *     filter_agree [--kernel] [--mutations N] [--net PREFIX]... CAPTURE...
 *
 * Prints how many frames had which outcome. Exit status 1: they disagree; 77: no kernel to ask.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "capture/source.h"

#include "filter_agreement.h"
#include "kernel_run.h"

#define MUTATED_MAX 2048

struct run {
	struct agreement agreement;
	struct kernel_run *kernel; /* NULL: only the header */
	uint64_t time_ns, random;
	unsigned long frames, asked, asked_socket, too_long, mutations;
};

static uint64_t draw(struct run *r, uint64_t below)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return r->random % below;
}

static const char *check_kernel(struct run *r, const uint8_t *bytes, uint32_t n,
				enum filter_outcome o, const struct filter_facts *facts)
{
	struct kernel_answer answer;
	int error;

	if (n > 0 && n <= KERNEL_RUN_MOST - KERNEL_RUN_LEAST) {
		const char *wrong = kernel_run_socket(r->kernel, bytes, n, o);

		r->asked_socket++;
		if (wrong)
			return wrong;
	}
	if (n < KERNEL_RUN_LEAST || n > KERNEL_RUN_MOST) {
		r->too_long++;
		return NULL;
	}
	error = kernel_run_frame(r->kernel, bytes, n, &answer);
	if (error < 0)
		return error_text(error);
	r->asked++;
	return kernel_answer_check(&answer, bytes, n, o, facts);
}

/* Says what is wrong, with the bytes, so that it can be looked at. */
static int complain(const char *wrong, enum filter_outcome o, const uint8_t *bytes, uint32_t n)
{
	printf("%s (outcome %s):\n", wrong, filter_outcome_name(o));
	for (uint32_t i = 0; i < n && i < 160; i++)
		printf("%02x%s", bytes[i], i % 32 == 31 ? "\n" : "");
	printf("\n");
	return ERR_DAMAGED;
}

static int see_bytes(struct run *r, const uint8_t *bytes, uint32_t n)
{
	struct filter_facts facts = { 0 };
	enum filter_outcome o;
	/* A block of its own: a sanitizer sees a read behind the end. */
	uint8_t *copy = malloc(n ? n : 1);
	const char *wrong;
	int error = 0;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, n);
	r->frames++;
	wrong = agreement_see(&r->agreement, r->time_ns, copy, n, &o, &facts);
	if (!wrong && r->kernel)
		wrong = check_kernel(r, copy, n, o, &facts);
	if (wrong)
		error = complain(wrong, o, copy, n);
	free(copy);
	return error;
}

/* Values at which headers turn. */
static uint8_t telling_byte(struct run *r)
{
	static const uint8_t telling[] = { 0,    1,    2,    4,    5,    6,    8,    17,   20,
					   21,   41,   43,   44,   47,   51,   60,   0x12, 0x45,
					   0x4f, 0x60, 0x81, 0x86, 0x88, 0xa8, 0xdd, 0xff };

	return draw(r, 2) ? telling[draw(r, sizeof(telling))] : (uint8_t)draw(r, 256);
}

/* One to four bytes changed, mostly in the headers; at times cut, or lengthened by what it ends in.
 */
static int see_mutation(struct run *r, const uint8_t *bytes, uint32_t n)
{
	uint8_t changed[MUTATED_MAX];
	uint32_t length = n < MUTATED_MAX ? n : MUTATED_MAX;

	memcpy(changed, bytes, length);
	for (uint64_t i = 0, times = 1 + draw(r, 4); i < times && length > 0; i++) {
		uint64_t most = draw(r, 8) && length > 96 ? 96 : length;

		changed[draw(r, most)] = telling_byte(r);
	}
	if (draw(r, 6) == 0)
		length = (uint32_t)draw(r, length + 1);
	return see_bytes(r, changed, length);
}

static int see_frame(struct run *r, const struct capture_frame *f)
{
	int error;

	if (f->link_type != 1)
		return 0;
	if (f->time_ns > r->time_ns)
		r->time_ns = f->time_ns;
	agreement_tick(&r->agreement, r->time_ns);
	if (r->kernel)
		kernel_run_tick(r->kernel, r->time_ns);
	error = see_bytes(r, f->bytes, f->length);
	for (unsigned long i = 0; i < r->mutations && error == 0; i++)
		error = see_mutation(r, f->bytes, f->length);
	return error;
}

static int see_capture(struct run *r, const char *path)
{
	struct capture_frame frames[CAPTURE_BATCH];
	struct capture_source *source;
	struct diagnosis d = { "" };
	int n, error = capture_file_open(path, &source, &d);

	if (error == ERR_UNSUPPORTED)
		return 0; /* a compression that this build lacks */
	if (error < 0)
		return error;
	while ((n = capture_source_read(source, frames, CAPTURE_BATCH, &d)) > 0) {
		for (int i = 0; i < n && error == 0; i++)
			error = see_frame(r, &frames[i]);
		if (error < 0)
			break;
	}
	capture_source_close(source);
	if (error < 0)
		printf("%s\n", path);
	/* Damage in a capture is not the filter's. */
	return error;
}

static void print_counts(const struct run *r)
{
	const struct filter_counts *c = &r->agreement.counts;
	unsigned long up = 0;

	for (int o = 0; o < FILTER_OUTCOMES; o++) {
		printf("%s %llu\n", filter_outcome_name((enum filter_outcome)o),
		       (unsigned long long)c->frames[o]);
		up += filter_is_up((enum filter_outcome)o) ? c->frames[o] : 0;
	}
	printf("longer-head %lu\n", r->agreement.longer);
	printf("%lu frames agree, %lu asked of the kernel (%lu could not be), %lu of its socket's program, "
	       "%lu cut, %.2f%% up\n",
	       r->frames, r->asked, r->too_long, r->asked_socket, r->agreement.cut,
	       r->frames ? 100.0 * (double)up / (double)r->frames : 0.0);
}

static int run_all(struct run *r, char **captures)
{
	const char *wrong;

	for (; *captures; captures++) {
		int error = see_capture(r, *captures);

		if (error < 0)
			return error;
	}
	wrong = agreement_end(&r->agreement, r->time_ns);
	if (!wrong && r->kernel)
		wrong = kernel_run_end(r->kernel, &r->agreement.counts, r->too_long);
	if (wrong) {
		printf("%s\n", wrong);
		return ERR_DAMAGED;
	}
	print_counts(r);
	return r->frames ? 0 : ERR_DAMAGED;
}

static int start(struct run *r, const struct config *config, bool with_kernel)
{
	struct diagnosis d = { "" };
	int error = 0;

	if (with_kernel)
		error = kernel_run_open(config, &r->kernel, &d);
	if (error == ERR_UNSUPPORTED || error == -EPERM || error == -EACCES || error == -ENOSYS) {
		printf("skipped: %s\n", d.text);
		return 77;
	}
	if (error < 0)
		printf("%s\n", d.text);
	else if (agreement_init(&r->agreement, config,
				r->kernel ? kernel_run_seed(r->kernel) : 42) < 0)
		error = -ENOMEM;
	return error;
}

static int add_network(struct config *c, const char *text)
{
	struct net_prefix p;
	int error = prefix_parse(text, &p, NULL);

	return error < 0 ? error : prefix_set_add(&c->networks, p);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "kernel", no_argument, NULL, 'k' },
						 { "mutations", required_argument, NULL, 'm' },
						 { "net", required_argument, NULL, 'n' },
						 { 0 } };
	struct run r = { .random = 88172645463325252ULL };
	struct config config;
	bool with_kernel = false;
	int error = 0, option;

	config_init(&config);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1 && error == 0) {
		if (option == 'k')
			with_kernel = true;
		else if (option == 'm')
			r.mutations = strtoul(optarg, NULL, 10);
		else
			error = option == 'n' ? add_network(&config, optarg) : ERR_USAGE;
	}
	if (error == 0)
		error = start(&r, &config, with_kernel);
	if (error == 0)
		error = run_all(&r, argv + optind);
	agreement_finish(&r.agreement);
	kernel_run_close(r.kernel);
	config_finish(&config);
	if (error == 77)
		return 77;
	return error < 0 ? 1 : 0;
}
