/* What a journal, and its batch, have of floods: counted only, and told and reported beside the
 * rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/zone.h"
#include "catalogue/period.h"

#include "overlay_answers.h"
#include "watch/absorb.h"

#define START_S 1546300800ULL
#define EACH    1500

#define FLOODED 0xc00002faU /* 192.0.2.250, which no other sighting has */

/* Two hours after the start, and 30: the next day. Of its port 443 a few sightings are there, by
 * peers that are outside; of its port 8443 none. */
static void flood_journal(struct store *s, uint64_t hours, uint64_t packets, uint32_t written)
{
	const uint64_t first_ns = s->start_ns + hours * 3600 * NS_PER_SECOND,
		       last_ns = first_ns + 600 * NS_PER_SECOND;
	const struct net_addr host = addr_from_v4(FLOODED), all = { 0, 0 };
	const struct batch_flood floods[] = {
		{ host, 443, 6, 0, first_ns, last_ns, packets, packets / 2 },
		{ host, 443, 6, MARK_INSIDE, first_ns, last_ns, 70, 7 },
		{ host, 443, 6, MARK_SPLIT_HANDSHAKE, first_ns, last_ns, 50, 5 },
		{ host, 8443, 6, 0, first_ns, last_ns, 300, 30 },
		{ addr_from_v4(0x08080808), 443, 6, 0, first_ns, last_ns, 999, 99 }, /* not ours */
		{ host, 0, 0, 0, first_ns, last_ns, 40, 4 },
		{ all, 0, 0, 0, first_ns, last_ns, 20, 2 },
	};
	struct journal_writer *w = overlay_create(s, hours * 3600);
	struct sighting list[20];

	for (uint32_t i = 0; i < written; i++)
		list[i] = (struct sighting){ .time_ns = first_ns + (1 + i) * NS_PER_SECOND,
					     .host = host,
					     .port = 443,
					     .peer = addr_from_v4(0xcb007100 + i),
					     .protocol = 6 };
	assert_int_equal(journal_append(w,
					&(struct journal_group){ .up_to_ns = last_ns,
								 .sightings = list,
								 .n_sightings = written,
								 .floods = floods,
								 .n_floods = ARRAY_LENGTH(floods) },
					NULL),
			 0);
	journal_close(w);
	store_remember(s, list, written);
}

