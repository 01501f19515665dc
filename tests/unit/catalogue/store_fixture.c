#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/hash.h"
#include "base/zone.h"

#define DAYS_MADE 5

static const char *const networks[] = { "192.0.2.0/24", "2001:db8::/32" };
static const char *const excluded[] = { "192.0.2.7", "2001:db8::3" };

uint64_t store_random(struct store *s, uint64_t below)
{
	s->random += 0x9e3779b97f4a7c15ULL;
	return hash_mix(s->random) % below;
}

/* ---- the store ---- */

static void make_config(struct store *s)
{
	config_init(&s->config);
	s->config.timezone = strdup(s->zone);
	assert_non_null(s->config.timezone);
	for (size_t i = 0; i < ARRAY_LENGTH(networks); i++) {
		struct net_prefix p;

		assert_int_equal(prefix_parse(networks[i], &p, NULL), 0);
		assert_int_equal(prefix_set_add(&s->config.networks, p), 0);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(excluded); i++) {
		assert_int_equal(config_add_excluded(&s->config, excluded[i], "a trap", NULL), 0);
	}
}

int store_open(struct store *s, enum archive_mode mode, int flags)
{
	struct diagnosis d = { "" };
	int error;

	make_config(s);
	error = archive_open(s->path, mode, &s->archive, &d);
	if (!error) {
		error = archive_load_journals(s->archive, &d);
	}
	if (!error) {
		error = catalogue_open(s->archive, &s->config, flags, &s->catalogue, &d);
	}
	if (error < 0) {
		store_close(s);
	}
	return error;
}

void store_close(struct store *s)
{
	catalogue_close(s->catalogue);
	archive_close(s->archive);
	config_finish(&s->config);
	s->catalogue = NULL;
	s->archive = NULL;
}

void store_make(struct store *s, const char *zone, uint64_t start_s)
{
	memset(s, 0, sizeof(*s));
	(void)snprintf(s->path, sizeof(s->path), "/tmp/sekimori-test-XXXXXX");
	assert_non_null(mkdtemp(s->path));
	s->zone = zone;
	s->start_ns = start_s * NS_PER_SECOND;
	s->random = start_s;
	assert_int_equal(store_open(s, ARCHIVE_CREATE, 0), 0);
}

void store_remove(struct store *s)
{
	char command[128];

	store_close(s);
	free(s->sightings);
	(void)snprintf(command, sizeof(command), "rm -rf %s", s->path);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a path of ours */
}

/* ---- sightings ---- */

static struct net_addr draw_host(struct store *s)
{
	uint64_t i = store_random(s, 12);

	return i < 8 ? addr_from_v4(0xc0000200U + (uint32_t)i)
		     : (struct net_addr){ 0x20010db800000000ULL, i - 7 };
}

static struct net_addr draw_peer(struct store *s)
{
	uint64_t i = store_random(s, 70);

	if (i < 5)
		return addr_from_v4(0xc0000264U + (uint32_t)i);
	if (i < 8)
		return (struct net_addr){ 0x20010db8000000ffULL, i };
	if (i < 50)
		return addr_from_v4(0xcb007100U + (uint32_t)(i * i));
	return (struct net_addr){ 0x2a00000000000000ULL + i % 3, hash_mix(i) };
}

/* Ports: some that serve, some high ones that are FTP data only, some that are both. */
static struct sighting draw_one(struct store *s)
{
	static const uint16_t ports[] = { 22, 80, 443, 8080, 40000, 40001, 40002, 50000, 50001 };
	uint16_t port = ports[store_random(s, ARRAY_LENGTH(ports))];
	uint64_t ms = store_random(s, DAYS_MADE * 24ULL * 3600 * 1000), dice = store_random(s, 20);
	uint8_t marks = 0;

	if ((port == 80 && dice < 4) || (port >= 40000 && port < 50000) ||
	    (port == 50000 && dice < 10))
		marks |= MARK_FTP_DATA;
	if (dice == 19)
		marks |= MARK_SPLIT_HANDSHAKE;
	/* Most within a few hours, so that pairs repeat and hours fill. */
	if (dice % 2)
		ms = (ms % (4ULL * 3600 * 1000)) + 48ULL * 3600 * 1000;
	return (struct sighting){
		.time_ns = s->start_ns + ms * NS_PER_MS + store_random(s, NS_PER_MS),
		.host = draw_host(s),
		.peer = draw_peer(s),
		.port = port,
		.peer_port = (uint16_t)(1024 + store_random(s, 60000)),
		.protocol = SIGHTING_PROTOCOL_TCP,
		.marks = marks,
	};
}

void store_serve(struct store *s, const char *ports)
{
	assert_int_equal(port_set_parse(ports, &s->config.served_ports, NULL), 0);
}

struct sighting *store_draw(struct store *s, size_t n)
{
	struct sighting *list = calloc(n + 1, sizeof(*list));

	assert_non_null(list);
	for (size_t i = 0; i < n; i++) {
		list[i] = draw_one(s);
	}
	return list;
}

