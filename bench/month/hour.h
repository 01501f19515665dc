/*
 * One hour of the remade month: its packets in the order of time.
 * Comes in: the hour's sessions, and what comes on top. Goes out: packets, one by one.
 * Memory is that of the busiest hour.
 */
#ifndef SEKIMORI_BENCH_MONTH_HOUR_H
#define SEKIMORI_BENCH_MONTH_HOUR_H

#include "extras.h"
#include "rhythm.h"

#define MONTH_HOUR_US 3600000000U

struct month_packet {
	uint32_t time_us; /* within the hour */
	uint32_t peer;    /* place in the crowd, or in the hour's extras */
	uint16_t service; /* MONTH_EXTRA: an extra */
	uint16_t peer_port;
};

#define MONTH_EXTRA UINT16_MAX

struct month_hour {
	const struct month_day *day;
	uint32_t hour;
	struct draw draw;
	struct month_packet *packets;
	uint64_t *order, *other_order; /* time << 32 | place, for sorting */
	uint32_t n, room;
	struct month_extra *extras;
	uint32_t n_extras, extras_room;
	bool failed;
};

/* Kept from hour to hour; the first time it is zero. Returns 0 or -ENOMEM. */
must_check int month_hour_fill(struct month_hour *h, const struct month_day *day,
			       const struct month_sessions *s, const struct month_extras *x,
			       uint32_t hour);
void month_hour_finish(struct month_hour *h);

/* The Nth packet in the order of time. */
static inline const struct month_packet *month_hour_packet(const struct month_hour *h, uint32_t n)
{
	return &h->packets[(uint32_t)h->order[n]];
}

#endif
