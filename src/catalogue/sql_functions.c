/* Scalar functions: addresses and times in SQL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/sql_internal.h"

/* The first argument as an address; false when it is none. */
static bool addr_argument(sqlite3_value *v, struct net_addr *ret_addr)
{
	const char *text = (const char *)sqlite3_value_text(v);

	return text && addr_parse(text, ret_addr);
}

/* in_net(address, prefix): 1 or 0; NULL for what is no address. A wrong prefix is an error. */
static void in_net(sqlite3_context *x, int argc, sqlite3_value **argv)
{
	const char *text = (const char *)sqlite3_value_text(argv[1]);
	struct net_prefix *kept = sqlite3_get_auxdata(x, 1), prefix;
	struct diagnosis d = { "" };
	struct net_addr addr;

	(void)argc;
	if (!text || !addr_argument(argv[0], &addr)) {
		return;
	}
	if (kept) {
		sqlite3_result_int(x, prefix_contains(*kept, addr));
		return;
	}
	if (prefix_parse(text, &prefix, &d) < 0) {
		sqlite3_result_error(x, d.text, -1);
		return;
	}
	sqlite3_result_int(x, prefix_contains(prefix, addr));
	kept = malloc(sizeof(*kept));
	if (kept) {
		*kept = prefix;
		sqlite3_set_auxdata(x, 1, kept, free);
	}
}

/* scanner(address): the name that the configuration gives it; NULL for what is no known scanner. */
static void scanner(sqlite3_context *x, int argc, sqlite3_value **argv)
{
	const struct catalogue *c = sqlite3_user_data(x);
	struct net_addr addr;
	const char *name;

	(void)argc;
	name = addr_argument(argv[0], &addr) ? config_scanner_name(c->config, addr) : NULL;
	if (name)
		sqlite3_result_text(x, name, -1, SQLITE_TRANSIENT);
}

/* addr_key(address): a text that sorts as addresses do, IPv4 first; NULL for what is no address. */
static void addr_key(sqlite3_context *x, int argc, sqlite3_value **argv)
{
	struct net_addr a;
	char text[64];

	(void)argc;
	if (!addr_argument(argv[0], &a)) {
		return;
	}
	if (addr_is_v4(a)) {
		(void)snprintf(text, sizeof(text), "4:%08x", addr_v4(a));
	} else {
		(void)snprintf(text, sizeof(text), "6:%016llx%016llx", (unsigned long long)a.hi,
			       (unsigned long long)a.lo);
	}
	sqlite3_result_text(x, text, -1, SQLITE_TRANSIENT);
}

/* instant(text): nanoseconds since 1970 in UTC; the site's zone where the text says none. */
static void instant(sqlite3_context *x, int argc, sqlite3_value **argv)
{
	const char *text = (const char *)sqlite3_value_text(argv[0]);
	struct diagnosis d = { "" };
	uint64_t ns;

	(void)argc;
	if (!text) {
		return;
	}
	if (zone_parse(text, &ns, &d) < 0) {
		sqlite3_result_error(x, d.text, -1);
	} else {
		sqlite3_result_int64(x, (sqlite3_int64)ns);
	}
}

/* local_time(ns): as the column `time` writes it. */
static void local_time(sqlite3_context *x, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (sqlite3_value_type(argv[0]) != SQLITE_NULL) {
		sql_result_time(x, (uint64_t)sqlite3_value_int64(argv[0]));
	}
}

int sql_register_functions(struct catalogue *c)
{
	static const struct {
		const char *name;
		int arguments;
		void (*fn)(sqlite3_context *x, int argc, sqlite3_value **argv);
	} functions[] = {
		{ "in_net", 2, in_net },         { "scanner", 1, scanner },
		{ "addr_key", 1, addr_key },     { "instant", 1, instant },
		{ "local_time", 1, local_time },
	};
	int code = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_LENGTH(functions) && code == SQLITE_OK; i++) {
		code = sqlite3_create_function_v2(c->db, functions[i].name, functions[i].arguments,
						  SQLITE_UTF8 | SQLITE_DETERMINISTIC |
							  SQLITE_INNOCUOUS,
						  c, functions[i].fn, NULL, NULL, NULL);
	}
	return code;
}
