/* The virtual table `service`: what `sekimori list` shows. service('all') brings the marked back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "catalogue/sql_internal.h"

enum service_column {
	COLUMN_ADDRESS,
	COLUMN_PORT,
	COLUMN_PROTOCOL,
	COLUMN_MARKS,
	COLUMN_FIRST_SEEN,
	COLUMN_LAST_SEEN,
	COLUMN_PACKETS,
	COLUMN_PEERS,
	COLUMN_DAYS,
	COLUMN_PEERS_ESTIMATED,
	COLUMN_INCLUDE, /* the first that is hidden: the argument of service() */
	COLUMN_FIRST_NS,
	COLUMN_LAST_NS,
};

static const char schema[] =
	"CREATE TABLE service(address TEXT, port INTEGER, protocol INTEGER, marks TEXT, first_seen TEXT,"
	" last_seen TEXT, packets INTEGER, peers INTEGER, days INTEGER,"
	" peers_estimated INTEGER, include TEXT HIDDEN,"
	" first_ns INTEGER HIDDEN, last_ns INTEGER HIDDEN)";

/* Which constraints are handed to the filter, in this order. */
enum service_plan {
	PLAN_INCLUDE = 1,
	PLAN_ADDRESS = 2,
};

#define ROWS_ABOUT 10000.0

struct service_cursor {
	sqlite3_vtab_cursor base;
	struct catalogue_service *services; /* of one host, or of all */
	size_t n;
	bool all;
	size_t at, end; /* the rows of this filter */
	uint8_t include;
	unsigned filters; /* how often it was asked */
};

static struct service_cursor *cursor_of(sqlite3_vtab_cursor *base)
{
	return (struct service_cursor *)base;
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	int include = -1, address = -1, n = 0;

	(void)table;
	for (int i = 0; i < info->nConstraint; i++) {
		const struct sqlite3_index_constraint *c = &info->aConstraint[i];

		if (c->op != SQLITE_INDEX_CONSTRAINT_EQ) {
			continue;
		}
		if (c->iColumn == COLUMN_INCLUDE && !c->usable) {
			return SQLITE_CONSTRAINT; /* it says what the rows are: nothing goes without
						   */
		}
		if (c->iColumn == COLUMN_INCLUDE) {
			include = i;
		} else if (c->iColumn == COLUMN_ADDRESS && c->usable &&
			   !sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY")) {
			address = i;
		}
	}
	if (include >= 0) {
		info->aConstraintUsage[include].argvIndex = ++n;
		info->aConstraintUsage[include].omit = 1;
	}
	if (address >= 0) {
		info->aConstraintUsage[address].argvIndex = ++n;
	}
	info->idxNum = (include >= 0 ? PLAN_INCLUDE : 0) | (address >= 0 ? PLAN_ADDRESS : 0);
	info->estimatedRows = address >= 0 ? 5 : (sqlite3_int64)ROWS_ABOUT;
	info->estimatedCost = address >= 0 ? 10 : ROWS_ABOUT;
	return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
	struct service_cursor *k = calloc(1, sizeof(*k));

	(void)table;
	if (!k) {
		return SQLITE_NOMEM;
	}
	*ret_cursor = &k->base;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
	free(cursor_of(base)->services);
	free(base);
	return SQLITE_OK;
}

static int read_include(struct service_cursor *k, sqlite3_value *v)
{
	const char *text = (const char *)sqlite3_value_text(v), *bad = "";
	struct diagnosis d = { "" };

	if (!text || marks_parse(text, &k->include, &bad)) {
		return SQLITE_OK;
	}
	diagnose(
		&d, ERR_USAGE,
		_("\"%s\" is not a mark (ftp-data, split-handshake, own-scan, inside, excluded, all)"),
		bad);
	return sql_fail(k->base.pVtab, ERR_USAGE, &d);
}

