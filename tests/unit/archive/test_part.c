/* Parts against a plain sorted array, over loads of many shapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "part_assert.h"

static void round_trip(const struct load_shape *shape, uint64_t seed)
{
	struct sighting *sightings = load_make(shape, seed);
	int fd = load_write(sightings, shape->n_records);

	assert_holds(fd, sightings, shape->n_records);
	close(fd);
	free(sightings);
}

static void test_round_trips(void **state)
{
	static const struct load_shape shapes[] = {
		{ .n_records = 1, .n_series = 1, .n_v4 = 1, .first_hour = 429528, .n_hours = 1 },
		{ .n_records = 1, .n_series = 1, .n_v6 = 1, .first_hour = 0, .n_hours = 1 },
		{ .n_records = 2, .n_series = 1, .n_v4 = 1, .first_hour = 5, .n_hours = 1 },
		{ .n_records = 1000, .n_series = 1, .n_v4 = 1, .first_hour = 5, .n_hours = 1 },
		{ .n_records = 1000,
		  .n_series = 50,
		  .n_v4 = 300,
		  .n_v6 = 300,
		  .first_hour = 429528,
		  .n_hours = 24 },
		{ .n_records = 5000,
		  .n_series = 1000,
		  .n_v4 = 5000,
		  .first_hour = 429528,
		  .n_hours = 2,
		  .in_order = true },
		{ .n_records = 5000,
		  .n_series = 20,
		  .n_v6 = 100000,
		  .first_hour = 429528,
		  .n_hours = 1 },
		{ .n_records = 5000,
		  .n_series = 20,
		  .n_v6 = 3000,
		  .clustered_v6 = true,
		  .first_hour = 9,
		  .n_hours = 3 },
		{ .n_records = 20000,
		  .n_series = 300,
		  .n_v4 = 50,
		  .n_v6 = 2,
		  .first_hour = 100,
		  .n_hours = 3,
		  .repeats = true },
		{ .n_records = 50000,
		  .n_series = 3,
		  .n_v4 = 4,
		  .first_hour = 100,
		  .n_hours = 1,
		  .fixed_ports = true },
		{ .n_records = 3000,
		  .n_series = 3,
		  .n_v4 = 4,
		  .first_hour = 0,
		  .n_hours = 5124095 },
		{ .n_records = 80000,
		  .n_series = 2,
		  .n_v4 = 70000,
		  .first_hour = 0,
		  .n_hours = 4,
		  .in_order = true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++) {
		for (uint64_t seed = 1; seed <= 3; seed++)
			round_trip(&shapes[i], seed * 1000 + i);
	}
}

static struct sighting plain_sighting(uint64_t time_ns)
{
	return (struct sighting){
		.time_ns = time_ns,
		.host = addr_from_v4(0xc0000201),
		.port = 443,
		.protocol = SIGHTING_PROTOCOL_TCP,
		.peer = addr_from_v4(0xcb007107),
		.peer_port = 50000,
	};
}

static void test_edges(void **state)
{
	static const uint64_t times_ns[] = {
		0,
		0,
		999999,
		1000000,
		3599999999999,
		3600000000000,
		3600000000001,
		UINT64_MAX,
		UINT64_MAX - 1,
		594303000000,
		594304000000,
		594305000000,
		7194303000000,
		7200000000000,
	};
	struct sighting sightings[2 * ARRAY_LENGTH(times_ns)];
	int fd;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(times_ns); i++) {
		sightings[2 * i] = plain_sighting(times_ns[i]);
		sightings[2 * i + 1] = sightings[2 * i];
		sightings[2 * i + 1].peer = (struct net_addr){ 0, i };
		sightings[2 * i + 1].peer_port = (uint16_t)(i * 0xffff);
		sightings[2 * i + 1].marks = i & 3;
	}
	fd = load_write(sightings, ARRAY_LENGTH(sightings));
	assert_holds(fd, sightings, ARRAY_LENGTH(sightings));
	close(fd);
}

static void test_order_of_appending_does_not_matter(void **state)
{
	const struct load_shape shape = { .n_records = 30000,
					  .n_series = 90,
					  .n_v4 = 3000,
					  .n_v6 = 500,
					  .first_hour = 429528,
					  .n_hours = 30,
					  .repeats = true };
	struct sighting *sightings = load_make(&shape, 7), swap;
	int fd = load_write(sightings, shape.n_records), shuffled;
	struct random r = { 11 };
	uint8_t *a, *b;

	(void)state;
	for (size_t i = shape.n_records - 1; i; i--) {
		size_t other = random_below(&r, i + 1);

		swap = sightings[i];
		sightings[i] = sightings[other];
		sightings[other] = swap;
	}
	shuffled = load_write(sightings, shape.n_records);
	assert_int_equal(file_bytes(fd), file_bytes(shuffled));
	a = file_content(fd);
	b = file_content(shuffled);
	assert_memory_equal(a, b, file_bytes(fd));
	free(a);
	free(b);
	free(sightings);
	close(fd);
	close(shuffled);
}

static void test_writer_is_used_again(void **state)
{
	const struct load_shape first = { .n_records = 3000,
					  .n_series = 90,
					  .n_v4 = 3000,
					  .n_v6 = 500,
					  .first_hour = 1000,
					  .n_hours = 30 };
	const struct load_shape second = {
		.n_records = 2000, .n_series = 10, .n_v4 = 30, .first_hour = 429528, .n_hours = 3
	};
	struct sighting *a = load_make(&first, 1), *b = load_make(&second, 2);
	int fd_a = memfd_create("a", MFD_CLOEXEC), fd_b = memfd_create("b", MFD_CLOEXEC);
	struct part_writer *w;

	(void)state;
	assert_int_equal(part_writer_new(&w), 0);
	assert_int_equal(part_writer_append(w, a, first.n_records), (int)first.n_records);
	assert_int_equal(part_writer_records(w), first.n_records);
	assert_int_equal(part_writer_write(w, fd_a), 0);
	part_writer_reset(w);
	assert_int_equal(part_writer_records(w), 0);
	assert_int_equal(part_writer_append(w, b, second.n_records), (int)second.n_records);
	assert_int_equal(part_writer_write(w, fd_b), 0);
	part_writer_free(w);
	assert_holds(fd_a, a, first.n_records);
	assert_holds(fd_b, b, second.n_records);
	free(a);
	free(b);
	close(fd_a);
	close(fd_b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_order_of_appending_does_not_matter),
		cmocka_unit_test(test_writer_is_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
