/* What the files of the line's thread share. */
#ifndef SEKIMORI_WATCH_WATCH_INTERNAL_H
#define SEKIMORI_WATCH_WATCH_INTERNAL_H

#include <pthread.h>

#include "base/zone.h"
#include "observe/observer.h"

#include "watch/flood_internal.h"
#include "watch/keeper_internal.h"
#include "watch/ledger_internal.h"
#include "watch/merge_internal.h"
#include "watch/mirror_internal.h"
#include "watch/watch.h"
#include "watch/writer_internal.h"

#define WATCH_FOREIGN_MAX 5

/* One interface, beside what merge.c knows of it. */
struct watch_line {
	char name[BATCH_INTERFACE_MAX];
	enum live_state state;
	uint64_t down_ns;               /* since when it is not up (wall clock); 0: it is */
	uint64_t frames_ns;             /* when its count of frames last grew (boot time) */
	bool silent;                    /* too long ago: that was told */
	struct live_counts counts;      /* as of the last second */
	double frames_rate, taken_rate; /* a second, over the last ten or so */
};

/* The two clocks, read together: boot time never steps, the wall clock may. */
struct watch_time {
	uint64_t boot_ns, wall_ns;
	uint64_t awake_ns; /* boot time without sleep */
};

struct watch_time watch_now(void);

struct watch {
	struct watch_settings settings;
	struct config *config; /* of the line's thread: the caller's, or one that was loaded */
	struct config *owned;  /* the latter */
	struct merge_line merge_lines[WATCH_INTERFACES_MAX];
	struct watch_line lines[WATCH_INTERFACES_MAX];
	struct merge merge;
	size_t n_lines;

	struct observer *observer;
	struct writer *writer;
	struct keeper *keeper;
	struct chunk *chunk;             /* being filled; NULL: there was none */
	struct chunk *full, *full_last;  /* filled since the last post */
	struct post *ended, *ended_last; /* ends of journals, which the writer is to take first */
	unsigned n_ended;
	struct sighting nowhere; /* where a sighting goes that there is no room for */
	struct flood *flood;     /* what of the sightings is only counted */
	struct ledger ledger;
	struct mirror mirror;

	int signals, listener, guard; /* descriptors; the last locks out other sensors */
	int statm;                    /* /proc/self/statm */
	char confinement[512];
	pthread_mutex_t saying;

	struct watch_time started, now, second; /* the last second that was looked after */
	struct watch_time posted;               /* the last post; what was read before is in it */
	uint64_t memory_bytes;                  /* the limit in force: a new one takes a restart */
	struct watch_time hour_began;           /* of what may be written down */
	struct watch_time saved;                /* when memory last went into a post */
	int32_t journal_day;                    /* local, on which the journal began */
	uint64_t floods_told;                   /* of this hour's packets, in posts; and when */
	struct watch_time floods_posted;
	uint64_t seen_ns;          /* wall clock up to which all was read */
	struct watch_time stepped; /* when the clock was last set; and by how much */
	int64_t stepped_ns;
	bool remembers; /* what the sensor before it left in a journal */
	bool stopping;

	/* Since the start. */
	uint64_t verdicts[VERDICT_COUNT], outcomes[OUTCOME_COUNT];
	uint64_t unwritten;        /* sightings that there was no room for */
	uint64_t unwritten_told;   /* of them, in the ledger */
	uint64_t last_sighting_ns; /* wall clock */
	double sightings_rate;
	uint64_t sightings_before; /* at the last second */
	/* As of the beginning of the journal. */
	uint64_t verdicts_before[VERDICT_COUNT], outcomes_before[OUTCOME_COUNT];
};

/* One line for whoever runs it. From any thread. */
void watch_say(struct watch *w, const char *format, ...) printf_like(2, 3);

/* What it means, for people. */
const char *watch_finding_words(enum mirror_finding f);

/* ---- seconds.c: what is looked after once a second ---- */

/* Interfaces, gaps, rates, what the mirror looks like. */
void watch_second(struct watch *w);

/* A gap, for the ledger. */
void watch_note(struct watch *w, enum batch_gap_kind kind, const char *interface, uint64_t from_ns,
		uint64_t to_ns, uint64_t count);

/* The sensor before this one ended at LAST_NS (wall clock): nobody watched since. AHEAD: its clock
 * was far ahead at some time. */
void watch_note_stopped(struct watch *w, uint64_t last_ns, bool ahead);

/* ---- clock.c: the wall clock is set ---- */

/* What is so far ahead is so by a wrong clock. */
#define WATCH_AHEAD_NS (SECONDS_PER_DAY * NS_PER_SECOND)

/* The clocks were looked at: where the wall clock was set, a gap is noted and a journal ended, and
 * what is kept of it goes on by the new clock. To be called before any frame. */
void watch_follow_clock(struct watch *w);

/* When a frame was on the line, by the clock as it is now: it may bear the time of the one before
 * it was set. LAST_NS is of the frame before it, or 0. */
uint64_t watch_frame_time(struct watch *w, uint64_t time_ns, uint64_t last_ns);

/* ---- posts.c: what goes to the writer ---- */

/* A new hour: what may be written down begins anew. */
void watch_begin_hour(struct watch *w);

/* Where the next sighting goes. Never NULL. */
struct sighting *watch_slot(struct watch *w);

/* The slot was filled: its sighting is kept, or in a flood only counted. */
void watch_keep_slot(struct watch *w);

/* Posts what there is, when it is time and the writer takes it. */
void watch_post(struct watch *w);

/*
 * What was seen until now is the last of its journal, however long the writer takes to come to it;
 * what is seen from now on is of the next one, under NETWORKS (copied; NULL: the same), which
 * begins at NEXT_NS (0: where this one ends). Returns 0; -EBUSY when too many wait for the disk;
 * -ENOMEM; then nothing is changed.
 */
must_check int watch_end_journal(struct watch *w, const struct prefix_set *networks,
				 uint64_t next_ns);

/* The last post; waits until the writer takes it. */
void watch_post_last(struct watch *w);

/* Frees what the writer never took. */
void watch_drop_posts(struct watch *w);

/* ---- remember.c, reload.c ---- */

/*
 * Loads the memory that the sensor before this one left, and notes since when nobody watched. What
 * cannot be read is gone on without. Returns 0, -ENOMEM or an error of the store.
 */
must_check int watch_remember(struct watch *w, struct diagnosis *d);

/* More of them than a journal's head has room for are ERR_USAGE. */
must_check int watch_check_networks(const struct prefix_set *networks, struct diagnosis *d);

/* A fresh configuration, with the networks that are watched for: they go on to be, the store
 * remembers them. The caller finishes and frees it. */
must_check int watch_load_config(struct watch *w, struct config **ret_config, struct diagnosis *d);

/* A configuration that is no good is said, and the old one stays. */
void watch_reload(struct watch *w);

/* ---- status.c: the page of figures ---- */

/* Makes STORE/status. -EBUSY: another sensor has the store. */
must_check int watch_listen(struct watch *w, struct diagnosis *d);

/* Somebody asks: answers, and never waits for them. */
void watch_answer(struct watch *w);

#endif
