/*
 * Batches: what one capture gave, committed whole or not at all. Layout of a store and the
 * manifest's words: docs/archive-format.md.
 *
 *   STORE/archive/BATCH/{manifest,memory,part-0000,...}
 *       committed: complete and synced
 *   STORE/live/BATCH
 *       a sensor's journal, which becomes that batch: archive/journal.h
 *   STORE/pending/XXXXXX/
 *       being written by a living process, which holds a lock on it
 *   STORE/lock
 *       held only while something is committed or repaired
 *
 * A batch is written into a folder of its own under pending/, its files are synced, and one rename
 * into archive/ is the commit. What a killed writer leaves in pending/ is removed by the next one.
 */
#ifndef SEKIMORI_ARCHIVE_BATCH_H
#define SEKIMORI_ARCHIVE_BATCH_H

#include "archive/part.h"
#include "base/buffer.h"
#include "base/prefix.h"

#define BATCH_NAME_MAX    40 /* "20190124T091500Z-0123456789abcdef" and its NUL */
#define BATCH_VERDICT_MAX 48

/* ---- the store's folder ---- */

struct archive;

enum archive_mode {
	ARCHIVE_READ,
	ARCHIVE_WRITE,
	ARCHIVE_CREATE
};

/*
 * Opens the store at PATH; ARCHIVE_CREATE makes it where there is none (or an empty folder).
 * ARCHIVE_READ never writes. Returns 0, -ENOENT, ERR_FORMAT when the folder holds something else,
 * ERR_UNSUPPORTED for a newer store, or -errno.
 */
must_check int archive_open(const char *path, enum archive_mode mode, struct archive **ret_archive,
			    struct diagnosis *d);
void archive_close(struct archive *a); /* takes NULL */
const char *archive_path(const struct archive *a);
bool archive_is_writable(const struct archive *a);

/* The store's folder, open; it stays the archive's. Its path may lead elsewhere by now. */
int archive_folder(const struct archive *a);

/* One writer at a time; waits. The lock ends with unlock or the process. Returns 0 or -errno. */
must_check int archive_lock(struct archive *a);
void archive_unlock(struct archive *a);

/*
 * Under the lock: how often a batch was committed, by anybody. Where the number is what it was, no
 * batch came. It is kept in the lock's own file and matters only among living processes. Returns 0
 * or -errno.
 */
must_check int archive_count_commits(struct archive *a, uint64_t *ret_count);

/* Gives a file of the store to the store's owner when we are root. */
void archive_own(const struct archive *a, int fd);

/*
 * Opens a file in the store's folder for reading and writing; makes it, for the store's owner,
 * where there is none. Never follows a link: -ELOOP; what is no regular file, or has another name,
 * is refused: ERR_FORMAT. Returns 0 or an error, with the words in D; the caller closes it.
 */
must_check int archive_make_file(const struct archive *a, const char *name, int *ret_fd,
				 struct diagnosis *d);

/* Under the lock: removes what killed writers left, and batches that a later one replaces. Returns
 * 0 or -errno. */
must_check int archive_sweep(struct archive *a, struct diagnosis *d);

/* May there be something to sweep? Looks without a lock. */
bool archive_has_leftovers(struct archive *a);

/* Names of all committed batches, sorted; one allocation, the caller frees. A replaced batch is
 * left out, and so is what has no batch's name. Journals that were loaded are among them. */
must_check int archive_list(struct archive *a, char (**ret_names)[BATCH_NAME_MAX],
			    size_t *ret_count, struct diagnosis *d);

/* ---- journals, for questions ---- */

/*
 * Loads what sensors have written in live/ and nobody made a batch of yet, as it is at this moment.
 * From then on a journal is listed and read like a batch: its parts are packed into memory. Called
 * again, loads what has grown since, and forgets what has become a batch; nobody may have a name or
 * a part of before in use then. A journal that cannot be read is listed, and who reads it is told.
 * Returns 0, -ENOMEM or -errno.
 */
must_check int archive_load_journals(struct archive *a, struct diagnosis *d);

/* archive_list without them: for who counts what stays. */
must_check int archive_list_committed(struct archive *a, char (**ret_names)[BATCH_NAME_MAX],
				      size_t *ret_count, struct diagnosis *d);

/* Names of those that were loaded, sorted; valid until others are. */
size_t archive_live_count(const struct archive *a);
const char *archive_live_name(const struct archive *a, size_t i);

/* Is it one of those that were loaded? It is then read from there, whatever was committed since. */
bool archive_is_live(const struct archive *a, const char *name);

/* From now on the batch of that name is meant. As above, nobody may have it in use. */
void archive_forget_journal(struct archive *a, const char *name);

