/*
 * When in the day things happen: a draw of the hour, and the day's meetings sorted by it.
 * Comes in: a day. Goes out: sessions, hour after hour.
 */
#ifndef SEKIMORI_BENCH_MONTH_RHYTHM_H
#define SEKIMORI_BENCH_MONTH_RHYTHM_H

#include "day.h"

#define MONTH_DAY_HOURS 24

/* Some packets of a meeting, within one hour. */
struct month_session {
	uint32_t meeting, packets;
};

struct month_sessions {
	struct month_session *drawn, *sorted;
	uint8_t *hours; /* of the drawn ones */
	uint32_t n, room;
	uint32_t first[MONTH_DAY_HOURS + 1]; /* of the sorted ones */
};

/* Kept from day to day; the first time it is zero. Returns 0 or -ENOMEM. */
must_check int month_sessions_fill(struct month_sessions *s, const struct month_day *day);
void month_sessions_finish(struct month_sessions *s);

#endif
