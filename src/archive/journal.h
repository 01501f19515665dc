/*
 * A journal: what a sensor has seen and not yet made a batch of. One file in STORE/live, appended
 * to in groups with a checksum each, and synced by whoever writes it. It is named like the batch
 * that it becomes; where the archive has that name, the journal is void.
 *
 * Format: docs/archive-format.md. A group that is cut ends the journal: what is before it stands.
 * One that is broken, with whole ones behind it, is passed over and becomes a gap.
 */
#ifndef SEKIMORI_ARCHIVE_JOURNAL_H
#define SEKIMORI_ARCHIVE_JOURNAL_H

#include "archive/batch.h"

#define JOURNAL_SIGHTINGS_MAX 2000000u /* then it becomes a batch, whatever the hour */
#define JOURNAL_NETWORKS_MAX  65536u   /* that can be watched for */
#define JOURNAL_GAPS_MAX      100000u  /* that a reader tells apart: more of a kind become one */

#define JOURNAL_ASIDE "damaged" /* the folder of those that cannot be read */

/* Is that how journals are called? Like batches, but for those that replace others. */
bool journal_name_is_sound(const char *name);

/* ---- writing: one thread ---- */

struct journal_writer;

/*
 * Makes a journal and locks it; takes no lock of the store. STARTED_NS is the wall clock's; SENSOR
 * says what watches, for people ("eth1: xdp"); NETWORKS are those watched for. A must be open for
 * writing and outlive the writer. Returns 0 or -errno with the words in D.
 */
must_check int journal_create(struct archive *a, uint64_t started_ns, const char *sensor,
			      const struct prefix_set *networks, struct journal_writer **ret_writer,
			      struct diagnosis *d);

/* Closes; the file stays. Takes NULL. */
void journal_close(struct journal_writer *w);

const char *journal_name(const struct journal_writer *w);
uint64_t journal_sightings(const struct journal_writer *w); /* that are in the file */
uint64_t journal_bytes(const struct journal_writer *w);

/*
 * Appends one group and syncs it: all of it is on disk, or nothing (what a failed write left is cut
 * off again before the next). SIGHTINGS and GAPS may be none; times are cut to the millisecond.
 * UP_TO_NS: the wall clock up to which this tells all that was seen. COUNTS are sums since the
 * journal was begun, and take the place of those before; none: they stay what they were. MEMORY is
 * the observer's, or NULL: it stays what it was. FLOODS are what was only counted since the journal
 * was begun, and take the place of those before; none: they stay what they were. In the names of
 * interfaces, "?" stands for what no manifest can say. Returns 0, -ENOSPC or another -errno; it may
 * be called again with the same, or more.
 */
struct journal_group {
	uint64_t up_to_ns;
	const struct sighting *sightings;
	size_t n_sightings;
	const struct batch_gap *gaps;
	size_t n_gaps;
	const struct batch_count *counts; /* by verdict and outcome, as in a manifest */
	size_t n_counts;
	const struct batch_flood *floods;
	size_t n_floods;
	const struct buffer *memory;
};
must_check int journal_append(struct journal_writer *w, const struct journal_group *group,
			      struct diagnosis *d);

/* ---- reading ---- */

/* Names of all in STORE/live that are not void, sorted; one allocation, the caller frees. */
must_check int journal_list(struct archive *a, char (**ret_names)[BATCH_NAME_MAX],
			    size_t *ret_count, struct diagnosis *d);

/* Does a living process write it? Returns 1, 0 or -errno (-ENOENT: gone). Reads no byte. */
must_check int journal_is_held(struct archive *a, const char *name);

typedef int (*journal_sightings_fn)(void *user, const struct sighting *list, size_t n);

/*
 * Reads a journal from its beginning to its last whole group; what is appended after the call began
 * is not looked at. Hands sightings to FN (NULL: to nobody) in their order; fills the manifest with
 * all else it says (journal, capture, networks, counts, gaps, floods, sightings, times; no parts);
 * ret_memory gets the last memory, or nothing. Both are the caller's to finish when this succeeds.
 * Gaps of one kind and interface that touch are one. first_ns is when the watch began and last_ns
 * up to where all is told, or a sighting's time beyond these. Returns 0, what FN stopped with,
 * ERR_FORMAT, ERR_DAMAGED when not even its head can be read, ERR_UNSUPPORTED, -errno.
 */
must_check int journal_read(struct archive *a, const char *name, journal_sightings_fn fn,
			    void *user, struct batch_manifest *ret_manifest,
			    struct buffer *ret_memory, struct diagnosis *d);

/* What of its bytes is not told by journal_read. */
struct journal_loss {
	uint64_t broken_at;  /* the first group that is broken, with whole ones behind it; or 0 */
	uint64_t torn_bytes; /* behind the last whole group: what a crash left, or what is just
				being written */
};

/* Reads and checks all of it. Returns as journal_read. */
must_check int journal_check(struct archive *a, const char *name, struct journal_loss *ret_loss,
			     struct diagnosis *d);

/* Removes a void one, or one that holds nothing. Returns 0 (also when it is gone) or -errno. */
must_check int journal_remove(struct archive *a, const char *name);

/*
 * Takes one that cannot be read out of live/, so that nobody stumbles over it: it is kept as
 * STORE/JOURNAL_ASIDE/NAME, which verify names. Returns 0 or -errno, with the words in D.
 */
must_check int journal_set_aside(struct archive *a, const char *name, struct diagnosis *d);

/* Names of all that was, as archive_list_files has them. */
must_check int journal_list_aside(struct archive *a, char (**ret_names)[ARCHIVE_FILE_MAX],
				  size_t *ret_count, struct diagnosis *d);

/*
 * Removes what killed writers left of journals that they had not made yet, and void journals; not
 * what a living process holds. Returns 0 or -errno.
 */
must_check int journal_sweep(struct archive *a, struct diagnosis *d);

/* Names of all that lies in live/, as archive_list_files has them: for who looks for strays. */
must_check int journal_list_files(struct archive *a, char (**ret_names)[ARCHIVE_FILE_MAX],
				  size_t *ret_count, struct diagnosis *d);

/* Is that how a file in live/ may be called? */
bool journal_file_is_known(const char *file);

#endif
