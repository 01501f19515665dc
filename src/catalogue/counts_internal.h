#ifndef SEKIMORI_CATALOGUE_COUNTS_INTERNAL_H
#define SEKIMORI_CATALOGUE_COUNTS_INTERNAL_H

#include "catalogue/catalogue_internal.h"

#define COUNTS_KEY_COLUMNS  "family, host, port, protocol, inside, marks"
#define COUNTS_CELL_COLUMNS COUNTS_KEY_COLUMNS ", packets, first_ns, last_ns, days"

/*
 * Is all that was seen of S marked as FTP data? Such services are mostly hidden, and can be a
 * hundred to one visible: they stand apart (derived_ftp_*), and questions do not step over them.
 * What the configuration says of their ports can change from call to call and does not matter here.
 */
bool counts_are_ftp_only(const struct tally_service *s);

/*
 * The union of all sets of marks that occur in S and lie within WITHIN. A question that allows
 * WITHIN gets the peers of this union; only such unions are stored.
 */
unsigned counts_present(const struct tally_service *s, unsigned within);

/* Puts these services' counts in the place of the stored ones. Within a transaction. */
must_check int counts_save(struct catalogue *c, const struct tally_service *list, size_t count,
			   struct diagnosis *d);

/*
 * Adds the stored packets, times and days of these services; with NEW_PEERS the peers too: the list
 * has only such as are not among those.
 */
must_check int counts_add_stored(struct catalogue *c, struct tally_service *list, size_t count,
				 bool new_peers, struct diagnosis *d);

/* Of a batch that is damaged since it was counted not all peers are met: where more are stored,
 * these are it. */
must_check int counts_keep_peers(struct catalogue *c, struct tally_service *list, size_t count,
				 struct diagnosis *d);

/* Adds a row of COUNTS_CELL_COLUMNS to its service. Returns 0 or an error of its days. */
must_check int counts_add_row(sqlite3_stmt *row, struct tally_service *s);

/*
 * The counts of HOST, or of all hosts (NULL), sorted, those of journals included; freed by
 * catalogue_counts_free. Of one moment. Services that are FTP data only are among them where
 * INCLUDE or their port brings them back: who does not find a service judges its FTP data as one
 * that nothing else speaks for.
 */
must_check int counts_load(struct catalogue *c, uint8_t include, const struct net_addr *host,
			   struct tally_service **ret_list, size_t *ret_count, struct diagnosis *d);

/* The same without peers, which costs less. */
must_check int counts_load_cells(struct catalogue *c, uint8_t include, const struct net_addr *host,
				 struct tally_service **ret_list, size_t *ret_count,
				 struct diagnosis *d);

/* All of one host's, without peers and without what journals have. */
must_check int counts_load_stored(struct catalogue *c, const struct net_addr *host,
				  struct tally_service **ret_list, size_t *ret_count,
				  struct diagnosis *d);

/*
 * The same of all hosts without their peers, loaded once as long as the catalogue is held
 * (catalogue_hold), and belonging to it: gone with the last release.
 */
must_check int counts_of_all(struct catalogue *c, uint8_t include,
			     const struct tally_service **ret_list, size_t *ret_count,
			     struct diagnosis *d);

/* The service of KEY's host, port and protocol in a sorted list; NULL when it is not there. */
const struct tally_service *counts_find(const struct tally_service *list, size_t count,
					const struct tally_service *key);

#endif
