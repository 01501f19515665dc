/* The networks that people gave: kept, and taken back. */
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "catalogue/catalogue_internal.h"

int catalogue_keep_networks(struct catalogue *c, const struct prefix_set *networks,
			    struct diagnosis *d)
{
	int error = 0;

	for (size_t i = 0; i < networks->n_prefixes && !error; i++) {
		char text[PREFIX_TEXT_MAX];
		sqlite3_stmt *s;

		error = catalogue_prepare(c, "INSERT OR IGNORE INTO kept_network VALUES(?)", &s, d);
		if (error < 0)
			return error;
		sqlite3_bind_text(s, 1, prefix_format(networks->prefixes[i], text), -1,
				  SQLITE_TRANSIENT);
		error = catalogue_finish(c, s, d);
	}
	return error;
}

/* "192.0.2.0/24, 2001:db8::/32", as far as there is room. */
static int list_networks(struct catalogue *c, char *ret_text, size_t room, int *ret_count,
			 struct diagnosis *d)
{
	sqlite3_stmt *s;
	size_t used = 0;
	int step, error = catalogue_prepare(c, "SELECT prefix FROM kept_network ORDER BY prefix",
					    &s, d);

	if (error < 0)
		return error;
	ret_text[0] = '\0';
	for (*ret_count = 0; (step = sqlite3_step(s)) == SQLITE_ROW; ++*ret_count) {
		if (used < room) {
			used += (size_t)snprintf(ret_text + used, room - used, "%s%s",
						 *ret_count ? ", " : "",
						 (const char *)sqlite3_column_text(s, 0));
		}
	}
	if (step != SQLITE_DONE)
		error = catalogue_sql_error(c, d);
	sqlite3_finalize(s);
	return error;
}

static int forget(struct catalogue *c, const char *network, struct diagnosis *d)
{
	char others[300];
	sqlite3_stmt *s;
	int count = 0,
	    error = catalogue_prepare(c, "DELETE FROM kept_network WHERE prefix = ?", &s, d);

	if (error < 0)
		return error;
	sqlite3_bind_text(s, 1, network, -1, SQLITE_TRANSIENT);
	error = catalogue_finish(c, s, d);
	if (!error)
		error = list_networks(c, others, sizeof(others), &count, d);
	if (error < 0)
		return error;
	if (!sqlite3_changes(c->db)) {
		return diagnose(d, ERR_USAGE, _("the store does not remember %s, but %s"), network,
				count ? others : _("none"));
	}
	return count ? 0
		     : diagnose(
			       d, ERR_USAGE,
			       _("%s is the only network that the store remembers: name the right one"
				 " with --net in the same call"),
			       network);
}

int catalogue_forget_network(struct catalogue *c, struct net_prefix network,
			     const struct prefix_set *instead, struct diagnosis *d)
{
	char text[PREFIX_TEXT_MAX];
	int error = catalogue_exec(c, "BEGIN IMMEDIATE", d);

	if (error < 0)
		return error;
	error = catalogue_keep_networks(c, instead, d);
	if (!error)
		error = forget(c, prefix_format(network, text), d);
	if (!error)
		error = catalogue_exec(c, "COMMIT", d);
	if (error < 0)
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	return error;
}
