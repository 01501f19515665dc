/* What people are shown: visibility is judged here, from the configuration of the moment. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/i18n.h"
#include "catalogue/catalogue_internal.h"
#include "catalogue/counts_internal.h"
#include "catalogue/floods_internal.h"
#include "catalogue/live_internal.h"
#include "catalogue/own_internal.h"
#include "catalogue/seen_internal.h"

/*
 * FTP data hides a service only if nothing else speaks for it: the port is not one that commonly
 * serves, and nobody without an FTP session was answered there.
 */
static bool hides_ftp(const struct config *config, const struct tally_service *s)
{
	bool others = s->cells[0][0].packets || s->cells[1][0].packets;

	return !others && !port_set_has(&config->served_ports, s->port);
}

uint8_t catalogue_allowed_marks(const struct config *config, const struct tally_service *s,
				uint8_t include)
{
	uint8_t allowed = include & (MARK_STORED_ALL | MARK_INSIDE);

	if (!hides_ftp(config, s))
		allowed |= MARK_FTP_DATA;
	return allowed;
}

static int add_cell(struct catalogue_service *r, const struct tally_cell *c, struct day_set *days)
{
	r->first_ns = r->packets ? MIN(r->first_ns, c->first_ns) : c->first_ns;
	r->last_ns = MAX(r->last_ns, c->last_ns);
	r->packets += c->packets;
	return day_set_add_all(days, &c->days);
}

/*
 * The counts in S under the marks ALLOWED. Returns 1, 0 when nothing is left, or -ENOMEM.
 */
static int sum_up(const struct tally_service *s, uint8_t allowed,
		  struct catalogue_service *ret_service)
{
	struct catalogue_service r = { .host = s->host, .port = s->port, .protocol = s->protocol };
	struct day_set days = { 0 };
	uint64_t counted = 0;
	int error = 0;

	for (int inside = 0; inside <= !!(allowed & MARK_INSIDE) && !error; inside++) {
		for (unsigned k = 0; k < TALLY_CLASSES && !error; k++) {
			const struct tally_cell *c = &s->cells[inside][k];

			if ((k & ~(unsigned)allowed) || !c->packets)
				continue;
			error = add_cell(&r, c, &days);
			r.marks |= (uint8_t)(k | (inside ? MARK_INSIDE : 0));
			counted = flood_sum(counted, s->counted_peers[inside][k]);
		}
		r.peers += s->peers[inside][counts_present(s, allowed & MARK_STORED_ALL)];
	}
	r.peers_estimated = counted;
	r.peers = flood_sum(r.peers, counted);
	r.days = day_set_count(&days);
	day_set_finish(&days);
	*ret_service = r;
	return error < 0 ? error : r.packets > 0;
}

struct counts {
	const struct tally_service *list;
	size_t n;
	const struct seen_list
		*seen; /* before all that is counted; NULL where that does not matter */
};

static void widen(const struct seen_list *seen, const struct tally_service *s, uint8_t allowed,
		  struct catalogue_service *r)
{
	size_t n = 0;
	const struct seen *rows = seen && seen->n ? seen_find(seen, s, &n) : NULL;

	seen_widen(rows, n, allowed, &r->first_ns, &r->last_ns);
}

/*
 * Each service of COUNTED, under the marks that OVERALL (sorted, the store's counts of all times,
 * from counts_load) allows it. Hosts that are left out are passed over. COUNTED may be OVERALL.
 */
static int show(const struct catalogue *c, const struct catalogue_query *q, struct counts counted,
		struct counts overall, struct catalogue_service *ret_services, size_t *ret_count)
{
	size_t n = 0;

