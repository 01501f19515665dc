/*
 * One hour's records in the order of their pairs, on the calling thread. What is moved about is not
 * the records but a word for each, of pair and place: half the bytes, and most hours stay in the
 * cache.
 */
#ifndef SEKIMORI_ARCHIVE_HOUR_SORT_INTERNAL_H
#define SEKIMORI_ARCHIVE_HOUR_SORT_INTERNAL_H

#include "archive/sort_internal.h"

#define HOUR_SORT_PLACE_BITS 18u
#define HOUR_SORT_RECORDS    (1u << HOUR_SORT_PLACE_BITS)
#define HOUR_SORT_PAIR_BITS  (64u - HOUR_SORT_PLACE_BITS)

struct hour_sort {
	uint64_t *words[2];       /* pair << HOUR_SORT_PLACE_BITS | place */
	uint64_t *rests;          /* by place: what the order within a pair goes by */
	struct sort_key *sorted;  /* hi: the pair, lo: the rest */
	struct sort_key *scratch; /* for long runs of one pair that come in no order */
};

/* Room for N records, at most HOUR_SORT_RECORDS. Returns 0 or -ENOMEM; finish in any case. */
must_check int hour_sort_init(struct hour_sort *s, size_t n);
void hour_sort_finish(struct hour_sort *s);

/* Sorts the N records of words[0], whose places count up from 0, and `rests` into `sorted`. */
void hour_sort_run(struct hour_sort *s, size_t n);

#endif
