/*
 * A part: one file of sightings, which needs no other file to be read. Format:
 * docs/archive-format.md.
 *
 * Comes in (writer): sightings of any times, in any order, up to a bound. Goes out (reader):
 * dictionaries of series and peers; for each hour a summary (series, distinct peers, packets:
 * exact, and all that most reports need) and, apart from it, the detail (times, peer ports). A part
 * that is to be kept for long may be copied without the detail.
 *
 * A *series* is one service with one set of stored marks, so that every count is kept separately
 * for each set. A *pair* is one series with one of its peers within one hour's group.
 */
#ifndef SEKIMORI_ARCHIVE_PART_H
#define SEKIMORI_ARCHIVE_PART_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "observe/sighting.h"

#define PART_MS_PER_HOUR 3600000u

/* Of one part: what bounds the writer's memory. */
#define PART_RECORDS_MAX 6000000u
#define PART_PEERS_MAX   2000000u
#define PART_SERIES_MAX  1000000u
#define PART_GROUPS_MAX  262144u

#define PART_GROUP_RECORDS_MAX 1048576u /* what bounds a reader's memory */
#define PART_HOURS_END         5124096u /* 2^64 ns do not reach this hour */

struct part_series {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	uint8_t marks;
};

/*
 * One hour's records, in the order of hours. An hour of more than PART_GROUP_RECORDS_MAX has
 * several groups, and a pair may then end in one and go on in the next: sum packets over groups,
 * but unite peers.
 */
struct part_group {
	uint32_t hour;      /* since 1970-01-01T00Z */
	uint32_t n_series;  /* 1 or more */
	uint32_t n_pairs;   /* n_series or more */
	uint32_t n_records; /* n_pairs or more: packets; at most PART_GROUP_RECORDS_MAX */
	uint64_t summary_offset, times_offset, ports_offset;
	uint32_t summary_bytes, times_bytes, ports_bytes; /* the last two 0: without details */
};

/* Are the group's times and peer ports there? All groups of a part have them, or none. */
static inline bool part_group_has_details(const struct part_group *g)
{
	return g->times_bytes > 0;
}

/* ---- writing ---- */

struct part_writer;

/* Returns 0 or -ENOMEM. Free with part_writer_free, which takes NULL. */
must_check int part_writer_new(struct part_writer **ret_writer);
void part_writer_free(struct part_writer *w);

/*
 * Takes N sightings in (at most INT_MAX a call); copies them. Times are cut to the millisecond.
 * Returns how many were taken: fewer than N when the part is full (write it, reset, go on with the
 * rest); or -ENOMEM, after which an unknown number of them was taken.
 */
must_check int part_writer_append(struct part_writer *w, const struct sighting *sightings,
				  size_t n);
size_t part_writer_records(const struct part_writer *w);

/*
 * Takes from the system, ahead of need, a piece of the memory that the next sightings will fill:
 * for the thread that appends it is then at hand. One other thread may call this at any time while
 * the writer is there; it costs some tenths of a millisecond, or nothing when enough is at hand.
 */
void part_writer_warm(struct part_writer *w);

/*
 * Sorts, packs and writes everything appended to FD, from its position on, and syncs nothing. An
 * empty part is an error of the caller's. Uses up to two threads. The writer then wants
 * part_writer_reset before the next append. Returns 0, -ENOMEM or -errno of the write.
 */
must_check int part_writer_write(struct part_writer *w, int fd);

/* Forgets all records, keeps the memory for the next part. */
void part_writer_reset(struct part_writer *w);

struct part;

/*
 * Writes P to FD, from its position on, without the details: dictionaries and summaries byte by
 * byte, each held against its checksum. Details are not looked at; P may have none. Syncs nothing.
 * Returns 0, ERR_DAMAGED where P cannot be read, with the place in D, -ENOMEM or -errno of the
 * write.
 */
must_check int part_write_summaries(struct part *p, int fd, struct diagnosis *d);

