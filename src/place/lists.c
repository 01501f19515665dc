/*
 * Lists of addresses that people name: a prefix a line, comments behind # or ;. They may hold
 * hundreds of thousands, and one prefix within another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/i18n.h"
#include "base/prefix.h"
#include "base/zone.h"

#include "place/place_internal.h"

#define LINE_MAX_BYTES 1024

struct place_list {
	char *name;
	char date[16];             /* of the file's last change; "" when it tells none */
	struct addr_range *ranges; /* disjoint, sorted numerically */
	size_t n, room;
};

static int range_order(const void *a, const void *b)
{
	const struct addr_range *x = a, *y = b;
	int order = addr_compare_numeric(x->first, y->first);

	/* Of two that begin alike, the one that holds the other. */
	return order ? order : addr_compare_numeric(y->last, x->last);
}

/* What lies within another one goes: prefixes are nested or apart. */
static void unite(struct place_list *l)
{
	size_t kept = 0;

	if (l->n)
		qsort(l->ranges, l->n, sizeof(*l->ranges), range_order);
	for (size_t i = 0; i < l->n; i++) {
		if (!kept || addr_compare_numeric(l->ranges[i].first, l->ranges[kept - 1].last) > 0)
			l->ranges[kept++] = l->ranges[i];
	}
	l->n = kept;
}

static int take_line(struct place_list *l, char *line, struct diagnosis *d)
{
	char *text = line + strspn(line, " \t");
	struct addr_range ranges[2];
	struct net_prefix p;
	void *grown;
	size_t n;
	int error;

	text[strcspn(text, " \t\r\n#;,")] = '\0';
	if (!*text)
		return 0;
	error = prefix_parse(text, &p, d);
	if (error < 0)
		return error;
	n = prefix_ranges(p, ranges);
	for (size_t i = 0; i < n; i++) {
		grown = array_make_room(l->ranges, l->n, &l->room, sizeof(*l->ranges));
		if (!grown)
			return -ENOMEM;
		l->ranges = grown;
		l->ranges[l->n++] = ranges[i];
	}
	return 0;
}

static int read_lines(struct place_list *l, FILE *file, const char *path, struct diagnosis *d)
{
	char line[LINE_MAX_BYTES];
	unsigned number = 0;
	int error = 0;

	while (!error && fgets(line, sizeof(line), file)) {
		number++;
		if (!strchr(line, '\n') && !feof(file))
			return diagnose(d, ERR_USAGE, _("%s:%u: the line is too long"), path,
					number);
		error = take_line(l, line, d);
		if (error < 0)
			return diagnose_prefix(d, error, "%s:%u", path, number);
	}
	return ferror(file) ? diagnose(d, -EIO, "%s: %s", path, strerror(EIO)) : error;
}

static void tell_date(struct place_list *l, FILE *file)
{
	struct stat st;
	struct zone_date date;

	if (fstat(fileno(file), &st) < 0 || st.st_mtim.tv_sec <= 0)
		return;
	date = zone_date((uint64_t)st.st_mtim.tv_sec * NS_PER_SECOND);
	snprintf(l->date, sizeof(l->date), "%04d-%02d-%02d", date.year % 10000, date.month % 100,
		 date.mday % 100);
}

int place_list_open(const char *name, const char *path, struct place_list **ret_list,
		    struct diagnosis *d)
{
	FILE *file = fopen(path, "re");
	struct place_list *l;
	int error;

	if (!file)
		return diagnose(d, -errno, "%s: %s", path, strerror(errno));
	l = calloc(1, sizeof(*l));
	error = l && (l->name = strdup(name)) ? read_lines(l, file, path, d) : -ENOMEM;
	if (!error)
		tell_date(l, file);
	(void)fclose(file);
	if (error < 0) {
		place_list_close(l);
		return error;
	}
	unite(l);
	*ret_list = l;
	return 0;
}

void place_list_close(struct place_list *l)
{
	if (!l)
		return;
	free(l->name);
	free(l->ranges);
	free(l);
}

void place_list_find(const struct place_list *l, struct net_addr a, struct place *place)
{
	size_t low = 0, high = l->n, used = strlen(place->lists);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare_numeric(l->ranges[middle].last, a) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == l->n || addr_compare_numeric(l->ranges[low].first, a) > 0)
		return;
	snprintf(place->lists + used, sizeof(place->lists) - used, "%s%s%s%s%s", used ? ", " : "",
		 l->name, *l->date ? " (" : "", l->date, *l->date ? ")" : "");
}
