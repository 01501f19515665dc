#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/i18n.h"
#include "base/text.h"

#include "watch/writer_internal.h"

#define GROUP_CHUNKS 8 /* that make one group */
#define RETRY_NS     500000000L
#define LAST_TRIES   10 /* once it is to end, on a disk that takes nothing */

struct writer {
	struct writer_settings settings;
	char *sensor;

	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool started;
	/* Under the mutex. */
	struct chunk *free;
	size_t n_chunks, most_chunks; /* made so far, and at most */
	struct post post;
	bool has_post;
	bool ending; /* posts are not tried for ever any more */
	struct writer_figures figures;

	/* The thread's own. */
	struct journal_writer *journal;
	struct prefix_set networks; /* of the journal, or the next one */
	struct sighting *group;     /* room for one group */
	int tries;                  /* in vain, since it is to end */
	bool given_up;
	uint64_t lost;    /* sightings, since then */
	uint64_t told_ns; /* up to when all that was seen is in the journal */
};

void post_init(struct post *p)
{
	memset(p, 0, sizeof(*p));
	buffer_init(&p->memory);
	prefix_set_init(&p->networks);
}

static void free_chunks(struct chunk *c)
{
	while (c) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
}

void post_finish(struct post *p)
{
	free_chunks(p->first);
	free(p->gaps);
	buffer_finish(&p->memory);
	prefix_set_finish(&p->networks);
	post_init(p);
}

/* ---- the line's side ---- */

struct chunk *writer_take_chunk(struct writer *w)
{
	struct chunk *c;
	bool may_make;

	pthread_mutex_lock(&w->mutex);
	c = w->free;
	if (c)
		w->free = c->next;
	may_make = !c && w->n_chunks < w->most_chunks;
	w->n_chunks += may_make;
	pthread_mutex_unlock(&w->mutex);
	if (may_make)
		c = malloc(sizeof(*c));
	if (may_make && !c) {
		pthread_mutex_lock(&w->mutex);
		w->n_chunks--;
		pthread_mutex_unlock(&w->mutex);
	}
	if (c) {
		c->next = NULL;
		c->n = 0;
	}
	return c;
}

bool writer_is_free(struct writer *w)
{
	bool is_free;

	pthread_mutex_lock(&w->mutex);
	is_free = !w->has_post;
	pthread_mutex_unlock(&w->mutex);
	return is_free;
}

void writer_offer(struct writer *w, struct post *p)
{
	pthread_mutex_lock(&w->mutex);
	assert(!w->has_post);
	w->post = *p;
	w->has_post = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->mutex);
	post_init(p);
}

void writer_end(struct writer *w)
{
	pthread_mutex_lock(&w->mutex);
	w->ending = true;
	pthread_mutex_unlock(&w->mutex);
}

void writer_figures(struct writer *w, struct writer_figures *ret_figures)
{
	pthread_mutex_lock(&w->mutex);
	*ret_figures = w->figures;
	pthread_mutex_unlock(&w->mutex);
}

/* ---- the thread's side ---- */

static int begin_journal(struct writer *w, uint64_t started_ns, struct diagnosis *d)
{
	return journal_create(w->settings.archive, started_ns, w->sensor, &w->networks, &w->journal,
			      d);
}

static void note_figures(struct writer *w, uint64_t durable_ns)
{
	pthread_mutex_lock(&w->mutex);
	if (w->journal) {
		snprintf(w->figures.journal, sizeof(w->figures.journal), "%s",
			 journal_name(w->journal));
		w->figures.sightings = journal_sightings(w->journal);
		w->figures.bytes = journal_bytes(w->journal);
	}
	if (durable_ns)
		w->figures.durable_ns = durable_ns;
	pthread_mutex_unlock(&w->mutex);
}

/* Said once, when it begins, and once when it is over. */
static void note_trouble(struct writer *w, int error, const struct diagnosis *d)
{
	const char *words = d && d->text[0] ? d->text : error ? error_text(error) : "";
	char line[sizeof(d->text) + 128];
	bool changed;

	pthread_mutex_lock(&w->mutex);
	changed = w->figures.failing != (error < 0);
	w->figures.failing = error < 0;
	snprintf(w->figures.trouble, sizeof(w->figures.trouble), "%.255s", words);
	pthread_mutex_unlock(&w->mutex);
	if (!changed)
		return;
	if (error < 0) {
		snprintf(line, sizeof(line),
			 _("%s; what is seen waits in memory, and is tried again"), words);
	} else {
		snprintf(line, sizeof(line), _("the disk takes what is seen again"));
	}
	w->settings.say(w->settings.user, line);
}

/* The first chunks of the post, as one group. *ret_n of them are then on disk. */
static int append_chunks(struct writer *w, struct post *p, size_t *ret_n, struct diagnosis *d)
{
	struct journal_group group = { .up_to_ns = p->up_to_ns };
	struct chunk *c = p->first;
	size_t n = 0;

	for (; c && n < GROUP_CHUNKS; c = c->next, n++) {
		memcpy(w->group + group.n_sightings, c->sightings, c->n * sizeof(*w->group));
		group.n_sightings += c->n;
	}
	group.sightings = w->group;
	*ret_n = n;
	/* What is told up to a time is told with the last sightings of it. */
	if (c) {
		group.up_to_ns = w->told_ns;
	} else {
		group.gaps = p->gaps;
		group.n_gaps = p->n_gaps;
		group.counts = p->counts;
		group.n_counts = p->n_counts;
		group.floods = p->floods;
		group.n_floods = p->n_floods;
		group.memory = p->memory.length ? &p->memory : NULL;
	}
	return journal_append(w->journal, &group, d);
}

