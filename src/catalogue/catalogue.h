/*
 * The catalogue: what is known of each service, in SQLite beside the archive.
 *
 * Two kinds of tables. `derived_*` holds nothing that the archive does not say: it is filled when a
 * batch is committed, repaired by whoever opens the store next, and rebuilt at will. `kept_*` is
 * primary and never dropped: the networks and the timezone that people gave.
 *
 * Whatever the store's state after a crash: opening it for writing applies what is committed but
 * not yet counted, and removes what is left over. Opened for reading only, the same counts are made
 * for the moment, in memory.
 */
#ifndef SEKIMORI_CATALOGUE_CATALOGUE_H
#define SEKIMORI_CATALOGUE_CATALOGUE_H

#include "archive/batch.h"
#include "base/config.h"

struct catalogue;

enum catalogue_flags {
	/* The networks or the zone are this call's only: counts under them are made for the moment,
	 * not stored. */
	CATALOGUE_PASSING = 1,
	/* Another one was opened by this process: the zone that was set then stays. It belongs to
	 * the process, which may have threads by now. */
	CATALOGUE_SAME_ZONE = 2,
	/* The addresses from which our own scans went out are known scanners of the configuration,
	 * unless it names them already. */
	CATALOGUE_NAMES_OWN = 4,
};

/*
 * Opens the catalogue of A, whose mode says whether anything may be written. CONFIG's networks grow
 * by those that the store remembers, and its timezone, where the site says none, becomes the
 * remembered one; then zone_set is called. Both must outlive the catalogue. Returns 0,
 * ERR_CATALOGUE, ERR_DAMAGED, -ENOMEM or -errno, with the place in D.
 */
must_check int catalogue_open(struct archive *a, struct config *config, int flags,
			      struct catalogue **ret_catalogue, struct diagnosis *d);
void catalogue_close(struct catalogue *c); /* takes NULL */

/* Keeps networks and zone (NULL: none said) for later calls. Waits for others who write. */
must_check int catalogue_remember(struct catalogue *c, const struct prefix_set *networks,
				  const char *zone, struct diagnosis *d);

/*
 * Of the remembered networks forgets one, named as it was given, and remembers those of INSTEAD:
 * both or neither. Records stay; what its hosts answered is not shown any more, unless another
 * network or the next call names them. The last network cannot be forgotten: the archive would
 * bring it back, as it brings back every network that a capture was read under once the catalogue
 * is lost. Returns 0, ERR_USAGE with the words in D, or what SQLite says. This catalogue goes on as
 * it was opened; the next one counts anew.
 */
must_check int catalogue_forget_network(struct catalogue *c, struct net_prefix network,
					const struct prefix_set *instead, struct diagnosis *d);

/*
 * What of the archive could not be read so far: each file is named once, with its path. Whatever
 * was answered goes without it. Words belong to the catalogue.
 */
size_t catalogue_damage_count(const struct catalogue *c);
const char *catalogue_damage_words(const struct catalogue *c, size_t i);

/* How often it is asked again after a batch was replaced meanwhile. */
#define CATALOGUE_ATTEMPTS_MAX 10

/*
 * Of the damage noted since there were KNOWN, takes back what is about batches that are not in the
 * archive any more: they were replaced meanwhile, and what took their place tells the same and
 * more. Returns 1 where there was some (it wants to be asked again, after catalogue_settle), 0 or
 * an error.
 */
must_check int catalogue_take_back_damage(struct catalogue *c, size_t known, struct diagnosis *d);

/*
 * Did an answer so far want single records where only the hours' counts are kept any more? The last
 * instant of the latest such hour, or 0. Records are left out there; where a time asked for lies
 * within such an hour, all of it is counted, and a day that begins within it begins with it or
 * after it.
 */
uint64_t catalogue_bare_end_ns(const struct catalogue *c);

/* Is an ERROR of reading a file about the file, and not about memory, descriptors or the disk's
 * room? */
bool catalogue_is_damage(int error);

/*
 * After an ERROR about a file of BATCH, with its words: 0 where it is damage, which is noted then
 * to be named; else ERROR, and the words in D.
 */
must_check int catalogue_pass_over(struct catalogue *c, const char *batch, int error,
				   const struct diagnosis *words, struct diagnosis *d);

/* The same for the memory of BATCH: no count goes without it, and later calls do not name it. */
must_check int catalogue_pass_over_memory(struct catalogue *c, const char *batch, int error,
					  const struct diagnosis *words, struct diagnosis *d);

/* ---- taking batches in ---- */

struct catalogue_capture {
	char batch[BATCH_NAME_MAX];
	uint64_t end_frames, end_digest, end_bytes;
	uint64_t first_ns, last_ns, sightings;
	bool damaged; /* something of it was met that could not be counted */
	char *capture;
};

