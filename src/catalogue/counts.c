/* Counts between the tally and the derived tables. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue_internal.h"
#include "catalogue/counts_internal.h"
#include "catalogue/floods_internal.h"
#include "catalogue/live_internal.h"

#define KEY_COLUMNS "family, host, port, protocol, inside, marks"

unsigned counts_present(const struct tally_service *s, unsigned within)
{
	unsigned all = 0;

	for (unsigned k = 0; k < TALLY_CLASSES; k++) {
		if (!(k & ~within) && (s->cells[0][k].packets || s->cells[1][k].packets))
			all |= k;
	}
	return all;
}

const struct tally_service *counts_find(const struct tally_service *list, size_t count,
					const struct tally_service *key)
{
	return count ? bsearch(key, list, count, sizeof(*list), tally_service_order) : NULL;
}

void catalogue_counts_free(struct tally_service *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (int k = 0; k < TALLY_CLASSES; k++) {
			day_set_finish(&list[i].cells[0][k].days);
			day_set_finish(&list[i].cells[1][k].days);
		}
	}
	free(list);
}

static void bind_service(sqlite3_stmt *s, const struct tally_service *t)
{
	sqlite3_bind_int(s, 1, addr_is_v4(t->host) ? 4 : 6);
	catalogue_bind_addr(s, 2, t->host);
	sqlite3_bind_int(s, 3, t->port);
	sqlite3_bind_int(s, 4, t->protocol);
}

static void bind_key(sqlite3_stmt *s, const struct tally_service *t, int inside, unsigned marks)
{
	bind_service(s, t);
	sqlite3_bind_int(s, 5, inside);
	sqlite3_bind_int(s, 6, (int)marks);
}

static int run_again(struct catalogue *c, sqlite3_stmt *s, struct diagnosis *d)
{
	int error = sqlite3_step(s) == SQLITE_DONE ? 0 : catalogue_sql_error(c, d);

	sqlite3_reset(s);
	return error;
}

static int save_cell(struct catalogue *c, sqlite3_stmt *s, const struct tally_service *t,
		     int inside, unsigned marks, struct diagnosis *d)
{
	const struct tally_cell *cell = &t->cells[inside][marks];
	struct buffer days;
	int error = -ENOMEM;

	buffer_init(&days);
	day_set_save(&cell->days, &days);
	if (!days.failed) {
		bind_key(s, t, inside, marks);
		sqlite3_bind_int64(s, 7, (sqlite3_int64)cell->packets);
		sqlite3_bind_int64(s, 8, (sqlite3_int64)cell->first_ns);
		sqlite3_bind_int64(s, 9, (sqlite3_int64)cell->last_ns);
		sqlite3_bind_blob(s, 10, days.bytes, (int)days.length, SQLITE_TRANSIENT);
		error = run_again(c, s, d);
	}
	buffer_finish(&days);
	return error;
}

int counts_save(struct catalogue *c, const struct tally_service *list, size_t count,
		struct diagnosis *d)
{
	sqlite3_stmt *cells = NULL, *peers = NULL;
	int error = catalogue_prepare(
		c, "INSERT OR REPLACE INTO derived_count VALUES(?,?,?,?,?,?,?,?,?,?)", &cells, d);

	if (!error) {
		error = catalogue_prepare(
			c,
			/* Of a batch that is damaged since it was counted not all peers are met. */
			"INSERT INTO derived_peers VALUES(?,?,?,?,?,?,?)"
			" ON CONFLICT DO UPDATE SET peers = max(peers, excluded.peers)",
			&peers, d);
	}
	for (size_t i = 0; i < count && !error; i++) {
		for (unsigned slot = 0; slot < 2 * TALLY_CLASSES && !error; slot++) {
			int inside = slot >= TALLY_CLASSES;
			unsigned k = slot % TALLY_CLASSES;

			if (list[i].cells[inside][k].packets)
				error = save_cell(c, cells, &list[i], inside, k, d);
			if (error < 0 || counts_present(&list[i], k) != k ||
			    !list[i].peers[inside][k])
				continue;
			bind_key(peers, &list[i], inside, k);
			sqlite3_bind_int64(peers, 7, (sqlite3_int64)list[i].peers[inside][k]);
			error = run_again(c, peers, d);
		}
	}
	sqlite3_finalize(cells);
	sqlite3_finalize(peers);
	return error;
}

/* Loads one row of derived_count on top of what T holds. */
static int add_cell_row(sqlite3_stmt *s, struct tally_service *t)
{
	int inside = sqlite3_column_int(s, 4) & 1;
	struct tally_cell *cell = &t->cells[inside][sqlite3_column_int(s, 5) & MARK_STORED_ALL];
	uint64_t packets = (uint64_t)sqlite3_column_int64(s, 6),
		 first = (uint64_t)sqlite3_column_int64(s, 7);
	uint64_t last = (uint64_t)sqlite3_column_int64(s, 8);

	cell->first_ns = cell->packets ? MIN(cell->first_ns, first) : first;
	cell->last_ns = MAX(cell->last_ns, last);
	cell->packets += packets;
	return day_set_load(&cell->days, sqlite3_column_blob(s, 9),
			    (size_t)sqlite3_column_bytes(s, 9));
}