static void release_chunks(struct writer *w, struct post *p, size_t n)
{
	pthread_mutex_lock(&w->mutex);
	while (n--) {
		struct chunk *c = p->first;

		p->first = c->next;
		c->next = w->free;
		w->free = c;
	}
	pthread_mutex_unlock(&w->mutex);
}

static void end_journal(struct writer *w, struct post *p)
{
	journal_close(w->journal);
	w->journal = NULL;
	if (p->networks.n_prefixes) {
		prefix_set_finish(&w->networks);
		w->networks = p->networks;
		prefix_set_init(&p->networks);
	}
	if (p->next_ns)
		w->told_ns = p->next_ns;
	w->settings.closed(w->settings.user);
}

static int write_post(struct writer *w, struct post *p, struct diagnosis *d)
{
	int error = 0;
	bool more = true;

	if (!w->journal)
		error = begin_journal(w, w->told_ns, d);
	while (!error && more) {
		size_t n;

		error = append_chunks(w, p, &n, d);
		if (!error)
			release_chunks(w, p, n);
		more = p->first;
	}
	if (error < 0)
		return error;
	w->told_ns = p->up_to_ns;
	note_figures(w, p->up_to_ns);
	if (!p->ends_journal && !p->last)
		return 0;
	end_journal(w, p);
	if (p->last)
		return 0;
	/* Where it cannot be made now, the next post tries again, and tells. */
	if (begin_journal(w, w->told_ns, NULL) == 0)
		note_figures(w, 0);
	return 0;
}

/* In the caller's lock. */
static void wait_a_little(struct writer *w)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += RETRY_NS;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)pthread_cond_timedwait(&w->changed, &w->mutex, &until);
}

/* What is in it is lost; from here on nothing is written, so that the journal ends before the loss:
 * the next sensor notes that nobody watched since. */
static void give_up(struct writer *w, const struct post *p)
{
	w->given_up = true;
	for (const struct chunk *c = p->first; c; c = c->next)
		w->lost += c->n;
}

static void say_lost(struct writer *w)
{
	char line[256], n[TEXT_NUMBER_MAX];

	if (!w->lost)
		return;
	snprintf(line, sizeof(line),
		 _("%s sightings could not be written down before the end, and are lost"),
		 text_number(w->lost, n));
	w->settings.say(w->settings.user, line);
}

static void await_post(struct writer *w)
{
	pthread_mutex_lock(&w->mutex);
	while (!w->has_post)
		pthread_cond_wait(&w->changed, &w->mutex);
	pthread_mutex_unlock(&w->mutex);
}

/* Tries once. Returns true when the post is done with, one way or the other. */
static bool try_post(struct writer *w)
{
	struct diagnosis d = { "" };
	int error;

	/* Nobody else touches a post that was taken. */
	if (w->given_up) {
		give_up(w, &w->post);
		return true;
	}
	error = write_post(w, &w->post, &d);
	note_trouble(w, error, &d);
	if (!error)
		return true;
	pthread_mutex_lock(&w->mutex);
	w->tries += w->ending;
	pthread_mutex_unlock(&w->mutex);
	if (w->tries < LAST_TRIES)
		return false;
	give_up(w, &w->post);
	return true;
}

static void *run(void *user)
{
	struct writer *w = user;
	bool last = false;

	while (!last) {
		await_post(w);
		if (try_post(w)) {
			last = w->post.last;
			post_finish(&w->post);
			pthread_mutex_lock(&w->mutex);
			w->has_post = false;
			pthread_mutex_unlock(&w->mutex);
		} else {
			pthread_mutex_lock(&w->mutex);
			wait_a_little(w);
			pthread_mutex_unlock(&w->mutex);
		}
	}
	say_lost(w);
	if (w->given_up)
		w->settings.closed(w->settings.user);
	return NULL;
}

int writer_new(const struct writer_settings *settings, struct writer **ret_writer,
	       struct diagnosis *d)
{
	struct writer *w = calloc(1, sizeof(*w));
	pthread_condattr_t monotonic;
	int error;

	if (!w)
		return -ENOMEM;
	w->settings = *settings;
	prefix_set_init(&w->networks);
	post_init(&w->post);
	pthread_mutex_init(&w->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	w->most_chunks = MAX(settings->memory_bytes / sizeof(struct chunk), GROUP_CHUNKS);
	w->group = malloc(GROUP_CHUNKS * CHUNK_SIGHTINGS * sizeof(*w->group));
	w->sensor = strdup(settings->sensor);
	error = w->group && w->sensor ? prefix_set_add_all(&w->networks, settings->networks)
				      : -ENOMEM;
	if (!error)
		error = begin_journal(w, settings->started_ns, d);
	if (error < 0) {
		writer_free(w);
		return error;
	}
	w->told_ns = settings->started_ns;
	note_figures(w, settings->started_ns);
	*ret_writer = w;
	return 0;
}

int writer_start(struct writer *w)
{
	w->started = pthread_create(&w->thread, NULL, run, w) == 0;
	return w->started ? 0 : ERR_THREADS;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	if (w->started)
		pthread_join(w->thread, NULL);
	journal_close(w->journal);
	post_finish(&w->post);
	free_chunks(w->free);
	prefix_set_finish(&w->networks);
	pthread_mutex_destroy(&w->mutex);
	pthread_cond_destroy(&w->changed);
	free(w->sensor);
	free(w->group);
	free(w);
}
