/* For tests and benches, which give the program frames of their own. */
#ifndef SEKIMORI_FILTER_FILTER_INTERNAL_H
#define SEKIMORI_FILTER_FILTER_INTERNAL_H

#include "filter/filter.h"

/* What spreads connections over the slots: with the same, the header chooses the same. */
uint64_t filter_seed(const struct filter *f);

/* Takes another seed, from the next filter_configure on. */
void filter_set_seed(struct filter *f, uint64_t seed);

/* What a program that only passes frames costs: loads one. Returns its descriptor, or -errno. */
must_check int filter_program_passing(void);

#endif
