/* The words that the remade month was asked for with. */
#ifndef SEKIMORI_BENCH_MONTH_OPTIONS_H
#define SEKIMORI_BENCH_MONTH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct month_options {
	uint64_t seed;
	double scale;
	uint32_t month;                      /* of 2019 */
	bool nessus;                         /* the scan instead of the traffic */
	bool check_plan;                     /* count the plan, write nothing */
	const char *account, *config, *file; /* NULL: none, none, the standard output */
};

/* Returns false, with the reason on the standard error, when the words make no sense. */
bool month_options_parse(int argc, char **argv, struct month_options *ret_options);

#endif
