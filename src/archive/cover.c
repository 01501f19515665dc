/*
 * Is what one batch holds in another as well? Hour by hour, 16 bytes a record of both. An hour with
 * very many is compared in slices, each of the records whose hash falls into it, so that memory
 * holds no more than a bound. Of each side one part is open at a time. In an hour of which a part
 * has no details any more, both sides' pairs are compared, each with as many packets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive_internal.h"
#include "archive/cover_internal.h"
#include "archive/sort_internal.h"
#include "base/array.h"
#include "base/hash.h"

/* Where the records of one part's hour are. */
struct place {
	uint32_t hour, part, group, n_records;
	bool bare; /* without details */
};

/* One batch: what its directories say, and of the slice at hand the records. */
struct side {
	struct batch_writer *own; /* the parts of what is being written, or of: */
	struct archive *archive;
	const char *batch;
	const struct batch_manifest *manifest;

	struct place *places; /* by hour, part, group */
	size_t n_places, places_room;
	size_t next; /* the first place of no earlier hour */

	struct part *open;
	uint32_t open_part;
	struct part_summary summary;
	struct part_detail detail;

	struct sort_key *keys;
	size_t n_keys, room;
	uint32_t slice, n_slices;
	bool pairs; /* no times and ports in the keys */
};

static void side_init(struct side *s)
{
	memset(s, 0, sizeof(*s));
	part_summary_init(&s->summary);
	part_detail_init(&s->detail);
}

static void side_finish(struct side *s)
{
	part_close(s->open);
	free(s->places);
	free(s->keys);
	part_summary_finish(&s->summary);
	part_detail_finish(&s->detail);
}

/* ---- parts ---- */

static size_t count_parts(const struct side *s)
{
	return s->own ? batch_writer_part_count(s->own) : s->manifest->n_parts;
}

/* One at a time: dictionaries may be large, and files many. */
static int open_part(struct side *s, uint32_t part, struct diagnosis *d)
{
	int error;

	if (s->open && s->open_part == part)
		return 0;
	part_close(s->open);
	s->open = NULL;
	error = s->own ? batch_writer_open_part(s->own, part, &s->open, d)
		       : batch_open_part(s->archive, s->batch, s->manifest->parts[part].name,
					 &s->open, d);
	if (error < 0)
		s->open = NULL;
	s->open_part = part;
	return error;
}

static int place_order(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->hour != b->hour)
		return a->hour < b->hour ? -1 : 1;
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	return (a->group > b->group) - (a->group < b->group);
}

static int add_places(struct side *s, uint32_t part)
{
	for (uint32_t g = 0; g < part_group_count(s->open); g++) {
		const struct part_group *group = &part_groups(s->open)[g];
		void *grown = array_make_room(s->places, s->n_places, &s->places_room,
					      sizeof(*s->places));

		if (!grown)
			return -ENOMEM;
		s->places = grown;
		s->places[s->n_places++] = (struct place){ group->hour, part, g, group->n_records,
							   !part_group_has_details(group) };
	}
	return 0;
}

static int find_places(struct side *s, struct diagnosis *d)
{
	int error = 0;

	for (uint32_t i = 0; i < count_parts(s) && !error; i++) {
		error = open_part(s, i, d);
		if (!error)
			error = add_places(s, i);
	}
	if (!error && s->n_places)
		qsort(s->places, s->n_places, sizeof(*s->places), place_order);
	return error;
}

/* The records of an hour that is not before those asked for so far. */
static uint64_t count_hour(struct side *s, uint32_t hour)
{
	uint64_t records = 0;

	while (s->next < s->n_places && s->places[s->next].hour < hour)
		s->next++;
	for (size_t i = s->next; i < s->n_places && s->places[i].hour == hour; i++)
		records += s->places[i].n_records;
	return records;
}

/* Of the hour that was counted last: is something known by its pairs only? */
static bool hour_is_bare(const struct side *s, uint32_t hour)
{
	bool bare = false;

	for (size_t i = s->next; i < s->n_places && s->places[i].hour == hour; i++)
		bare |= s->places[i].bare;
	return bare;
}

/* The first hour that is left, or PART_HOURS_END. */
static uint32_t next_hour(const struct side *s)
{
	return s->next < s->n_places ? s->places[s->next].hour : PART_HOURS_END;
}

/* Most that differ do so here, where nothing is read yet. */
static bool counts_suffice(struct side *some, struct side *whole)
{
	bool enough = true;
	uint32_t hour;

	while (enough && (hour = next_hour(some)) != PART_HOURS_END) {
		enough = count_hour(some, hour) <= count_hour(whole, hour);
		(void)count_hour(some, hour + 1);
	}
	some->next = whole->next = 0;
	return enough;
}

/* ---- records ---- */

/* Of IPv4 both addresses themselves. */
static uint64_t pair_key(struct net_addr host, struct net_addr peer)
{
	const uint64_t words[] = { host.hi, host.lo, peer.hi, peer.lo };

	if (addr_is_v4(host) && addr_is_v4(peer))
		return (uint64_t)addr_v4(host) << 32 | addr_v4(peer);
	return hash_bytes(words, sizeof(words));
}

/* The whole record's, not the pair's: one pair may have all records of an hour. */
static bool is_in_slice(const struct side *s, struct sort_key key)
{
	uint64_t hash = s->n_slices > 1 ? hash_mix(key.hi ^ hash_mix(key.lo)) : 0;

	return (hash >> 32) * s->n_slices >> 32 == s->slice;
}

static int add_key(struct side *s, struct sort_key key)
{
	if (!is_in_slice(s, key))
		return 0;
	if (s->n_keys == s->room)
		return ERR_LIMIT;
	s->keys[s->n_keys++] = key;
	return 0;
}

