#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/zone.h"
#include "catalogue/counts_internal.h"
#include "catalogue/floods_internal.h"

struct floods {
	struct batch_flood *list;
	size_t n, room;
	uint64_t from_ns, to_ns;
	const struct net_addr *host;
};

/* So many of N come before TIME_NS, if they come evenly: parts of a row add up to it. */
static uint64_t before(const struct batch_flood *f, uint64_t n, uint64_t time_ns)
{
	uint64_t span = f->last_ns - f->first_ns + 1;

	if (time_ns <= f->first_ns)
		return 0;
	if (time_ns > f->last_ns)
		return n;
	return (uint64_t)((unsigned __int128)n * (time_ns - f->first_ns) / span);
}

struct batch_flood flood_within(const struct batch_flood *f, uint64_t from_ns, uint64_t to_ns)
{
	struct batch_flood r = *f;

	r.packets = before(f, f->packets, to_ns) - before(f, f->packets, from_ns);
	r.peers = MIN(f->peers, r.packets);
	r.first_ns = MAX(f->first_ns, from_ns);
	r.last_ns = MIN(f->last_ns, to_ns - 1);
	return r;
}

/* ---- rows ---- */

static int add_row(struct floods *l, const struct batch_flood *f)
{
	void *grown;

	if (f->last_ns < l->from_ns || f->first_ns >= l->to_ns ||
	    (l->host && !addr_equal(*l->host, f->host)))
		return 0;
	grown = array_make_room(l->list, l->n, &l->room, sizeof(*l->list));
	if (!grown)
		return -ENOMEM;
	l->list = grown;
	l->list[l->n++] = *f;
	return 0;
}

/* What makes no sense is in no batch. */
static int take_row(struct floods *l, sqlite3_stmt *s)
{
	const char *host = (const char *)sqlite3_column_text(s, 0);
	const char *marks = (const char *)sqlite3_column_text(s, 3), *bad;
	struct batch_flood f = { .port = (uint16_t)sqlite3_column_int(s, 1),
				 .protocol = (uint8_t)sqlite3_column_int(s, 2),
				 .first_ns = (uint64_t)sqlite3_column_int64(s, 4),
				 .last_ns = (uint64_t)sqlite3_column_int64(s, 5),
				 .packets = (uint64_t)sqlite3_column_int64(s, 6),
				 .peers = (uint64_t)sqlite3_column_int64(s, 7) };

	if (!host || !addr_parse(host, &f.host) || !marks || !marks_parse(marks, &f.marks, &bad) ||
	    !batch_flood_is_sound(&f))
		return 0;
	return add_row(l, &f);
}

static int load_stored(struct catalogue *c, struct floods *l, struct diagnosis *d)
{
	sqlite3_stmt *s;
	char host[ADDR_TEXT_MAX];
	int step = SQLITE_DONE,
	    error = catalogue_prepare(
		    c,
		    "SELECT host, port, protocol, marks, first_ns, last_ns, packets,"
		    " peers FROM derived_flood WHERE ?1 IS NULL OR host = ?1",
		    &s, d);

	if (error < 0)
		return error;
	if (l->host)
		sqlite3_bind_text(s, 1, addr_format(*l->host, host), -1, SQLITE_TRANSIENT);
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW)
		error = take_row(l, s);
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error;
}

static int load_journal(struct catalogue *c, const char *name, struct floods *l,
			struct diagnosis *d)
{
	struct diagnosis words = { "" };
	struct batch_manifest m;
	int error = batch_read_manifest(c->archive, name, &m, &words);

	if (error < 0)
		return catalogue_pass_over(c, name, error, &words, d);
	for (size_t i = 0; i < m.n_floods && !error; i++)
		error = add_row(l, &m.floods[i]);
	batch_manifest_finish(&m);
	return error;
}

int floods_load(struct catalogue *c, uint64_t from_ns, uint64_t to_ns, const struct net_addr *host,
		struct batch_flood **ret_list, size_t *ret_count, struct diagnosis *d)
{
	struct floods l = { .from_ns = from_ns, .to_ns = to_ns, .host = host };
	/* Of those that were only counted nobody knows who knocked: not known scanners, as far as
	 * it can be told. */
	bool wanted = c->config->peers != CONFIG_PEERS_SCANNERS;
	int error = catalogue_hold(c, d);

	if (!error && wanted)
		error = load_stored(c, &l, d);
	for (size_t i = 0; wanted && i < c->n_live && !error; i++)
		error = load_journal(c, c->live[i], &l, d);
	catalogue_release(c);
	if (error < 0) {
		free(l.list);
		return error;
	}
	*ret_list = l.list;
	*ret_count = l.n;
	return 0;
}

