#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/part_internal.h"
#include "base/hash.h"

/*
 * Room, as the codes can need at most. A pair: 22 bits and a share of 3 for each of three Rice
 * codes, 31 for its packets. A series: 25 and 31. A record, in each column of the detail: 33.
 */
#define PAIR_BYTES_MAX   16u
#define SERIES_BYTES_MAX 8u
#define RECORD_BYTES_MAX 5u
#define BLOCK_SLACK      64u

const unsigned int part_code_symbols[CODE_COUNT] = {
	[CODE_PAIRS] = CODE_PAIRS_SYMBOLS,         [CODE_PACKETS] = CODE_PACKETS_SYMBOLS,
	[CODE_DELTA] = CODE_DELTA_SYMBOLS,         [CODE_PORT] = CODE_PORT_SYMBOLS,
	[CODE_NEXT_PORT] = CODE_NEXT_PORT_SYMBOLS,
};

static_assert((CODE_PAIRS_SYMBOLS + CODE_PACKETS_SYMBOLS + CODE_DELTA_SYMBOLS + CODE_PORT_SYMBOLS +
	       CODE_NEXT_PORT_SYMBOLS) *
			      4 ==
		      CODES_BYTES * 8,
	      "the codes block");

void part_count(const struct sort_key *records, size_t n, struct part_frequencies *f)
{
	uint32_t packets = 1, pairs = 1;

	f->of[CODE_PORT][key_port(records[0]) >> 8]++;
	for (size_t i = 1; i < n; i++) {
		struct sort_key before = records[i - 1], now = records[i];

		if (now.hi == before.hi) {
			packets++;
			f->of[CODE_DELTA][bit_length(key_ms(now) - key_ms(before))]++;
			f->of[CODE_NEXT_PORT]
			     [bit_length(port_step(key_port(before), key_port(now)))]++;
			continue;
		}
		f->of[CODE_PORT][key_port(now) >> 8]++;
		if (packets > 1)
			f->of[CODE_PACKETS][bit_length(packets - 2)]++;
		packets = 1;
		pairs++;
		if (key_series(now) != key_series(before)) {
			f->of[CODE_PAIRS][bit_length(pairs - 2)]++;
			pairs = 1;
		}
	}
	if (packets > 1)
		f->of[CODE_PACKETS][bit_length(packets - 2)]++;
	f->of[CODE_PAIRS][bit_length(pairs - 1)]++;
}

int packer_init(struct packer *p, const struct code_writer *codes, uint32_t n_series,
		uint32_t n_peers)
{
	memset(p, 0, sizeof(*p));
	p->codes = codes;
	p->n_series = n_series;
	p->n_peers = n_peers;
	part_summary_init(&p->group);
	buffer_init(&p->details);
	buffer_init(&p->summaries);
	p->seen = calloc(n_peers / 64 + 1, sizeof(*p->seen));
	return p->seen ? 0 : -ENOMEM;
}

void packer_finish(struct packer *p)
{
	part_summary_finish(&p->group);
	buffer_finish(&p->details);
	buffer_finish(&p->summaries);
	free(p->seen);
	free(p->list);
	free(p->place);
}

/* ---- detail ---- */

/* Without a branch: nobody can guess which it will be. */
static inline void put_first_time(struct bit_writer *w, uint32_t ms)
{
	uint32_t more = ms >= SHORT_TIMES, above = ms + SHORT_TIMES;

	bits_put(w, more ? above >> 1 | (above & 1) << SHORT_TIME_BITS : ms,
		 SHORT_TIME_BITS + more);
}

static size_t pack_times(const struct packer *p, const struct sort_key *records, size_t n,
			 uint8_t *bytes)
{
	const struct code_writer *delta = &p->codes[CODE_DELTA];
	struct bit_writer w = bits_into(bytes);

	put_first_time(&w, key_ms(records[0]));
	for (size_t i = 1; i < n; i++) {
		if (records[i].hi == records[i - 1].hi) {
			class_put(&w, delta, key_ms(records[i]) - key_ms(records[i - 1]));
		} else {
			put_first_time(&w, key_ms(records[i]));
		}
	}
	return bits_end(&w);
}

static void put_port(struct bit_writer *w, const struct code_writer *c, uint16_t port)
{
	unsigned int high = port >> 8;

	bits_put(w, (uint64_t)(port & 0xff) << c->length[high] | c->bits[high],
		 c->length[high] + 8u);
}

