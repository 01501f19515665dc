/*
 * One day of the remade month: which peer meets which service, and in how many packets.
 * Comes in: the plan. Goes out: meetings, whose packets add up to the day's.
 */
#ifndef SEKIMORI_BENCH_MONTH_DAY_H
#define SEKIMORI_BENCH_MONTH_DAY_H

#include "plan.h"

enum month_kind {
	KIND_USER,    /* of web, files: in the rhythm of the day, often the same host */
	KIND_MAIL,    /* senders and readers */
	KIND_SCAN,    /* sweeps over the hosts of a port */
	KIND_ENGINE,  /* search engines, daily, some hosts of each port */
	KIND_PARTNER, /* a fixed job at a fixed hour */
	KIND_FLOOD,   /* the two addresses */
	KIND_ONCE,    /* the three packets */
};

struct month_meeting {
	uint32_t peer, packets;
	uint16_t service;
	uint8_t kind;
	uint8_t step; /* of a sweep, from 0 */
};

struct month_open {
	uint16_t service;
	uint32_t weight_before; /* of the port's others, for draws by weight */
};

struct month_day {
	const struct month_plan *plan;
	uint32_t day;
	struct draw draw;
	struct month_meeting *meetings;
	uint32_t n, room;
	bool failed;                            /* out of memory */
	struct month_open open[MONTH_SERVICES]; /* served today, port after port */
	uint32_t first_open[MONTH_PORTS + 1];
	uint32_t weight[MONTH_PORTS];
	bool met[MONTH_SERVICES];
	struct {
		uint32_t peer, n;
		uint8_t kind;
	} visitors[MONTH_PORTS]; /* one of those who came, drawn */
};

/* DAY is kept from day to day; the first time it is zero. Returns 0, -ENOMEM, or -EDOM when the day
 * has more meetings than packets. */
must_check int month_day_fill(struct month_day *day, const struct month_plan *plan, uint32_t n);
void month_day_finish(struct month_day *day);

/* A number of its own for each pair, the same every time. */
static inline uint32_t month_mix(uint64_t a, uint64_t b)
{
	struct draw d = { a * 0xd6e8feb86659fd93ULL ^ b };

	return (uint32_t)(draw_u64(&d) >> 32);
}

#endif
