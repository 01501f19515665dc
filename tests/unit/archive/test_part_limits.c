/* Parts that are full, each limit by itself; and an hour so full that it has several groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "archive/part_internal.h"

#include "part_assert.h"

#define NS_PER_HOUR 3600000000000ULL
#define BATCH       1000u

typedef void (*vary_sighting)(struct sighting *s, uint32_t number);

static void vary_nothing(struct sighting *s, uint32_t number)
{
	(void)number;
	s->peer_port = 1;
}

static void vary_series(struct sighting *s, uint32_t number)
{
	s->host = addr_from_v4(0x0a000000 + number / 60000);
	s->port = (uint16_t)(number % 60000);
}

static void vary_peer(struct sighting *s, uint32_t number)
{
	s->peer = number % 2 ? addr_from_v4(number)
			     : (struct net_addr){ 0x20010db800000000ULL, number };
}

static void vary_hour(struct sighting *s, uint32_t number)
{
	s->time_ns = number * NS_PER_HOUR;
}

static struct sighting plain_sighting(void)
{
	return (struct sighting){
		.time_ns = 1000 * NS_PER_HOUR,
		.host = addr_from_v4(0xc0000201),
		.port = 443,
		.protocol = SIGHTING_PROTOCOL_TCP,
		.peer = addr_from_v4(0xcb007107),
		.peer_port = 50000,
	};
}

/*
 * Appends until the part is full; that must be at MOST. Then what needs no more room is still
 * taken in.
 */
static struct part_writer *fill(vary_sighting vary, uint32_t most)
{
	struct sighting batch[BATCH];
	struct part_writer *w;
	uint32_t taken = 0;
	int r;

	assert_int_equal(part_writer_new(&w), 0);
	do {
		for (uint32_t i = 0; i < BATCH; i++) {
			batch[i] = plain_sighting();
			vary(&batch[i], taken + i);
		}
		r = part_writer_append(w, batch, BATCH);
		assert_true(r >= 0);
		taken += (uint32_t)r;
	} while (r == (int)BATCH);
	assert_int_equal(taken, most);
	assert_int_equal(part_writer_records(w), most);
	assert_int_equal(part_writer_append(w, &batch[r], 1), 0);
	if (most < PART_RECORDS_MAX && r > 0)
		assert_int_equal(part_writer_append(w, batch, 1), 1);
	return w;
}

/* Writes it and reads its summaries back. Returns the part and its file. */
static struct part *write_and_open(struct part_writer *w, int *ret_fd)
{
	struct diagnosis d = { "" };
	struct part *p;

	*ret_fd = memfd_create("full", MFD_CLOEXEC);
	assert_int_equal(part_writer_write(w, *ret_fd), 0);
	assert_int_equal(part_open_fd(*ret_fd, &p, &d), 0);
	assert_int_equal(part_records(p), part_writer_records(w));
	part_writer_free(w);
	return p;
}

static void finish(struct part *p, int fd)
{
	struct sighting *got = NULL;
	size_t n;

	assert_int_equal(part_read_all(p, &got, &n, NULL), 0);
	assert_int_equal(n, part_records(p));
	free(got);
	part_close(p);
	close(fd);
}

static void test_full_of_records(void **state)
{
	int fd;
	struct part *p = write_and_open(fill(vary_nothing, PART_RECORDS_MAX), &fd);
	uint64_t records = 0;

	(void)state;
	assert_int_equal(part_group_count(p), 6);
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(part_groups(p)[i].hour, 1000);
		assert_int_equal(part_groups(p)[i].n_pairs, 1);
		records += part_groups(p)[i].n_records;
	}
	assert_int_equal(records, PART_RECORDS_MAX);
	finish(p, fd);
}

static void test_full_of_series(void **state)
{
	int fd;
	struct part *p = write_and_open(fill(vary_series, PART_SERIES_MAX), &fd);

	(void)state;
	assert_int_equal(part_series_count(p), PART_SERIES_MAX);
	finish(p, fd);
}

static void test_full_of_peers(void **state)
{
	int fd;
	struct part *p = write_and_open(fill(vary_peer, PART_PEERS_MAX), &fd);

	(void)state;
	assert_int_equal(part_peer_count(p), PART_PEERS_MAX);
	assert_int_equal(part_peer_v4_count(p), PART_PEERS_MAX / 2);
	finish(p, fd);
}

static void test_full_of_groups(void **state)
{
	int fd;
	struct part *p = write_and_open(fill(vary_hour, HOURS_OF_PART_MAX), &fd);

	(void)state;
	assert_int_equal(part_group_count(p), HOURS_OF_PART_MAX);
	finish(p, fd);
}

static void test_hour_of_several_groups(void **state)
{
	const struct load_shape shape = { .n_records = 2500000,
					  .n_series = 5,
					  .n_v4 = 200,
					  .n_v6 = 10,
					  .first_hour = 7,
					  .n_hours = 1 };
	struct sighting *sightings = load_make(&shape, 3);
	int fd = load_write(sightings, shape.n_records);
	struct part *p;

	(void)state;
	assert_int_equal(part_open_fd(fd, &p, NULL), 0);
	assert_int_equal(part_group_count(p), 3);
	part_close(p);
	assert_holds(fd, sightings, shape.n_records);
	close(fd);
	free(sightings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_of_records),
		cmocka_unit_test(test_full_of_series),
		cmocka_unit_test(test_full_of_peers),
		cmocka_unit_test(test_full_of_groups),
		cmocka_unit_test(test_hour_of_several_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
