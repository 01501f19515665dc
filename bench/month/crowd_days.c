/*
 * Which days each peer comes. Every peer but those told and the engines has one day that is dealt
 * to it, so many of each day that the month's distinct peers come out. The rest of a day's peers
 * are others who come back: a share of each class, each with a loyalty of its own (a few nearly
 * daily, most once or twice), scaled to what the day needs and then mended to the exact number.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "crowd_internal.h"

struct returners {
	const uint8_t *dealt; /* day of peer first + i */
	uint32_t first;
	uint32_t *peers;
	float *loyalty;
	uint32_t n;
};

/* In hundredths: who may come back at all. */
static uint32_t share_of_port(uint16_t port)
{
	switch (port) {
	case 80:
	case 443:
		return 35;
	case 25:
	case 110:
	case 143:
	case 465:
	case 587:
	case 993:
	case 995:
		return 50;
	default:
		return 25;
	}
}

/* An exponent of 8: a quarter of them comes on fewer than 1 in 65,000 days, one in eleven on half.
 */
static void enlist(struct returners *r, uint32_t peer, uint32_t share, struct draw *d)
{
	if (draw_below(d, 100) >= share)
		return;
	r->peers[r->n] = peer;
	r->loyalty[r->n++] = (float)pow(draw_unit(d), 8);
}

static void enlist_all(struct returners *r, const struct month_crowd *c,
		       const struct month_site *site, struct draw *d)
{
	for (uint32_t i = c->first_multi; i < c->first_single[0]; i++)
		enlist(r, i, i < c->first_double ? 50 : 45, d);
	for (uint32_t port = 0; port < site->n_ports; port++) {
		uint32_t share = share_of_port(site->ports[port].number);

		for (uint32_t i = c->first_single[port]; i < c->first_single[port + 1]; i++)
			enlist(r, i, share, d);
	}
}

/* WANTED returners come on DAY. */
static int bring_back(struct month_crowd *c, const struct returners *r, uint32_t day,
		      uint32_t wanted, struct draw *d)
{
	uint32_t bit = month_day_bit(day), n = 0, n_may = 0;
	double sum = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		bool may = r->dealt[r->peers[i] - r->first] != day;

		n_may += may;
		sum += may ? (double)r->loyalty[i] : 0;
	}
	if (wanted > n_may)
		return -EDOM;
	for (uint32_t i = 0; i < r->n && sum > 0; i++) {
		if (draw_unit(d) * sum > (double)r->loyalty[i] * wanted ||
		    r->dealt[r->peers[i] - r->first] == day)
			continue;
		c->days[r->peers[i]] |= bit;
		n++;
	}
	while (n != wanted) {
		uint32_t peer = r->peers[draw_below(d, r->n)];
		bool comes = c->days[peer] & bit;

		if (r->dealt[peer - r->first] == day || comes != (n > wanted))
			continue;
		c->days[peer] ^= bit;
		n += comes ? -1U : 1U;
	}
	return 0;
}

/* Deals one day to each peer: DAYS[i] of day i, shuffled. */
static void deal(uint8_t *dealt, const uint32_t days[MONTH_DAYS], struct draw *d)
{
	uint32_t n = 0;

	for (uint32_t day = 0; day < MONTH_DAYS; day++) {
		for (uint32_t i = 0; i < days[day]; i++) {
			uint32_t at = draw_below(d, n + 1);

			dealt[n] = dealt[at];
			dealt[at] = (uint8_t)day;
			n++;
		}
	}
}

static int share_days(const struct month_crowd *c, const struct month_quantities *q,
		      uint32_t ret_rest[MONTH_DAYS], uint32_t ret_dealt[MONTH_DAYS])
{
	uint64_t sum = 0, before = 0, n = c->n - c->first_multi;

	for (uint32_t day = 0; day < MONTH_DAYS; day++) {
		uint32_t told = 0;

		for (uint32_t i = 0; i < c->first_multi; i++)
			told += (c->days[i] & month_day_bit(day)) != 0;
		if (told > q->peers[day])
			return -EDOM;
		ret_rest[day] = q->peers[day] - told;
		sum += ret_rest[day];
	}
	if (n > sum)
		return -EDOM;
	for (uint32_t day = 0; day < MONTH_DAYS; day++) {
		uint64_t after = before + ret_rest[day];

		ret_dealt[day] = (uint32_t)(n * after / sum - n * before / sum);
		before = after;
	}
	return 0;
}

int month_crowd_fill_days(struct month_crowd *c, const struct month_site *site,
			  const struct month_quantities *q, struct draw *d)
{
	uint32_t rest[MONTH_DAYS], n_dealt[MONTH_DAYS], n = c->n - c->first_multi;
	uint8_t *dealt = calloc(n, 1);
	struct returners r = { .dealt = dealt,
			       .first = c->first_multi,
			       .peers = calloc(n, sizeof(r.peers[0])),
			       .loyalty = calloc(n, sizeof(r.loyalty[0])) };
	int ret = dealt && r.peers && r.loyalty ? share_days(c, q, rest, n_dealt) : -ENOMEM;

	if (ret < 0)
		goto out;
	deal(dealt, n_dealt, d);
	for (uint32_t i = 0; i < n; i++)
		c->days[c->first_multi + i] = month_day_bit(dealt[i]);
	enlist_all(&r, c, site, d);
	for (uint32_t day = 0; day < MONTH_DAYS && ret == 0; day++)
		ret = bring_back(c, &r, day, rest[day] - n_dealt[day], d);
out:
	free(dealt);
	free(r.peers);
	free(r.loyalty);
	return ret;
}
