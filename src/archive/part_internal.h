/*
 * The part file's layout and its columns, as writer and reader share them.
 * Every number here is in docs/archive-format.md; change both in one commit.
 */
#ifndef SEKIMORI_ARCHIVE_PART_INTERNAL_H
#define SEKIMORI_ARCHIVE_PART_INTERNAL_H

#include "archive/codes_internal.h"
#include "archive/part.h"
#include "archive/sort_internal.h"
#include "base/buffer.h"

#define PART_VERSION       1u
#define PART_VERSION_BARE  2u /* the same without details: an older program is to refuse it */
#define PART_MAGIC         "\x8fskpart\n"
#define PART_END_MAGIC     "skp-end\n"
#define PART_MAGIC_BYTES   8u
#define PART_HEADER_BYTES  16u
#define PART_ENTRY_BYTES   52u
#define PART_FOOTER_BYTES  96u
#define PART_HASHED_FOOTER 80u /* bytes of it under its own checksum */

#define HOURS_OF_PART_MAX (PART_GROUPS_MAX - PART_RECORDS_MAX / PART_GROUP_RECORDS_MAX - 1)

/*
 * A record's sort key once its ids are ranks. hi: hour 23 bits, series 20, peer 21; lo: ms within
 * the hour, port.
 */
#define KEY_PEER_BITS   21u
#define KEY_SERIES_BITS 20u
#define KEY_PORT_BITS   16u

static inline uint32_t key_hour(struct sort_key k)
{
	return (uint32_t)(k.hi >> (KEY_PEER_BITS + KEY_SERIES_BITS));
}

static inline uint32_t key_series(struct sort_key k)
{
	return (uint32_t)(k.hi >> KEY_PEER_BITS) & ((1u << KEY_SERIES_BITS) - 1);
}

static inline uint32_t key_peer(struct sort_key k)
{
	return (uint32_t)k.hi & ((1u << KEY_PEER_BITS) - 1);
}

static inline uint32_t key_ms(struct sort_key k)
{
	return (uint32_t)(k.lo >> KEY_PORT_BITS);
}

static inline uint16_t key_port(struct sort_key k)
{
	return (uint16_t)k.lo;
}

/* ---- the columns' class codes, in the order of the codes block ---- */

enum part_code {
	CODE_PAIRS,
	CODE_PACKETS,
	CODE_DELTA,
	CODE_PORT,
	CODE_NEXT_PORT,
	CODE_COUNT
};

#define CODE_PAIRS_SYMBOLS     21u
#define CODE_PACKETS_SYMBOLS   21u
#define CODE_DELTA_SYMBOLS     23u
#define CODE_PORT_SYMBOLS      256u
#define CODE_NEXT_PORT_SYMBOLS 17u
#define CODES_BYTES            169u

extern const unsigned int part_code_symbols[CODE_COUNT];

/*
 * A first time in the hour: truncated binary of 3,600,000, so 21 bits for that many of them and
 * 22 for the rest.
 */
#define SHORT_TIMES     ((1u << 22) - PART_MS_PER_HOUR)
#define SHORT_TIME_BITS 21u

#define PAIR_COUNT_BITS 20u /* of a number of pairs, less one */

/*
 * The step from one port to the next of a pair as a small number: 0, -1, 1, -2, 2 ... modulo
 * 2^16.
 */
static inline uint16_t port_step(uint16_t from, uint16_t to)
{
	uint16_t step = (uint16_t)(to - from);

	return (uint16_t)(step << 1 ^ (step & 0x8000 ? 0xffff : 0));
}

static inline uint16_t port_after(uint16_t from, uint16_t step)
{
	return (uint16_t)(from + (step >> 1 ^ (step & 1 ? 0xffff : 0)));
}

/* ---- packing groups ---- */

enum pack_column {
	COLUMN_SERIES,
	COLUMN_PAIR_COUNTS,
	COLUMN_PEER_LIST,
	COLUMN_PEERS,
	COLUMN_PACKETS,
	COLUMN_TIMES,
	COLUMN_PORTS,
	COLUMN_COUNT
};

