/*
 * What the two halves of the part writer share: part_writer.c takes sightings in, part_write.c
 * lays out the file.
 */
#ifndef SEKIMORI_ARCHIVE_PART_WRITER_INTERNAL_H
#define SEKIMORI_ARCHIVE_PART_WRITER_INTERNAL_H

#include "archive/id_table_internal.h"
#include "archive/part_internal.h"
#include "archive/v4_table_internal.h"

#define PEER_ID_IS_V6 (1u << 31)

struct part_writer {
	/*
	 * All arrays have the room for a full part from the start; what is not used is not in
	 * memory.
	 */

	/*
	 * hi: series << 32 | peer, lo: ms << 16 | peer port; the ids in the order of first
	 * appearance
	 */
	struct sort_key *records;
	size_t n_records;

	struct id_table series_ids, v6_ids;
	struct v4_table v4_ids;
	struct part_series *series;
	uint32_t *v4;
	struct net_addr *v6;
	uint64_t seed; /* of the hashes: peers choose their addresses, but cannot choose where they
			  collide */

	uint64_t *hours; /* PART_HOURS_END bits */
	uint32_t n_hours, last_hour;

	bool written;                       /* the records have become sort keys */
	uint64_t column_bits[COLUMN_COUNT]; /* what the columns took, added up over all writes: for
					       the bench */
};

uint32_t part_writer_find_v6(const struct part_writer *w, struct net_addr peer, uint64_t hash);
uint64_t part_writer_hash_v6(const struct part_writer *w, struct net_addr peer);

/* The two sections as they go into the file, and for each id of the writer its rank. */
struct part_dictionaries {
	uint32_t *series_rank, *v4_rank,
		*v6_rank;    /* the last with the number of IPv4 peers added */
	struct buffer bytes; /* series, then peers */
	uint32_t series_bytes, peers_bytes;
	uint64_t series_hash, peers_hash;
};

void part_dictionaries_init(struct part_dictionaries *d);
must_check int part_dictionaries_make(struct part_dictionaries *d, const struct part_writer *w);
void part_dictionaries_drop_ranks(struct part_dictionaries *d);
void part_dictionaries_finish(struct part_dictionaries *d);

#endif