/* ---- reading ---- */

/*
 * Opens NAME in the folder DIR_FD and reads its footer and directory, checking both.
 * Returns 0, ERR_FORMAT, ERR_DAMAGED, ERR_UNSUPPORTED (a newer version), -ENOMEM or -errno; D says
 * where.
 */
must_check int part_open(int dir_fd, const char *name, struct part **ret_part, struct diagnosis *d);
void part_close(struct part *p); /* takes NULL */

/* The same of an open file, which stays the caller's: it is read through a copy of FD. */
must_check int part_open_descriptor(int fd, const char *name, struct part **ret_part,
				    struct diagnosis *d);

uint64_t part_records(const struct part *p); /* counted; also where details are gone */
bool part_has_details(const struct part *p);
uint64_t part_file_bytes(const struct part *p);
uint32_t part_group_count(const struct part *p);
const struct part_group *part_groups(const struct part *p);

/*
 * Loads both dictionaries; a second call costs nothing. Returns 0, ERR_DAMAGED, -ENOMEM or
 * -errno.
 */
must_check int part_load_dictionaries(struct part *p, struct diagnosis *d);

/* Sorted by host (addr_compare), port, protocol, marks. After part_load_dictionaries. */
uint32_t part_series_count(const struct part *p);
const struct part_series *part_series(const struct part *p);

/* Peer ids are ranks: IPv4 peers first, then IPv6, each ascending. */
uint32_t part_peer_count(const struct part *p);
uint32_t part_peer_v4_count(const struct part *p);
const uint32_t *part_peers_v4(const struct part *p);        /* part_peer_v4_count of them */
const struct net_addr *part_peers_v6(const struct part *p); /* the rest */
struct net_addr part_peer(const struct part *p, uint32_t id);

/* A group's summary. The arrays belong to this struct and are reused by the next read into it. */
struct part_summary {
	uint32_t n_series, n_pairs;
	uint32_t *series;   /* [n_series] ids, ascending */
	uint32_t *pair_end; /* [n_series]: pairs of series i are pair_end[i-1] (or 0) up to
			       pair_end[i] */
	uint32_t *peer;     /* [n_pairs] ids, ascending within a series */
	uint32_t *packets;  /* [n_pairs], each 1 or more; they add up to n_records */
	size_t series_room, pairs_room;
	uint8_t *block; /* scratch, as is all that follows */
	uint32_t *list;
	size_t block_room, list_room;
};

/* A group's detail: records in the order of pairs, ascending by time within a pair. */
struct part_detail {
	uint32_t n_records;
	uint32_t *ms; /* [n_records] within the hour, below PART_MS_PER_HOUR; when asked for */
	uint16_t *peer_port; /* [n_records]; when asked for */
	size_t room;
	uint8_t *block; /* scratch */
	size_t block_room;
};

enum part_columns {
	PART_TIMES = 1,
	PART_PEER_PORTS = 2
};

void part_summary_init(struct part_summary *s);
void part_summary_finish(struct part_summary *s);
void part_detail_init(struct part_detail *d);
void part_detail_finish(struct part_detail *d);

/*
 * Read one group. COLUMNS is a set of enum part_columns; what is not asked for is not read from the
 * file either. SUMMARY is that of the same group. Both check the block's checksum and every value
 * against the directory and the dictionaries: what they hand out can be used as an index. Several
 * threads may read different groups of one part at once, each into structs of its own. Return 0,
 * ERR_DAMAGED, -ENOMEM or -errno; -ENODATA for the detail of a group that has none: ask
 * part_group_has_details first.
 */
must_check int part_read_summary(struct part *p, uint32_t group, struct part_summary *ret_summary,
				 struct diagnosis *d);
must_check int part_read_detail(struct part *p, uint32_t group, const struct part_summary *summary,
				int columns, struct part_detail *ret_detail, struct diagnosis *d);

#endif
