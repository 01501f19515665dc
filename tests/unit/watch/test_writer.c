/* Posts on their way to a journal that is made up here: what is on disk once, what waits, what is
 * said, when it is given up. The disk refuses as often as it is told to, and nobody waits for the
 * time between two tries (meson.build). */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "networks.h"
#include "unit.h"
#include "watch/writer_internal.h"

#define START 1000u
#define GROUP (8 * CHUNK_SIGHTINGS)

static struct prefix_set networks;
static struct writer *writer;

/* What the disk has: one after the other, over all journals. Written by the writer's thread, read
 * when that has ended or is idle. */
#define GROUPS_MAX 64
static struct {
	unsigned journal;
	size_t first, n; /* sightings, by their peers' number */
	uint64_t up_to_ns;
	size_t n_gaps, n_counts, n_floods;
	bool memory;
} groups[GROUPS_MAX];
static size_t n_groups, n_on_disk;

struct journal_writer {
	char name[32];
	uint64_t sightings;
	bool open;
};
static struct journal_writer journals[8];
static struct {
	uint64_t started_ns;
	bool has_second_network;
} heads[8];
static unsigned n_journals;

static atomic_int refuse_appends, refuse_journals, refuse_after; /* so many times */
static atomic_int waits, closed, n_said;
static char said[16][512];

/* ---- in the place of the journal and the clock ---- */

int journal_create(struct archive *a, uint64_t started_ns, const char *sensor,
		   const struct prefix_set *nets, struct journal_writer **ret_writer,
		   struct diagnosis *d)
{
	struct net_addr second;
	struct journal_writer *j = &journals[n_journals];

	assert_null(a);
	assert_string_equal(sensor, "eth1: xdp");
	if (atomic_load(&refuse_journals) > 0) {
		atomic_fetch_sub(&refuse_journals, 1);
		return diagnose(d, -ENOSPC, "no room for a journal");
	}
	assert_true(addr_parse("198.51.100.1", &second));
	heads[n_journals].started_ns = started_ns;
	heads[n_journals].has_second_network = prefix_set_contains(nets, second);
	snprintf(j->name, sizeof(j->name), "journal-%u", n_journals++);
	j->sightings = 0;
	j->open = true;
	*ret_writer = j;
	return 0;
}

void journal_close(struct journal_writer *j)
{
	if (j)
		j->open = false;
}

const char *journal_name(const struct journal_writer *j)
{
	return j->name;
}

uint64_t journal_sightings(const struct journal_writer *j)
{
	return j->sightings;
}

uint64_t journal_bytes(const struct journal_writer *j)
{
	return 10 * j->sightings;
}

int journal_append(struct journal_writer *j, const struct journal_group *g, struct diagnosis *d)
{
	assert_true(j->open);
	if (atomic_load(&refuse_appends) > 0 && atomic_fetch_sub(&refuse_after, 1) <= 0) {
		atomic_fetch_sub(&refuse_appends, 1);
		return diagnose(d, -ENOSPC, "the disk is full");
	}
	assert_true(n_groups < GROUPS_MAX);
	groups[n_groups].journal = (unsigned)(j - journals);
	groups[n_groups].first = n_on_disk;
	groups[n_groups].n = g->n_sightings;
	groups[n_groups].up_to_ns = g->up_to_ns;
	groups[n_groups].n_gaps = g->n_gaps;
	groups[n_groups].n_counts = g->n_counts;
	groups[n_groups].n_floods = g->n_floods;
	groups[n_groups++].memory = g->memory;
	/* Each once, and in their order. */
	for (size_t i = 0; i < g->n_sightings; i++)
		assert_int_equal(g->sightings[i].time_ns, n_on_disk++);
	j->sightings += g->n_sightings;
	return 0;
}

int test_wait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until);

int test_wait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	(void)c;
	(void)m;
	(void)until;
	atomic_fetch_add(&waits, 1);
	return ETIMEDOUT;
}

/* ---- the line's side ---- */

static void note_closed(void *user)
{
	assert_ptr_equal(user, &networks);
	atomic_fetch_add(&closed, 1);
}

static void say(void *user, const char *words)
{
	assert_ptr_equal(user, &networks);
	snprintf(said[atomic_fetch_add(&n_said, 1)], sizeof(said[0]), "%s", words);
}

static int make(size_t chunks)
{
	const struct writer_settings settings = { .sensor = "eth1: xdp",
						  .started_ns = START,
						  .networks = &networks,
						  .memory_bytes = chunks * sizeof(struct chunk),
						  .closed = note_closed,
						  .say = say,
						  .user = &networks };
	struct diagnosis d = { "" };

	return writer_new(&settings, &writer, &d);
}

