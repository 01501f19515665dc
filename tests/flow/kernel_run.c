#include "kernel_run.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#if HAVE_XDP
#include <bpf/bpf.h>
#endif

struct kernel_run {
	struct filter *filter, *socket;
	struct kernel_answer *answer; /* being filled */
	uint64_t time_ns;             /* of the last record */
	bool back;                    /* a record was older than the one before */
};

/* Both spread connections over the slots alike. */
static int open_filters(struct kernel_run *k, struct filter_settings *settings, struct diagnosis *d)
{
	int error = filter_open(settings, &k->filter, d);

	if (error < 0)
		return error;
	settings->place = FILTER_AT_SOCKET;
	error = filter_open(settings, &k->socket, d);
	if (error < 0)
		return error;
	filter_set_seed(k->socket, filter_seed(k->filter));
	return filter_configure(k->socket, settings);
}

int kernel_run_open(const struct config *config, struct kernel_run **ret_run, struct diagnosis *d)
{
	struct filter_settings settings = filter_settings_default(config);
	struct kernel_run *k = calloc(1, sizeof(*k));
	int error;

	if (!k)
		return -ENOMEM;
	for (int i = 0; i < FILTER_BUDGETS; i++)
		settings.frames_per_second[i] = UINT32_MAX;
	error = open_filters(k, &settings, d);
	if (error < 0) {
		kernel_run_close(k);
		return error;
	}
	*ret_run = k;
	return 0;
}

void kernel_run_close(struct kernel_run *k)
{
	if (!k)
		return;
	filter_close(k->filter);
	filter_close(k->socket);
	free(k);
}

void kernel_run_tick(struct kernel_run *k, uint64_t now_ns)
{
	filter_tick(k->filter, now_ns);
	filter_tick(k->socket, now_ns);
}

struct filter *kernel_run_filter(const struct kernel_run *k)
{
	return k->filter;
}

uint64_t kernel_run_seed(const struct kernel_run *k)
{
	return filter_seed(k->filter);
}

static void note_time(struct kernel_run *k, uint64_t time_ns)
{
	if (time_ns <= k->time_ns)
		k->back = true;
	k->time_ns = time_ns;
}

static void see_facts(void *context, const struct filter_facts *facts)
{
	struct kernel_run *k = context;

	k->answer->records++;
	k->answer->facts = *facts;
	note_time(k, facts->time_ns);
}

static void see_frame(void *context, const struct filter_up *up)
{
	struct kernel_run *k = context;

	k->answer->records++;
	k->answer->is_up = true;
	k->answer->up_outcome = up->outcome;
	k->answer->captured = up->captured;
	k->answer->wire_length = up->wire_length;
	memcpy(k->answer->bytes, up->bytes, up->captured);
	note_time(k, up->time_ns);
}

static int test_run(int program, const uint8_t *bytes, uint32_t n, int *ret_returned)
{
#if HAVE_XDP
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes, .data_size_in = n, .repeat = 1);
	int error = bpf_prog_test_run_opts(program, &options);

	*ret_returned = (int)options.retval;
	return error;
#else
	(void)program;
	(void)bytes;
	(void)n;
	(void)ret_returned;
	return ERR_UNSUPPORTED;
#endif
}

int kernel_run_frame(struct kernel_run *k, const uint8_t *bytes, uint32_t n,
		     struct kernel_answer *ret_answer)
{
	const struct filter_handlers handlers = { see_facts, see_frame, k };
	int error;

	ret_answer->records = 0;
	ret_answer->is_up = false;
	k->answer = ret_answer;
	error = test_run(filter_program(k->filter), bytes, n, &ret_answer->returned);
	if (error < 0)
		return error;
	error = filter_read(k->filter, &handlers, INT_MAX);
	return error < 0 ? error : 0;
}

/* The only outcome that was counted between the two; FILTER_OUTCOMES: none, or several. */
static enum filter_outcome counted_between(const struct filter_counts *before,
					   const struct filter_counts *after)
{
	enum filter_outcome found = FILTER_OUTCOMES;

	for (int o = 0; o < FILTER_OUTCOMES; o++) {
		uint64_t more = after->frames[o] - before->frames[o];

		if (more > 1 || (more == 1 && found != FILTER_OUTCOMES))
			return FILTER_OUTCOMES;
		if (more == 1)
			found = (enum filter_outcome)o;
	}
	return found;
}

/*
 * The kernel takes an Ethernet header from the bytes that it is given for such a program, and shows
 * it what follows: so there is one before the frame.
 */
const char *kernel_run_socket(struct kernel_run *k, const uint8_t *bytes, uint32_t n,
			      enum filter_outcome wanted)
{
	static const uint8_t header[14] = { [12] = 0x88, [13] = 0xb5 };
	uint8_t with_header[KERNEL_RUN_MOST];
	struct filter_counts before, after;
	enum filter_outcome got;
	int returned = 0;

	memcpy(with_header, header, sizeof(header));
	memcpy(with_header + sizeof(header), bytes, n);
	filter_counts_read(k->socket, &before);
	if (test_run(filter_program(k->socket), with_header, n + sizeof(header), &returned) < 0)
		return "the socket's program cannot be asked";
	filter_counts_read(k->socket, &after);
	got = counted_between(&before, &after);
	if (got != wanted)
		return got == FILTER_OUTCOMES ? "the socket's program counted otherwise"
					      : filter_outcome_name(got);
	if (filter_is_drop(wanted))
		return returned == 0 ? NULL : "the socket's program did not drop it";
	return (uint32_t)returned >= n ? NULL : "the socket's program did not let it through whole";
}

static bool same_facts(const struct filter_facts *a, const struct filter_facts *b)
{
	struct filter_facts x = *a, y = *b;

	x.time_ns = y.time_ns = 0;
	return memcmp(&x, &y, sizeof(x)) == 0;
}

const char *kernel_answer_check(const struct kernel_answer *a, const uint8_t *bytes, uint32_t n,
				enum filter_outcome wanted, const struct filter_facts *facts)
{
	uint32_t captured = n < FILTER_UP_MOST ? n : FILTER_UP_MOST;

	if (a->records != !filter_is_drop(wanted))
		return "the kernel sent another number of records";
	if (a->records == 0)
		return NULL;
	if (a->is_up != filter_is_up(wanted))
		return "the kernel decided otherwise";
	if (!a->is_up)
		return same_facts(&a->facts, facts) ? NULL : "the kernel's facts differ";
	if (a->up_outcome != wanted || a->wire_length != n || a->captured != captured)
		return "the kernel sent the frame up otherwise";
	return memcmp(a->bytes, bytes, captured) == 0 ? NULL : "the kernel's bytes differ";
}

const char *kernel_run_end(struct kernel_run *k, const struct filter_counts *counts,
			   unsigned long unasked)
{
	struct filter_counts c;
	uint64_t missing = 0;

	if (k->back)
		return "the kernel's times go back";
	filter_counts_read(k->filter, &c);
	for (int o = 0; o < FILTER_OUTCOMES; o++) {
		if (c.frames[o] > counts->frames[o] || c.lost[o] || c.over_budget[o])
			return "the kernel's counts differ";
		missing += counts->frames[o] - c.frames[o];
	}
	return missing == unasked && c.unremembered <= counts->unremembered
		       ? NULL
		       : "the kernel's counts do not add up";
}
