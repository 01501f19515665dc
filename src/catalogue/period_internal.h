/*
 * How a period is counted (period.h). period_scan.c: which parts hold it, cut into slices, each of
 * one local day. period_services.c: dense numbers for the services in them. period_ids.c: dense ids
 * for their peers. period_count.c: two threads count days. period.c, period_visits.c,
 * period_history.c: what comes out.
 */
#ifndef SEKIMORI_CATALOGUE_PERIOD_INTERNAL_H
#define SEKIMORI_CATALOGUE_PERIOD_INTERNAL_H

#include "archive/part.h"
#include "base/threads.h"
#include "catalogue/catalogue_internal.h"
#include "catalogue/period.h"

#define PERIOD_SHOWN 0xff /* not among what is left out */
#define PERIOD_OTHER 0xfe /* nor of the site: of a network that was forgotten */

struct period_series {
	uint32_t service; /* of the scan's */
	uint8_t left;     /* enum period_left, PERIOD_SHOWN or PERIOD_OTHER */
};

struct period_file {
	uint32_t batch; /* of the scan's names */
	char name[16];
	uint32_t n_v4, n_v6, n_series;
	struct period_series *series;
	uint32_t *ids;       /* by rank; until period_ids_make, the IPv4 addresses stand in it */
	struct net_addr *v6; /* until then */
};

/* What of a group lies in one local day. */
struct period_slice {
	uint32_t day; /* of the period */
	uint32_t file, group;
	uint32_t from_ms, to_ms; /* within the hour; all of it: 0 to PART_MS_PER_HOUR */
	uint32_t records;        /* of the group */
};

/* The peers of all files, ascending, IPv4 before IPv6; the id is the place. */
struct period_ids {
	uint32_t *v4;
	struct net_addr *v6;
	uint32_t n_v4, n_v6;
	size_t v4_room;
	uint8_t *inside;   /* by id: is it in the site's networks? NULL when none is */
	uint8_t *unwanted; /* by id: not whose knocking counts; NULL when all are wanted */
};

struct period_scan {
	struct catalogue *catalogue;
	const struct period_query *query;
	uint64_t *day_ns; /* [days + 1] when each begins */
	uint32_t n_days;
	bool holding;           /* the catalogue */
	pthread_mutex_t damage; /* of the catalogue, noted by two threads */
	/* The store's of all times (counts_of_all), the catalogue's own: visibility is judged by
	 * them. */
	const struct tally_service *overall;
	size_t n_overall;
	struct period_service *services; /* in any of the files; sorted, packets 0 */
	size_t n_services, services_room;
	char (*batches)[BATCH_NAME_MAX];
	size_t n_batches;
	struct period_file *files;
	size_t n_files, files_room;
	struct period_slice *slices; /* by day, then by file */
	size_t n_slices, slices_room;
	size_t *day_slices;         /* [days + 1] where each day's begin */
	struct batch_flood *floods; /* what was only counted, of the period's time */
	size_t n_floods;
	struct period_ids ids;
};

/* Everything but ids and counting. period_scan_finish in any case. */
must_check int period_scan_init(struct period_scan *s, struct catalogue *c,
				const struct period_query *q, struct diagnosis *d);
void period_scan_finish(struct period_scan *s);

/* catalogue_pass_over, for a batch of the scan's; from any thread. */
must_check int period_pass_over(struct period_scan *s, uint32_t batch, int error,
				const struct diagnosis *words, struct diagnosis *d);

/*
 * Notes that a series of this service is in a file, and numbers it for now. Of one file's series,
 * those of one service come one after the other. Returns 0, ERR_LIMIT or -ENOMEM.
 */
must_check int period_services_note(struct period_scan *s, const struct part_series *series,
				    bool first_of_file, uint32_t *ret_service);

/* Sorts the services, each once, and renumbers those of the files' series. Returns 0 or -ENOMEM. */
must_check int period_services_number(struct period_scan *s);

/* After that: a service's number, or SIZE_MAX. */
size_t period_services_find(const struct period_scan *s, struct net_addr host, uint16_t port,
			    uint8_t protocol);

/* What hides a series of the service WHOLE: enum period_left, PERIOD_SHOWN or PERIOD_OTHER. */
uint8_t period_judge(const struct period_scan *s, const struct part_series *series,
		     const struct tally_service *whole);

/* period_floods.c: loads them, as a part of period_scan_init. */
must_check int period_floods_load(struct period_scan *s, struct diagnosis *d);

/* Turns the files' addresses into ids. Returns 0, ERR_LIMIT or -ENOMEM. */
must_check int period_ids_make(struct period_ids *ids, struct period_file *files, size_t n,
			       const struct config *config);
void period_ids_finish(struct period_ids *ids);

static inline uint32_t period_ids_count(const struct period_ids *ids)
{
	return ids->n_v4 + ids->n_v6;
}

static inline struct net_addr period_ids_addr(const struct period_ids *ids, uint32_t id)
{
	return id < ids->n_v4 ? addr_from_v4(ids->v4[id]) : ids->v6[id - ids->n_v4];
}

/* The peer's rank in the file's dictionary, or UINT32_MAX. Before ids are made. */
uint32_t period_file_rank(const struct period_file *f, struct net_addr peer);

/* ---- reading slices ---- */

struct period_reader {
	const struct period_scan *scan;
	struct part *part; /* open; that of FILE */
	uint32_t file;
	struct part_summary summary;
	struct part_detail detail;
};

void period_reader_init(struct period_reader *r, const struct period_scan *s);
void period_reader_finish(struct period_reader *r);

/*
 * Fills R's summary with the slice: where it is not the whole hour, packets are those of the slice,
 * and may be 0; so they are, once there are ids, of peers that are not wanted.
 */
must_check int period_reader_read(struct period_reader *r, const struct period_slice *slice,
				  struct diagnosis *d);

/* By packets, most first, then by address. Negative when A goes first. */
int period_busy_order(const struct period_busy *a, const struct period_busy *b);

#endif
