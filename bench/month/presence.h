/*
 * Hosts × days: on which days each of the 66 rare hosts is seen.
 * Comes in: the hosts with their roles. Goes out: their sets of days.
 */
#ifndef SEKIMORI_BENCH_MONTH_PRESENCE_H
#define SEKIMORI_BENCH_MONTH_PRESENCE_H

#include "site.h"

/* Returns 0, or -EDOM when a thousand draws gave no layout. */
must_check int month_presence_fill(struct month_site *site, struct draw *d);

#endif