struct part_frequencies {
	uint64_t of[CODE_COUNT][CODE_SYMBOLS_MAX];
};

/* One thread's means of packing groups. */
struct packer {
	const struct code_writer *codes; /* [CODE_COUNT] */
	uint32_t n_series, n_peers;      /* of the part */
	struct part_summary group;
	uint64_t *seen;  /* n_peers bits, all clear between groups */
	uint32_t *list;  /* the group's peers */
	uint32_t *place; /* [n_peers] where a peer is in the list; made when the first group wants
			    it */
	size_t list_room;
	struct buffer details, summaries; /* packed groups are added to these */
	uint64_t column_bits[COLUMN_COUNT];
};

/* Counts what the codes of the group's columns will have to say. */
void part_count(const struct sort_key *records, size_t n, struct part_frequencies *f);

must_check int packer_init(struct packer *p, const struct code_writer *codes, uint32_t n_series,
			   uint32_t n_peers);
void packer_finish(struct packer *p);

/*
 * Adds one group's blocks. N is 1 to PART_GROUP_RECORDS_MAX, the records are of one hour. Fills in
 * the group's counts and bytes, not its offsets, and the hashes of its blocks. Returns 0 or
 * -ENOMEM.
 */
struct group_hashes {
	uint64_t summary, times, ports;
};
must_check int packer_add(struct packer *p, const struct sort_key *records, size_t n,
			  struct part_group *ret_group, struct group_hashes *ret_hashes);

must_check int part_summary_make_room(struct part_summary *s, size_t n_series, size_t n_pairs);

/* ---- the file's frame ---- */

struct part_footer {
	uint32_t n_groups, n_series, n_v4, n_v6;
	uint64_t n_records;
	uint32_t series_bytes, peers_bytes;
	uint64_t details_bytes, summaries_bytes;
	uint64_t series_hash, peers_hash, codes_hash, directory_hash, footer_hash;
};

void part_put_header(uint32_t version, struct buffer *b);
void part_put_entry(const struct part_group *g, const struct group_hashes *h, struct buffer *b);

/* All but the footer's own hash is F's. */
void part_put_footer(uint32_t version, const struct part_footer *f, struct buffer *b);

/* All of it, from OFFSET on. Returns 0, -ENOSPC or another -errno. */
must_check int part_write_at(int fd, const uint8_t *bytes, size_t length, uint64_t offset);

/* ---- unpacking groups ---- */

/*
 * Each unpacks one column's block into arrays that have the room. BLOCK has BITS_PADDING after it.
 * Return false for what no writer writes.
 */
struct part_universe {
	uint32_t n_series, n_peers;
};
must_check bool summary_unpack(const uint8_t *block, const struct part_group *g,
			       struct part_universe universe, const struct code_reader *codes,
			       struct part_summary *s);
must_check bool times_unpack(const uint8_t *block, const struct part_group *g,
			     const struct part_summary *s, const struct code_reader *codes,
			     uint32_t *ret_ms);
must_check bool ports_unpack(const uint8_t *block, const struct part_group *g,
			     const struct part_summary *s, const struct code_reader *codes,
			     uint16_t *ret_ports);

/* ---- dictionaries ---- */

/* SERIES ascending. Returns 0 or -ENOMEM. */
must_check int series_pack(const struct part_series *series, uint32_t n, struct buffer *out);
must_check int series_unpack(const uint8_t *bytes, size_t length, struct part_series *ret_series,
			     uint32_t n);

/* Both ascending, each once. BYTES have BITS_PADDING after them. */
void peers_v4_pack(const uint32_t *v4, uint32_t n, struct buffer *out);
void peers_v6_pack(const struct sort_key *v6, uint32_t n, struct buffer *out);

/* Return false for what no writer writes. */
must_check bool peers_v4_unpack(struct bit_reader *r, uint32_t *ret_v4, uint32_t n);
must_check bool peers_v6_unpack(struct bit_reader *r, struct net_addr *ret_v6, uint32_t n);

int part_series_compare(const struct part_series *a, const struct part_series *b);

#endif
