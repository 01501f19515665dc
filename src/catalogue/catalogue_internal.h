#ifndef SEKIMORI_CATALOGUE_CATALOGUE_INTERNAL_H
#define SEKIMORI_CATALOGUE_CATALOGUE_INTERNAL_H

#include <sqlite3.h>

#include "catalogue/catalogue.h"
#include "catalogue/tally_internal.h"

struct held_counts {
	struct tally_service *list;
	size_t n;
};

struct catalogue {
	struct archive *archive;
	struct config *config;
	sqlite3 *db;
	bool passing;     /* derived tables are temporary ones, in memory */
	bool temporary;   /* and there are such */
	bool same_zone;   /* the process's stays */
	bool read_only;   /* nothing of the store may be written */
	unsigned holders; /* of the transaction that keeps answers to one moment */
	/* Of all hosts, once asked for, until the last release: [are all that are FTP data only
	 * among them?] */
	struct held_counts held_counts[2];
	char (*live)[BATCH_NAME_MAX]; /* journals that are not counted, as long as it is held */
	size_t n_live;
	unsigned n_shelves; /* that name batches and their groups */

	struct catalogue_damage *damage; /* what could not be read */
	size_t n_damage;
	uint64_t bare_end_ns; /* catalogue_bare_end_ns */

	struct own_service *own; /* that only our own scans elicited (own_internal.h), sorted */
	size_t n_own;
	bool own_known;

	/* Of this process, under the store's lock: no other batch came since then. */
	bool settled;
	uint64_t commits;   /* as the archive counted them then */
	bool has_known;     /* the view known_batch is there */
	size_t n_uncounted; /* batches that were committed and not counted yet */
	size_t n_counted;

	bool sql_ready;          /* the connection only reads from here on */
	bool sql_ours;           /* but for what we do ourselves */
	double sql_rows;         /* records, about: for the planner */
	struct shelf *sql_shelf; /* of the virtual tables; NULL until one is asked */
	unsigned sql_cursors;    /* that are open on it */
};

/* Says what SQLite says. Returns ERR_CATALOGUE, or -ENOSPC when the disk is full. */
int catalogue_sql_error(struct catalogue *c, struct diagnosis *d);

/* Runs statements without results. */
must_check int catalogue_exec(struct catalogue *c, const char *sql, struct diagnosis *d);

/* Prepares one statement; the caller finalizes it. */
must_check int catalogue_prepare(struct catalogue *c, const char *sql, sqlite3_stmt **ret_statement,
				 struct diagnosis *d);

/* Steps to the end. Finalizes. */
must_check int catalogue_finish(struct catalogue *c, sqlite3_stmt *statement, struct diagnosis *d);

void catalogue_bind_addr(sqlite3_stmt *s, int index, struct net_addr a);
struct net_addr catalogue_column_addr(sqlite3_stmt *s, int index);

/* What the derived counts depend on besides the archive: networks and zone. */
uint64_t catalogue_config_hash(const struct catalogue *c);

/* A number that is of the derived tables as they are: gone when they are made anew. */
must_check int catalogue_set_meta(struct catalogue *c, const char *name, int64_t value,
				  struct diagnosis *d);
must_check bool catalogue_meta_is(struct catalogue *c, const char *name, int64_t value);

/* Makes the derived tables anew and empty: temporary ones when the catalogue is a passing one. */
must_check int catalogue_make_derived(struct catalogue *c, struct diagnosis *d);

/* Until whoever is committing has done so; where there is no lock to wait for, a moment. */
must_check int catalogue_wait(struct catalogue *c, struct diagnosis *d);

/* Brings the derived tables up to the archive: applies what is missing, or counts anew what does
 * not fit. */
must_check int catalogue_catch_up(struct catalogue *c, struct diagnosis *d);
must_check int catalogue_count_all(struct catalogue *c, struct diagnosis *d);

/*
 * Makes the view known_batch, where it is not there yet: derived_batch as it would be if the
 * batches that this process has committed were counted already.
 */
must_check int catalogue_make_known(struct catalogue *c, struct diagnosis *d);

