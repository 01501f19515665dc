/* The keeper's turns: each step is done whatever became of the others, and what is said is the
 * first trouble, in its own words. The steps are made up here, and the hours are turned by hand
 * (meson.build). */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "unit.h"
#include "watch/absorb.h"
#include "watch/compact.h"
#include "watch/keeper_internal.h"
#include "watch/retain.h"

/* How a step ends, and what it writes down of it: words may be there without an error, too. */
struct step {
	int error;
	const char *words;
	unsigned calls;
};

static struct step opened, remembered, absorbed, retained, compacted, totalled;
static struct retain_account retain_says;
static struct compact_account compact_says;

struct catalogue {
	unsigned open; /* under what number; 0: closed */
	const struct config *config;
};
static struct catalogue catalogues[8];
static unsigned n_catalogues;
static const char *damage[4];

static struct keeper *keeper;
static struct config config;
static atomic_uint turns; /* that were done */
static atomic_long now_s;
static char said[16][768];
static atomic_uint n_said;

static int do_step(struct step *s, struct diagnosis *d)
{
	s->calls++;
	if (s->words)
		diagnose(d, s->error, "%s", s->words);
	return s->error;
}

/* ---- in the place of archive, catalogue, and the other steps ---- */

const char *archive_path(const struct archive *a)
{
	assert_null(a);
	return "/nowhere";
}

static struct catalogue *make_catalogue(const struct config *c)
{
	struct catalogue *made = &catalogues[n_catalogues];

	made->open = ++n_catalogues;
	made->config = c;
	return made;
}

int catalogue_open(struct archive *a, struct config *c, int flags, struct catalogue **ret_catalogue,
		   struct diagnosis *d)
{
	int error = do_step(&opened, d);

	assert_null(a);
	assert_int_equal(flags, CATALOGUE_SAME_ZONE);
	if (!error)
		*ret_catalogue = make_catalogue(c);
	return error;
}

int catalogue_remember(struct catalogue *c, const struct prefix_set *networks, const char *zone,
		       struct diagnosis *d)
{
	assert_ptr_equal(networks, &c->config->networks);
	assert_null(zone);
	return do_step(&remembered, d);
}

void catalogue_close(struct catalogue *c)
{
	if (c) {
		assert_true(c->open);
		c->open = 0;
	}
}

int absorb_dead(struct archive *a, struct catalogue *c, struct diagnosis *d)
{
	assert_null(a);
	assert_true(c->open);
	return do_step(&absorbed, d);
}

int retain_apply(struct archive *a, struct catalogue *c, const struct config_sensor *settings,
		 uint64_t now_ns, struct retain_account *ret_account, struct diagnosis *d)
{
	assert_null(a);
	assert_true(c->open);
	assert_ptr_equal(settings, &c->config->sensor);
	assert_true(now_ns);
	*ret_account = retain_says;
	return do_step(&retained, d);
}

int compact_apply(struct archive *a, struct catalogue *c, uint64_t now_ns,
		  struct compact_account *ret_account, struct diagnosis *d)
{
	assert_null(a);
	assert_true(c->open);
	assert_true(now_ns);
	*ret_account = compact_says;
	return do_step(&compacted, d);
}

int catalogue_totals(struct catalogue *c, struct catalogue_totals *ret_totals, struct diagnosis *d)
{
	int error = do_step(&totalled, d);

	assert_true(c->open);
	*ret_totals = (struct catalogue_totals){ .batches = 4, .services = 5 };
	return error;
}

size_t catalogue_damage_count(const struct catalogue *c)
{
	size_t n = 0;

	assert_true(c->open);
	while (n < ARRAY_LENGTH(damage) && damage[n])
		n++;
	return n;
}

const char *catalogue_damage_words(const struct catalogue *c, size_t i)
{
	assert_true(c->open);
	return damage[i];
}

int test_clock(clockid_t clock, struct timespec *ret_time);

int test_clock(clockid_t clock, struct timespec *ret_time)
{
	(void)clock;
	*ret_time = (struct timespec){ .tv_sec = atomic_load(&now_s) };
	return 0;
}

/* Until it is woken, and no longer: a turn is over. */
int test_wait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until);

int test_wait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	assert_int_equal(until->tv_sec, atomic_load(&now_s) + 60);
	atomic_fetch_add(&turns, 1);
	return pthread_cond_wait(c, m);
}

/* ---- a keeper ---- */

static void say(void *user, const char *words)
{
	unsigned n = atomic_fetch_add(&n_said, 1);

	assert_ptr_equal(user, &config);
	assert_true(n < ARRAY_LENGTH(said));
	snprintf(said[n], sizeof(said[0]), "%s", words);
}

