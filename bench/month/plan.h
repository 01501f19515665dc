/*
 * The plan of the remade month: everything that is decided before the first frame.
 * Comes in: a seed, a scale and a month. Goes out: the site, the quantities and the crowd, which
 * meet the source's figures together, and the services that answer the two addresses of 24 January.
 */
#ifndef SEKIMORI_BENCH_MONTH_PLAN_H
#define SEKIMORI_BENCH_MONTH_PLAN_H

#include "crowd.h"
#include "quantities.h"
#include "site.h"

#define MONTH_START_NS 1546268400000000000ULL /* 2019-01-01 00:00 in Japan */
#define MONTH_DAY_S    86400U
#define MONTHS         12

struct month_plan {
	uint64_t seed;
	uint32_t month, n_days; /* of 2019 */
	uint64_t start_ns;
	struct month_site site;
	struct month_quantities quantities;
	struct month_crowd crowd;
	uint16_t flooded[MONTH_SERVICES];
	uint32_t n_flooded;
};

/* MONTH: 1 to 12. As month_crowd_init. The plan is to be finished in any case. */
must_check int month_plan_init(struct month_plan *p, uint64_t seed, double scale, uint32_t month);
void month_plan_finish(struct month_plan *p);

/* Random numbers of their own for each part of the stream. */
struct draw month_plan_draw(const struct month_plan *p, uint32_t day, uint32_t part);

struct month_counts;

/* Counts the plan as the stream would be counted. */
void month_plan_count(const struct month_plan *p, struct month_counts *ret_counts);

#endif
