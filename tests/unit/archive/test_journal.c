/* Journals: what was appended is read, whatever cut the file, and nothing else is. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/journal_internal.h"
#include "base/zone.h"

#include "part_fixture.h"

#define STARTED 1796159700123456789ULL
#define SECOND  1000000000ULL
#define EACH    10

static char folder[64];
static struct archive *archive;

static int make_archive(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/sekimori-test-XXXXXX");
	assert_int_equal(zone_set("Asia/Tokyo", NULL), 0);
	return mkdtemp(folder) ? archive_open(folder, ARCHIVE_CREATE, &archive, NULL) : -1;
}

static int remove_archive(void **state)
{
	char command[128];

	(void)state;
	archive_close(archive);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command); /* NOLINT(cert-env33-c): a name of our own */
}

/* ---- what a reader gives ---- */

struct told {
	struct sighting *list;
	size_t n, room;
	struct batch_manifest m;
	struct buffer memory;
	struct journal_loss loss;
};

static int collect(void *user, const struct sighting *list, size_t n)
{
	struct told *t = user;

	if (t->n + n > t->room) {
		t->room = 2 * (t->n + n);
		t->list = realloc(t->list, t->room * sizeof(*t->list));
		assert_non_null(t->list);
	}
	memcpy(t->list + t->n, list, n * sizeof(*list));
	t->n += n;
	return 0;
}

static int read_journal(const char *name, struct told *ret_told)
{
	struct told t = { 0 };
	int error = journal_read(archive, name, collect, &t, &t.m, &t.memory, NULL);

	if (!error)
		error = journal_check(archive, name, &t.loss, NULL);
	if (error < 0)
		free(t.list);
	else
		*ret_told = t;
	return error;
}

static void forget(struct told *t)
{
	free(t->list);
	batch_manifest_finish(&t->m);
	buffer_finish(&t->memory);
}

/* ---- a load ---- */

static const struct load_shape shape = { .n_records = 3000,
					 .n_series = 40,
					 .n_v4 = 200,
					 .n_v6 = 90,
					 .first_hour = 498933,
					 .n_hours = 2,
					 .in_order = true };

/* As a journal keeps them. */
static struct sighting *make_load(size_t n, uint64_t seed)
{
	struct load_shape s = shape;
	struct sighting *list;

	s.n_records = n;
	list = load_make(&s, seed);
	for (size_t i = 0; i < n; i++) {
		list[i].time_ns -= list[i].time_ns % NS_PER_MS;
		if (i % 17 == 0)
			list[i].protocol = (uint8_t)i;
	}
	return list;
}

static void assert_same(const struct sighting *a, const struct sighting *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(a[i].time_ns, b[i].time_ns);
		assert_true(addr_equal(a[i].host, b[i].host) && addr_equal(a[i].peer, b[i].peer));
		assert_int_equal(a[i].port, b[i].port);
		assert_int_equal(a[i].peer_port, b[i].peer_port);
		assert_int_equal(a[i].protocol, b[i].protocol);
		assert_int_equal(a[i].marks, b[i].marks);
	}
}

static struct journal_writer *create(void)
{
	struct prefix_set networks;
	struct net_prefix p;
	struct journal_writer *w;

	prefix_set_init(&networks);
	assert_int_equal(prefix_parse("192.0.2.0/24", &p, NULL), 0);
	assert_int_equal(prefix_set_add(&networks, p), 0);
	assert_int_equal(prefix_parse("2001:db8::/32", &p, NULL), 0);
	assert_int_equal(prefix_set_add(&networks, p), 0);
	assert_int_equal(journal_create(archive, STARTED, "eth1: xdp", &networks, &w, NULL), 0);
	prefix_set_finish(&networks);
	return w;
}

static void append(struct journal_writer *w, const struct sighting *list, size_t n, uint64_t up_to)
{
	const struct journal_group g = { .up_to_ns = up_to, .sightings = list, .n_sightings = n };

	assert_int_equal(journal_append(w, &g, NULL), 0);
}

static char *path_of(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/live/%s", folder, name);
	return path;
}

