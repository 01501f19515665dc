#include "catalogue/scan_taking.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalogue/catalogue_internal.h"
#include "catalogue/scans_internal.h"

struct catalogue_taking {
	struct catalogue *c;
	sqlite3_stmt *host, *count, *port;
};

/* As the kept tables; a host's scan is this one, and a reason is told of ports only. */
static const char tables[] =
	"DROP TABLE IF EXISTS temp.taking_host; DROP TABLE IF EXISTS temp.taking_count;"
	"DROP TABLE IF EXISTS temp.taking_port;"
	"CREATE TEMP TABLE taking_host(host BLOB PRIMARY KEY, name TEXT, first_ns INTEGER, last_ns INTEGER)"
	" WITHOUT ROWID;"
	"CREATE TEMP TABLE taking_count(host BLOB, protocol INTEGER, state TEXT, reason TEXT, ports INTEGER,"
	" PRIMARY KEY(host, protocol, state, reason)) WITHOUT ROWID;"
	"CREATE TEMP TABLE taking_port(scan INTEGER, host BLOB, protocol INTEGER, port INTEGER, state TEXT,"
	" reason TEXT, ttl INTEGER, time_ns INTEGER, service TEXT, product TEXT, version TEXT, extra TEXT,"
	" hostname TEXT, os TEXT, device TEXT, tls INTEGER, cpe TEXT, certificate TEXT, evidence BLOB,"
	" PRIMARY KEY(host, protocol, port)) WITHOUT ROWID;"
	"BEGIN"; /* of these tables only: nothing of the store is locked */

static const char insert_host[] =
	"INSERT INTO taking_host VALUES(?,?,?,?) ON CONFLICT(host) DO UPDATE SET"
	" name = coalesce(name, excluded.name), last_ns = max(last_ns, excluded.last_ns),"
	" first_ns = CASE WHEN first_ns = 0 THEN excluded.first_ns WHEN excluded.first_ns = 0 THEN first_ns"
	" ELSE min(first_ns, excluded.first_ns) END";

static const char insert_count[] =
	"INSERT INTO taking_count VALUES(?,?,?,?,?) ON CONFLICT(host, protocol, state, reason)"
	" DO UPDATE SET ports = ports + excluded.ports";

#define OPEN(row) "(" row ".state = 'open')"
#define TOLD(row)                                                                                  \
	"(" row ".service NOT NULL OR " row ".product NOT NULL OR " row ".evidence NOT NULL)"

static const char insert_port[] =
	"INSERT INTO taking_port VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
	" ON CONFLICT(host, protocol, port) DO UPDATE SET state = excluded.state,"
	" reason = excluded.reason, ttl = excluded.ttl, time_ns = excluded.time_ns,"
	" service = excluded.service, product = excluded.product, version = excluded.version,"
	" extra = excluded.extra, hostname = excluded.hostname, os = excluded.os,"
	" device = excluded.device, tls = excluded.tls, cpe = excluded.cpe,"
	" certificate = excluded.certificate, evidence = excluded.evidence"
	" WHERE (" OPEN("excluded") ", " TOLD("excluded") ", excluded.time_ns) >= (" OPEN(
		"taking_port") ", " TOLD("taking_port") ", taking_port.time_ns)";

int catalogue_taking_new(struct catalogue *c, struct catalogue_taking **ret_taking,
			 struct diagnosis *d)
{
	struct catalogue_taking *t = calloc(1, sizeof(*t));
	int error = t ? catalogue_exec(c, tables, d) : -ENOMEM;

	if (!error) {
		t->c = c;
		error = catalogue_prepare(c, insert_host, &t->host, d);
	}
	if (!error)
		error = catalogue_prepare(c, insert_count, &t->count, d);
	if (!error)
		error = catalogue_prepare(c, insert_port, &t->port, d);
	if (error < 0) {
		catalogue_taking_free(t);
		return error;
	}
	*ret_taking = t;
	return 0;
}

void catalogue_taking_free(struct catalogue_taking *t)
{
	if (!t)
		return;
	sqlite3_finalize(t->host);
	sqlite3_finalize(t->count);
	sqlite3_finalize(t->port);
	if (t->c && !sqlite3_get_autocommit(t->c->db))
		sqlite3_exec(t->c->db, "ROLLBACK", NULL, NULL, NULL);
	free(t);
}

