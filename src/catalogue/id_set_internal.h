/*
 * The peers of one service, as dense ids: a list while they are few, a bitmap once that is smaller.
 * What one part gives is distinct by itself; a peer may come again with another part, so that
 * memory follows the distinct ones.
 */
#ifndef SEKIMORI_CATALOGUE_ID_SET_INTERNAL_H
#define SEKIMORI_CATALOGUE_ID_SET_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct id_set {
	uint32_t *ids; /* appended by the caller within the room made; [0, n_sorted) are sorted and
			  distinct */
	size_t n, room, n_sorted;
	uint64_t *bits; /* NULL: all are in `ids` */
	size_t n_words;
	uint32_t parts;  /* that gave any */
	uint64_t inside; /* of one part's: how many are in the site's networks */
};

void id_set_finish(struct id_set *s);

/* Room for MORE ids behind those that are there. Returns 0 or -ENOMEM. */
must_check int id_set_make_room(struct id_set *s, size_t more);

/* One part's ids stand from START on, all below UNIVERSE. Returns 0 or -ENOMEM. */
must_check int id_set_end_part(struct id_set *s, size_t start, uint32_t universe);

/* Are the ids in `ids`, each once? */
bool id_set_is_plain(const struct id_set *s);

/*
 * Adds to ret_counts[inside[id]] for each id whose seen[id] is not EPOCH yet, and makes it EPOCH.
 */
void id_set_count_unseen(const struct id_set *s, uint32_t *seen, uint32_t epoch,
			 const uint8_t *inside, uint64_t ret_counts[2]);

/* No fewer than the distinct ids. */
size_t id_set_most(const struct id_set *s);

/* Calls FN for each id; for one that came with several parts maybe more than once. */
void id_set_visit(const struct id_set *s, void (*fn)(void *user, uint32_t id), void *user);

/* ---- the same as a set that only grows ---- */

/* Adds N ids, each once, all below UNIVERSE, which is the same for all calls on a set. Returns 0 or
 * -ENOMEM. */
must_check int id_set_add(struct id_set *s, const uint32_t *ids, size_t n, uint32_t universe);

/* Adds all that FROM has. */
must_check int id_set_unite(struct id_set *s, const struct id_set *from, uint32_t universe);

/* Distinct ids of a set made by these calls. */
uint64_t id_set_count(struct id_set *s);

#endif
