/*
 * A part from the outside: whatever the bytes, reading all of it ends in an answer or an error,
 * within bounds.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_summary(const struct part *p, const struct part_group *g,
			  const struct part_summary *s)
{
	uint64_t records = 0;

	require(s->n_series == g->n_series && s->n_pairs == g->n_pairs);
	for (uint32_t i = 0, pair = 0; i < s->n_series; i++) {
		require(s->series[i] < part_series_count(p) &&
			(!i || s->series[i] > s->series[i - 1]));
		require(s->pair_end[i] > pair && s->pair_end[i] <= s->n_pairs);
		for (uint32_t first = pair; pair < s->pair_end[i]; pair++) {
			require(s->peer[pair] < part_peer_count(p));
			require(pair == first || s->peer[pair] > s->peer[pair - 1]);
			require(s->packets[pair] > 0);
			records += s->packets[pair];
		}
	}
	require(records == g->n_records);
}

static void check_detail(const struct part_summary *s, const struct part_detail *d)
{
	for (uint32_t pair = 0, at = 0; pair < s->n_pairs; pair++) {
		for (uint32_t k = 0; k < s->packets[pair]; k++, at++) {
			require(d->ms[at] < PART_MS_PER_HOUR);
			require(!k || d->ms[at] >= d->ms[at - 1]);
		}
	}
}

static void check_dictionaries(const struct part *p)
{
	for (uint32_t i = 1; i < part_peer_count(p); i++)
		require(addr_compare(part_peer(p, i - 1), part_peer(p, i)) < 0);
	for (uint32_t i = 1; i < part_series_count(p); i++)
		require(addr_compare(part_series(p)[i - 1].host, part_series(p)[i].host) <= 0);
}

static void read_part(struct part *p)
{
	struct part_summary summary;
	struct part_detail detail;

	part_summary_init(&summary);
	part_detail_init(&detail);
	if (part_load_dictionaries(p, NULL) == 0)
		check_dictionaries(p);
	for (uint32_t i = 0; i < part_group_count(p); i++) {
		if (part_read_summary(p, i, &summary, NULL))
			continue;
		check_summary(p, &part_groups(p)[i], &summary);
		require(part_group_has_details(&part_groups(p)[i]) == part_has_details(p));
		if (part_read_detail(p, i, &summary, PART_TIMES | PART_PEER_PORTS, &detail, NULL) ==
		    0)
			check_detail(&summary, &detail);
	}
	part_summary_finish(&summary);
	part_detail_finish(&detail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("part", MFD_CLOEXEC);
	char path[64];
	struct part *p;

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (part_open(AT_FDCWD, path, &p, NULL) == 0) {
		read_part(p);
		part_close(p);
	}
	close(fd);
	return 0;
}
