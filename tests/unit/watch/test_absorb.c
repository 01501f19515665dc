/* From journals to batches: everything once, whenever it was killed. */
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

#include "base/zone.h"

#include "../catalogue/store_fixture.h"
#include "watch/absorb.h"

#define START_S 1546300800ULL
#define N       2000

static struct store store;

static int make_store(void **state)
{
	(void)state;
	store_make(&store, "Asia/Tokyo", START_S);
	return 0;
}

static int remove_store(void **state)
{
	(void)state;
	store_remove(&store);
	return 0;
}

static struct journal_writer *create(void)
{
	struct journal_writer *w;

	assert_int_equal(journal_create(store.archive, store.start_ns, "eth1: xdp",
					&store.config.networks, &w, NULL),
			 0);
	return w;
}

static void append(struct journal_writer *w, const struct sighting *list, size_t n, uint64_t up_to)
{
	const struct batch_gap gap = { store.start_ns, up_to, 3, BATCH_GAP_LOST, "eth1" };
	const struct batch_count count = { "sighting", journal_sightings(w) + n };
	const struct journal_group g = { .up_to_ns = up_to,
					 .sightings = list,
					 .n_sightings = n,
					 .gaps = &gap,
					 .n_gaps = 1,
					 .counts = &count,
					 .n_counts = 1 };

	assert_int_equal(journal_append(w, &g, NULL), 0);
}

/* A closed journal of N sightings. */
static void make_journal(const struct sighting *list, size_t n, char ret_name[BATCH_NAME_MAX])
{
	struct journal_writer *w = create();

	append(w, list, n / 2, store.start_ns + 1);
	append(w, list + n / 2, n - n / 2, store.start_ns + 5 * NS_PER_SECOND);
	strcpy(ret_name, journal_name(w));
	journal_close(w);
}

static const char *live_path(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/live/%s", store.path, name);
	return path;
}

static void copy_file(const char *from, const char *to)
{
	char command[600];

	(void)snprintf(command, sizeof(command), "cp -p '%s' '%s'", from, to);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): paths of ours */
}