/* All batches of captures that begin with that frame, by end_frames and name. The caller frees with
 * the call below. */
must_check int catalogue_find_captures(struct catalogue *c, uint64_t head_digest,
				       struct catalogue_capture **ret_list, size_t *ret_count,
				       struct diagnosis *d);

/* Two files of one line may overlap by this much where one ends and the next begins: frames are not
 * always in order, and a daemon cuts by frames, not by their times. */
#define CATALOGUE_BOUNDARY_NS 1000000000ULL

/* Batches whose frames overlap [first, last] in time, but not at such a boundary alone; by time, at
 * most MOST. */
must_check int catalogue_find_overlaps(struct catalogue *c, uint64_t first_ns, uint64_t last_ns,
				       size_t most, struct catalogue_capture **ret_list,
				       size_t *ret_count, struct diagnosis *d);
void catalogue_captures_free(struct catalogue_capture *list, size_t count);

/* A clock may be set back by this much just where a file ends, and its memory still goes on. */
#define CATALOGUE_STEP_NS (300 * 1000000000ULL)

/*
 * The batch that ended nearest to TIME_NS: before it, not longer than MEMORY_NS, or after it, where
 * the clock was set back by up to CATALOGUE_STEP_NS; it began before it in any case. Not one of the
 * capture that begins with the frame HEAD_DIGEST: its own later frames are no past. Returns 1, 0
 * for none, or an error.
 */
must_check int catalogue_find_previous(struct catalogue *c, uint64_t head_digest, uint64_t time_ns,
				       uint64_t memory_ns, char ret_batch[BATCH_NAME_MAX],
				       struct diagnosis *d);

/* Up to when a sensor watched, as its batches tell that end before TO_NS; 0: none did. *ret_later:
 * there are others. */
must_check int catalogue_last_watched(struct catalogue *c, uint64_t to_ns, uint64_t *ret_time_ns,
				      bool *ret_later, struct diagnosis *d);

/*
 * Commits a sealed batch, under the store's lock. SEEN is what catalogue_find_captures named when
 * the capture was begun: when somebody else has committed another one since, or replaced one of
 * them, what was written may be a second time the same; nothing is done then, and -EAGAIN says that
 * the capture wants to be read again. A journal's batch is like no other: SEEN is none. The calls
 * above know the batch at once; it is counted later, together with others.
 */
must_check int catalogue_commit(struct catalogue *c, struct batch_writer *b,
				const struct batch_manifest *m,
				const struct catalogue_capture *seen, size_t n_seen,
				struct diagnosis *d);

/* Counts what was committed and is not counted yet. What this call cannot do, whoever opens the
 * store next does. */
must_check int catalogue_count(struct catalogue *c, struct diagnosis *d);

/* Counts the whole archive anew. Takes the store's lock. */
must_check int catalogue_rebuild(struct catalogue *c, struct diagnosis *d);

/* ---- what is kept ---- */

struct catalogue_batch {
	char name[BATCH_NAME_MAX];
	uint64_t first_ns, last_ns;
	bool journal; /* of a sensor's journal, or several */
	uint64_t parts;
	bool bare;    /* without details */
	bool damaged; /* as above */
};

/* All batches that are counted, by last_ns and name; the caller frees. */
must_check int catalogue_batches(struct catalogue *c, struct catalogue_batch **ret_list,
				 size_t *ret_count, struct diagnosis *d);

/* Removes what killed processes left, folders of replaced batches among it, and counts what is not
 * counted. Takes the store's lock. */
must_check int catalogue_tidy(struct catalogue *c, struct diagnosis *d);

/*
 * Commits a sealed batch that tells just what those tell that it replaces, without counting
 * anything: only the rows of batches change. Where details go, the times of services are kept
 * first; where that is of an hour in which a local day begins, its days were counted by records
 * that are no more, and catalogue_wants_recount says so until catalogue_drop has counted anew.
 * Takes the store's lock. Returns 0; -EAGAIN when one of the replaced is gone meanwhile, or
 * damaged: nothing is done then; or an error.
 */
must_check int catalogue_exchange(struct catalogue *c, struct batch_writer *b,
				  const struct batch_manifest *m, struct diagnosis *d);

bool catalogue_wants_recount(struct catalogue *c);

/*
 * Takes batches away for good: all that is counted is counted anew without them (both threads, one
 * look at every part that is left; the store's lock is not held meanwhile), and when their services
 * were first and last seen is kept. Those that are gone already are passed over. Returns 0; -EAGAIN
 * when others kept replacing batches meanwhile; or an error: whatever was done, nothing is lost but
 * what was to go.
 */
must_check int catalogue_drop(struct catalogue *c, char (*names)[BATCH_NAME_MAX], size_t count,
			      struct diagnosis *d);

