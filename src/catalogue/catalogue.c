#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/i18n.h"
#include "base/zone.h"
#include "catalogue/own_internal.h"
#include "catalogue/scans_internal.h"
#include "catalogue/shelf_internal.h"

#define CATALOGUE_FILE "catalogue.sqlite"
/* One thread asks: no locks around each row and column. */
#define OPEN_FLAGS SQLITE_OPEN_NOMUTEX
#define BUSY_MS    60000

/* What people gave, and what the archive does not tell any more (seen_internal.h): never dropped.
 */
static const char kept_schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS kept_network(prefix TEXT PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS kept_setting(name TEXT PRIMARY KEY, value TEXT NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS kept_seen(family INTEGER, host BLOB, port INTEGER, protocol INTEGER,"
	" inside INTEGER, marks INTEGER, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,"
	" PRIMARY KEY(family, host, port, protocol, inside, marks)) WITHOUT ROWID;"
	"COMMIT";

#define KEY                                                                                        \
	"family INTEGER, host BLOB, port INTEGER, protocol INTEGER, inside INTEGER, marks INTEGER"
#define PRIMARY "PRIMARY KEY(family, host, port, protocol, inside, marks)) WITHOUT ROWID;"
#define CELLS                                                                                      \
	"(" KEY ", packets INTEGER NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL," \
	" days BLOB NOT NULL, " PRIMARY
#define PEERS "(" KEY ", peers INTEGER NOT NULL, " PRIMARY

/*
 * What the archive says, counted. %s is "" or "temp.". Hosts are 16 bytes (IPv4 mapped); days are
 * runs of local days, pairs of little-endian i32; marks of derived_count are exact sets, those of
 * derived_peers unions of such sets. Services that are FTP data only are in the tables of that name
 * and not in these: few questions want them, those of some ports or all.
 */
static const char derived_schema[] =
	"DROP TABLE IF EXISTS %1$sderived_meta;"
	"DROP TABLE IF EXISTS %1$sderived_batch;"
	"DROP TABLE IF EXISTS %1$sderived_gap;"
	"DROP TABLE IF EXISTS %1$sderived_flood;"
	"DROP TABLE IF EXISTS %1$sderived_count;"
	"DROP TABLE IF EXISTS %1$sderived_peers;"
	"DROP TABLE IF EXISTS %1$sderived_ftp_count;"
	"DROP TABLE IF EXISTS %1$sderived_ftp_peers;"
	"CREATE TABLE %1$sderived_meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE %1$sderived_batch(name TEXT PRIMARY KEY, capture TEXT NOT NULL, head INTEGER NOT NULL,"
	" end_frames INTEGER NOT NULL, end_digest INTEGER NOT NULL, end_bytes INTEGER NOT NULL,"
	" first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, frames INTEGER NOT NULL, sightings INTEGER NOT NULL,"
	" parts INTEGER NOT NULL, bytes INTEGER NOT NULL, end_ns INTEGER NOT NULL,"
	" damage TEXT, journal INTEGER NOT NULL, bare INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX %1$sderived_batch_head ON derived_batch(head);"
	"CREATE INDEX %1$sderived_batch_last ON derived_batch(last_ns);"
	"CREATE INDEX %1$sderived_batch_end ON derived_batch(end_ns);"
	"CREATE INDEX %1$sderived_batch_damage ON derived_batch(name) WHERE damage IS NOT NULL;"
	"CREATE TABLE %1$sderived_gap(batch TEXT NOT NULL, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL,"
	" kind TEXT NOT NULL, count INTEGER NOT NULL, interface TEXT NOT NULL);"
	"CREATE INDEX %1$sderived_gap_from ON derived_gap(from_ns);"
	"CREATE TABLE %1$sderived_flood(batch TEXT NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL,"
	" protocol INTEGER NOT NULL, marks TEXT NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,"
	" packets INTEGER NOT NULL, peers INTEGER NOT NULL);"
	"CREATE INDEX %1$sderived_flood_host ON derived_flood(host);"
	"CREATE TABLE %1$sderived_count" CELLS "CREATE TABLE %1$sderived_peers" PEERS
	"CREATE TABLE %1$sderived_ftp_count" CELLS "CREATE TABLE %1$sderived_ftp_peers" PEERS
	"CREATE INDEX %1$sderived_ftp_count_port ON derived_ftp_count(port);";

int catalogue_sql_error(struct catalogue *c, struct diagnosis *d)
{
	int code = sqlite3_errcode(c->db);

	diagnose(d, 0, "%s/" CATALOGUE_FILE ": %s", archive_path(c->archive),
		 sqlite3_errmsg(c->db));
	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
		diagnose(
			d, 0,
			_("%s/%s is damaged (%s); move it away and run \"sekimori verify --rebuild\": all but"
			  " the remembered timezone, what scans found, and when services were seen that the"
			  " archive does not tell of any more, comes back from it"),
			archive_path(c->archive), CATALOGUE_FILE, sqlite3_errmsg(c->db));
	}
	return code == SQLITE_FULL ? -ENOSPC : code == SQLITE_NOMEM ? -ENOMEM : ERR_CATALOGUE;
}

int catalogue_exec(struct catalogue *c, const char *sql, struct diagnosis *d)
{
	return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
								       : catalogue_sql_error(c, d);
}

int catalogue_prepare(struct catalogue *c, const char *sql, sqlite3_stmt **ret_statement,
		      struct diagnosis *d)
{
	return sqlite3_prepare_v2(c->db, sql, -1, ret_statement, NULL) == SQLITE_OK
		       ? 0
		       : catalogue_sql_error(c, d);
}

int catalogue_finish(struct catalogue *c, sqlite3_stmt *statement, struct diagnosis *d)
{
	int step, error = 0;

	while ((step = sqlite3_step(statement)) == SQLITE_ROW)
		;
	if (step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(statement);
	return error;
}

void catalogue_bind_addr(sqlite3_stmt *s, int index, struct net_addr a)
{
	uint8_t bytes[16];

	addr_to_bytes(a, bytes);
	sqlite3_bind_blob(s, index, bytes, sizeof(bytes), SQLITE_TRANSIENT);
}

struct net_addr catalogue_column_addr(sqlite3_stmt *s, int index)
{
	static const uint8_t none[16];
	const void *bytes =
		sqlite3_column_bytes(s, index) == 16 ? sqlite3_column_blob(s, index) : none;

	return addr_from_bytes(bytes);
}

uint64_t catalogue_config_hash(const struct catalogue *c)
{
	const struct prefix_set *n = &c->config->networks;
	uint64_t hash = hash_bytes(zone_name(), strlen(zone_name()));

	for (size_t i = 0; i < n->n_ranges; i++) {
		const struct addr_range *r = &n->ranges[i];

		hash = hash_mix(hash ^ r->first.hi) + r->first.lo;
		hash = hash_mix(hash ^ r->last.hi) + r->last.lo;
	}
	for (size_t i = 0; c->config->peers != CONFIG_PEERS_ALL && i <= c->config->n_scanners;
	     i++) {
		struct net_prefix p = { .length = (uint8_t)c->config->peers };

		if (i)
			p = c->config->scanners[i - 1].prefix;
		hash = hash_mix(hash ^ p.addr.hi) + p.addr.lo;
		hash = hash_mix(hash ^ p.length);
	}
	return hash_mix(hash);
}

int catalogue_make_derived(struct catalogue *c, struct diagnosis *d)
{
	char text[sizeof(derived_schema) + 256];
	int n = snprintf(text, sizeof(text), derived_schema, c->passing ? "temp." : "");

	if (n < 0 || (size_t)n >= sizeof(text))
		return -ENOMEM;
	c->temporary = c->passing;
	return catalogue_exec(c, text, d);
}

/* Whoever else opened the store may have counted what is uncounted here. */
static const char known_schema[] =
	"CREATE TEMP TABLE uncounted_batch AS SELECT * FROM derived_batch LIMIT 0;"
	"CREATE INDEX temp.uncounted_batch_head ON uncounted_batch(head);"
	"CREATE INDEX temp.uncounted_batch_last ON uncounted_batch(last_ns);"
	"CREATE INDEX temp.uncounted_batch_end ON uncounted_batch(end_ns);"
	"CREATE TEMP TABLE void_batch(name TEXT PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TEMP VIEW known_batch AS SELECT * FROM derived_batch"
	" WHERE name NOT IN (SELECT name FROM void_batch) UNION ALL SELECT * FROM uncounted_batch"
	" WHERE name NOT IN (SELECT name FROM derived_batch UNION ALL SELECT name FROM void_batch);";

int catalogue_make_known(struct catalogue *c, struct diagnosis *d)
{
	int error = c->has_known ? 0 : catalogue_exec(c, known_schema, d);

	c->has_known = !error;
	return error;
}

/* Made before SQLite makes it, so that it belongs to the store's owner. */
static int make_file(struct catalogue *c, struct diagnosis *d)
{
	int fd, error = archive_make_file(c->archive, CATALOGUE_FILE, &fd, d);

	if (!error)
		close(fd);
	return error;
}

/* SQLite is to follow no link, but there may be some on the way to the store. */
static int open_file(struct catalogue *c, struct diagnosis *d)
{
	char *folder = realpath(archive_path(c->archive), NULL), *path = NULL;
	int code;

	if (!folder)
		return diagnose(d, -errno, "%s: %s", archive_path(c->archive), strerror(errno));
	path = sqlite3_mprintf("%s/" CATALOGUE_FILE, folder);
	free(folder);
	if (!path)
		return -ENOMEM;
	code = sqlite3_open_v2(path, &c->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | OPEN_FLAGS, NULL);
	sqlite3_free(path);
	return code == SQLITE_OK ? 0 : catalogue_sql_error(c, d);
}

static bool has_kept_tables(struct catalogue *c)
{
	sqlite3_stmt *s;
	bool has =
		sqlite3_prepare_v2(
			c->db,
			"SELECT 1 FROM kept_network, kept_setting, kept_seen, kept_scan, kept_scan_host,"
			" kept_scan_count, kept_scan_port, kept_scan_file, kept_looked, kept_scanner",
			-1, &s, NULL) == SQLITE_OK;

	sqlite3_finalize(s);
	return has;
}

static int open_writable(struct catalogue *c, struct diagnosis *d)
{
	int error = make_file(c, d);

	if (!error)
		error = open_file(c, d);
	if (error < 0)
		return error;
	sqlite3_busy_timeout(c->db, BUSY_MS);
	/* The journal is cut, not removed: one sync of a folder less for each commit. */
	error = catalogue_exec(c, "PRAGMA journal_mode = TRUNCATE", d);
	if (error < 0 || has_kept_tables(c))
		return error;
	error = catalogue_exec(c, kept_schema, d);
	if (!error)
		error = catalogue_exec(c, scans_schema, d);
	if (!error)
		error = catalogue_exec(c, scans_new_schema, d);
	return error < 0 ? error : catalogue_exec(c, own_schema, d);
}

/* Somebody else's store, or one on a read-only disk. Without a catalogue that can be read, all is
 * counted anew. */
static int open_read_only(struct catalogue *c, const char *path, struct diagnosis *d)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READONLY | OPEN_FLAGS, NULL) == SQLITE_OK &&
	    sqlite3_busy_timeout(c->db, BUSY_MS) == SQLITE_OK &&
	    sqlite3_prepare_v2(c->db, "SELECT count(*) FROM kept_network", -1, &s, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW) {
		sqlite3_finalize(s);
		return 0;
	}
	sqlite3_finalize(s);
	sqlite3_close(c->db);
	if (sqlite3_open_v2(":memory:", &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
	    SQLITE_OK)
		return catalogue_sql_error(c, d);
	return catalogue_exec(c, kept_schema, d);
}

/* Networks are in every manifest too: a catalogue that was lost loses none. One that was forgotten
 * comes back with the others: no manifest tells. */
static int networks_from_manifests(struct catalogue *c, struct diagnosis *d)
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	size_t n = 0;
	int error = archive_list(c->archive, &names, &n, d);

	for (size_t i = 0; i < n && !error; i++) {
		struct diagnosis words = { "" };
		struct batch_manifest m;

		error = batch_read_manifest(c->archive, names[i], &m, &words);
		if (error < 0) {
			error = catalogue_pass_over(c, names[i], error, &words, d);
			continue;
		}
		error = prefix_set_add_all(&c->config->networks, &m.networks);
		batch_manifest_finish(&m);
	}
	free(names);
	return error;
}

static int take_remembered(struct catalogue *c, struct diagnosis *d)
{
	sqlite3_stmt *s;
	bool any = false;
	int error = catalogue_prepare(c, "SELECT prefix FROM kept_network", &s, d);

	if (error < 0)
		return error;
	while (!error && sqlite3_step(s) == SQLITE_ROW) {
		struct net_prefix p;

		any = true;
		error = prefix_parse((const char *)sqlite3_column_text(s, 0), &p, d);
		if (!error)
			error = prefix_set_add(&c->config->networks, p);
	}
	sqlite3_finalize(s);
	if (!error && !any)
		error = networks_from_manifests(c, d);
	if (error < 0 || c->config->timezone)
		return error;
	error = catalogue_prepare(c, "SELECT value FROM kept_setting WHERE name = 'timezone'", &s,
				  d);
	if (error < 0)
		return error;
	if (sqlite3_step(s) == SQLITE_ROW) {
		c->config->timezone = strdup((const char *)sqlite3_column_text(s, 0));
		error = c->config->timezone ? 0 : -ENOMEM;
	}
	sqlite3_finalize(s);
	return error;
}

static int open_all(struct catalogue *c, bool names_own, struct diagnosis *d)
{
	char path[4096];
	int error;

	if (snprintf(path, sizeof(path), "%s/" CATALOGUE_FILE, archive_path(c->archive)) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	error = c->read_only ? open_read_only(c, path, d) : open_writable(c, d);
	if (!error)
		error = take_remembered(c, d);
	if (!error && names_own)
		error = own_name_scanners(c, d);
	if (!error && !c->same_zone)
		error = zone_set(c->config->timezone, d);
	if (!error)
		error = catalogue_catch_up(c, d);
	if (!error)
		error = catalogue_note_marked(c, d);
	return error;
}

int catalogue_open(struct archive *a, struct config *config, int flags,
		   struct catalogue **ret_catalogue, struct diagnosis *d)
{
	struct catalogue *c = calloc(1, sizeof(*c));
	int error;

	if (!c)
		return -ENOMEM;
	c->archive = a;
	c->config = config;
	c->read_only = !archive_is_writable(a);
	c->passing = flags & CATALOGUE_PASSING;
	c->same_zone = flags & CATALOGUE_SAME_ZONE;
	error = open_all(c, flags & CATALOGUE_NAMES_OWN, d);
	if (error < 0) {
		catalogue_close(c);
		return error;
	}
	*ret_catalogue = c;
	return 0;
}

void catalogue_close(struct catalogue *c)
{
	if (!c)
		return;
	(void)sqlite3_close(c->db);
	shelf_free(c->sql_shelf);
	own_forget(c);
	catalogue_damage_free(c);
	free(c);
}

int catalogue_remember(struct catalogue *c, const struct prefix_set *networks, const char *zone,
		       struct diagnosis *d)
{
	sqlite3_stmt *s;
	int error = catalogue_exec(c, "BEGIN IMMEDIATE", d);

	if (error < 0)
		return error;
	error = catalogue_keep_networks(c, networks, d);
	if (!error && zone) {
		error = catalogue_prepare(
			c, "INSERT OR REPLACE INTO kept_setting VALUES('timezone', ?)", &s, d);
		if (!error) {
			sqlite3_bind_text(s, 1, zone, -1, SQLITE_TRANSIENT);
			error = catalogue_finish(c, s, d);
		}
	}
	if (!error)
		return catalogue_exec(c, "COMMIT", d);
	sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	return error;
}
