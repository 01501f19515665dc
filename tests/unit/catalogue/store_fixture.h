/* A store in a temporary folder, filled with random sightings, and the same sightings in an array
 * for plain answers. */
#ifndef SEKIMORI_TESTS_STORE_FIXTURE_H
#define SEKIMORI_TESTS_STORE_FIXTURE_H

#include "catalogue/catalogue.h"

struct store {
	char path[64];
	const char *zone;
	uint64_t start_ns; /* sightings are made for five days from here on */
	uint64_t random;   /* state */
	unsigned serial;   /* of captures */
	struct config config;
	struct archive *archive;
	struct catalogue *catalogue;
	struct sighting *sightings; /* all that was committed, times cut to milliseconds */
	size_t n;
};

/* Makes an empty store and opens it. Aborts the test when it cannot, as do all calls here. */
void store_make(struct store *s, const char *zone, uint64_t start_s);

/* Closes and removes it. */
void store_remove(struct store *s);

void store_close(struct store *s);

/* As questions do, with journals. Returns what archive_open or catalogue_open says. */
int store_open(struct store *s, enum archive_mode mode, int flags);

/* Another configuration's served_ports, from this moment until the store is opened again. */
void store_serve(struct store *s, const char *ports);

uint64_t store_random(struct store *s, uint64_t below);

/* Makes N sightings: few hosts of both families, served and high ports, marks, peers inside. The
 * caller frees. */
struct sighting *store_draw(struct store *s, size_t n);

/*
 * Writes sightings as a batch of PARTS parts and remembers them. COUNTED: through catalogue_commit
 * and catalogue_count; else only into the archive, as if the process had died before it counted.
 * Returns the commit's word.
 */
int store_add(struct store *s, const struct sighting *sightings, size_t n, size_t parts,
	      bool counted);

/* Notes sightings that came into the store in another way. */
void store_remember(struct store *s, const struct sighting *sightings, size_t n);

/* BATCHES batches of N sightings each. */
void store_fill(struct store *s, size_t batches, size_t n);

/* The text of the first column of the only row, or "" for none, in a static buffer. */
const char *store_sql(struct sqlite3 *db, const char *sql);

/* All rows of all columns as one text, which the caller frees; aborts on an SQL error. */
char *store_sql_rows(struct sqlite3 *db, const char *sql);

/* ---- plain answers ---- */

/* Is the sighting visible, judged by a look at all of them? */
bool plain_is_visible(const struct store *s, const struct sighting *one, uint8_t include);

/* Stored marks, and INSIDE and EXCLUDED. */
uint8_t plain_marks(const struct store *s, const struct sighting *one);

#endif
