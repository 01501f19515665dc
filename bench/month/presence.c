/*
 * The margins are tables here, the layout between them is drawn: how many rare hosts are seen on
 * each day (15 to 32, 704 in all: mean 22.7, median 23), how many of them for the first time (18 on
 * the 1st, 38 until the 15th, 10 after), and for how many days each is seen. A host's first day is
 * drawn so that those with many days come early; the days after it are a flow: every host gets its
 * number, every day its number.
 */
#include "presence.h"

#include <errno.h>
#include <string.h>

#define ATTEMPTS  1000
#define EXAM_DAYS 29

/* Fewest on Saturday the 5th, most on the 31st; weekends and the New Year's week are low. */
static const uint8_t hosts_of_day[MONTH_DAYS] = { 18, 17, 18, 22, 15, 17, 23, 25, 25, 23, 23,
						  19, 18, 22, 26, 26, 26, 25, 20, 19, 24, 26,
						  26, 27, 26, 21, 20, 27, 25, 23, 32 };

/* Nobody begins on a weekend; work begins on Friday the 4th. */
static const uint8_t first_seen_on[MONTH_DAYS] = { 18, 1, 2, 8, 0, 0, 6, 6, 4, 4, 3, 0, 0, 1, 3, 1,
						   1,  1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1 };

/* Hosts seen on 1, 2, … 25 days: 56 of them. 14, 6 and 4 are the source's. */
static const uint8_t hosts_with_days[26] = { 0, 14, 3, 6, 3, 3, 3, 3, 1, 4, 1, 1, 1,
					     1, 1,  1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0 };

/* The ten of 26 to 30 days: four of 29, one of them the exam's server. */
static const uint8_t days_of_name_servers[5] = { 30, 28, 29, 27, 26 };
static const uint8_t days_of_partners[4] = { 29, 30, 28, 29 };

struct layout {
	struct month_host *hosts[MONTH_RARE];
	uint8_t n_days[MONTH_RARE];
	uint8_t first[MONTH_RARE];
	uint32_t days[MONTH_RARE];
	uint8_t room[MONTH_DAYS]; /* of the day, for hosts that were seen before */
	uint32_t n;
};

/* Of the hosts of each kind, in the order of the templates; the ordinary ones' days are shuffled.
 */
static void deal_numbers(struct layout *l, struct month_site *site, struct draw *d)
{
	uint8_t deck[MONTH_RARE];
	uint32_t n_deck = 0, n_names = 0, n_partners = 0;

	for (uint32_t n_days = 1; n_days < ARRAY_LENGTH(hosts_with_days); n_days++) {
		for (uint32_t i = 0; i < hosts_with_days[n_days]; i++)
			deck[n_deck++] = (uint8_t)n_days;
	}
	for (uint32_t i = n_deck; i > 1; i--) {
		uint32_t at = draw_below(d, i);
		uint8_t kept = deck[i - 1];

		deck[i - 1] = deck[at];
		deck[at] = kept;
	}
	l->n = 0;
	for (uint32_t i = 0; i < site->n_hosts && l->n < MONTH_RARE; i++) {
		struct month_host *h = &site->hosts[i];

		if (!h->rare)
			continue;
		l->n_days[l->n] = h->role == ROLE_EXAM          ? EXAM_DAYS
				  : h->role == ROLE_NAME_SERVER ? days_of_name_servers[n_names++]
				  : h->role == ROLE_PARTNER     ? days_of_partners[n_partners++]
								: deck[--n_deck];
		l->hosts[l->n++] = h;
	}
}

/* Orders the hosts by their days and a drawn jitter, most first, and hands out first days. */
static bool deal_first_days(struct layout *l, struct draw *d)
{
	uint32_t keys[MONTH_RARE], order[MONTH_RARE], at = 0, day = 0, left = first_seen_on[0];

	for (uint32_t i = 0; i < l->n; i++) {
		keys[i] = l->n_days[i] > 25 ? 1000 : l->n_days[i] + draw_below(d, 12);
		for (at = i; at > 0 && keys[order[at - 1]] < keys[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	for (uint32_t i = 0; i < l->n; i++, left--) {
		while (left == 0 && day + 1 < MONTH_DAYS)
			left = first_seen_on[++day];
		if (day + l->n_days[order[i]] > MONTH_DAYS)
			return false;
		l->first[order[i]] = (uint8_t)day;
		l->days[order[i]] = month_day_bit(day);
	}
	return true;
}

/* Gives host HOST one more day, moving others out of its way. TRIED: days already asked. */
static bool give_day(struct layout *l, uint32_t host, uint32_t *tried, uint32_t shift)
{
	for (uint32_t i = 0; i < MONTH_DAYS; i++) {
		uint32_t day = (i + shift) % MONTH_DAYS, bit = month_day_bit(day);

		if (day <= l->first[host] || (l->days[host] | *tried) & bit)
			continue;
		*tried |= bit;
		if (l->room[day] > 0) {
			l->room[day]--;
			l->days[host] |= bit;
			return true;
		}
		for (uint32_t other = 0; other < l->n; other++) {
			bool movable = other != host && l->days[other] & bit &&
				       l->first[other] != day && l->hosts[other]->role != ROLE_EXAM;

			if (movable && give_day(l, other, tried, shift)) {
				l->days[other] &= ~bit;
				l->days[host] |= bit;
				return true;
			}
		}
	}
	return false;
}

static bool fill_days(struct layout *l, struct draw *d)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (l->hosts[i]->role != ROLE_EXAM)
			continue;
		l->days[i] = MONTH_ALL_DAYS & ~(month_day_bit(18) | month_day_bit(19));
		for (uint32_t day = 1; day < MONTH_DAYS; day++)
			l->room[day] -= (l->days[i] & month_day_bit(day)) != 0;
	}
	for (uint32_t i = 0; i < l->n; i++) {
		while ((uint32_t)__builtin_popcount(l->days[i]) < l->n_days[i]) {
			uint32_t tried = 0;

			if (!give_day(l, i, &tried, draw_below(d, MONTH_DAYS)))
				return false;
		}
	}
	return true;
}

int month_presence_fill(struct month_site *site, struct draw *d)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct layout l = { .n = 0 };

		deal_numbers(&l, site, d);
		for (uint32_t day = 0; day < MONTH_DAYS; day++)
			l.room[day] = hosts_of_day[day] - first_seen_on[day];
		if (l.n != MONTH_RARE || !deal_first_days(&l, d) || !fill_days(&l, d))
			continue;
		for (uint32_t i = 0; i < l.n; i++)
			l.hosts[i]->days = l.days[i];
		return 0;
	}
	return -EDOM;
}
