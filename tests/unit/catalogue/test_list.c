/* catalogue_list against counts over the plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/zone.h"

#include "store_fixture.h"

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_service(const struct sighting *a, const struct sighting *b)
{
	int order = addr_compare(a->host, b->host);

	return order ? order : compare(a->port, b->port);
}

static int by_service_and_peer(const void *a, const void *b)
{
	int order = by_service(a, b);

	return order ? order
		     : addr_compare(((const struct sighting *)a)->peer,
				    ((const struct sighting *)b)->peer);
}

static int by_service_and_time(const void *a, const void *b)
{
	int order = by_service(a, b);

	return order ? order
		     : compare(((const struct sighting *)a)->time_ns,
			       ((const struct sighting *)b)->time_ns);
}

/* The visible sightings of the question. */
static struct sighting *choose(const struct store *s, const struct catalogue_query *q,
			       size_t *ret_n)
{
	struct sighting *list = calloc(s->n + 1, sizeof(*list));
	size_t n = 0;

	assert_non_null(list);
	for (size_t i = 0; i < s->n; i++) {
		const struct sighting *one = &s->sightings[i];

		if (one->time_ns >= q->from_ns && one->time_ns < q->to_ns &&
		    (!q->host || addr_equal(*q->host, one->host)) &&
		    plain_is_visible(s, one, q->include)) {
			list[n++] = *one;
		}
	}
	*ret_n = n;
	return list;
}

/* Counts one service after the other over the list, sorted in two ways. */
static struct catalogue_service *count(const struct store *s, struct sighting *list, size_t n,
				       size_t *ret_n)
{
	struct catalogue_service *r = calloc(n + 1, sizeof(*r));
	size_t services = 0, at;

	assert_non_null(r);
	qsort(list, n, sizeof(*list), by_service_and_time);
	for (size_t i = 0; i < n; i++) {
		bool first = !i || by_service(&list[i - 1], &list[i]);
		struct catalogue_service *k = &r[first ? services++ : services - 1];

		if (first) {
			*k = (struct catalogue_service){ .host = list[i].host,
							 .port = list[i].port,
							 .protocol = list[i].protocol,
							 .first_ns = list[i].time_ns };
		}
		k->last_ns = list[i].time_ns;
		k->packets++;
		k->marks |= plain_marks(s, &list[i]);
		k->days += first || zone_day(list[i - 1].time_ns) != zone_day(list[i].time_ns);
	}
	qsort(list, n, sizeof(*list), by_service_and_peer);
	at = (size_t)-1;
	for (size_t i = 0; i < n; i++) {
		at += !i || by_service(&list[i - 1], &list[i]);
		r[at].peers += !i || by_service_and_peer(&list[i - 1], &list[i]);
	}
	*ret_n = services;
	return r;
}

static void hold(struct store *s, const struct catalogue_query *q)
{
	struct catalogue_service *got = NULL, *plain;
	struct sighting *list;
	size_t n_got = 0, n_list = 0, n = 0;

	list = choose(s, q, &n_list);
	plain = count(s, list, n_list, &n);
	assert_int_equal(catalogue_list(s->catalogue, q, &got, &n_got, NULL), 0);
	assert_int_equal(n_got, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(addr_equal(got[i].host, plain[i].host));
		assert_int_equal(got[i].port, plain[i].port);
		assert_int_equal(got[i].protocol, plain[i].protocol);
		assert_int_equal(got[i].packets, plain[i].packets);
		assert_int_equal(got[i].peers, plain[i].peers);
		assert_int_equal(got[i].days, plain[i].days);
		assert_int_equal(got[i].marks, plain[i].marks);
		assert_true(got[i].first_ns == plain[i].first_ns);
		assert_true(got[i].last_ns == plain[i].last_ns);
	}
	free(got);
	free(plain);
	free(list);
}

