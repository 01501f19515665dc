#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "capture/ahead_internal.h"

#define SLOTS      4
#define PAGE_BYTES 4096

struct capture_ahead {
	int fd;
	struct capture_inflate *inflate; /* the bytes' */
	size_t lead, chunk;
	uint8_t *memory; /* SLOTS of them */
	struct capture_chunk chunks[SLOTS];
	struct diagnosis diagnosis; /* of the last chunk, if it is an error */

	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	/* Under the mutex: chunks filled and chunks given back since the start. */
	uint64_t filled, given_back;
	bool ending;

	uint64_t taken;     /* the caller's */
	uint64_t from_file; /* the thread's */
};

static uint8_t *slot_of(struct capture_ahead *a, uint64_t number)
{
	return a->memory + (number % SLOTS) * (a->lead + a->chunk);
}

/* Waits for a free slot. Returns false when the reader ends. */
static bool wait_for_slot(struct capture_ahead *a)
{
	bool go_on;

	pthread_mutex_lock(&a->mutex);
	while (!a->ending && a->filled - a->given_back == SLOTS)
		pthread_cond_wait(&a->changed, &a->mutex);
	go_on = !a->ending;
	pthread_mutex_unlock(&a->mutex);
	return go_on;
}

static void hand_over(struct capture_ahead *a, ptrdiff_t length)
{
	struct capture_chunk *c = &a->chunks[a->filled % SLOTS];

	a->from_file = a->inflate ? capture_inflate_from_file(a->inflate)
				  : a->from_file + (uint64_t)MAX(length, 0);
	*c = (struct capture_chunk){ slot_of(a, a->filled), length, a->from_file, &a->diagnosis };
	pthread_mutex_lock(&a->mutex);
	a->filled++;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->mutex);
}

static void *run(void *user)
{
	struct capture_ahead *a = user;
	ptrdiff_t n = 1;

	while (n > 0 && wait_for_slot(a)) {
		uint8_t *to = slot_of(a, a->filled) + a->lead;

		n = a->inflate ? capture_inflate_read(a->inflate, to, a->chunk, &a->diagnosis)
			       : capture_fd_read(a->fd, to, a->chunk, &a->diagnosis);
		hand_over(a, n);
	}
	return NULL;
}

int capture_ahead_new(int fd, struct capture_inflate *inflate, size_t lead, size_t chunk,
		      struct capture_ahead **ret_ahead)
{
	struct capture_ahead *a = calloc(1, sizeof(*a));
	void *memory = NULL;
	int error;

	if (!a || posix_memalign(&memory, PAGE_BYTES, SLOTS * (lead + chunk)) != 0) {
		free(a);
		return -ENOMEM;
	}
	a->fd = fd;
	a->inflate = inflate;
	a->lead = lead;
	a->chunk = chunk;
	a->memory = memory;
	pthread_mutex_init(&a->mutex, NULL);
	pthread_cond_init(&a->changed, NULL);
	error = pthread_create(&a->thread, NULL, run, a);
	if (error) {
		free(memory);
		free(a);
		return ERR_THREADS; /* EAGAIN means something else upstairs */
	}
	*ret_ahead = a;
	return 0;
}

void capture_ahead_free(struct capture_ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->mutex);
	a->ending = true;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->mutex);
	pthread_join(a->thread, NULL);
	pthread_mutex_destroy(&a->mutex);
	pthread_cond_destroy(&a->changed);
	free(a->memory);
	free(a);
}

void capture_ahead_take(struct capture_ahead *a, struct capture_chunk *ret_chunk)
{
	pthread_mutex_lock(&a->mutex);
	while (a->filled == a->taken)
		pthread_cond_wait(&a->changed, &a->mutex);
	pthread_mutex_unlock(&a->mutex);
	*ret_chunk = a->chunks[a->taken++ % SLOTS];
}

void capture_ahead_give_back(struct capture_ahead *a)
{
	pthread_mutex_lock(&a->mutex);
	a->given_back++;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->mutex);
}
