#include "place/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/text.h"
#include "base/zone.h"

#include "build_config.h"
#include "place/place_internal.h"

/* What a build may lack is NULL. */
static const struct place_kind *const kind_libloc = HAVE_LIBLOC ? &place_libloc : NULL;
static const struct place_kind *const kind_maxmind = HAVE_MAXMINDDB ? &place_maxmind : NULL;

/* Where `location update` puts one, and where Debian's libloc-database does. */
static const char *const usual_libloc[] = {
	"/var/lib/location/database.db",
	"/usr/share/libloc-location/location.db",
};

struct opened {
	const struct place_kind *kind;
	void *database;
};

struct places {
	struct opened *opened; /* in the order in which they are asked */
	size_t n_opened;
	char *source; /* or NULL */
	struct place_list **lists;
	size_t n_lists;
};

/* Adds "NAME, 2024-01-02" to what is said of the sources. */
static int name_source(struct places *p, const char *name, uint64_t created_s)
{
	uint64_t day = created_s / SECONDS_PER_DAY;
	char date[40] = "", *source = NULL;
	struct zone_date d;

	if (day && day <= 2932896) { /* 9999-12-31: what lies past it is no date */
		d = zone_date_of_day((int32_t)day);
		snprintf(date, sizeof(date), ", %04d-%02d-%02d", d.year, d.month, d.mday);
	}
	if (asprintf(&source, "%s%s%s%s", p->source ? p->source : "", p->source ? "; " : "", name,
		     date) < 0)
		return -ENOMEM;
	free(p->source);
	p->source = source;
	return 0;
}

static int open_one(struct places *p, const struct place_kind *kind, const char *path,
		    const char *name, struct diagnosis *d)
{
	struct opened *grown = realloc(p->opened, (p->n_opened + 1) * sizeof(*grown));
	struct opened one = { .kind = kind };
	int error;

	if (!grown)
		return -ENOMEM;
	p->opened = grown;
	error = kind->open(path, &one.database, d);
	if (error < 0)
		return error;
	p->opened[p->n_opened++] = one;
	return name_source(p, name, kind->created_s(one.database));
}

static int open_maxmind(struct places *p, const char *path, struct diagnosis *d)
{
	const char *slash = strrchr(path, '/');

	if (!kind_maxmind) {
		return diagnose(
			d, ERR_UNSUPPORTED,
			_("%s: this build reads no MaxMind databases (it lacks libmaxminddb)"),
			path);
	}
	return open_one(p, kind_maxmind, path, slash ? slash + 1 : path, d);
}

static int open_libloc(struct places *p, const char *path, struct diagnosis *d)
{
	if (!kind_libloc) {
		return diagnose(d, ERR_UNSUPPORTED,
				_("%s: this build reads no libloc databases (it lacks libloc)"),
				path);
	}
	return open_one(p, kind_libloc, path, "libloc", d);
}

/* Without a word of the configuration: the first that is there, or NULL. */
static const char *find_usual_libloc(void)
{
	for (size_t i = 0; kind_libloc && i < ARRAY_LENGTH(usual_libloc); i++) {
		if (access(usual_libloc[i], F_OK) == 0)
			return usual_libloc[i];
	}
	return NULL;
}

static int open_lists(struct places *p, const struct config *config, struct diagnosis *d)
{
	int error = 0;

	p->lists = calloc(config->n_lists + 1, sizeof(*p->lists));
	if (!p->lists)
		return -ENOMEM;
	for (; p->n_lists < config->n_lists && !error; p->n_lists += !error) {
		const struct config_list *l = &config->lists[p->n_lists];

		error = place_list_open(l->name, l->path, &p->lists[p->n_lists], d);
	}
	return error;
}

int places_open(const struct config *config, struct places **ret_places, struct diagnosis *d)
{
	const char *libloc = config->libloc ? config->libloc : find_usual_libloc();
	struct places *p = calloc(1, sizeof(*p));
	int error = p ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < config->n_maxmind; i++)
		error = open_maxmind(p, config->maxmind[i], d);
	if (!error && libloc && *libloc)
		error = open_libloc(p, libloc, d);
	if (!error)
		error = open_lists(p, config, d);
	if (error < 0) {
		places_close(p);
		return error;
	}
	*ret_places = p;
	return 0;
}

void places_close(struct places *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_opened; i++)
		p->opened[i].kind->close(p->opened[i].database);
	for (size_t i = 0; i < p->n_lists; i++)
		place_list_close(p->lists[i]);
	free(p->lists);
	free(p->opened);
	free(p->source);
	free(p);
}

bool places_find(const struct places *p, struct net_addr a, struct place *ret_place)
{
	struct place place = { .country = "" };

	for (size_t i = 0; i < p->n_opened; i++)
		p->opened[i].kind->find(p->opened[i].database, a, &place);
	for (size_t i = 0; i < p->n_lists; i++)
		place_list_find(p->lists[i], a, &place);
	*ret_place = place;
	return *place.country || place.as_number || *place.lists;
}

const char *places_source(const struct places *p)
{
	return p->source;
}

void place_take_country(struct place *place, const char *code, size_t length)
{
	if (*place->country || length != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' ||
	    code[1] > 'Z')
		return;
	memcpy(place->country, code, 2);
	place->country[2] = '\0';
}

/* Is the N-byte character at P one that draws nothing by itself but rules how others are drawn:
 * C0, DEL, C1, line separators, and the marks that turn the direction of writing? */
static bool is_control(const char *p, int n)
{
	unsigned char a = (unsigned char)p[0], b = n > 1 ? (unsigned char)p[1] : 0,
		      c = n > 2 ? (unsigned char)p[2] : 0;

	if (n == 1)
		return a < 0x20 || a == 0x7f;
	if (n == 2) /* U+0080 to U+009F, U+061C */
		return (a == 0xc2 && b < 0xa0) || (a == 0xd8 && b == 0x9c);
	/* U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069 */
	return n == 3 && a == 0xe2 &&
	       ((b == 0x80 && (c == 0x8e || c == 0x8f || (c >= 0xa8 && c <= 0xae))) ||
		(b == 0x81 && c >= 0xa6 && c <= 0xa9));
}

/* Takes whole characters as long as they fit; a byte that is none becomes '?'. */
static void clean_name(const char *name, char ret_name[PLACE_NAME_MAX])
{
	size_t used = 0;

	while (*name) {
		int n = text_utf8_length(name);
		size_t bytes = n ? (size_t)n : 1;

		if (used + bytes >= PLACE_NAME_MAX)
			break;
		if (!n) {
			ret_name[used++] = '?';
		} else if (!is_control(name, n)) {
			memcpy(ret_name + used, name, bytes);
			used += bytes;
		}
		name += bytes;
	}
	ret_name[used] = '\0';
}

void place_take_network(struct place *place, uint32_t as_number, const char *name, size_t length)
{
	char text[8 * PLACE_NAME_MAX];

	if (!as_number || (place->as_number && place->as_number != as_number))
		return;
	place->as_number = as_number;
	if (*place->as_name || !length)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)MIN(length, sizeof(text) - 1), name);
	clean_name(text, place->as_name);
}