int catalogue_taking_host(struct catalogue_taking *t, struct net_addr host, const char *name,
			  uint64_t first_ns, uint64_t last_ns, struct diagnosis *d)
{
	catalogue_bind_addr(t->host, 1, host);
	sqlite3_bind_text(t->host, 2, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(t->host, 3, (sqlite3_int64)first_ns);
	sqlite3_bind_int64(t->host, 4, (sqlite3_int64)last_ns);
	return scans_run(t->c, t->host, d);
}

int catalogue_taking_port(struct catalogue_taking *t, const struct port_outcome *o,
			  struct diagnosis *d)
{
	int error = catalogue_taking_host(t, o->host, NULL, o->time_ns, o->time_ns, d);

	return error ? error : scans_insert_port(t->c, t->port, 0, o, d);
}

int catalogue_taking_count(struct catalogue_taking *t, struct net_addr host,
			   struct scan_count count, struct diagnosis *d)
{
	int error = catalogue_taking_host(t, host, NULL, 0, 0, d);

	if (error < 0)
		return error;
	catalogue_bind_addr(t->count, 1, host);
	sqlite3_bind_int(t->count, 2, count.protocol);
	sqlite3_bind_text(t->count, 3, port_state_name(count.state), -1, SQLITE_STATIC);
	sqlite3_bind_text(t->count, 4, port_reason_name(count.reason), -1, SQLITE_STATIC);
	sqlite3_bind_int64(t->count, 5, count.ports);
	return scans_run(t->c, t->count, d);
}

/* ---- the end ---- */

static int count_rows(struct catalogue *c, const char *sql, uint64_t *ret_rows, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = catalogue_prepare(c, sql, &s, d);

	if (error < 0)
		return error;
	if (sqlite3_step(s) == SQLITE_ROW)
		*ret_rows = (uint64_t)sqlite3_column_int64(s, 0);
	else
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error;
}

/* The scan that S finds, with the file's name where there is one. 0: none. */
static int find(struct catalogue *c, sqlite3_stmt *s, int64_t *ret_id,
		struct catalogue_taken *taken, struct diagnosis *d)
{
	int step = sqlite3_step(s);

	if (step == SQLITE_ROW) {
		const char *file = (const char *)sqlite3_column_text(s, 1);

		*ret_id = sqlite3_column_int64(s, 0);
		taken->known = true;
		taken->own = !file;
		(void)snprintf(taken->known_as, sizeof(taken->known_as), "%s", file ? file : "");
	}
	sqlite3_finalize(s);
	return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : catalogue_sql_error(c, d);
}

/* By what the file tells; or by tool, command line and second: a file may cut times off. */
static int find_known(struct catalogue *c, const struct catalogue_scan *scan, uint64_t digest,
		      int64_t *ret_id, struct catalogue_taken *taken, struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = catalogue_prepare(
		c,
		"SELECT scan, file FROM kept_scan_file WHERE digest = ?1 UNION ALL SELECT id, NULL"
		" FROM kept_scan WHERE tool = ?2 AND tool GLOB 'sekimori *' AND arguments = ?3"
		" AND started_ns / 1000000000 = ?4 AND id NOT IN (SELECT scan FROM kept_scan_file)",
		&s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)digest);
	sqlite3_bind_text(s, 2, scan->tool, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 3, scan->arguments, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 4, (sqlite3_int64)(scan->started_ns / 1000000000));
	return find(c, s, ret_id, taken, d);
}

static int insert_file(struct catalogue *c, int64_t id, const struct catalogue_scan_file *file,
		       struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = catalogue_prepare(c, "INSERT INTO kept_scan_file VALUES(?,?,?,?,?)", &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)file->digest);
	sqlite3_bind_text(s, 3, file->format, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 4, file->file, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)file->taken_ns);
	return catalogue_finish(c, s, d);
}

/* What is in already stays: hosts come from networks that were named since. */
static int copy_rows(struct catalogue *c, int64_t id, uint64_t *ret_new_hosts, struct diagnosis *d)
{
	static const char *const copies[] = {
		"INSERT OR IGNORE INTO kept_scan_count SELECT ?1, host, protocol, state, reason, ports"
		" FROM taking_count",
		"INSERT OR IGNORE INTO kept_scan_port SELECT ?1, host, protocol, port, state, reason, ttl,"
		" time_ns, service, product, version, extra, hostname, os, device, tls, cpe, certificate,"
		" evidence FROM taking_port",
		"INSERT OR IGNORE INTO kept_scan_host SELECT ?1, host, name, 'unknown-response',"
		" iif(first_ns, first_ns, started_ns), iif(last_ns, last_ns, ended_ns) FROM taking_host, kept_scan"
		" WHERE id = ?1",
	};
	int error = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(copies) && !error; i++) {
		sqlite3_stmt *s;

		error = catalogue_prepare(c, copies[i], &s, d);
		if (error < 0)
			return error;
		sqlite3_bind_int64(s, 1, id);
		error = catalogue_finish(c, s, d);
	}
	*ret_new_hosts = (uint64_t)sqlite3_changes(c->db);
	return error;
}

static int keep(struct catalogue *c, const struct catalogue_scan *scan,
		const struct catalogue_scan_file *file, struct catalogue_taken *taken,
		struct diagnosis *d)
{
	int64_t id = 0;
	int error = find_known(c, scan, file->digest, &id, taken, d);

	if (error < 0 || taken->own)
		return error;
	if (!taken->known) {
		error = scans_insert(c, scan, &id, d);
		if (!error)
			error = insert_file(c, id, file, d);
	}
	return error ? error : copy_rows(c, id, &taken->new_hosts, d);
}

int catalogue_taking_keep(struct catalogue_taking *t, const struct catalogue_scan *scan,
			  const struct catalogue_scan_file *file, struct catalogue_taken *ret_taken,
			  struct diagnosis *d)
{
	struct catalogue_taken taken = { 0 };
	struct catalogue *c = t->c;
	int error = count_rows(c, "SELECT count(*) FROM taking_host", &taken.hosts, d);

	if (!error)
		error = count_rows(c, "SELECT count(*) FROM taking_port", &taken.ports, d);
	if (!error)
		error = catalogue_exec(c, "COMMIT", d);
	if (!error && taken.hosts) {
		error = catalogue_exec(c, "BEGIN IMMEDIATE", d);
		if (!error)
			error = catalogue_end_transaction(c, keep(c, scan, file, &taken, d), d);
	}
	if (!error)
		*ret_taken = taken;
	return error;
}
