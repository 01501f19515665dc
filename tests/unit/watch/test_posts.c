/* What goes to the writer, and when: of which journal each sighting is, though the writer be busy.
 * The writer is made up here, takes a post when it is told to, and keeps them all; clocks are
 * turned by hand. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

#include "networks.h"
#include "unit.h"
#include "watch/watch_internal.h"

#define SECOND 1000000000ULL
#define BOOT   (5000 * SECOND)
#define WALL   (1700006400 * SECOND) /* midnight */

static struct config config;
static struct watch w;
static struct flood_settings bounds;

static struct post taken[32]; /* as the writer got them */
static size_t n_taken;
static bool busy, ending;
static size_t chunks_left;
static uint64_t on_disk; /* sightings of the journal at hand */
static char said[1024];

/* ---- in the place of the writer and of who else takes a configuration ---- */

void post_init(struct post *p)
{
	memset(p, 0, sizeof(*p));
	buffer_init(&p->memory);
	prefix_set_init(&p->networks);
}

void post_finish(struct post *p)
{
	while (p->first) {
		struct chunk *next = p->first->next;

		free(p->first);
		p->first = next;
	}
	free(p->gaps);
	buffer_finish(&p->memory);
	prefix_set_finish(&p->networks);
	post_init(p);
}

struct chunk *writer_take_chunk(struct writer *writer)
{
	assert_null(writer);
	if (!chunks_left)
		return NULL;
	chunks_left--;
	return calloc(1, sizeof(struct chunk));
}

bool writer_is_free(struct writer *writer)
{
	assert_null(writer);
	return !busy;
}

void writer_offer(struct writer *writer, struct post *p)
{
	assert_null(writer);
	assert_false(busy);
	assert_true(n_taken < ARRAY_LENGTH(taken));
	taken[n_taken++] = *p;
	post_init(p);
}

void writer_end(struct writer *writer)
{
	assert_null(writer);
	ending = true;
}

void writer_figures(struct writer *writer, struct writer_figures *ret_figures)
{
	assert_null(writer);
	*ret_figures = (struct writer_figures){ .sightings = on_disk };
}

int live_configure(struct live_source *s, const struct config *c)
{
	assert_null(s);
	assert_non_null(c);
	return 0;
}

void keeper_reload(struct keeper *k, struct config *c)
{
	assert_null(k);
	config_finish(c);
	free(c);
}

int watch_check_networks(const struct prefix_set *networks, struct diagnosis *d)
{
	(void)networks;
	(void)d;
	return 0;
}

void watch_say(struct watch *watch, const char *format, ...)
{
	va_list args;

	assert_ptr_equal(watch, &w);
	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
}

static const char *fresh_network;

static int load(void *user, struct config *c, struct diagnosis *d)
{
	assert_ptr_equal(user, &w);
	(void)d;
	add_network(&c->networks, fresh_network);
	return 0;
}

/* ---- a sensor ---- */

static int set_up(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	config_init(&config);
	add_network(&config.networks, "192.0.2.0/24");
	w.config = &config;
	w.settings.load = load;
	w.settings.user = &w;
	w.n_lines = 1;
	w.now = (struct watch_time){ .boot_ns = BOOT, .wall_ns = WALL, .awake_ns = BOOT };
	w.started = w.second = w.posted = w.saved = w.now;
	w.seen_ns = WALL;
	w.journal_day = zone_day(WALL);
	ledger_init(&w.ledger);
	bounds = flood_settings_for(256 << 20);
	assert_int_equal(flood_new(&bounds, &w.flood), 0);
	watch_begin_hour(&w);
	n_taken = on_disk = 0;
	busy = ending = false;
	chunks_left = 8;
	fresh_network = "198.51.100.0/24";
	said[0] = '\0';
	return observer_new(&config, &w.observer);
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_taken; i++)
		post_finish(&taken[i]);
	watch_drop_posts(&w);
	free(w.chunk);
	while (w.full) {
		struct chunk *next = w.full->next;

		free(w.full);
		w.full = next;
	}
	observer_free(w.observer);
	flood_free(w.flood);
	ledger_finish(&w.ledger);
	if (w.owned)
		config_finish(w.owned);
	free(w.owned);
	config_finish(&config);
	return 0;
}