static int set_up(void **state)
{
	(void)state;
	memset(catalogues, 0, sizeof(catalogues));
	memset(damage, 0, sizeof(damage));
	memset(said, 0, sizeof(said));
	opened = remembered = absorbed = retained = compacted = totalled = (struct step){ 0 };
	retain_says = (struct retain_account){ 0 };
	compact_says = (struct compact_account){ 0 };
	n_catalogues = 0;
	turns = n_said = 0;
	now_s = 1000000;
	config_init(&config);
	return 0;
}

static void begin(bool has_catalogue)
{
	const struct keeper_settings s = { .catalogue =
						   has_catalogue ? make_catalogue(&config) : NULL,
					   .config = &config,
					   .say = say,
					   .user = &config };

	assert_int_equal(keeper_new(&s, &keeper), 0);
}

/* Waits until the keeper has nothing to do any more. */
static void await_turn(unsigned n)
{
	while (atomic_load(&turns) < n)
		sched_yield();
}

/* Two turns, where a configuration came before. */
static void start(void)
{
	assert_int_equal(keeper_start(keeper), 0);
	await_turn(1);
}

static void turn_again(void)
{
	unsigned before = atomic_load(&turns);

	keeper_wake(keeper);
	await_turn(before + 1);
}

static int tear_down(void **state)
{
	(void)state;
	keeper_free(keeper);
	keeper = NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(catalogues); i++)
		assert_int_equal(catalogues[i].open, 0);
	config_finish(&config);
	return 0;
}

static struct config *fresh_config(void)
{
	struct config *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	config_init(c);
	return c;
}

static void assert_trouble(const char *words)
{
	struct keeper_figures f;

	keeper_figures(keeper, &f);
	assert_int_equal(f.failing, *words != '\0');
	assert_string_equal(f.trouble, words);
}

/* ---- */

static void all_is_well(void **state)
{
	struct keeper_figures f;

	(void)state;
	begin(true);
	start();
	turn_again();
	assert_int_equal(absorbed.calls, 2);
	assert_int_equal(totalled.calls, 2);
	assert_trouble("");
	keeper_figures(keeper, &f);
	assert_int_equal(f.batches, 4);
	assert_int_equal(f.services, 5);
	assert_int_equal(opened.calls, 0);
	assert_int_equal(n_said, 0);
	/* One more turn at its end: the last journal was closed only then. */
	keeper_free(keeper);
	keeper = NULL;
	assert_int_equal(absorbed.calls, 3);
}

static void each_step_may_fail(void **state)
{
	struct step *const steps[] = { &absorbed, &retained, &compacted, &totalled };

	(void)state;
	begin(true);
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		char words[32];

		snprintf(words, sizeof(words), "step %zu", i);
		*steps[i] = (struct step){ .error = -ENOSPC, .words = words };
		if (i == 0)
			start();
		else
			turn_again();
		assert_trouble(words);
		assert_int_equal(n_said, i + 1);
		assert_string_equal(said[i], words);
		*steps[i] = (struct step){ 0 };
		atomic_fetch_add(&now_s, 3600);
	}
	/* The others were done all the same; only what is too old stays, and then nothing is put
	 * together. */
	assert_int_equal(absorbed.calls, 3);
	turn_again();
	assert_trouble("");
	assert_int_equal(n_said, 4);
}

/* What one step wrote down is not told of another's failure. */
static void words_are_of_the_step_that_failed(void **state)
{
	(void)state;
	absorbed.words = "a folder was looked into";
	totalled.error = ERR_CATALOGUE;
	begin(true);
	start();
	assert_trouble(error_text(ERR_CATALOGUE));
	assert_string_equal(said[0], error_text(ERR_CATALOGUE));
}

/* Nor what was written down before a new catalogue was there. */
static void words_of_an_opening_that_succeeded(void **state)
{
	(void)state;
	opened.words = "the catalogue is made anew";
	absorbed.error = -EIO;
	begin(true);
	keeper_reload(keeper, fresh_config());
	start();
	assert_trouble(error_text(-EIO));
	assert_int_equal(catalogues[0].open, 0);
	assert_int_equal(catalogues[1].open, 2);
}

static void the_first_trouble_is_told(void **state)
{
	(void)state;
	absorbed = (struct step){ .error = -EIO };
	totalled = (struct step){ .error = -ENOSPC, .words = "no room" };
	begin(true);
	start();
	assert_trouble(error_text(-EIO));
	assert_int_equal(totalled.calls, 1);
	/* Said when it is another one, not each minute. */
	turn_again();
	assert_int_equal(n_said, 1);
	absorbed.error = 0;
	turn_again();
	assert_int_equal(n_said, 2);
	assert_string_equal(said[1], "no room");
}

/* What failed is tried with the next turn, what went well once an hour. */
static void tidies_once_an_hour(void **state)
{
	(void)state;
	retained.error = -ENOSPC;
	begin(true);
	start();
	turn_again();
	assert_int_equal(retained.calls, 2);
	assert_int_equal(compacted.calls, 0);
	retained.error = 0;
	turn_again();
	turn_again();
	assert_int_equal(retained.calls, 3);
	assert_int_equal(compacted.calls, 1);
	atomic_fetch_add(&now_s, 3599);
	turn_again();
	assert_int_equal(retained.calls, 3);
	atomic_fetch_add(&now_s, 1);
	turn_again();
	assert_int_equal(retained.calls, 4);
	assert_int_equal(compacted.calls, 2);
}