/* Another number, once others are loaded or forgotten. */
uint64_t archive_live_generation(const struct archive *a);
/*
 * Under the lock: takes batches away that are too old to be kept; those that are gone already are
 * passed over. A rename each, out of archive/: what is done of them stands. Who has files open goes
 * on reading them. Their folders are left in pending/, for archive_sweep. What they replaced must
 * be gone (archive_sweep): it would come back. Returns 0 or -errno.
 */
must_check int archive_drop(struct archive *a, char (*names)[BATCH_NAME_MAX], size_t count,
			    struct diagnosis *d);

/* What a committed batch takes on the disk, or, with BATCH NULL, all of archive/, live/, damaged/
 * and the catalogue. Returns 0, -ENOENT or -errno. */
must_check int archive_measure(struct archive *a, const char *batch, uint64_t *ret_bytes);

/* Is that how batches are called? */
bool batch_name_is_sound(const char *name);

#define ARCHIVE_FILE_MAX 256

/* Names of all that lies in a batch's folder or, with BATCH NULL, in archive/ itself; sorted; one
 * allocation, the caller frees. Returns 0, -ENOMEM or -errno. */
must_check int archive_list_files(struct archive *a, const char *batch,
				  char (**ret_names)[ARCHIVE_FILE_MAX], size_t *ret_count,
				  struct diagnosis *d);

/* ---- what a batch says of itself ---- */

struct batch_count {
	char name[BATCH_VERDICT_MAX]; /* a verdict's or an outcome's stable name */
	uint64_t count;
};

/* A stretch of time for which a sensor may have missed something. */
enum batch_gap_kind {
	BATCH_GAP_LOST,    /* frames that the kernel or a ring had no room for */
	BATCH_GAP_BUDGET,  /* frames that the filter could not decide, beyond what may go up */
	BATCH_GAP_DOWN,    /* the interface was down or gone */
	BATCH_GAP_SILENT,  /* not one frame came by */
	BATCH_GAP_STOPPED, /* no sensor ran, since the one before */
	BATCH_GAP_DISK,    /* sightings that could not be written down */
	BATCH_GAP_CLOCK,   /* the clock was set: times before and after do not join */
	BATCH_GAP_KINDS
};

#define BATCH_INTERFACE_MAX 16

struct batch_gap {
	uint64_t from_ns, to_ns; /* of the wall clock; to_ns is not before from_ns */
	uint64_t count;          /* frames or sightings, where they were counted; else 0 */
	enum batch_gap_kind kind;
	char interface[BATCH_INTERFACE_MAX]; /* "" for all of them */
};

/* A stable name for programs ("lost"), and back; false for no kind's name. */
const char *batch_gap_name(enum batch_gap_kind kind);
/* What it means, for people (translated); at most 22 cells in either language. */
const char *batch_gap_meaning(enum batch_gap_kind kind);
must_check bool batch_gap_parse(const char *name, enum batch_gap_kind *ret_kind);

/* May it stand in a manifest? Not with times the wrong way round, or an interface's name with
 * other bytes than printable ASCII, or blanks. */
bool batch_gap_is_sound(const struct batch_gap *g);

/*
 * Sightings that were only counted, since there were too many to write down: in one journal's time
 * of a series, or of all that have no row of their own (protocol 0, port 0; the host they were of,
 * or ::).
 */
struct batch_flood {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	uint8_t marks; /* stored ones; and MARK_INSIDE where the peers were, as of then */
	uint64_t first_ns, last_ns; /* of the wall clock, cut to the millisecond */
	uint64_t packets;           /* exact */
	uint64_t peers; /* estimated, those among them that were written down too included */
};

#define BATCH_FLOOD_MARKS (MARK_STORED_ALL | MARK_INSIDE)

/* Is it of those that have no row of their own? */
static inline bool batch_flood_is_of_others(const struct batch_flood *f)
{
	return !f->protocol;
}

/* May it stand in a manifest? Something was counted, times are the right way round, marks those
 * that a row may have, and no number is beyond what SQLite counts. */
bool batch_flood_is_sound(const struct batch_flood *f);

struct batch_part {
	char name[16];
	uint64_t records, bytes;
};

/*
 * A capture is known by its frames: a digest over time, lengths and first bytes of each, from the
 * first one on. A capture that grew is taken in again from start_frames on; the digest goes on.
 */
