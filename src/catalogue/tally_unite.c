#include <errno.h>
#include <stdlib.h>

#include "base/threads.h"
#include "catalogue/tally_part_internal.h"

/* Appends the ranks of one run that SEEN, a bitmap, does not have yet. Room for all of them is
 * there. */
static void unite_run(struct intake *in, const struct run *run, uint64_t *seen, struct id_set *list)
{
	const uint32_t *ranks = in->pairs + run->start;

	for (uint32_t i = 0; i < run->count; i++) {
		uint64_t bit = 1ULL << (ranks[i] % 64);

		/* Without a branch: whether a peer was seen before is nobody's guess. */
		list->ids[list->n] = ranks[i];
		list->n += !(seen[ranks[i] / 64] & bit);
		seen[ranks[i] / 64] |= bit;
	}
}

/* Ranks become ids, and their bits are cleared for the next series. */
static int end_series(struct intake *in, uint64_t *seen, struct id_set *list, size_t start)
{
	for (size_t i = start; i < list->n; i++) {
		uint32_t rank = list->ids[i];

		seen[rank / 64] = 0;
		if (in->inside)
			list->inside += in->inside[rank];
		if (in->map)
			list->ids[i] = in->map[rank];
	}
	return id_set_end_part(list, start, in->tally->ids.count);
}

static int unite_series(struct intake *in, uint32_t series, uint64_t *seen)
{
	uint8_t marks = part_series(in->part)[series].marks & MARK_STORED_ALL;
	struct id_set *list = &in->tally->peers[in->service_of[series]][marks];
	size_t start = list->n, pairs = 0;
	int error;

	for (size_t k = in->series_start[series]; k < in->series_start[series + 1]; k++)
		pairs += in->runs[in->order[k]].count;
	error = id_set_make_room(list, pairs);
	if (error < 0)
		return error;
	for (size_t k = in->series_start[series]; k < in->series_start[series + 1]; k++)
		unite_run(in, &in->runs[in->order[k]], seen, list);
	return end_series(in, seen, list, start);
}

/* No two series of a part have one list: workers share nothing. */
static void unite_all(void *user)
{
	struct intake *in = user;
	uint64_t *seen = calloc((size_t)part_peer_count(in->part) / 64 + 1, sizeof(*seen));
	uint32_t series;

	if (!seen)
		failure_note(&in->failure, -ENOMEM, NULL);
	while (seen && !failure_error(&in->failure) &&
	       (series = atomic_fetch_add(&in->next, 1)) < part_series_count(in->part)) {
		int error = in->service_of[series] == TALLY_NO_SERVICE
				    ? 0
				    : unite_series(in, series, seen);

		if (error < 0)
			failure_note(&in->failure, error, NULL);
	}
	free(seen);
}

/* Counting sort. Runs of nothing go where no series looks. */
static int order_runs(struct intake *in)
{
	uint32_t n_series = part_series_count(in->part);
	size_t *start = calloc((size_t)n_series + 2, sizeof(*start));

	in->order = malloc((in->n_runs + 1) * sizeof(*in->order));
	in->series_start = start;
	if (!start || !in->order)
		return -ENOMEM;
	for (size_t r = 0; r < in->n_runs; r++) {
		if (in->runs[r].count)
			start[in->runs[r].series + 2]++;
	}
	for (uint32_t i = 2; i <= n_series + 1; i++)
		start[i] += start[i - 1];
	for (size_t r = 0; r < in->n_runs; r++) {
		if (in->runs[r].count)
			in->order[start[in->runs[r].series + 1]++] = r;
	}
	return 0;
}

int tally_unite_runs(struct intake *in, bool shared)
{
	int error = order_runs(in);

	atomic_store(&in->next, 0);
	if (!error && shared) {
		run_on_two_threads(unite_all, in);
	} else if (!error) {
		unite_all(in);
	}
	free(in->order);
	free(in->series_start);
	return error < 0 ? error : failure_error(&in->failure);
}
