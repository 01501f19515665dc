/*
 * What the two halves of the part writer share: part_writer.c takes sightings in, part_write.c
 * lays out the file.
 */
#ifndef SEKIMORI_ARCHIVE_PART_WRITER_INTERNAL_H
#define SEKIMORI_ARCHIVE_PART_WRITER_INTERNAL_H

#include "archive/hours_internal.h"
#include "archive/id_table_internal.h"
#include "archive/part_internal.h"
#include "archive/v4_table_internal.h"

/*
 * A record while it is taken in, with ids in the order of first appearance, and again once it has
 * its place, with ranks: whether the peer is an IPv6 one (ids only), series 20 bits, peer 21, ms
 * within the hour 22.
 */
#define RECORD_MS_BITS     22u
#define RECORD_PEER_BITS   21u
#define RECORD_PEER_IS_V6  (UINT64_C(1) << 63)
#define RECORD_SERIES_MASK ((1u << KEY_SERIES_BITS) - 1)

static inline uint64_t record_make(uint64_t series, uint64_t peer, uint64_t ms)
{
	return (series << RECORD_PEER_BITS | peer) << RECORD_MS_BITS | ms;
}

static inline uint32_t record_ms(uint64_t record)
{
	return (uint32_t)record & ((1u << RECORD_MS_BITS) - 1);
}

static inline uint32_t record_peer(uint64_t record)
{
	return (uint32_t)(record >> RECORD_MS_BITS) & ((1u << RECORD_PEER_BITS) - 1);
}

static inline uint32_t record_series(uint64_t record)
{
	return (uint32_t)(record >> (RECORD_MS_BITS + RECORD_PEER_BITS)) & RECORD_SERIES_MASK;
}

/* All arrays have the room for a full part from the start; what is not used is not in memory. */
struct part_writer {
	struct hours hours; /* the records */
	struct id_table series_ids, v6_ids;
	struct v4_table v4_ids;
	struct part_series *series;
	struct net_addr *v6;
	uint64_t seed; /* of the hashes: peers choose their addresses, but cannot choose where they
			  collide */

	bool written;                       /* the records and IPv4 ids have lost their form */
	uint64_t column_bits[COLUMN_COUNT]; /* what the columns took, added up over all writes: for
					       the bench */
};

uint32_t part_writer_find_v6(const struct part_writer *w, struct net_addr peer, uint64_t hash);
uint64_t part_writer_hash_v6(const struct part_writer *w, struct net_addr peer);

/* For each id of the writer its rank; and the two sections as they go into the file. */
struct part_dictionaries {
	uint32_t *series_rank, *v6_rank; /* the latter with the number of IPv4 peers added */
	const uint32_t *v4_rank;         /* in the writer's table, as is the next */
	const uint32_t *v4;              /* the peers in order, until they are packed */
	struct sort_key *v6;
	struct part_series *series;
	uint32_t n_series, n_v4, n_v6;

	struct buffer bytes; /* series, then peers */
	uint32_t series_bytes, peers_bytes;
	uint64_t series_hash, peers_hash;
};

void part_dictionaries_init(struct part_dictionaries *d);

/* Ends the writer's table of IPv4 peers. Returns 0 or -ENOMEM. */
must_check int part_dictionaries_rank(struct part_dictionaries *d, struct part_writer *w);

/* After that; leaves the ranks alone. Returns 0 or -ENOMEM. */
must_check int part_dictionaries_pack(struct part_dictionaries *d);
void part_dictionaries_drop_ranks(struct part_dictionaries *d);
void part_dictionaries_finish(struct part_dictionaries *d);

/* The records that a group will hold: all of an hour, or what a group may have of it. */
struct ordered_group {
	const struct hour *hour;
	uint32_t first, n_records; /* of the hour's */
};

struct ordered_groups {
	struct ordered_group *list; /* the caller frees it, in any case */
	uint32_t n;
	uint32_t scratch_records; /* that ordered_records wants room for */
};

/*
 * Puts the writer's records in the order of ranks, counts what codes have to say, and packs the
 * dictionaries meanwhile. Returns 0 or -ENOMEM.
 */
must_check int part_order(struct part_writer *w, struct part_dictionaries *dictionaries,
			  struct ordered_groups *ret_groups,
			  struct part_frequencies *ret_frequencies);

/* After part_order. They may lie in SCRATCH. */
const struct sort_key *ordered_records(const struct part_writer *w, const struct ordered_group *g,
				       struct sort_key *scratch);

#endif
