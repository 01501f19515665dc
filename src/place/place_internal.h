#ifndef SEKIMORI_PLACE_PLACE_INTERNAL_H
#define SEKIMORI_PLACE_PLACE_INTERNAL_H

#include <stddef.h>

#include "place/place.h"

/* One kind of database, each in a file of its own. */
struct place_kind {
	/* To be closed by the caller. Errors as places_open says. */
	must_check int (*open)(const char *path, void **ret_database, struct diagnosis *d);
	/* Completes what PLACE has. */
	void (*find)(const void *database, struct net_addr a, struct place *place);
	/* When it was made, by its own words, in seconds from 1970-01-01; 0: not said. */
	uint64_t (*created_s)(const void *database);
	void (*close)(void *database);
};

/* One list that the configuration names. Errors: ERR_USAGE with file, line and value in D, -ENOMEM,
 * -errno. */
struct place_list;

must_check int place_list_open(const char *name, const char *path, struct place_list **ret_list,
			       struct diagnosis *d);
void place_list_close(struct place_list *l); /* takes NULL */

/* Adds its name and date to what PLACE says, where it has the address. */
void place_list_find(const struct place_list *l, struct net_addr a, struct place *place);

extern const struct place_kind place_libloc, place_maxmind;

/* These take what is not known yet, and only that: a code that may be a country's; the number, and
 * the name if it is that number's. LENGTH bytes, no NUL needed. */
void place_take_country(struct place *place, const char *code, size_t length);
void place_take_network(struct place *place, uint32_t as_number, const char *name, size_t length);

#endif
