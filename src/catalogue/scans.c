#include "catalogue/scans.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "catalogue/own_internal.h"
#include "catalogue/scans_internal.h"

const char scans_schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS kept_scan(id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL, vantage TEXT NOT NULL, tool TEXT NOT NULL,"
	" arguments TEXT NOT NULL, ranges TEXT NOT NULL, tcp_ports TEXT NOT NULL, udp_ports TEXT NOT NULL,"
	" complete INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS kept_scan_host(scan INTEGER NOT NULL, host BLOB NOT NULL, name TEXT,"
	" reason TEXT NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,"
	" PRIMARY KEY(host, scan)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS kept_scan_host_of ON kept_scan_host(scan);"
	"CREATE TABLE IF NOT EXISTS kept_scan_count(scan INTEGER NOT NULL, host BLOB NOT NULL,"
	" protocol INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, ports INTEGER NOT NULL,"
	" PRIMARY KEY(host, scan, protocol, state, reason)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS kept_scan_port(scan INTEGER NOT NULL, host BLOB NOT NULL,"
	" protocol INTEGER NOT NULL, port INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,"
	" ttl INTEGER NOT NULL, time_ns INTEGER NOT NULL, service TEXT, product TEXT, version TEXT, extra TEXT,"
	" hostname TEXT, os TEXT, device TEXT, tls INTEGER NOT NULL, cpe TEXT, certificate TEXT, evidence BLOB,"
	" PRIMARY KEY(host, scan, protocol, port)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS kept_scan_file(scan INTEGER PRIMARY KEY, digest INTEGER NOT NULL,"
	" format TEXT NOT NULL, file TEXT NOT NULL, taken_ns INTEGER NOT NULL);"
	"COMMIT";

/* ---- writing ---- */

static void bind_text(sqlite3_stmt *s, int i, const char *text)
{
	sqlite3_bind_text(s, i, text ? text : "", -1, SQLITE_STATIC);
}

/* NULL stays it. */
static void bind_known(sqlite3_stmt *s, int i, const char *text)
{
	sqlite3_bind_text(s, i, text, -1, SQLITE_STATIC);
}

int scans_run(struct catalogue *c, sqlite3_stmt *s, struct diagnosis *d)
{
	int error = sqlite3_step(s) == SQLITE_DONE ? 0 : catalogue_sql_error(c, d);

	sqlite3_reset(s);
	return error;
}

struct inserts {
	sqlite3_stmt *host, *count, *port;
};

static int prepare(struct catalogue *c, struct inserts *s, struct diagnosis *d)
{
	int error =
		catalogue_prepare(c, "INSERT INTO kept_scan_host VALUES(?,?,?,?,?,?)", &s->host, d);

	if (!error)
		error = catalogue_prepare(c, "INSERT INTO kept_scan_count VALUES(?,?,?,?,?,?)",
					  &s->count, d);
	if (!error)
		error = catalogue_prepare(
			c,
			"INSERT INTO kept_scan_port VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			&s->port, d);
	return error;
}

int scans_insert(struct catalogue *c, const struct catalogue_scan *scan, int64_t *ret_id,
		 struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error =
		catalogue_prepare(c, "INSERT INTO kept_scan VALUES(NULL,?,?,?,?,?,?,?,?,?)", &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)scan->started_ns);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)scan->ended_ns);
	bind_text(s, 3, scan->vantage);
	bind_text(s, 4, scan->tool);
	bind_text(s, 5, scan->arguments);
	bind_text(s, 6, scan->ranges);
	bind_text(s, 7, scan->tcp_ports);
	bind_text(s, 8, scan->udp_ports);
	sqlite3_bind_int(s, 9, scan->complete);
	error = catalogue_finish(c, s, d);
	*ret_id = sqlite3_last_insert_rowid(c->db);
	return error;
}

/* Those that are known, a line each. The caller frees; NULL for none. */
static char *join_cpes(const struct service *s)
{
	char *text = NULL;

	for (size_t i = 0; i < ARRAY_LENGTH(s->cpe); i++) {
		char *longer;

		if (!s->cpe[i])
			continue;
		if (asprintf(&longer, "%s%s%s", text ? text : "", text ? "\n" : "", s->cpe[i]) < 0)
			break;
		free(text);
		text = longer;
	}
	return text;
}

