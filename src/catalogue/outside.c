#include "catalogue/outside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "catalogue/catalogue_internal.h"

#define FROM_OUTSIDE                                                                               \
	"(SELECT scan FROM kept_scan_file JOIN kept_scan ON id = scan WHERE vantage = 'outside')"

struct outside_scan {
	int64_t id;
	size_t viewer;
	struct port_set *asked; /* of TCP; NULL: the file does not tell */
};

/* ---- scans ---- */

static int viewer_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "nmap" of "nmap 7.93". */
static int add_viewer(struct catalogue_outside *o, const char *tool, size_t *room)
{
	char **grown, *name = strndup(tool, strcspn(tool, " "));

	for (size_t i = 0; name && i < o->n_viewers; i++) {
		if (!strcmp(o->viewers[i], name)) {
			free(name);
			return 0;
		}
	}
	grown = name ? array_make_room(o->viewers, o->n_viewers, room, sizeof(*grown)) : NULL;
	if (!grown) {
		free(name);
		return -ENOMEM;
	}
	o->viewers = grown;
	grown[o->n_viewers++] = name;
	return 0;
}

/* An interrupted scan asked nobody knows what: only what it lists counts. */
static int read_asked(struct outside_scan *s, const char *ports, bool complete)
{
	if (!*ports)
		return 0;
	s->asked = calloc(1, sizeof(*s->asked));
	if (!s->asked)
		return -ENOMEM;
	if (!complete || port_set_parse(ports, s->asked, NULL) < 0)
		memset(s->asked, 0, sizeof(*s->asked));
	return 0;
}

static size_t find_viewer(const struct catalogue_outside *o, const char *tool)
{
	size_t i = 0, length = strcspn(tool, " ");

	while (i < o->n_viewers &&
	       (strncmp(o->viewers[i], tool, length) != 0 || o->viewers[i][length]))
		i++;
	return i;
}

static int add_scan(struct catalogue_outside *o, sqlite3_stmt *s, size_t *room)
{
	const char *tool = (const char *)sqlite3_column_text(s, 1),
		   *ports = (const char *)sqlite3_column_text(s, 2);
	struct outside_scan *grown = array_make_room(o->scans, o->n_scans, room, sizeof(*o->scans));

	if (!grown || !tool || !ports)
		return -ENOMEM;
	o->scans = grown;
	grown += o->n_scans;
	*grown = (struct outside_scan){ .id = sqlite3_column_int64(s, 0),
					.viewer = find_viewer(o, tool) };
	if (grown->viewer == o->n_viewers) /* came in just now */
		return 0;
	o->n_scans++;
	return read_asked(grown, ports, sqlite3_column_int(s, 3));
}

/* Their names first, which are sorted before anything points to them. */
static int load_scans(struct catalogue *c, struct catalogue_outside *o, struct diagnosis *d)
{
	size_t viewers_room = 0, scans_room = 0;
	sqlite3_stmt *s;
	int step = SQLITE_DONE,
	    error = catalogue_prepare(c,
				      "SELECT id, tool, tcp_ports, complete FROM kept_scan"
				      " WHERE id IN " FROM_OUTSIDE " ORDER BY id",
				      &s, d);

	if (error < 0)
		return error;
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW) {
		const char *tool = (const char *)sqlite3_column_text(s, 1);

		error = tool ? add_viewer(o, tool, &viewers_room) : -ENOMEM;
	}
	if (o->n_viewers)
		qsort(o->viewers, o->n_viewers, sizeof(*o->viewers), viewer_order);
	sqlite3_reset(s);
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW)
		error = add_scan(o, s, &scans_room);
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error;
}

static int scan_order(const void *key, const void *element)
{
	int64_t id = *(const int64_t *)key, other = ((const struct outside_scan *)element)->id;

	return (id > other) - (id < other);
}

/* One that came in since has no place here: SIZE_MAX. */
static size_t find_scan(const struct catalogue_outside *o, int64_t id)
{
	const struct outside_scan *s =
		bsearch(&id, o->scans, o->n_scans, sizeof(*o->scans), scan_order);

	return s ? (size_t)(s - o->scans) : SIZE_MAX;
}

/* ---- hosts and ports ---- */

