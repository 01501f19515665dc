#include "base/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct thread_call {
	void (*work)(void *argument);
	void *argument;
};

static void *second_thread(void *argument)
{
	const struct thread_call *call = argument;

	call->work(call->argument);
	return NULL;
}

void run_on_two_threads(void (*work)(void *argument), void *argument)
{
	struct thread_call call = { .work = work, .argument = argument };
	sigset_t all, before;
	pthread_t thread;
	bool started;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&thread, NULL, second_thread, &call) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	work(argument);
	if (started)
		(void)pthread_join(thread, NULL);
}

void failure_init(struct failure *f, struct diagnosis *d)
{
	atomic_init(&f->error, 0);
	(void)pthread_mutex_init(&f->mutex, NULL);
	f->d = d;
}

void failure_finish(struct failure *f)
{
	(void)pthread_mutex_destroy(&f->mutex);
}

void failure_note(struct failure *f, int error, const struct diagnosis *words)
{
	pthread_mutex_lock(&f->mutex);
	if (!atomic_load(&f->error)) {
		atomic_store(&f->error, error);
		if (f->d && words)
			*f->d = *words;
	}
	pthread_mutex_unlock(&f->mutex);
}
