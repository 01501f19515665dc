/*
 * Journals in questions: a store with journals answers as it does once they are batches, and as the
 * plain array says. Nothing counts twice, whenever a journal becomes a batch.
 */
#include <errno.h>
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
#include "catalogue/gaps.h"
#include "catalogue/period.h"

#include "../catalogue/store_fixture.h"
#include "watch/absorb.h"

#define START_S 1546300800ULL
#define EACH    1500

/* ---- all answers as one text ---- */

static void say(struct buffer *out, const char *format, ...) printf_like(2, 3);

static void say(struct buffer *out, const char *format, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	buffer_put(out, line, MIN((size_t)n, sizeof(line) - 1));
}

static void say_services(struct store *s, const struct catalogue_query *q, struct buffer *out)
{
	struct catalogue_service *list;
	char host[ADDR_TEXT_MAX];
	size_t n;

	assert_int_equal(catalogue_list(s->catalogue, q, &list, &n, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		say(out, "service %s %u %u %u %lu %lu %lu %lu%s %u\n",
		    addr_format(list[i].host, host), list[i].port, list[i].protocol, list[i].marks,
		    list[i].first_ns, list[i].last_ns, list[i].packets, list[i].peers,
		    list[i].peers_estimated ? "~" : "", list[i].days);
	}
	free(list);
}

static int say_record(void *user, const struct catalogue_record *r)
{
	char host[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX];

	say(user, "record %lu %s %u %s %u %u %u %d\n", r->sighting.time_ns,
	    addr_format(r->sighting.host, host), r->sighting.port,
	    addr_format(r->sighting.peer, peer), r->sighting.peer_port, r->sighting.protocol,
	    r->sighting.marks, r->visible);
	return 0;
}

static void say_period(struct store *s, uint8_t include, struct buffer *out)
{
	int32_t first = zone_day(s->start_ns) - 1;
	const struct period_query q = { first, first + 9, include };
	struct period_counts p;
	struct period_history *list;
	char text[ADDR_TEXT_MAX];
	size_t n;

	assert_int_equal(catalogue_period(s->catalogue, &q, &p, NULL), 0);
	say(out, "period %lu %lu\n", p.packets, p.peers);
	for (uint32_t i = 0; i < p.n_days; i++) {
		say(out, "day %u %lu %lu%s\n", i, p.days[i].packets, p.days[i].peers,
		    p.days[i].peers_estimated ? "~" : "");
		for (uint32_t k = 0; k < p.days[i].n_busiest; k++) {
			say(out, "busy %s %lu\n", addr_format(p.days[i].busiest[k].peer, text),
			    p.days[i].busiest[k].packets);
		}
	}
	for (size_t i = 0; i < p.n_services; i++)
		say(out, "seen %s %u %lu\n", addr_format(p.services[i].host, text),
		    p.services[i].port, p.services[i].packets);
	for (size_t i = 0; i < p.n_ports; i++)
		say(out, "port %u %lu %lu (%lu)\n", p.ports[i].port, p.ports[i].packets,
		    p.ports[i].peers, p.ports[i].counted_peers);
	for (size_t i = 0; i < p.n_floods; i++)
		say(out, "flood %s %u %u %lu %lu\n", addr_format(p.floods[i].host, text),
		    p.floods[i].port, p.floods[i].protocol, p.floods[i].packets, p.floods[i].peers);
	for (int i = 0; i < PERIOD_LEFT_COUNT; i++)
		say(out, "left %lu %u %u\n", p.left[i].packets, p.left[i].services,
		    p.left[i].hosts);
	period_counts_finish(&p);
	assert_int_equal(catalogue_histories(s->catalogue, include, &list, &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		say(out, "history %s %u %lu %lu %u\n", addr_format(list[i].host, text),
		    list[i].port, list[i].first_ns, list[i].last_ns, list[i].n_days);
	catalogue_histories_free(list, n);
}

static void say_gaps(struct store *s, struct buffer *out)
{
	struct catalogue_gap *gaps;
	size_t n;

	assert_int_equal(catalogue_gaps(s->catalogue, s->start_ns - 7200 * NS_PER_SECOND,
					s->start_ns + 10 * 86400 * NS_PER_SECOND, NS_PER_SECOND,
					&gaps, &n, NULL),
			 0);
	for (size_t i = 0; i < n; i++)
		say(out, "gap %lu %lu %d %u %lu %s\n", gaps[i].from_ns, gaps[i].to_ns,
		    gaps[i].recorded, gaps[i].kind, gaps[i].count, gaps[i].interface);
	free(gaps);
}

static void say_totals(struct store *s, struct buffer *out)
{
	struct catalogue_totals t;

	assert_int_equal(catalogue_totals(s->catalogue, &t, NULL), 0);
	say(out, "totals %lu %lu %lu %lu %lu %lu %lu %lu\n", t.batches, t.parts, t.sightings,
	    t.services, t.hosts, t.archive_bytes, t.first_ns, t.last_ns);
}

static const char *const queries[] = {
	"SELECT * FROM sighting ORDER BY time_ns, saddr, sport, daddr, dport, marks",
	"SELECT saddr, sport, sum(packets) FROM summary WHERE visible GROUP BY 1, 2 ORDER BY 1, 2",
	"SELECT * FROM service ORDER BY address, port",
	"SELECT * FROM service('all') ORDER BY address, port",
	"SELECT * FROM host ORDER BY address",
	"SELECT * FROM batch ORDER BY name",
	"SELECT * FROM gap ORDER BY batch, from_ns, to_ns, kind",
	"SELECT * FROM flood ORDER BY batch, address, port, marks",
	"SELECT s.address, b.name, s.peers FROM service s JOIN batch b ON s.port = 80 ORDER BY 1, 2",
};

static void say_sql(struct store *s, struct buffer *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(queries); i++) {
		sqlite3 *db;
		char *rows;

		assert_int_equal(catalogue_sql(s->catalogue, &db, NULL), 0);
		rows = store_sql_rows(db, queries[i]);
		buffer_put(out, rows, strlen(rows));
		free(rows);
	}
}

/* The caller frees. */
static char *all_answers(struct store *s)
{
	const struct net_addr host = addr_from_v4(0xc0000201U);
	const uint8_t includes[] = { 0, MARK_FTP_DATA, MARK_ALL };
	struct buffer out;

	buffer_init(&out);
	say_totals(s, &out);
	for (size_t i = 0; i < ARRAY_LENGTH(includes); i++) {
		struct catalogue_query q = { .include = includes[i], .to_ns = UINT64_MAX };

		say_services(s, &q, &out);
		q.host = &host;
		say_services(s, &q, &out);
		q.host = NULL;
		q.from_ns = s->start_ns + 3600 * NS_PER_SECOND;
		q.to_ns = s->start_ns + 60 * 3600 * NS_PER_SECOND;
		say_services(s, &q, &out);
		assert_int_equal(catalogue_records(s->catalogue, &q, true, say_record, &out, NULL),
				 0);
		say_period(s, includes[i], &out);
	}
	say_gaps(s, &out);
	assert_int_equal(catalogue_verify(s->catalogue, NULL, NULL, NULL), 0);
	say_sql(s, &out);
	assert_int_equal(catalogue_damage_count(s->catalogue), 0);
	buffer_put_u8(&out, '\0');
	assert_false(out.failed);
	return (char *)out.bytes;
}

/* ---- journals ---- */

static struct journal_writer *create(struct store *s, uint64_t after_s)
{
	struct journal_writer *w;

	assert_int_equal(journal_create(s->archive, s->start_ns + after_s * NS_PER_SECOND,
					"eth1: xdp", &s->config.networks, &w, NULL),
			 0);
	return w;
}

/* Also noted in the fixture's array, which plain answers are made of. */
static void append(struct store *s, struct journal_writer *w, size_t n)
{
	struct sighting *list = store_draw(s, n);
	const struct batch_gap gap = { s->start_ns + 5, s->start_ns + 8 + n, n, BATCH_GAP_LOST,
				       "eth1" };
	const struct batch_count count = { "sighting", journal_sightings(w) + n };

	assert_int_equal(journal_append(w,
					&(struct journal_group){
						.up_to_ns = s->start_ns + 9 * 3600 * NS_PER_SECOND,
						.sightings = list,
						.n_sightings = n,
						.gaps = &gap,
						.n_gaps = 1,
						.counts = &count,
						.n_counts = 1 },
					NULL),
			 0);
	store_remember(s, list, n);
	free(list);
}

/* Another process on the same store. */
static void open_other(const struct store *s, struct store *ret_other, enum archive_mode mode,
		       int flags)
{
	*ret_other = *s;
	ret_other->archive = NULL;
	ret_other->catalogue = NULL;
	assert_int_equal(store_open(ret_other, mode, flags), 0);
}

static char *asked_by_another(const struct store *s, enum archive_mode mode, int flags)
{
	struct store other;
	char *text;

	open_other(s, &other, mode, flags);
	text = all_answers(&other);
	store_close(&other);
	return text;
}

/* Packets of everything, from a list and from records. */
static void assert_all_once(struct store *s, uint64_t packets)
{
	const struct catalogue_query q = { .include = MARK_ALL, .to_ns = UINT64_MAX };
	struct catalogue_service *list;
	uint64_t sum = 0;
	size_t n;

	assert_int_equal(catalogue_list(s->catalogue, &q, &list, &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		sum += list[i].packets;
	free(list);
	assert_int_equal(sum, packets);
}

static uint64_t visible_to_all(const struct store *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += plain_is_visible(s, &s->sightings[i], MARK_ALL);
	return n;
}

static int take_part(void *writer, const struct sighting *list, size_t n)
{
	return part_writer_append(writer, list, n) == (int)n ? 0 : -ENOSPC;
}

/* As absorb_journal, but nobody counts. */
static void commit_only(struct store *s, const char *journal)
{
	char name[BATCH_NAME_MAX];
	struct batch_manifest m;
	struct batch_writer *b;
	struct part_writer *p;
	struct buffer memory;

	assert_int_equal(batch_writer_new(s->archive, &b, NULL), 0);
	assert_int_equal(part_writer_new(&p), 0);
	assert_int_equal(journal_read(s->archive, journal, take_part, p, &m, &memory, NULL), 0);
	assert_int_equal(batch_writer_add_part(b, p, NULL), 0);
	assert_int_equal(batch_writer_seal(b, &m, &memory, NULL), 0);
	assert_int_equal(batch_writer_commit(b, &m, name, NULL), 0);
	assert_int_equal(journal_remove(s->archive, journal), 0);
	batch_writer_free(b);
	part_writer_free(p);
	batch_manifest_finish(&m);
	buffer_finish(&memory);
}

/* ---- tests ---- */

static void a_journal_answers_like_its_batch(void **state)
{
	struct journal_writer *dead, *held;
	char *with[3], *without;
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", START_S);
	store_fill(&s, 3, EACH);
	dead = create(&s, 3600);
	append(&s, dead, EACH);
	append(&s, dead, 1);
	journal_close(dead);
	held = create(&s, 7200);
	append(&s, held, EACH);
	with[0] = asked_by_another(&s, ARCHIVE_WRITE, 0);
	with[1] = asked_by_another(&s, ARCHIVE_READ, 0);
	with[2] = asked_by_another(&s, ARCHIVE_WRITE, CATALOGUE_PASSING);
	journal_close(held);
	assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
	without = asked_by_another(&s, ARCHIVE_WRITE, 0);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(with[i], without);
		free(with[i]);
	}
	assert_all_once(&s, visible_to_all(&s));
	free(without);
	store_remove(&s);
}

/* Before anything was counted, and one that nothing was seen in. */
static void a_store_of_journals_only(void **state)
{
	struct journal_writer *w;
	struct store s;
	char *with, *without;

	(void)state;
	store_make(&s, "UTC", START_S);
	w = create(&s, 0);
	append(&s, w, EACH);
	journal_close(w);
	w = create(&s, 3600);
	assert_int_equal(
		journal_append(
			w, &(struct journal_group){ .up_to_ns = s.start_ns + 7200 * NS_PER_SECOND },
			NULL),
		0);
	journal_close(w);
	with = asked_by_another(&s, ARCHIVE_READ, 0);
	assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
	without = asked_by_another(&s, ARCHIVE_READ, 0);
	assert_string_equal(with, without);
	free(with);
	free(without);
	store_remove(&s);
}

/* A question that was begun before a journal became a batch, and asks after it. */
static void absorbed_while_it_is_asked(void **state)
{
	struct journal_writer *w;
	struct store s, asking[3];
	uint64_t before;
	char *text, *fresh;

	(void)state;
	store_make(&s, "Asia/Tokyo", START_S);
	store_fill(&s, 2, EACH);
	w = create(&s, 3600);
	append(&s, w, EACH);
	open_other(&s, &asking[0], ARCHIVE_WRITE, 0);
	open_other(&s, &asking[1], ARCHIVE_READ, 0);
	open_other(&s, &asking[2], ARCHIVE_WRITE, CATALOGUE_PASSING);
	before = visible_to_all(&s);
	append(&s, w, 10);
	/* What comes later is not looked at. */
	for (int i = 0; i < 3; i++)
		assert_all_once(&asking[i], before);
	journal_close(w);
	assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
	fresh = asked_by_another(&s, ARCHIVE_WRITE, 0);
	for (int i = 0; i < 3; i++) {
		text = all_answers(&asking[i]);
		/* Counts of its own are of the moment when it was begun; its sql knows what came.
		 */
		assert_non_null(strstr(text, strstr(fresh, "\n20")));
		if (i < 2)
			assert_string_equal(text, fresh);
		free(text);
		store_close(&asking[i]);
	}
	free(fresh);
	store_remove(&s);
}

/*
 * A statement that runs meanwhile tells what was there when it began. It keeps others from
 * counting, but not from committing.
 */
static void absorbed_while_a_statement_runs(void **state)
{
	struct journal_writer *w;
	struct store s, asking;
	char name[BATCH_NAME_MAX];
	sqlite3_stmt *q;
	sqlite3 *db;
	uint64_t rows = 0;

	(void)state;
	store_make(&s, "Asia/Tokyo", START_S);
	store_fill(&s, 2, EACH);
	w = create(&s, 3600);
	append(&s, w, EACH);
	strcpy(name, journal_name(w));
	journal_close(w);
	open_other(&s, &asking, ARCHIVE_WRITE, 0);
	assert_int_equal(catalogue_sql(asking.catalogue, &db, NULL), 0);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT saddr FROM sighting", -1, &q, NULL),
			 SQLITE_OK);
	for (; rows < 10; rows++)
		assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	commit_only(&s, name);
	/* Another one beside it. */
	assert_int_equal(catalogue_sql(asking.catalogue, &db, NULL), 0);
	assert_int_equal(
		strtoull(store_sql(db, "SELECT sum(packets) FROM service('all')"), NULL, 10),
		visible_to_all(&s));
	assert_int_equal(atoi(store_sql(db, "SELECT count(*) FROM sighting")), s.n);
	while (sqlite3_step(q) == SQLITE_ROW)
		rows++;
	assert_int_equal(rows, s.n);
	sqlite3_finalize(q);
	/* The next one counts what nobody did. */
	assert_int_equal(catalogue_sql(asking.catalogue, &db, NULL), 0);
	assert_int_equal(
		strtoull(store_sql(db, "SELECT sum(packets) FROM service('all')"), NULL, 10),
		visible_to_all(&s));
	assert_int_equal(atoi(store_sql(db, "SELECT count(*) FROM batch")), 3);
	assert_int_equal(catalogue_verify(asking.catalogue, NULL, NULL, NULL), 0);
	store_close(&asking);
	store_remove(&s);
}

/* The shell's next statement tells what came since the one before. */
static void the_next_statement_knows_more(void **state)
{
	struct journal_writer *w;
	struct store s, asking;
	sqlite3 *db;

	(void)state;
	store_make(&s, "Asia/Tokyo", START_S);
	store_fill(&s, 1, EACH);
	open_other(&s, &asking, ARCHIVE_READ, 0);
	assert_int_equal(catalogue_sql(asking.catalogue, &db, NULL), 0);
	w = create(&s, 3600);
	for (int i = 0; i < 4; i++) {
		append(&s, w, 100);
		assert_int_equal(catalogue_sql(asking.catalogue, &db, NULL), 0);
		assert_int_equal(atoi(store_sql(db, "SELECT count(*) FROM sighting")), s.n);
		assert_int_equal(atoi(store_sql(db, "SELECT sum(packets) FROM service('all')")),
				 visible_to_all(&s));
		assert_int_equal(atoi(store_sql(db, "SELECT sum(sightings) FROM batch")), s.n);
		assert_int_equal(atoi(store_sql(db, "SELECT count(*) FROM gap")), i / 2 + 1);
		if (i == 1) {
			journal_close(w);
			assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
			w = create(&s, 7200);
		}
	}
	journal_close(w);
	store_close(&asking);
	store_remove(&s);
}

/* So many hours that one part does not hold them. */
static void a_journal_of_two_parts(void **state)
{
	const size_t n = 300000;
	struct sighting *list = calloc(n, sizeof(*list));
	const struct net_addr host = addr_from_v4(0xc0000201U);
	struct journal_writer *w;
	struct store s, asking;
	struct catalogue_totals t;

	(void)state;
	assert_non_null(list);
	store_make(&s, "UTC", START_S);
	for (size_t i = 0; i < n; i++) {
		list[i] = (struct sighting){ .time_ns = i * 3600 * NS_PER_SECOND,
					     .host = host,
					     .peer = addr_from_v4((uint32_t)(i % 1000) + 1),
					     .port = 80,
					     .protocol = SIGHTING_PROTOCOL_TCP };
	}
	w = create(&s, 0);
	assert_int_equal(journal_append(w,
					&(struct journal_group){ .up_to_ns = s.start_ns,
								 .sightings = list,
								 .n_sightings = n },
					NULL),
			 0);
	journal_close(w);
	for (int i = 0; i < 2; i++) {
		open_other(&s, &asking, ARCHIVE_READ, 0);
		assert_int_equal(catalogue_totals(asking.catalogue, &t, NULL), 0);
		assert_int_equal(t.parts, 2);
		assert_int_equal(t.sightings, n);
		assert_all_once(&asking, n);
		store_close(&asking);
		assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
	}
	free(list);
	store_remove(&s);
}

/* What cannot be read is named, and nothing else suffers. */
static void a_damaged_journal_is_named(void **state)
{
	struct journal_writer *w;
	struct store s, asking;
	char path[256];
	FILE *f;

	(void)state;
	store_make(&s, "UTC", START_S);
	store_fill(&s, 1, EACH);
	w = create(&s, 3600);
	(void)snprintf(path, sizeof(path), "%s/live/%s", s.path, journal_name(w));
	journal_close(w);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 40, SEEK_SET), 0);
	assert_int_equal(fputs("xxxx", f) >= 0 && fclose(f) == 0, 1);
	open_other(&s, &asking, ARCHIVE_WRITE, 0);
	assert_all_once(&asking, visible_to_all(&s));
	assert_int_equal(catalogue_damage_count(asking.catalogue), 1);
	assert_non_null(strstr(catalogue_damage_words(asking.catalogue, 0), "/live/"));
	assert_int_equal(catalogue_verify(asking.catalogue, NULL, NULL, NULL), 1);
	store_close(&asking);
	store_remove(&s);
}