static void pass_ns(uint64_t ns)
{
	w.now.boot_ns += ns;
	w.now.awake_ns += ns;
	w.now.wall_ns += ns;
	w.seen_ns = w.now.wall_ns;
}

static void pass(uint64_t seconds)
{
	pass_ns(seconds * SECOND);
	watch_post(&w);
}

/* A SYN+ACK of HOST, as the line's thread has it. Returns what the observer says. */
static enum outcome see(const char *host)
{
	const struct packet p = { .src = addr(host),
				  .dst = addr("203.0.113.9"),
				  .sport = 443,
				  .dport = 50000,
				  .tcp_flags = TCP_SYN | TCP_ACK };
	enum outcome outcome = observer_see(w.observer, w.now.wall_ns, &p, watch_slot(&w));

	w.outcomes[outcome]++;
	if (outcome == OUTCOME_SIGHTING)
		watch_keep_slot(&w);
	return outcome;
}

static size_t sightings_in(const struct post *p)
{
	size_t n = 0;

	for (const struct chunk *c = p->first; c; c = c->next)
		n += c->n;
	return n;
}

/* That the I-th post has N sightings, all of hosts in NETWORK. */
static void assert_has(size_t i, size_t n, const char *network)
{
	struct net_prefix p;

	assert_int_equal(prefix_parse(network, &p, NULL), 0);
	assert_true(i < n_taken);
	assert_int_equal(sightings_in(&taken[i]), n);
	for (const struct chunk *c = taken[i].first; c; c = c->next) {
		for (size_t k = 0; k < c->n; k++)
			assert_true(prefix_contains(p, c->sightings[k].host));
	}
}

static uint64_t count_of(const struct post *p, const char *name)
{
	for (size_t i = 0; i < p->n_counts; i++) {
		if (!strcmp(p->counts[i].name, name))
			return p->counts[i].count;
	}
	return 0;
}

/* ---- when ---- */

static void what_is_seen_waits_a_little(void **state)
{
	(void)state;
	assert_int_equal(see("192.0.2.1"), OUTCOME_SIGHTING);
	pass_ns(SECOND / 10);
	watch_post(&w);
	assert_int_equal(n_taken, 0);
	pass_ns(SECOND / 10);
	watch_post(&w);
	assert_int_equal(n_taken, 1);
	assert_has(0, 1, "192.0.2.0/24");
	assert_int_equal(taken[0].up_to_ns, WALL + SECOND / 5);
	assert_false(taken[0].ends_journal);
	assert_int_equal(count_of(&taken[0], "sighting"), 1);
}

/* Where nothing is, only the time goes on; memory with it once a minute. */
static void a_quiet_line(void **state)
{
	size_t with_memory = 0;

	(void)state;
	for (int i = 0; i < 60; i++)
		pass(1);
	assert_int_equal(n_taken, 12);
	for (size_t i = 0; i < n_taken; i++)
		with_memory += taken[i].memory.length > 0;
	assert_int_equal(with_memory, 1);
	assert_true(taken[11].memory.length);
	assert_int_equal(taken[11].up_to_ns, WALL + 60 * SECOND);
}

/* A full chunk does not wait. */
static void a_busy_line(void **state)
{
	(void)state;
	for (int i = 0; i < CHUNK_SIGHTINGS; i++)
		(void)see("192.0.2.1");
	watch_post(&w);
	assert_has(0, CHUNK_SIGHTINGS, "192.0.2.0/24");
}

/* All goes on being one post, until there is no room; then it is counted. */
static void the_writer_is_busy(void **state)
{
	(void)state;
	chunks_left = 2;
	busy = true;
	for (int i = 0; i < 2 * CHUNK_SIGHTINGS + 7; i++) {
		(void)see("192.0.2.1");
		if (i % 1000 == 0)
			pass(1);
	}
	assert_int_equal(n_taken, 0);
	assert_int_equal(w.unwritten, 7);
	busy = false;
	pass(1);
	assert_has(0, 2 * CHUNK_SIGHTINGS, "192.0.2.0/24");
	assert_int_equal(count_of(&taken[0], "sighting"), 2 * CHUNK_SIGHTINGS + 7);
}

