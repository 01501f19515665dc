/* A configuration read again: everybody goes on under it, or nobody. Those who take it are made up
 * here, so that each of them can refuse. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "networks.h"
#include "unit.h"
#include "watch/watch_internal.h"

static struct config config; /* the caller's, from the start */
static struct watch w;
static char said[1024];

/* What load() is to do, and who refuses. */
static const char *fresh_network, *fresh_driver, *fresh_timezone;
static int load_error, loads, fail_load_at;
static int check_error, line_error, refusing_line, writer_error, journals_ended;

struct live_source {
	const struct config *config;
};
static struct live_source sources[3];
static struct prefix_set writer_networks; /* of the next journal */
static struct config *keepers;

static void free_config(struct config *c)
{
	if (c)
		config_finish(c);
	free(c);
}

/* ---- in the place of others ---- */

static int load(void *user, struct config *c, struct diagnosis *d)
{
	assert_ptr_equal(user, &w);
	if (++loads == fail_load_at)
		return diagnose(d, load_error, "line 3: no such thing");
	add_network(&c->networks, fresh_network);
	c->sensor.driver = fresh_driver ? strdup(fresh_driver) : NULL;
	c->timezone = fresh_timezone ? strdup(fresh_timezone) : NULL;
	return 0;
}

int watch_check_networks(const struct prefix_set *networks, struct diagnosis *d)
{
	(void)networks;
	return check_error ? diagnose(d, check_error, "too many networks") : 0;
}

int live_configure(struct live_source *s, const struct config *c)
{
	if (line_error && s == &sources[refusing_line] && c != &config)
		return line_error;
	s->config = c;
	return 0;
}

int watch_end_journal(struct watch *watch, const struct prefix_set *networks, uint64_t next_ns)
{
	assert_ptr_equal(watch, &w);
	assert_int_equal(next_ns, 0);
	/* What was let in until now is of the old ones. */
	assert_ptr_not_equal(&w.config->networks, networks);
	if (writer_error)
		return writer_error;
	journals_ended++;
	prefix_set_finish(&writer_networks);
	prefix_set_init(&writer_networks);
	return prefix_set_add_all(&writer_networks, networks);
}

void keeper_reload(struct keeper *k, struct config *c)
{
	assert_null(k);
	free_config(keepers);
	keepers = c;
}

void watch_say(struct watch *watch, const char *format, ...)
{
	va_list args;

	assert_ptr_equal(watch, &w);
	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
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
	w.n_lines = 3;
	for (int i = 0; i < 3; i++) {
		snprintf(w.lines[i].name, sizeof(w.lines[i].name), "eth%d", i);
		sources[i].config = &config;
		w.merge_lines[i].source = &sources[i];
	}
	w.mirror.networks = &config.networks;
	prefix_set_init(&writer_networks);
	add_network(&writer_networks, "192.0.2.0/24");
	fresh_network = "198.51.100.0/24";
	fresh_driver = fresh_timezone = NULL;
	load_error = loads = fail_load_at = check_error = line_error = writer_error =
		journals_ended = 0;
	said[0] = '\0';
	return observer_new(&config, &w.observer);
}

static int tear_down(void **state)
{
	(void)state;
	observer_free(w.observer);
	free_config(w.owned);
	free_config(keepers);
	keepers = NULL;
	prefix_set_finish(&writer_networks);
	config_finish(&config);
	return 0;
}

static enum outcome see_synack_of(const char *host)
{
	const struct packet p = { .src = addr(host),
				  .dst = addr("203.0.113.9"),
				  .sport = 443,
				  .dport = 50000,
				  .tcp_flags = TCP_SYN | TCP_ACK };
	struct sighting s;

	return observer_see(w.observer, 1, &p, &s);
}

static void assert_taken(void)
{
	assert_ptr_not_equal(w.config, &config);
	assert_ptr_equal(w.config, w.owned);
	for (int i = 0; i < 3; i++)
		assert_ptr_equal(sources[i].config, w.config);
	assert_ptr_equal(w.mirror.networks, &w.config->networks);
	assert_true(prefix_set_contains(&writer_networks, addr("198.51.100.1")));
	assert_true(prefix_set_contains(&writer_networks, addr("192.0.2.1")));
	assert_int_equal(see_synack_of("198.51.100.1"), OUTCOME_SIGHTING);
	assert_int_equal(see_synack_of("192.0.2.1"), OUTCOME_SIGHTING);
	assert_true(journals_ended > 0);
	/* The keeper's is another one: it is used by another thread. */
	assert_non_null(keepers);
	assert_ptr_not_equal(keepers, w.config);
	assert_true(prefix_set_contains(&keepers->networks, addr("198.51.100.1")));
	assert_true(prefix_set_contains(&keepers->networks, addr("192.0.2.1")));
}

