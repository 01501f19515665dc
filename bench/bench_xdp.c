/*
 * What the XDP program takes for a frame, by BPF_PROG_TEST_RUN, beside a program that only passes
 * frames: bench_xdp [REPEAT [TURNS]]. bench/README.md says how to read the table.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "filter/filter_internal.h"

#define TURNS_MAX     99
#define FRAME_MAX     1514
#define READ_EVERY_US 1000
#define RING_BYTES    (128u << 20) /* other work on the machine may hold up the reader */
#define UP_REPEAT     5000 /* whole frames go up within a budget: as many as the ring holds */
#define LEAST_FRAME   60   /* 64 with the check sequence */
#define GOAL_DROP_NS  35
#define GOAL_FACTS_NS 110
#define GOAL_MIXED_NS 45 /* on average, when 2 of 100 match; 10 GbE at the smallest frame: 67 */
#define GOAL_REPEAT   5000000
#define DROPPED       1 /* of the loads: what 98 of 100 are, and what the others are */
#define MATCHING      6

static const uint8_t eth4[] = { 0, 27, 33, 0, 0, 2, 0, 27, 33, 0, 0, 1, 8, 0 };
static const uint8_t eth6[] = { 0, 27, 33, 0, 0, 2, 0, 27, 33, 0, 0, 1, 0x86, 0xdd };
static const uint8_t inside4[] = { 192, 0, 2, 10 }, outside4[] = { 198, 51, 100, 7 };
static const uint8_t inside6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 10 };
static const uint8_t outside6[16] = { 0x20, 1, 0xd, 0xb9, [15] = 7 };

struct load {
	const char *name;
	uint8_t protocol, flags;
	bool ipv6, from_inside;
	uint16_t payload;
	uint16_t sport, dport;
	enum filter_outcome expected;
	double goal_ns; /* 0: none */
	uint8_t bytes[FRAME_MAX];
	uint32_t length;
	uint32_t ns[TURNS_MAX];
	uint64_t lost;
};

static struct load loads[] = {
	{ "only XDP_PASS", 6, 0x10, .sport = 443, .dport = 50000 },
	{ "TCP ACK", 6, 0x10, false, true, 0, 443, 50000, FILTER_NOTHING, GOAL_DROP_NS },
	{ "UDP", 17, 0, false, true, 18, 443, 50000, FILTER_NOTHING, GOAL_DROP_NS },
	{ "TCP ACK, IPv6", 6, 0x10, true, true, 0, 443, 50000, FILTER_NOTHING, GOAL_DROP_NS },
	{ "SYN from elsewhere", 6, 0x02, false, false, 0, 50000, 443, FILTER_FOREIGN_SYN,
	  GOAL_DROP_NS },
	{ "TCP data, 1400 bytes", 6, 0x18, false, true, 1400, 443, 50000, FILTER_NOTHING,
	  GOAL_DROP_NS },
	{ "SYN+ACK", 6, 0x12, false, true, 0, 443, 50000, FILTER_SIGHTING, GOAL_FACTS_NS },
	{ "SYN+ACK, IPv6", 6, 0x12, true, true, 0, 443, 50000, FILTER_SIGHTING, GOAL_FACTS_NS },
	{ "SYN+ACK from elsewhere", 6, 0x12, false, false, 0, 443, 50000, FILTER_ANSWER,
	  GOAL_FACTS_NS },
	{ "SYN of the site's", 6, 0x02, false, true, 0, 50000, 443, FILTER_SYN, GOAL_FACTS_NS },
	{ "FTP port, 20 bytes", 6, 0x18, false, true, 20, 21, 50000, FILTER_UP_CONTROL, 0 },
	{ "FTP port, 1400 bytes", 6, 0x18, false, true, 1400, 21, 50000, FILTER_UP_CONTROL, 0 },
};

static void put(struct load *l, const void *bytes, size_t n)
{
	memcpy(l->bytes + l->length, bytes, n);
	l->length += (uint32_t)n;
}

static void put_u16(struct load *l, unsigned x)
{
	put(l, (const uint8_t[]){ (uint8_t)(x >> 8), (uint8_t)x }, 2);
}