/* ---- counts ---- */

static struct tally_service key_of(const struct batch_flood *f)
{
	return (struct tally_service){ .host = f->host, .port = f->port, .protocol = f->protocol };
}

static int by_service(const void *a, const void *b)
{
	const struct tally_service x = key_of(a), y = key_of(b);

	return tally_service_order(&x, &y);
}

/* Peers stand at the unions of marks that occurred: with what is added, others may be asked for. */
static void spread_peers(struct tally_service *s)
{
	uint64_t peers[2][TALLY_CLASSES];

	for (int inside = 0; inside < 2; inside++) {
		for (unsigned k = 0; k < TALLY_CLASSES; k++)
			peers[inside][k] = s->peers[inside][counts_present(s, k)];
	}
	memcpy(s->peers, peers, sizeof(peers));
}

static int add_days(struct day_set *days, const struct batch_flood *f)
{
	int32_t last = zone_day(f->last_ns);
	int error = 0;

	for (int32_t day = zone_day(f->first_ns); day <= last && !error; day++)
		error = day_set_add(days, day);
	return error;
}

static int add_to_service(struct tally_service *s, const struct batch_flood *f)
{
	unsigned marks = f->marks & MARK_STORED_ALL, inside = !!(f->marks & MARK_INSIDE);
	struct tally_cell *cell = &s->cells[inside][marks];

	cell->first_ns = cell->packets ? MIN(cell->first_ns, f->first_ns) : f->first_ns;
	cell->last_ns = MAX(cell->last_ns, f->last_ns);
	cell->packets = flood_sum(cell->packets, f->packets);
	s->counted_peers[inside][marks] = flood_sum(s->counted_peers[inside][marks], f->peers);
	return add_days(&cell->days, f);
}

/* Both sorted. MERGED has room for all; it takes the services of LIST over, with their days. */
static int merge(struct tally_service *list, size_t n, const struct batch_flood *floods,
		 size_t n_floods, struct tally_service *merged, size_t *ret_n)
{
	size_t i = 0, k = 0, to = 0;
	int error = 0;

	while (i < n || k < n_floods) {
		const struct batch_flood *first = &floods[k];
		struct tally_service key = { .port = 0 }, *s = &merged[to++];
		int order;

		if (k < n_floods)
			key = key_of(first);
		order = i == n ? 1 : k == n_floods ? -1 : tally_service_order(&list[i], &key);
		*s = order <= 0 ? list[i++] : key;
		if (order < 0)
			continue;
		spread_peers(s);
		for (; k < n_floods && by_service(&floods[k], first) == 0; k++)
			error = error ? error : add_to_service(s, &floods[k]);
	}
	*ret_n = to;
	return error;
}

/* What is of no service of its own, or has nothing in that time, goes. */
static size_t keep_services(struct batch_flood *floods, size_t n, uint64_t from_ns, uint64_t to_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct batch_flood f = flood_within(&floods[i], from_ns, to_ns);

		if (f.packets && !batch_flood_is_of_others(&f))
			floods[kept++] = f;
	}
	if (kept)
		qsort(floods, kept, sizeof(*floods), by_service);
	return kept;
}

int floods_add(struct catalogue *c, uint64_t from_ns, uint64_t to_ns, const struct net_addr *host,
	       struct tally_service **list, size_t *n, struct diagnosis *d)
{
	struct tally_service *merged;
	struct batch_flood *floods = NULL;
	size_t n_floods = 0;
	int error = floods_load(c, from_ns, to_ns, host, &floods, &n_floods, d);

	if (error < 0)
		return error;
	n_floods = keep_services(floods, n_floods, from_ns, to_ns);
	if (!n_floods) {
		free(floods);
		return 0;
	}
	merged = malloc((*n + n_floods) * sizeof(*merged));
	error = merged ? merge(*list, *n, floods, n_floods, merged, n) : -ENOMEM;
	free(floods);
	if (!merged)
		return error;
	free(*list);
	*list = merged;
	return error;
}

int catalogue_others(struct catalogue *c, const struct catalogue_query *q, uint64_t *ret_packets,
		     struct diagnosis *d)
{
	struct batch_flood *floods = NULL;
	size_t n = 0;
	uint64_t packets = 0;
	int error = floods_load(c, q->from_ns, q->to_ns, q->host, &floods, &n, d);

	for (size_t i = 0; i < n; i++) {
		struct batch_flood f = flood_within(&floods[i], q->from_ns, q->to_ns);

		if (batch_flood_is_of_others(&f))
			packets = flood_sum(packets, f.packets);
	}
	free(floods);
	if (!error)
		*ret_packets = packets;
	return error;
}
