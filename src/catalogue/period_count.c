#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "catalogue/period_count_internal.h"

static int counter_init(struct period_counter *c)
{
	const struct period_work *w = c->work;
	size_t n_ids = (size_t)period_ids_count(&w->scan.ids) + 1, n = w->scan.n_services + 1;
	bool all = true;

	period_reader_init(&c->reader, &w->scan);
	c->peer_packets = calloc(n_ids, sizeof(*c->peer_packets));
	c->service_packets = calloc(n, sizeof(*c->service_packets));
	c->seen = calloc(n * w->seen_words, sizeof(*c->seen));
	c->all_peers = calloc(n_ids / 64 + 1, sizeof(*c->all_peers));
	c->port_peers = calloc(w->n_ports + 1, sizeof(*c->port_peers));
	for (int k = 0; k < PERIOD_LEFT_COUNT; k++) {
		c->left_services[k] = calloc(n / 64 + 1, sizeof(*c->left_services[k]));
		all = all && c->left_services[k];
	}
	return all && c->peer_packets && c->service_packets && c->seen && c->all_peers &&
			       c->port_peers
		       ? 0
		       : -ENOMEM;
}

void period_counter_finish(struct period_counter *c)
{
	period_reader_finish(&c->reader);
	free(c->peer_packets);
	free(c->met);
	free(c->kept);
	free(c->service_packets);
	free(c->seen);
	free(c->all_peers);
	for (size_t i = 0; c->port_peers && i < c->work->n_ports; i++)
		id_set_finish(&c->port_peers[i]);
	free(c->port_peers);
	for (int k = 0; k < PERIOD_LEFT_COUNT; k++)
		free(c->left_services[k]);
}

/* ---- one series of one slice ---- */

static void leave_out(struct period_counter *c, enum period_left why, uint32_t service,
		      uint64_t packets)
{
	if (!packets)
		return;
	c->left_packets[why] += packets;
	c->left_services[why][service / 64] |= 1ULL << (service % 64);
}

struct series_packets {
	uint64_t shown, inside;
	size_t n_kept; /* ids that were shown */
};

/*
 * The innermost loop, once a pair: a peer's packets of the day are added up, and the ids gathered
 * for the port.
 */
static struct series_packets count_pairs(struct period_counter *c, const uint32_t *ids,
					 const uint32_t *ranks, const uint32_t *packets, size_t n)
{
	const struct period_scan *s = &c->work->scan;
	const uint8_t *inside = s->query->include & MARK_INSIDE ? NULL : s->ids.inside;
	struct series_packets r = { 0, 0, 0 };
	uint32_t *of_peer = c->peer_packets, *met = c->met;
	size_t n_met = c->n_met;

	for (size_t i = 0; i < n; i++) {
		uint32_t id = ids[ranks[i]];

		if (inside && inside[id]) {
			r.inside += packets[i];
			continue;
		}
		if (!packets[i])
			continue; /* none in the slice */
		if (!of_peer[id])
			met[n_met++] = id;
		of_peer[id] += packets[i];
		r.shown += packets[i];
		c->kept[r.n_kept++] = id;
	}
	c->n_met = n_met;
	return r;
}

static uint64_t sum_packets(const uint32_t *packets, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += packets[i];
	return sum;
}

static int count_series(struct period_counter *c, const struct period_slice *slice, uint32_t i)
{
	struct period_work *w = c->work;
	const struct part_summary *s = &c->reader.summary;
	const struct period_file *file = &w->scan.files[slice->file];
	const struct period_series *series = &file->series[s->series[i]];
	uint32_t start = i ? s->pair_end[i - 1] : 0, n = s->pair_end[i] - start;
	struct series_packets r;

	if (series->left == PERIOD_OTHER)
		return 0;
	if (series->left != PERIOD_SHOWN) {
		leave_out(c, series->left, series->service, sum_packets(s->packets + start, n));
		return 0;
	}
	r = count_pairs(c, file->ids, s->peer + start, s->packets + start, n);
	leave_out(c, PERIOD_LEFT_INSIDE, series->service, r.inside);
	if (!r.shown)
		return 0;
	w->days[slice->day].packets += r.shown;
	c->service_packets[series->service] += r.shown;
	c->seen[series->service * w->seen_words + slice->day / 64] |= 1ULL << (slice->day % 64);
	return id_set_add(&c->port_peers[w->port_of[series->service]], c->kept, r.n_kept,
			  period_ids_count(&w->scan.ids));
}

/* ---- one day ---- */