static struct catalogue_service flooded(struct store *s, uint16_t port, uint8_t include,
					uint64_t from_ns, uint64_t to_ns)
{
	const struct net_addr host = addr_from_v4(FLOODED);
	const struct catalogue_query q = {
		.include = include, .from_ns = from_ns, .to_ns = to_ns, .host = &host
	};
	struct catalogue_service *list, r = { .port = 0 };
	size_t n;

	assert_int_equal(catalogue_list(s->catalogue, &q, &list, &n, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_not_equal(list[i].port, 0);
		if (list[i].port == port)
			r = list[i];
	}
	free(list);
	return r;
}

static void assert_flood_is_told(struct store *s)
{
	const uint64_t hour = 3600 * NS_PER_SECOND, end = UINT64_MAX;
	struct catalogue_service r = flooded(s, 443, 0, 0, end);

	assert_int_equal(r.packets, 16 + 100000 + 50000);
	assert_int_equal(r.peers, 16 + 50000 + 25000);
	assert_true(r.peers_estimated);
	assert_int_equal(r.days, 2);
	assert_int_equal(r.first_ns, s->start_ns + 2 * hour);
	assert_int_equal(r.last_ns, s->start_ns + 30 * hour + 600 * NS_PER_SECOND);
	r = flooded(s, 443, MARK_INSIDE | MARK_SPLIT_HANDSHAKE, 0, end);
	assert_int_equal(r.packets, 16 + 150000 + 2 * 120);
	assert_int_equal(r.peers, 16 + 75000 + 2 * 12);
	r = flooded(s, 8443, 0, 0, end);
	assert_int_equal(r.packets, 600);
	assert_int_equal(r.peers, 60);
	/* A time without it, one with a whole row, and one that cuts one. */
	r = flooded(s, 443, 0, 0, s->start_ns + 2 * hour);
	assert_int_equal(r.packets, 0);
	r = flooded(s, 443, 0, s->start_ns + 3 * hour, end);
	assert_int_equal(r.packets, 50000);
	assert_int_equal(r.peers, 25000);
	assert_int_equal(r.days, 1);
	r = flooded(s, 443, 0, s->start_ns + 30 * hour + 300 * NS_PER_SECOND, end);
	assert_in_range(r.packets, 24999, 25001);
	assert_int_equal(r.first_ns, s->start_ns + 30 * hour + 300 * NS_PER_SECOND);
}

static void assert_flood_is_reported(struct store *s, uint64_t packets, uint64_t peers)
{
	const int32_t first = zone_day(s->start_ns);
	const struct period_query q = { first, first + 6, 0 };
	struct period_counts p;
	uint64_t days = 0, services = 0;

	assert_int_equal(catalogue_period(s->catalogue, &q, &p, NULL), 0);
	/* All but those of inside peers, marked ones and those that are not ours. */
	assert_int_equal(p.counted_packets, 150000 + 600 + 2 * 60);
	assert_int_equal(p.counted_peers, 75000 + 60 + 2 * 6);
	assert_int_equal(p.packets, packets + p.counted_packets);
	assert_int_equal(p.peers, peers + p.counted_peers);
	for (uint32_t i = 0; i < p.n_days; i++) {
		days += p.days[i].packets;
		assert_int_equal(p.days[i].peers_estimated, i < 2);
	}
	assert_int_equal(days, p.packets);
	for (size_t i = 0; i < p.n_services; i++)
		services += p.services[i].packets;
	assert_int_equal(services, p.packets - 2 * 60);
	assert_int_equal(p.n_floods, 4);
	assert_int_equal(p.floods[0].port, 0); /* all ports of the host */
	assert_int_equal(p.floods[0].packets, 80);
	assert_int_equal(p.floods[1].port, 443);
	assert_int_equal(p.floods[1].packets, 150000);
	assert_int_equal(p.floods[1].peers, 75000);
	assert_int_equal(p.floods[2].port, 8443);
	assert_int_equal(p.floods[3].protocol, 0); /* all hosts */
	assert_int_equal(p.floods[3].packets, 40);
	period_counts_finish(&p);
}

static void what_was_only_counted(void **state)
{
	const struct period_query q = { 0 };
	struct store s, other;
	struct period_counts p;
	uint64_t left[PERIOD_LEFT_COUNT], packets, peers;
	char *with, *without;

	(void)state;
	store_make(&s, "UTC", START_S);
	store_fill(&s, 2, EACH);
	/* What there is without the flood. */
	{
		struct period_query of_days = q;

		of_days.first_day = zone_day(s.start_ns);
		of_days.end_day = of_days.first_day + 6;
		assert_int_equal(catalogue_period(s.catalogue, &of_days, &p, NULL), 0);
		assert_int_equal(p.n_floods, 0);
		packets = p.packets + 16;
		peers = p.peers + 16;
		for (int i = 0; i < PERIOD_LEFT_COUNT; i++)
			left[i] = p.left[i].packets;
		period_counts_finish(&p);
	}
	flood_journal(&s, 2, 100000, 16);
	flood_journal(&s, 30, 50000, 0);
	with = overlay_asked(&s, ARCHIVE_READ, 0);
	overlay_open_other(&s, &other, ARCHIVE_READ, 0);
	assert_flood_is_told(&other);
	assert_flood_is_reported(&other, packets, peers);
	store_close(&other);
	assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
	without = overlay_asked(&s, ARCHIVE_WRITE, 0);
	assert_string_equal(with, without);
	assert_flood_is_told(&s);
	assert_flood_is_reported(&s, packets, peers);
	free(with);
	assert_int_equal(catalogue_rebuild(s.catalogue, NULL), 0);
	with = overlay_asked(&s, ARCHIVE_WRITE, 0);
	assert_string_equal(with, without);
	{
		struct period_query of_days = q;

		of_days.first_day = zone_day(s.start_ns);
		of_days.end_day = of_days.first_day + 6;
		assert_int_equal(catalogue_period(s.catalogue, &of_days, &p, NULL), 0);
		assert_int_equal(p.left[PERIOD_LEFT_INSIDE].packets - left[PERIOD_LEFT_INSIDE],
				 140);
		assert_int_equal(p.left[PERIOD_LEFT_SPLIT_HANDSHAKE].packets -
					 left[PERIOD_LEFT_SPLIT_HANDSHAKE],
				 100);
		period_counts_finish(&p);
	}
	free(with);
	free(without);
	store_remove(&s);
}

/* A lost row, and one too many, are found. */
static void verify_looks_at_floods(void **state)
{
	struct store s;
	sqlite3 *db;
	char path[128];

	(void)state;
	store_make(&s, "UTC", START_S);
	flood_journal(&s, 2, 100000, 16);
	assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
	assert_int_equal(catalogue_verify(s.catalogue, NULL, NULL, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/catalogue.sqlite", s.path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db,
			     "DELETE FROM derived_flood WHERE port = 8443;"
			     "UPDATE derived_flood SET packets = packets + 1 WHERE port = 0",
			     NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(catalogue_verify(s.catalogue, NULL, NULL, NULL), 1 + 2 * 2);
	sqlite3_close(db);
	store_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_only_counted),
		cmocka_unit_test(verify_looks_at_floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
