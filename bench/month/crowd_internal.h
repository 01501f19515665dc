#ifndef SEKIMORI_BENCH_MONTH_CROWD_INTERNAL_H
#define SEKIMORI_BENCH_MONTH_CROWD_INTERNAL_H

#include "crowd.h"

/* Fills in the days of the peers from first_multi on; those before have theirs. */
must_check int month_crowd_fill_days(struct month_crowd *c, const struct month_site *site,
				     const struct month_quantities *q, struct draw *d);

/* Fills in the addresses, all distinct. BEFORE: as month_crowd_init. Returns 0 or -ENOMEM. */
must_check int month_crowd_fill_addresses(struct month_crowd *c, const struct month_site *site,
					  const struct month_crowd *before, struct draw *d);

#endif
