#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "live/looker_internal.h"

#define WAIT_NS 10000000L /* rings have room for more than that */

struct looker {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wanted, found;
	/* Under the mutex. */
	bool wants, looks, ending;
	struct interface seen;
	int error; /* of the last look */

	struct interface own; /* the thread's */
};

static void *run(void *user)
{
	struct looker *l = user;
	int error;

	pthread_mutex_lock(&l->mutex);
	while (!l->ending) {
		if (!l->wants) {
			pthread_cond_wait(&l->wanted, &l->mutex);
			continue;
		}
		l->wants = false;
		pthread_mutex_unlock(&l->mutex);
		error = interface_look(&l->own);
		pthread_mutex_lock(&l->mutex);
		l->seen = l->own;
		l->error = error;
		l->looks = false;
		pthread_cond_signal(&l->found);
	}
	pthread_mutex_unlock(&l->mutex);
	return NULL;
}

static void release(struct looker *l)
{
	pthread_mutex_destroy(&l->mutex);
	pthread_cond_destroy(&l->wanted);
	pthread_cond_destroy(&l->found);
	free(l);
}

int looker_new(const struct interface *interface, struct looker **ret_looker)
{
	struct looker *l = calloc(1, sizeof(*l));
	pthread_condattr_t monotonic;

	if (!l)
		return -ENOMEM;
	l->seen = l->own = *interface;
	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->wanted, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->found, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&l->thread, NULL, run, l) != 0) {
		release(l);
		return ERR_THREADS;
	}
	*ret_looker = l;
	return 0;
}

void looker_free(struct looker *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->mutex);
	l->ending = true;
	pthread_cond_signal(&l->wanted);
	pthread_mutex_unlock(&l->mutex);
	pthread_join(l->thread, NULL);
	release(l);
}

int looker_look(struct looker *l, struct interface *ret_interface)
{
	struct timespec until;
	int error;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WAIT_NS;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&l->mutex);
	/* One that is still under way is the one to wait for. */
	if (!l->looks) {
		l->looks = l->wants = true;
		pthread_cond_signal(&l->wanted);
	}
	while (l->looks && pthread_cond_timedwait(&l->found, &l->mutex, &until) != ETIMEDOUT)
		;
	*ret_interface = l->seen;
	error = l->error;
	pthread_mutex_unlock(&l->mutex);
	return error;
}
