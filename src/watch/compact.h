/*
 * Few batches for many days. Comes in: a store in which a sensor has made a batch an hour. Goes
 * out: the same sightings, counts and gaps in one batch for each stretch of a finished UTC day that
 * was watched without a break. Nothing is counted anew.
 */
#ifndef SEKIMORI_WATCH_COMPACT_H
#define SEKIMORI_WATCH_COMPACT_H

#include "catalogue/catalogue.h"

/* A day is finished when it has been over for so long: what was held up has become a batch by then.
 */
#define COMPACT_AFTER_NS (3 * 3600 * 1000000000ULL)

/* A break in the watch as short as this is none. Longer ones must go on being told by what no batch
 * covers. */
#define COMPACT_BREAK_NS (60 * 1000000000ULL)

/* What was done. */
struct compact_account {
	uint64_t made, of;      /* batches, of so many */
	uint64_t passed_over;   /* stretches that cannot be read, and stay as they are */
	struct diagnosis words; /* about the first of these */
};

/*
 * Puts batches of journals together, as of NOW_NS: those of one sensor, under the same networks,
 * with their details. For the one thread that uses C, which is the catalogue of A, open for
 * writing. Killed at any point, each stretch is as before or as after. Memory: that of a part being
 * written (design.md, Bounds). The account is filled in any case, as far as it came. Returns 0, or
 * what archive and catalogue say.
 */
must_check int compact_apply(struct archive *a, struct catalogue *c, uint64_t now_ns,
			     struct compact_account *ret_account, struct diagnosis *d);

#endif
