/* The words that a load was asked for with. */
#ifndef SEKIMORI_BENCH_LOAD_OPTIONS_H
#define SEKIMORI_BENCH_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct load_options {
	bool mixed, nanoseconds;
	int families;
	uint64_t records, frames, span_s, seed;
	uint32_t hosts, peers;
	double skew;
	const char *account, *file; /* NULL: none, the standard output */
};

/*
 * Fills in what is said, and defaults for the rest. The texts stay ARGV's.
 * Returns false, with the reason on the standard error, when the words make no sense.
 */
bool load_options_parse(int argc, char **argv, struct load_options *ret_options);

#endif
