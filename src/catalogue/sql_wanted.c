/* Constraints: what xBestIndex plans and xFilter reads. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/sql_internal.h"

#define TERMS_MAX     32
#define DISTANCE_S    (16LL * 3600) /* no zone is further from UTC */
#define OFFSET_STEP_S 900           /* offsets change on quarter hours at the finest */
#define LAST_SECOND   9223372036LL
#define SECONDS_TO_NS 1000000000LL

/* ---- planning ---- */

static bool is_local(char kind)
{
	return kind == SQL_LOCAL_TIME || kind == SQL_LOCAL_DATE;
}

/* The letter of an operator that narrows that kind of column, or 0. */
static char useful_operator(char kind, unsigned char op)
{
	bool ranged = kind == SQL_TIME_NS || is_local(kind);

	switch (op) {
	case SQLITE_INDEX_CONSTRAINT_EQ:
		return kind == SQL_OTHER ? 0 : '=';
	case SQLITE_INDEX_CONSTRAINT_GT:
	case SQLITE_INDEX_CONSTRAINT_GE:
		return ranged ? '>' : 0;
	case SQLITE_INDEX_CONSTRAINT_LT:
	case SQLITE_INDEX_CONSTRAINT_LE:
		return ranged ? '<' : 0;
	default:
		return 0;
	}
}

/* About how much of the table is left. */
static double share_left(char kind, char op)
{
	if (op == '<' || op == '>') {
		return 0.25;
	}
	return kind == SQL_TIME_NS || kind == SQL_LOCAL_TIME ? 1e-5
	       : kind == SQL_LOCAL_DATE                      ? 0.03
	       : kind == SQL_HOST                            ? 0.005
							     : 0.05;
}

/* Text compares as we take it only in the ordinary collation. */
static bool compares_plainly(sqlite3_index_info *info, int i, char kind)
{
	return (kind != SQL_HOST && !is_local(kind)) ||
	       !sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY");
}