static uint64_t packets_counted(void)
{
	const struct catalogue_query q = { .include = MARK_ALL, .to_ns = UINT64_MAX };
	struct catalogue_service *services;
	uint64_t packets = 0;
	size_t n;

	assert_int_equal(catalogue_list(store.catalogue, &q, &services, &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		packets += services[i].packets;
	free(services);
	return packets;
}

static void assert_store_is_sound(uint64_t batches, uint64_t packets)
{
	struct catalogue_totals t;

	assert_int_equal(catalogue_totals(store.catalogue, &t, NULL), 0);
	assert_int_equal(t.batches, batches);
	assert_int_equal(t.sightings, packets);
	assert_int_equal(packets_counted(), packets);
	assert_int_equal(catalogue_verify(store.catalogue, NULL, NULL, NULL), 0);
}

static void a_journal_becomes_a_batch(void **state)
{
	struct sighting *list = store_draw(&store, N);
	char name[BATCH_NAME_MAX];
	struct batch_manifest m;

	(void)state;
	make_journal(list, N, name);
	assert_int_equal(absorb_journal(store.archive, store.catalogue, name, NULL), 0);
	assert_int_equal(access(live_path(name), F_OK), -1);
	assert_int_equal(batch_read_manifest(store.archive, name, &m, NULL), 0);
	assert_string_equal(m.journal, name);
	assert_string_equal(m.capture, "eth1: xdp");
	assert_int_equal(m.sightings, N);
	assert_int_equal(m.n_gaps, 1);
	assert_int_equal(m.gaps[0].count, 6);
	batch_manifest_finish(&m);
	assert_store_is_sound(1, N);
	assert_int_equal(absorb_journal(store.archive, store.catalogue, name, NULL), 0);
	free(list);
}

/* Each point at which a process may have died, and what the next one makes of it. */
static void killed_in_between(void **state)
{
	struct sighting *list = store_draw(&store, N);
	char name[BATCH_NAME_MAX], kept[256], path[256];
	struct batch_manifest m;
	struct batch_writer *b;
	struct buffer memory;

	(void)state;
	buffer_init(&memory);
	make_journal(list, N, name);
	(void)snprintf(path, sizeof(path), "%s", live_path(name));
	(void)snprintf(kept, sizeof(kept), "%s/kept", store.path);
	copy_file(path, kept);
	assert_int_equal(absorb_dead(store.archive, store.catalogue, NULL), 0);
	assert_store_is_sound(2, 2 * N);
	/* Before it was removed. */
	copy_file(kept, path);
	assert_int_equal(absorb_dead(store.archive, store.catalogue, NULL), 0);
	assert_int_equal(access(path, F_OK), -1);
	copy_file(kept, path);
	assert_int_equal(absorb_journal(store.archive, store.catalogue, name, NULL), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_store_is_sound(2, 2 * N);
	/* Between commit and count: the batch is there, and nobody knows. */
	make_journal(list, N, name);
	assert_int_equal(journal_read(store.archive, name, NULL, NULL, &m, &memory, NULL), 0);
	buffer_finish(&memory);
	assert_int_equal(batch_writer_new(store.archive, &b, NULL), 0);
	m.n_gaps = 0;
	assert_int_equal(batch_writer_seal(b, &m, &memory, NULL), 0);
	assert_int_equal(batch_writer_commit(b, &m, name, NULL), 0);
	batch_writer_free(b);
	batch_manifest_finish(&m);
	assert_int_equal(absorb_journal(store.archive, store.catalogue, name, NULL), 0);
	assert_int_equal(access(live_path(name), F_OK), -1);
	assert_store_is_sound(3, 2 * N);
	(void)unlink(kept);
	free(list);
}

/* Nobody takes a journal from a living process. */
static void a_held_one_stays(void **state)
{
	struct sighting *list = store_draw(&store, N);
	struct journal_writer *w = create();
	char name[BATCH_NAME_MAX];

	(void)state;
	strcpy(name, journal_name(w));
	append(w, list, N, store.start_ns + 1);
	assert_int_equal(absorb_journal(store.archive, store.catalogue, name, NULL), -EBUSY);
	assert_int_equal(absorb_dead(store.archive, store.catalogue, NULL), 0);
	assert_int_equal(access(live_path(name), F_OK), 0);
	journal_close(w);
	assert_int_equal(absorb_dead(store.archive, store.catalogue, NULL), 0);
	assert_int_equal(access(live_path(name), F_OK), -1);
	assert_store_is_sound(4, 3 * N);
	free(list);
}

/* Nothing seen is not nobody watched. */
static void without_sightings(void **state)
{
	struct journal_writer *w = create();
	char name[BATCH_NAME_MAX];
	struct batch_manifest m;

	(void)state;
	journal_close(w);
	assert_int_equal(absorb_dead(store.archive, store.catalogue, NULL), 0);
	assert_store_is_sound(4, 3 * N);
	w = create();
	strcpy(name, journal_name(w));
	assert_int_equal(
		journal_append(
			w, &(struct journal_group){ .up_to_ns = store.start_ns + NS_PER_SECOND },
			NULL),
		0);
	journal_close(w);
	assert_int_equal(absorb_dead(store.archive, store.catalogue, NULL), 0);
	assert_int_equal(batch_read_manifest(store.archive, name, &m, NULL), 0);
	assert_int_equal(m.n_parts, 0);
	assert_int_equal(m.first_ns, store.start_ns);
	assert_int_equal(m.last_ns, store.start_ns + NS_PER_SECOND);
	batch_manifest_finish(&m);
	assert_store_is_sound(5, 3 * N);
}

static const char *aside_path(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/damaged/%s", store.path, name);
	return path;
}

/* One that cannot be read is kept elsewhere, named once, and stops nothing. */
static void a_damaged_one_is_set_aside(void **state)
{
	struct sighting *list = store_draw(&store, N);
	char names[3][BATCH_NAME_MAX];
	struct diagnosis d = { "" };
	int fd;

	(void)state;
	for (int i = 0; i < 3; i++)
		make_journal(list + (size_t)i * 100, 100, names[i]);
	fd = open(live_path(names[1]), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "xxxx", 4, 40), 4);
	close(fd);
	assert_int_equal(absorb_dead(store.archive, store.catalogue, &d), ERR_DAMAGED);
	assert_non_null(strstr(d.text, names[1]));
	assert_non_null(strstr(d.text, "/damaged"));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(access(live_path(names[i]), F_OK), -1);
		assert_int_equal(access(aside_path(names[i]), F_OK), i == 1 ? 0 : -1);
	}
	assert_int_equal(absorb_dead(store.archive, store.catalogue, NULL), 0);
	assert_int_equal(catalogue_verify(store.catalogue, NULL, NULL, NULL), 1);
	assert_int_equal(unlink(aside_path(names[1])), 0);
	assert_store_is_sound(7, 3 * N + 200);
	free(list);
}

/* A newer version may read it: it waits in its place. */
static void a_newer_one_stays(void **state)
{
	char name[BATCH_NAME_MAX];
	struct diagnosis d = { "" };
	int fd;

	(void)state;
	make_journal(&(const struct sighting){ .time_ns = 0 }, 0, name);
	fd = open(live_path(name), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\2", 1, 8), 1);
	close(fd);
	assert_int_equal(absorb_dead(store.archive, store.catalogue, &d), ERR_UNSUPPORTED);
	assert_int_equal(access(live_path(name), F_OK), 0);
	assert_int_equal(journal_remove(store.archive, name), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_journal_becomes_a_batch),  cmocka_unit_test(killed_in_between),
		cmocka_unit_test(a_held_one_stays),           cmocka_unit_test(without_sightings),
		cmocka_unit_test(a_damaged_one_is_set_aside), cmocka_unit_test(a_newer_one_stays),
	};

	return cmocka_run_group_tests(tests, make_store, remove_store);
}