	for (size_t i = 0; i < counted.n; i++) {
		const struct tally_service *s = &counted.list[i];
		const struct tally_service *whole = counts_find(overall.list, overall.n, s);
		bool excluded = config_excluded_reason(c->config, s->host) != NULL;
		bool own = own_has(c, s->host, s->port, s->protocol);
		uint8_t allowed = catalogue_allowed_marks(c->config, whole ? whole : s, q->include);
		int shown;

		if (q->host && !addr_equal(*q->host, s->host))
			continue;
		/* Of a network that was forgotten: not ours, whatever is included. */
		if (!prefix_set_contains(&c->config->networks, s->host))
			continue;
		if ((excluded && !(q->include & MARK_EXCLUDED)) ||
		    (own && !(q->include & MARK_OWN_SCAN)))
			continue;
		shown = sum_up(s, allowed, &ret_services[n]);
		if (shown < 0)
			return shown;
		if (shown)
			widen(counted.seen, s, allowed, &ret_services[n]);
		if (shown && excluded)
			ret_services[n].marks |= MARK_EXCLUDED;
		if (shown && own)
			ret_services[n].marks |= MARK_OWN_SCAN;
		n += (size_t)shown;
	}
	*ret_count = n;
	return 0;
}

/* All of one moment: others may count between two statements. */
static int load_overall(struct catalogue *c, const struct catalogue_query *q, bool all_times,
			struct tally_service **ret_list, struct counts *overall,
			struct seen_list *ret_seen, struct diagnosis *d)
{
	int error = catalogue_hold(c, d);

	if (!error)
		error = counts_load(c, q->include, q->host, ret_list, &overall->n, d);
	if (!error && all_times)
		error = seen_load(c, q->host, ret_seen, d);
	catalogue_release(c);
	overall->list = *ret_list;
	overall->seen = ret_seen;
	return error;
}

/* Hands the tally's services over, with what of its time was only counted. */
static int take_tally(struct catalogue *c, const struct catalogue_query *q, struct tally *t,
		      struct tally_service **ret_list, size_t *ret_count, struct diagnosis *d)
{
	struct tally_service *all = tally_services(t);
	size_t n = tally_count(t);

	*ret_list = malloc((n + 1) * sizeof(**ret_list));
	if (!*ret_list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		tally_service_take(&(*ret_list)[i], &all[i]);
	*ret_count = n;
	return floods_add(c, q->from_ns, q->to_ns, q->host, ret_list, ret_count, d);
}

static int list_once(struct catalogue *c, const struct catalogue_query *q,
		     struct catalogue_service **ret_services, size_t *ret_count,
		     struct diagnosis *d)
{
	bool all_times = q->from_ns == 0 && q->to_ns == UINT64_MAX;
	struct tally_service *loaded = NULL, *of_time = NULL;
	struct catalogue_service *services = NULL;
	struct counts overall = { 0 }, counted;
	struct seen_list seen = { 0 };
	size_t n_of_time = 0;
	struct tally *t = NULL;
	int error = own_find(c, d);

	if (!error)
		error = load_overall(c, q, all_times, &loaded, &overall, &seen, d);
	if (!error && !all_times)
		error = catalogue_tally_archive(c, q->from_ns, q->to_ns, &t, d);
	if (!error && t)
		error = take_tally(c, q, t, &of_time, &n_of_time, d);
	if (error < 0)
		goto out;
	counted = t ? (struct counts){ of_time, n_of_time, NULL } : overall;
	services = malloc((counted.n + 1) * sizeof(*services));
	error = services ? show(c, q, counted, overall, services, ret_count) : -ENOMEM;
out:
	tally_free(t);
	free(seen.list);
	catalogue_counts_free(loaded, overall.n);
	catalogue_counts_free(of_time, n_of_time);
	if (error < 0) {
		free(services);
		return error;
	}
	*ret_services = services;
	return 0;
}

int catalogue_list(struct catalogue *c, const struct catalogue_query *q,
		   struct catalogue_service **ret_services, size_t *ret_count, struct diagnosis *d)
{
	for (int attempt = 0;; attempt++) {
		size_t known = catalogue_damage_count(c);
		int error = list_once(c, q, ret_services, ret_count, d);

		if (error < 0 || attempt == CATALOGUE_ATTEMPTS_MAX)
			return error;
		error = catalogue_take_back_damage(c, known, d);
		if (!error)
			return 0;
		free(*ret_services);
		*ret_services = NULL;
		if (error > 0)
			error = catalogue_settle(c, d);
		if (error < 0)
			return error;
	}
}

static int stored_totals(struct catalogue *c, struct catalogue_totals *ret_totals,
			 struct diagnosis *d)
{
	struct catalogue_totals t = { 0 };
	sqlite3_stmt *s;
	int error = catalogue_prepare(
		c,
		"SELECT count(*), coalesce(sum(parts), 0), coalesce(sum(sightings), 0), coalesce(sum(bytes), 0),"
		" coalesce(min(CASE WHEN frames > 0 OR journal THEN first_ns END), 0), coalesce(max(last_ns), 0),"
		" (SELECT count(*) FROM (SELECT DISTINCT host, port, protocol FROM derived_count)) +"
		" (SELECT count(*) FROM (SELECT DISTINCT host, port, protocol FROM derived_ftp_count)),"
		" (SELECT count(*) FROM (SELECT host FROM derived_count UNION SELECT host FROM derived_ftp_count)),"
		" (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) FROM derived_batch",
		&s, d);

