/*
 * One part on its way into a tally: its groups (tally_part.c, tally_group.c), then its series
 * (tally_unite.c).
 */
#ifndef SEKIMORI_CATALOGUE_TALLY_PART_INTERNAL_H
#define SEKIMORI_CATALOGUE_TALLY_PART_INTERNAL_H

#include <stdatomic.h>

#include "base/threads.h"
#include "catalogue/tally_state_internal.h"

/* The pairs of one series in one group. Its place is fixed by the directory; COUNT 0: nothing of it
 * is wanted. */
struct run {
	uint32_t series, count;
	size_t start;
};

/* One part being taken in, by one worker or two, which take group after group and later series
 * after series. */
struct intake {
	struct tally *tally;
	struct part *part;
	bool peers_only;
	uint32_t *service_of; /* by series */
	uint32_t *map;        /* peer rank to id, or NULL */
	uint8_t *inside;      /* by rank; NULL when no peer of the part is inside */
	uint8_t *unwanted;    /* by rank: not whose knocking counts; NULL when all are wanted */
	/* All pairs of the part, group after group, and the runs they make; where each group's
	 * begin. */
	uint32_t *pairs;
	struct run *runs;
	size_t n_runs;
	size_t *first_pair, *first_run; /* [groups] */
	/* Runs in the order of their series, and where each series' begin: [series + 1]. */
	size_t *order, *series_start;
	struct worker *workers;
	atomic_uint n_workers, next;
	struct failure failure;
	bool damaged; /* a group could not be read */
};

struct worker {
	struct intake *in;
	struct part_summary summary;
	struct part_detail detail;
	struct tally_cell (*cells)[2]; /* by series; NULL: counts go straight to the services */
	uint64_t *seen;                /* a bit a peer */
};

static inline bool intake_wants(const struct intake *in, uint32_t rank)
{
	return !in->unwanted || !in->unwanted[rank];
}

/* Adds to a cell. */
void tally_cell_count(struct tally_cell *c, uint64_t packets, uint64_t first_ns, uint64_t last_ns);

/*
 * Counts a group whose summary the worker holds, and leaves of that summary what is within the
 * tally's time. Returns 0, or what the part's reader says.
 */
must_check int tally_count_group(struct worker *w, uint32_t group, struct diagnosis *d);

/* Each series' peers of this part, each once, go to its service's list. On two threads where
 * SHARED. */
must_check int tally_unite_runs(struct intake *in, bool shared);

#endif
