#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "intake/appender_internal.h"

#define BLOCKS 256
#define BEHIND 16 /* blocks: the thread is behind, and is helped */

struct block {
	struct sighting sightings[APPENDER_BLOCK];
	size_t n;
};

/*
 * One block is being filled, those from `taken` to `handed` wait for the thread or are being taken,
 * the others are free. Many, so that neither side waits for the other just because a third had the
 * processor for some milliseconds; but the one that became free last is filled next, so that only
 * as many are touched as are needed, and mostly what is filled is in some cache.
 */
struct appender {
	struct appender_slots slots; /* the caller's, of the block that it fills */
	struct archive *archive;
	struct block blocks[BLOCKS];
	struct block *filling; /* the caller's */

	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	uint64_t handed, taken; /* under the mutex, as all up to `error`: blocks since the start */
	struct block *queue[BLOCKS];
	struct block *free[BLOCKS];
	size_t n_free;
	bool ending;
	int error;
	struct diagnosis words; /* of the error */
	bool started;

	/* The thread's own while it is busy. */
	struct part_writer *part;
	struct batch_writer *batch;
};

static int write_part(struct appender *a)
{
	int error = a->batch ? 0 : batch_writer_new(a->archive, &a->batch, &a->words);

	if (!error)
		error = batch_writer_add_part(a->batch, a->part, &a->words);
	part_writer_reset(a->part);
	return error;
}

static int take_block(struct appender *a, const struct block *b)
{
	size_t done = 0;

	while (done < b->n) {
		int taken = part_writer_append(a->part, b->sightings + done, b->n - done), error;

		if (taken < 0)
			return taken;
		done += (size_t)taken;
		if (done == b->n)
			break;
		error = write_part(a); /* full: to the disk with it */
		if (error < 0)
			return error;
	}
	return 0;
}

static void *run(void *user)
{
	struct appender *a = user;

	pthread_mutex_lock(&a->mutex);
	while (!a->ending || a->handed > a->taken) {
		struct block *b = a->queue[a->taken % BLOCKS];
		int error = a->error;

		if (a->handed == a->taken) {
			pthread_cond_wait(&a->changed, &a->mutex);
			continue;
		}
		pthread_mutex_unlock(&a->mutex);
		if (!error)
			error = take_block(a, b);
		pthread_mutex_lock(&a->mutex);
		a->error = error;
		a->free[a->n_free++] = b;
		a->taken++;
		pthread_cond_broadcast(&a->changed);
	}
	pthread_mutex_unlock(&a->mutex);
	return NULL;
}

int appender_new(struct archive *archive, struct appender **ret_appender)
{
	struct appender *a = calloc(1, sizeof(*a));
	int error;

	if (!a)
		return -ENOMEM;
	a->archive = archive;
	a->filling = &a->blocks[0];
	while (a->n_free + 1 < BLOCKS) {
		a->free[a->n_free] = &a->blocks[BLOCKS - 1 - a->n_free];
		a->n_free++;
	}
	pthread_mutex_init(&a->mutex, NULL);
	pthread_cond_init(&a->changed, NULL);
	error = part_writer_new(&a->part);
	if (!error)
		error = pthread_create(&a->thread, NULL, run, a) ? ERR_THREADS : 0;
	a->started = !error;
	if (error < 0) {
		appender_free(a);
		return error;
	}
	*ret_appender = a;
	return 0;
}

void appender_free(struct appender *a)
{
	if (!a)
		return;
	if (a->started) {
		pthread_mutex_lock(&a->mutex);
		a->ending = true;
		pthread_cond_broadcast(&a->changed);
		pthread_mutex_unlock(&a->mutex);
		pthread_join(a->thread, NULL);
	}
	pthread_mutex_destroy(&a->mutex);
	pthread_cond_destroy(&a->changed);
	part_writer_free(a->part);
	batch_writer_free(a->batch);
	free(a);
}

/* The thread's error and its words. */
static int say(const struct appender *a, int error, struct diagnosis *d)
{
	return error < 0 && a->words.text[0] ? diagnose(d, error, "%s", a->words.text) : error;
}

static void fill_block(struct appender *a)
{
	a->slots.next = a->filling->sightings;
	a->slots.end = a->slots.next + APPENDER_BLOCK;
}

/* Hands the block over that is being filled, and waits for a free one. */
static int hand_over(struct appender *a, struct diagnosis *d)
{
	bool behind;
	int error;

	a->filling->n = (size_t)(a->slots.next - a->filling->sightings);
	pthread_mutex_lock(&a->mutex);
	a->queue[a->handed++ % BLOCKS] = a->filling;
	pthread_cond_broadcast(&a->changed);
	while (!a->n_free)
		pthread_cond_wait(&a->changed, &a->mutex);
	a->filling = a->free[--a->n_free];
	fill_block(a);
	error = a->error;
	behind = a->handed - a->taken > BEHIND;
	pthread_mutex_unlock(&a->mutex);
	if (behind)
		part_writer_warm(a->part);
	return say(a, error, d);
}

/* Waits until the thread has nothing left. */
static int drain(struct appender *a, struct diagnosis *d)
{
	int error;

	pthread_mutex_lock(&a->mutex);
	while (a->handed > a->taken)
		pthread_cond_wait(&a->changed, &a->mutex);
	error = a->error;
	pthread_mutex_unlock(&a->mutex);
	return say(a, error, d);
}

struct sighting *appender_first(struct appender *a)
{
	fill_block(a);
	return a->slots.next;
}

int appender_hand_over(struct appender *a, struct sighting **slot, struct diagnosis *d)
{
	int error = hand_over(a, d);

	*slot = a->slots.next;
	return error;
}

int appender_restart(struct appender *a, struct sighting **slot, struct diagnosis *d)
{
	int error = drain(a, d);

	if (error < 0)
		return error;
	fill_block(a);
	*slot = a->slots.next;
	part_writer_reset(a->part);
	return a->batch ? batch_writer_restart(a->batch, d) : 0;
}

int appender_finish_batch(struct appender *a, struct batch_writer **ret_batch, struct diagnosis *d)
{
	int error = hand_over(a, d);

	if (!error)
		error = drain(a, d);
	if (!error && !a->batch)
		error = batch_writer_new(a->archive, &a->batch, d);
	if (!error && part_writer_records(a->part))
		error = batch_writer_add_part(a->batch, a->part, d);
	/* Its memory is wanted for counting what was written. */
	part_writer_free(a->part);
	a->part = NULL;
	*ret_batch = a->batch;
	return error;
}
