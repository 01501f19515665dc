/*
 * What the sensor's keeper does to batches with floods: nothing of what was only counted is lost or
 * told twice when batches are put together, or let go of their details.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/zone.h"
#include "catalogue/period.h"

#include "../catalogue/store_fixture.h"
#include "watch/absorb.h"
#include "watch/compact.h"
#include "watch/retain.h"

#define START_S 1546300800ULL
#define HOUR_NS (3600 * NS_PER_SECOND)
#define HOURS   3
#define HOST    0xc00002faU

/* One hour's: a service that was flooded, and what of all others was only counted. */
static void flood_journal(struct store *s, uint64_t hour)
{
	const uint64_t first_ns = s->start_ns + hour * HOUR_NS;
	const struct net_addr host = addr_from_v4(HOST), all = { 0, 0 };
	const struct batch_flood floods[] = {
		{ host, 443, 6, 0, first_ns + 1000000, first_ns + 2000000, 1000 + hour, 100 },
		{ all, 0, 0, 0, first_ns + 1000000, first_ns + 2000000, 7, 5 },
	};
	const struct sighting one = { .time_ns = first_ns + NS_PER_SECOND,
				      .host = host,
				      .port = 443,
				      .peer = addr_from_v4(0xcb007100),
				      .protocol = 6 };
	const struct journal_group g = { .up_to_ns = first_ns + HOUR_NS,
					 .sightings = &one,
					 .n_sightings = 1,
					 .floods = floods,
					 .n_floods = ARRAY_LENGTH(floods) };
	struct journal_writer *w;

	assert_int_equal(
		journal_create(s->archive, first_ns, "eth1: xdp", &s->config.networks, &w, NULL),
		0);
	assert_int_equal(journal_append(w, &g, NULL), 0);
	journal_close(w);
	store_remember(s, &one, 1);
}

static void make_store(struct store *s)
{
	store_make(s, "UTC", START_S);
	for (uint64_t hour = 0; hour < HOURS; hour++)
		flood_journal(s, hour);
	assert_int_equal(absorb_dead(s->archive, s->catalogue, NULL), 0);
}

/* By the list, by the report, and by who counts anew and compares. */
static void assert_flood_is_told(struct store *s)
{
	const struct catalogue_query q = { .to_ns = UINT64_MAX };
	const int32_t day = zone_day(s->start_ns);
	const struct period_query of_day = { day, day + 1, 0 };
	struct catalogue_service *list;
	struct period_counts p;
	uint64_t others;
	size_t n;

	assert_int_equal(catalogue_list(s->catalogue, &q, &list, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].packets, HOURS + 1000 + 1001 + 1002);
	free(list);
	assert_int_equal(catalogue_others(s->catalogue, &q, &others, NULL), 0);
	assert_int_equal(others, 7 * HOURS);
	assert_int_equal(catalogue_period(s->catalogue, &of_day, &p, NULL), 0);
	assert_int_equal(p.counted_packets, 1000 + 1001 + 1002 + 7 * HOURS);
	period_counts_finish(&p);
	assert_int_equal(catalogue_verify(s->catalogue, NULL, NULL, NULL), 0);
}

static void assert_flood_is_told_by_all(struct store *s)
{
	assert_flood_is_told(s);
	assert_int_equal(catalogue_rebuild(s->catalogue, NULL), 0);
	assert_flood_is_told(s);
}

static void floods_outlive_compaction(void **state)
{
	struct compact_account account;
	struct store s;

	(void)state;
	make_store(&s);
	assert_flood_is_told(&s);
	assert_int_equal(
		compact_apply(s.archive, s.catalogue, s.start_ns + 48 * HOUR_NS, &account, NULL),
		0);
	assert_int_equal(account.made, 1);
	assert_int_equal(account.of, HOURS);
	assert_flood_is_told_by_all(&s);
	store_remove(&s);
}

static void floods_outlive_details(void **state)
{
	const struct config_sensor settings = { .keep_record_days = 1 };
	struct retain_account account;
	struct store s;

	(void)state;
	make_store(&s);
	assert_int_equal(retain_apply(s.archive, s.catalogue, &settings, s.start_ns + 48 * HOUR_NS,
				      &account, NULL),
			 0);
	assert_int_equal(account.bared_batches, HOURS);
	assert_flood_is_told_by_all(&s);
	store_remove(&s);
}

/* A damaged capture has times that SQLite takes for negative ones: others go all the same. */
static void a_time_beyond_all_stops_nothing(void **state)
{
	const struct config_sensor settings = { .keep_record_days = 1 };
	struct sighting one = { .time_ns = UINT64_MAX / 10 * 9,
				.host = addr_from_v4(HOST),
				.port = 80,
				.peer = addr_from_v4(0xcb007101),
				.protocol = 6 };
	struct retain_account account;
	struct store s;

	(void)state;
	make_store(&s);
	assert_int_equal(store_add(&s, &one, 1, 1, true), 0);
	assert_int_equal(retain_apply(s.archive, s.catalogue, &settings, s.start_ns + 48 * HOUR_NS,
				      &account, NULL),
			 0);
	assert_int_equal(account.bared_batches, HOURS);
	assert_int_equal(catalogue_verify(s.catalogue, NULL, NULL, NULL), 0);
	store_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floods_outlive_compaction),
		cmocka_unit_test(floods_outlive_details),
		cmocka_unit_test(a_time_beyond_all_stops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
