/* The dictionaries of a part: ids in the order of appearance become ranks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/memory_internal.h"
#include "archive/part_writer_internal.h"
#include "base/hash.h"

#define AHEAD 64u

void part_dictionaries_init(struct part_dictionaries *d)
{
	memset(d, 0, sizeof(*d));
	buffer_init(&d->bytes);
}

static void drop_lists(struct part_dictionaries *d)
{
	free(d->series);
	large_free(d->v6, d->n_v6, sizeof(*d->v6));
	d->series = NULL;
	d->v6 = NULL;
}

void part_dictionaries_drop_ranks(struct part_dictionaries *d)
{
	large_free(d->series_rank, d->n_series, sizeof(*d->series_rank));
	large_free(d->v6_rank, d->n_v6, sizeof(*d->v6_rank));
	d->series_rank = NULL;
	d->v4_rank = NULL;
	d->v6_rank = NULL;
}

void part_dictionaries_finish(struct part_dictionaries *d)
{
	drop_lists(d);
	part_dictionaries_drop_ranks(d);
	buffer_finish(&d->bytes);
}

static int compare_series_ids(const void *a, const void *b, void *all)
{
	const struct part_series *series = all;

	return part_series_compare(&series[*(const uint32_t *)a], &series[*(const uint32_t *)b]);
}

static int rank_series(struct part_dictionaries *d, const struct part_writer *w)
{
	uint32_t *order = malloc(w->series_ids.count * sizeof(*order));

	d->series = malloc(w->series_ids.count * sizeof(*d->series));
	d->series_rank = large_alloc(w->series_ids.count, sizeof(*d->series_rank));
	if (!order || !d->series || !d->series_rank) {
		free(order);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < w->series_ids.count; i++)
		order[i] = i;
	qsort_r(order, w->series_ids.count, sizeof(*order), compare_series_ids, w->series);
	for (uint32_t i = 0; i < w->series_ids.count; i++) {
		d->series_rank[order[i]] = i;
		d->series[i] = w->series[order[i]];
	}
	free(order);
	return 0;
}

/* Looks up the ids of some keys, and has their slots fetched before the first is looked at. */
static void rank_some_v6(struct part_dictionaries *d, const struct part_writer *w, uint32_t start)
{
	const struct sort_key *keys = d->v6;
	uint32_t n = MIN(AHEAD, w->v6_ids.count - start);
	uint64_t hashes[AHEAD];

	for (uint32_t i = 0; i < n; i++) {
		struct net_addr peer = { .hi = keys[start + i].hi, .lo = keys[start + i].lo };

		hashes[i] = part_writer_hash_v6(w, peer);
		id_table_prefetch(&w->v6_ids, hashes[i]);
	}
	for (uint32_t i = 0; i < n; i++) {
		struct net_addr peer = { .hi = keys[start + i].hi, .lo = keys[start + i].lo };

		d->v6_rank[part_writer_find_v6(w, peer, hashes[i])] = w->v4_ids.count + start + i;
	}
}

/* An IPv6 address fills the sort key, so that its id has to be looked up again. */
static int rank_v6(struct part_dictionaries *d, const struct part_writer *w)
{
	uint32_t n = w->v6_ids.count;
	int r;

	d->v6 = large_alloc(n, sizeof(*d->v6));
	d->v6_rank = large_alloc(n, sizeof(*d->v6_rank));
	if (!d->v6 || !d->v6_rank)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		d->v6[i] = (struct sort_key){ .hi = w->v6[i].hi, .lo = w->v6[i].lo };
	r = sort_keys(d->v6, n);
	for (uint32_t i = 0; i < n && !r; i += AHEAD)
		rank_some_v6(d, w, i);
	return r;
}

int part_dictionaries_rank(struct part_dictionaries *d, struct part_writer *w)
{
	int r;

	d->n_series = w->series_ids.count;
	d->n_v4 = w->v4_ids.count;
	d->n_v6 = w->v6_ids.count;
	r = rank_series(d, w);
	if (r)
		return r;
	v4_table_rank(&w->v4_ids, &d->v4, &d->v4_rank);
	return rank_v6(d, w);
}

int part_dictionaries_pack(struct part_dictionaries *d)
{
	struct buffer *b = &d->bytes;
	int r = series_pack(d->series, d->n_series, b);

	if (r)
		return r;
	d->series_bytes = (uint32_t)b->length;
	peers_v4_pack(d->v4, d->n_v4, b);
	peers_v6_pack(d->v6, d->n_v6, b);
	drop_lists(d);
	if (b->failed)
		return -ENOMEM;
	d->peers_bytes = (uint32_t)b->length - d->series_bytes;
	d->series_hash = hash_bytes(b->bytes, d->series_bytes);
	d->peers_hash = hash_bytes(b->bytes + d->series_bytes, d->peers_bytes);
	return 0;
}
