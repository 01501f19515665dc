/* Counts from the tally into the derived tables. counts_load.c: back out of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue_internal.h"
#include "catalogue/counts_internal.h"

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

bool counts_are_ftp_only(const struct tally_service *s)
{
	unsigned n = 0, ftp = 0;

	for (unsigned k = 0; k < TALLY_CLASSES; k++) {
		bool any = s->cells[0][k].packets || s->cells[1][k].packets;

		n += any;
		ftp += any && k & MARK_FTP_DATA;
	}
	return n && n == ftp;
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

/* What one call of counts_save runs, prepared once. The second of a pair is about services apart.
 */
struct saving {
	struct catalogue *catalogue;
	sqlite3_stmt *cells[2], *peers[2];
	sqlite3_stmt *back[3]; /* one after the other: a service is not apart any more */
};

#define OF_SERVICE " WHERE family = ?1 AND host = ?2 AND port = ?3 AND protocol = ?4"
#define SAVE_CELL  " VALUES(?,?,?,?,?,?,?,?,?,?)"
/* Of a batch that is damaged since it was counted not all peers are met. */
#define SAVE_PEERS                                                                                 \
	" VALUES(?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET peers = max(peers, excluded.peers)"

static const char *const save_cells[2] = { "INSERT OR REPLACE INTO derived_count" SAVE_CELL,
					   "INSERT OR REPLACE INTO derived_ftp_count" SAVE_CELL };
static const char *const save_peers[2] = { "INSERT INTO derived_peers" SAVE_PEERS,
					   "INSERT INTO derived_ftp_peers" SAVE_PEERS };
static const char *const bring_back[3] = {
	"INSERT OR IGNORE INTO derived_peers SELECT * FROM derived_ftp_peers" OF_SERVICE,
	"DELETE FROM derived_ftp_peers" OF_SERVICE,
	"DELETE FROM derived_ftp_count" OF_SERVICE,
};

static int saving_begin(struct saving *s, struct catalogue *c, struct diagnosis *d)
{
	int error = 0;

	*s = (struct saving){ .catalogue = c };
	for (size_t i = 0; i < ARRAY_LENGTH(save_cells) && !error; i++) {
		error = catalogue_prepare(c, save_cells[i], &s->cells[i], d);
		if (!error)
			error = catalogue_prepare(c, save_peers[i], &s->peers[i], d);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(bring_back) && !error; i++)
		error = catalogue_prepare(c, bring_back[i], &s->back[i], d);
	return error;
}

static void saving_end(struct saving *s)
{
	for (size_t i = 0; i < ARRAY_LENGTH(save_cells); i++) {
		sqlite3_finalize(s->cells[i]);
		sqlite3_finalize(s->peers[i]);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(bring_back); i++)
		sqlite3_finalize(s->back[i]);
}

static int save_cell(const struct saving *s, bool apart, const struct tally_service *t, int inside,
		     unsigned marks, struct diagnosis *d)
{
	const struct tally_cell *cell = &t->cells[inside][marks];
	sqlite3_stmt *q = s->cells[apart];
	struct buffer days;
	int error = -ENOMEM;

	buffer_init(&days);
	day_set_save(&cell->days, &days);
	if (!days.failed) {
		bind_key(q, t, inside, marks);
		sqlite3_bind_int64(q, 7, (sqlite3_int64)cell->packets);
		sqlite3_bind_int64(q, 8, (sqlite3_int64)cell->first_ns);
		sqlite3_bind_int64(q, 9, (sqlite3_int64)cell->last_ns);
		sqlite3_bind_blob(q, 10, days.bytes, (int)days.length, SQLITE_TRANSIENT);
		error = run_again(s->catalogue, q, d);
	}
	buffer_finish(&days);
	return error;
}

/* Something else than FTP data was seen of it: what stands apart of it comes back. */
static int save_bring_back(const struct saving *s, const struct tally_service *t,
			   struct diagnosis *d)
{
	bool any = false;
	int error = 0;

	for (unsigned k = 0; k < TALLY_CLASSES; k++)
		any |= k & MARK_FTP_DATA && (t->cells[0][k].packets || t->cells[1][k].packets);
	for (size_t i = 0; i < ARRAY_LENGTH(bring_back) && any && !error; i++) {
		bind_service(s->back[i], t);
		error = run_again(s->catalogue, s->back[i], d);
	}
	return error;
}