void store_remember(struct store *s, const struct sighting *sightings, size_t n)
{
	s->sightings = realloc(s->sightings, (s->n + n + 1) * sizeof(*sightings));
	assert_non_null(s->sightings);
	for (size_t i = 0; i < n; i++) {
		s->sightings[s->n] = sightings[i];
		s->sightings[s->n++].time_ns -= sightings[i].time_ns % NS_PER_MS;
	}
}

static void fill_manifest(struct store *s, const struct sighting *sightings, size_t n,
			  struct batch_manifest *m)
{
	char name[32];

	batch_manifest_init(m);
	(void)snprintf(name, sizeof(name), "capture %u.pcap", ++s->serial);
	m->capture = strdup(name);
	m->format = strdup("pcap");
	m->zone = strdup(s->zone);
	m->head_digest = m->end_digest = hash_mix(s->serial);
	m->end_frames = n + s->serial;
	for (size_t i = 0; i < n; i++) {
		m->first_ns = i ? MIN(m->first_ns, sightings[i].time_ns) : sightings[i].time_ns;
		m->last_ns = MAX(m->last_ns, sightings[i].time_ns);
		m->end_ns = m->last_ns;
	}
	assert_int_equal(prefix_set_add_all(&m->networks, &s->config.networks), 0);
	assert_int_equal(batch_manifest_add_count(m, "sighting", n), 0);
}

static void write_parts(struct batch_writer *b, const struct sighting *sightings, size_t n,
			size_t parts)
{
	struct part_writer *w;

	assert_int_equal(part_writer_new(&w), 0);
	for (size_t i = 0; i < parts; i++) {
		size_t start = n * i / parts, end = n * (i + 1) / parts;

		if (start == end)
			continue;
		assert_int_equal(part_writer_append(w, sightings + start, end - start),
				 (int)(end - start));
		assert_int_equal(batch_writer_add_part(b, w, NULL), 0);
		part_writer_reset(w);
	}
	part_writer_free(w);
}

int store_add(struct store *s, const struct sighting *sightings, size_t n, size_t parts,
	      bool counted)
{
	char name[BATCH_NAME_MAX];
	struct batch_manifest m;
	struct batch_writer *b;
	struct buffer memory;
	int error;

	buffer_init(&memory);
	buffer_put_u32(&memory, 1);
	fill_manifest(s, sightings, n, &m);
	assert_int_equal(batch_writer_new(s->archive, &b, NULL), 0);
	write_parts(b, sightings, n, parts);
	assert_int_equal(batch_writer_seal(b, &m, &memory, NULL), 0);
	error = counted ? catalogue_commit(s->catalogue, b, &m, NULL, 0, NULL)
			: batch_writer_commit(b, &m, name, NULL);
	if (!error && counted)
		error = catalogue_count(s->catalogue, NULL);
	batch_writer_free(b);
	batch_manifest_finish(&m);
	buffer_finish(&memory);
	if (!error) {
		store_remember(s, sightings, n);
	}
	return error;
}

void store_fill(struct store *s, size_t batches, size_t n)
{
	for (size_t i = 0; i < batches; i++) {
		struct sighting *list = store_draw(s, n);

		assert_int_equal(store_add(s, list, n, 1 + i % 3, true), 0);
		free(list);
	}
}

/* ---- SQL ---- */

char *store_sql_rows(struct sqlite3 *db, const char *sql)
{
	struct buffer out;
	sqlite3_stmt *q;
	int step;

	buffer_init(&out);
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK) {
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	}
	while ((step = sqlite3_step(q)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(q); i++) {
			if (i)
				buffer_put_u8(&out, '|');
			buffer_put(&out,
				   sqlite3_column_bytes(q, i) ? sqlite3_column_blob(q, i) : "",
				   (size_t)sqlite3_column_bytes(q, i));
		}
		buffer_put_u8(&out, '\n');
	}
	if (step != SQLITE_DONE) {
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	}
	(void)sqlite3_finalize(q);
	buffer_put_u8(&out, '\0');
	assert_false(out.failed);
	return (char *)out.bytes;
}

const char *store_sql(struct sqlite3 *db, const char *sql)
{
	static char text[256];
	char *rows = store_sql_rows(db, sql);

	(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(rows, "|\n"), rows);
	free(rows);
	return text;
}

/* ---- plain answers ---- */

uint8_t plain_marks(const struct store *s, const struct sighting *one)
{
	return (uint8_t)(one->marks |
			 (prefix_set_contains(&s->config.networks, one->peer) ? MARK_INSIDE : 0) |
			 (config_excluded_reason(&s->config, one->host) ? MARK_EXCLUDED : 0));
}

static bool port_is_only_ftp(const struct store *s, const struct sighting *one)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct sighting *o = &s->sightings[i];

		if (o->marks == 0 && o->port == one->port && o->protocol == one->protocol &&
		    addr_equal(o->host, one->host))
			return false;
	}
	return !port_set_has(&s->config.served_ports, one->port);
}

bool plain_is_visible(const struct store *s, const struct sighting *one, uint8_t include)
{
	uint8_t hiding = plain_marks(s, one) & (uint8_t)~include;

	if ((hiding & MARK_FTP_DATA) && !port_is_only_ftp(s, one))
		hiding &= (uint8_t)~MARK_FTP_DATA;
	return !hiding;
}