	if (error < 0)
		return error;
	if (sqlite3_step(s) == SQLITE_ROW) {
		uint64_t *const places[] = { &t.batches,       &t.parts,    &t.sightings,
					     &t.archive_bytes, &t.first_ns, &t.last_ns,
					     &t.services,      &t.hosts,    &t.catalogue_bytes };

		for (size_t i = 0; i < ARRAY_LENGTH(places); i++)
			*places[i] = (uint64_t)sqlite3_column_int64(s, (int)i);
	}
	sqlite3_finalize(s);
	*ret_totals = t;
	return 0;
}

int catalogue_totals(struct catalogue *c, struct catalogue_totals *ret_totals, struct diagnosis *d)
{
	struct catalogue_totals t;
	int error = catalogue_hold(c, d);

	if (!error)
		error = stored_totals(c, &t, d);
	if (!error)
		error = live_add_totals(c, &t, d);
	catalogue_release(c);
	if (!error)
		*ret_totals = t;
	return error;
}

#define SETTLE_NS 100000000L /* where there is no lock to wait for */

int catalogue_hold(struct catalogue *c, struct diagnosis *d)
{
	bool ours = c->sql_ours;
	int error;

	/* Who failed to begin still releases. */
	if (c->holders++)
		return 0;
	c->sql_ours = true;
	error = catalogue_exec(c, "BEGIN", d);
	c->sql_ours = ours;
	return error < 0 ? error : live_begin(c, d);
}

void catalogue_release(struct catalogue *c)
{
	bool ours = c->sql_ours;

	if (--c->holders)
		return;
	c->sql_ours = true;
	sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL);
	c->sql_ours = ours;
	live_end(c);
	for (size_t i = 0; i < ARRAY_LENGTH(c->held_counts); i++) {
		catalogue_counts_free(c->held_counts[i].list, c->held_counts[i].n);
		c->held_counts[i] = (struct held_counts){ NULL, 0 };
	}
}

int catalogue_wait(struct catalogue *c, struct diagnosis *d)
{
	const struct timespec pause = { 0, SETTLE_NS };
	int error;

	if (c->read_only || c->sql_ready) {
		(void)nanosleep(&pause, NULL);
		return 0;
	}
	error = archive_lock(c->archive);
	if (error < 0) {
		return diagnose(d, error, "%s/lock: %s", archive_path(c->archive),
				strerror(-error));
	}
	archive_unlock(c->archive);
	return 0;
}

int catalogue_settle(struct catalogue *c, struct diagnosis *d)
{
	int error = catalogue_wait(c, d);

	/* A query that runs keeps others from counting: it must not wait for them. */
	return error < 0 || c->sql_ready ? error : catalogue_catch_up(c, d);
}
