/*
 * Keeping a store small for years. Comes in: a store, how long what is kept, how much room there
 * is. Goes out: the same store without what is too old. First go details (the times and peer ports
 * of single records), then whole batches; of those the catalogue keeps when their services were
 * first and last seen.
 *
 * Killed at any point, nothing is lost but what was to go, and the next call goes on. Others may
 * ask and commit meanwhile: the store's lock is held for moments only, and who has files open goes
 * on reading them.
 */
#ifndef SEKIMORI_WATCH_RETAIN_H
#define SEKIMORI_WATCH_RETAIN_H

#include "base/config.h"
#include "catalogue/catalogue.h"

/* Days with records that a clock has to have, whatever it says. */
#define RETAIN_DAYS_BELIEVED 7

/* What was done, and what the store takes now. */
struct retain_account {
	uint64_t bared_batches, bared_until_ns;     /* lost their details; their latest time */
	uint64_t dropped_batches, dropped_until_ns; /* went altogether */
	uint64_t as_of_ns;                          /* the clock that was gone by */
	uint64_t disk_bytes;                        /* archive, journals, catalogue: now */
	uint64_t freed_bytes;                       /* of those */
	bool over;                                  /* it is more than max_disk all the same */
	uint64_t passed_over;                       /* batches that could not be read, and stay */
	struct diagnosis words;                     /* about the first of these */
};

/*
 * Applies keep_record_days, keep_summary_days and max_disk_bytes of SETTINGS as of NOW_NS; it is
 * for the one thread that uses C, about once an hour. C is the catalogue of A, open for writing.
 *
 * A clock that is far ahead is not believed before RETAIN_DAYS_BELIEVED UTC days have records by
 * it: until then what is too old is so by these days, which a clock can be two ahead of.
 *
 * - Batches whose last record is older than the record days lose their details.
 * - Batches whose last record is older than the summary days, by the UTC day, are taken away: once
 * a day at most, for all that is left is counted anew then.
 * - What is more than max_disk_bytes: oldest first, details go, then batches, whole UTC days at a
 *   time, until it fits. Never those of the newest day.
 *
 * Memory: one part's summaries; where batches go, that of counting (design.md, Bounds). The account
 * is filled in any case, as far as it came. Returns 0, or what archive and catalogue say: -ENOSPC
 * where there is no room for the copy of a part.
 */
must_check int retain_apply(struct archive *a, struct catalogue *c,
			    const struct config_sensor *settings, uint64_t now_ns,
			    struct retain_account *ret_account, struct diagnosis *d);

#endif
