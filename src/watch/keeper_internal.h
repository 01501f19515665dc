/*
 * The housekeeping of a store that is being written to, on a thread of its own, the only one that
 * uses the catalogue: journals that nobody holds become batches and are counted, and every hour
 * what is too old is removed.
 */
#ifndef SEKIMORI_WATCH_KEEPER_INTERNAL_H
#define SEKIMORI_WATCH_KEEPER_INTERNAL_H

#include "catalogue/catalogue.h"

struct keeper;

struct keeper_settings {
	struct archive *archive;
	struct catalogue *catalogue; /* opened with CONFIG; the keeper's. NULL: it could not be */
	struct config *config;
	void (*say)(void *user, const char *words);
	void *user;
};

must_check int keeper_new(const struct keeper_settings *settings, struct keeper **ret_keeper);

/* Returns 0 or ERR_THREADS. Looks for what is to do at once. */
must_check int keeper_start(struct keeper *k);

/* A journal was closed: from any thread. */
void keeper_wake(struct keeper *k);

/* Takes CONFIG over (an allocation): the catalogue is opened anew with it. From any thread. */
void keeper_reload(struct keeper *k, struct config *config);

struct keeper_figures {
	uint64_t archive_bytes, sightings, batches, services; /* as counted last */
	uint64_t free_bytes;                                  /* of the disk */
	/* Up to when single records, and everything, were let go of; 0: nothing was. */
	uint64_t bared_until_ns, dropped_until_ns;
	bool over;         /* the store takes more than it is to, all the same */
	bool failing;      /* the last try came to nothing */
	char trouble[256]; /* why */
};
void keeper_figures(struct keeper *k, struct keeper_figures *ret_figures);

/* Does what there is to do, and ends. Takes NULL. */
void keeper_free(struct keeper *k);

#endif