int counts_add_stored(struct catalogue *c, struct tally_service *list, size_t count,
		      struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = catalogue_prepare(
		c,
		"SELECT " KEY_COLUMNS ", packets, first_ns, last_ns, days FROM derived_count"
		" WHERE family = ? AND host = ? AND port = ? AND protocol = ?",
		&s, d);

	if (error < 0)
		return error;
	for (size_t i = 0; i < count && !error; i++) {
		int step = SQLITE_DONE;

		bind_service(s, &list[i]);
		while (!error && (step = sqlite3_step(s)) == SQLITE_ROW)
			error = add_cell_row(s, &list[i]);
		if (!error && step != SQLITE_DONE)
			error = catalogue_sql_error(c, d);
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	return error;
}

static bool same_service(const struct tally_service *t, struct net_addr host, int port,
			 int protocol)
{
	return addr_equal(t->host, host) && t->port == port && t->protocol == protocol;
}

/* Rows come sorted: the service is the last one or the next one. */
static int last_or_new(struct tally_service **list, size_t *n, size_t *room, sqlite3_stmt *s)
{
	struct net_addr host = catalogue_column_addr(s, 1);
	int port = sqlite3_column_int(s, 2), protocol = sqlite3_column_int(s, 3);

	if (*n && same_service(&(*list)[*n - 1], host, port, protocol))
		return 0;
	if (*n == *room) {
		size_t more = *room ? 2 * *room : 256;
		struct tally_service *grown = realloc(*list, more * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		*list = grown;
		*room = more;
	}
	memset(&(*list)[*n], 0, sizeof(**list));
	(*list)[*n].host = host;
	(*list)[*n].port = (uint16_t)port;
	(*list)[(*n)++].protocol = (uint8_t)protocol;
	return 0;
}

static int load_peers(struct catalogue *c, const char *where, const struct net_addr *host,
		      struct tally_service *list, size_t n, struct diagnosis *d)
{
	sqlite3_stmt *s;
	char *sql = sqlite3_mprintf(
		"SELECT " KEY_COLUMNS ", peers FROM derived_peers %s ORDER BY " KEY_COLUMNS, where);
	int step = SQLITE_DONE, error = sql ? catalogue_prepare(c, sql, &s, d) : -ENOMEM;
	size_t i = 0;

	sqlite3_free(sql);
	if (error < 0)
		return error;
	if (host)
		catalogue_bind_addr(s, 1, *host);
	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		struct net_addr a = catalogue_column_addr(s, 1);
		int port = sqlite3_column_int(s, 2), protocol = sqlite3_column_int(s, 3);

		while (i < n && !same_service(&list[i], a, port, protocol))
			i++;
		if (i < n) {
			list[i].peers[sqlite3_column_int(s, 4) & 1]
				     [sqlite3_column_int(s, 5) & MARK_STORED_ALL] =
				(uint64_t)sqlite3_column_int64(s, 6);
		}
	}
	if (step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error;
}

/* All but the peers. */
static int load_cells(struct catalogue *c, const char *where, const struct net_addr *host,
		      struct tally_service **ret_list, size_t *ret_count, struct diagnosis *d)
{
	struct tally_service *list = NULL;
	size_t n = 0, room = 0;
	sqlite3_stmt *s;
	char *sql = sqlite3_mprintf("SELECT " KEY_COLUMNS
				    ", packets, first_ns, last_ns, days FROM derived_count %s"
				    " ORDER BY " KEY_COLUMNS,
				    where);
	int step = SQLITE_DONE, error = sql ? catalogue_prepare(c, sql, &s, d) : -ENOMEM;

	sqlite3_free(sql);
	if (error < 0)
		return error;
	if (host)
		catalogue_bind_addr(s, 1, *host);
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW) {
		error = last_or_new(&list, &n, &room, s);
		if (!error)
			error = add_cell_row(s, &list[n - 1]);
	}
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	if (error < 0) {
		catalogue_counts_free(list, n);
		return error;
	}
	*ret_list = list;
	*ret_count = n;
	return 0;
}

static const char *where_host(const struct net_addr *host)
{
	return host ? "WHERE family IN (4, 6) AND host = ?" : "";
}

static int load(struct catalogue *c, const struct net_addr *host, bool with_peers,
		struct tally_service **ret_list, size_t *ret_count, struct diagnosis *d)
{
	const char *where = where_host(host);
	struct tally_service *list = NULL;
	size_t n = 0;
	int error = catalogue_hold(c, d);

	if (!error)
		error = load_cells(c, where, host, &list, &n, d);
	if (!error && with_peers)
		error = load_peers(c, where, host, list, n, d);
	if (!error)
		error = live_merge(c, host, with_peers, &list, &n, d);
	if (!error)
		error = floods_add(c, 0, UINT64_MAX, host, &list, &n, d);
	catalogue_release(c);
	if (error < 0) {
		catalogue_counts_free(list, n);
		return error;
	}
	*ret_list = list;
	*ret_count = n;
	return 0;
}

int counts_load(struct catalogue *c, const struct net_addr *host, struct tally_service **ret_list,
		size_t *ret_count, struct diagnosis *d)
{
	return load(c, host, true, ret_list, ret_count, d);
}

int counts_load_cells(struct catalogue *c, const struct net_addr *host,
		      struct tally_service **ret_list, size_t *ret_count, struct diagnosis *d)
{
	return load(c, host, false, ret_list, ret_count, d);
}

int counts_load_stored(struct catalogue *c, const struct net_addr *host,
		       struct tally_service **ret_list, size_t *ret_count, struct diagnosis *d)
{
	return load_cells(c, where_host(host), host, ret_list, ret_count, d);
}

int counts_of_all(struct catalogue *c, const struct tally_service **ret_list, size_t *ret_count,
		  struct diagnosis *d)
{
	int error = 0;

	assert(c->holders);
	if (!c->held_counts)
		error = load(c, NULL, false, &c->held_counts, &c->n_held_counts, d);
	if (error < 0)
		return error;
	*ret_list = c->held_counts;
	*ret_count = c->n_held_counts;
	return 0;
}