/* ---- questions ---- */

/*
 * Between these two calls all answers are of one moment: others may commit, but not count. Not for
 * long: they wait. Release in any case, also after an error.
 */
must_check int catalogue_hold(struct catalogue *c, struct diagnosis *d);
void catalogue_release(struct catalogue *c);

/*
 * Waits until whoever is committing has counted, and counts what nobody did: for who found that
 * files were gone, since their batch was replaced meanwhile. After catalogue_sql, waits only for a
 * moment. Returns 0 or an error.
 */
must_check int catalogue_settle(struct catalogue *c, struct diagnosis *d);

struct catalogue_service {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol;
	uint8_t marks; /* of sightings that are counted here; INSIDE and EXCLUDED too */
	uint64_t first_ns, last_ns;
	uint64_t packets, peers; /* exact, unless the next one says something else */
	/*
	 * Sightings were only counted, in a flood. Packets are exact all the same, but where the
	 * time asked for cuts through a row; peers are the exact number of those that were written
	 * down, and on top of it what was estimated of the others, hour by hour: who came in
	 * several hours, or was written down too, is in it several times. More often too large
	 * than too small.
	 */
	bool peers_estimated;
	uint32_t days; /* local days on which it was seen */
};

struct catalogue_query {
	uint8_t include; /* marks that are brought back */
	uint64_t from_ns,
		to_ns; /* 0 and UINT64_MAX: all times, answered from the catalogue alone */
	const struct net_addr *host; /* NULL: every host */
	/* For catalogue_records: only of these, sorted as catalogue_list has them; NULL: of all. */
	const struct catalogue_service *services;
	size_t n_services;
};

/* Sorted by host (IPv4 first), port, protocol; the caller frees. */
must_check int catalogue_list(struct catalogue *c, const struct catalogue_query *q,
			      struct catalogue_service **ret_services, size_t *ret_count,
			      struct diagnosis *d);

/* Packets of Q's host and time that were only counted, of ports that no sensor told apart: a host
 * that answers on all of them. They are in no service. */
must_check int catalogue_others(struct catalogue *c, const struct catalogue_query *q,
				uint64_t *ret_packets, struct diagnosis *d);

/* ---- records ---- */

struct catalogue_record {
	struct sighting sighting; /* its stored marks, and INSIDE and EXCLUDED as of now */
	bool visible;             /* with the include of the question */
};

/* Returns 0 to go on, anything else to stop with that value. */
typedef int (*catalogue_record_fn)(void *user, const struct catalogue_record *r);

/*
 * Calls FN for each record of FROM_NS <= time < TO_NS, local hour by local hour, each sorted by
 * host, port, protocol, peer, time and peer port. Hours that repeat at the end of summer time are
 * one hour. Only visible ones unless ALL. Where a batch is replaced meanwhile, what took its place
 * is read from the hour at hand on. Memory: the records of one hour, and 16 open parts.
 * Returns 0, what FN stopped with, ERR_DAMAGED, -ENOMEM or -errno.
 */
must_check int catalogue_records(struct catalogue *c, const struct catalogue_query *q, bool all,
				 catalogue_record_fn fn, void *user, struct diagnosis *d);

/* ---- the whole store ---- */

struct catalogue_totals {
	uint64_t batches, parts, sightings, services, hosts;
	uint64_t archive_bytes, catalogue_bytes;
	uint64_t first_ns, last_ns; /* of frames */
};

must_check int catalogue_totals(struct catalogue *c, struct catalogue_totals *ret_totals,
				struct diagnosis *d);

/* Called with each thing found wrong, in words. */
typedef void (*catalogue_finding_fn)(void *user, const char *words);

/*
 * Reads every file of every batch and every block of every part, looks for what does not belong
 * there, and holds the derived tables against a fresh count. Goes on after a finding; writes
 * nothing. FN may be NULL. Returns the number of findings, or an error that kept it from looking.
 */
must_check int catalogue_verify(struct catalogue *c, catalogue_finding_fn fn, void *user,
				struct diagnosis *d);

/* ---- SQL ---- */

struct sqlite3;

/*
 * The connection for `sql`, with the tables of docs/sql.md: sighting, summary, service, batch,
 * gap, flood, host. It refuses whatever writes, and from this call on the catalogue itself can only
 * be asked. To be called before each statement: it then knows what came meanwhile. Belongs to the
 * catalogue: finalize its statements before catalogue_close. Returns 0, ERR_CATALOGUE or -ENOMEM.
 * SQLITE_BUSY of a statement: a batch was replaced while it ran; it is to be reset, and asked
 * again.
 */
must_check int catalogue_sql(struct catalogue *c, struct sqlite3 **ret_db, struct diagnosis *d);

#endif