static void put_ip(struct load *l, unsigned behind)
{
	const uint8_t *in = l->ipv6 ? inside6 : inside4, *out = l->ipv6 ? outside6 : outside4;
	size_t n = l->ipv6 ? 16 : 4;

	if (l->ipv6) {
		put(l, eth6, sizeof(eth6));
		put(l, (const uint8_t[]){ 0x60, 0, 0, 0 }, 4);
		put_u16(l, behind);
		put(l, (const uint8_t[]){ l->protocol, 64 }, 2);
	} else {
		put(l, eth4, sizeof(eth4));
		put(l, (const uint8_t[]){ 0x45, 0 }, 2);
		put_u16(l, 20 + behind);
		put(l, (const uint8_t[]){ 0, 1, 0x40, 0, 64, l->protocol, 0, 0 }, 8);
	}
	put(l, l->from_inside ? in : out, n);
	put(l, l->from_inside ? out : in, n);
}

static void make_frame(struct load *l)
{
	if (l->protocol == 17) {
		put_ip(l, 8 + l->payload);
		put_u16(l, l->sport);
		put_u16(l, l->dport);
		put_u16(l, 8 + l->payload);
		put_u16(l, 0);
	} else {
		put_ip(l, 20 + l->payload);
		put_u16(l, l->sport);
		put_u16(l, l->dport);
		put(l, (const uint8_t[8]){ 0 }, 8);
		put(l, (const uint8_t[8]){ 0x50, l->flags, 0xff, 0xff }, 8);
	}
	memset(l->bytes + l->length, 'x', l->payload);
	l->length += l->payload;
	if (l->length < LEAST_FRAME)
		l->length = LEAST_FRAME;
}

/* ---- the reader, on a thread of its own ---- */

struct reader {
	struct filter *filter;
	atomic_bool stop;
	uint64_t records;
};

static void see_facts(void *context, const struct filter_facts *facts)
{
	(void)facts;
	((struct reader *)context)->records++;
}

static void see_frame(void *context, const struct filter_up *frame)
{
	(void)frame;
	((struct reader *)context)->records++;
}

static void *read_ring(void *context)
{
	struct reader *r = context;
	const struct filter_handlers handlers = { see_facts, see_frame, r };

	while (!atomic_load(&r->stop) && filter_read(r->filter, &handlers, INT_MAX) >= 0)
		usleep(READ_EVERY_US);
	if (filter_read(r->filter, &handlers, INT_MAX) < 0)
		return NULL;
	return r;
}

/* ---- measuring ---- */

static int run(int program, const struct load *l, int repeat, uint32_t *ret_ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = l->bytes, .data_size_in = l->length,
		    .repeat = repeat);
	int error = bpf_prog_test_run_opts(program, &options);

	*ret_ns = options.duration;
	return error;
}