static void assert_refused(const char *why)
{
	assert_ptr_equal(w.config, &config);
	assert_null(w.owned);
	for (int i = 0; i < 3; i++)
		assert_ptr_equal(sources[i].config, &config);
	assert_ptr_equal(w.mirror.networks, &config.networks);
	/* What a journal says was watched for, was. */
	assert_false(prefix_set_contains(&writer_networks, addr("198.51.100.1")));
	assert_true(prefix_set_contains(&writer_networks, addr("192.0.2.1")));
	assert_int_equal(see_synack_of("198.51.100.1"), OUTCOME_FOREIGN);
	assert_int_equal(journals_ended, 0);
	assert_null(keepers);
	assert_non_null(strstr(said, "the old one stays"));
	assert_non_null(strstr(said, why));
}

/* ---- */

static void all_take_it(void **state)
{
	(void)state;
	watch_reload(&w);
	assert_taken();
	assert_string_equal(said, "the configuration was read again");
}

/* The one before is let go of; networks once watched for stay. */
static void again_and_again(void **state)
{
	(void)state;
	watch_reload(&w);
	fresh_network = "2001:db8::/32";
	watch_reload(&w);
	assert_taken();
	assert_int_equal(see_synack_of("2001:db8::1"), OUTCOME_SIGHTING);
}

static void what_was_going_on_is_remembered(void **state)
{
	const struct packet p = { .src = addr("192.0.2.1"),
				  .dst = addr("203.0.113.9"),
				  .sport = 50000,
				  .dport = 443,
				  .tcp_flags = TCP_SYN };
	struct buffer nothing, before, after;

	(void)state;
	buffer_init(&nothing);
	observer_save(w.observer, 2000, &nothing);
	(void)observer_see(w.observer, 1000, &p, &(struct sighting){ 0 });
	w.seen_ns = 2000;
	buffer_init(&before);
	buffer_init(&after);
	observer_save(w.observer, 2000, &before);
	assert_true(before.length > nothing.length);
	watch_reload(&w);
	observer_save(w.observer, 2000, &after);
	assert_int_equal(before.length, after.length);
	assert_memory_equal(before.bytes, after.bytes, before.length);
	buffer_finish(&nothing);
	buffer_finish(&before);
	buffer_finish(&after);
}

static void bad_file(void **state)
{
	(void)state;
	load_error = ERR_USAGE;
	fail_load_at = 1;
	watch_reload(&w);
	assert_refused("line 3: no such thing");
}

/* It was changed between the two times that it is read. */
static void bad_file_for_the_keeper(void **state)
{
	(void)state;
	load_error = ERR_USAGE;
	fail_load_at = 2;
	watch_reload(&w);
	assert_refused("line 3: no such thing");
}

static void too_many_networks(void **state)
{
	(void)state;
	check_error = ERR_USAGE;
	watch_reload(&w);
	assert_refused("too many networks");
}

static void a_line_refuses(void **state)
{
	(void)state;
	line_error = -ENOSPC;
	for (refusing_line = 0; refusing_line < 3; refusing_line++) {
		char name[16];

		snprintf(name, sizeof(name), "eth%d:", refusing_line);
		watch_reload(&w);
		assert_refused(name);
	}
	/* And it is taken once nobody refuses. */
	line_error = 0;
	watch_reload(&w);
	assert_taken();
}

static void the_writer_refuses(void **state)
{
	(void)state;
	writer_error = -ENOMEM;
	watch_reload(&w);
	assert_refused("");
	writer_error = -EBUSY;
	watch_reload(&w);
	assert_refused("the disk has not taken");
}

static void what_takes_a_restart_is_said(void **state)
{
	(void)state;
	fresh_driver = "af_packet";
	watch_reload(&w);
	assert_taken();
	assert_non_null(strstr(said, "take a restart"));
	watch_reload(&w); /* the same driver again */
	assert_null(strstr(said, "take a restart"));
	fresh_timezone = "Asia/Tokyo";
	watch_reload(&w);
	assert_non_null(strstr(said, "take a restart"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_take_it),
		TEST(again_and_again),
		TEST(what_was_going_on_is_remembered),
		TEST(bad_file),
		TEST(bad_file_for_the_keeper),
		TEST(too_many_networks),
		TEST(a_line_refuses),
		TEST(the_writer_refuses),
		TEST(what_takes_a_restart_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