static int set_up(void **state)
{
	(void)state;
	prefix_set_init(&networks);
	add_network(&networks, "192.0.2.0/24");
	n_groups = n_on_disk = 0;
	n_journals = 0;
	memset(said, 0, sizeof(said));
	refuse_appends = refuse_journals = refuse_after = waits = closed = n_said = 0;
	writer = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writer_free(writer);
	for (unsigned i = 0; i < n_journals; i++)
		assert_false(journals[i].open);
	prefix_set_finish(&networks);
	return 0;
}

static void end(void)
{
	writer_free(writer);
	writer = NULL;
}

static void await_free(void)
{
	while (!writer_is_free(writer))
		sched_yield();
}

/* N more sightings, numbered on from *AT by their times, with a gap, counts, floods and memory. */
static struct post fill(size_t *at, size_t n, uint64_t up_to_ns)
{
	struct post p;
	struct chunk **next;

	post_init(&p);
	next = &p.first;
	while (n) {
		struct chunk *c = writer_take_chunk(writer);

		assert_non_null(c);
		for (; n && c->n < CHUNK_SIGHTINGS; n--)
			c->sightings[c->n++] = (struct sighting){ .time_ns = (*at)++ };
		*next = c;
		next = &c->next;
	}
	p.gaps = calloc(1, sizeof(*p.gaps));
	assert_non_null(p.gaps);
	p.n_gaps = p.n_counts = p.n_floods = 1;
	buffer_put(&p.memory, "memory", 6);
	p.up_to_ns = up_to_ns;
	return p;
}

static void offer_last(size_t *at, size_t n, uint64_t up_to_ns)
{
	struct post p = fill(at, n, up_to_ns);

	p.ends_journal = p.last = true;
	writer_offer(writer, &p);
}

/* ---- tests ---- */

static void a_post_is_on_disk(void **state)
{
	struct writer_figures f;
	size_t at = 0;
	struct post p;

	(void)state;
	assert_int_equal(make(16), 0);
	writer_figures(writer, &f);
	assert_string_equal(f.journal, "journal-0");
	assert_int_equal(f.durable_ns, START);
	assert_int_equal(writer_start(writer), 0);
	p = fill(&at, 100, 2000);
	writer_offer(writer, &p);
	assert_null(p.first);
	assert_null(p.gaps);
	await_free();
	writer_figures(writer, &f);
	assert_int_equal(f.durable_ns, 2000);
	assert_int_equal(f.sightings, 100);
	assert_int_equal(f.bytes, 1000);
	assert_false(f.failing);
	offer_last(&at, 50, 3000);
	end();
	assert_int_equal(n_on_disk, 150);
	assert_int_equal(n_groups, 2);
	assert_true(groups[0].memory && groups[0].n_gaps && groups[0].n_counts &&
		    groups[0].n_floods);
	assert_int_equal(closed, 1);
	assert_int_equal(n_journals, 1);
	assert_int_equal(n_said, 0);
}

/* Only the last of several groups tells up to when all was seen, and what belongs to that. */
static void a_large_post_is_several_groups(void **state)
{
	size_t at = 0;

	(void)state;
	assert_int_equal(make(20), 0);
	assert_int_equal(writer_start(writer), 0);
	offer_last(&at, 2 * GROUP + 1, 2000);
	end();
	assert_int_equal(n_on_disk, 2 * GROUP + 1);
	assert_int_equal(n_groups, 3);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(groups[i].n, GROUP);
		assert_int_equal(groups[i].up_to_ns, START);
		assert_int_equal(groups[i].n_gaps + groups[i].n_counts + groups[i].n_floods, 0);
		assert_false(groups[i].memory);
	}
	assert_int_equal(groups[2].up_to_ns, 2000);
	assert_true(groups[2].n_gaps && groups[2].memory);
}

static void journals_follow_each_other(void **state)
{
	struct writer_figures f;
	struct prefix_set more;
	size_t at = 0;
	struct post p;

	(void)state;
	prefix_set_init(&more);
	add_network(&more, "192.0.2.0/24");
	add_network(&more, "198.51.100.0/24");
	assert_int_equal(make(16), 0);
	assert_int_equal(writer_start(writer), 0);
	p = fill(&at, 10, 2000);
	p.ends_journal = true;
	p.networks = more;
	writer_offer(writer, &p);
	await_free();
	assert_int_equal(closed, 1);
	writer_figures(writer, &f);
	assert_string_equal(f.journal, "journal-1");
	assert_int_equal(f.sightings, 0);
	assert_int_equal(f.durable_ns, 2000);
	offer_last(&at, 10, 3000);
	end();
	assert_int_equal(closed, 2);
	assert_int_equal(n_journals, 2);
	assert_int_equal(groups[0].journal, 0);
	assert_int_equal(groups[1].journal, 1);
	/* No time lies between the two. */
	assert_int_equal(heads[0].started_ns, START);
	assert_int_equal(heads[1].started_ns, 2000);
	assert_false(heads[0].has_second_network);
	assert_true(heads[1].has_second_network);
}