/* Room for the peers of one more slice of N pairs. */
static int make_room(struct period_counter *c, size_t n)
{
	size_t ids = period_ids_count(&c->work->scan.ids);
	size_t met_room = MIN(ids, MAX(c->n_met + n, 2 * c->met_room));
	uint32_t *grown;

	if (c->n_met + n > c->met_room && c->met_room < ids) {
		grown = realloc(c->met, met_room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		c->met = grown;
		c->met_room = met_room;
	}
	if (n > c->kept_room) {
		grown = realloc(c->kept, n * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		c->kept = grown;
		c->kept_room = n;
	}
	return 0;
}

/* An hour that cannot be read is left out; the catalogue notes it. */
static int count_slice(struct period_counter *c, const struct period_slice *slice,
		       struct diagnosis *d)
{
	struct period_scan *s = &c->work->scan;
	struct diagnosis words = { "" };
	int error = period_reader_read(&c->reader, slice, &words);

	if (error < 0)
		return period_pass_over(s, s->files[slice->file].batch, error, &words, d);
	error = make_room(c, c->reader.summary.n_pairs);
	for (uint32_t i = 0; i < c->reader.summary.n_series && !error; i++)
		error = count_series(c, slice, i);
	return error;
}

/* Keeps the busiest in order. */
static void note_busy(struct period_day *day, struct period_busy b)
{
	uint32_t at = day->n_busiest;

	if (at == PERIOD_BUSIEST) {
		if (period_busy_order(&b, &day->busiest[at - 1]) > 0)
			return;
		at--;
	} else {
		day->n_busiest++;
	}
	for (; at && period_busy_order(&b, &day->busiest[at - 1]) < 0; at--)
		day->busiest[at] = day->busiest[at - 1];
	day->busiest[at] = b;
}

static void end_day(struct period_counter *c, struct period_day *day)
{
	const struct period_ids *ids = &c->work->scan.ids;

	day->peers = c->n_met;
	for (size_t i = 0; i < c->n_met; i++) {
		uint32_t id = c->met[i], packets = c->peer_packets[id];

		c->peer_packets[id] = 0;
		c->all_peers[id / 64] |= 1ULL << (id % 64);
		if (day->n_busiest < PERIOD_BUSIEST ||
		    packets >= day->busiest[PERIOD_BUSIEST - 1].packets) {
			note_busy(day, (struct period_busy){ period_ids_addr(ids, id), packets });
		}
	}
	c->n_met = 0;
}

static int count_day(struct period_counter *c, uint32_t day, struct diagnosis *d)
{
	const struct period_work *w = c->work;
	int error = 0;

	for (size_t i = w->scan.day_slices[day]; i < w->scan.day_slices[day + 1] && !error; i++) {
		error = failure_error(&c->work->failure);
		if (!error)
			error = count_slice(c, &w->scan.slices[i], d);
	}
	if (!error)
		end_day(c, &c->work->days[day]);
	return error;
}

static void count_days(void *user)
{
	struct period_work *w = user;
	struct period_counter *c = &w->counters[atomic_fetch_add(&w->n_counters, 1)];
	uint32_t next;

	while (!failure_error(&w->failure) &&
	       (next = atomic_fetch_add(&w->next_day, 1)) < w->scan.n_days) {
		struct diagnosis words = { "" };
		int error = count_day(c, w->day_order[next], &words);

		if (error < 0)
			failure_note(&w->failure, error, &words);
	}
}

/* ---- the largest days first, so that both counters end at about the same time ---- */

struct day_size {
	uint64_t records;
	uint32_t day;
};

static int larger_first(const void *a, const void *b)
{
	const struct day_size *x = a, *y = b;

	if (x->records != y->records)
		return x->records > y->records ? -1 : 1;
	return x->day < y->day ? -1 : 1;
}

static int order_days(struct period_work *w, struct diagnosis *d)
{
	const struct period_scan *s = &w->scan;
	struct day_size *sizes = calloc(s->n_days, sizeof(*sizes));
	int error = 0;

	w->day_order = malloc(s->n_days * sizeof(*w->day_order));
	if (!sizes || !w->day_order) {
		free(sizes);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < s->n_days; i++)
		sizes[i].day = i;
	for (size_t i = 0; i < s->n_slices; i++)
		sizes[s->slices[i].day].records += s->slices[i].records;
	qsort(sizes, s->n_days, sizeof(*sizes), larger_first);
	for (uint32_t i = 0; i < s->n_days; i++)
		w->day_order[i] = sizes[i].day;
	if (sizes[0].records > UINT32_MAX) {
		error = diagnose(d, ERR_LIMIT,
				 _("a day of more than %u records is more than is counted here"),
				 UINT32_MAX);
	}
	free(sizes);
	return error;
}

int period_work_run(struct period_work *w, struct diagnosis *d)
{
	int error = order_days(w, d);

	for (int i = 0; i < 2 && !error; i++)
		error = counter_init(&w->counters[i]);
	if (!error) {
		failure_init(&w->failure, d);
		run_on_two_threads(count_days, w);
		error = failure_error(&w->failure);
		failure_finish(&w->failure);
	}
	free(w->day_order);
	return error;
}