static int compare_ns(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int repeat_of(const struct load *l, int repeat)
{
	return filter_is_up(l->expected) && repeat > UP_REPEAT ? UP_REPEAT : repeat;
}

static int measure_load(struct filter *f, struct load *l, int program, int repeat, uint32_t *ret_ns)
{
	struct filter_counts before, after;
	int error;

	filter_counts_read(f, &before);
	error = run(program, l, repeat_of(l, repeat), ret_ns);
	if (error < 0)
		return error;
	filter_counts_read(f, &after);
	l->lost += after.lost[l->expected] - before.lost[l->expected];
	return usleep(20000); /* the reader catches up */
}

static int measure(struct filter *f, int repeat, int turns)
{
	int passing = filter_program_passing(), program = filter_program(f);

	if (passing < 0)
		return passing;
	for (int turn = 0; turn < turns; turn++) {
		for (size_t i = 0; i < ARRAY_LENGTH(loads); i++) {
			int error = measure_load(f, &loads[i], i == 0 ? passing : program, repeat,
						 &loads[i].ns[turn]);

			if (error < 0)
				return error;
		}
	}
	return close(passing);
}

/* Sorts the load's times. */
static double median_ns(struct load *l, int turns)
{
	qsort(l->ns, (size_t)turns, sizeof(l->ns[0]), compare_ns);
	return l->ns[turns / 2] > 0 ? l->ns[turns / 2] : 1;
}

static const char *verdict(bool met, int *missed)
{
	*missed += !met;
	return met ? "met" : "MISSED";
}

/* Returns how many goals are missed. */
static int print_loads(int turns)
{
	double base = 0, mixed;
	int missed = 0;

	printf("| frame | bytes | ns, median | least-most | of only XDP_PASS | Mpps a core | lost | goal | "
	       "verdict |\n|---|--:|--:|:-:|--:|--:|--:|--:|---|\n");
	for (size_t i = 0; i < ARRAY_LENGTH(loads); i++) {
		struct load *l = &loads[i];
		double ns = median_ns(l, turns);

		if (i == 0)
			base = ns;
		printf("| %s | %u | %.0f | %u-%u | %.1f x | %.1f | %llu |", l->name, l->length + 4,
		       ns, l->ns[0], l->ns[turns - 1], ns / base, 1000 / ns,
		       (unsigned long long)l->lost);
		if (l->goal_ns > 0)
			printf(" <= %.0f ns | %s |\n", l->goal_ns,
			       verdict(ns <= l->goal_ns && l->lost == 0, &missed));
		else
			printf(" - | - |\n");
	}
	mixed = 0.98 * median_ns(&loads[DROPPED], turns) +
		0.02 * median_ns(&loads[MATCHING], turns);
	printf("| 98 %s, 2 %s | 64 | %.1f | - | %.1f x | %.1f | %llu | <= %d ns | %s |\n",
	       loads[DROPPED].name, loads[MATCHING].name, mixed, mixed / base, 1000 / mixed,
	       (unsigned long long)loads[MATCHING].lost, GOAL_MIXED_NS,
	       verdict(mixed <= GOAL_MIXED_NS && !loads[MATCHING].lost, &missed));
	return missed;
}

/* Every frame must have been what its line says, and none lost on the way. */
static int check_counts(struct filter *f, uint64_t records, int repeat, int turns)
{
	uint64_t wanted[FILTER_OUTCOMES] = { 0 }, lost = 0, up = 0;
	struct filter_counts c;
	int bad = 0;

	filter_counts_read(f, &c);
	for (size_t i = 1; i < ARRAY_LENGTH(loads); i++)
		wanted[loads[i].expected] +=
			(uint64_t)repeat_of(&loads[i], repeat) * (uint64_t)turns;
	for (int o = 0; o < FILTER_OUTCOMES; o++) {
		bad += c.frames[o] != wanted[o];
		lost += c.lost[o] + c.over_budget[o];
		up += filter_is_drop(o) ? 0 : c.frames[o];
	}
	printf("\n%llu records came up of %llu, outcomes %s\n", (unsigned long long)records,
	       (unsigned long long)up, bad ? "WRONG" : "as they should be");
	printf("ring %s, %llu failed reservations; repeated %d times%s\n",
	       records == up ? "drained" : "NOT DRAINED", (unsigned long long)lost, repeat,
	       repeat < GOAL_REPEAT ? ": TOO FEW to judge the goals" : "");
	return bad || lost || records != up ? ERR_DAMAGED : 0;
}

static int add_network(struct config *c, const char *text)
{
	struct net_prefix p;
	int error = prefix_parse(text, &p, NULL);

	return error < 0 ? error : prefix_set_add(&c->networks, p);
}

/* Returns 0, 1 when a goal is missed, or an error. */
static int bench(struct filter *f, int repeat, int turns)
{
	struct reader reader = { .filter = f };
	pthread_t thread;
	void *result = NULL;
	int error, missed;

	if (pthread_create(&thread, NULL, read_ring, &reader) != 0)
		return -EAGAIN;
	error = measure(f, repeat, turns);
	atomic_store(&reader.stop, true);
	pthread_join(thread, &result);
	if (error < 0 || !result)
		return error < 0 ? error : -EIO;
	missed = print_loads(turns);
	error = check_counts(f, reader.records, repeat, turns);
	return error < 0 ? error : missed || repeat < GOAL_REPEAT;
}

int main(int argc, char **argv)
{
	int repeat = argc > 1 ? atoi(argv[1]) : 5000000, turns = argc > 2 ? atoi(argv[2]) : 5;
	struct diagnosis d = { "" };
	struct filter_settings settings;
	struct filter *f = NULL;
	struct config config;
	int error;

	if (repeat < 1 || turns < 1 || turns > TURNS_MAX) {
		(void)fprintf(stderr, "usage: bench_xdp [REPEAT [TURNS]]\n");
		return 2;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(loads); i++)
		make_frame(&loads[i]);
	config_init(&config);
	settings = filter_settings_default(&config);
	settings.ring_bytes = RING_BYTES;
	settings.frames_per_second[FILTER_BUDGET_TUNNELS] = UINT32_MAX;
	settings.frames_per_second[FILTER_BUDGET_WORDS] = UINT32_MAX;
	error = add_network(&config, "192.0.2.0/24");
	if (error == 0)
		error = add_network(&config, "2001:db8::/32");
	if (error == 0)
		error = filter_open(&settings, &f, &d);
	if (error == 0)
		error = bench(f, repeat, turns);
	filter_close(f);
	config_finish(&config);
	if (error < 0)
		(void)fprintf(stderr, "bench_xdp: %s\n", d.text[0] ? d.text : error_text(error));
	return error != 0; /* or a goal was missed */
}
