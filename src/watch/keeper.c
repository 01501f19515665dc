#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/i18n.h"
#include "base/text.h"
#include "base/zone.h"

#include "watch/absorb.h"
#include "watch/compact.h"
#include "watch/keeper_internal.h"
#include "watch/retain.h"

#define TURN_S 60   /* tries again what failed, and looks at the disk */
#define TIDY_S 3600 /* looks for what is too old, or in many pieces */

/* A clock that is so far ahead of the days that were watched is spoken of. */
#define DISBELIEF_NS (30 * SECONDS_PER_DAY * NS_PER_SECOND)

struct keeper {
	struct keeper_settings settings;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool started;
	/* Under the mutex. */
	bool woken, ending;
	struct config *fresh; /* to be opened with */
	struct keeper_figures figures;

	/* The thread's own. */
	struct catalogue *catalogue;
	struct config *config;
	struct config *owned;                         /* the same, where it is ours */
	size_t n_told;                                /* of the catalogue's damage */
	bool disbelieves;                             /* the clock, as was said */
	struct diagnosis not_retained, not_compacted; /* what was passed over, as was said */
	time_t tidied_s; /* when it last did that (monotonic); 0: never */
};

void keeper_wake(struct keeper *k)
{
	pthread_mutex_lock(&k->mutex);
	k->woken = true;
	pthread_cond_signal(&k->changed);
	pthread_mutex_unlock(&k->mutex);
}

static void free_config(struct config *c)
{
	if (c)
		config_finish(c);
	free(c);
}

void keeper_reload(struct keeper *k, struct config *config)
{
	pthread_mutex_lock(&k->mutex);
	free_config(k->fresh);
	k->fresh = config;
	k->woken = true;
	pthread_cond_signal(&k->changed);
	pthread_mutex_unlock(&k->mutex);
}

void keeper_figures(struct keeper *k, struct keeper_figures *ret_figures)
{
	pthread_mutex_lock(&k->mutex);
	*ret_figures = k->figures;
	pthread_mutex_unlock(&k->mutex);
}

/* It is tried again with the next turn, unless there is a newer one. */
static void put_back(struct keeper *k, struct config *config)
{
	pthread_mutex_lock(&k->mutex);
	if (!k->fresh) {
		k->fresh = config;
		config = NULL;
	}
	pthread_mutex_unlock(&k->mutex);
	free_config(config);
}

/* Another catalogue in the place of the one at hand, which stays when that fails. */
static int open_anew(struct keeper *k, struct diagnosis *d)
{
	struct catalogue *c;
	struct config *fresh;
	int error;

	pthread_mutex_lock(&k->mutex);
	fresh = k->fresh;
	k->fresh = NULL;
	pthread_mutex_unlock(&k->mutex);
	if (!fresh)
		return 0;
	error = catalogue_open(k->settings.archive, fresh, CATALOGUE_SAME_ZONE, &c, d);
	if (!error) {
		error = catalogue_remember(c, &fresh->networks, NULL, d);
		if (error < 0)
			catalogue_close(c);
	}
	if (error < 0) {
		put_back(k, fresh);
		return error;
	}
	catalogue_close(k->catalogue);
	free_config(k->owned);
	k->catalogue = c;
	k->config = k->owned = fresh;
	k->n_told = 0;
	return 0;
}

static int take_figures(struct keeper *k, struct diagnosis *d)
{
	struct catalogue_totals t;
	struct statvfs disk;
	int error = catalogue_totals(k->catalogue, &t, d);
	bool known;

	if (error < 0)
		return error;
	/* A disk may take long for it, and the line's thread does not wait for disks. */
	known = statvfs(archive_path(k->settings.archive), &disk) == 0;
	pthread_mutex_lock(&k->mutex);
	k->figures.archive_bytes = t.archive_bytes;
	k->figures.sightings = t.sightings;
	k->figures.batches = t.batches;
	k->figures.services = t.services;
	if (known)
		k->figures.free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	pthread_mutex_unlock(&k->mutex);
	return 0;
}

/* Said when it is something else than the last time. */
static void note_trouble(struct keeper *k, int error, const struct diagnosis *d)
{
	const char *words = !error ? "" : d->text[0] ? d->text : error_text(error);
	bool changed;

	pthread_mutex_lock(&k->mutex);
	k->figures.failing = error < 0;
	changed = strncmp(k->figures.trouble, words, sizeof(k->figures.trouble) - 1) != 0;
	snprintf(k->figures.trouble, sizeof(k->figures.trouble), "%.255s", words);
	pthread_mutex_unlock(&k->mutex);
	if (error < 0 && changed)
		k->settings.say(k->settings.user, words);
}

/* Whoever runs it is to know what no answer has; each file once. */
static void say_damage(struct keeper *k)
{
	for (; k->n_told < catalogue_damage_count(k->catalogue); k->n_told++)
		k->settings.say(k->settings.user, catalogue_damage_words(k->catalogue, k->n_told));
}

/* What was let go of is said, since it cannot be had again. */
static void say_retained(struct keeper *k, const struct retain_account *r)
{
	char line[256], n[TEXT_NUMBER_MAX], m[TEXT_NUMBER_MAX], bytes[TEXT_NUMBER_MAX];

	pthread_mutex_lock(&k->mutex);
	k->figures.over = r->over;
	if (r->bared_until_ns)
		k->figures.bared_until_ns = r->bared_until_ns;
	if (r->dropped_until_ns)
		k->figures.dropped_until_ns = r->dropped_until_ns;
	pthread_mutex_unlock(&k->mutex);
	if (!r->bared_batches && !r->dropped_batches)
		return;
	snprintf(line, sizeof(line),
		 _("let go of what is too old: %s batches, the single records of %s; %s are free"),
		 text_number(r->dropped_batches, n), text_number(r->bared_batches, m),
		 text_bytes(r->freed_bytes, bytes));
	k->settings.say(k->settings.user, line);
}

