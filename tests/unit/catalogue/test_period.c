/* catalogue_period, its visits, histories and gaps against counts over the plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/zone.h"
#include "catalogue/gaps.h"
#include "catalogue/period.h"

#include "store_fixture.h"

#define ROUNDS 25

/* ---- plain counting: sort by something, count what differs ---- */

typedef int (*order_fn)(const void *a, const void *b);

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_peer(const void *a, const void *b)
{
	return addr_compare(((const struct sighting *)a)->peer, ((const struct sighting *)b)->peer);
}

static int by_host(const void *a, const void *b)
{
	return addr_compare(((const struct sighting *)a)->host, ((const struct sighting *)b)->host);
}

static int by_port(const void *a, const void *b)
{
	return compare(((const struct sighting *)a)->port, ((const struct sighting *)b)->port);
}

static int by_service(const void *a, const void *b)
{
	int order = by_host(a, b);

	return order ? order : by_port(a, b);
}

static uint64_t distinct(struct sighting *list, size_t n, order_fn order)
{
	uint64_t found = n > 0;

	qsort(list, n, sizeof(*list), order);
	for (size_t i = 1; i < n; i++)
		found += order(&list[i - 1], &list[i]) != 0;
	return found;
}

typedef bool (*wanted_fn)(const struct store *s, const struct sighting *one, const void *user);

static struct sighting *choose(const struct store *s, wanted_fn wanted, const void *user,
			       size_t *ret_n)
{
	struct sighting *list = calloc(s->n + 1, sizeof(*list));
	size_t n = 0;

	assert_non_null(list);
	for (size_t i = 0; i < s->n; i++) {
		if (wanted(s, &s->sightings[i], user))
			list[n++] = s->sightings[i];
	}
	*ret_n = n;
	return list;
}

static bool is_shown(const struct store *s, const struct sighting *one, const void *user)
{
	const struct period_query *q = user;
	int32_t day = zone_day(one->time_ns);

	return day >= q->first_day && day < q->end_day && plain_is_visible(s, one, q->include);
}

/* ---- holding the counts against it ---- */

static void check_days(const struct store *s, const struct period_query *q,
		       const struct period_counts *p)
{
	for (uint32_t i = 0; i < p->n_days; i++) {
		const struct period_query day = { q->first_day + (int32_t)i,
						  q->first_day + (int32_t)i + 1, q->include };
		size_t n;
		struct sighting *list = choose(s, is_shown, &day, &n);

		assert_int_equal(p->days[i].packets, n);
		assert_int_equal(p->days[i].peers, distinct(list, n, by_peer));
		free(list);
	}
}

/* Each rank's packets are right, no other peer has more than the last one, order and ties hold. */
static void check_busiest(const struct store *s, const struct period_query *q,
			  const struct period_counts *p)
{
	for (uint32_t i = 0; i < p->n_days; i++) {
		const struct period_query one = { q->first_day + (int32_t)i,
						  q->first_day + (int32_t)i + 1, q->include };
		const struct period_day *day = &p->days[i];
		size_t n, ranked = 0;
		struct sighting *list = choose(s, is_shown, &one, &n);

		qsort(list, n, sizeof(*list), by_peer);
		for (size_t from = 0, to; from < n; from = to) {
			struct period_busy b = { list[from].peer, 0 };
			uint32_t above = 0;

			for (to = from; to < n && by_peer(&list[from], &list[to]) == 0; to++)
				b.packets++;
			for (uint32_t k = 0; k < day->n_busiest; k++) {
				const struct period_busy *r = &day->busiest[k];

				above += r->packets > b.packets ||
					 (r->packets == b.packets &&
					  addr_compare(r->peer, b.peer) < 0);
			}
			if (above < PERIOD_BUSIEST) {
				assert_true(above < day->n_busiest);
				assert_true(addr_equal(day->busiest[above].peer, b.peer));
				assert_int_equal(day->busiest[above].packets, b.packets);
				ranked++;
			}
		}
		assert_int_equal(ranked, day->n_busiest);
		free(list);
	}
}

