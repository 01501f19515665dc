/* Sorting of 128-bit keys in place, with a bounded scratch, on two threads. */
#ifndef SEKIMORI_ARCHIVE_SORT_INTERNAL_H
#define SEKIMORI_ARCHIVE_SORT_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct sort_key {
	uint64_t hi, lo;
};

/* Sorts ascending. Returns 0 or -ENOMEM. */
must_check int sort_keys(struct sort_key *keys, size_t n);

#endif
