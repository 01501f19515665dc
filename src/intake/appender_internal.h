/*
 * Sightings on their way into parts, on a thread of their own: while one block is sorted into the
 * part, the next one is filled. Full parts go into the batch, which is made with the first of them
 * or at the end. All calls come from one thread. A failure of the other thread is reported by the
 * next call.
 */
#ifndef SEKIMORI_INTAKE_APPENDER_INTERNAL_H
#define SEKIMORI_INTAKE_APPENDER_INTERNAL_H

#include "archive/batch.h"

#define APPENDER_BLOCK 1024

struct appender;

/* Returns 0, -ENOMEM or ERR_THREADS. */
must_check int appender_new(struct archive *archive, struct appender **ret_appender);

/* Ends the thread; removes what was not committed. Takes NULL. */
void appender_free(struct appender *a);

/*
 * Where the next sighting goes: the caller writes it there, appender_add takes it and says where
 * the one after it goes.
 */
struct sighting *appender_first(struct appender *a);
must_check int appender_hand_over(struct appender *a, struct sighting **slot, struct diagnosis *d);

/* What an appender begins with: all that nearly every sighting needs of it. */
struct appender_slots {
	struct sighting *next, *end;
};

must_check static inline int appender_add(struct appender *a, struct sighting **slot,
					  struct diagnosis *d)
{
	struct appender_slots *slots = (struct appender_slots *)a;

	*slot = ++slots->next;
	return slots->next < slots->end ? 0 : appender_hand_over(a, slot, d);
}

/* Forgets everything added so far. *slot is then the first again. */
must_check int appender_restart(struct appender *a, struct sighting **slot, struct diagnosis *d);

/* Everything added is in parts of the batch, which belongs to the appender. Nothing can be added
 * any more. */
must_check int appender_finish_batch(struct appender *a, struct batch_writer **ret_batch,
				     struct diagnosis *d);

#endif