/* A batch that can be neither shortened nor put together with others is no failure, but is said:
 * once, and again when it is another one. */
static void what_is_passed_over_is_said(void **state)
{
	(void)state;
	retain_says = (struct retain_account){ .passed_over = 1, .words = { "batch 1 is broken" } };
	compact_says =
		(struct compact_account){ .passed_over = 2, .words = { "batch 2 is broken" } };
	begin(true);
	start();
	assert_trouble("");
	assert_int_equal(n_said, 2);
	assert_non_null(strstr(said[0], "batch 1 is broken; "));
	assert_non_null(strstr(said[1], "batch 2 is broken; "));
	atomic_fetch_add(&now_s, 3600);
	turn_again();
	assert_int_equal(retained.calls, 2);
	assert_int_equal(n_said, 2);
	retain_says = (struct retain_account){ 0 };
	strcpy(compact_says.words.text, "batch 3 is broken");
	atomic_fetch_add(&now_s, 3600);
	turn_again();
	assert_int_equal(n_said, 3);
	assert_non_null(strstr(said[2], "batch 3 is broken; "));
}

static void what_was_let_go_of_is_said(void **state)
{
	struct keeper_figures f;

	(void)state;
	retain_says = (struct retain_account){
		.bared_batches = 7, .bared_until_ns = 70, .dropped_until_ns = 60, .over = true
	};
	begin(true);
	start();
	keeper_figures(keeper, &f);
	assert_int_equal(f.bared_until_ns, 70);
	assert_int_equal(f.dropped_until_ns, 60);
	assert_true(f.over);
	assert_int_equal(n_said, 1);
	assert_non_null(strstr(said[0], " 7;"));
}

static void a_clock_far_ahead_is_said_once(void **state)
{
	(void)state;
	retain_says.as_of_ns = 1;
	now_s = 40 * 86400;
	begin(true);
	start();
	atomic_fetch_add(&now_s, 3600);
	turn_again();
	assert_int_equal(retained.calls, 2);
	assert_int_equal(n_said, 1);
	assert_non_null(strstr(said[0], "1970-01-01"));
}

/* Without one, nothing is done but to try for one. */
static void no_catalogue_yet(void **state)
{
	(void)state;
	opened = (struct step){ .error = ERR_CATALOGUE, .words = "it is locked" };
	begin(false);
	keeper_reload(keeper, fresh_config());
	start();
	assert_trouble("it is locked");
	assert_int_equal(absorbed.calls, 0);
	assert_int_equal(opened.calls, 2);
	turn_again();
	assert_int_equal(opened.calls, 3);
	opened = (struct step){ 0 };
	turn_again();
	assert_trouble("");
	assert_int_equal(absorbed.calls, 1);
	assert_int_equal(n_catalogues, 1);
	turn_again();
	assert_int_equal(opened.calls, 1);
}

/* The old one goes on, and the new one is tried again. */
static void a_new_configuration_fails(void **state)
{
	(void)state;
	remembered = (struct step){ .error = -ENOSPC, .words = "no room for networks" };
	begin(true);
	keeper_reload(keeper, fresh_config());
	keeper_reload(keeper, fresh_config()); /* which takes the place of the first */
	start();
	assert_trouble("no room for networks");
	assert_int_equal(n_catalogues, 3);
	assert_int_equal(catalogues[0].open, 1);
	assert_int_equal(absorbed.calls, 2);
	remembered = (struct step){ 0 };
	turn_again();
	assert_trouble("");
	assert_int_equal(catalogues[0].open, 0);
	assert_int_equal(catalogues[3].open, 4);
}

static void damage_is_said_once(void **state)
{
	(void)state;
	damage[0] = "part-0000 is damaged";
	begin(true);
	start();
	turn_again();
	assert_int_equal(n_said, 1);
	damage[1] = "part-0001 is damaged";
	turn_again();
	assert_int_equal(n_said, 2);
	assert_string_equal(said[1], damage[1]);
	/* Another catalogue meets it anew. */
	keeper_reload(keeper, fresh_config());
	await_turn(4);
	assert_int_equal(n_said, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_is_well),
		TEST(each_step_may_fail),
		TEST(words_are_of_the_step_that_failed),
		TEST(words_of_an_opening_that_succeeded),
		TEST(the_first_trouble_is_told),
		TEST(tidies_once_an_hour),
		TEST(what_is_passed_over_is_said),
		TEST(what_was_let_go_of_is_said),
		TEST(a_clock_far_ahead_is_said_once),
		TEST(no_catalogue_yet),
		TEST(a_new_configuration_fails),
		TEST(damage_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
