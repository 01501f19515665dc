#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/threads.h"
#include "catalogue/tally_known_internal.h"

#define SHARED_GROUPS_MIN 16 /* fewer are not worth a second thread */

void known_free(struct known *k)
{
	if (!k)
		return;
	free(k->keys);
	free(k->met);
	free(k->v4);
	free(k->v6);
	free(k);
}

/* ---- pairs ---- */

static uint64_t key_of(uint32_t service, uint32_t id)
{
	return (uint64_t)(service + 1) << 32 | id;
}

/* Where the key stands, or would. */
static uint32_t slot_of(const struct known *k, uint64_t key)
{
	uint32_t mask = (uint32_t)((1ULL << k->slot_bits) - 1);
	uint32_t at = (uint32_t)(hash_mix(key) >> (64 - k->slot_bits));

	while (k->keys[at] && k->keys[at] != key)
		at = (at + 1) & mask;
	return at;
}

struct adding {
	struct known *known;
	uint32_t service;
	uint8_t bit;
};

static void add_pair(void *user, uint32_t id)
{
	const struct adding *a = user;
	uint64_t key = key_of(a->service, id);
	uint32_t at = slot_of(a->known, key);

	a->known->keys[at] = key;
	a->known->met[at] |= a->bit;
}

static size_t count_pairs(const struct tally *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		for (int k = 0; k < TALLY_CLASSES; k++)
			n += id_set_most(&t->peers[i][k]);
	}
	return n;
}

/* At most half full. */
static int make_table(struct known *k, size_t n_pairs)
{
	k->slot_bits = 4;
	while ((1ULL << k->slot_bits) < 2 * n_pairs)
		k->slot_bits++;
	k->keys = calloc((size_t)1 << k->slot_bits, sizeof(*k->keys));
	k->met = calloc((size_t)1 << k->slot_bits, sizeof(*k->met));
	return k->keys && k->met ? 0 : -ENOMEM;
}

static void add_pairs(const struct tally *t, struct known *known)
{
	for (size_t i = 0; i < t->n; i++) {
		for (int k = 0; k < TALLY_CLASSES; k++) {
			struct adding a = { known, (uint32_t)i, (uint8_t)(1 << k) };

			id_set_visit(&t->peers[i][k], add_pair, &a);
		}
	}
}

/* ---- peers ---- */

static int v4_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int v6_order(const void *a, const void *b)
{
	const struct known_v6 *x = a, *y = b;

	return addr_compare(x->addr, y->addr);
}

static int sort_peers(const struct peer_ids *ids, struct known *k)
{
	k->v4 = malloc(((size_t)ids->count + 1) * sizeof(*k->v4));
	k->v6 = malloc(((size_t)ids->count + 1) * sizeof(*k->v6));
	if (!k->v4 || !k->v6)
		return -ENOMEM;
	for (uint32_t id = 0; id < ids->count; id++) {
		struct net_addr a = peer_ids_addr(ids, id);

		if (addr_is_v4(a)) {
			k->v4[k->n_v4++] = (uint64_t)addr_v4(a) << 32 | id;
		} else {
			k->v6[k->n_v6++] = (struct known_v6){ a, id };
		}
	}
	if (k->n_v4)
		qsort(k->v4, k->n_v4, sizeof(*k->v4), v4_order);
	if (k->n_v6)
		qsort(k->v6, k->n_v6, sizeof(*k->v6), v6_order);
	return 0;
}

int tally_know_pairs(struct tally *t, bool *ret_known)
{
	size_t n = count_pairs(t);
	struct known *k;
	int error;

	*ret_known = false;
	if (n > KNOWN_PAIRS_MAX)
		return 0;
	k = calloc(1, sizeof(*k));
	error = k ? make_table(k, n) : -ENOMEM;
	if (!error)
		error = sort_peers(&t->ids, k);
	if (error < 0) {
		known_free(k);
		return error;
	}
	add_pairs(t, k);
	t->known = k;
	*ret_known = true;
	return 0;
}

void tally_forget_known(struct tally *t)
{
	known_free(t->known);
	t->known = NULL;
}

/* ---- looking through a part ---- */

struct look {
	struct known *known;
	struct part *part;
	uint32_t *service_of; /* by series */
	uint32_t *id_of;      /* by rank: a new part's peer, where there is one */
	uint64_t *has_id;     /* a bit a rank: where most have none, this is in the cache */
	atomic_uint next;
	struct failure failure;
};

static void note_rank(struct look *l, uint32_t rank, uint32_t id)
{
	l->id_of[rank] = id;
	l->has_id[rank / 64] |= 1ULL << (rank % 64);
}