/* Within the caller's transaction, as kept_network. Those that are there stay. */
must_check int catalogue_keep_networks(struct catalogue *c, const struct prefix_set *networks,
				       struct diagnosis *d);

/* Where rows about batches go: the names of three tables. */
struct batch_rows {
	const char *batches, *gaps, *floods; /* the latter two NULL: none are wanted */
};

extern const struct batch_rows rows_counted, rows_uncounted, rows_live;

must_check int catalogue_insert_batch(struct catalogue *c, const struct batch_rows *rows,
				      const char *name, const struct batch_manifest *m,
				      struct diagnosis *d);

/* The same as counted, after a look into its manifest; one that cannot be read is passed over. */
must_check int catalogue_insert_named(struct catalogue *c, const char *name, struct diagnosis *d);

/* Under the store's lock, where it may be written: removes what is left over, counts what is
 * missing or, if something is gone, all anew. */
must_check int catalogue_repair(struct catalogue *c, struct diagnosis *d);

/* Commits, or after ERROR rolls back. Returns ERROR or what SQLite says. */
must_check int catalogue_end_transaction(struct catalogue *c, int error, struct diagnosis *d);

/* Counts these batches, for the derived tables. tally_free. */
must_check int catalogue_tally_batches(struct catalogue *c, char (*names)[BATCH_NAME_MAX],
				       size_t count, struct tally **ret_tally, struct diagnosis *d);

/* Within a transaction: makes the derived tables anew, of these batches, which T has counted. */
must_check int catalogue_save_all(struct catalogue *c, struct tally *t,
				  char (*names)[BATCH_NAME_MAX], size_t count, struct diagnosis *d);

/* Counts the sightings of a stretch of time over the whole archive and the journals. tally_free. */
must_check int catalogue_tally_archive(struct catalogue *c, uint64_t from_ns, uint64_t to_ns,
				       struct tally **ret_tally, struct diagnosis *d);

/* Is the batch in the archive, and not replaced? Returns 1, 0 or an error. */
must_check int catalogue_has_batch(struct catalogue *c, const char *batch, struct diagnosis *d);

/* An answer would have wanted the records of an hour without details, which ends then. */
static inline void catalogue_note_bare(struct catalogue *c, uint64_t end_ns)
{
	c->bare_end_ns = MAX(c->bare_end_ns, end_ns);
}

enum damage_kind {
	DAMAGE_ASKED,   /* an answer went without it */
	DAMAGE_COUNTED, /* so did a count, which says it in the batch's row */
	DAMAGE_MEMORY   /* of a batch: no count lacks it */
};

/* catalogue_pass_over, which is of the first kind. */
must_check int catalogue_pass_over_as(struct catalogue *c, enum damage_kind kind, const char *batch,
				      int error, const struct diagnosis *words,
				      struct diagnosis *d);

/* Adds to T what can be read of one batch. What cannot is noted, as damage of that KIND. */
must_check int catalogue_tally_batch(struct catalogue *c, enum damage_kind kind, const char *name,
				     struct tally *t, struct diagnosis *d);

/*
 * After the last new part: the services of T become what they are with all that is counted already.
 * WITH_PEERS: so do their peers, for which the counted batches are looked into. Within a
 * transaction.
 */
must_check int catalogue_finish_tally(struct catalogue *c, struct tally *t, bool with_peers,
				      struct diagnosis *d);

/* Within a transaction that counted: batches of which something is not counted say so in their row.
 */
must_check int catalogue_mark_damaged(struct catalogue *c, struct diagnosis *d);

/* What earlier calls could not count. */
must_check int catalogue_note_marked(struct catalogue *c, struct diagnosis *d);

/* All but what of it no counting finds again. */
void catalogue_damage_forget(struct catalogue *c);
void catalogue_damage_free(struct catalogue *c);

void catalogue_counts_free(struct tally_service *list, size_t count);

/* The stored marks that do not hide a sighting of this service. */
uint8_t catalogue_allowed_marks(const struct config *config, const struct tally_service *s,
				uint8_t include);

#endif