static void check_services(const struct period_query *q, const struct period_counts *p,
			   struct sighting *list, size_t n)
{
	size_t at = 0;

	qsort(list, n, sizeof(*list), by_service);
	for (size_t from = 0, to; from < n; from = to, at++) {
		uint64_t days[2] = { 0, 0 };

		for (to = from; to < n && by_service(&list[from], &list[to]) == 0; to++)
			days[0] |= 1ULL << (zone_day(list[to].time_ns) - q->first_day);
		assert_true(at < p->n_services);
		assert_true(addr_equal(p->services[at].host, list[from].host));
		assert_int_equal(p->services[at].port, list[from].port);
		assert_int_equal(p->services[at].protocol, SIGHTING_PROTOCOL_TCP);
		assert_int_equal(p->services[at].packets, to - from);
		for (uint32_t d = 0; d < p->n_days; d++)
			assert_int_equal(period_service_seen(p, at, d), days[0] >> d & 1);
	}
	assert_int_equal(at, p->n_services);
}

static void check_ports(const struct period_counts *p, struct sighting *list, size_t n)
{
	size_t at = 0;

	qsort(list, n, sizeof(*list), by_port);
	for (size_t from = 0, to; from < n; from = to, at++) {
		for (to = from; to < n && list[to].port == list[from].port; to++)
			;
		assert_true(at < p->n_ports);
		assert_int_equal(p->ports[at].port, list[from].port);
		assert_int_equal(p->ports[at].packets, to - from);
		assert_int_equal(p->ports[at].peers, distinct(list + from, to - from, by_peer));
		/* by_peer has shuffled this port's records only */
	}
	assert_int_equal(at, p->n_ports);
}

struct left_question {
	const struct period_query *q;
	enum period_left why;
};

/* Hidden, and for that reason first. */
static bool is_left_for(const struct store *s, const struct sighting *one, const void *user)
{
	const struct left_question *l = user;
	int32_t day = zone_day(one->time_ns);

	if (day < l->q->first_day || day >= l->q->end_day ||
	    plain_is_visible(s, one, l->q->include))
		return false;
	for (int k = 0; k < PERIOD_LEFT_COUNT; k++) {
		uint8_t others = (uint8_t)(MARK_ALL & ~period_left_marks[k]);

		/* It hides if all else forgiven it still does. */
		if (!plain_is_visible(s, one, l->q->include | others))
			return k == (int)l->why;
	}
	return false;
}

static void check_left_out(const struct store *s, const struct period_query *q,
			   const struct period_counts *p)
{
	for (int k = 0; k < PERIOD_LEFT_COUNT; k++) {
		const struct left_question l = { q, (enum period_left)k };
		size_t n;
		struct sighting *list = choose(s, is_left_for, &l, &n);

		assert_int_equal(p->left[k].packets, n);
		assert_int_equal(p->left[k].services, distinct(list, n, by_service));
		assert_int_equal(p->left[k].hosts, distinct(list, n, by_host));
		free(list);
	}
}

static void check_period(struct store *s, const struct period_query *q)
{
	struct diagnosis d = { "" };
	struct period_counts p;
	size_t n;
	struct sighting *list = choose(s, is_shown, q, &n);

	if (catalogue_period(s->catalogue, q, &p, &d) < 0)
		fail_msg("%s", d.text);
	assert_int_equal(p.first_day, q->first_day);
	assert_int_equal(p.n_days, q->end_day - q->first_day);
	assert_int_equal(p.packets, n);
	assert_int_equal(p.peers, distinct(list, n, by_peer));
	check_days(s, q, &p);
	check_busiest(s, q, &p);
	check_services(q, &p, list, n);
	check_ports(&p, list, n);
	check_left_out(s, q, &p);
	period_counts_finish(&p);
	free(list);
}

/* ---- the tests ---- */

