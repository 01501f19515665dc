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
