/* What opening and committing do to a store in whatever state; what verify finds in one. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store_fixture.h"

/* ---- the derived tables ---- */

static sqlite3 *open_database(const struct store *s)
{
	char path[128];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/catalogue.sqlite", s->path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

/* The caller frees. */
static char *dump(const struct store *s)
{
	static const char *const queries[] = {
		"SELECT * FROM derived_meta ORDER BY 1",
		"SELECT * FROM derived_batch ORDER BY 1",
		"SELECT family, hex(host), port, protocol, inside, marks, packets, first_ns, last_ns, hex(days)"
		" FROM derived_count ORDER BY 1, 2, 3, 4, 5, 6",
		"SELECT family, hex(host), port, protocol, inside, marks, peers FROM derived_peers"
		" ORDER BY 1, 2, 3, 4, 5, 6",
		"SELECT family, hex(host), port, protocol, inside, marks, packets, first_ns, last_ns, hex(days)"
		" FROM derived_ftp_count ORDER BY 1, 2, 3, 4, 5, 6",
		"SELECT family, hex(host), port, protocol, inside, marks, peers FROM derived_ftp_peers"
		" ORDER BY 1, 2, 3, 4, 5, 6",
	};
	sqlite3 *db = open_database(s);
	struct buffer all;

	buffer_init(&all);
	for (size_t i = 0; i < ARRAY_LENGTH(queries); i++) {
		char *rows = store_sql_rows(db, queries[i]);

		buffer_put(&all, rows, strlen(rows));
		free(rows);
	}
	buffer_put_u8(&all, '\0');
	assert_false(all.failed);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return (char *)all.bytes;
}

static void change(const struct store *s, const char *sql)
{
	sqlite3 *db = open_database(s);

	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_counting_batch_by_batch_is_counting_all(void **state)
{
	struct store s;

	(void)state;
	store_make(&s, "Asia/Kolkata", 1548255600);
	for (size_t i = 0; i < 6; i++) {
		char *before, *after;

		store_fill(&s, 1, i == 3 ? 0 : 150 * (i + 1));
		before = dump(&s);
		assert_int_equal(catalogue_rebuild(s.catalogue, NULL), 0);
		after = dump(&s);
		assert_string_equal(before, after);
		free(before);
		free(after);
	}
	store_remove(&s);
}

/* Which services stand where; each in one place only. */
static void test_ftp_only_stands_apart(void **state)
{
	struct store s;

	(void)state;
	store_make(&s, "Asia/Kolkata", 1548255600);
	for (size_t i = 0; i < 8; i++) {
		sqlite3 *db;

		store_fill(&s, 1, 40);
		db = open_database(&s);
		assert_string_equal(store_sql(db, "SELECT count(*) > 0 FROM derived_ftp_count"),
				    "1");
		assert_string_equal(store_sql(db, "SELECT count(*) > 0 FROM derived_ftp_peers"),
				    "1");
		assert_string_equal(
			store_sql(db, "SELECT count(*) FROM derived_ftp_count WHERE NOT marks & 1"),
			"0");
		assert_string_equal(
			store_sql(db,
				  "SELECT count(*) FROM derived_count GROUP BY host, port, protocol"
				  " HAVING min(marks & 1) = 1"),
			"");
		assert_string_equal(
			store_sql(db, "SELECT 1 FROM derived_count JOIN derived_ftp_count USING"
				      " (host, port, protocol)"),
			"");
		assert_string_equal(
			store_sql(db, "SELECT 1 FROM derived_peers JOIN derived_ftp_peers USING"
				      " (host, port, protocol)"),
			"");
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
	}
	store_remove(&s);
}

/* The process died between the rename and the counting, for one batch or for all. */
static void test_what_was_not_counted_is_counted_at_opening(void **state)
{
	struct store s;

	(void)state;
	store_make(&s, "Asia/Kolkata", 1548255600);
	store_fill(&s, 2, 100);
	for (size_t i = 0; i < 2; i++) {
		struct sighting *list = store_draw(&s, 80);
		char *before, *after;

		assert_int_equal(store_add(&s, list, 80, 2, false), 0);
		free(list);
		store_close(&s);
		if (i) {
			change(&s, "DROP TABLE derived_count");
		}
		assert_int_equal(store_open(&s, ARCHIVE_READ, 0), 0);
		assert_int_equal(catalogue_verify(s.catalogue, NULL, NULL, NULL), 0);
		store_close(&s);
		assert_int_equal(store_open(&s, ARCHIVE_WRITE, 0), 0);
		before = dump(&s);
		assert_int_equal(catalogue_rebuild(s.catalogue, NULL), 0);
		after = dump(&s);
		assert_string_equal(before, after);
		free(before);
		free(after);
	}
	store_remove(&s);
}

static void test_a_lost_catalogue_comes_back(void **state)
{
	struct store s;
	char command[128], *before, *after;

	(void)state;
	store_make(&s, "Asia/Kolkata", 1548255600);
	store_fill(&s, 3, 100);
	before = dump(&s);
	store_close(&s);
	(void)snprintf(command, sizeof(command), "%s/catalogue.sqlite", s.path);
	assert_int_equal(unlink(command), 0);
	assert_int_equal(store_open(&s, ARCHIVE_READ, 0), 0);
	assert_int_equal(access(command, F_OK), -1);
	store_close(&s);
	assert_int_equal(store_open(&s, ARCHIVE_WRITE, 0), 0);
	after = dump(&s);
	assert_string_equal(before, after);
	free(before);
	free(after);
	store_remove(&s);
}

static void make_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_leftovers_are_swept_and_living_writers_are_not(void **state)
{
	char dead[128], file[160];
	struct batch_writer *living;
	struct store s, other;
	struct stat st;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	(void)snprintf(dead, sizeof(dead), "%s/pending/4711-0", s.path);
	assert_int_equal(mkdir(dead, 0755), 0);
	(void)snprintf(file, sizeof(file), "%s/part-0000", dead);
	make_file(file, "half a part");
	assert_int_equal(batch_writer_new(s.archive, &living, NULL), 0);
	other = s;
	assert_int_equal(store_open(&other, ARCHIVE_WRITE, 0), 0);
	store_close(&other);
	assert_int_equal(stat(dead, &st), -1);
	(void)snprintf(file, sizeof(file), "ls %s/pending | grep -q .", s.path);
	assert_int_equal(system(file), 0); /* NOLINT(cert-env33-c): a path of ours */
	batch_writer_free(living);
	store_remove(&s);
}

static void test_the_same_batch_twice_is_refused(void **state)
{
	struct sighting *list;
	struct store s;
	char *before, *after;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	list = store_draw(&s, 50);
	assert_int_equal(store_add(&s, list, 50, 1, true), 0);
	before = dump(&s);
	s.serial--;
	assert_int_equal(store_add(&s, list, 50, 1, false), -EEXIST);
	s.serial--;
	/* Another process has committed a capture that begins so: the caller is to look again. */
	assert_int_equal(store_add(&s, list, 50, 1, true), -EAGAIN);
	after = dump(&s);
	assert_string_equal(before, after);
	free(before);
	free(after);
	free(list);
	store_remove(&s);
}

static void test_a_store_just_begun_is_empty(void **state)
{
	char path[128];
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_close(&s);
	(void)snprintf(path, sizeof(path), "%s/archive", s.path);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(store_open(&s, ARCHIVE_READ, 0), 0);
	assert_int_equal(catalogue_verify(s.catalogue, NULL, NULL, NULL), 0);
	store_close(&s);
	assert_int_equal(store_open(&s, ARCHIVE_WRITE, 0), 0);
	store_fill(&s, 1, 10);
	store_remove(&s);
}

/* Folders and files of a store that may be read and not written; root may do everything, so that
 * only what is there is compared. */
static void test_reading_writes_nothing(void **state)
{
	char command[512];
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_fill(&s, 2, 50);
	store_close(&s);
	(void)snprintf(
		command, sizeof(command),
		"chmod -R a-w %s && cd %s && find . -printf '%%p %%s %%T@\\n' | sort >%s.list",
		s.path, s.path, s.path);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a path of ours */
	assert_int_equal(store_open(&s, ARCHIVE_READ, 0), 0);
	assert_int_equal(catalogue_verify(s.catalogue, NULL, NULL, NULL), 0);
	store_close(&s);
	s.zone = "Asia/Kolkata";
	assert_int_equal(store_open(&s, ARCHIVE_READ, 0), 0);
	assert_int_equal(catalogue_verify(s.catalogue, NULL, NULL, NULL), 0);
	(void)snprintf(
		command, sizeof(command),
		"cd %s && find . -printf '%%p %%s %%T@\\n' | sort | cmp - %s.list && rm %s.list && chmod -R u+w .",
		s.path, s.path, s.path);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a path of ours */
	store_remove(&s);
}

/* ---- verify ---- */

struct findings {
	char words[4096];
	int n;
};

static void keep_words(void *user, const char *words)
{
	struct findings *f = user;
	size_t used = strlen(f->words);

	f->n++;
	(void)snprintf(f->words + used, sizeof(f->words) - used, "%s\n", words);
}

/* There is just one finding or more, and their words have WORDS in them. */
static void assert_found(struct store *s, int n, const char *words)
{
	struct findings f = { 0 };
	int found = catalogue_verify(s->catalogue, keep_words, &f, NULL);

	assert_int_equal(found, f.n);
	if ((n >= 0 && found != n) || found < 1 || !strstr(f.words, words)) {
		fail_msg("%d findings, not %d with \"%s\":\n%s", found, n, words, f.words);
	}
}

static void assert_good(struct store *s)
{
	struct findings f = { 0 };

	if (catalogue_verify(s->catalogue, keep_words, &f, NULL) != 0) {
		fail_msg("%s", f.words);
	}
}

/* The path of a file of the batch that is NUMBERth by name. */
static void path_in_batch(const struct store *s, size_t number, const char *file, char path[256])
{
	char(*names)[BATCH_NAME_MAX];
	size_t n;

	assert_int_equal(archive_list(s->archive, &names, &n, NULL), 0);
	assert_true(number < n);
	(void)snprintf(path, 256, "%s/archive/%s/%s", s->path, names[number], file);
	free(names);
}

static void flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	assert_int_equal(close(fd), 0);
}

static void test_verify_finds_nothing_in_a_good_store(void **state)
{
	struct store s;

	(void)state;
	store_make(&s, "Europe/Berlin", 1571961600);
	assert_good(&s);
	store_fill(&s, 4, 200);
	assert_good(&s);
	store_close(&s);
	assert_int_equal(store_open(&s, ARCHIVE_READ, 0), 0);
	assert_good(&s);
	store_remove(&s);
}

/* Any byte of a part, of the manifest and of the memory. */
static void test_verify_finds_a_flipped_byte(void **state)
{
	static const char *const files[] = { "part-0000", "manifest", "memory" };
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_fill(&s, 2, 30);
	for (size_t f = 0; f < ARRAY_LENGTH(files); f++) {
		char path[256];
		struct stat st;

		path_in_batch(&s, 1, files[f], path);
		assert_int_equal(stat(path, &st), 0);
		for (off_t at = 0; at < st.st_size; at += f ? 1 : 7) {
			flip(path, at);
			assert_found(&s, -1, files[f]);
			flip(path, at);
		}
	}
	assert_good(&s);
	store_remove(&s);
}

static void test_verify_finds_what_is_missing_or_too_much(void **state)
{
	char path[256], away[256];
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_fill(&s, 3, 60);
	path_in_batch(&s, 1, "part-0000", path);
	(void)snprintf(away, sizeof(away), "%s/away", s.path);
	assert_int_equal(rename(path, away), 0);
	assert_found(&s, 1, "part-0000");
	assert_int_equal(rename(away, path), 0);
	assert_good(&s);

	path_in_batch(&s, 2, "notes.txt", path);
	make_file(path, "remember the milk");
	assert_found(&s, 1, "notes.txt");
	assert_int_equal(unlink(path), 0);

	(void)snprintf(path, sizeof(path), "%s/archive/lost+found", s.path);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_found(&s, 1, "lost+found");
	/* It is in nobody's way. */
	store_fill(&s, 1, 10);
	assert_int_equal(rmdir(path), 0);
	assert_good(&s);
	store_remove(&s);
}

/* Two parts of one batch, each good by itself, in each other's place. */
static void test_verify_finds_exchanged_parts(void **state)
{
	char one[256], two[256], away[256];
	struct sighting *list;
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	list = store_draw(&s, 101);
	assert_int_equal(store_add(&s, list, 101, 2, true), 0);
	free(list);
	path_in_batch(&s, 0, "part-0000", one);
	path_in_batch(&s, 0, "part-0001", two);
	(void)snprintf(away, sizeof(away), "%s/away", s.path);
	assert_int_equal(rename(one, away), 0);
	assert_int_equal(rename(two, one), 0);
	assert_int_equal(rename(away, two), 0);
	assert_found(&s, -1, "its manifest says");
	store_remove(&s);
}

static void test_verify_finds_changed_counts(void **state)
{
	static const char *const changes[][2] = {
		{ "UPDATE derived_count SET packets = packets + 1 WHERE rowid_of", "packets is" },
		{ "UPDATE derived_count SET days = x'0000000001000000' WHERE rowid_of", "days is" },
		{ "DELETE FROM derived_count WHERE rowid_of", "is missing" },
		{ "UPDATE derived_peers SET peers = peers + 1 WHERE rowid_of", "peers is" },
		{ "UPDATE derived_ftp_count SET packets = 3 WHERE port = 40404", "packets is" },
		{ "DELETE FROM derived_ftp_count WHERE port = 40404", "is missing" },
		{ "UPDATE derived_ftp_peers SET peers = 3 WHERE port = 40404", "peers is" },
		{ "UPDATE derived_batch SET bytes = 0 WHERE sightings = 200", "bytes is" },
	};
	struct sighting *list;
	struct store s;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	store_fill(&s, 1, 200);
	list = store_draw(&s, 1);
	list->marks = MARK_FTP_DATA;
	list->port = 40404;
	assert_int_equal(store_add(&s, list, 1, 1, true), 0);
	free(list);
	for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
		char sql[256], *where;

		(void)snprintf(sql, sizeof(sql), "%s", changes[i][0]);
		where = strstr(sql, "rowid_of");
		if (where) {
			(void)snprintf(where, 128,
				       "host = x'00000000000000000000ffffc0000201' AND port = 80"
				       " AND inside = 0 AND marks = 0");
		}
		change(&s, sql);
		assert_found(&s, 1, changes[i][1]);
		assert_int_equal(catalogue_rebuild(s.catalogue, NULL), 0);
		assert_good(&s);
	}
	change(&s,
	       "INSERT INTO derived_peers VALUES(4, x'00000000000000000000ffffc0000201', 1, 6, 0, 0, 5)");
	assert_found(&s, 1, "192.0.2.1");
	store_remove(&s);
}

