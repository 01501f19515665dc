/*
 * The parts of all batches as questions about records read them: an index of their groups, made
 * once from the directories, and a few parts kept open with what visibility says of their series
 * and peers.
 */
#ifndef SEKIMORI_CATALOGUE_SHELF_INTERNAL_H
#define SEKIMORI_CATALOGUE_SHELF_INTERNAL_H

#include "catalogue/catalogue_internal.h"

struct shelf_file {
	uint32_t batch; /* of the shelf's names */
	char name[16];
};

struct shelf_group {
	uint32_t file, group, hour;
	bool bare; /* without details */
};

enum shelf_series {
	SHELF_SHOWN = 1,    /* neither its stored marks nor its host nor who elicited it hide it */
	SHELF_EXCLUDED = 2, /* its host is declared a honeypot or an experiment */
	SHELF_OWN = 4,      /* only our own scans elicited it */
};

struct shelf_part {
	struct part *part;
	uint8_t *series;  /* by series: a set of enum shelf_series */
	uint8_t *inside;  /* by peer: 1 when it is in the site's networks; NULL when none is */
	unsigned holders; /* the shelf is one of them as long as it keeps the part */
	uint32_t file;
	uint64_t used; /* when last asked for; the oldest goes first */
	size_t bytes;  /* about what it takes in memory */
};

#define SHELF_PARTS_MAX 16

struct shelf {
	struct catalogue *catalogue;
	uint8_t include;
	struct tally_service *overall; /* sorted: what visibility of FTP data is judged by */
	size_t n_overall;
	char (*batches)[BATCH_NAME_MAX];
	size_t n_batches;
	uint64_t live_generation; /* of the archive, when it was indexed */
	struct shelf_file *files;
	size_t n_files, files_room;
	struct shelf_group *groups; /* by file, then as they are in it */
	size_t n_groups, groups_room;
	struct shelf_part *open[SHELF_PARTS_MAX];
	uint64_t clock;
};

/*
 * Indexes the whole archive of C. INCLUDE is what SHELF_SHOWN is judged with. HOST narrows the
 * counts that it is judged by (NULL: all hosts). Returns 0 or what the archive says.
 */
must_check int shelf_new(struct catalogue *c, uint8_t include, const struct net_addr *host,
			 struct shelf **ret_shelf, struct diagnosis *d);
void shelf_free(struct shelf *s); /* takes NULL */

/* Is the archive still what was indexed? False when that cannot be told. */
bool shelf_is_current(const struct shelf *s);

/* The part of a file, its dictionaries loaded; the caller gives it back. Not thread-safe. */
must_check int shelf_take(struct shelf *s, uint32_t file, struct shelf_part **ret_part,
			  struct diagnosis *d);
void shelf_give_back(struct shelf_part *p); /* takes NULL */

/* Says in which file, before what D says already. Returns ERROR. */
int shelf_diagnose(const struct shelf *s, uint32_t file, int error, struct diagnosis *d);

/* After ERROR: was the file's batch replaced since it was indexed, and its files removed? */
bool shelf_has_lost(const struct shelf *s, uint32_t file, int error);

/* catalogue_pass_over, for the file's batch. */
must_check int shelf_pass_over(struct shelf *s, uint32_t file, int error,
			       const struct diagnosis *words, struct diagnosis *d);

/* The marks that are judged of a series when it is asked for. */
static inline uint8_t shelf_marks(const struct shelf_part *p, uint32_t series)
{
	return (uint8_t)((p->series[series] & SHELF_EXCLUDED ? MARK_EXCLUDED : 0) |
			 (p->series[series] & SHELF_OWN ? MARK_OWN_SCAN : 0));
}

static inline bool shelf_is_inside(const struct shelf_part *p, uint32_t peer)
{
	return p->inside && p->inside[peer];
}

#endif