/* The disk takes the first group and then nothing for a while: each sighting once, said once. */
static void full_disk_and_room_again(void **state)
{
	struct writer_figures f;
	size_t at = 0;
	struct post p;

	(void)state;
	assert_int_equal(make(20), 0);
	refuse_after = 1;
	refuse_appends = 30; /* more often than it would be tried at the end */
	assert_int_equal(writer_start(writer), 0);
	p = fill(&at, GROUP + 7, 2000);
	writer_offer(writer, &p);
	await_free();
	assert_int_equal(n_on_disk, GROUP + 7);
	assert_int_equal(waits, 30);
	assert_int_equal(n_said, 2);
	assert_non_null(strstr(said[0], "the disk is full; "));
	assert_non_null(strstr(said[1], "again"));
	writer_figures(writer, &f);
	assert_false(f.failing);
	assert_string_equal(f.trouble, "");
	assert_int_equal(f.durable_ns, 2000);
	offer_last(&at, 1, 3000);
	end();
	assert_int_equal(n_said, 2);
	assert_int_equal(n_on_disk, GROUP + 8);
}

/* There was no room for the next journal: the next post makes it, from where the one before ended.
 */
static void no_room_for_the_next_journal(void **state)
{
	size_t at = 0;
	struct post p;

	(void)state;
	assert_int_equal(make(16), 0);
	assert_int_equal(writer_start(writer), 0);
	refuse_journals = 3;
	p = fill(&at, 10, 2000);
	p.ends_journal = true;
	writer_offer(writer, &p);
	await_free();
	assert_int_equal(n_journals, 1);
	assert_int_equal(n_said, 0);
	offer_last(&at, 10, 3000);
	end();
	assert_int_equal(n_journals, 2);
	assert_int_equal(heads[1].started_ns, 2000);
	assert_int_equal(n_on_disk, 20);
	assert_int_equal(waits, 2);
	assert_int_equal(n_said, 2);
	assert_non_null(strstr(said[0], "no room for a journal; "));
}

static void given_up_at_the_end(void **state)
{
	size_t at = 0;

	(void)state;
	assert_int_equal(make(20), 0);
	refuse_after = 1;
	refuse_appends = 1000000;
	writer_end(writer);
	assert_int_equal(writer_start(writer), 0);
	offer_last(&at, GROUP + 7, 2000);
	end();
	/* What was on disk before is not lost. */
	assert_int_equal(n_on_disk, GROUP);
	assert_int_equal(waits, 9);
	assert_int_equal(n_said, 2);
	assert_non_null(strstr(said[1], "7 sightings could not be written"));
	assert_int_equal(closed, 1);
}

/* Once given up, nothing is written any more, even if there were room: the journal ends before the
 * loss. */
static void nothing_behind_a_loss(void **state)
{
	size_t at = 0;
	struct post p;

	(void)state;
	assert_int_equal(make(20), 0);
	refuse_appends = 10;
	writer_end(writer);
	assert_int_equal(writer_start(writer), 0);
	p = fill(&at, 5, 2000);
	writer_offer(writer, &p);
	await_free();
	assert_int_equal(refuse_appends, 0);
	offer_last(&at, 6, 3000);
	end();
	assert_int_equal(n_on_disk, 0);
	assert_int_equal(n_groups, 0);
	assert_non_null(strstr(said[1], "11 sightings could not be written"));
}

/* Chunks come back once they are on disk, and no more are made than there is memory for. */
static void memory_is_bounded(void **state)
{
	struct chunk *taken[11];
	size_t at = 0;

	(void)state;
	assert_int_equal(make(11), 0);
	for (int turn = 0; turn < 3; turn++) {
		struct post p;

		for (int i = 0; i < 11; i++) {
			taken[i] = writer_take_chunk(writer);
			assert_non_null(taken[i]);
			assert_null(taken[i]->next);
			assert_int_equal(taken[i]->n, 0);
		}
		assert_null(writer_take_chunk(writer));
		post_init(&p);
		p.up_to_ns = 2000;
		for (int i = 0; i < 11; i++) {
			taken[i]->next = p.first;
			taken[i]->n = 1;
			taken[i]->sightings[0] =
				(struct sighting){ .time_ns = at + 10 - (size_t)i };
			p.first = taken[i];
		}
		at += 11;
		if (!turn)
			assert_int_equal(writer_start(writer), 0);
		writer_offer(writer, &p);
		await_free();
	}
	assert_int_equal(n_on_disk, 33);
	offer_last(&at, 0, 3000);
	end();
}

static void no_first_journal(void **state)
{
	(void)state;
	refuse_journals = 1;
	assert_int_equal(make(16), -ENOSPC);
	assert_null(writer);
	assert_int_equal(n_said, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_post_is_on_disk),
		TEST(a_large_post_is_several_groups),
		TEST(journals_follow_each_other),
		TEST(full_disk_and_room_again),
		TEST(no_room_for_the_next_journal),
		TEST(given_up_at_the_end),
		TEST(nothing_behind_a_loss),
		TEST(memory_is_bounded),
		TEST(no_first_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
