#include "scan/close_later.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

static void *close_now(void *fd)
{
	close((int)(intptr_t)fd);
	return NULL;
}

void close_later(int fd)
{
	sigset_t all, before;
	pthread_t thread;
	int error;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, close_now, (void *)(intptr_t)fd);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		close(fd);
	else
		(void)pthread_detach(thread);
}
