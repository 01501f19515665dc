/*
 * A journal from the outside: whatever the bytes, reading all of it ends in an answer or an error;
 * what is taken makes a manifest that can be read, and sightings that a part can hold.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/journal_internal.h"

#define NAME "20261125T214500Z-0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

struct seen {
	uint64_t n, first_ns, last_ns;
};

static int see(void *user, const struct sighting *list, size_t n)
{
	struct seen *s = user;

	require(n > 0);
	for (size_t i = 0; i < n; i++) {
		require(!(list[i].marks & ~MARK_STORED_ALL));
		s->first_ns = s->n++ ? MIN(s->first_ns, list[i].time_ns) : list[i].time_ns;
		s->last_ns = MAX(s->last_ns, list[i].time_ns);
	}
	return 0;
}

static void check_manifest(const struct batch_manifest *m, const struct seen *s)
{
	struct batch_manifest again;
	struct buffer text;

	require(!strcmp(m->journal, NAME) && m->sightings == s->n && !m->n_parts);
	require(m->first_ns <= m->last_ns);
	require(!s->n || (m->first_ns <= s->first_ns && m->last_ns >= s->last_ns));
	buffer_init(&text);
	require(batch_manifest_print(m, &text) == 0);
	require(batch_manifest_parse((const char *)text.bytes, text.length, &again, NULL) == 0);
	require(again.n_gaps == m->n_gaps && again.n_counts == m->n_counts);
	for (size_t i = 0; i < m->n_gaps; i++) {
		const struct batch_gap *a = &again.gaps[i], *b = &m->gaps[i];

		require(a->from_ns == b->from_ns && a->to_ns == b->to_ns && a->count == b->count);
		require(a->kind == b->kind && !strcmp(a->interface, b->interface));
	}
	require(again.n_floods == m->n_floods);
	for (size_t i = 0; i < m->n_floods; i++) {
		const struct batch_flood *a = &again.floods[i], *b = &m->floods[i];

		require(addr_equal(a->host, b->host) && a->port == b->port);
		require(a->protocol == b->protocol && a->marks == b->marks);
		require(a->first_ns == b->first_ns && a->last_ns == b->last_ns);
		require(a->packets == b->packets && a->peers == b->peers);
		require(m->first_ns <= b->first_ns && m->last_ns >= b->last_ns);
	}
	batch_manifest_finish(&again);
	buffer_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct diagnosis d = { "" };
	struct seen seen = { 0 };
	struct batch_manifest m;
	struct buffer memory;

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (journal_read_fd(fd, NAME, see, &seen, &m, &memory, NULL, &d) == 0) {
		check_manifest(&m, &seen);
		batch_manifest_finish(&m);
		buffer_finish(&memory);
	}
	close(fd);
	return 0;
}