static int open_file(const char *name)
{
	int fd = open(path_of(name), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void close_and_remove(struct journal_writer *w)
{
	char name[BATCH_NAME_MAX];

	strcpy(name, journal_name(w));
	journal_close(w);
	assert_int_equal(journal_remove(archive, name), 0);
	assert_int_equal(journal_remove(archive, name), 0);
}

/* ---- tests ---- */

static void all_that_was_appended_is_read(void **state)
{
	struct sighting *list = make_load(3000, 1);
	const struct batch_gap gaps[] = {
		{ STARTED, STARTED + SECOND, 17, BATCH_GAP_LOST, "eth1" },
		{ STARTED, STARTED + SECOND, 0, BATCH_GAP_STOPPED, "" },
	};
	struct batch_count counts[] = { { "sighting", 1000 }, { "tcp", 5 } };
	struct batch_flood floods[] = {
		{ addr_from_v4(0xc0000207), 443, 6, MARK_FTP_DATA, STARTED, STARTED + 5, 70, 7 },
		{ { 0, 0 }, 0, 0, 0, STARTED, STARTED, 1, 1 },
	};
	struct journal_writer *w = create();
	struct buffer memory;
	struct told t;

	(void)state;
	buffer_init(&memory);
	buffer_put(&memory, "remember", 8);
	append(w, list, 1000, STARTED + SECOND);
	assert_int_equal(journal_append(w,
					&(struct journal_group){ .up_to_ns = STARTED + 2 * SECOND,
								 .sightings = list + 1000,
								 .n_sightings = 2000,
								 .gaps = gaps,
								 .n_gaps = 2,
								 .counts = counts,
								 .n_counts = 2,
								 .floods = floods,
								 .n_floods = 2,
								 .memory = &memory },
					NULL),
			 0);
	counts[0].count = 3000;
	/* Before the watch began, as the clock has it: what is told lies within the journal's time.
	 */
	floods[0].first_ns = STARTED - 90000 * SECOND;
	floods[0].last_ns = STARTED + 90000 * SECOND + 1234567;
	floods[0].packets = 1ULL << 40;
	floods[0].peers = 1ULL << 33;
	assert_int_equal(journal_append(w,
					&(struct journal_group){ .up_to_ns = STARTED + 9 * SECOND,
								 .counts = counts,
								 .n_counts = 1,
								 .floods = floods,
								 .n_floods = 1 },
					NULL),
			 0);
	append(w, NULL, 0, STARTED + 7200 * SECOND);
	assert_int_equal(journal_sightings(w), 3000);
	assert_int_equal(read_journal(journal_name(w), &t), 0);
	assert_int_equal(t.n, 3000);
	assert_same(t.list, list, 3000);
	assert_string_equal(t.m.journal, journal_name(w));
	assert_memory_equal(t.m.journal, "20261201T", 9);
	assert_string_equal(t.m.capture, "eth1: xdp");
	assert_string_equal(t.m.zone, "Asia/Tokyo");
	assert_int_equal(t.m.networks.n_prefixes, 2);
	assert_int_equal(t.m.sightings, 3000);
	assert_int_equal(t.m.end_ns, STARTED + 7200 * SECOND);
	assert_int_equal(t.m.n_counts, 1);
	assert_string_equal(t.m.counts[0].name, "sighting");
	assert_int_equal(t.m.end_frames, 3000);
	assert_int_equal(t.m.n_floods, 1);
	floods[0].first_ns -= floods[0].first_ns % 1000000; /* cut to the millisecond */
	floods[0].last_ns -= floods[0].last_ns % 1000000;
	assert_true(addr_equal(t.m.floods->host, floods->host));
	assert_int_equal(t.m.floods->port, 443);
	assert_int_equal(t.m.floods->protocol, 6);
	assert_int_equal(t.m.floods->marks, MARK_FTP_DATA);
	assert_int_equal(t.m.floods->first_ns, floods->first_ns);
	assert_int_equal(t.m.floods->last_ns, floods->last_ns);
	assert_int_equal(t.m.floods->packets, 1ULL << 40);
	assert_int_equal(t.m.floods->peers, 1ULL << 33);
	assert_int_equal(t.m.first_ns, floods[0].first_ns);
	assert_int_equal(t.m.last_ns, floods[0].last_ns);
	assert_int_equal(t.m.n_gaps, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(t.m.gaps[i].from_ns, gaps[i].from_ns);
		assert_int_equal(t.m.gaps[i].to_ns, gaps[i].to_ns);
		assert_int_equal(t.m.gaps[i].count, gaps[i].count);
		assert_int_equal(t.m.gaps[i].kind, gaps[i].kind);
		assert_string_equal(t.m.gaps[i].interface, gaps[i].interface);
	}
	assert_int_equal(t.memory.length, 8);
	assert_memory_equal(t.memory.bytes, "remember", 8);
	assert_int_equal(t.loss.torn_bytes, 0);
	assert_int_equal(t.loss.broken_at, 0);
	forget(&t);
	buffer_finish(&memory);
	free(list);
	close_and_remove(w);
}

/* The watch began and ended where it says, unless a sighting says more. */
static void times_hold_all_sightings(void **state)
{
	struct sighting s = { .time_ns = STARTED, .protocol = SIGHTING_PROTOCOL_TCP };
	struct journal_writer *w = create();
	struct told t;

	(void)state;
	append(w, NULL, 0, STARTED + SECOND);
	assert_int_equal(read_journal(journal_name(w), &t), 0);
	assert_int_equal(t.m.first_ns, STARTED);
	assert_int_equal(t.m.last_ns, STARTED + SECOND);
	forget(&t);
	s.time_ns = 7 * NS_PER_MS; /* a clock that went mad, and back */
	append(w, &s, 1, STARTED + SECOND);
	s.time_ns = UINT64_MAX - UINT64_MAX % NS_PER_MS;
	append(w, &s, 1, STARTED + 2 * SECOND);
	assert_int_equal(read_journal(journal_name(w), &t), 0);
	assert_int_equal(t.m.first_ns, 7 * NS_PER_MS);
	assert_int_equal(t.m.last_ns, s.time_ns);
	assert_int_equal(t.m.end_ns, STARTED + 2 * SECOND);
	assert_int_equal(t.list[1].time_ns, s.time_ns);
	forget(&t);
	close_and_remove(w);
}

static void many_sightings_at_once(void **state)
{
	size_t n = 2 * JOURNAL_CHUNK + 3;
	struct sighting *list = make_load(n, 2);
	struct journal_writer *w = create();
	struct told t;

	(void)state;
	append(w, list, n, STARTED + SECOND);
	assert_true(journal_bytes(w) < 20 * n);
	assert_int_equal(read_journal(journal_name(w), &t), 0);
	assert_int_equal(t.n, n);
	assert_same(t.list, list, n);
	forget(&t);
	free(list);
	close_and_remove(w);
}

/* Ten groups of EACH, with the length of the file after each. */
static struct journal_writer *ten_groups(const struct sighting *list, uint64_t ret_ends[11])
{
	struct journal_writer *w = create();

	ret_ends[0] = journal_bytes(w);
	for (size_t i = 0; i < 10; i++) {
		append(w, list + i * EACH, EACH, STARTED + (i + 1) * SECOND);
		ret_ends[i + 1] = journal_bytes(w);
	}
	return w;
}

/* Cut anywhere, what is before the cut stands, group by group. */
static void every_prefix(void **state)
{
	struct sighting *list = make_load(10 * EACH, 3);
	uint64_t ends[11], size;
	struct journal_writer *w = ten_groups(list, ends);
	size_t whole = 10;
	int fd = open_file(journal_name(w));

	(void)state;
	for (size = ends[10]; size-- > 0;) {
		struct told t;
		int error;

		assert_int_equal(ftruncate(fd, (off_t)size), 0);
		while (whole && ends[whole] > size)
			whole--;
		error = read_journal(journal_name(w), &t);
		if (size < JOURNAL_HEADER_BYTES) {
			assert_int_equal(error, ERR_FORMAT);
		} else if (size < ends[0]) {
			assert_int_equal(error, ERR_DAMAGED);
		} else {
			assert_int_equal(error, 0);
			assert_int_equal(t.n, whole * EACH);
			assert_same(t.list, list, t.n);
			assert_int_equal(t.m.end_ns, STARTED + whole * SECOND);
			assert_int_equal(t.m.n_gaps, 0);
			assert_int_equal(t.loss.torn_bytes, size - ends[whole]);
			assert_int_equal(t.loss.broken_at, 0);
			forget(&t);
		}
	}
	close(fd);
	free(list);
	close_and_remove(w);
}

/* One wrong byte costs its group, and that is told; nothing that was not written is read. */
static void every_byte(void **state)
{
	struct sighting *list = make_load(10 * EACH, 4);
	uint64_t ends[11];
	struct journal_writer *w = ten_groups(list, ends);
	int fd = open_file(journal_name(w));

	(void)state;
	for (uint64_t at = 0; at < ends[10]; at++) {
		struct told t;
		uint8_t byte;
		size_t group = 0;
		int error;

		assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
		byte ^= (uint8_t)(1 << at % 8);
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
		error = read_journal(journal_name(w), &t);
		while (ends[group] <= at)
			group++;
		if (group == 0) {
			/* The header's last bytes say nothing yet. */
			assert_true(error < 0 || (at >= 12 && at < JOURNAL_HEADER_BYTES));
		} else {
			assert_int_equal(error, 0);
			assert_int_equal(t.n, 9 * EACH);
			assert_same(t.list, list, (group - 1) * EACH);
			assert_same(t.list + (group - 1) * EACH, list + group * EACH,
				    10 * EACH - group * EACH);
			assert_int_equal(t.loss.broken_at, group < 10 ? ends[group - 1] : 0);
			assert_int_equal(t.loss.torn_bytes, group < 10 ? 0 : ends[10] - ends[9]);
			assert_int_equal(t.m.n_gaps, group < 10);
		}
		if (!error && group > 0 && group < 10) {
			assert_int_equal(t.m.gaps[0].kind, BATCH_GAP_DISK);
			assert_int_equal(t.m.gaps[0].from_ns, STARTED + (group - 1) * SECOND);
			assert_int_equal(t.m.gaps[0].to_ns, STARTED + (group + 1) * SECOND);
		}
		if (!error)
			forget(&t);
		byte ^= (uint8_t)(1 << at % 8);
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	}
	close(fd);
	free(list);
	close_and_remove(w);
}

/* A write that fails leaves nothing, and is done again with the same and more. */
static void a_failed_append_is_none(void **state)
{
	struct sighting *list = make_load(20000, 5);
	struct rlimit before, limit;
	struct journal_group g = { .up_to_ns = STARTED + SECOND,
				   .sightings = list + 100,
				   .n_sightings = 15000 };
	struct journal_writer *w = create();
	struct stat st;
	struct told t;

	(void)state;
	append(w, list, 100, STARTED);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = journal_bytes(w) + 5000;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(journal_append(w, &g, NULL), -EFBIG);
	assert_int_equal(journal_append(w, &g, NULL), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(stat(path_of(journal_name(w)), &st), 0);
	assert_int_equal(st.st_size, journal_bytes(w));
	assert_int_equal(journal_sightings(w), 100);
	g.n_sightings = 19900;
	assert_int_equal(journal_append(w, &g, NULL), 0);
	assert_int_equal(read_journal(journal_name(w), &t), 0);
	assert_int_equal(t.n, 20000);
	assert_same(t.list, list, 20000);
	assert_int_equal(t.m.n_gaps, 0);
	forget(&t);
	free(list);
	close_and_remove(w);
}

/* What goes on is one gap; too many of a kind become a wide one. */
static void gaps_are_joined(void **state)
{
	struct journal_writer *w = create();
	struct batch_gap *gaps = calloc(JOURNAL_GAPS_MAX + 10, sizeof(*gaps));
	struct journal_group g = { .up_to_ns = STARTED, .gaps = gaps, .n_gaps = 3 };
	struct told t;

	(void)state;
	gaps[0] = (struct batch_gap){ 10, 20, 1, BATCH_GAP_LOST, "eth0" };
	gaps[1] = (struct batch_gap){ 10, 20, 2, BATCH_GAP_LOST, "eth1" };
	gaps[2] = (struct batch_gap){ 20, 30, 4, BATCH_GAP_LOST, "eth0" };
	assert_int_equal(journal_append(w, &g, NULL), 0);
	gaps[0] = (struct batch_gap){ 31, 40, 8, BATCH_GAP_LOST, "eth0" };
	gaps[1] = (struct batch_gap){ 30, 40, 16, BATCH_GAP_BUDGET, "eth0" };
	gaps[2] = (struct batch_gap){ 40, 41, 32, BATCH_GAP_LOST, "eth0" };
	assert_int_equal(journal_append(w, &g, NULL), 0);
	assert_int_equal(read_journal(journal_name(w), &t), 0);
	assert_int_equal(t.m.n_gaps, 4);
	assert_int_equal(t.m.gaps[0].to_ns, 30);
	assert_int_equal(t.m.gaps[0].count, 5);
	assert_int_equal(t.m.gaps[2].from_ns, 31);
	assert_int_equal(t.m.gaps[2].to_ns, 41);
	assert_int_equal(t.m.gaps[2].count, 40);
	forget(&t);
	for (size_t i = 0; i < JOURNAL_GAPS_MAX + 10; i++)
		gaps[i] = (struct batch_gap){ 100 + 2 * i, 101 + 2 * i, 1, BATCH_GAP_DOWN, "" };
	g.n_gaps = JOURNAL_GAPS_MAX + 10;
	assert_int_equal(journal_append(w, &g, NULL), 0);
	assert_int_equal(read_journal(journal_name(w), &t), 0);
	assert_int_equal(t.m.n_gaps, JOURNAL_GAPS_MAX);
	assert_int_equal(t.m.gaps[JOURNAL_GAPS_MAX - 1].count, 10 + 5);
	assert_int_equal(t.m.gaps[JOURNAL_GAPS_MAX - 1].to_ns, 101 + 2 * (JOURNAL_GAPS_MAX + 9));
	forget(&t);
	free(gaps);
	close_and_remove(w);
}

static size_t listed(char ret_first[BATCH_NAME_MAX])
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	size_t n = 0;

	assert_int_equal(journal_list(archive, &names, &n, NULL), 0);
	ret_first[0] = '\0';
	if (n)
		strcpy(ret_first, names[0]);
	free(names);
	return n;
}

/* A batch of the journal, and that it is then void. */
static void its_batch_makes_it_void(void **state)
{
	struct sighting *list = make_load(100, 6);
	struct journal_writer *w = create();
	char name[BATCH_NAME_MAX], first[BATCH_NAME_MAX], committed[BATCH_NAME_MAX];
	struct batch_manifest back;
	struct batch_writer *b;
	struct part_writer *p;
	struct told t;

	(void)state;
	append(w, list, 100, STARTED + SECOND);
	strcpy(name, journal_name(w));
	assert_int_equal(journal_is_held(archive, name), 1);
	journal_close(w);
	assert_int_equal(journal_is_held(archive, name), 0);
	assert_int_equal(listed(first), 1);
	assert_string_equal(first, name);
	assert_int_equal(read_journal(name, &t), 0);
	assert_int_equal(batch_writer_new(archive, &b, NULL), 0);
	assert_int_equal(part_writer_new(&p), 0);
	assert_int_equal(part_writer_append(p, t.list, t.n), 100);
	assert_int_equal(batch_writer_add_part(b, p, NULL), 0);
	assert_int_equal(batch_writer_seal(b, &t.m, &t.memory, NULL), 0);
	assert_int_equal(batch_writer_commit(b, &t.m, committed, NULL), 0);
	assert_string_equal(committed, name);
	batch_writer_free(b);
	part_writer_free(p);
	assert_int_equal(listed(first), 0);
	assert_int_equal(batch_read_manifest(archive, name, &back, NULL), 0);
	assert_string_equal(back.journal, name);
	assert_int_equal(back.first_ns, t.m.first_ns);
	batch_manifest_finish(&back);
	assert_int_equal(access(path_of(name), F_OK), 0);
	assert_int_equal(journal_sweep(archive, NULL), 0);
	assert_int_equal(access(path_of(name), F_OK), -1);
	assert_int_equal(journal_is_held(archive, name), -ENOENT);
	assert_int_equal(journal_read(archive, name, NULL, NULL, &back, &t.memory, NULL), -ENOENT);
	forget(&t);
	free(list);
}

/* What is no journal is not listed; what a killed maker left is swept. */
static void other_files(void **state)
{
	static const char *const files[] = { "note", "20261125T214500Z-0123456789abcdef+",
					     "20261125T214500Z-0123456789abcdef.new",
					     "20261125T214500Z-0123456789abcdeg" };
	char first[BATCH_NAME_MAX];
	struct batch_manifest m;
	struct buffer memory;
	int fd;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		fd = open(path_of(files[i]), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		assert_true(fd >= 0);
		close(fd);
		assert_int_equal(journal_file_is_known(files[i]), i == 2);
	}
	assert_int_equal(listed(first), 0);
	assert_int_equal(journal_sweep(archive, NULL), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		assert_int_equal(access(path_of(files[i]), F_OK), i == 2 ? -1 : 0);
		(void)unlink(path_of(files[i]));
	}
	assert_int_equal(symlink("/etc/passwd", path_of("20261125T214500Z-0123456789abcdef")), 0);
	assert_int_equal(journal_read(archive, "20261125T214500Z-0123456789abcdef", NULL, NULL, &m,
				      &memory, NULL),
			 -ELOOP);
	(void)unlink(path_of("20261125T214500Z-0123456789abcdef"));
}

/* Copied under another name it would count twice. */
static void a_copy_is_refused(void **state)
{
	struct journal_writer *w = create();
	char other[BATCH_NAME_MAX], from[256];
	struct batch_manifest m;
	struct buffer memory;

	(void)state;
	append(w, NULL, 0, STARTED + SECOND);
	strcpy(from, path_of(journal_name(w)));
	strcpy(other, journal_name(w));
	other[0] = '1';
	assert_int_equal(link(from, path_of(other)), 0);
	assert_int_equal(journal_read(archive, other, NULL, NULL, &m, &memory, NULL), ERR_DAMAGED);
	assert_int_equal(journal_remove(archive, other), 0);
	strcpy(other, journal_name(w));
	other[20] = other[20] == '0' ? '1' : '0';
	assert_int_equal(link(from, path_of(other)), 0);
	assert_int_equal(journal_read(archive, other, NULL, NULL, &m, &memory, NULL), ERR_DAMAGED);
	assert_int_equal(journal_remove(archive, other), 0);
	close_and_remove(w);
}

static int stop(void *user, const struct sighting *list, size_t n)
{
	(void)list, (void)n;
	return ++*(int *)user == 3 ? 42 : 0;
}

static void who_reads_may_stop(void **state)
{
	struct sighting *list = make_load(10 * EACH, 7);
	uint64_t ends[11];
	struct journal_writer *w = ten_groups(list, ends);
	struct batch_manifest m;
	struct buffer memory;
	int calls = 0;

	(void)state;
	assert_int_equal(journal_read(archive, journal_name(w), stop, &calls, &m, &memory, NULL),
			 42);
	assert_int_equal(calls, 3);
	free(list);
	close_and_remove(w);
}

/* What hour of the busiest site fits into so much. */
static void an_hour_is_small(void **state)
{
	struct load_shape s = { .n_records = 20000,
				.n_series = 500,
				.n_v4 = 10000,
				.first_hour = 498933,
				.n_hours = 1,
				.in_order = true };
	struct sighting *list = load_make(&s, 8);
	struct journal_writer *w = create();

	(void)state;
	for (size_t i = 0; i < s.n_records; i += 100)
		append(w, list + i, 100, STARTED + i);
	assert_true(journal_bytes(w) <= 20 * s.n_records);
	free(list);
	close_and_remove(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_was_appended_is_read),
		cmocka_unit_test(times_hold_all_sightings),
		cmocka_unit_test(many_sightings_at_once),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(a_failed_append_is_none),
		cmocka_unit_test(gaps_are_joined),
		cmocka_unit_test(its_batch_makes_it_void),
		cmocka_unit_test(other_files),
		cmocka_unit_test(a_copy_is_refused),
		cmocka_unit_test(who_reads_may_stop),
		cmocka_unit_test(an_hour_is_small),
	};

	return cmocka_run_group_tests(tests, make_archive, remove_archive);
}
