/*
 * Users follow the day: on working days two humps around lunch, a tail until midnight; on weekends,
 * the New Year's days and the holiday of the 14th a flat afternoon. Mail is half of that and half
 * even; search engines are even. A sweep has one hour, a partner its own hour every night. The two
 * addresses: from 3 on the 24th until 11 on the 26th.
 */
#include "rhythm.h"

#include <errno.h>
#include <stdlib.h>

#define SESSION_PACKETS 30
#define SESSIONS_MOST   48

static const uint8_t workday[MONTH_DAY_HOURS] = { 5,  3,  2,  2,  2,  3,  5,  8,  13, 18, 19, 18,
						  17, 20, 19, 18, 18, 16, 13, 11, 11, 10, 9,  7 };
static const uint8_t dayoff[MONTH_DAY_HOURS] = { 7,  5,  3,  3,  2,  3,  4,  6,  8,  10, 12, 12,
						 12, 13, 13, 13, 13, 13, 12, 12, 12, 12, 11, 9 };

static bool is_day_off(uint32_t day)
{
	uint32_t weekday = (day + 2) % 7; /* the 1st is a Tuesday; 0 is Sunday */

	return day < 3 || day == 13 || weekday == 0 || weekday == 6;
}

static uint32_t draw_hour(const uint8_t weights[MONTH_DAY_HOURS], struct draw *d)
{
	uint32_t sum = 0, at, hour = 0;

	for (uint32_t i = 0; i < MONTH_DAY_HOURS; i++)
		sum += weights[i];
	at = draw_below(d, sum);
	while (at >= weights[hour])
		at -= weights[hour++];
	return hour;
}

static uint32_t hour_of(const struct month_day *day, const struct month_meeting *m, struct draw *d)
{
	static const uint8_t once[CROWD_ONCES] = { 0, 22, 11 };
	const uint8_t *weights = is_day_off(day->day) ? dayoff : workday;

	switch (m->kind) {
	case KIND_USER:
		return draw_hour(weights, d);
	case KIND_MAIL:
		if (draw_below(d, 2) == 0)
			return draw_hour(weights, d);
		return draw_below(d, MONTH_DAY_HOURS);
	case KIND_SCAN:
		return month_mix(m->peer, day->day) % MONTH_DAY_HOURS;
	case KIND_PARTNER:
		return month_mix(m->peer, 0) % 6;
	case KIND_ONCE:
		return once[m->peer - CROWD_ONCE];
	default:
		return draw_below(d, MONTH_DAY_HOURS);
	}
}

static void add(struct month_sessions *s, uint32_t meeting, uint32_t packets, uint32_t hour)
{
	s->drawn[s->n] = (struct month_session){ meeting, packets };
	s->hours[s->n++] = (uint8_t)hour;
}

/* Even parts of what is left. */
static void add_flood(struct month_sessions *s, uint32_t day, uint32_t meeting, uint32_t packets)
{
	uint32_t hour = day == MONTH_FLOOD_FIRST_DAY ? 3 : 0;
	uint32_t end = day == MONTH_FLOOD_LAST_DAY ? 11 : MONTH_DAY_HOURS;

	for (; hour < end; hour++) {
		uint32_t part = packets / (end - hour);

		packets -= part;
		if (part > 0)
			add(s, meeting, part, hour);
	}
}

static void add_meeting(struct month_sessions *s, const struct month_day *day, uint32_t meeting,
			struct draw *d)
{
	const struct month_meeting *m = &day->meetings[meeting];
	uint32_t left = m->packets, n = MIN(1 + left / SESSION_PACKETS, SESSIONS_MOST);

	if (m->kind == KIND_FLOOD) {
		add_flood(s, day->day, meeting, left);
		return;
	}
	if (m->kind == KIND_SCAN || m->kind == KIND_PARTNER)
		n = 1;
	for (; n > 0; n--) {
		uint32_t part = left / n;

		left -= part;
		add(s, meeting, part, hour_of(day, m, d));
	}
}

static int make_room(struct month_sessions *s, uint32_t room)
{
	if (room <= s->room)
		return 0;
	month_sessions_finish(s);
	s->drawn = calloc(room, sizeof(s->drawn[0]));
	s->sorted = calloc(room, sizeof(s->sorted[0]));
	s->hours = calloc(room, 1);
	s->room = room;
	return s->drawn && s->sorted && s->hours ? 0 : -ENOMEM;
}

static uint32_t most_sessions(const struct month_day *day)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < day->n; i++)
		n += MIN(1 + day->meetings[i].packets / SESSION_PACKETS, SESSIONS_MOST);
	return (uint32_t)n + 2 * day->plan->n_flooded * MONTH_DAY_HOURS;
}

int month_sessions_fill(struct month_sessions *s, const struct month_day *day)
{
	struct draw d = month_plan_draw(day->plan, day->day, 1);
	uint32_t next[MONTH_DAY_HOURS];
	int ret = make_room(s, most_sessions(day));

	if (ret < 0)
		return ret;
	s->n = 0;
	for (uint32_t i = 0; i < day->n; i++)
		add_meeting(s, day, i, &d);
	for (uint32_t hour = 0; hour <= MONTH_DAY_HOURS; hour++)
		s->first[hour] = 0;
	for (uint32_t i = 0; i < s->n; i++)
		s->first[s->hours[i] + 1]++;
	for (uint32_t hour = 0; hour < MONTH_DAY_HOURS; hour++) {
		s->first[hour + 1] += s->first[hour];
		next[hour] = s->first[hour];
	}
	for (uint32_t i = 0; i < s->n; i++)
		s->sorted[next[s->hours[i]]++] = s->drawn[i];
	return 0;
}

void month_sessions_finish(struct month_sessions *s)
{
	free(s->drawn);
	free(s->sorted);
	free(s->hours);
	*s = (struct month_sessions){ 0 };
}
