/*
 * Asks the loaded programs what they make of a frame: BPF_PROG_TEST_RUN, and what then stands in
 * the ring (XDP's) or the counts (a socket's). In a build without XDP kernel_run_open says so.
 */
#ifndef SEKIMORI_TESTS_KERNEL_RUN_H
#define SEKIMORI_TESTS_KERNEL_RUN_H

#include "filter/filter_internal.h"

/* What the kernel takes for a test: an Ethernet header, and what a page leaves beside the headroom.
 */
#define KERNEL_RUN_LEAST 14
#define KERNEL_RUN_MOST  3400

struct kernel_answer {
	int records;  /* that came up */
	int returned; /* XDP_PASS or XDP_DROP */
	bool is_up;
	struct filter_facts facts;
	uint8_t up_outcome;
	uint32_t captured, wire_length;
	uint8_t bytes[FILTER_UP_MOST];
};

struct kernel_run;

/* As filter_open. Budgets are as good as unlimited. */
must_check int kernel_run_open(const struct config *config, struct kernel_run **ret_run,
			       struct diagnosis *d);
void kernel_run_close(struct kernel_run *k);                  /* takes NULL */
struct filter *kernel_run_filter(const struct kernel_run *k); /* of XDP */
void kernel_run_tick(struct kernel_run *k, uint64_t now_ns);
uint64_t kernel_run_seed(const struct kernel_run *k);

must_check int kernel_run_frame(struct kernel_run *k, const uint8_t *bytes, uint32_t n,
				struct kernel_answer *ret_answer);

/* Asks the program of a socket, of 1 to KERNEL_RUN_MOST - 14 bytes. NULL, or how its answer differs
 * from the header's. */
const char *kernel_run_socket(struct kernel_run *k, const uint8_t *bytes, uint32_t n,
			      enum filter_outcome wanted);

/* NULL, or how the answer differs from the header's. */
const char *kernel_answer_check(const struct kernel_answer *a, const uint8_t *bytes, uint32_t n,
				enum filter_outcome wanted, const struct filter_facts *facts);

/* NULL, or how the kernel's counts differ from COUNTS, of which UNASKED frames were not given to
 * it.
 */
const char *kernel_run_end(struct kernel_run *k, const struct filter_counts *counts,
			   unsigned long unasked);

#endif