/* ---- journals ---- */

static void an_hour_has_a_journal(void **state)
{
	(void)state;
	(void)see("192.0.2.1");
	pass(3599);
	assert_false(taken[0].ends_journal);
	(void)see("192.0.2.1");
	pass(1);
	assert_int_equal(n_taken, 2);
	assert_true(taken[1].ends_journal);
	assert_int_equal(taken[1].next_ns, 0);
	assert_int_equal(taken[1].networks.n_prefixes, 0);
	assert_int_equal(count_of(&taken[1], "sighting"), 2);
	assert_true(taken[1].memory.length);
	(void)see("192.0.2.1");
	pass(1);
	assert_false(taken[2].ends_journal);
	assert_int_equal(count_of(&taken[2], "sighting"), 1);
}

static void so_many_are_a_journal(void **state)
{
	(void)state;
	w.outcomes[OUTCOME_SIGHTING] = JOURNAL_SIGHTINGS_MAX;
	on_disk = JOURNAL_SIGHTINGS_MAX - 1; /* the others were only counted */
	pass(5);
	assert_false(taken[0].ends_journal);
	on_disk++;
	pass(5);
	assert_true(taken[1].ends_journal);
	on_disk = 0;
	pass(5);
	assert_false(taken[2].ends_journal);
}

/* What the disk keeps waiting over midnight is of two days. */
static void midnight_while_the_writer_is_busy(void **state)
{
	(void)state;
	pass_ns(SECOND);
	w.journal_day--; /* all of this is the day before */
	busy = true;
	(void)see("192.0.2.1");
	pass(1);
	(void)see("192.0.2.2");
	(void)see("192.0.2.3");
	pass(1);
	busy = false;
	pass(1);
	pass(1);
	assert_int_equal(n_taken, 2);
	assert_true(taken[0].ends_journal);
	assert_has(0, 1, "192.0.2.1/32");
	assert_has(1, 2, "192.0.2.2/31");
}

/* ---- another configuration ---- */

static void networks_begin_with_a_journal(void **state)
{
	(void)state;
	(void)see("192.0.2.1");
	assert_int_equal(see("198.51.100.1"), OUTCOME_FOREIGN);
	watch_reload(&w);
	assert_int_equal(see("198.51.100.1"), OUTCOME_SIGHTING);
	pass(1);
	pass(1);
	assert_int_equal(n_taken, 2);
	assert_has(0, 1, "192.0.2.0/24");
	assert_has(1, 1, "198.51.100.0/24");
}

/* The old journal's head says what was watched for: nothing else comes into it, however long the
 * disk takes. */
static void networks_while_the_writer_is_busy(void **state)
{
	(void)state;
	(void)see("192.0.2.1");
	pass(1);
	busy = true;
	(void)see("192.0.2.1");
	(void)see("192.0.2.1");
	pass(10);
	assert_int_equal(see("198.51.100.1"), OUTCOME_FOREIGN);
	watch_reload(&w);
	assert_string_equal(said, "the configuration was read again");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(see("198.51.100.1"), OUTCOME_SIGHTING);
		pass(60);
	}
	fresh_network = "2001:db8::/32";
	watch_reload(&w);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(see("2001:db8::1"), OUTCOME_SIGHTING);
		pass(60);
	}
	assert_int_equal(n_taken, 1);
	busy = false;
	for (int i = 0; i < 4; i++)
		pass(1);
	assert_int_equal(n_taken, 4);
	assert_has(1, 2, "192.0.2.0/24");
	assert_true(taken[1].ends_journal);
	assert_int_equal(taken[1].up_to_ns, WALL + 11 * SECOND);
	assert_int_equal(count_of(&taken[1], "sighting"), 3);
	assert_int_equal(count_of(&taken[1], "foreign-syn-ack"), 1);
	assert_true(prefix_set_contains(&taken[1].networks, addr("192.0.2.1")));
	assert_true(prefix_set_contains(&taken[1].networks, addr("198.51.100.1")));
	assert_false(prefix_set_contains(&taken[1].networks, addr("2001:db8::1")));
	assert_has(2, 3, "198.51.100.0/24");
	assert_true(taken[2].ends_journal);
	assert_int_equal(taken[2].up_to_ns, WALL + 191 * SECOND);
	assert_int_equal(count_of(&taken[2], "sighting"), 3);
	assert_true(prefix_set_contains(&taken[2].networks, addr("2001:db8::1")));
	assert_has(3, 4, "2001:db8::/32");
	assert_false(taken[3].ends_journal);
	assert_int_equal(count_of(&taken[3], "sighting"), 4);
}