/* All but the marks, which say how it was judged and not what was seen. */
static int add_records(struct side *s)
{
	const struct part_summary *sum = &s->summary;
	uint32_t pair = 0, record = 0;
	int error = 0;

	for (uint32_t i = 0; i < sum->n_series; i++) {
		const struct part_series *series = &part_series(s->open)[sum->series[i]];

		for (; pair < sum->pair_end[i]; pair++) {
			uint64_t hi = pair_key(series->host, part_peer(s->open, sum->peer[pair]));

			for (uint32_t n = sum->packets[pair]; n && !error; n--, record++) {
				uint64_t lo = (uint64_t)series->port << 8 | series->protocol;

				if (!s->pairs) {
					lo |= (uint64_t)s->detail.ms[record] << 40 |
					      (uint64_t)s->detail.peer_port[record] << 24;
				}
				error = add_key(s, (struct sort_key){ hi, lo });
			}
		}
	}
	return error;
}

static int read_group(struct side *s, const struct place *at, struct diagnosis *d)
{
	int error = open_part(s, at->part, d);

	if (!error)
		error = part_load_dictionaries(s->open, d);
	if (!error)
		error = part_read_summary(s->open, at->group, &s->summary, d);
	if (!error && !s->pairs) {
		error = part_read_detail(s->open, at->group, &s->summary,
					 PART_TIMES | PART_PEER_PORTS, &s->detail, d);
	}
	return error < 0 ? error : add_records(s);
}

static int read_slice(struct side *s, uint32_t hour, struct diagnosis *d)
{
	int error = 0;

	s->n_keys = 0;
	for (size_t i = s->next; i < s->n_places && s->places[i].hour == hour && !error; i++)
		error = read_group(s, &s->places[i], d);
	return error < 0 ? error : sort_keys(s->keys, s->n_keys);
}

/* Each as often, at least. Both are sorted. */
static bool keys_include(const struct side *whole, const struct side *some)
{
	size_t at = 0;

	for (size_t i = 0; i < some->n_keys; i++, at++) {
		const struct sort_key *key = &some->keys[i];

		while (at < whole->n_keys &&
		       (whole->keys[at].hi < key->hi ||
			(whole->keys[at].hi == key->hi && whole->keys[at].lo < key->lo)))
			at++;
		if (at == whole->n_keys || whole->keys[at].hi != key->hi ||
		    whole->keys[at].lo != key->lo)
			return false;
	}
	return true;
}

/* ---- all of it ---- */

/* Slices are as large as each other, nearly: an eighth more is never met, but by records that are
 * the same. */
static int make_room(struct side *s, uint64_t records, uint32_t n_slices)
{
	uint64_t room = n_slices > 1 ? records / n_slices : records;

	room += n_slices > 1 ? room / 8 + 1024 : 0;
	s->n_slices = n_slices;
	if (room <= s->room)
		return 0;
	free(s->keys);
	s->keys = malloc(room * sizeof(*s->keys));
	s->room = s->keys ? room : 0;
	return s->keys ? 0 : -ENOMEM;
}

static int compare_hour(struct side *some, struct side *whole, uint32_t hour, uint32_t most,
			bool *ret_covered, struct diagnosis *d)
{
	uint64_t n_some = count_hour(some, hour), n_whole = count_hour(whole, hour);
	uint64_t n_slices = (MAX(n_some, n_whole) + most - 1) / most;
	int error = n_slices > UINT32_MAX ? ERR_LIMIT : 0;

	some->pairs = whole->pairs = hour_is_bare(some, hour) || hour_is_bare(whole, hour);
	if (!error)
		error = make_room(some, n_some, (uint32_t)n_slices);
	if (!error)
		error = make_room(whole, n_whole, (uint32_t)n_slices);
	for (uint32_t i = 0; i < n_slices && *ret_covered && !error; i++) {
		some->slice = whole->slice = i;
		error = read_slice(some, hour, d);
		if (!error)
			error = read_slice(whole, hour, d);
		if (!error)
			*ret_covered = keys_include(whole, some);
	}
	return error;
}

static int compare(struct side *some, struct side *whole, uint32_t most, bool *ret_covered,
		   struct diagnosis *d)
{
	bool covered = counts_suffice(some, whole);
	uint32_t hour;
	int error = 0;

	while (covered && !error && (hour = next_hour(some)) != PART_HOURS_END) {
		error = compare_hour(some, whole, hour, most, &covered, d);
		(void)count_hour(some, hour + 1);
	}
	*ret_covered = covered && !error;
	return error;
}

int cover_compare(struct batch_writer *b, const char *batch, const struct batch_manifest *m,
		  uint32_t most, bool *ret_covered, struct diagnosis *d)
{
	struct side some, whole;
	int error;

	side_init(&some);
	side_init(&whole);
	some.own = b;
	whole.archive = batch_writer_archive(b);
	whole.batch = batch;
	whole.manifest = m;
	*ret_covered = false;
	error = find_places(&some, d);
	if (!error)
		error = find_places(&whole, d);
	if (!error)
		error = compare(&some, &whole, most, ret_covered, d);
	side_finish(&some);
	side_finish(&whole);
	/* What there is no memory for is not known to be covered: it is taken in. */
	return error == -ENOMEM || error == ERR_LIMIT ? 0 : error;
}

int batch_writer_is_covered(struct batch_writer *b, const char *batch,
			    const struct batch_manifest *m, bool *ret_covered, struct diagnosis *d)
{
	return cover_compare(b, batch, m, COVER_RECORDS_MAX, ret_covered, d);
}
