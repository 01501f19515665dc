#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/part_internal.h"

/* ---- room ---- */

void part_summary_init(struct part_summary *s)
{
	memset(s, 0, sizeof(*s));
}

void part_summary_finish(struct part_summary *s)
{
	free(s->series);
	free(s->pair_end);
	free(s->peer);
	free(s->packets);
	free(s->block);
	free(s->list);
	part_summary_init(s);
}

void part_detail_init(struct part_detail *d)
{
	memset(d, 0, sizeof(*d));
}

void part_detail_finish(struct part_detail *d)
{
	free(d->ms);
	free(d->peer_port);
	free(d->block);
	part_detail_init(d);
}

/* Two arrays at once. What they held is lost. */
static int renew(uint32_t **a, uint32_t **b, size_t *room, size_t wanted)
{
	if (wanted <= *room)
		return 0;
	wanted = MAX(wanted, *room + *room / 2);
	free(*a);
	free(*b);
	*a = malloc(wanted * sizeof(**a));
	*b = malloc(wanted * sizeof(**b));
	*room = *a && *b ? wanted : 0;
	return *room ? 0 : -ENOMEM;
}

int part_summary_make_room(struct part_summary *s, size_t n_series, size_t n_pairs)
{
	if (renew(&s->series, &s->pair_end, &s->series_room, n_series) ||
	    renew(&s->peer, &s->packets, &s->pairs_room, n_pairs))
		return -ENOMEM;
	return 0;
}

/* ---- summary ---- */

static bool take_ids(struct bit_reader *r, uint32_t *ret_ids, uint32_t n, uint32_t universe)
{
	unsigned int k = rice_parameter(universe, n);
	uint64_t least = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t id = least + rice_take(r, k);

		if (__builtin_expect(id >= universe, 0))
			return false;
		ret_ids[i] = (uint32_t)id;
		least = id + 1;
	}
	return !r->overrun;
}

static bool take_pair_counts(struct bit_reader *r, const struct code_reader *code,
			     const struct part_group *g, uint32_t *ret_ends)
{
	uint64_t pairs = 0;

	for (uint32_t i = 0; i < g->n_series; i++) {
		pairs += class_take(r, code) + 1;
		if (pairs > g->n_pairs)
			return false;
		ret_ends[i] = (uint32_t)pairs;
	}
	return !r->overrun && pairs == g->n_pairs;
}

/* Peers by series, as ids or as places in the group's list. */
static bool take_peers(struct bit_reader *r, uint32_t universe, struct part_summary *s)
{
	uint32_t start = 0;

	for (uint32_t i = 0; i < s->n_series; i++) {
		if (s->pair_end[i] - start > universe ||
		    !take_ids(r, s->peer + start, s->pair_end[i] - start, universe))
			return false;
		start = s->pair_end[i];
	}
	return true;
}

static bool take_listed_peers(struct bit_reader *r, uint32_t n_peers, struct part_summary *s)
{
	uint32_t n_listed = (uint32_t)bits_take(r, PAIR_COUNT_BITS) + 1;

	if (n_listed > s->n_pairs || n_listed > n_peers ||
	    !take_ids(r, s->list, n_listed, n_peers) || !take_peers(r, n_listed, s))
		return false;
	for (uint32_t i = 0; i < s->n_pairs; i++)
		s->peer[i] = s->list[s->peer[i]];
	return true;
}

static bool take_packets(struct bit_reader *r, const struct code_reader *code,
			 const struct part_group *g, uint32_t *ret_packets)
{
	uint64_t at = 0, records = g->n_pairs, more;
	uint32_t many;
	unsigned int k;

	for (uint32_t i = 0; i < g->n_pairs; i++)
		ret_packets[i] = 1;
	if (g->n_pairs == g->n_records)
		return true;
	many = (uint32_t)bits_take(r, PAIR_COUNT_BITS) + 1;
	if (many > g->n_pairs)
		return false;
	k = rice_parameter(g->n_pairs, many);
	for (uint32_t i = 0; i < many; i++) {
		at += rice_take(r, k);
		more = class_take(r, code) + 1;
		records += more;
		if (at >= g->n_pairs || records > g->n_records)
			return false;
		ret_packets[at++] = (uint32_t)more + 1;
	}
	return records == g->n_records;
}

bool summary_unpack(const uint8_t *block, const struct part_group *g, struct part_universe universe,
		    const struct code_reader *codes, struct part_summary *s)
{
	struct bit_reader r = bits_over(block, g->summary_bytes);
	bool listed = bits_take(&r, 1);

	s->n_series = g->n_series;
	s->n_pairs = g->n_pairs;
	return take_ids(&r, s->series, g->n_series, universe.n_series) &&
	       take_pair_counts(&r, &codes[CODE_PAIRS], g, s->pair_end) &&
	       (listed ? take_listed_peers(&r, universe.n_peers, s)
		       : take_peers(&r, universe.n_peers, s)) &&
	       take_packets(&r, &codes[CODE_PACKETS], g, s->packets) && bits_at_end(&r);
}

/* ---- detail ---- */

static uint32_t take_first_time(struct bit_reader *r)
{
	uint64_t ahead = bits_peek(r);
	uint32_t ms = (uint32_t)ahead & ((1u << SHORT_TIME_BITS) - 1);
	uint32_t last = (uint32_t)(ahead >> SHORT_TIME_BITS) & 1;
	bool is_short = ms < SHORT_TIMES;

	bits_skip(r, SHORT_TIME_BITS + !is_short);
	return is_short ? ms : (ms << 1 | last) - SHORT_TIMES;
}

bool times_unpack(const uint8_t *block, const struct part_group *g, const struct part_summary *s,
		  const struct code_reader *codes, uint32_t *ret_ms)
{
	struct bit_reader r = bits_over(block, g->times_bytes);
	uint32_t at = 0;

	for (uint32_t i = 0; i < s->n_pairs; i++) {
		uint64_t ms = take_first_time(&r);

		ret_ms[at++] = (uint32_t)ms;
		for (uint32_t more = s->packets[i] - 1; more; more--) {
			ms += class_take(&r, &codes[CODE_DELTA]);
			if (ms >= PART_MS_PER_HOUR)
				return false;
			ret_ms[at++] = (uint32_t)ms;
		}
	}
	return bits_at_end(&r);
}

static uint16_t take_port(struct bit_reader *r, const struct code_reader *code)
{
	unsigned int high = symbol_take(r, code);

	return (uint16_t)(high << 8 | bits_take(r, 8));
}

bool ports_unpack(const uint8_t *block, const struct part_group *g, const struct part_summary *s,
		  const struct code_reader *codes, uint16_t *ret_ports)
{
	struct bit_reader r = bits_over(block, g->ports_bytes);
	uint32_t at = 0;

	for (uint32_t i = 0; i < s->n_pairs; i++) {
		uint16_t port = take_port(&r, &codes[CODE_PORT]);

		ret_ports[at++] = port;
		for (uint32_t more = s->packets[i] - 1; more; more--) {
			port = port_after(port, (uint16_t)class_take(&r, &codes[CODE_NEXT_PORT]));
			ret_ports[at++] = port;
		}
	}
	return bits_at_end(&r);
}