struct batch_manifest {
	char *capture; /* the name under which it came in, for people */
	char *format;  /* "pcapng, zstd" */
	char *zone;
	uint64_t head_digest; /* after the first frame of the capture: finds what may be the same
				 one */
	uint64_t start_frames, start_digest;
	uint64_t end_frames, end_digest;
	uint64_t end_bytes;         /* of the decompressed capture */
	uint64_t first_ns, last_ns; /* of this batch's frames; both 0 when it has none */
	uint64_t end_ns; /* of the last frame in the capture's own order: where memory goes on from
			  */
	uint64_t sightings;
	struct prefix_set networks;
	struct batch_count *counts;
	size_t n_counts;
	struct batch_gap *gaps;
	size_t n_gaps;
	struct batch_flood *floods;
	size_t n_floods;
	/*
	 * Of a sensor's journal, and called like it; "" for a capture's batch. There is no digest
	 * then, and the times are those of the watch: from its beginning up to where all is told.
	 */
	char journal[BATCH_NAME_MAX];
	bool bare; /* its parts have no details any more */
	struct batch_part *parts;
	size_t n_parts;
	char (*replaces)[BATCH_NAME_MAX]; /* batches that this one makes void */
	size_t n_replaces;
};

void batch_manifest_init(struct batch_manifest *m);
void batch_manifest_finish(struct batch_manifest *m);
must_check int batch_manifest_add_count(struct batch_manifest *m, const char *name, uint64_t count);
must_check int batch_manifest_add_gap(struct batch_manifest *m, const struct batch_gap *gap);
must_check int batch_manifest_add_flood(struct batch_manifest *m, const struct batch_flood *flood);

/* Takes over what FROM says was only counted. Rows of one series stay apart: each has its own time,
 * by which days are told. Who makes one batch of several calls it for each. */
must_check int batch_manifest_add_floods_of(struct batch_manifest *m,
					    const struct batch_manifest *from);
must_check int batch_manifest_add_replaced(struct batch_manifest *m, const char *batch);

/* Text form, checked by a sum line; docs/archive-format.md. Printing: 0, ERR_LIMIT when it would be
 * too long to be read again, -ENOMEM. Parsing trusts nothing: 0, ERR_DAMAGED, ERR_UNSUPPORTED. */
must_check int batch_manifest_print(const struct batch_manifest *m, struct buffer *out);
must_check int batch_manifest_parse(const char *text, size_t length,
				    struct batch_manifest *ret_manifest, struct diagnosis *d);

must_check int batch_read_manifest(struct archive *a, const char *batch,
				   struct batch_manifest *ret_manifest, struct diagnosis *d);

/* The observer's memory at the end of that batch; empty when there is none. The caller finishes the
 * buffer. */
must_check int batch_read_memory(struct archive *a, const char *batch, struct buffer *ret_bytes,
				 struct diagnosis *d);

must_check int batch_open_part(struct archive *a, const char *batch, const char *part,
			       struct part **ret_part, struct diagnosis *d);

/* ---- writing one ---- */

struct batch_writer;

/* Makes and locks a folder under pending/. Takes the store's lock for a moment. */
must_check int batch_writer_new(struct archive *a, struct batch_writer **ret_writer,
				struct diagnosis *d);

/* Removes what was not committed. Takes NULL. */
void batch_writer_free(struct batch_writer *b);

/* Writes W's records as the next part. */
must_check int batch_writer_add_part(struct batch_writer *b, struct part_writer *w,
				     struct diagnosis *d);

/* Writes P without its details as the next part. What cannot be read of it, D tells by its name
 * alone. */
must_check int batch_writer_add_bare(struct batch_writer *b, struct part *p, struct diagnosis *d);

/* Forgets all parts written so far. */
must_check int batch_writer_restart(struct batch_writer *b, struct diagnosis *d);

/*
 * Are all records of the parts written so far in BATCH too, whose manifest is M, each as often at
 * least? Marks do not count: they say how a record was judged. Reads one hour's records of both at
 * a time, of an hour with very many a slice after the other (cover_internal.h), and no more of
 * BATCH than it needs. Returns 0, also where there is no memory for it (not covered then), or what
 * the parts' reader says.
 */
must_check int batch_writer_is_covered(struct batch_writer *b, const char *batch,
				       const struct batch_manifest *m, bool *ret_covered,
				       struct diagnosis *d);

/*
 * Writes memory and manifest (whose parts are filled in here) and syncs every file, several at
 * once. Without the store's lock.
 */
must_check int batch_writer_seal(struct batch_writer *b, struct batch_manifest *m,
				 const struct buffer *memory, struct diagnosis *d);

/*
 * The commit: one rename, under the store's lock. Writes the batch's name, which is the journal's
 * where it is of one. -EEXIST when just this is committed already.
 */
must_check int batch_writer_commit(struct batch_writer *b, const struct batch_manifest *m,
				   char ret_name[BATCH_NAME_MAX], struct diagnosis *d);

#endif
