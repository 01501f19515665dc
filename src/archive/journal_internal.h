/*
 * The bytes of a journal, as writer and reader have them: docs/archive-format.md.
 *
 *   magic 8 · u32 version · u32 0 · groups
 *   group: u64 sum of what follows · u64 id of the journal · u32 number, 0 for the head
 *          · u32 bytes packed · u32 bytes unpacked · the packed bytes
 *   unpacked: sections, each u8 kind · u32 bytes · the bytes
 */
#ifndef SEKIMORI_ARCHIVE_JOURNAL_INTERNAL_H
#define SEKIMORI_ARCHIVE_JOURNAL_INTERNAL_H

#include "archive/archive_internal.h"
#include "archive/journal.h"

#define JOURNAL_MAGIC       "\x8fskjour\n"
#define JOURNAL_MAGIC_BYTES 8
#define JOURNAL_VERSION     1

#define JOURNAL_HEADER_BYTES  16
#define JOURNAL_SUM_BYTES     8
#define JOURNAL_GROUP_BYTES   28 /* before the packed ones */
#define JOURNAL_SECTION_BYTES 5  /* before a section's own */
#define JOURNAL_UNPACKED_MAX  (80u << 20)
#define JOURNAL_CHUNK         65536u /* sightings of a group, at most: what bounds memory */
#define JOURNAL_NEW           ".new" /* behind the name of one that has no head yet */
#define JOURNAL_TEXT_MAX      4096u  /* of the sensor's name and the zone's */
#define JOURNAL_COUNTS_MAX    1024u
#define JOURNAL_MS_MAX        (UINT64_MAX / 1000000u)

enum journal_section {
	JOURNAL_HEAD = 1, /* u64 started, ns · text sensor · text zone · u32 networks, each u8[16]
			     u8; a text is u16 bytes and they */
	JOURNAL_SIGHTINGS, /* u32 sightings · records, below */
	JOURNAL_GAPS,   /* u32 gaps, each u64 from · u64 to · u64 count · u8 kind · u8 bytes of
			   the interface's name and they */
	JOURNAL_COUNTS, /* u32 counts, each u64 count · u8 bytes of the name and they */
	JOURNAL_MEMORY, /* the observer's */
	JOURNAL_UP_TO,  /* u64 ns */
	JOURNAL_FLOODS, /* u32 rows, each u8[16] host · u16 port · u8 protocol · u8 marks · u64
			   first · u64 last · u64 packets · u64 peers */
};

/*
 * A record: u8 flags · varint of the step in ms from the record before (zigzag; the first of a
 * group from 0) · host, 4 or 16 bytes · u16 port · peer, 4 or 16 bytes · u16 peer port · u8
 * protocol where it is not TCP.
 */
enum journal_flags {
	JOURNAL_HOST_V6 = 1,
	JOURNAL_PEER_V6 = 2,
	JOURNAL_NOT_TCP = 4,
	JOURNAL_MARKS_SHIFT = 3, /* two bits of stored marks */
	JOURNAL_FLAGS_END = 32,
};

#define JOURNAL_FLOOD_BYTES (16 + 2 + 1 + 1 + 4 * 8)
#define JOURNAL_GAP_MIN     (8 + 8 + 8 + 1 + 1)
#define JOURNAL_RECORD_MIN  (1 + 1 + 4 + 2 + 4 + 2)
#define JOURNAL_RECORD_MAX  (1 + 10 + 16 + 2 + 16 + 2 + 1)

/* "20261125T214500Z-0123456789abcdef" */
void journal_make_name(uint64_t started_ns, uint64_t id, char ret_name[BATCH_NAME_MAX]);

/*
 * journal_read of an open file that is called NAME, and what is lost of it. LOSS may be NULL. Words
 * in D have no path.
 */
must_check int journal_read_fd(int fd, const char *name, journal_sightings_fn fn, void *user,
			       struct batch_manifest *ret_manifest, struct buffer *ret_memory,
			       struct journal_loss *ret_loss, struct diagnosis *d);

#endif
