/* Counts out of the derived tables. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "catalogue/counts_internal.h"
#include "catalogue/floods_internal.h"
#include "catalogue/live_internal.h"

#define MANY_PORTS 8192

/* Two statements with the same parameters, and rows in the same order. */
struct source {
	const char *cells, *peers;
};

#define CELLS   "SELECT " COUNTS_CELL_COLUMNS " FROM "
#define PEERS   "SELECT " COUNTS_KEY_COLUMNS ", peers FROM "
#define OF_HOST " WHERE family IN (4, 6) AND host = ?1"
#define ORDERED " ORDER BY " COUNTS_KEY_COLUMNS

static const struct source all_hosts = { CELLS "derived_count" ORDERED,
					 PEERS "derived_peers" ORDERED };
static const struct source one_host = { CELLS "derived_count" OF_HOST ORDERED,
					PEERS "derived_peers" OF_HOST ORDERED };
static const struct source ftp_all_hosts = { CELLS "derived_ftp_count" ORDERED,
					     PEERS "derived_ftp_peers" ORDERED };
static const struct source ftp_one_host = { CELLS "derived_ftp_count" OF_HOST ORDERED,
					    PEERS "derived_ftp_peers" OF_HOST ORDERED };
/* Only the cells have an index by port. */
static const struct source ftp_ports = {
	CELLS "derived_ftp_count INDEXED BY derived_ftp_count_port"
	      " WHERE port BETWEEN ?2 AND ?3" ORDERED,
	PEERS "(SELECT DISTINCT family, host, port, protocol FROM derived_ftp_count"
	      " INDEXED BY derived_ftp_count_port WHERE port BETWEEN ?2 AND ?3)"
	      " CROSS JOIN derived_ftp_peers USING (family, host, port, protocol)" ORDERED,
};
static const struct source ftp_ports_of_host = {
	CELLS "derived_ftp_count" OF_HOST " AND port BETWEEN ?2 AND ?3" ORDERED,
	PEERS "derived_ftp_peers" OF_HOST " AND port BETWEEN ?2 AND ?3" ORDERED,
};

struct loading {
	struct catalogue *catalogue;
	const struct net_addr *host;
	bool with_peers;
	struct tally_service *list;
	size_t n, room;
};

static bool is_service_of(const struct tally_service *t, sqlite3_stmt *s)
{
	return t->port == sqlite3_column_int(s, 2) && t->protocol == sqlite3_column_int(s, 3) &&
	       addr_equal(t->host, catalogue_column_addr(s, 1));
}

/* Rows of one source come sorted: the service is the last one or a new one. */
static int load_cell(struct loading *l, size_t start, sqlite3_stmt *s)
{
	void *grown;

	if (l->n == start || !is_service_of(&l->list[l->n - 1], s)) {
		grown = array_make_room(l->list, l->n, &l->room, sizeof(*l->list));
		if (!grown)
			return -ENOMEM;
		l->list = grown;
		l->list[l->n++] =
			(struct tally_service){ .host = catalogue_column_addr(s, 1),
						.port = (uint16_t)sqlite3_column_int(s, 2),
						.protocol = (uint8_t)sqlite3_column_int(s, 3) };
	}
	return counts_add_row(s, &l->list[l->n - 1]);
}

static int load_cells(struct loading *l, sqlite3_stmt *s, struct diagnosis *d)
{
	size_t start = l->n;
	int step = SQLITE_DONE, error = 0;

	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW)
		error = load_cell(l, start, s);
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(l->catalogue, d);
	sqlite3_reset(s);
	return error;
}

/* Of the services from START on, whose cells are loaded. */
static int load_peers(struct loading *l, size_t start, sqlite3_stmt *s, struct diagnosis *d)
{
	int step, error = 0;
	size_t i = start;

	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		while (i < l->n && !is_service_of(&l->list[i], s))
			i++;
		if (i < l->n) {
			l->list[i].peers[sqlite3_column_int(s, 4) & 1]
					[sqlite3_column_int(s, 5) & MARK_STORED_ALL] =
				(uint64_t)sqlite3_column_int64(s, 6);
		}
	}
	if (step != SQLITE_DONE)
		error = catalogue_sql_error(l->catalogue, d);
	sqlite3_reset(s);
	return error;
}

/* The source's rows of the ports FIRST to LAST, where it asks for ports. */
static int load_rows(struct loading *l, sqlite3_stmt *const statements[2], int first, int last,
		     struct diagnosis *d)
{
	size_t start = l->n;
	int error;

	for (int i = 0; i < 2 && statements[i]; i++) {
		if (l->host)
			catalogue_bind_addr(statements[i], 1, *l->host);
		if (sqlite3_bind_parameter_count(statements[i]) > 1) {
			sqlite3_bind_int(statements[i], 2, first);
			sqlite3_bind_int(statements[i], 3, last);
		}
	}
	error = load_cells(l, statements[0], d);
	if (!error && statements[1] && l->n > start)
		error = load_peers(l, start, statements[1], d);
	return error;
}

