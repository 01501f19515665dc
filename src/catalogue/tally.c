#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/zone.h"
#include "catalogue/tally_known_internal.h"

int tally_new(const struct config *config, uint64_t from_ns, uint64_t to_ns,
	      struct tally **ret_tally)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->config = config;
	t->from_ns = from_ns;
	t->to_ns = to_ns;
	*ret_tally = t;
	return 0;
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		for (int k = 0; k < TALLY_CLASSES; k++) {
			day_set_finish(&t->services[i].cells[0][k].days);
			day_set_finish(&t->services[i].cells[1][k].days);
			id_set_finish(&t->peers[i][k]);
		}
	}
	free(t->services);
	free(t->peers);
	free(t->slots);
	known_free(t->known);
	peer_ids_finish(&t->ids);
	free(t);
}

void tally_narrow(struct tally *t, const struct net_addr *host)
{
	t->host = host;
}

uint64_t tally_bare_end_ns(const struct tally *t)
{
	return t->bare_end_ns;
}

size_t tally_count(const struct tally *t)
{
	return t->n;
}

struct tally_service *tally_services(struct tally *t)
{
	return t->services;
}

/* ---- services ---- */

static uint32_t service_slot(const struct tally *t, const struct part_series *s)
{
	uint64_t key = s->host.lo ^ hash_mix(s->host.hi ^ ((uint64_t)s->port << 8 | s->protocol));

	return (uint32_t)(hash_mix(key) >> (64 - t->slot_bits));
}

static bool is_service(const struct tally_service *service, const struct part_series *s)
{
	return service->port == s->port && service->protocol == s->protocol &&
	       addr_equal(service->host, s->host);
}

static int grow_services(struct tally *t)
{
	size_t room = t->room ? 2 * t->room : 256;
	uint32_t bits = 1, mask;
	void *services = realloc(t->services, room * sizeof(*t->services));
	void *peers, *slots;

	if (!services)
		return -ENOMEM;
	t->services = services;
	peers = realloc(t->peers, room * sizeof(*t->peers));
	if (!peers)
		return -ENOMEM;
	t->peers = peers;
	while ((1ULL << bits) < 2 * room)
		bits++;
	slots = calloc((size_t)1 << bits, sizeof(*t->slots));
	if (!slots)
		return -ENOMEM;
	free(t->slots);
	t->slots = slots;
	t->slot_bits = bits;
	t->room = room;
	mask = (uint32_t)((1ULL << bits) - 1);
	for (size_t i = 0; i < t->n; i++) {
		const struct tally_service *s = &t->services[i];
		const struct part_series key = { s->host, s->port, s->protocol, 0 };
		uint32_t at = service_slot(t, &key);

		while (t->slots[at])
			at = (at + 1) & mask;
		t->slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

/* Finds the series' service, or makes it where MAKE says so. TALLY_NO_SERVICE when it is not known
 * and not made. */
int tally_find_service(struct tally *t, const struct part_series *s, bool make,
		       uint32_t *ret_service)
{
	uint32_t mask, at;
	int error;

	*ret_service = TALLY_NO_SERVICE;
	if (t->host && !addr_equal(*t->host, s->host))
		return 0;
	if (make && t->n == t->room) {
		error = grow_services(t);
		if (error < 0)
			return error;
	}
	if (!t->slots)
		return 0;
	mask = (uint32_t)((1ULL << t->slot_bits) - 1);
	for (at = service_slot(t, s); t->slots[at]; at = (at + 1) & mask) {
		if (is_service(&t->services[t->slots[at] - 1], s)) {
			*ret_service = t->slots[at] - 1;
			return 0;
		}
	}
	if (!make)
		return 0;
	memset(&t->services[t->n], 0, sizeof(*t->services));
	memset(&t->peers[t->n], 0, sizeof(*t->peers));
	t->services[t->n].host = s->host;
	t->services[t->n].port = s->port;
	t->services[t->n].protocol = s->protocol;
	t->slots[at] = (uint32_t)++t->n;
	*ret_service = (uint32_t)t->n - 1;
	return 0;
}

/* Where all came from one part and one list, it is distinct already. */
static bool count_single(struct tally *t, size_t i, unsigned union_marks)
{
	const struct id_set *only = NULL;

	for (unsigned k = 0; k < TALLY_CLASSES; k++) {
		const struct id_set *l = &t->peers[i][k];

		if ((k & ~union_marks) || !l->parts)
			continue;
		if (only || !id_set_is_plain(l))
			return false;
		only = l;
	}
	t->services[i].peers[0][union_marks] = only ? only->n - only->inside : 0;
	t->services[i].peers[1][union_marks] = only ? only->inside : 0;
	return true;
}

/* Distinct ids of all lists whose marks are within UNION_MARKS; EPOCH is new for each call. */
static void count_union(struct tally *t, size_t i, unsigned union_marks, uint32_t *seen,
			uint32_t epoch)
{
	uint64_t counts[2] = { 0, 0 };

	for (unsigned k = 0; k < TALLY_CLASSES; k++) {
		if (!(k & ~union_marks))
			id_set_count_unseen(&t->peers[i][k], seen, epoch, t->ids.inside, counts);
	}
	t->services[i].peers[0][union_marks] = counts[0];
	t->services[i].peers[1][union_marks] = counts[1];
}

void tally_service_take(struct tally_service *to, struct tally_service *from)
{
	*to = *from;
	for (int k = 0; k < TALLY_CLASSES; k++) {
		from->cells[0][k].days = (struct day_set){ 0 };
		from->cells[1][k].days = (struct day_set){ 0 };
	}
}

int tally_service_order(const void *a, const void *b)
{
	const struct tally_service *x = a, *y = b;

	return SERVICE_ORDER(x, y);
}

/* Distinct peers under each set of marks. */
static int count_peers(struct tally *t)
{
	uint32_t *seen = calloc((size_t)t->ids.count + 1, sizeof(*seen)), epoch = 0;

	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < t->n; i++) {
		for (unsigned k = 0; k < TALLY_CLASSES; k++) {
			if (epoch == UINT32_MAX) {
				memset(seen, 0, ((size_t)t->ids.count + 1) * sizeof(*seen));
				epoch = 0;
			}
			if (!count_single(t, i, k))
				count_union(t, i, k, seen, ++epoch);
		}
	}
	free(seen);
	return 0;
}

int tally_finish_counts(struct tally *t)
{
	int error = 0;

	if (t->known) {
		known_count(t);
	} else {
		error = count_peers(t);
	}
	if (error < 0)
		return error;
	for (size_t i = 0; i < t->n; i++) {
		for (unsigned k = 0; k < TALLY_CLASSES; k++)
			id_set_finish(&t->peers[i][k]);
	}
	/* The lists beside the services are gone: the order may change now. */
	free(t->slots);
	t->slots = NULL;
	if (t->n)
		qsort(t->services, t->n, sizeof(*t->services), tally_service_order);
	return 0;
}