static const struct {
	const char *zone;
	uint64_t start_s;
} places[] = {
	{ "UTC", 1546300800 },
	{ "Asia/Tokyo", 1548255600 },
	{ "Asia/Kathmandu", 1548255600 },      /* +05:45 */
	{ "Europe/Berlin", 1553900400 },       /* a day of 23 hours on 31 March 2019 */
	{ "America/St_Johns", 1572480000 },    /* -03:30 and a day of 25 hours on 3 November 2019 */
	{ "Australia/Lord_Howe", 1554465600 }, /* half an hour back on 7 April 2019 */
};

static struct period_query draw_query(struct store *s)
{
	static const uint8_t includes[] = { 0,
					    0,
					    MARK_INSIDE,
					    MARK_FTP_DATA,
					    MARK_EXCLUDED,
					    MARK_SPLIT_HANDSHAKE | MARK_INSIDE,
					    MARK_ALL };
	int32_t first = zone_day(s->start_ns) - 1 + (int32_t)store_random(s, 6);

	return (struct period_query){ first, first + 1 + (int32_t)store_random(s, 8),
				      includes[store_random(s, ARRAY_LENGTH(includes))] };
}

static void counts_are_those_of_the_plain_array(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		struct store s;

		store_make(&s, places[i].zone, places[i].start_s);
		store_fill(&s, 4, 700);
		for (int k = 0; k < ROUNDS; k++) {
			const struct period_query q = draw_query(&s);

			check_period(&s, &q);
		}
		store_remove(&s);
	}
}

static void check_visit(const struct store *s, const struct period_query *q,
			const struct period_visit *v)
{
	size_t n, kept = 0, ports = 0;
	struct sighting *list = choose(s, is_shown, q, &n);
	uint64_t packets = 0;

	for (size_t i = 0; i < n; i++) {
		if (addr_equal(list[i].peer, v->peer))
			list[kept++] = list[i];
	}
	assert_int_equal(v->packets, kept);
	assert_int_equal(v->hosts, distinct(list, kept, by_host));
	assert_int_equal(v->n_ports, distinct(list, kept, by_port));
	for (size_t i = 0; i < v->n_ports; i++) {
		uint64_t of_port = 0;

		for (size_t k = 0; k < kept; k++)
			of_port += list[k].port == v->ports[i].port;
		assert_int_equal(v->ports[i].packets, of_port);
		assert_true(!i || v->ports[i].packets <= v->ports[i - 1].packets);
		packets += of_port;
		ports++;
	}
	assert_int_equal(packets, kept);
	free(list);
}

/* Which of the services that are FTP data only are shown changes without a count. */
static void served_ports_are_those_of_the_moment(void **state)
{
	static const char *const served[] = { "80", "1-39999", "40000-65535", "1-65535" };
	struct store s;

	(void)state;
	store_make(&s, "Asia/Kathmandu", 1548255600);
	for (int batch = 0; batch < 4; batch++) {
		store_fill(&s, 1, 60);
		for (int k = 0; k < ROUNDS; k++) {
			const struct period_query q = draw_query(&s);

			store_serve(&s, served[store_random(&s, ARRAY_LENGTH(served))]);
			check_period(&s, &q);
		}
	}
	store_remove(&s);
}

/* Many peers of both families in overlapping parts: lists become bitmaps. */
static void many_peers_are_counted_exactly(void **state)
{
	struct store s;
	struct period_query q;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	for (int batch = 0; batch < 3; batch++) {
		struct sighting *list = store_draw(&s, 40000);

		for (size_t i = 0; i < 40000; i++) {
			uint64_t peer = store_random(&s, 30000);

			list[i].peer =
				peer % 3 ? addr_from_v4((uint32_t)hash_mix(peer))
					 : (struct net_addr){ 0x2a01000000000000ULL + peer % 7,
							      hash_mix(peer) };
			list[i].port = i % 4 ? 80 : list[i].port;
			list[i].marks = 0;
		}
		assert_int_equal(store_add(&s, list, 40000, 2, true), 0);
		free(list);
	}
	q = (struct period_query){ zone_day(s.start_ns), zone_day(s.start_ns) + 5, 0 };
	check_period(&s, &q);
	for (int i = 0; i < 3; i++) {
		const struct net_addr peer = s.sightings[store_random(&s, s.n)].peer;
		struct period_visit v = { .peer = peer };
		struct period_visit_day day = { q.first_day + i, &v, 1 };
		const struct period_query one = { day.day, day.day + 1, 0 };

		assert_int_equal(catalogue_period_visits(s.catalogue, 0, &day, 1, NULL), 0);
		check_visit(&s, &one, &v);
		period_visits_finish(&v, 1);
	}
	store_remove(&s);
}