static void hold_all(struct store *s)
{
	const uint64_t hour_ns = 3600 * NS_PER_SECOND;
	const struct net_addr hosts[] = { addr_from_v4(0xc0000203),
					  addr_from_v4(0xc0000207),
					  { 0x20010db800000000ULL, 2 },
					  addr_from_v4(1) };
	const uint64_t windows[][2] = {
		{ 0, UINT64_MAX },
		{ 1, UINT64_MAX },
		{ 0, s->start_ns + 50 * hour_ns + 123456789 },
		{ s->start_ns + 48 * hour_ns, s->start_ns + 49 * hour_ns },
		{ s->start_ns + 48 * hour_ns + 1, s->start_ns + 51 * hour_ns - 1 },
		{ s->start_ns + 49 * hour_ns + 1800 * NS_PER_SECOND,
		  s->start_ns + 49 * hour_ns + 1860 * NS_PER_SECOND },
		{ s->start_ns + 500 * hour_ns, UINT64_MAX },
		{ s->start_ns, s->start_ns },
	};
	const uint8_t marks[] = { MARK_FTP_DATA, MARK_SPLIT_HANDSHAKE, MARK_INSIDE, MARK_EXCLUDED };

	for (unsigned set = 0; set < 16; set++) {
		struct catalogue_query q = { 0 };

		for (unsigned i = 0; i < 4; i++) {
			q.include |= set >> i & 1 ? marks[i] : 0;
		}
		/* All times for each set of marks, and each other window for a few of them. */
		for (size_t w = 0; w < ARRAY_LENGTH(windows); w += w ? 3 : 1 + set % 3) {
			q.from_ns = windows[w][0];
			q.to_ns = windows[w][1];
			q.host = NULL;
			hold(s, &q);
			q.host = &hosts[(set + w) % ARRAY_LENGTH(hosts)];
			hold(s, &q);
		}
	}
}

static void in_zone(const char *zone, uint64_t start_s)
{
	struct store s;

	store_make(&s, zone, start_s);
	hold_all(&s);
	store_fill(&s, 5, 500);
	hold_all(&s);
	store_close(&s);
	assert_int_equal(store_open(&s, ARCHIVE_READ, 0), 0);
	hold_all(&s);
	store_remove(&s);
}

static void test_lists(void **state)
{
	(void)state;
	in_zone("Asia/Kolkata", 1548255600);
	in_zone("Europe/Berlin", 1571961600);
	in_zone("Europe/Berlin", 1553817600);
	in_zone("Pacific/Auckland", 1569801600);
}

/* The hour in which 64 bits of nanoseconds end. */
static void test_last_hour(void **state)
{
	const uint64_t start_ns = UINT64_MAX / (3600 * NS_PER_SECOND) * 3600 * NS_PER_SECOND;
	const uint64_t times[] = { start_ns - NS_PER_SECOND, start_ns,
				   start_ns + 1000 * NS_PER_SECOND,
				   UINT64_MAX / NS_PER_MS * NS_PER_MS };
	const uint64_t windows[][2] = { { 0, UINT64_MAX },
					{ 1, UINT64_MAX },
					{ start_ns, UINT64_MAX },
					{ start_ns + NS_PER_SECOND, UINT64_MAX },
					{ 0, start_ns + NS_PER_SECOND },
					{ times[3], UINT64_MAX },
					{ 1, start_ns } };
	struct sighting list[ARRAY_LENGTH(times)];
	struct store s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
		list[i] = (struct sighting){ .time_ns = times[i],
					     .host = addr_from_v4(0xc0000203),
					     .peer = addr_from_v4(0xc6336401 + (uint32_t)i),
					     .port = 80,
					     .peer_port = 40000,
					     .protocol = 6 };
	}
	store_make(&s, "UTC", 1548255600);
	assert_int_equal(store_add(&s, list, ARRAY_LENGTH(list), 1, true), 0);
	for (size_t w = 0; w < ARRAY_LENGTH(windows); w++) {
		struct catalogue_query q = { .from_ns = windows[w][0], .to_ns = windows[w][1] };

		hold(&s, &q);
	}
	store_remove(&s);
}

/* Days in another zone than the stored counts', and with more networks. */
static void test_passing(void **state)
{
	static const enum archive_mode modes[] = { ARCHIVE_READ, ARCHIVE_WRITE };
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_fill(&s, 4, 300);
	store_close(&s);
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
		s.zone = "America/New_York";
		assert_int_equal(store_open(&s, modes[i], CATALOGUE_PASSING), 0);
		hold_all(&s);
		store_close(&s);
		s.zone = "Asia/Tokyo";
		assert_int_equal(store_open(&s, modes[i], 0), 0);
		hold_all(&s);
		store_close(&s);
	}
	s.zone = "America/New_York";
	assert_int_equal(store_open(&s, ARCHIVE_WRITE, 0), 0);
	hold_all(&s);
	store_remove(&s);
}

/* ---- FTP data, by hand ---- */

static struct sighting at_port(uint16_t port, uint8_t marks, uint32_t peer)
{
	return (struct sighting){
		.time_ns = 1548255600 * NS_PER_SECOND,
		.host = addr_from_v4(0xc0000201),
		.peer = addr_from_v4(0xcb007100 + peer),
		.port = port,
		.peer_port = 50000,
		.protocol = SIGHTING_PROTOCOL_TCP,
		.marks = marks,
	};
}

