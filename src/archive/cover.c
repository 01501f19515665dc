/*
 * Is what one batch holds in another as well? Hour by hour, so that memory holds one hour's records
 * of both, 16 bytes each.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive_internal.h"
#include "archive/sort_internal.h"
#include "base/hash.h"

/* One batch's parts and, of the hour at hand, its records. */
struct side {
	struct part **parts;
	uint32_t *next; /* by part: the first group of no earlier hour */
	size_t n_parts;
	struct part_summary summary;
	struct part_detail detail;
	struct sort_key *keys;
	size_t n_keys, room;
};

static void side_init(struct side *s)
{
	memset(s, 0, sizeof(*s));
	part_summary_init(&s->summary);
	part_detail_init(&s->detail);
}

static void side_finish(struct side *s)
{
	for (size_t i = 0; i < s->n_parts; i++)
		part_close(s->parts[i]);
	free(s->parts);
	free(s->next);
	free(s->keys);
	part_summary_finish(&s->summary);
	part_detail_finish(&s->detail);
}

static int make_room(struct side *s, size_t n_parts)
{
	s->parts = calloc(n_parts + 1, sizeof(struct part *));
	s->next = calloc(n_parts + 1, sizeof(*s->next));
	return s->parts && s->next ? 0 : -ENOMEM;
}

static int open_own(struct batch_writer *b, struct side *s, struct diagnosis *d)
{
	size_t n = batch_writer_part_count(b);
	int error = make_room(s, n);

	for (; s->n_parts < n && !error; s->n_parts += !error)
		error = batch_writer_open_part(b, s->n_parts, &s->parts[s->n_parts], d);
	return error;
}

static int open_other(struct archive *a, const char *batch, const struct batch_manifest *m,
		      struct side *s, struct diagnosis *d)
{
	int error = make_room(s, m->n_parts);

	for (; s->n_parts < m->n_parts && !error; s->n_parts += !error) {
		error = batch_open_part(a, batch, m->parts[s->n_parts].name, &s->parts[s->n_parts],
					d);
	}
	return error;
}

/* The first hour that is left, or PART_HOURS_END. */
static uint32_t next_hour(const struct side *s)
{
	uint32_t hour = PART_HOURS_END;

	for (size_t i = 0; i < s->n_parts; i++) {
		if (s->next[i] < part_group_count(s->parts[i]))
			hour = MIN(hour, part_groups(s->parts[i])[s->next[i]].hour);
	}
	return hour;
}

static void pass_over(struct side *s, uint32_t hour)
{
	for (size_t i = 0; i < s->n_parts; i++) {
		while (s->next[i] < part_group_count(s->parts[i]) &&
		       part_groups(s->parts[i])[s->next[i]].hour < hour)
			s->next[i]++;
	}
}

static uint64_t count_hour(struct side *s, uint32_t hour)
{
	uint64_t records = 0;

	pass_over(s, hour);
	for (size_t i = 0; i < s->n_parts; i++) {
		for (uint32_t g = s->next[i];
		     g < part_group_count(s->parts[i]) && part_groups(s->parts[i])[g].hour == hour;
		     g++)
			records += part_groups(s->parts[i])[g].n_records;
	}
	return records;
}

/* Most that differ do so here, where nothing is read yet. */
static bool counts_suffice(struct side *some, struct side *whole)
{
	bool enough = true;
	uint32_t hour;

	while (enough && (hour = next_hour(some)) != PART_HOURS_END) {
		enough = count_hour(some, hour) <= count_hour(whole, hour);
		pass_over(some, hour + 1);
	}
	memset(some->next, 0, some->n_parts * sizeof(*some->next));
	memset(whole->next, 0, whole->n_parts * sizeof(*whole->next));
	return enough;
}

/* Of IPv4 both addresses themselves. */
static uint64_t pair_key(struct net_addr host, struct net_addr peer)
{
	const uint64_t words[] = { host.hi, host.lo, peer.hi, peer.lo };

	if (addr_is_v4(host) && addr_is_v4(peer))
		return (uint64_t)addr_v4(host) << 32 | addr_v4(peer);
	return hash_bytes(words, sizeof(words));
}

/* All but the marks, which say how it was judged and not what was seen. */
static void add_records(struct side *s, const struct part *p)
{
	const struct part_summary *sum = &s->summary;
	uint32_t pair = 0, record = 0;

	for (uint32_t i = 0; i < sum->n_series; i++) {
		const struct part_series *series = &part_series(p)[sum->series[i]];

		for (; pair < sum->pair_end[i]; pair++) {
			uint64_t hi = pair_key(series->host, part_peer(p, sum->peer[pair]));

			for (uint32_t n = sum->packets[pair]; n; n--, record++) {
				uint64_t lo = (uint64_t)s->detail.ms[record] << 40 |
					      (uint64_t)s->detail.peer_port[record] << 24 |
					      (uint64_t)series->port << 8 | series->protocol;

				s->keys[s->n_keys++] = (struct sort_key){ hi, lo };
			}
		}
	}
}

static int read_group(struct side *s, struct part *p, uint32_t group, struct diagnosis *d)
{
	int error = part_load_dictionaries(p, d);

	if (!error)
		error = part_read_summary(p, group, &s->summary, d);
	if (!error) {
		error = part_read_detail(p, group, &s->summary, PART_TIMES | PART_PEER_PORTS,
					 &s->detail, d);
	}
	if (!error)
		add_records(s, p);
	return error;
}

/* A part is closed behind its last group: its dictionaries may be large. */
static void close_finished(struct side *s)
{
	for (size_t i = 0; i < s->n_parts;) {
		if (s->next[i] < part_group_count(s->parts[i])) {
			i++;
			continue;
		}
		part_close(s->parts[i]);
		s->parts[i] = s->parts[--s->n_parts];
		s->next[i] = s->next[s->n_parts];
	}
}

static int read_hour(struct side *s, uint32_t hour, struct diagnosis *d)
{
	uint64_t records = count_hour(s, hour);
	int error = 0;

	if (records > s->room) {
		free(s->keys);
		s->keys = malloc(records * sizeof(*s->keys));
		s->room = s->keys ? records : 0;
		if (!s->keys)
			return -ENOMEM;
	}
	s->n_keys = 0;
	for (size_t i = 0; i < s->n_parts && !error; i++) {
		for (; s->next[i] < part_group_count(s->parts[i]) &&
		       part_groups(s->parts[i])[s->next[i]].hour == hour && !error;
		     s->next[i]++)
			error = read_group(s, s->parts[i], s->next[i], d);
	}
	close_finished(s);
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

static int compare(struct side *some, struct side *whole, bool *ret_covered, struct diagnosis *d)
{
	bool covered = counts_suffice(some, whole);
	uint32_t hour;
	int error = 0;

	while (covered && (hour = next_hour(some)) != PART_HOURS_END) {
		error = read_hour(some, hour, d);
		if (!error)
			error = read_hour(whole, hour, d);
		if (error < 0)
			return error;
		covered = keys_include(whole, some);
	}
	*ret_covered = covered;
	return 0;
}

int batch_writer_is_covered(struct batch_writer *b, const char *batch,
			    const struct batch_manifest *m, bool *ret_covered, struct diagnosis *d)
{
	struct side some, whole;
	int error;

	side_init(&some);
	side_init(&whole);
	error = open_own(b, &some, d);
	if (!error)
		error = open_other(batch_writer_archive(b), batch, m, &whole, d);
	if (!error)
		error = compare(&some, &whole, ret_covered, d);
	side_finish(&some);
	side_finish(&whole);
	return error;
}