int scans_insert_port(struct catalogue *c, sqlite3_stmt *s, int64_t id,
		      const struct port_outcome *o, struct diagnosis *d)
{
	const struct service *v = &o->service;
	char *cpe = join_cpes(v);
	int error;

	sqlite3_bind_int64(s, 1, id);
	catalogue_bind_addr(s, 2, o->host);
	sqlite3_bind_int(s, 3, o->protocol);
	sqlite3_bind_int(s, 4, o->port);
	bind_text(s, 5, port_state_name(o->state));
	bind_text(s, 6, port_reason_name(o->reason));
	sqlite3_bind_int(s, 7, o->ttl);
	sqlite3_bind_int64(s, 8, (sqlite3_int64)o->time_ns);
	bind_known(s, 9, v->name);
	bind_known(s, 10, v->product);
	bind_known(s, 11, v->version);
	bind_known(s, 12, v->extra_info);
	bind_known(s, 13, v->hostname);
	bind_known(s, 14, v->os);
	bind_known(s, 15, v->device);
	sqlite3_bind_int(s, 16, v->tls);
	bind_known(s, 17, cpe);
	bind_known(s, 18, v->certificate);
	sqlite3_bind_blob(s, 19, v->evidence, (int)v->evidence_bytes, SQLITE_STATIC);
	error = scans_run(c, s, d);
	sqlite3_clear_bindings(s);
	free(cpe);
	return error;
}

static int insert_host(struct catalogue *c, const struct inserts *s, int64_t id,
		       const struct scan_host *h, struct diagnosis *d)
{
	int error;

	sqlite3_bind_int64(s->host, 1, id);
	catalogue_bind_addr(s->host, 2, h->addr);
	bind_known(s->host, 3, h->name);
	bind_text(s->host, 4, port_reason_name(h->reason));
	sqlite3_bind_int64(s->host, 5, (sqlite3_int64)h->first_ns);
	sqlite3_bind_int64(s->host, 6, (sqlite3_int64)h->last_ns);
	error = scans_run(c, s->host, d);
	for (size_t i = 0; i < h->n_counts && !error; i++) {
		sqlite3_bind_int64(s->count, 1, id);
		catalogue_bind_addr(s->count, 2, h->addr);
		sqlite3_bind_int(s->count, 3, h->counts[i].protocol);
		bind_text(s->count, 4, port_state_name(h->counts[i].state));
		bind_text(s->count, 5, port_reason_name(h->counts[i].reason));
		sqlite3_bind_int64(s->count, 6, h->counts[i].ports);
		error = scans_run(c, s->count, d);
	}
	for (size_t i = 0; i < h->n_ports && !error; i++)
		error = scans_insert_port(c, s->port, id, &h->ports[i], d);
	return error;
}

int catalogue_scan_append(struct catalogue *c, const struct catalogue_scan *scan,
			  const struct scan_results *results, struct diagnosis *d)
{
	struct inserts s = { 0 };
	int64_t id = 0;
	int error = catalogue_exec(c, "BEGIN IMMEDIATE", d);

	if (error < 0)
		return error;
	error = scans_insert(c, scan, &id, d);
	if (!error)
		error = prepare(c, &s, d);
	for (size_t i = 0; i < results->n_hosts && !error; i++) {
		if (results->hosts[i].up)
			error = insert_host(c, &s, id, &results->hosts[i], d);
	}
	if (!error && scan->news)
		error = scans_note_looked(c, id, results, d);
	if (!error)
		error = own_note_sources(c, scan, d);
	sqlite3_finalize(s.host);
	sqlite3_finalize(s.count);
	sqlite3_finalize(s.port);
	return catalogue_end_transaction(c, error, d);
}

/* ---- reading ---- */

static int column_text(sqlite3_stmt *s, int i, char **ret_text)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	*ret_text = text ? strdup(text) : NULL;
	return text && !*ret_text ? -ENOMEM : 0;
}