static size_t pack_ports(const struct packer *p, const struct sort_key *records, size_t n,
			 uint8_t *bytes)
{
	const struct code_writer *port = &p->codes[CODE_PORT], *next = &p->codes[CODE_NEXT_PORT];
	struct bit_writer w = bits_into(bytes);

	put_port(&w, port, key_port(records[0]));
	for (size_t i = 1; i < n; i++) {
		if (records[i].hi == records[i - 1].hi) {
			class_put(&w, next,
				  port_step(key_port(records[i - 1]), key_port(records[i])));
		} else {
			put_port(&w, port, key_port(records[i]));
		}
	}
	return bits_end(&w);
}

static int pack_detail(struct packer *p, const struct sort_key *records, size_t n,
		       struct part_group *g, struct group_hashes *h)
{
	uint8_t *bytes = buffer_reserve(&p->details, 2 * (n * RECORD_BYTES_MAX + BLOCK_SLACK));

	if (!bytes)
		return -ENOMEM;
	g->times_bytes = (uint32_t)pack_times(p, records, n, bytes);
	g->ports_bytes = (uint32_t)pack_ports(p, records, n, bytes + g->times_bytes);
	h->times = hash_bytes(bytes, g->times_bytes);
	h->ports = hash_bytes(bytes + g->times_bytes, g->ports_bytes);
	p->details.length += g->times_bytes + g->ports_bytes;
	p->column_bits[COLUMN_TIMES] += 8ULL * g->times_bytes;
	p->column_bits[COLUMN_PORTS] += 8ULL * g->ports_bytes;
	return 0;
}

/* ---- summary ---- */

static void collect_pairs(const struct sort_key *records, size_t n, struct part_summary *s)
{
	s->n_series = 0;
	s->n_pairs = 0;
	for (size_t i = 0; i < n; i++) {
		if (i && records[i].hi == records[i - 1].hi) {
			s->packets[s->n_pairs - 1]++;
			continue;
		}
		s->peer[s->n_pairs] = key_peer(records[i]);
		s->packets[s->n_pairs++] = 1;
		if (!i || key_series(records[i]) != key_series(records[i - 1]))
			s->series[s->n_series++] = key_series(records[i]);
		s->pair_end[s->n_series - 1] = s->n_pairs;
	}
}

static void put_ids(struct bit_writer *w, const uint32_t *ids, uint32_t n, uint32_t universe)
{
	unsigned int k = rice_parameter(universe, n);
	uint32_t least = 0;

	for (uint32_t i = 0; i < n; i++) {
		rice_put(w, ids[i] - least, k);
		least = ids[i] + 1;
	}
}

/* The group's peers, each once, in no order yet; their bits in `seen` are left set. */
static int list_peers(struct packer *p, uint32_t *ret_count)
{
	const struct part_summary *s = &p->group;
	uint32_t count = 0;

	if (p->list_room < s->n_pairs) {
		free(p->list);
		p->list = malloc(s->pairs_room * sizeof(*p->list));
		p->list_room = p->list ? s->pairs_room : 0;
		if (!p->list)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < s->n_pairs; i++) {
		uint64_t bit = UINT64_C(1) << s->peer[i] % 64, *word = &p->seen[s->peer[i] / 64];

		p->list[count] = s->peer[i];
		count += !(*word & bit);
		*word |= bit;
	}
	*ret_count = count;
	return 0;
}

/*
 * Does it pay to send the group's peers once, and in each series places in that list? In half bits:
 * a Rice code takes its parameter and about one and a half.
 */
static bool list_pays(const struct packer *p, uint32_t n_listed)
{
	const struct part_summary *s = &p->group;
	uint64_t saved = 0, cost = n_listed * (2ULL * rice_parameter(p->n_peers, n_listed) + 3) +
				   2ULL * PAIR_COUNT_BITS;
	uint32_t start = 0;

	for (uint32_t i = 0; i < s->n_series; i++) {
		uint32_t n = s->pair_end[i] - start;

		saved += 2ULL * n * (rice_parameter(p->n_peers, n) - rice_parameter(n_listed, n));
		start = s->pair_end[i];
	}
	return saved > cost;
}

