/*
 * The records of a part while it is taken in, put apart by hour: ten bytes each, so that as little
 * memory as can be is taken from the system, and so that only what is within an hour is left to be
 * sorted.
 *
 *     chunk   next, capacity | capacity * 8 bytes of keys | capacity * 2 bytes of ports
 *
 * An hour's records lie in chunks that grow with it; all chunks lie in one arena, in the order in
 * which they were begun.
 */
#ifndef SEKIMORI_ARCHIVE_HOURS_INTERNAL_H
#define SEKIMORI_ARCHIVE_HOURS_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/id_table_internal.h"
#include "archive/sort_internal.h"

struct hour {
	uint32_t hour; /* since 1970 */
	uint32_t n_records;
	uint32_t first, last;    /* its chunks, as words of the arena */
	uint32_t left;           /* room in the last one */
	struct sort_key *sorted; /* instead of the chunks, once it was taken out of them */
};

struct hours {
	struct hour *list;
	size_t n, room;
	size_t n_records;

	struct id_table ids; /* of the hours: places in the list, until hours_end */
	uint64_t *arena;
	atomic_size_t used;  /* words of it */
	size_t warmed_bytes; /* of it; of the thread that warms */

	/* The hour at hand: where its next record goes, and for how many more there is room. */
	size_t open;
	uint32_t open_hour;
	uint32_t left;
	uint64_t *key;
	uint16_t *port;
};

/* Returns 0 or -ENOMEM; hours_finish in any case. */
must_check int hours_init(struct hours *h);
void hours_finish(struct hours *h);

/* Forgets all records, keeps the memory. */
void hours_reset(struct hours *h);

/* Turns to an hour that is not open, or has no room left. Returns 0 or -ENOMEM. */
must_check int hours_turn_to(struct hours *h, uint32_t hour);

/* Is there a record of that hour? */
bool hours_have(const struct hours *h, uint32_t hour);

/* HOUR is below PART_HOURS_END; no more than PART_RECORDS_MAX records in HOURS_OF_PART_MAX hours.
 * Returns 0 or -ENOMEM. */
must_check static inline int hours_add(struct hours *h, uint32_t hour, uint64_t key, uint16_t port)
{
	if (hour != h->open_hour || !h->left) {
		int error = hours_turn_to(h, hour);

		if (error < 0)
			return error;
	}
	*h->key++ = key;
	*h->port++ = port;
	h->left--;
	h->n_records++;
	return 0;
}

/* See part_writer_warm. */
void hours_warm(struct hours *h);

/* No record comes any more: brings the list into the order of hours, complete. */
void hours_end(struct hours *h);

struct hour_chunk {
	uint64_t *keys;
	uint16_t *ports;
	uint32_t n;
	uint32_t next, left; /* for hours_chunk */
};

/* Walks an hour's chunks: zeros first, false after the last. After hours_end. */
bool hours_chunk(const struct hours *h, const struct hour *hour, struct hour_chunk *c);

/* An hour's chunks, whose content is lost, give their memory back to the system as far as whole
 * pages go: a walk of its own, which is handed every chunk that hours_chunk gave. Zeros first. */
struct hour_release {
	uintptr_t from, to;
};
void hours_release(struct hour_release *r, const struct hour_chunk *c);
void hours_release_rest(struct hour_release *r);

#endif