int scans_read(sqlite3_stmt *s, struct catalogue_scan *scan)
{
	char **const texts[] = { &scan->vantage, &scan->tool,      &scan->arguments,
				 &scan->ranges,  &scan->tcp_ports, &scan->udp_ports };
	int error = 0;

	scan->id = sqlite3_column_int64(s, 0);
	scan->started_ns = (uint64_t)sqlite3_column_int64(s, 1);
	scan->ended_ns = (uint64_t)sqlite3_column_int64(s, 2);
	for (int i = 0; i < (int)ARRAY_LENGTH(texts) && !error; i++)
		error = column_text(s, 3 + i, texts[i]);
	scan->complete = sqlite3_column_int(s, 9);
	return error;
}

void scans_finish(struct catalogue_scan *scan)
{
	free(scan->vantage);
	free(scan->tool);
	free(scan->arguments);
	free(scan->ranges);
	free(scan->tcp_ports);
	free(scan->udp_ports);
}

int scans_read_host(sqlite3_stmt *s, int i, struct scan_host *h)
{
	const char *reason = (const char *)sqlite3_column_text(s, i + 1);

	if (!reason || !port_reason_parse(reason, &h->reason))
		h->reason = REASON_NONE;
	h->up = true;
	h->first_ns = (uint64_t)sqlite3_column_int64(s, i + 2);
	h->last_ns = (uint64_t)sqlite3_column_int64(s, i + 3);
	return column_text(s, i, &h->name);
}

static int add_scan(sqlite3_stmt *s, struct catalogue_scan_of_host **list, size_t *n, size_t *room,
		    struct net_addr host)
{
	struct catalogue_scan_of_host *grown = array_make_room(*list, *n, room, sizeof(**list));
	int error;

	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*n] = (struct catalogue_scan_of_host){ .host = { .addr = host } };
	error = scans_read(s, &grown[*n].scan);
	if (!error)
		error = scans_read_host(s, 10, &grown[*n].host);
	(*n)++;
	return error;
}

/* Is there that table? An older store that may not be written lacks some. */
static bool has_table(struct catalogue *c, const char *query)
{
	sqlite3_stmt *s;
	bool has = sqlite3_prepare_v2(c->db, query, -1, &s, NULL) == SQLITE_OK;

	sqlite3_finalize(s);
	return has;
}

#define SCANS_OF_HOST                                                                              \
	"SELECT " SCANS_COLUMNS ", " SCANS_HOST_COLUMNS " FROM kept_scan_host"                     \
	" JOIN kept_scan ON id = scan WHERE host = ?1"
#define LATEST_FIRST " ORDER BY started_ns DESC, id DESC LIMIT ?2"

static int load_scans(struct catalogue *c, struct net_addr host, size_t most,
		      struct catalogue_scan_of_host **list, size_t *n, struct diagnosis *d)
{
	size_t room = 0;
	sqlite3_stmt *s;
	const char *sql = has_table(c, "SELECT 1 FROM kept_scan_file") ? SCANS_OF_HOST
				  " AND NOT (vantage = 'outside' AND id IN"
				  " (SELECT scan FROM kept_scan_file))" LATEST_FIRST
								       : SCANS_OF_HOST LATEST_FIRST;
	int step = SQLITE_DONE, error = catalogue_prepare(c, sql, &s, d);

	if (error < 0)
		return error;
	catalogue_bind_addr(s, 1, host);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)MIN(most, INT32_MAX));
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW)
		error = add_scan(s, list, n, &room, host);
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error;
}

/* State and reason, from these columns on. Unknown words are another version's: not told. */
static void read_state(sqlite3_stmt *s, int i, enum port_state *ret_state,
		       enum port_reason *ret_reason)
{
	const char *state = (const char *)sqlite3_column_text(s, i),
		   *reason = (const char *)sqlite3_column_text(s, i + 1);

	if (!state || !port_state_parse(state, ret_state))
		*ret_state = PORT_UNFILTERED;
	if (!reason || !port_reason_parse(reason, ret_reason))
		*ret_reason = REASON_NONE;
}

static int read_count(sqlite3_stmt *s, struct scan_host *h)
{
	struct scan_count count = { .protocol = (uint8_t)sqlite3_column_int(s, 0),
				    .ports = (uint32_t)sqlite3_column_int64(s, 3) };

	read_state(s, 1, &count.state, &count.reason);
	return results_add_count(h, count);
}

