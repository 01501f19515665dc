#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "archive/memory_internal.h"
#include "archive/part_writer_internal.h"
#include "base/hash.h"

#define NS_IN_MS 1000000u
#define AHEAD                                                                                      \
	32u /* sightings whose table slots are fetched while as many before them are added         \
	     */

static_assert(PART_PEERS_MAX < ID_TABLE_IDS_MAX && PART_SERIES_MAX < ID_TABLE_IDS_MAX,
	      "ids fit the table");
static_assert(UINT64_MAX / NS_IN_MS / PART_MS_PER_HOUR < PART_HOURS_END, "every time has its hour");

/* Odd, without structure: bits of the square root of 2. */
#define FOLD_V6 UINT64_C(0x6a09e667f3bcc909)

#define PEER_ID_IS_V6 (1u << 31)

struct lookup {
	uint64_t series_hash, peer_hash;
	uint32_t peer_guess; /* of IPv6: the first id whose slot looks right, or ID_NONE */
};

int part_writer_new(struct part_writer **ret_writer)
{
	struct part_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->series = large_alloc(PART_SERIES_MAX, sizeof(*w->series));
	w->v6 = large_alloc(PART_PEERS_MAX, sizeof(*w->v6));
	if (hours_init(&w->hours) < 0 || !w->series || !w->v6) {
		part_writer_free(w);
		return -ENOMEM;
	}
	if (getrandom(&w->seed, sizeof(w->seed), GRND_NONBLOCK) != (ssize_t)sizeof(w->seed))
		w->seed = (uint64_t)(uintptr_t)w;
	v4_table_init(&w->v4_ids, w->seed);
	*ret_writer = w;
	return 0;
}

void part_writer_free(struct part_writer *w)
{
	if (!w)
		return;
	id_table_finish(&w->series_ids);
	v4_table_finish(&w->v4_ids);
	id_table_finish(&w->v6_ids);
	hours_finish(&w->hours);
	large_free(w->series, PART_SERIES_MAX, sizeof(*w->series));
	large_free(w->v6, PART_PEERS_MAX, sizeof(*w->v6));
	free(w);
}

void part_writer_reset(struct part_writer *w)
{
	id_table_clear(&w->series_ids);
	v4_table_clear(&w->v4_ids);
	id_table_clear(&w->v6_ids);
	hours_reset(&w->hours);
	w->written = false;
}

size_t part_writer_records(const struct part_writer *w)
{
	return w->hours.n_records;
}

void part_writer_warm(struct part_writer *w)
{
	hours_warm(&w->hours);
}

/* ---- keys ---- */

uint64_t part_writer_hash_v6(const struct part_writer *w, struct net_addr peer)
{
	return hash_fold(w->seed ^ peer.lo, FOLD_V6 ^ peer.hi);
}

static uint64_t hash_series(const struct part_writer *w, struct net_addr host, uint16_t port,
			    uint8_t protocol, uint8_t marks)
{
	uint64_t service = (uint64_t)port << 16 | (uint64_t)protocol << 8 | marks;

	return hash_fold(w->seed ^ host.lo ^ service << 32, FOLD_V6 ^ host.hi ^ service);
}

static uint64_t v6_hash(const void *writer, uint32_t id)
{
	const struct part_writer *w = writer;

	return part_writer_hash_v6(w, w->v6[id]);
}

static uint64_t series_hash(const void *writer, uint32_t id)
{
	const struct part_writer *w = writer;
	const struct part_series *s = &w->series[id];

	return hash_series(w, s->host, s->port, s->protocol, s->marks);
}

/* Field by field from where they lie: a copy would be waited for, half stored and whole loaded. */
static bool is_of_series(const struct sighting *s, const struct part_series *series)
{
	return addr_equal(s->host, series->host) && s->port == series->port &&
	       s->protocol == series->protocol && s->marks == series->marks;
}

static uint32_t find_series(const struct part_writer *w, const struct sighting *s, uint64_t hash)
{
	uint64_t at = hash;
	uint32_t id;

	do {
		id = id_table_next(&w->series_ids, hash, &at);
	} while (id != ID_NONE && !is_of_series(s, &w->series[id]));
	return id;
}

uint32_t part_writer_find_v6(const struct part_writer *w, struct net_addr peer, uint64_t hash)
{
	uint64_t at = hash;
	uint32_t id;

	do {
		id = id_table_next(&w->v6_ids, hash, &at);
	} while (id != ID_NONE && !addr_equal(w->v6[id], peer));
	return id;
}

/* ---- adding ---- */

static int add_series(struct part_writer *w, const struct sighting *s, uint64_t hash,
		      uint32_t *ret_id)
{
	if (id_table_make_room(&w->series_ids, series_hash, w))
		return -ENOMEM;
	w->series[w->series_ids.count] = (struct part_series){
		.host = s->host, .port = s->port, .protocol = s->protocol, .marks = s->marks
	};
	*ret_id = id_table_add(&w->series_ids, hash);
	return 0;
}

