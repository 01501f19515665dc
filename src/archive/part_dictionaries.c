/* The dictionaries of a part: ids in the order of appearance become ranks. */
#include <errno.h>
#include <stdlib.h>

#include "archive/memory_internal.h"
#include "archive/part_writer_internal.h"
#include "base/hash.h"

#define AHEAD 64u

void part_dictionaries_init(struct part_dictionaries *d)
{
	d->series_rank = NULL;
	d->v4_rank = NULL;
	d->v6_rank = NULL;
	buffer_init(&d->bytes);
}

void part_dictionaries_drop_ranks(struct part_dictionaries *d)
{
	free(d->series_rank);
	free(d->v4_rank);
	free(d->v6_rank);
	d->series_rank = NULL;
	d->v4_rank = NULL;
	d->v6_rank = NULL;
}

void part_dictionaries_finish(struct part_dictionaries *d)
{
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
	struct part_series *sorted = malloc(w->series_ids.count * sizeof(*sorted));
	uint32_t *order = malloc(w->series_ids.count * sizeof(*order));
	int r = -ENOMEM;

	if (!sorted || !order)
		goto out;
	for (uint32_t i = 0; i < w->series_ids.count; i++)
		order[i] = i;
	qsort_r(order, w->series_ids.count, sizeof(*order), compare_series_ids, w->series);
	for (uint32_t i = 0; i < w->series_ids.count; i++) {
		d->series_rank[order[i]] = i;
		sorted[i] = w->series[order[i]];
	}
	r = series_pack(sorted, w->series_ids.count, &d->bytes);
out:
	free(sorted);
	free(order);
	return r;
}

static int rank_v4(struct part_dictionaries *d, const struct part_writer *w)
{
	struct sort_key *keys = large_alloc(w->v4_ids.count, sizeof(*keys));
	uint32_t *sorted = large_alloc(w->v4_ids.count, sizeof(*sorted));
	int r = -ENOMEM;

	if (!keys || !sorted)
		goto out;
	for (uint32_t i = 0; i < w->v4_ids.count; i++)
		keys[i] = (struct sort_key){ .hi = w->v4[i], .lo = i };
	r = sort_keys(keys, w->v4_ids.count);
	if (r)
		goto out;
	for (uint32_t i = 0; i < w->v4_ids.count; i++) {
		d->v4_rank[keys[i].lo] = i;
		sorted[i] = (uint32_t)keys[i].hi;
	}
	peers_v4_pack(sorted, w->v4_ids.count, &d->bytes);
out:
	free(keys);
	free(sorted);
	return r;
}

/* Looks up the ids of some keys, and has their slots fetched before the first is looked at. */
static void rank_some_v6(struct part_dictionaries *d, const struct part_writer *w,
			 const struct sort_key *keys, uint32_t start)
{
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
	struct sort_key *keys = large_alloc(w->v6_ids.count, sizeof(*keys));
	int r;

	if (!keys)
		return -ENOMEM;
	for (uint32_t i = 0; i < w->v6_ids.count; i++)
		keys[i] = (struct sort_key){ .hi = w->v6[i].hi, .lo = w->v6[i].lo };
	r = sort_keys(keys, w->v6_ids.count);
	if (r)
		goto out;
	for (uint32_t i = 0; i < w->v6_ids.count; i += AHEAD)
		rank_some_v6(d, w, keys, i);
	peers_v6_pack(keys, w->v6_ids.count, &d->bytes);
out:
	free(keys);
	return r;
}

int part_dictionaries_make(struct part_dictionaries *d, const struct part_writer *w)
{
	struct buffer *b = &d->bytes;
	int r;

	d->series_rank = large_alloc(w->series_ids.count, sizeof(*d->series_rank));
	d->v4_rank = large_alloc(w->v4_ids.count, sizeof(*d->v4_rank));
	d->v6_rank = large_alloc(w->v6_ids.count, sizeof(*d->v6_rank));
	if (!d->series_rank || !d->v4_rank || !d->v6_rank)
		return -ENOMEM;
	r = rank_series(d, w);
	if (r)
		return r;
	d->series_bytes = (uint32_t)b->length;
	r = rank_v4(d, w);
	if (!r)
		r = rank_v6(d, w);
	if (r || b->failed)
		return -ENOMEM;
	d->peers_bytes = (uint32_t)b->length - d->series_bytes;
	d->series_hash = hash_bytes(b->bytes, d->series_bytes);
	d->peers_hash = hash_bytes(b->bytes + d->series_bytes, d->peers_bytes);
	return 0;
}
