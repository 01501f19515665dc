/* The same work on two threads at once: this one and one more. */
#ifndef SEKIMORI_BASE_THREADS_H
#define SEKIMORI_BASE_THREADS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"

/*
 * Calls WORK(ARGUMENT) here and on a second thread and returns when both have. Where no thread can
 * be had, WORK runs once: it must share its work out by itself and do all of it when alone. The
 * second thread takes no signals.
 */
void run_on_two_threads(void (*work)(void *argument), void *argument);

/* The first error of several threads, and its words. The others look at it and stop. */
struct failure {
	atomic_int error; /* 0: none yet */
	pthread_mutex_t mutex;
	struct diagnosis *d; /* under the mutex; may be NULL */
};

void failure_init(struct failure *f, struct diagnosis *d);
void failure_finish(struct failure *f);

/* ERROR is negative; WORDS may be NULL. */
void failure_note(struct failure *f, int error, const struct diagnosis *words);

static inline int failure_error(struct failure *f)
{
	return atomic_load(&f->error);
}

#endif