/* A service's peers that cannot be read any more stay counted when something else than FTP data is
 * seen of it, and its row moves. */
static void test_peers_of_a_damaged_batch_stay_counted(void **state)
{
	const struct catalogue_query q = { .include = MARK_ALL, .to_ns = UINT64_MAX };
	struct sighting list[3] = { 0 };
	struct catalogue_service *services = NULL;
	struct store s;
	char part[256];
	size_t n = 0;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	for (uint32_t i = 0; i < ARRAY_LENGTH(list); i++) {
		list[i] = (struct sighting){ .time_ns = s.start_ns,
					     .host = addr_from_v4(0xc0000201),
					     .peer = addr_from_v4(0xcb007101 + i),
					     .port = 40404,
					     .protocol = SIGHTING_PROTOCOL_TCP,
					     .marks = MARK_FTP_DATA };
	}
	assert_int_equal(store_add(&s, list, ARRAY_LENGTH(list), 1, true), 0);
	path_in_batch(&s, 0, "part-0000", part);
	flip(part, 0);
	list->marks = 0;
	assert_int_equal(store_add(&s, list, 1, 1, true), 0);
	assert_int_equal(catalogue_list(s.catalogue, &q, &services, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(services->packets, 4);
	assert_int_equal(services->peers, 3);
	free(services);
	flip(part, 0);
	store_remove(&s);
}

/* Of a service that is FTP data only too, it is kept when it was first seen. */
static void test_times_of_ftp_only_are_kept(void **state)
{
	const struct catalogue_query q = { .include = MARK_FTP_DATA, .to_ns = UINT64_MAX };
	struct sighting one = { .host = addr_from_v4(0xc0000201),
				.peer = addr_from_v4(0xcb007101),
				.port = 40404,
				.protocol = SIGHTING_PROTOCOL_TCP,
				.marks = MARK_FTP_DATA };
	struct catalogue_service *services = NULL;
	char(*names)[BATCH_NAME_MAX] = NULL;
	struct store s;
	size_t n = 0;

	(void)state;
	store_make(&s, "Asia/Tokyo", 1548255600);
	one.time_ns = s.start_ns;
	assert_int_equal(store_add(&s, &one, 1, 1, true), 0);
	assert_int_equal(archive_list(s.archive, &names, &n, NULL), 0);
	assert_int_equal(n, 1);
	one.time_ns += 3600000000000;
	assert_int_equal(store_add(&s, &one, 1, 1, true), 0);
	assert_int_equal(catalogue_drop(s.catalogue, names, 1, NULL), 0);
	free(names);
	assert_int_equal(catalogue_list(s.catalogue, &q, &services, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(services->packets, 1);
	assert_int_equal(services->first_ns, s.start_ns);
	assert_int_equal(services->last_ns, one.time_ns);
	free(services);
	store_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counting_batch_by_batch_is_counting_all),
		cmocka_unit_test(test_ftp_only_stands_apart),
		cmocka_unit_test(test_what_was_not_counted_is_counted_at_opening),
		cmocka_unit_test(test_a_lost_catalogue_comes_back),
		cmocka_unit_test(test_leftovers_are_swept_and_living_writers_are_not),
		cmocka_unit_test(test_the_same_batch_twice_is_refused),
		cmocka_unit_test(test_a_store_just_begun_is_empty),
		cmocka_unit_test(test_reading_writes_nothing),
		cmocka_unit_test(test_verify_finds_nothing_in_a_good_store),
		cmocka_unit_test(test_verify_finds_a_flipped_byte),
		cmocka_unit_test(test_verify_finds_what_is_missing_or_too_much),
		cmocka_unit_test(test_verify_finds_exchanged_parts),
		cmocka_unit_test(test_verify_finds_changed_counts),
		cmocka_unit_test(test_peers_of_a_damaged_batch_stay_counted),
		cmocka_unit_test(test_times_of_ftp_only_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
