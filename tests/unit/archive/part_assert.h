/* What the tests of parts assert together. For after the headers of cmocka. */
#ifndef SEKIMORI_TESTS_PART_ASSERT_H
#define SEKIMORI_TESTS_PART_ASSERT_H

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "part_fixture.h"

static inline size_t file_bytes(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (size_t)st.st_size;
}

/* To free(). */
static inline uint8_t *file_content(int fd)
{
	size_t n = file_bytes(fd);
	uint8_t *bytes = malloc(n);

	assert_non_null(bytes);
	assert_int_equal(pread(fd, bytes, n, 0), (ssize_t)n);
	return bytes;
}

static inline void assert_sightings_equal(const struct sighting *a, const struct sighting *b)
{
	assert_true(a->time_ns == b->time_ns);
	assert_true(addr_equal(a->host, b->host));
	assert_true(addr_equal(a->peer, b->peer));
	assert_int_equal(a->port, b->port);
	assert_int_equal(a->peer_port, b->peer_port);
	assert_int_equal(a->protocol, b->protocol);
	assert_int_equal(a->marks, b->marks);
}

/* Sorts SIGHTINGS, which must be what the file holds. */
static inline void assert_holds(int fd, struct sighting *sightings, size_t n)
{
	struct diagnosis d = { "" };
	struct sighting *got = NULL;
	struct part *p;
	size_t n_got = 0;

	load_sort(sightings, n);
	assert_int_equal(part_open_fd(fd, &p, &d), 0);
	assert_int_equal(part_records(p), n);
	assert_int_equal(part_file_bytes(p), file_bytes(fd));
	assert_int_equal(part_read_all(p, &got, &n_got, &d), 0);
	assert_int_equal(n_got, n);
	for (size_t i = 0; i < n; i++)
		assert_sightings_equal(&got[i], &sightings[i]);
	free(got);
	part_close(p);
}

/* What opening a file and reading all of it comes to. */
static inline int read_outcome(int fd, struct diagnosis *d)
{
	struct sighting *got = NULL;
	struct part *p;
	size_t n;
	int r = part_open_fd(fd, &p, d);

	if (r)
		return r;
	r = part_read_all(p, &got, &n, d);
	free(got);
	part_close(p);
	return r;
}

#endif