static int add_look(struct catalogue_outside *o, sqlite3_stmt *s, size_t *room)
{
	size_t look = find_scan(o, sqlite3_column_int64(s, 0));
	struct catalogue_look *grown =
		array_make_room(o->looks, o->n_looks, room, sizeof(*o->looks));

	if (!grown)
		return -ENOMEM;
	o->looks = grown;
	if (look != SIZE_MAX) {
		grown[o->n_looks++] = (struct catalogue_look){
			.host = catalogue_column_addr(s, 1),
			.time_ns = (uint64_t)sqlite3_column_int64(s, 2),
			.look = look,
		};
	}
	return 0;
}

static int copy_text(sqlite3_stmt *s, int i, char **ret_text)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	*ret_text = text ? strdup(text) : NULL;
	return text && !*ret_text ? -ENOMEM : 0;
}

static int add_view(struct catalogue_outside *o, sqlite3_stmt *s, size_t *room)
{
	size_t look = find_scan(o, sqlite3_column_int64(s, 0));
	struct catalogue_view *v = array_make_room(o->views, o->n_views, room, sizeof(*o->views));
	const char *state = (const char *)sqlite3_column_text(s, 5);
	int error;

	if (!v)
		return -ENOMEM;
	o->views = v;
	if (look == SIZE_MAX)
		return 0;
	v += o->n_views++;
	*v = (struct catalogue_view){ .host = catalogue_column_addr(s, 1),
				      .time_ns = (uint64_t)sqlite3_column_int64(s, 2),
				      .port = (uint16_t)sqlite3_column_int(s, 3),
				      .protocol = (uint8_t)sqlite3_column_int(s, 4),
				      .open = state && !strcmp(state, "open"),
				      .viewer = o->scans[look].viewer,
				      .look = look };
	v->service.tls = sqlite3_column_int(s, 6);
	error = copy_text(s, 7, &v->service.name);
	if (!error)
		error = copy_text(s, 8, &v->service.product);
	if (!error)
		error = copy_text(s, 9, &v->service.version);
	return error ? error : copy_text(s, 10, &v->service.extra_info);
}

/* SQL's rows, of Q's host and time, each through ADD. */
static int load_rows(struct catalogue *c, const struct catalogue_query *q, const char *const sql[2],
		     int (*add)(struct catalogue_outside *o, sqlite3_stmt *s, size_t *room),
		     struct catalogue_outside *o, struct diagnosis *d)
{
	sqlite3_stmt *s;
	size_t room = 0;
	int step = SQLITE_DONE, error = catalogue_prepare(c, sql[q->host != NULL], &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)MIN(q->from_ns, INT64_MAX));
	sqlite3_bind_int64(s, 2, (sqlite3_int64)MIN(q->to_ns, INT64_MAX));
	if (q->host)
		catalogue_bind_addr(s, 3, *q->host);
	while (!error && (step = sqlite3_step(s)) == SQLITE_ROW)
		error = add(o, s, &room);
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error;
}

static int look_order(const void *a, const void *b)
{
	return addr_compare(((const struct catalogue_look *)a)->host,
			    ((const struct catalogue_look *)b)->host);
}

static int view_order(const void *a, const void *b)
{
	const struct catalogue_view *x = a, *y = b;
	int order = SERVICE_ORDER(x, y);

	if (order)
		return order;
	if (x->viewer != y->viewer)
		return x->viewer < y->viewer ? -1 : 1;
	if (x->time_ns != y->time_ns)
		return x->time_ns > y->time_ns ? -1 : 1;
	return (x->look < y->look) - (x->look > y->look);
}

static bool knows_files(struct catalogue *c)
{
	sqlite3_stmt *s;
	bool knows = sqlite3_prepare_v2(c->db, "SELECT 1 FROM kept_scan, kept_scan_file", -1, &s,
					NULL) == SQLITE_OK;

	sqlite3_finalize(s);
	return knows;
}

#define LOOKS                                                                                      \
	"SELECT scan, host, last_ns FROM kept_scan_host WHERE scan IN " FROM_OUTSIDE               \
	" AND last_ns >= ?1 AND last_ns < ?2"
#define VIEWS                                                                                                  \
	"SELECT scan, host, iif(time_ns, time_ns, ended_ns) AS time, port, protocol, state, tls, service,"     \
	" product, version, extra FROM kept_scan_port JOIN kept_scan ON id = scan WHERE scan IN " FROM_OUTSIDE \
	" AND time >= ?1 AND time < ?2"

