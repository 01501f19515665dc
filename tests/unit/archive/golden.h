/*
 * The loads behind the golden parts. They are as fixed as the files: a change of the generator
 * makes all of them new.
 */
#ifndef SEKIMORI_TESTS_GOLDEN_H
#define SEKIMORI_TESTS_GOLDEN_H

#include "part_fixture.h"

struct golden {
	const char *name;
	struct load_shape shape;
};

static const struct golden golden_parts[] = {
	{ "part-one",
	  { .n_records = 1, .n_series = 1, .n_v4 = 1, .first_hour = 429528, .n_hours = 1 } },
	{ "part-v4",
	  { .n_records = 60, .n_series = 8, .n_v4 = 30, .first_hour = 429528, .n_hours = 3 } },
	{ "part-v6",
	  { .n_records = 60, .n_series = 8, .n_v6 = 30, .first_hour = 429528, .n_hours = 3 } },
	{ "part-mixed",
	  { .n_records = 400,
	    .n_series = 30,
	    .n_v4 = 40,
	    .n_v6 = 20,
	    .first_hour = 429528,
	    .n_hours = 5,
	    .clustered_v6 = true,
	    .repeats = true } },
	{ "part-listed",
	  { .n_records = 600, .n_series = 40, .n_v4 = 12, .first_hour = 429528, .n_hours = 2 } },
};

/* The one that lies in v2 as well, without its details. */
#define GOLDEN_BARE 3

#define GOLDEN_SEED 20190124u

#endif