/* ---- what was only counted ---- */

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
	struct journal_writer *w = create(s, hours * 3600);
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
	with = asked_by_another(&s, ARCHIVE_READ, 0);
	open_other(&s, &other, ARCHIVE_READ, 0);
	assert_flood_is_told(&other);
	assert_flood_is_reported(&other, packets, peers);
	store_close(&other);
	assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
	without = asked_by_another(&s, ARCHIVE_WRITE, 0);
	assert_string_equal(with, without);
	assert_flood_is_told(&s);
	assert_flood_is_reported(&s, packets, peers);
	free(with);
	assert_int_equal(catalogue_rebuild(s.catalogue, NULL), 0);
	with = asked_by_another(&s, ARCHIVE_WRITE, 0);
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
		cmocka_unit_test(a_journal_answers_like_its_batch),
		cmocka_unit_test(a_store_of_journals_only),
		cmocka_unit_test(absorbed_while_it_is_asked),
		cmocka_unit_test(absorbed_while_a_statement_runs),
		cmocka_unit_test(the_next_statement_knows_more),
		cmocka_unit_test(a_journal_of_two_parts),
		cmocka_unit_test(a_damaged_journal_is_named),
		cmocka_unit_test(what_was_only_counted),
		cmocka_unit_test(verify_looks_at_floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