/* A millisecond before a day of 18:15 UTC begins, and just then. */
static void the_first_instant_of_a_day_is_that_day_s(void **state)
{
	struct store s;
	struct sighting *list;
	int32_t day;

	(void)state;
	store_make(&s, "Asia/Kathmandu", 1548255600);
	list = store_draw(&s, 2);
	day = zone_day(s.start_ns) + 1;
	list[1] = list[0] = (struct sighting){ .host = addr_from_v4(0xc0000201),
					       .peer = addr_from_v4(0xcb007105),
					       .port = 443,
					       .protocol = SIGHTING_PROTOCOL_TCP };
	list[0].time_ns = (uint64_t)zone_day_start_s(day) * NS_PER_SECOND - NS_PER_MS;
	list[1].time_ns = (uint64_t)zone_day_start_s(day) * NS_PER_SECOND;
	assert_int_equal(store_add(&s, list, 2, 1, true), 0);
	free(list);
	for (int32_t i = day - 1; i <= day; i++) {
		const struct period_query one = { i, i + 1, 0 };

		check_period(&s, &one);
	}
	store_remove(&s);
}

static void a_period_without_anything_is_empty(void **state)
{
	struct store s;
	struct period_counts p;
	struct period_query q = { 10000, 10031, 0 };

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_fill(&s, 1, 100);
	assert_int_equal(catalogue_period(s.catalogue, &q, &p, NULL), 0);
	assert_int_equal(p.packets + p.peers + p.n_services + p.n_ports, 0);
	assert_int_equal(p.n_days, 31);
	period_counts_finish(&p);
	q.end_day = q.first_day;
	assert_int_equal(catalogue_period(s.catalogue, &q, &p, NULL), ERR_LIMIT);
	period_counts_finish(&p);
	store_remove(&s);
}

static void visits_are_those_of_the_plain_array(void **state)
{
	struct store s;

	(void)state;
	store_make(&s, "Asia/Kathmandu", 1548255600);
	store_fill(&s, 4, 700);
	for (int k = 0; k < ROUNDS; k++) {
		const struct period_query q = draw_query(&s);
		struct period_visit visits[2][3];
		struct period_visit_day days[2] = { { q.first_day, visits[0], 3 },
						    { q.end_day, visits[1], 3 } };

		memset(visits, 0, sizeof(visits));
		for (int i = 0; i < 2; i++) {
			visits[i][0].peer = s.sightings[store_random(&s, s.n)].peer;
			visits[i][1].peer = addr_from_v4(1);           /* nobody */
			visits[i][2].peer = addr_from_v4(0xc0000264U); /* inside */
		}
		assert_int_equal(catalogue_period_visits(s.catalogue, q.include, days, 2, NULL), 0);
		for (int i = 0; i < 2; i++) {
			const struct period_query day = { days[i].day, days[i].day + 1, q.include };

			for (int v = 0; v < 3; v++)
				check_visit(&s, &day, &visits[i][v]);
			period_visits_finish(visits[i], 3);
		}
	}
	store_remove(&s);
}

static void check_history(const struct store *s, uint8_t include, const struct period_history *h)
{
	uint64_t first = UINT64_MAX, last = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct sighting *one = &s->sightings[i];
		bool on_a_day = false;

		if (!addr_equal(one->host, h->host) || one->port != h->port ||
		    !plain_is_visible(s, one, include))
			continue;
		first = MIN(first, one->time_ns);
		last = MAX(last, one->time_ns);
		for (uint32_t k = 0; k < h->n_days; k++) {
			on_a_day |= h->days[k].first <= zone_day(one->time_ns) &&
				    zone_day(one->time_ns) <= h->days[k].last;
		}
		assert_true(on_a_day);
	}
	assert_int_equal(h->first_ns, first);
	assert_int_equal(h->last_ns, last);
	assert_int_equal(h->days[0].first, zone_day(first));
	assert_int_equal(h->days[h->n_days - 1].last, zone_day(last));
}

