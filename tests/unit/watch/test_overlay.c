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

#include "overlay_answers.h"
#include "watch/absorb.h"

#define START_S 1546300800ULL
#define EACH    1500

/* ---- journals ---- */

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
	dead = overlay_create(&s, 3600);
	append(&s, dead, EACH);
	append(&s, dead, 1);
	journal_close(dead);
	held = overlay_create(&s, 7200);
	append(&s, held, EACH);
	with[0] = overlay_asked(&s, ARCHIVE_WRITE, 0);
	with[1] = overlay_asked(&s, ARCHIVE_READ, 0);
	with[2] = overlay_asked(&s, ARCHIVE_WRITE, CATALOGUE_PASSING);
	journal_close(held);
	assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
	without = overlay_asked(&s, ARCHIVE_WRITE, 0);
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
	w = overlay_create(&s, 0);
	append(&s, w, EACH);
	journal_close(w);
	w = overlay_create(&s, 3600);
	assert_int_equal(
		journal_append(
			w, &(struct journal_group){ .up_to_ns = s.start_ns + 7200 * NS_PER_SECOND },
			NULL),
		0);
	journal_close(w);
	with = overlay_asked(&s, ARCHIVE_READ, 0);
	assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
	without = overlay_asked(&s, ARCHIVE_READ, 0);
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
	w = overlay_create(&s, 3600);
	append(&s, w, EACH);
	overlay_open_other(&s, &asking[0], ARCHIVE_WRITE, 0);
	overlay_open_other(&s, &asking[1], ARCHIVE_READ, 0);
	overlay_open_other(&s, &asking[2], ARCHIVE_WRITE, CATALOGUE_PASSING);
	before = visible_to_all(&s);
	append(&s, w, 10);
	/* What comes later is not looked at. */
	for (int i = 0; i < 3; i++)
		assert_all_once(&asking[i], before);
	journal_close(w);
	assert_int_equal(absorb_dead(s.archive, s.catalogue, NULL), 0);
	fresh = overlay_asked(&s, ARCHIVE_WRITE, 0);
	for (int i = 0; i < 3; i++) {
		text = overlay_answers(&asking[i]);
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
	w = overlay_create(&s, 3600);
	append(&s, w, EACH);
	strcpy(name, journal_name(w));
	journal_close(w);
	overlay_open_other(&s, &asking, ARCHIVE_WRITE, 0);
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
	overlay_open_other(&s, &asking, ARCHIVE_READ, 0);
	assert_int_equal(catalogue_sql(asking.catalogue, &db, NULL), 0);
	w = overlay_create(&s, 3600);
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
			w = overlay_create(&s, 7200);
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
	w = overlay_create(&s, 0);
	assert_int_equal(journal_append(w,
					&(struct journal_group){ .up_to_ns = s.start_ns,
								 .sightings = list,
								 .n_sightings = n },
					NULL),
			 0);
	journal_close(w);
	for (int i = 0; i < 2; i++) {
		overlay_open_other(&s, &asking, ARCHIVE_READ, 0);
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
	w = overlay_create(&s, 3600);
	(void)snprintf(path, sizeof(path), "%s/live/%s", s.path, journal_name(w));
	journal_close(w);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 40, SEEK_SET), 0);
	assert_int_equal(fputs("xxxx", f) >= 0 && fclose(f) == 0, 1);
	overlay_open_other(&s, &asking, ARCHIVE_WRITE, 0);
	assert_all_once(&asking, visible_to_all(&s));
	assert_int_equal(catalogue_damage_count(asking.catalogue), 1);
	assert_non_null(strstr(catalogue_damage_words(asking.catalogue, 0), "/live/"));
	assert_int_equal(catalogue_verify(asking.catalogue, NULL, NULL, NULL), 1);
	store_close(&asking);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