static int add_peer(struct part_writer *w, struct net_addr peer, uint64_t hash, uint32_t *ret_id)
{
	if (addr_is_v4(peer))
		return v4_table_add(&w->v4_ids, addr_v4(peer), hash, ret_id);
	if (id_table_make_room(&w->v6_ids, v6_hash, w))
		return -ENOMEM;
	w->v6[w->v6_ids.count] = peer;
	*ret_id = id_table_add(&w->v6_ids, hash) | PEER_ID_IS_V6;
	return 0;
}

static uint32_t find_peer(const struct part_writer *w, struct net_addr peer, const struct lookup *l)
{
	uint32_t id = l->peer_guess;

	if (addr_is_v4(peer))
		return v4_table_find(&w->v4_ids, addr_v4(peer), l->peer_hash);
	if (id == ID_NONE || !addr_equal(w->v6[id], peer))
		id = part_writer_find_v6(w, peer, l->peer_hash);
	return id == ID_NONE ? ID_NONE : id | PEER_ID_IS_V6;
}

/* Is there room for what the sighting needs? */
static bool has_room(const struct part_writer *w, uint32_t hour, uint32_t series_id,
		     uint32_t peer_id)
{
	return w->hours.n_records < PART_RECORDS_MAX &&
	       (w->hours.n < HOURS_OF_PART_MAX || hours_have(&w->hours, hour)) &&
	       (series_id != ID_NONE || w->series_ids.count < PART_SERIES_MAX) &&
	       (peer_id != ID_NONE || w->v4_ids.count + w->v6_ids.count < PART_PEERS_MAX);
}

/*
 * Returns 1, 0 when the part has no room for what this sighting needs, or -ENOMEM. All limits are
 * looked at before anything is added: a dictionary must not hold what no record uses.
 */
static int append_one(struct part_writer *w, const struct sighting *s, const struct lookup *l)
{
	uint64_t ms = s->time_ns / NS_IN_MS, record;
	uint32_t hour = (uint32_t)(ms / PART_MS_PER_HOUR);
	uint32_t series_id = find_series(w, s, l->series_hash);
	uint32_t peer_id = find_peer(w, s->peer, l);

	if (!has_room(w, hour, series_id, peer_id))
		return 0;
	if ((series_id == ID_NONE && add_series(w, s, l->series_hash, &series_id)) ||
	    (peer_id == ID_NONE && add_peer(w, s->peer, l->peer_hash, &peer_id)))
		return -ENOMEM;
	record = record_make(series_id, peer_id & ~PEER_ID_IS_V6,
			     ms - (uint64_t)hour * PART_MS_PER_HOUR);
	if (peer_id & PEER_ID_IS_V6)
		record |= RECORD_PEER_IS_V6;
	return hours_add(&w->hours, hour, record, s->peer_port) < 0 ? -ENOMEM : 1;
}

/*
 * Works the hashes out and has the slots fetched meanwhile; then, for IPv6, the keys that the slots
 * lead to.
 */
static void look_ahead(const struct part_writer *w, const struct sighting *sightings, size_t n,
		       struct lookup *ret_lookups)
{
	bool any_v6 = false;

	for (size_t i = 0; i < n; i++) {
		const struct sighting *s = &sightings[i];

		/* They come from another processor: those after these, too, are called for. */
		__builtin_prefetch(s + AHEAD);
		ret_lookups[i].series_hash =
			hash_series(w, s->host, s->port, s->protocol, s->marks);
		id_table_prefetch(&w->series_ids, ret_lookups[i].series_hash);
		ret_lookups[i].peer_guess = ID_NONE;
		if (addr_is_v4(s->peer)) {
			ret_lookups[i].peer_hash = v4_table_hash(&w->v4_ids, addr_v4(s->peer));
			v4_table_prefetch(&w->v4_ids, ret_lookups[i].peer_hash);
			continue;
		}
		any_v6 = true;
		ret_lookups[i].peer_hash = part_writer_hash_v6(w, s->peer);
		id_table_prefetch(&w->v6_ids, ret_lookups[i].peer_hash);
	}
	for (size_t i = 0; i < n && any_v6; i++) {
		uint64_t hash = ret_lookups[i].peer_hash, at = hash;

		if (addr_is_v4(sightings[i].peer))
			continue;
		ret_lookups[i].peer_guess = id_table_next(&w->v6_ids, hash, &at);
		if (ret_lookups[i].peer_guess != ID_NONE)
			__builtin_prefetch(&w->v6[ret_lookups[i].peer_guess]);
	}
}

int part_writer_append(struct part_writer *w, const struct sighting *sightings, size_t n)
{
	struct lookup lookups[2][AHEAD]; /* of the sightings at hand, of the next ones */
	int r;

	assert(!w->written);
	n = MIN(n, (size_t)INT_MAX);
	look_ahead(w, sightings, MIN(n, (size_t)AHEAD), lookups[0]);
	for (size_t start = 0; start < n; start += AHEAD) {
		size_t some = MIN(n - start, (size_t)AHEAD), next = start + some;
		const struct lookup *at_hand = lookups[start / AHEAD % 2];

		look_ahead(w, sightings + next, MIN(n - next, (size_t)AHEAD),
			   lookups[next / AHEAD % 2]);
		for (size_t i = 0; i < some; i++) {
			r = append_one(w, &sightings[start + i], &at_hand[i]);
			if (r < 0)
				return r;
			if (r == 0)
				return (int)(start + i);
		}
	}
	return (int)n;
}
