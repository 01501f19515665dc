/* catalogue_records against the same sightings, filtered and sorted plainly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/zone.h"

#include "store_fixture.h"

#define RECORDS_MOST 20000

static const uint8_t includes[] = { 0, MARK_INSIDE, MARK_FTP_DATA | MARK_EXCLUDED,
				    MARK_SPLIT_HANDSHAKE, MARK_ALL };

/* With what qsort cannot be told otherwise: the local hour in front of everything. */
struct expected {
	int64_t hour;
	struct sighting s;
	bool visible;
};

struct got {
	struct catalogue_record *records;
	size_t n, stop_at;
};

static int take_record(void *user, const struct catalogue_record *r)
{
	struct got *g = user;

	assert_true(g->n < RECORDS_MOST);
	g->records[g->n++] = *r;
	return g->n == g->stop_at ? 7 : 0;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int expected_order(const void *first, const void *second)
{
	const struct expected *a = first, *b = second;
	const int orders[] = {
		compare((uint64_t)a->hour, (uint64_t)b->hour),
		addr_compare(a->s.host, b->s.host),
		compare(a->s.port, b->s.port),
		compare(a->s.protocol, b->s.protocol),
		addr_compare(a->s.peer, b->s.peer),
		compare(a->s.time_ns, b->s.time_ns),
		compare(a->s.peer_port, b->s.peer_port),
		compare(a->s.marks, b->s.marks),
	};

	for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
		if (orders[i])
			return orders[i];
	}
	return 0;
}

static size_t expect(const struct store *s, const struct catalogue_query *q, bool all,
		     struct expected *list)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct sighting *one = &s->sightings[i];
		struct zone_date date = zone_date(one->time_ns);
		bool visible = plain_is_visible(s, one, q->include);

		if (one->time_ns < q->from_ns || one->time_ns >= q->to_ns || (!visible && !all) ||
		    (q->host && !addr_equal(*q->host, one->host)))
			continue;
		list[n] = (struct expected){ (int64_t)date.day * 24 + date.hour, *one, visible };
		list[n++].s.marks = plain_marks(s, one);
	}
	qsort(list, n, sizeof(*list), expected_order);
	return n;
}

static void hold(struct store *s, const struct catalogue_query *q, bool all)
{
	struct expected *list = calloc(s->n + 1, sizeof(*list));
	struct got g = { .records = calloc(RECORDS_MOST, sizeof(*g.records)) };
	size_t n;

	assert_non_null(list);
	assert_non_null(g.records);
	n = expect(s, q, all, list);
	assert_int_equal(catalogue_records(s->catalogue, q, all, take_record, &g, NULL), 0);
	assert_int_equal(g.n, n);
	for (size_t i = 0; i < n; i++) {
		const struct sighting *a = &g.records[i].sighting, *b = &list[i].s;

		assert_true(a->time_ns == b->time_ns);
		assert_true(addr_equal(a->host, b->host) && addr_equal(a->peer, b->peer));
		assert_int_equal(a->port, b->port);
		assert_int_equal(a->peer_port, b->peer_port);
		assert_int_equal(a->protocol, b->protocol);
		assert_int_equal(a->marks, b->marks);
		assert_int_equal(g.records[i].visible, list[i].visible);
	}
	free(list);
	free(g.records);
}

static void hold_all(struct store *s)
{
	const uint64_t hour_ns = 3600 * NS_PER_SECOND;
	const uint64_t windows[][2] = {
		{ 0, UINT64_MAX },
		{ s->start_ns + 48 * hour_ns, s->start_ns + 50 * hour_ns },
		{ s->start_ns + 48 * hour_ns + 1234567890123ULL, s->start_ns + 51 * hour_ns - 1 },
		{ s->start_ns + 500 * hour_ns, UINT64_MAX },
	};
	const struct net_addr hosts[] = { addr_from_v4(0xc0000203),
					  addr_from_v4(0xc0000207),
					  { 0x20010db800000000ULL, 2 },
					  addr_from_v4(1) };

	for (size_t i = 0; i < ARRAY_LENGTH(includes); i++) {
		struct catalogue_query q = { .include = includes[i] };

		for (size_t w = 0; w < ARRAY_LENGTH(windows); w++) {
			q.from_ns = windows[w][0];
			q.to_ns = windows[w][1];
			q.host = NULL;
			hold(s, &q, false);
			hold(s, &q, true);
		}
		q.from_ns = 0;
		q.to_ns = UINT64_MAX;
		for (size_t h = 0; h < ARRAY_LENGTH(hosts); h++) {
			q.host = &hosts[h];
			hold(s, &q, false);
		}
	}
}

static void in_zone(const char *zone, uint64_t start_s)
{
	struct store s;

	store_make(&s, zone, start_s);
	store_fill(&s, 4, 700);
	hold_all(&s);
	store_remove(&s);
}

static void test_records_in_whole_hour_zones(void **state)
{
	(void)state;
	in_zone("UTC", 1571961600);
	in_zone("Europe/Berlin", 1571961600); /* 27 October 2019: 2 o'clock comes twice */
	in_zone("Europe/Berlin", 1553817600); /* 31 March 2019: there is no 2 o'clock */
}

static void test_records_in_half_hour_zones(void **state)
{
	(void)state;
	in_zone("Asia/Kolkata", 1548255600);
	in_zone("Australia/Lord_Howe", 1554379200); /* 7 April 2019: half an hour comes twice */
}

static void test_more_parts_than_stay_open(void **state)
{
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_fill(&s, 21, 40);
	hold_all(&s);
	store_remove(&s);
}

static void test_stopping(void **state)
{
	const struct catalogue_query q = { .include = MARK_ALL, .to_ns = UINT64_MAX };
	struct got g = { .records = calloc(RECORDS_MOST, sizeof(*g.records)), .stop_at = 5 };
	struct store s;

	(void)state;
	assert_non_null(g.records);
	store_make(&s, "Asia/Tokyo", 1548255600);
	assert_int_equal(catalogue_records(s.catalogue, &q, false, take_record, &g, NULL), 0);
	store_fill(&s, 1, 100);
	assert_int_equal(catalogue_records(s.catalogue, &q, false, take_record, &g, NULL), 7);
	assert_int_equal(g.n, 5);
	free(g.records);
	store_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_in_whole_hour_zones),
		cmocka_unit_test(test_records_in_half_hour_zones),
		cmocka_unit_test(test_more_parts_than_stay_open),
		cmocka_unit_test(test_stopping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