/* Said when it begins. */
static void say_clock(struct keeper *k, const struct retain_account *r, uint64_t now_ns)
{
	bool ahead = r->as_of_ns && r->as_of_ns + DISBELIEF_NS < now_ns;
	char line[256], date[ZONE_TEXT_MAX];

	if (ahead && !k->disbelieves) {
		snprintf(line, sizeof(line),
			 _("the clock is far ahead of what was watched: what is too old is so as of"
			   " %.10s, until %d days were watched by this clock"),
			 zone_format(r->as_of_ns, date), RETAIN_DAYS_BELIEVED);
		k->settings.say(k->settings.user, line);
	}
	k->disbelieves = ahead;
}

/* What cannot be read is passed over each hour, and said once. */
static void say_passed_over(struct keeper *k, uint64_t n, const struct diagnosis *words,
			    struct diagnosis *told)
{
	char line[sizeof(words->text) + 128];

	if (n && strcmp(words->text, told->text) != 0) {
		snprintf(line, sizeof(line), _("%s; the batch stays as it is"), words->text);
		k->settings.say(k->settings.user, line);
	}
	*told = *words;
}

/* Once an hour, by the clock that does not step: lets go of what is too old, puts the hours of
 * finished days together. */
static int tidy(struct keeper *k, struct diagnosis *d)
{
	struct retain_account account = { 0 };
	struct compact_account compacted = { 0 };
	struct timespec now, wall;
	uint64_t wall_ns;
	int error;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (k->tidied_s && now.tv_sec - k->tidied_s < TIDY_S)
		return 0;
	clock_gettime(CLOCK_REALTIME, &wall);
	wall_ns = (uint64_t)wall.tv_sec * NS_PER_SECOND;
	error = retain_apply(k->settings.archive, k->catalogue, &k->config->sensor, wall_ns,
			     &account, d);
	say_retained(k, &account);
	say_passed_over(k, account.passed_over, &account.words, &k->not_retained);
	say_clock(k, &account, wall_ns);
	if (!error) {
		error = compact_apply(k->settings.archive, k->catalogue, wall_ns, &compacted, d);
		say_passed_over(k, compacted.passed_over, &compacted.words, &k->not_compacted);
	}
	if (!error)
		k->tidied_s = now.tv_sec;
	return error;
}

/* Counting takes much for a moment: what the allocator keeps of it would stay the process's for the
 * hour until the next time. */
static void give_memory_back(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

static int absorb_all(struct keeper *k, struct diagnosis *d)
{
	return absorb_dead(k->settings.archive, k->catalogue, d);
}

/* Each of them, whatever became of the one before; the first trouble is the turn's, in its own
 * words. */
static void do_all(struct keeper *k)
{
	static int (*const steps[])(struct keeper *, struct diagnosis *) = { open_anew, absorb_all,
									     tidy, take_figures };
	struct diagnosis first = { "" };
	int error = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(steps) && (i == 0 || k->catalogue); i++) {
		struct diagnosis d = { "" };
		int step = steps[i](k, &d);

		if (step < 0 && !error) {
			error = step;
			first = d;
		}
	}
	if (k->catalogue)
		say_damage(k);
	note_trouble(k, error, &first);
	give_memory_back();
}

/* Returns false when it is to end. */
static bool wait_for_work(struct keeper *k)
{
	struct timespec until;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TURN_S;
	pthread_mutex_lock(&k->mutex);
	while (!k->woken && !k->ending &&
	       pthread_cond_timedwait(&k->changed, &k->mutex, &until) != ETIMEDOUT)
		;
	go_on = k->woken || !k->ending;
	k->woken = false;
	pthread_mutex_unlock(&k->mutex);
	return go_on;
}

static void *run(void *user)
{
	struct keeper *k = user;

	do {
		do_all(k);
	} while (wait_for_work(k));
	return NULL;
}

int keeper_new(const struct keeper_settings *settings, struct keeper **ret_keeper)
{
	struct keeper *k = calloc(1, sizeof(*k));
	pthread_condattr_t monotonic;

	if (!k)
		return -ENOMEM;
	k->settings = *settings;
	k->catalogue = settings->catalogue;
	k->config = settings->config;
	pthread_mutex_init(&k->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&k->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*ret_keeper = k;
	return 0;
}

int keeper_start(struct keeper *k)
{
	k->started = pthread_create(&k->thread, NULL, run, k) == 0;
	return k->started ? 0 : ERR_THREADS;
}

void keeper_free(struct keeper *k)
{
	if (!k)
		return;
	if (k->started) {
		pthread_mutex_lock(&k->mutex);
		k->ending = k->woken =
			true; /* one more turn: the last journal was closed only now */
		pthread_cond_signal(&k->changed);
		pthread_mutex_unlock(&k->mutex);
		pthread_join(k->thread, NULL);
	}
	catalogue_close(k->catalogue);
	free_config(k->owned);
	free_config(k->fresh);
	pthread_mutex_destroy(&k->mutex);
	pthread_cond_destroy(&k->changed);
	free(k);
}