static int load(struct service_cursor *k, const struct net_addr *host)
{
	const struct catalogue_query q = { .include = k->include,
					   .to_ns = UINT64_MAX,
					   .host = host };
	struct diagnosis d = { "" };
	int error;

	free(k->services);
	k->services = NULL;
	k->n = 0;
	error = catalogue_list(((struct sql_table *)k->base.pVtab)->catalogue, &q, &k->services,
			       &k->n, &d);
	k->all = !error && !host;
	k->at = 0;
	k->end = k->n;
	return error < 0 ? sql_fail(k->base.pVtab, error, &d) : SQLITE_OK;
}

/* The rows of one host among all. */
static void find_host(struct service_cursor *k, struct net_addr host)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(k->services[middle].host, host) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	k->at = k->end = low;
	while (k->end < k->n && addr_equal(k->services[k->end].host, host)) {
		k->end++;
	}
}

static int filter(sqlite3_vtab_cursor *base, int plan, const char *name, int argc,
		  sqlite3_value **argv)
{
	struct service_cursor *k = cursor_of(base);
	uint8_t include = k->include;
	struct net_addr host;
	const char *text;
	int code;

	(void)name;
	k->at = k->end = 0;
	k->include = 0;
	code = plan & PLAN_INCLUDE ? read_include(k, argv[0]) : SQLITE_OK;
	if (code != SQLITE_OK || !(plan & PLAN_ADDRESS)) {
		return code != SQLITE_OK ? code : load(k, NULL);
	}
	text = (const char *)sqlite3_value_text(argv[argc - 1]);
	if (!text || !addr_parse(text, &host)) {
		return SQLITE_OK;
	}
	/* Asked once, it is for one host; asked again, for the hosts of a join. */
	if (!k->filters++) {
		return load(k, &host);
	}
	code = k->all && k->include == include ? SQLITE_OK : load(k, NULL);
	if (code == SQLITE_OK) {
		find_host(k, host);
	}
	return code;
}

static int next_row(sqlite3_vtab_cursor *base)
{
	cursor_of(base)->at++;
	return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *base)
{
	return cursor_of(base)->at >= cursor_of(base)->end;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *x, int i)
{
	const struct service_cursor *k = cursor_of(base);
	const struct catalogue_service *s = &k->services[k->at];

	switch ((enum service_column)i) {
	case COLUMN_ADDRESS:
		sql_result_addr(x, s->host);
		break;
	case COLUMN_PORT:
		sqlite3_result_int(x, s->port);
		break;
	case COLUMN_PROTOCOL:
		sqlite3_result_int(x, s->protocol);
		break;
	case COLUMN_MARKS:
		sql_result_marks(x, s->marks);
		break;
	case COLUMN_FIRST_SEEN:
		sql_result_time(x, s->first_ns);
		break;
	case COLUMN_LAST_SEEN:
		sql_result_time(x, s->last_ns);
		break;
	case COLUMN_PACKETS:
		sqlite3_result_int64(x, (sqlite3_int64)s->packets);
		break;
	case COLUMN_PEERS:
		sqlite3_result_int64(x, (sqlite3_int64)s->peers);
		break;
	case COLUMN_DAYS:
		sqlite3_result_int64(x, s->days);
		break;
	case COLUMN_PEERS_ESTIMATED:
		sqlite3_result_int(x, s->peers_estimated);
		break;
	case COLUMN_FIRST_NS:
		sqlite3_result_int64(x, (sqlite3_int64)s->first_ns);
		break;
	case COLUMN_LAST_NS:
		sqlite3_result_int64(x, (sqlite3_int64)s->last_ns);
		break;
	case COLUMN_INCLUDE:
		sql_result_marks(x, k->include);
		break;
	}
	return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_id)
{
	*ret_id = (sqlite3_int64)cursor_of(base)->at;
	return SQLITE_OK;
}

int sql_register_service(struct catalogue *c)
{
	static const sqlite3_module module = {
		.xConnect = sql_connect,
		.xBestIndex = best_index,
		.xDisconnect = sql_disconnect,
		.xOpen = open_cursor,
		.xClose = close_cursor,
		.xFilter = filter,
		.xNext = next_row,
		.xEof = at_end,
		.xColumn = column,
		.xRowid = row_id,
	};

	return sql_register(c, "service", schema, &module);
}
