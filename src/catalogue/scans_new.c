/* What was seen, and no scan of ours has looked at. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue_internal.h"
#include "catalogue/scans.h"
#include "catalogue/scans_internal.h"

const char scans_new_schema[] =
	"CREATE TABLE IF NOT EXISTS kept_looked(host BLOB NOT NULL, protocol INTEGER NOT NULL,"
	" port INTEGER NOT NULL, scan INTEGER NOT NULL, PRIMARY KEY(host, protocol, port)) WITHOUT ROWID";

/* ---- writing ---- */

static int note_port(struct catalogue *c, sqlite3_stmt *s, struct net_addr host, uint16_t port,
		     int64_t scan, struct diagnosis *d)
{
	catalogue_bind_addr(s, 1, host);
	sqlite3_bind_int(s, 2, SIGHTING_PROTOCOL_TCP);
	sqlite3_bind_int(s, 3, port);
	sqlite3_bind_int64(s, 4, scan);
	if (sqlite3_step(s) != SQLITE_DONE)
		return catalogue_sql_error(c, d);
	sqlite3_reset(s);
	return 0;
}

int scans_note_looked(struct catalogue *c, int64_t scan, const struct scan_results *results,
		      struct diagnosis *d)
{
	const struct port_list *ports = &results->plan->tcp;
	sqlite3_stmt *s;
	int error =
		catalogue_prepare(c, "INSERT OR REPLACE INTO kept_looked VALUES(?,?,?,?)", &s, d);

	for (size_t i = 0; i < results->n_hosts && !error; i++) {
		for (size_t k = 0; k < ports->n && !error; k++)
			error = note_port(c, s, results->hosts[i].addr, ports->ports[k], scan, d);
	}
	sqlite3_finalize(s);
	return error;
}

/* ---- reading ---- */

struct looking {
	struct catalogue *c;
	sqlite3_stmt *looked, *listed, *scans;
};

static int prepare(struct looking *l, struct diagnosis *d)
{
	int error = catalogue_prepare(
		l->c, "SELECT port FROM kept_looked WHERE host = ?1 AND protocol = 6", &l->looked,
		d);

	/* Interrupted scans asked what they list, and nobody knows what else. What came in from a
	 * file, whoever it says to be from, is no look of ours. */
	if (!error)
		error = catalogue_prepare(
			l->c,
			"SELECT port, max(ended_ns) FROM kept_scan_port JOIN kept_scan ON id = scan"
			" WHERE host = ?1 AND protocol = 6 AND tool GLOB 'sekimori *'"
			" AND id NOT IN (SELECT scan FROM kept_scan_file) GROUP BY port",
			&l->listed, d);
	if (!error)
		error = catalogue_prepare(
			l->c,
			"SELECT tcp_ports, ended_ns FROM kept_scan_host JOIN kept_scan ON id = scan"
			" WHERE host = ?1 AND complete AND tool GLOB 'sekimori *'"
			" AND id NOT IN (SELECT scan FROM kept_scan_file)"
			" ORDER BY ended_ns DESC",
			&l->scans, d);
	return error;
}

/* The services of one host. Those that were looked at have packets 0 from then on: there is no
 * service without any. */
struct of_host {
	struct catalogue_service *list;
	size_t n, left;
};

static void strike(struct of_host *h, size_t i)
{
	if (h->list[i].packets) {
		h->list[i].packets = 0;
		h->left--;
	}
}

static void strike_port(struct of_host *h, uint16_t port, uint64_t ended_ns)
{
	for (size_t i = 0; i < h->n; i++) {
		if (h->list[i].port == port && h->list[i].first_ns <= ended_ns)
			strike(h, i);
	}
}

static void strike_ports(struct of_host *h, const char *ports, uint64_t ended_ns)
{
	struct port_set set;

	if (!ports || port_set_parse(ports, &set, NULL) < 0)
		return;
	for (size_t i = 0; i < h->n; i++) {
		if (port_set_has(&set, h->list[i].port) && h->list[i].first_ns <= ended_ns)
			strike(h, i);
	}
}

/* Once is once: whatever the clocks of scanner and sensor say. */
static void take_looked(sqlite3_stmt *s, struct of_host *h)
{
	strike_port(h, (uint16_t)sqlite3_column_int(s, 0), UINT64_MAX);
}

static void take_listed(sqlite3_stmt *s, struct of_host *h)
{
	strike_port(h, (uint16_t)sqlite3_column_int(s, 0), (uint64_t)sqlite3_column_int64(s, 1));
}

static void take_scan(sqlite3_stmt *s, struct of_host *h)
{
	strike_ports(h, (const char *)sqlite3_column_text(s, 0),
		     (uint64_t)sqlite3_column_int64(s, 1));
}

/* As many rows as it takes until nothing is left. */
static int walk(struct looking *l, sqlite3_stmt *s, struct of_host *h,
		void (*take)(sqlite3_stmt *s, struct of_host *h), struct diagnosis *d)
{
	int step = SQLITE_DONE;

	if (!h->left)
		return 0;
	catalogue_bind_addr(s, 1, h->list[0].host);
	while (h->left && (step = sqlite3_step(s)) == SQLITE_ROW)
		take(s, h);
	if (h->left && step != SQLITE_DONE)
		return catalogue_sql_error(l->c, d);
	sqlite3_reset(s);
	return 0;
}

static int look_at_host(struct looking *l, struct of_host *h, struct diagnosis *d)
{
	int error = walk(l, l->looked, h, take_looked, d);

	if (!error)
		error = walk(l, l->listed, h, take_listed, d);
	return error ? error : walk(l, l->scans, h, take_scan, d);
}

static bool knows_scans(struct catalogue *c)
{
	sqlite3_stmt *s;
	bool knows =
		sqlite3_prepare_v2(c->db, "SELECT 1 FROM kept_scan, kept_scan_file, kept_looked",
				   -1, &s, NULL) == SQLITE_OK;

	sqlite3_finalize(s);
	return knows;
}

int catalogue_scans_leave_new(struct catalogue *c, struct catalogue_service *list, size_t *count,
			      struct diagnosis *d)
{
	struct looking l = { .c = c };
	size_t n = *count, kept = 0;
	int error = knows_scans(c) ? prepare(&l, d) : 0;

	for (size_t i = 0, next; i < n && l.scans && !error; i = next) {
		struct of_host h = { &list[i], 0, 0 };

		for (next = i; next < n && addr_equal(list[next].host, list[i].host); next++)
			;
		h.n = h.left = next - i;
		error = look_at_host(&l, &h, d);
	}
	for (size_t i = 0; i < n && !error; i++) {
		if (list[i].packets)
			list[kept++] = list[i];
	}
	sqlite3_finalize(l.looked);
	sqlite3_finalize(l.listed);
	sqlite3_finalize(l.scans);
	if (!error)
		*count = kept;
	return error;
}