int sql_best_index(const char *kinds, double rows, sqlite3_index_info *info)
{
	double read = MAX(rows, 1.0), out = read;
	char plan[2 * TERMS_MAX + 1];
	size_t n = 0;

	for (int i = 0; i < info->nConstraint && n < TERMS_MAX; i++) {
		const struct sqlite3_index_constraint *c = &info->aConstraint[i];
		char kind = ' ';
		char op;

		if (c->iColumn >= 0) {
			kind = kinds[c->iColumn];
		}
		op = useful_operator(kind, c->op);
		if (!c->usable || !op || !compares_plainly(info, i, kind)) {
			continue;
		}
		if ((kind == SQL_HOST || kind == SQL_PORT) && sqlite3_vtab_in(info, i, -1)) {
			sqlite3_vtab_in(info, i, 1);
			op = 'i';
		}
		plan[2 * n] = kind;
		plan[2 * n + 1] = op;
		info->aConstraintUsage[i].argvIndex = (int)++n;
		out *= share_left(kind, op);
		/* Time spares whole groups; of a group's summary all series are read. */
		read *= kind == SQL_HOST || kind == SQL_PORT ? 0.1 : share_left(kind, op);
	}
	plan[2 * n] = '\0';
	info->idxStr = sqlite3_mprintf("%s", plan);
	info->needToFreeIdxStr = 1;
	info->estimatedCost = 1000 + read + 10 * out;
	info->estimatedRows = (sqlite3_int64)MAX(out, 1.0);
	return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

/* ---- time ---- */

static void narrow(struct sql_wanted *w, int64_t from_ns, int64_t to_ns)
{
	w->from_ns = MAX(w->from_ns, from_ns);
	w->to_ns = MIN(w->to_ns, to_ns);
}

/* A number with a point may be off by what a double cannot hold. */
static void want_time_ns(struct sql_wanted *w, char op, sqlite3_value *v)
{
	int64_t from_ns, to_ns;

	if (sqlite3_value_numeric_type(v) == SQLITE_INTEGER) {
		from_ns = to_ns = sqlite3_value_int64(v);
	} else if (sqlite3_value_numeric_type(v) == SQLITE_FLOAT) {
		double x = sqlite3_value_double(v);

		if (!(x > -9e18 && x < 9e18)) {
			return;
		}
		from_ns = (int64_t)x - 4096;
		to_ns = (int64_t)x + 4096;
	} else {
		return;
	}
	narrow(w, op == '<' ? INT64_MIN : from_ns, op == '>' ? INT64_MAX : to_ns);
}

static bool has_shape(const char *text, const char *shape)
{
	for (; *shape; shape++, text++) {
		if (*shape == '0' ? !isdigit((unsigned char)*text) : *text != *shape) {
			return false;
		}
	}
	return true;
}

/*
 * The longest beginning of TEXT that is a local time or, for DATES, a date, in seconds of the local
 * clock, and the seconds it stands for. Returns false when there is none.
 */
static bool local_beginning(const char *text, bool dates, int64_t *ret_local_s,
			    int64_t *ret_length_s)
{
	static const struct {
		const char *shape, *rest;
		int64_t length_s;
	} forms[] = {
		{ "0000-00-00T00:00:00", "Z", 1 },
		{ "0000-00-00T00:00", ":00Z", 60 },
		{ "0000-00-00", "T00:00:00Z", 86400 },
		{ "0000-00", "-01T00:00:00Z", 31LL * 86400 },
		{ "0000", "-01-01T00:00:00Z", 366LL * 86400 },
	};

	for (size_t i = dates ? 2 : 0; i < ARRAY_LENGTH(forms); i++) {
		char whole[64];
		uint64_t ns;

		if (!has_shape(text, forms[i].shape)) {
			continue;
		}
		(void)sqlite3_snprintf((int)sizeof(whole), whole, "%.*s%s",
				       (int)strlen(forms[i].shape), text, forms[i].rest);
		/* As if the local clock were UTC's. */
		if (zone_parse(whole, &ns, NULL) < 0) {
			return false;
		}
		*ret_local_s = (int64_t)(ns / NS_PER_SECOND);
		*ret_length_s = forms[i].length_s;
		return true;
	}
	return false;
}

/* The smallest and the greatest offset that may be in force when local clocks read LOCAL_S. */
static void offsets_near(int64_t local_s, int32_t *ret_least, int32_t *ret_most)
{
	*ret_least = *ret_most = zone_offset_s(local_s);
	for (int64_t at = local_s - DISTANCE_S; at <= local_s + DISTANCE_S; at += OFFSET_STEP_S) {
		int32_t offset = zone_offset_s(at);

		*ret_least = MIN(*ret_least, offset);
		*ret_most = MAX(*ret_most, offset);
	}
}

static int64_t to_ns(int64_t s)
{
	return s < 0 ? 0 : s > LAST_SECOND ? INT64_MAX : s * SECONDS_TO_NS;
}

/*
 * Times and dates compare as texts. A row's text begins with the local date and time in a fixed
 * width, so that a row at or after the text is not before its beginning, and one at or before it
 * not past the end of that. A clock that is set back makes both bounds wider.
 */
static void want_local(struct sql_wanted *w, char kind, char op, sqlite3_value *v)
{
	const char *text = (const char *)sqlite3_value_text(v);
	int64_t local_s, length_s;
	int32_t least, most;

	if (sqlite3_value_type(v) == SQLITE_BLOB || !text ||
	    !local_beginning(text, kind == SQL_LOCAL_DATE, &local_s, &length_s)) {
		return;
	}
	if (op != '<') {
		offsets_near(local_s, &least, &most);
		narrow(w, to_ns(local_s - most), INT64_MAX);
	}
	if (op != '>') {
		offsets_near(local_s + length_s, &least, &most);
		narrow(w, INT64_MIN, to_ns(local_s + length_s - least));
	}
}

/* ---- hosts and ports ---- */

static int addr_order(const void *a, const void *b)
{
	return addr_compare(*(const struct net_addr *)a, *(const struct net_addr *)b);
}

/* What is no address in text equals no host. */
static int add_host(struct sql_wanted *w, sqlite3_value *v)
{
	const char *text = (const char *)sqlite3_value_text(v);
	struct net_addr addr, *grown;

	if (!text || !addr_parse(text, &addr)) {
		return 0;
	}
	grown = realloc(w->hosts, (w->n_hosts + 1) * sizeof(*grown));
	if (!grown) {
		return -ENOMEM;
	}
	w->hosts = grown;
	w->hosts[w->n_hosts++] = addr;
	return 0;
}

static int add_port(struct sql_wanted *w, sqlite3_value *v)
{
	/* "80" equals 80 in a column of integers, and so does 80.0. */
	int type = sqlite3_value_numeric_type(v);
	double x = sqlite3_value_double(v);

	if ((type == SQLITE_INTEGER || type == SQLITE_FLOAT) && x >= 0 && x <= 65535) {
		unsigned port = (unsigned)x;

		w->ports.words[port / 64] |= 1ULL << port % 64;
	}
	return 0;
}

static int want_set(struct sql_wanted *w, char op, sqlite3_value *v,
		    int (*add)(struct sql_wanted *w, sqlite3_value *v))
{
	sqlite3_value *one;
	int error = 0, step;

	if (op == '=') {
		return add(w, v);
	}
	for (step = sqlite3_vtab_in_first(v, &one); step == SQLITE_OK && one && !error;
	     step = sqlite3_vtab_in_next(v, &one)) {
		error = add(w, one);
	}
	return step == SQLITE_NOMEM ? -ENOMEM : error;
}

/* Of several sets of hosts or of ports the first narrows, and SQLite does the rest. */
static int want(struct sql_wanted *w, char kind, char op, sqlite3_value *v)
{
	int error = 0;

	if (op != 'i' && sqlite3_value_type(v) == SQLITE_NULL) {
		w->nothing = true;
	} else if (kind == SQL_TIME_NS) {
		want_time_ns(w, op, v);
	} else if (is_local(kind)) {
		want_local(w, kind, op, v);
	} else if (kind == SQL_PORT && w->every_port) {
		w->every_port = false;
		error = want_set(w, op, v, add_port);
	} else if (kind == SQL_HOST && !w->hosts) {
		error = want_set(w, op, v, add_host);
		w->nothing |= !w->hosts;
		if (w->hosts) {
			qsort(w->hosts, w->n_hosts, sizeof(*w->hosts), addr_order);
		}
	}
	return error;
}

int sql_wanted_read(const char *plan, int n_values, sqlite3_value **values,
		    struct sql_wanted *ret_wanted)
{
	int error = 0;

	*ret_wanted =
		(struct sql_wanted){ .from_ns = INT64_MIN, .to_ns = INT64_MAX, .every_port = true };
	for (int i = 0; i < n_values && !error; i++, plan += 2) {
		error = want(ret_wanted, plan[0], plan[1], values[i]);
	}
	ret_wanted->nothing |= ret_wanted->from_ns > ret_wanted->to_ns;
	return error;
}

void sql_wanted_finish(struct sql_wanted *w)
{
	free(w->hosts);
	w->hosts = NULL;
	w->n_hosts = 0;
}

bool sql_wants_series(const struct sql_wanted *w, const struct part_series *s)
{
	return (w->every_port || port_set_has(&w->ports, s->port)) &&
	       (!w->hosts ||
		bsearch(&s->host, w->hosts, w->n_hosts, sizeof(*w->hosts), addr_order));
}
