/*
 * From records as they came to groups in the order of the file. Ranks take the place of ids, each
 * hour is sorted by itself, on two threads, and goes back to where it lay.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "archive/hour_sort_internal.h"
#include "archive/memory_internal.h"
#include "archive/part_writer_internal.h"
#include "base/threads.h"

/*
 * A larger hour is sorted by both threads, and in an array of its own; as that fills, its chunks
 * are given back, so that there is never both.
 */
#define BIG_HOUR_RECORDS HOUR_SORT_RECORDS

static_assert(KEY_SERIES_BITS + KEY_PEER_BITS <= HOUR_SORT_PAIR_BITS, "a pair fits its word");

struct order {
	struct part_writer *w;
	struct part_dictionaries *dictionaries;
	const struct ordered_groups *groups;
	atomic_bool packing; /* the dictionaries: one thread does */
	atomic_uint next;
	pthread_mutex_t lock; /* over what follows */
	struct part_frequencies *frequencies;
	int error;
};

static uint64_t hour_bits(const struct hour *hour)
{
	return (uint64_t)hour->hour << (KEY_SERIES_BITS + KEY_PEER_BITS);
}

/* Series and peer as the key has them, by rank. */
static uint64_t pair_of(const struct part_dictionaries *d, uint64_t record)
{
	uint64_t series = d->series_rank[record_series(record)];
	uint32_t id = record_peer(record);

	return series << KEY_PEER_BITS |
	       (record & RECORD_PEER_IS_V6 ? d->v6_rank[id] : d->v4_rank[id]);
}

/* Time and port as the key has them. */
static uint64_t rest_of(uint64_t record, uint16_t port)
{
	return (uint64_t)record_ms(record) << KEY_PORT_BITS | port;
}

static void sort_hour(const struct order *o, const struct hour *hour, struct hour_sort *sort)
{
	const struct hours *hours = &o->w->hours;
	const struct sort_key *sorted = sort->sorted;
	struct hour_chunk c = { 0 };
	uint64_t place = 0;

	while (hours_chunk(hours, hour, &c)) {
		for (uint32_t i = 0; i < c.n; i++, place++) {
			uint64_t pair = pair_of(o->dictionaries, c.keys[i]);

			sort->words[0][place] = pair << HOUR_SORT_PLACE_BITS | place;
			sort->rests[place] = rest_of(c.keys[i], c.ports[i]);
		}
	}
	hour_sort_run(sort, hour->n_records);
	c = (struct hour_chunk){ 0 };
	for (; hours_chunk(hours, hour, &c); sorted += c.n) {
		for (uint32_t i = 0; i < c.n; i++) {
			c.keys[i] = sorted[i].hi << RECORD_MS_BITS | key_ms(sorted[i]);
			c.ports[i] = key_port(sorted[i]);
		}
	}
}

static int sort_big_hour(const struct order *o, struct hour *hour)
{
	struct hour_chunk c = { 0 };
	struct hour_release release = { 0 };
	struct sort_key *at = large_alloc(hour->n_records, sizeof(*at));

	if (!at)
		return -ENOMEM;
	hour->sorted = at;
	for (; hours_chunk(&o->w->hours, hour, &c); at += c.n) {
		for (uint32_t i = 0; i < c.n; i++) {
			at[i].hi = hour_bits(hour) | pair_of(o->dictionaries, c.keys[i]);
			at[i].lo = rest_of(c.keys[i], c.ports[i]);
		}
		hours_release(&release, &c);
	}
	hours_release_rest(&release);
	return sort_keys(hour->sorted, hour->n_records);
}

const struct sort_key *ordered_records(const struct part_writer *w, const struct ordered_group *g,
				       struct sort_key *scratch)
{
	struct hour_chunk c = { 0 };
	struct sort_key *at = scratch;

	if (g->hour->sorted)
		return g->hour->sorted + g->first;
	for (; hours_chunk(&w->hours, g->hour, &c); at += c.n) {
		for (uint32_t i = 0; i < c.n; i++) {
			at[i].hi = hour_bits(g->hour) | c.keys[i] >> RECORD_MS_BITS;
			at[i].lo = rest_of(c.keys[i], c.ports[i]);
		}
	}
	return scratch;
}

/* ---- on two threads ---- */

static void order_hours(struct order *o, struct hour_sort *sort, struct part_frequencies *f)
{
	uint32_t i;

	while ((i = o->next++) < o->groups->n) {
		const struct ordered_group *g = &o->groups->list[i];

		if (g->hour->sorted) {
			part_count(g->hour->sorted + g->first, g->n_records, f);
			continue;
		}
		sort_hour(o, g->hour, sort);
		part_count(sort->sorted, g->n_records, f);
	}
}

static void order_some(void *order)
{
	struct order *o = order;
	struct part_frequencies *f = calloc(1, sizeof(*f));
	struct hour_sort sort;
	int error = hour_sort_init(&sort, o->groups->scratch_records);

	if (!f)
		error = -ENOMEM;
	if (!error && !atomic_exchange(&o->packing, true))
		error = part_dictionaries_pack(o->dictionaries);
	if (!error)
		order_hours(o, &sort, f);
	pthread_mutex_lock(&o->lock);
	if (error < 0)
		o->error = error;
	for (int code = 0; !error && code < CODE_COUNT; code++) {
		for (unsigned int i = 0; i < CODE_SYMBOLS_MAX; i++)
			o->frequencies->of[code][i] += f->of[code][i];
	}
	pthread_mutex_unlock(&o->lock);
	free(f);
	hour_sort_finish(&sort);
}

/* ---- groups ---- */

static int find_groups(const struct hours *hours, struct ordered_groups *groups)
{
	size_t room = hours->n + hours->n_records / PART_GROUP_RECORDS_MAX + 1;

	groups->n = 0;
	groups->scratch_records = 0;
	groups->list = malloc(room * sizeof(*groups->list));
	if (!groups->list)
		return -ENOMEM;
	for (size_t i = 0; i < hours->n; i++) {
		const struct hour *hour = &hours->list[i];
		uint32_t n;

		for (uint32_t first = 0; first < hour->n_records; first += n) {
			n = MIN(hour->n_records - first, PART_GROUP_RECORDS_MAX);
			groups->list[groups->n++] = (struct ordered_group){ hour, first, n };
		}
		if (hour->n_records <= BIG_HOUR_RECORDS) {
			groups->scratch_records = MAX(groups->scratch_records, hour->n_records);
		}
	}
	return 0;
}

int part_order(struct part_writer *w, struct part_dictionaries *dictionaries,
	       struct ordered_groups *ret_groups, struct part_frequencies *ret_frequencies)
{
	struct order o = { .w = w,
			   .dictionaries = dictionaries,
			   .groups = ret_groups,
			   .frequencies = ret_frequencies };
	int error;

	hours_end(&w->hours);
	error = find_groups(&w->hours, ret_groups);
	for (size_t i = 0; i < w->hours.n && !error; i++) {
		if (w->hours.list[i].n_records > BIG_HOUR_RECORDS)
			error = sort_big_hour(&o, &w->hours.list[i]);
	}
	if (error < 0)
		return error;
	pthread_mutex_init(&o.lock, NULL);
	run_on_two_threads(order_some, &o);
	pthread_mutex_destroy(&o.lock);
	return o.error;
}