static int compare_ids(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* Puts the list in order. A long one is faster read off the bits than sorted. */
static void order_list(struct packer *p, uint32_t n_listed)
{
	uint32_t count = 0;

	if (n_listed < p->n_peers / 512) {
		qsort(p->list, n_listed, sizeof(*p->list), compare_ids);
		return;
	}
	for (uint32_t i = 0; i <= p->n_peers / 64; i++) {
		for (uint64_t word = p->seen[i]; word; word &= word - 1)
			p->list[count++] = i * 64 + (uint32_t)__builtin_ctzll(word);
	}
}

/* Replaces the peers by their places in the list, which is put first. */
static int put_list(struct packer *p, struct bit_writer *w, uint32_t n_listed)
{
	struct part_summary *s = &p->group;

	if (!p->place)
		p->place = malloc(p->n_peers * sizeof(*p->place));
	if (!p->place)
		return -ENOMEM;
	bits_put(w, n_listed - 1, PAIR_COUNT_BITS);
	put_ids(w, p->list, n_listed, p->n_peers);
	for (uint32_t i = 0; i < n_listed; i++)
		p->place[p->list[i]] = i;
	for (uint32_t i = 0; i < s->n_pairs; i++)
		s->peer[i] = p->place[s->peer[i]];
	return 0;
}

/* Where the pairs of more than one packet are, and how many those have. */
static void put_packets(struct packer *p, struct bit_writer *w)
{
	const struct part_summary *s = &p->group;
	uint32_t many = 0, least = 0;
	unsigned int k;

	for (uint32_t i = 0; i < s->n_pairs; i++)
		many += s->packets[i] > 1;
	bits_put(w, many - 1, PAIR_COUNT_BITS);
	k = rice_parameter(s->n_pairs, many);
	for (uint32_t i = 0; i < s->n_pairs; i++) {
		if (s->packets[i] == 1)
			continue;
		rice_put(w, i - least, k);
		class_put(w, &p->codes[CODE_PACKETS], s->packets[i] - 2);
		least = i + 1;
	}
}

static uint64_t column_end(struct packer *p, enum pack_column column, const struct bit_writer *w,
			   uint64_t start)
{
	p->column_bits[column] += bits_written(w) - start;
	return bits_written(w);
}

static int pack_columns(struct packer *p, struct bit_writer *w, bool has_many)
{
	struct part_summary *s = &p->group;
	uint32_t n_listed, start = 0, universe;
	uint64_t column = 0;
	bool listed;
	int r = list_peers(p, &n_listed);

	if (r)
		return r;
	listed = list_pays(p, n_listed);
	if (listed)
		order_list(p, n_listed);
	for (uint32_t i = 0; i < n_listed; i++)
		p->seen[p->list[i] / 64] = 0;
	universe = listed ? n_listed : p->n_peers;
	bits_put(w, listed, 1);
	put_ids(w, s->series, s->n_series, p->n_series);
	column = column_end(p, COLUMN_SERIES, w, column);
	for (uint32_t i = 0; i < s->n_series; i++) {
		class_put(w, &p->codes[CODE_PAIRS],
			  s->pair_end[i] - (i ? s->pair_end[i - 1] : 0) - 1);
	}
	column = column_end(p, COLUMN_PAIR_COUNTS, w, column);
	if (listed)
		r = put_list(p, w, n_listed);
	if (r)
		return r;
	column = column_end(p, COLUMN_PEER_LIST, w, column);
	for (uint32_t i = 0; i < s->n_series; i++) {
		put_ids(w, s->peer + start, s->pair_end[i] - start, universe);
		start = s->pair_end[i];
	}
	column = column_end(p, COLUMN_PEERS, w, column);
	if (has_many)
		put_packets(p, w);
	(void)column_end(p, COLUMN_PACKETS, w, column);
	return 0;
}

static int pack_summary(struct packer *p, const struct sort_key *records, size_t n,
			struct part_group *g, struct group_hashes *h)
{
	struct part_summary *s = &p->group;
	struct bit_writer w;
	uint8_t *bytes;
	int r = part_summary_make_room(s, MIN(n, (size_t)p->n_series), n);

	if (r)
		return r;
	collect_pairs(records, n, s);
	bytes = buffer_reserve(&p->summaries, (size_t)s->n_pairs * PAIR_BYTES_MAX +
						      (size_t)s->n_series * SERIES_BYTES_MAX +
						      BLOCK_SLACK);
	if (!bytes)
		return -ENOMEM;
	w = bits_into(bytes);
	r = pack_columns(p, &w, s->n_pairs < n);
	if (r)
		return r;
	g->n_series = s->n_series;
	g->n_pairs = s->n_pairs;
	g->summary_bytes = (uint32_t)bits_end(&w);
	h->summary = hash_bytes(bytes, g->summary_bytes);
	p->summaries.length += g->summary_bytes;
	return 0;
}

int packer_add(struct packer *p, const struct sort_key *records, size_t n,
	       struct part_group *ret_group, struct group_hashes *ret_hashes)
{
	struct part_group g = { .hour = key_hour(records[0]), .n_records = (uint32_t)n };
	struct group_hashes h;
	int r = pack_detail(p, records, n, &g, &h);

	if (!r)
		r = pack_summary(p, records, n, &g, &h);
	if (r)
		return r;
	*ret_group = g;
	*ret_hashes = h;
	return 0;
}