static int split_cpes(char *text, struct service *v)
{
	size_t n = 0;

	for (char *save = NULL, *line = text ? strtok_r(text, "\n", &save) : NULL;
	     line && n < ARRAY_LENGTH(v->cpe); line = strtok_r(NULL, "\n", &save)) {
		v->cpe[n] = strdup(line);
		if (!v->cpe[n++])
			return -ENOMEM;
	}
	return 0;
}

static int read_port(sqlite3_stmt *s, struct scan_host *h)
{
	struct port_outcome o = { .host = h->addr,
				  .protocol = (uint8_t)sqlite3_column_int(s, 0),
				  .port = (uint16_t)sqlite3_column_int(s, 3),
				  .ttl = (uint8_t)sqlite3_column_int(s, 4),
				  .time_ns = (uint64_t)sqlite3_column_int64(s, 5) };
	struct service *v = &o.service;
	char **const texts[] = { &v->name,     &v->product, &v->version, &v->extra_info,
				 &v->hostname, &v->os,      &v->device };
	char *cpe = NULL;
	int error = 0;

	service_init(v);
	read_state(s, 1, &o.state, &o.reason);
	for (int i = 0; i < (int)ARRAY_LENGTH(texts) && !error; i++)
		error = column_text(s, 6 + i, texts[i]);
	v->tls = sqlite3_column_int(s, 13);
	if (!error)
		error = column_text(s, 14, &cpe);
	if (!error)
		error = split_cpes(cpe, v);
	free(cpe);
	if (!error)
		error = results_add_port(h, &o);
	if (error < 0)
		service_finish(v);
	return error;
}

int scans_reading_begin(struct scans_reading *r, struct catalogue *c, struct diagnosis *d)
{
	int error;

	*r = (struct scans_reading){ .c = c };
	error = catalogue_prepare(c,
				  "SELECT protocol, state, reason, ports FROM kept_scan_count"
				  " WHERE host = ?1 AND scan = ?2",
				  &r->counts, d);
	if (!error)
		error = catalogue_prepare(
			c,
			"SELECT protocol, state, reason, port, ttl, time_ns, service, product,"
			" version, extra, hostname, os, device, tls, cpe FROM kept_scan_port"
			" WHERE host = ?1 AND scan = ?2 ORDER BY protocol, port",
			&r->ports, d);
	return error;
}

void scans_reading_end(struct scans_reading *r)
{
	sqlite3_finalize(r->counts);
	sqlite3_finalize(r->ports);
}

/* The rows of a scan and a host, each through READ. */
static int load_rows(struct catalogue *c, sqlite3_stmt *s, int64_t scan, struct scan_host *h,
		     int (*read)(sqlite3_stmt *s, struct scan_host *h), struct diagnosis *d)
{
	int step = SQLITE_DONE, error = 0;

	catalogue_bind_addr(s, 1, h->addr);
	sqlite3_bind_int64(s, 2, scan);
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW)
		error = read(s, h);
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_reset(s);
	return error;
}

int scans_reading_load(struct scans_reading *r, int64_t scan, struct scan_host *h,
		       struct diagnosis *d)
{
	int error = load_rows(r->c, r->counts, scan, h, read_count, d);

	return error ? error : load_rows(r->c, r->ports, scan, h, read_port, d);
}

bool scans_are_kept(struct catalogue *c)
{
	return has_table(c, "SELECT 1 FROM kept_scan, kept_scan_port");
}

int catalogue_scans_of_host(struct catalogue *c, struct net_addr host, size_t most,
			    struct catalogue_scan_of_host **ret_list, size_t *ret_count,
			    struct diagnosis *d)
{
	struct catalogue_scan_of_host *list = NULL;
	struct scans_reading reading = { .c = c };
	size_t n = 0;
	int error = scans_are_kept(c) ? load_scans(c, host, most, &list, &n, d) : 0;

	if (!error && n)
		error = scans_reading_begin(&reading, c, d);
	for (size_t i = 0; i < n && !error; i++)
		error = scans_reading_load(&reading, list[i].scan.id, &list[i].host, d);
	scans_reading_end(&reading);
	if (error < 0) {
		catalogue_scans_free(list, n);
		return error;
	}
	*ret_list = list;
	*ret_count = n;
	return 0;
}

void catalogue_scans_free(struct catalogue_scan_of_host *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		scans_finish(&list[i].scan);
		scan_host_finish(&list[i].host);
	}
	free(list);
}
