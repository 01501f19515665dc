#include "overlay_answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "archive/journal.h"
#include "base/zone.h"
#include "catalogue/gaps.h"
#include "catalogue/period.h"

static void say(struct buffer *out, const char *format, ...) printf_like(2, 3);

static void say(struct buffer *out, const char *format, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	buffer_put(out, line, MIN((size_t)n, sizeof(line) - 1));
}

static void say_services(struct store *s, const struct catalogue_query *q, struct buffer *out)
{
	struct catalogue_service *list;
	char host[ADDR_TEXT_MAX];
	size_t n;

	assert_int_equal(catalogue_list(s->catalogue, q, &list, &n, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		say(out, "service %s %u %u %u %lu %lu %lu %lu%s %u\n",
		    addr_format(list[i].host, host), list[i].port, list[i].protocol, list[i].marks,
		    list[i].first_ns, list[i].last_ns, list[i].packets, list[i].peers,
		    list[i].peers_estimated ? "~" : "", list[i].days);
	}
	free(list);
}

static int say_record(void *user, const struct catalogue_record *r)
{
	char host[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX];

	say(user, "record %lu %s %u %s %u %u %u %d\n", r->sighting.time_ns,
	    addr_format(r->sighting.host, host), r->sighting.port,
	    addr_format(r->sighting.peer, peer), r->sighting.peer_port, r->sighting.protocol,
	    r->sighting.marks, r->visible);
	return 0;
}

static void say_period(struct store *s, uint8_t include, struct buffer *out)
{
	int32_t first = zone_day(s->start_ns) - 1;
	const struct period_query q = { first, first + 9, include };
	struct period_counts p;
	struct period_history *list;
	char text[ADDR_TEXT_MAX];
	size_t n;

	assert_int_equal(catalogue_period(s->catalogue, &q, &p, NULL), 0);
	say(out, "period %lu %lu\n", p.packets, p.peers);
	for (uint32_t i = 0; i < p.n_days; i++) {
		say(out, "day %u %lu %lu%s\n", i, p.days[i].packets, p.days[i].peers,
		    p.days[i].peers_estimated ? "~" : "");
		for (uint32_t k = 0; k < p.days[i].n_busiest; k++) {
			say(out, "busy %s %lu\n", addr_format(p.days[i].busiest[k].peer, text),
			    p.days[i].busiest[k].packets);
		}
	}
	for (size_t i = 0; i < p.n_services; i++)
		say(out, "seen %s %u %lu\n", addr_format(p.services[i].host, text),
		    p.services[i].port, p.services[i].packets);
	for (size_t i = 0; i < p.n_ports; i++)
		say(out, "port %u %lu %lu (%lu)\n", p.ports[i].port, p.ports[i].packets,
		    p.ports[i].peers, p.ports[i].counted_peers);
	for (size_t i = 0; i < p.n_floods; i++)
		say(out, "flood %s %u %u %lu %lu\n", addr_format(p.floods[i].host, text),
		    p.floods[i].port, p.floods[i].protocol, p.floods[i].packets, p.floods[i].peers);
	for (int i = 0; i < PERIOD_LEFT_COUNT; i++)
		say(out, "left %lu %u %u\n", p.left[i].packets, p.left[i].services,
		    p.left[i].hosts);
	period_counts_finish(&p);
	assert_int_equal(catalogue_histories(s->catalogue, include, &list, &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		say(out, "history %s %u %lu %lu %u\n", addr_format(list[i].host, text),
		    list[i].port, list[i].first_ns, list[i].last_ns, list[i].n_days);
	catalogue_histories_free(list, n);
}

static void say_gaps(struct store *s, struct buffer *out)
{
	struct catalogue_gap *gaps;
	size_t n;

	assert_int_equal(catalogue_gaps(s->catalogue, s->start_ns - 7200 * NS_PER_SECOND,
					s->start_ns + 10 * 86400 * NS_PER_SECOND, NS_PER_SECOND,
					&gaps, &n, NULL),
			 0);
	for (size_t i = 0; i < n; i++)
		say(out, "gap %lu %lu %d %u %lu %s\n", gaps[i].from_ns, gaps[i].to_ns,
		    gaps[i].recorded, gaps[i].kind, gaps[i].count, gaps[i].interface);
	free(gaps);
}

static void say_totals(struct store *s, struct buffer *out)
{
	struct catalogue_totals t;

	assert_int_equal(catalogue_totals(s->catalogue, &t, NULL), 0);
	say(out, "totals %lu %lu %lu %lu %lu %lu %lu %lu\n", t.batches, t.parts, t.sightings,
	    t.services, t.hosts, t.archive_bytes, t.first_ns, t.last_ns);
}

static const char *const queries[] = {
	"SELECT * FROM sighting ORDER BY time_ns, saddr, sport, daddr, dport, marks",
	"SELECT saddr, sport, sum(packets) FROM summary WHERE visible GROUP BY 1, 2 ORDER BY 1, 2",
	"SELECT * FROM service ORDER BY address, port",
	"SELECT * FROM service('all') ORDER BY address, port",
	"SELECT * FROM host ORDER BY address",
	"SELECT * FROM batch ORDER BY name",
	"SELECT * FROM gap ORDER BY batch, from_ns, to_ns, kind",
	"SELECT * FROM flood ORDER BY batch, address, port, marks",
	"SELECT s.address, b.name, s.peers FROM service s JOIN batch b ON s.port = 80 ORDER BY 1, 2",
};

static void say_sql(struct store *s, struct buffer *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(queries); i++) {
		sqlite3 *db;
		char *rows;

		assert_int_equal(catalogue_sql(s->catalogue, &db, NULL), 0);
		rows = store_sql_rows(db, queries[i]);
		buffer_put(out, rows, strlen(rows));
		free(rows);
	}
}

char *overlay_answers(struct store *s)
{
	const struct net_addr host = addr_from_v4(0xc0000201U);
	const uint8_t includes[] = { 0, MARK_FTP_DATA, MARK_ALL };
	struct buffer out;

	buffer_init(&out);
	say_totals(s, &out);
	for (size_t i = 0; i < ARRAY_LENGTH(includes); i++) {
		struct catalogue_query q = { .include = includes[i], .to_ns = UINT64_MAX };

		say_services(s, &q, &out);
		q.host = &host;
		say_services(s, &q, &out);
		q.host = NULL;
		q.from_ns = s->start_ns + 3600 * NS_PER_SECOND;
		q.to_ns = s->start_ns + 60 * 3600 * NS_PER_SECOND;
		say_services(s, &q, &out);
		assert_int_equal(catalogue_records(s->catalogue, &q, true, say_record, &out, NULL),
				 0);
		say_period(s, includes[i], &out);
	}
	say_gaps(s, &out);
	assert_int_equal(catalogue_verify(s->catalogue, NULL, NULL, NULL), 0);
	say_sql(s, &out);
	assert_int_equal(catalogue_damage_count(s->catalogue), 0);
	buffer_put_u8(&out, '\0');
	assert_false(out.failed);
	return (char *)out.bytes;
}

struct journal_writer *overlay_create(struct store *s, uint64_t after_s)
{
	struct journal_writer *w;

	assert_int_equal(journal_create(s->archive, s->start_ns + after_s * NS_PER_SECOND,
					"eth1: xdp", &s->config.networks, &w, NULL),
			 0);
	return w;
}

void overlay_open_other(const struct store *s, struct store *ret_other, enum archive_mode mode,
			int flags)
{
	*ret_other = *s;
	ret_other->archive = NULL;
	ret_other->catalogue = NULL;
	assert_int_equal(store_open(ret_other, mode, flags), 0);
}

char *overlay_asked(const struct store *s, enum archive_mode mode, int flags)
{
	struct store other;
	char *text;

	overlay_open_other(s, &other, mode, flags);
	text = overlay_answers(&other);
	store_close(&other);
	return text;
}