/* Both dictionaries ascend. */
static bool find_peers(struct look *l)
{
	const struct known *k = l->known;
	uint32_t n4 = part_peer_v4_count(l->part), n = part_peer_count(l->part), rank = 0;
	bool any = false;

	for (size_t i = 0; i < k->n_v4; i++) {
		uint32_t addr = (uint32_t)(k->v4[i] >> 32);

		while (rank < n4 && part_peers_v4(l->part)[rank] < addr)
			rank++;
		if (rank < n4 && part_peers_v4(l->part)[rank] == addr) {
			note_rank(l, rank, (uint32_t)k->v4[i]);
			any = true;
		}
	}
	rank = n4;
	for (size_t i = 0; i < k->n_v6; i++) {
		while (rank < n &&
		       addr_compare(part_peers_v6(l->part)[rank - n4], k->v6[i].addr) < 0)
			rank++;
		if (rank < n && addr_equal(part_peers_v6(l->part)[rank - n4], k->v6[i].addr)) {
			note_rank(l, rank, k->v6[i].id);
			any = true;
		}
	}
	return any;
}

static bool find_services(struct look *l, struct tally *t)
{
	bool any = false;

	for (uint32_t i = 0; i < part_series_count(l->part); i++) {
		/* Without making any it cannot fail. */
		(void)!tally_find_service(t, &part_series(l->part)[i], false, &l->service_of[i]);
		any |= l->service_of[i] != TALLY_NO_SERVICE;
	}
	return any;
}

/* Other threads are at it too. */
static void note_met(const struct known *k, uint64_t key, uint8_t bit)
{
	uint32_t at = slot_of(k, key);

	if (k->keys[at] && !(__atomic_load_n(&k->met[at], __ATOMIC_RELAXED) & bit))
		(void)__atomic_fetch_or(&k->met[at], bit, __ATOMIC_RELAXED);
}

static void look_through(const struct look *l, const struct part_summary *s)
{
	for (uint32_t i = 0, pair = 0; i < s->n_series; i++) {
		const struct part_series *series = &part_series(l->part)[s->series[i]];
		uint32_t service = l->service_of[s->series[i]];
		unsigned marks = series->marks & MARK_STORED_ALL;

		if (service == TALLY_NO_SERVICE) {
			pair = s->pair_end[i];
			continue;
		}
		for (; pair < s->pair_end[i]; pair++) {
			uint32_t rank = s->peer[pair];

			if (l->has_id[rank / 64] >> (rank % 64) & 1) {
				note_met(l->known, key_of(service, l->id_of[rank]),
					 (uint8_t)(1u << (TALLY_CLASSES + marks)));
			}
		}
	}
}

static void look_through_groups(void *user)
{
	struct look *l = user;
	struct part_summary summary;
	uint32_t group;

	part_summary_init(&summary);
	while (!failure_error(&l->failure) &&
	       (group = atomic_fetch_add(&l->next, 1)) < part_group_count(l->part)) {
		struct diagnosis words = { "" };
		int error = part_read_summary(l->part, group, &summary, &words);

		if (!error) {
			look_through(l, &summary);
		} else {
			failure_note(&l->failure, error, &words);
		}
	}
	part_summary_finish(&summary);
}

int tally_look_up(struct tally *t, struct part *p, struct diagnosis *d)
{
	struct look l = { .known = t->known, .part = p };
	int error = part_load_dictionaries(p, d);

	if (error < 0)
		return error;
	failure_init(&l.failure, d);
	l.service_of = malloc(((size_t)part_series_count(p) + 1) * sizeof(*l.service_of));
	l.id_of = malloc(((size_t)part_peer_count(p) + 1) * sizeof(*l.id_of));
	l.has_id = calloc((size_t)part_peer_count(p) / 64 + 1, sizeof(*l.has_id));
	if (!l.service_of || !l.id_of || !l.has_id) {
		error = -ENOMEM;
	} else if (find_services(&l, t) && find_peers(&l)) {
		if (part_group_count(p) >= SHARED_GROUPS_MIN)
			run_on_two_threads(look_through_groups, &l);
		else
			look_through_groups(&l);
		error = failure_error(&l.failure);
	}
	failure_finish(&l.failure);
	free(l.service_of);
	free(l.id_of);
	free(l.has_id);
	return error;
}

/* ---- what comes out ---- */

void known_count(const struct tally *t)
{
	const struct known *k = t->known;
	uint8_t within[TALLY_CLASSES] = { 0 }; /* the sets of marks that lie within each */

	for (unsigned i = 0; i < TALLY_CLASSES; i++) {
		for (unsigned j = 0; j < TALLY_CLASSES; j++)
			within[i] |= (uint8_t)(j & ~i ? 0 : 1 << j);
	}
	for (size_t at = 0; at < (size_t)1 << k->slot_bits; at++) {
		uint32_t service = (uint32_t)(k->keys[at] >> 32), id = (uint32_t)k->keys[at];
		unsigned now = k->met[at], before = now >> TALLY_CLASSES;

		if (!k->keys[at])
			continue;
		for (unsigned i = 0; i < TALLY_CLASSES; i++) {
			if (now & within[i] && !(before & within[i]))
				t->services[service - 1].peers[t->ids.inside[id]][i]++;
		}
	}
}
