/*
 * Random loads of sightings, and the plain answer that a part is held against: the same
 * sightings, sorted.
 */
#ifndef SEKIMORI_TESTS_PART_FIXTURE_H
#define SEKIMORI_TESTS_PART_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "archive/part.h"

/* What a load is drawn from. The same shape and seed give the same sightings. */
struct load_shape {
	size_t n_records;
	uint32_t n_series, n_v4, n_v6; /* to draw from; not all need to be drawn */
	uint32_t first_hour, n_hours;
	bool clustered_v6; /* few networks, small interface ids */
	bool fixed_ports;  /* each peer keeps one port */
	bool in_order;     /* of time */
	bool repeats;      /* pairs come back within seconds, often from the same port */
};

struct random {
	uint64_t state;
};

uint64_t random_next(struct random *r);
uint64_t random_below(struct random *r, uint64_t bound);

/* Returns an array of n_records to free(). Aborts when out of memory. */
struct sighting *load_make(const struct load_shape *shape, uint64_t seed);

/* Appends all; they must fit. Writes the part into a new memory file. Returns its descriptor. */
int load_write(const struct sighting *sightings, size_t n);

/* By hour, series, peer, time, peer port, as a part orders them; times cut to milliseconds. */
void load_sort(struct sighting *sightings, size_t n);

/* What of them is left without details. */
void load_bare(struct sighting *sightings, size_t n);

/* Copies a descriptor's part without its details into a new memory file, which is returned, or the
 * error of that. */
int load_write_bare(int fd, struct diagnosis *d);

/* Opens a descriptor's file as a part. */
int part_open_fd(int fd, struct part **ret_part, struct diagnosis *d);

/*
 * Reads all of a part into an array to free(), in the part's order; where details are gone, times
 * are the hour's and peer ports 0. Returns 0 or the reader's error.
 */
int part_read_all(struct part *p, struct sighting **ret_sightings, size_t *ret_n,
		  struct diagnosis *d);

#endif