/* Each of them has a journal that waits: somebody who goes on and on is told, and the old one
 * stays. */
static void too_many_while_the_writer_is_busy(void **state)
{
	const struct config *before;
	int n = 0;

	(void)state;
	busy = true;
	do {
		before = w.config;
		watch_reload(&w);
		n++;
	} while (w.config != before && n < 100);
	assert_int_equal(n, 17);
	assert_non_null(strstr(said, "the disk has not taken"));
	busy = false;
	for (int i = 0; i < 16; i++)
		pass(1);
	assert_int_equal(n_taken, 16);
	watch_reload(&w);
	assert_string_equal(said, "the configuration was read again");
}

static void the_end_while_journals_wait(void **state)
{
	(void)state;
	(void)see("192.0.2.1");
	watch_reload(&w);
	(void)see("198.51.100.1");
	watch_post_last(&w);
	assert_true(ending);
	assert_int_equal(n_taken, 2);
	assert_true(taken[0].ends_journal && !taken[0].last);
	assert_has(0, 1, "192.0.2.0/24");
	assert_true(taken[1].last);
	assert_has(1, 1, "198.51.100.0/24");
	assert_true(taken[1].memory.length);
}

/* ---- what else there is ---- */

static void gaps_go_with_their_journal(void **state)
{
	const struct batch_gap one = { WALL, WALL + 1, 3, BATCH_GAP_LOST, "eth1" },
			       other = { WALL, WALL + 1, 4, BATCH_GAP_BUDGET, "eth1" };

	(void)state;
	busy = true;
	ledger_note(&w.ledger, &one);
	assert_int_equal(watch_end_journal(&w, NULL, WALL + 77), 0);
	ledger_note(&w.ledger, &other);
	busy = false;
	pass(1);
	pass(1);
	assert_int_equal(n_taken, 2);
	assert_int_equal(taken[0].n_gaps, 1);
	assert_int_equal(taken[0].gaps[0].kind, BATCH_GAP_LOST);
	assert_int_equal(taken[0].next_ns, WALL + 77);
	assert_int_equal(taken[1].n_gaps, 1);
	assert_int_equal(taken[1].gaps[0].kind, BATCH_GAP_BUDGET);
}

/* Rows are of their journal: told each second and at its end, then anew. */
static void floods_go_with_their_journal(void **state)
{
	size_t n = 0;

	(void)state;
	chunks_left = 1000;
	while (flood_figures(w.flood).packets < 5)
		n += see("192.0.2.1") == OUTCOME_SIGHTING;
	pass(1);
	assert_int_equal(sightings_in(&taken[0]), n - 5);
	assert_int_equal(taken[0].n_floods, 1);
	assert_int_equal(taken[0].floods[0].packets, 5);
	pass(5);
	assert_int_equal(taken[1].n_floods, 0); /* as before */
	(void)see("192.0.2.1");
	busy = true;
	assert_int_equal(watch_end_journal(&w, NULL, 0), 0);
	(void)see("192.0.2.1");
	(void)see("192.0.2.1");
	busy = false;
	pass(1);
	pass(1);
	assert_int_equal(taken[2].floods[0].packets, 6);
	assert_int_equal(taken[3].floods[0].packets, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_seen_waits_a_little),
		TEST(a_quiet_line),
		TEST(a_busy_line),
		TEST(the_writer_is_busy),
		TEST(an_hour_has_a_journal),
		TEST(so_many_are_a_journal),
		TEST(midnight_while_the_writer_is_busy),
		TEST(networks_begin_with_a_journal),
		TEST(networks_while_the_writer_is_busy),
		TEST(too_many_while_the_writer_is_busy),
		TEST(the_end_while_journals_wait),
		TEST(gaps_go_with_their_journal),
		TEST(floods_go_with_their_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