/* PORTS: run by run; NULL: all of them at once. */
static int load_source(struct loading *l, const struct source *source, const struct port_set *ports,
		       struct diagnosis *d)
{
	sqlite3_stmt *statements[2] = { NULL, NULL };
	int error = catalogue_prepare(l->catalogue, source->cells, &statements[0], d);

	if (!error && l->with_peers)
		error = catalogue_prepare(l->catalogue, source->peers, &statements[1], d);
	if (!error && !ports)
		error = load_rows(l, statements, 0, UINT16_MAX, d);
	for (int first = 0, end; ports && first <= UINT16_MAX && !error; first = end + 1) {
		for (end = first; end <= UINT16_MAX && port_set_has(ports, (uint16_t)end);)
			end++;
		if (end > first)
			error = load_rows(l, statements, first, end - 1, d);
	}
	sqlite3_finalize(statements[0]);
	sqlite3_finalize(statements[1]);
	return error;
}

/* So many that a walk over all is shorter than the way by the index. */
static bool are_many(const struct port_set *ports)
{
	int n = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(ports->words); i++)
		n += __builtin_popcountll(ports->words[i]);
	return n > MANY_PORTS;
}

/* Those that are FTP data only, and yet may be shown. */
static int load_ftp_only(struct loading *l, uint8_t include, struct diagnosis *d)
{
	const struct port_set *served = &l->catalogue->config->served_ports;

	if (include & MARK_FTP_DATA || are_many(served))
		return load_source(l, l->host ? &ftp_one_host : &ftp_all_hosts, NULL, d);
	return load_source(l, l->host ? &ftp_ports_of_host : &ftp_ports, served, d);
}

/* Sorted. After an error there is nothing. */
static int load_stored(struct loading *l, uint8_t include, struct diagnosis *d)
{
	int error = load_source(l, l->host ? &one_host : &all_hosts, NULL, d);
	size_t n_ordinary = l->n;

	if (!error)
		error = load_ftp_only(l, include, d);
	if (error < 0) {
		catalogue_counts_free(l->list, l->n);
		l->list = NULL;
		l->n = 0;
		return error;
	}
	if (l->n > n_ordinary)
		qsort(l->list, l->n, sizeof(*l->list), tally_service_order);
	return 0;
}

/* What is stored, what journals have, and what was only counted. */
static int load(struct loading *l, uint8_t include, struct tally_service **ret_list,
		size_t *ret_count, struct diagnosis *d)
{
	int error = catalogue_hold(l->catalogue, d);

	if (!error)
		error = load_stored(l, include, d);
	if (!error)
		error = live_merge(l->catalogue, l->host, l->with_peers, &l->list, &l->n, d);
	if (!error)
		error = floods_add(l->catalogue, 0, UINT64_MAX, l->host, &l->list, &l->n, d);
	catalogue_release(l->catalogue);
	if (error < 0) {
		catalogue_counts_free(l->list, l->n);
		return error;
	}
	*ret_list = l->list;
	*ret_count = l->n;
	return 0;
}

int counts_load(struct catalogue *c, uint8_t include, const struct net_addr *host,
		struct tally_service **ret_list, size_t *ret_count, struct diagnosis *d)
{
	struct loading l = { .catalogue = c, .host = host, .with_peers = true };

	return load(&l, include, ret_list, ret_count, d);
}

int counts_load_cells(struct catalogue *c, uint8_t include, const struct net_addr *host,
		      struct tally_service **ret_list, size_t *ret_count, struct diagnosis *d)
{
	struct loading l = { .catalogue = c, .host = host };

	return load(&l, include, ret_list, ret_count, d);
}

int counts_load_stored(struct catalogue *c, const struct net_addr *host,
		       struct tally_service **ret_list, size_t *ret_count, struct diagnosis *d)
{
	struct loading l = { .catalogue = c, .host = host };
	int error = load_stored(&l, MARK_FTP_DATA, d);

	if (error < 0)
		return error;
	*ret_list = l.list;
	*ret_count = l.n;
	return 0;
}

int counts_of_all(struct catalogue *c, uint8_t include, const struct tally_service **ret_list,
		  size_t *ret_count, struct diagnosis *d)
{
	struct held_counts *held = &c->held_counts[!!(include & MARK_FTP_DATA)];
	struct loading l = { .catalogue = c };
	int error = 0;

	assert(c->holders);
	if (!held->list)
		error = load(&l, include, &held->list, &held->n, d);
	if (error < 0)
		return error;
	*ret_list = held->list;
	*ret_count = held->n;
	return 0;
}
