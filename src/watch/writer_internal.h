/*
 * Sightings on their way to the journal, on a thread of their own: the line's thread never waits
 * for a disk. Comes in: posts, each with all that was seen since the last. Goes out: groups of a
 * journal, synced; a word when a journal was closed.
 *
 * A post is kept until it is on disk, however often that is tried; meanwhile the line's thread
 * fills chunks, until there is none left.
 */
#ifndef SEKIMORI_WATCH_WRITER_INTERNAL_H
#define SEKIMORI_WATCH_WRITER_INTERNAL_H

#include "archive/journal.h"
#include "base/prefix.h"

#include "watch/flood_internal.h"

#define CHUNK_SIGHTINGS 16384

struct chunk {
	struct chunk *next;
	size_t n;
	struct sighting sightings[CHUNK_SIGHTINGS];
};

#define POST_COUNTS_MAX 32

struct post {
	struct post *next;   /* of those that wait; the caller's */
	struct chunk *first; /* the writer's from then on */
	struct batch_gap *gaps;
	size_t n_gaps;
	struct batch_count counts[POST_COUNTS_MAX];
	size_t n_counts;
	struct batch_flood floods[FLOOD_ROWS_MAX]; /* of the journal so far; none: as before */
	size_t n_floods;
	struct buffer memory; /* of the observer; empty: as before */
	uint64_t up_to_ns;
	bool ends_journal;          /* the next post begins another one: */
	uint64_t next_ns;           /* then; 0: where this one ends */
	struct prefix_set networks; /* under these; none: the same as before */
	bool last;                  /* nothing comes after it */
};

void post_init(struct post *p);
void post_finish(struct post *p);

struct writer;

struct writer_settings {
	struct archive *archive;
	const char *sensor;                /* "eth1: xdp", for people */
	uint64_t started_ns;               /* when the first journal begins */
	const struct prefix_set *networks; /* copied */
	size_t memory_bytes;               /* for chunks */
	void (*closed)(void *user);        /* a journal was closed */
	void (*say)(void *user, const char *words);
	void *user;
};

/* Makes the first journal: a store that cannot be written to is told at once. Starts no thread. */
must_check int writer_new(const struct writer_settings *settings, struct writer **ret_writer,
			  struct diagnosis *d);

/* Returns 0 or ERR_THREADS. */
must_check int writer_start(struct writer *w);

/* The last post is to come soon: from now on what the disk does not take is given up after some
 * seconds, and said. */
void writer_end(struct writer *w);

/* Waits for the last post, or gives up on it when the disk does not take it. Takes NULL. */
void writer_free(struct writer *w);

/* For the line's thread. NULL: all are full of what waits for the disk. */
struct chunk *writer_take_chunk(struct writer *w);

/* Is the post before on disk, so that another one can be taken? */
bool writer_is_free(struct writer *w);

/* Takes P over, which is then empty. The writer is free. */
void writer_offer(struct writer *w, struct post *p);

struct writer_figures {
	char journal[BATCH_NAME_MAX];
	uint64_t sightings, bytes; /* of the journal at hand */
	uint64_t durable_ns;       /* all that was seen up to then is on disk */
	bool failing;              /* the disk did not take the last try */
	char trouble[256];         /* why */
};
void writer_figures(struct writer *w, struct writer_figures *ret_figures);

#endif