static void histories_are_those_of_the_plain_array(void **state)
{
	static const uint8_t includes[] = { 0, MARK_INSIDE, MARK_ALL };
	struct store s;

	(void)state;
	store_make(&s, "Asia/Kathmandu", 1548255600);
	store_fill(&s, 4, 700);
	for (size_t i = 0; i < 2 * ARRAY_LENGTH(includes); i++) {
		uint8_t include = includes[i % ARRAY_LENGTH(includes)];
		struct catalogue_query q = { .include = include, .to_ns = UINT64_MAX };
		struct period_history *list;
		struct catalogue_service *services;
		size_t n, n_services;

		if (i == ARRAY_LENGTH(includes))
			store_serve(&s, "1-65535");
		assert_int_equal(catalogue_histories(s.catalogue, include, &list, &n, NULL), 0);
		assert_int_equal(catalogue_list(s.catalogue, &q, &services, &n_services, NULL), 0);
		assert_int_equal(n, n_services);
		for (size_t k = 0; k < n; k++) {
			uint32_t days = 0;

			check_history(&s, include, &list[k]);
			for (uint32_t r = 0; r < list[k].n_days; r++)
				days += (uint32_t)(list[k].days[r].last - list[k].days[r].first +
						   1);
			assert_int_equal(days, services[k].days);
		}
		catalogue_histories_free(list, n);
		free(services);
	}
	store_remove(&s);
}

/* Two captures with an hour between them. */
static void gaps_are_what_no_capture_covers(void **state)
{
	struct store s;
	struct sighting *list;
	struct catalogue_gap *gaps;
	size_t n;
	const uint64_t hour = 3600 * NS_PER_SECOND;

	(void)state;
	store_make(&s, "UTC", 1548255600);
	for (int i = 0; i < 2; i++) {
		list = store_draw(&s, 2);
		list[0].time_ns = s.start_ns + (uint64_t)(2 * i) * hour;
		list[1].time_ns = s.start_ns + (uint64_t)(2 * i + 1) * hour;
		assert_int_equal(store_add(&s, list, 2, 1, true), 0);
		free(list);
	}
	assert_int_equal(catalogue_gaps(s.catalogue, s.start_ns - hour, s.start_ns + 5 * hour,
					60 * NS_PER_SECOND, &gaps, &n, NULL),
			 0);
	assert_int_equal(n, 3);
	assert_int_equal(gaps[0].from_ns, s.start_ns - hour);
	assert_int_equal(gaps[0].to_ns, s.start_ns);
	assert_int_equal(gaps[1].from_ns, s.start_ns + hour);
	assert_int_equal(gaps[1].to_ns, s.start_ns + 2 * hour);
	assert_int_equal(gaps[2].from_ns, s.start_ns + 3 * hour);
	assert_int_equal(gaps[2].to_ns, s.start_ns + 5 * hour);
	free(gaps);
	assert_int_equal(catalogue_gaps(s.catalogue, s.start_ns, s.start_ns + 3 * hour, 2 * hour,
					&gaps, &n, NULL),
			 0);
	assert_int_equal(n, 0);
	free(gaps);
	store_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_those_of_the_plain_array),
		cmocka_unit_test(served_ports_are_those_of_the_moment),
		cmocka_unit_test(many_peers_are_counted_exactly),
		cmocka_unit_test(the_first_instant_of_a_day_is_that_day_s),
		cmocka_unit_test(a_period_without_anything_is_empty),
		cmocka_unit_test(visits_are_those_of_the_plain_array),
		cmocka_unit_test(histories_are_those_of_the_plain_array),
		cmocka_unit_test(gaps_are_what_no_capture_covers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