int catalogue_outside_load(struct catalogue *c, const struct catalogue_query *q,
			   struct catalogue_outside *ret_outside, struct diagnosis *d)
{
	static const char *const looks[] = { LOOKS, LOOKS " AND host = ?3" };
	static const char *const views[] = { VIEWS, VIEWS " AND host = ?3" };
	struct catalogue_outside *o = ret_outside;
	int error;

	memset(o, 0, sizeof(*o));
	if (!knows_files(c))
		return 0;
	error = load_scans(c, o, d);
	if (!error && o->n_scans)
		error = load_rows(c, q, looks, add_look, o, d);
	if (!error && o->n_scans)
		error = load_rows(c, q, views, add_view, o, d);
	if (o->n_looks)
		qsort(o->looks, o->n_looks, sizeof(*o->looks), look_order);
	if (o->n_views)
		qsort(o->views, o->n_views, sizeof(*o->views), view_order);
	return error;
}

void catalogue_outside_finish(struct catalogue_outside *o)
{
	for (size_t i = 0; i < o->n_viewers; i++)
		free(o->viewers[i]);
	for (size_t i = 0; i < o->n_scans; i++)
		free(o->scans[i].asked);
	for (size_t i = 0; i < o->n_views; i++)
		service_finish(&o->views[i].service);
	free(o->viewers);
	free(o->scans);
	free(o->views);
	free(o->looks);
	memset(o, 0, sizeof(*o));
}

/* ---- questions ---- */

/* The place of the first view that is not before KEY: the latest of its service and viewer. */
static size_t find_views(const struct catalogue_outside *o, const struct catalogue_view *key)
{
	size_t low = 0, high = o->n_views;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (view_order(&o->views[middle], key) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static bool is_of(const struct catalogue_view *v, const struct catalogue_view *key)
{
	return SERVICE_ORDER(v, key) == 0 && v->viewer == key->viewer;
}

static size_t first_look(const struct catalogue_outside *o, struct net_addr host)
{
	size_t low = 0, high = o->n_looks;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(o->looks[middle].host, host) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static bool lists(const struct catalogue_outside *o, size_t first, const struct catalogue_view *key,
		  size_t look)
{
	for (size_t i = first; i < o->n_views && is_of(&o->views[i], key); i++) {
		if (o->views[i].look == look)
			return true;
	}
	return false;
}

/* When KEY's viewer last had a record of the host that would list the port, and does not. Where
 * some record does, only one that says what it asked denies it. 0: never. */
static uint64_t last_without(const struct catalogue_outside *o, size_t first,
			     const struct catalogue_view *key, bool listed)
{
	uint64_t last = 0;

	for (size_t i = first_look(o, key->host);
	     i < o->n_looks && addr_equal(o->looks[i].host, key->host); i++) {
		const struct catalogue_look *l = &o->looks[i];
		const struct outside_scan *s = &o->scans[l->look];

		if (s->viewer != key->viewer || (listed && !s->asked) ||
		    (s->asked && (key->protocol != SIGHTING_PROTOCOL_TCP ||
				  !port_set_has(s->asked, key->port))) ||
		    lists(o, first, key, l->look))
			continue;
		last = MAX(last, l->time_ns);
	}
	return last;
}

enum outside_word catalogue_outside_say(const struct catalogue_outside *o, struct net_addr host,
					uint16_t port, uint8_t protocol, size_t viewer,
					uint64_t *ret_time_ns,
					const struct catalogue_view **ret_view)
{
	const struct catalogue_view key = { .host = host,
					    .port = port,
					    .protocol = protocol,
					    .viewer = viewer,
					    .time_ns = UINT64_MAX,
					    .look = SIZE_MAX };
	size_t first = find_views(o, &key);
	const struct catalogue_view *v =
		first < o->n_views && is_of(&o->views[first], &key) ? &o->views[first] : NULL;
	uint64_t without = last_without(o, first, &key, v != NULL);

	*ret_view = v;
	*ret_time_ns = v ? MAX(v->time_ns, without) : without;
	if (v && v->time_ns >= without)
		return v->open ? OUTSIDE_OPEN : OUTSIDE_NOT_OPEN;
	return without ? OUTSIDE_NOT_OPEN : OUTSIDE_UNKNOWN;
}