static int save_service(const struct saving *s, const struct tally_service *t, struct diagnosis *d)
{
	bool apart = counts_are_ftp_only(t);
	int error = apart ? 0 : save_bring_back(s, t, d);

	for (unsigned slot = 0; slot < 2 * TALLY_CLASSES && !error; slot++) {
		int inside = slot >= TALLY_CLASSES;
		unsigned k = slot % TALLY_CLASSES;

		if (t->cells[inside][k].packets)
			error = save_cell(s, apart, t, inside, k, d);
		if (error < 0 || counts_present(t, k) != k || !t->peers[inside][k])
			continue;
		bind_key(s->peers[apart], t, inside, k);
		sqlite3_bind_int64(s->peers[apart], 7, (sqlite3_int64)t->peers[inside][k]);
		error = run_again(s->catalogue, s->peers[apart], d);
	}
	return error;
}

int counts_save(struct catalogue *c, const struct tally_service *list, size_t count,
		struct diagnosis *d)
{
	struct saving s;
	int error = saving_begin(&s, c, d);

	for (size_t i = 0; i < count && !error; i++)
		error = save_service(&s, &list[i], d);
	saving_end(&s);
	return error;
}

int counts_add_row(sqlite3_stmt *s, struct tally_service *t)
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

/* ---- on top of what is stored ---- */

struct adding {
	struct tally_service *to;
	struct tally_service stored; /* which cells there are, and the peers */
};

/* Runs S for the service, and hands its rows on. */
static int each_row(struct catalogue *c, sqlite3_stmt *s, struct adding *a,
		    int (*fn)(struct adding *a, sqlite3_stmt *row), struct diagnosis *d)
{
	int step = SQLITE_DONE, error = 0;

	bind_service(s, a->to);
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW)
		error = fn(a, s);
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_reset(s);
	return error;
}

static int add_cell(struct adding *a, sqlite3_stmt *row)
{
	int inside = sqlite3_column_int(row, 4) & 1,
	    marks = sqlite3_column_int(row, 5) & MARK_STORED_ALL;

	a->stored.cells[inside][marks].packets = (uint64_t)sqlite3_column_int64(row, 6);
	return counts_add_row(row, a->to);
}

static int take_peers(struct adding *a, sqlite3_stmt *row)
{
	int inside = sqlite3_column_int(row, 4) & 1,
	    marks = sqlite3_column_int(row, 5) & MARK_STORED_ALL;

	a->stored.peers[inside][marks] = (uint64_t)sqlite3_column_int64(row, 6);
	return 0;
}

/* What is stored of a set of marks is under the union of those that occurred. */
static void add_peers(struct adding *a)
{
	for (int inside = 0; inside < 2; inside++) {
		for (unsigned k = 0; k < TALLY_CLASSES; k++) {
			a->to->peers[inside][k] +=
				a->stored.peers[inside][counts_present(&a->stored, k)];
		}
	}
}

#define OF_BOTH(columns, table)                                                                    \
	"SELECT " columns " FROM derived_" table OF_SERVICE " UNION ALL SELECT " columns           \
	" FROM derived_ftp_" table OF_SERVICE

int counts_add_stored(struct catalogue *c, struct tally_service *list, size_t count, bool new_peers,
		      struct diagnosis *d)
{
	sqlite3_stmt *cells = NULL, *peers = NULL;
	int error = catalogue_prepare(c, OF_BOTH(COUNTS_CELL_COLUMNS, "count"), &cells, d);

	if (!error)
		error = catalogue_prepare(c, OF_BOTH(COUNTS_KEY_COLUMNS ", peers", "peers"), &peers,
					  d);
	for (size_t i = 0; i < count && !error; i++) {
		struct adding a = { .to = &list[i] };

		error = each_row(c, cells, &a, add_cell, d);
		if (!error && new_peers)
			error = each_row(c, peers, &a, take_peers, d);
		if (!error && new_peers)
			add_peers(&a);
	}
	sqlite3_finalize(cells);
	sqlite3_finalize(peers);
	return error;
}