static void test_ftp_visibility(void **state)
{
	const struct catalogue_query shown = { .to_ns = UINT64_MAX };
	const struct catalogue_query all = { .include = MARK_FTP_DATA, .to_ns = UINT64_MAX };
	const struct sighting first[] = {
		at_port(40000, MARK_FTP_DATA, 1), /* nothing but FTP data on a high port: hidden */
		at_port(443, MARK_FTP_DATA, 1),   /* a port that serves: shown */
		at_port(40001, MARK_FTP_DATA, 1), /* somebody else was answered there: all shown */
		at_port(40001, MARK_FTP_DATA, 2), at_port(40001, 0, 3),
	};
	const struct sighting later = at_port(40000, 0, 9);
	struct catalogue_service *list = NULL;
	struct store s;
	size_t n = 0;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	assert_int_equal(store_add(&s, first, ARRAY_LENGTH(first), 1, true), 0);
	assert_int_equal(catalogue_list(s.catalogue, &shown, &list, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(list[0].port, 443);
	assert_int_equal(list[1].port, 40001);
	assert_int_equal(list[1].packets, 3);
	assert_int_equal(list[1].peers, 3);
	assert_int_equal(list[1].marks, MARK_FTP_DATA);
	free(list);
	assert_int_equal(catalogue_list(s.catalogue, &all, &list, &n, NULL), 0);
	assert_int_equal(n, 3);
	free(list);
	/* One that is not FTP data speaks for the port, for what was seen before as well. */
	assert_int_equal(store_add(&s, &later, 1, 1, true), 0);
	assert_int_equal(catalogue_list(s.catalogue, &shown, &list, &n, NULL), 0);
	assert_int_equal(n, 3);
	assert_int_equal(list[1].port, 40000);
	assert_int_equal(list[1].packets, 2);
	free(list);
	store_remove(&s);
}

static const char *const served[] = { "80", "40000 40002", "1-39999 40001-65535", "1-65535",
				      "30000 40003" };

/* Under other served ports, and under the usual ones again, without a count in between. */
static void hold_served(struct store *s)
{
	const struct net_addr host = addr_from_v4(0xc0000201);
	const struct port_set usual = s->config.served_ports;

	for (size_t i = 0; i <= ARRAY_LENGTH(served); i++) {
		s->config.served_ports = usual;
		if (i < ARRAY_LENGTH(served)) {
			store_serve(s, served[i]);
		}
		for (unsigned set = 0; set < 16; set++) {
			struct catalogue_query q = { .include = (uint8_t)(set & MARK_STORED_ALL),
						     .to_ns = UINT64_MAX };

			q.include |= set & 4 ? MARK_INSIDE : 0;
			q.include |= set & 8 ? MARK_EXCLUDED : 0;
			hold(s, &q);
			q.host = &host;
			hold(s, &q);
			q.from_ns = 1;
			hold(s, &q);
		}
	}
}

static void test_ftp_only_becomes_ordinary(void **state)
{
	const struct sighting batches[][3] = {
		{ at_port(40000, MARK_FTP_DATA, 1), at_port(40001, MARK_FTP_DATA, 1),
		  at_port(40002, MARK_FTP_DATA | MARK_SPLIT_HANDSHAKE, 1) },
		{ at_port(40000, MARK_FTP_DATA, 2), at_port(40001, MARK_FTP_DATA, 2),
		  at_port(40002, MARK_FTP_DATA, 2) },
		/* Something else, and of one of them no FTP data. */
		{ at_port(40000, 0, 1), at_port(40000, 0, 4),
		  at_port(40001, MARK_SPLIT_HANDSHAKE, 1) },
		{ at_port(40000, MARK_FTP_DATA, 5), at_port(40001, 0, 6),
		  at_port(40003, MARK_FTP_DATA, 6) },
		{ at_port(40002, 0, 7), at_port(40003, MARK_FTP_DATA, 6), at_port(443, 0, 6) },
	};
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	for (size_t i = 0; i < ARRAY_LENGTH(batches); i++) {
		assert_int_equal(store_add(&s, batches[i], ARRAY_LENGTH(batches[i]), 1, true), 0);
		hold_served(&s);
		assert_int_equal(catalogue_verify(s.catalogue, NULL, NULL, NULL), 0);
	}
	assert_int_equal(catalogue_rebuild(s.catalogue, NULL), 0);
	hold_served(&s);
	store_remove(&s);
}

/* Few sightings: of many services FTP data comes first, and something else in a later batch. */
static void test_served_ports_of_the_moment(void **state)
{
	struct store s;

	(void)state;
	store_make(&s, "Europe/Berlin", 1571961600);
	for (size_t i = 0; i < 12; i++) {
		store_fill(&s, 1, 25);
		hold_served(&s);
	}
	store_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_last_hour),
		cmocka_unit_test(test_passing),
		cmocka_unit_test(test_ftp_visibility),
		cmocka_unit_test(test_ftp_only_becomes_ordinary),
		cmocka_unit_test(test_served_ports_of_the_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
