/*
 * One capture, from its frames to a committed batch: the river's main stream. Another tool's
 * records of connections are taken in like a capture of nothing but SYN+ACKs.
 *
 * Comes in: the name of a capture or of records, and a store. Goes out: a batch in the store, or
 * nothing when all frames are in already, and an account of every frame. Memory is bounded however
 * long the capture: full parts go to disk.
 */
#ifndef SEKIMORI_INTAKE_INTAKE_H
#define SEKIMORI_INTAKE_INTAKE_H

#include "capture/source.h"
#include "catalogue/catalogue.h"
#include "import/records.h"
#include "observe/observer.h"

/* How records are to be read. */
struct intake_source_options {
	int year, month; /* what day numbers are counted in; 0: none is given */
};

#define INTAKE_FOREIGN_MAX  5
#define INTAKE_OVERLAPS_MAX 3

/* What became of a capture, or of what is new in it. Finish it in any case. */
struct intake_account {
	char format[CAPTURE_FORMAT_MAX];
	uint64_t frames;            /* in the capture, up to its end or its damage */
	uint64_t known_frames;      /* of them, taken in earlier */
	uint64_t bytes;             /* of the decompressed capture */
	uint64_t first_ns, last_ns; /* of the new frames; 0 when there are none */
	/* All frames, known ones too: verdicts but VERDICT_TCP, and TCP by outcome, add up to
	 * `frames`. */
	uint64_t verdicts[VERDICT_COUNT];
	uint64_t outcomes[OUTCOME_COUNT];
	uint64_t sightings; /* new ones */
	uint64_t marked;    /* of them, with a stored mark */
	uint64_t borrowed_times;
	bool of_records; /* no frames, but other tools' records: */
	struct records_account records;
	struct observer_foreign foreign[INTAKE_FOREIGN_MAX];
	int n_foreign;
	struct catalogue_capture
		*known; /* the batches that hold the known frames, the last one last */
	size_t n_known;
	struct catalogue_capture *overlaps;
	size_t n_overlaps;
	size_t n_replaced; /* batches read under fewer networks, or damaged, which this one replaces
			    */
	/* Damage: everything before it was taken in. 0 or ERR_DAMAGED or -errno, and the words. */
	int damage;
	struct diagnosis damage_words;
};

void intake_account_init(struct intake_account *a);
void intake_account_finish(struct intake_account *a);

struct intake_progress {
	/* Called now and then with frames and bytes of the file so far. May be NULL. */
	void (*fn)(void *user, uint64_t frames, uint64_t bytes);
	void *user;
};

struct intake_request {
	struct archive *archive;
	struct catalogue *catalogue;
	const struct config *config;
	const char *path; /* "-": standard input */
	struct intake_source_options options;
	struct intake_progress progress;
};

/*
 * Takes in a capture. Marks go on from the batch that ended just before.
 * Returns 0 (also when part of it was damaged: see the account), ERR_FORMAT, ERR_UNSUPPORTED,
 * ERR_DAMAGED when not even its head can be read, or what the store says (-ENOSPC, ...): what was
 * there before stands. When only counting failed, the batch is in all the same, and is counted by
 * whoever opens the store next.
 */
must_check int intake_capture(const struct intake_request *request,
			      struct intake_account *ret_account, struct diagnosis *d);

/* The time of the first frame of a capture, to put several in order; UINT64_MAX when there is none
 * to be had, or looking would take it away: from standard input and pipes nothing is read. */
uint64_t intake_first_time(const char *path, const struct intake_source_options *options);

#endif
