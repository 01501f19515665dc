#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/config_internal.h"
#include "base/i18n.h"

enum column {
	COLUMN_ADDRESS,
	COLUMN_NAME,
	COLUMN_OWNER,
	COLUMN_DEPARTMENT,
	COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = { "address", "name", "owner", "department" };

static int host_order(const void *a, const void *b)
{
	return addr_compare(((const struct config_host *)a)->addr,
			    ((const struct config_host *)b)->addr);
}

/* What is said later of the same host stands, field by field; an empty field says nothing. */
static void merge_host(struct config_host *into, struct config_host *later)
{
	char **old[] = { &into->name, &into->owner, &into->department };
	char *new[] = { later->name, later->owner, later->department };

	for (size_t i = 0; i < ARRAY_LENGTH(new); i++) {
		char *loser = *new[i] ? *old[i] : new[i];

		if (*new[i])
			*old[i] = new[i];
		free(loser);
	}
}

static int host_order_then_place(const void *a, const void *b)
{
	const struct config_host *x = a, *y = b;
	int order = addr_compare(x->addr, y->addr);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

void config_sort_hosts(struct config *c)
{
	size_t kept = 0;

	if (!c->n_hosts)
		return;
	for (size_t i = 0; i < c->n_hosts; i++)
		c->hosts[i].place = i;
	qsort(c->hosts, c->n_hosts, sizeof(*c->hosts), host_order_then_place);
	for (size_t i = 0; i < c->n_hosts; i++) {
		if (kept && addr_equal(c->hosts[kept - 1].addr, c->hosts[i].addr)) {
			merge_host(&c->hosts[kept - 1], &c->hosts[i]);
		} else {
			c->hosts[kept++] = c->hosts[i];
		}
	}
	c->n_hosts = kept;
}

const struct config_host *config_host(const struct config *c, struct net_addr host)
{
	const struct config_host key = { .addr = host };

	return c->n_hosts ? bsearch(&key, c->hosts, c->n_hosts, sizeof(key), host_order) : NULL;
}

int config_add_host(struct config *c, struct net_addr addr, const char *name, const char *owner,
		    const char *department)
{
	struct config_host h = { addr, strdup(name), strdup(owner), strdup(department), 0 };

	if (h.name && h.owner && h.department && c->n_hosts == c->hosts_room) {
		size_t room = c->hosts_room ? 2 * c->hosts_room : 64;
		struct config_host *grown = realloc(c->hosts, room * sizeof(*grown));

		if (grown) {
			c->hosts = grown;
			c->hosts_room = room;
		}
	}
	if (!h.name || !h.owner || !h.department || c->n_hosts == c->hosts_room) {
		free(h.name);
		free(h.owner);
		free(h.department);
		return -ENOMEM;
	}
	c->hosts[c->n_hosts++] = h;
	return 0;
}

static int take_header(char *line, int ret_place[COLUMN_COUNT], struct diagnosis *d)
{
	char *fields[CONFIG_CSV_FIELDS_MAX];
	int n;

	if (!strncmp(line, "\xef\xbb\xbf", 3)) /* a spreadsheet's byte order mark */
		line += 3;
	n = config_csv_split(line, fields, d);
	for (int c = 0; c < COLUMN_COUNT; c++) {
		ret_place[c] = -1;
		for (int i = 0; i < n; i++) {
			if (!strcasecmp(fields[i], column_names[c]))
				ret_place[c] = i;
		}
	}
	if (ret_place[COLUMN_ADDRESS] < 0) {
		return diagnose(d, ERR_USAGE, _("no column \"address\" in the header \"%.60s\""),
				line);
	}
	return 0;
}

static int take_row(struct config *c, char *line, const int place[COLUMN_COUNT],
		    struct diagnosis *d)
{
	const char *text[COLUMN_COUNT];
	char *fields[CONFIG_CSV_FIELDS_MAX];
	struct net_addr addr;
	int n = config_csv_split(line, fields, d);

	if (n < 0)
		return n;
	if (n == 1 && !*fields[0])
		return 0;
	for (int i = 0; i < COLUMN_COUNT; i++)
		text[i] = place[i] >= 0 && place[i] < n ? fields[place[i]] : "";
	if (!addr_parse(text[COLUMN_ADDRESS], &addr)) {
		return diagnose(d, ERR_USAGE, _("\"%.60s\" is not an address"),
				text[COLUMN_ADDRESS]);
	}
	return config_add_host(c, addr, text[COLUMN_NAME], text[COLUMN_OWNER],
			       text[COLUMN_DEPARTMENT]);
}

int config_hosts_read(struct config *c, const char *path, struct diagnosis *d)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int error = 0, number = 0, place[COLUMN_COUNT];

	if (!file)
		return diagnose(d, -errno, "%s: %s", path, strerror(errno));
	while (!error && getline(&line, &room, file) >= 0) {
		number++;
		error = number == 1 ? take_header(line, place, d) : take_row(c, line, place, d);
	}
	if (!error && ferror(file))
		error = diagnose(d, -EIO, "%s", strerror(EIO));
	if (error < 0)
		diagnose_prefix(d, error, "%s:%d", path, number);
	free(line);
	(void)fclose(file);
	config_sort_hosts(c);
	return error;
}
