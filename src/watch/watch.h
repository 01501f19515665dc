/*
 * The sensor: interfaces → journals → batches, until it is told to stop.
 *
 * Comes in: an opened store, the site's settings, names of interfaces. Goes out: sightings, on disk
 * within a second of being seen; a ledger of the times when something may have been missed; a page
 * of figures for whoever asks over STORE/status.
 *
 * Three threads, begun by watch_run: the line's (the caller's own), which sees frames and touches
 * no disk; the writer's, which appends to the journal; the keeper's, which alone uses the
 * catalogue.
 */
#ifndef SEKIMORI_WATCH_WATCH_H
#define SEKIMORI_WATCH_WATCH_H

#include "catalogue/catalogue.h"

#include "live/live.h"

#define WATCH_INTERFACES_MAX 16

struct watch;

struct watch_settings {
	struct archive *archive; /* opened for writing; stays the caller's */
	struct catalogue
		*catalogue;    /* of it; the watch's from watch_open on, also when that fails */
	struct config *config; /* with the networks that the store remembers */
	const char *const *interfaces;
	size_t n_interfaces;
	enum live_driver driver;
	bool consume;
	/*
	 * Fills a fresh configuration, as the one above came about: for SIGHUP. Returns 0 or an
	 * error with the words in D. Called by the line's thread.
	 */
	int (*load)(void *user, struct config *ret_config, struct diagnosis *d);
	/* What whoever runs it is to be told, one line; from any thread, one at a time. */
	void (*say)(void *user, const char *words);
	void *user;
};

/*
 * All that wants privileges: interfaces, the socket for status, signals (TERM, INT and HUP are
 * blocked and taken from a descriptor from here on). Call before confinement, from the only thread.
 * Returns 0; -EBUSY where another sensor has the store; or what live_open says.
 */
must_check int watch_open(const struct watch_settings *settings, struct watch **ret_watch,
			  struct diagnosis *d);

/* What confinement came to, for the page of figures. */
void watch_note_confinement(struct watch *w, const char *words);

/*
 * Watches until SIGTERM or SIGINT; all that was seen is then on disk and in the archive, as far as
 * there is room. Returns 0, or an error of the start.
 */
must_check int watch_run(struct watch *w, struct diagnosis *d);

void watch_close(struct watch *w); /* takes NULL */

/* What a finding of the page ("only-in") means, and what to do, for people; NULL for no such name.
 */
const char *watch_finding_meaning(const char *name);

/* The file in the store that is the socket. */
#define WATCH_SOCKET "status"

#endif
