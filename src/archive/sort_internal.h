/* Sorting of 128-bit keys in place, with a bounded scratch. */
#ifndef SEKIMORI_ARCHIVE_SORT_INTERNAL_H
#define SEKIMORI_ARCHIVE_SORT_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct sort_key {
	uint64_t hi, lo;
};

/* Sorts ascending, on two threads. Returns 0 or -ENOMEM. */
must_check int sort_keys(struct sort_key *keys, size_t n);

/* The same on the calling thread alone. SCRATCH has room for SORT_SCRATCH_KEYS. */
#define SORT_SCRATCH_KEYS 32768u
void sort_keys_alone(struct sort_key *keys, size_t n, struct sort_key *scratch);

#endif
