#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/i18n.h"
#include "base/zone.h"
#include "catalogue/counts_internal.h"
#include "catalogue/own_internal.h"
#include "catalogue/period_internal.h"

/* ---- which batches ---- */

static int find_days(struct period_scan *s)
{
	s->n_days = (uint32_t)(s->query->end_day - s->query->first_day);
	s->day_ns = malloc((s->n_days + 1) * sizeof(*s->day_ns));
	if (!s->day_ns)
		return -ENOMEM;
	for (uint32_t i = 0; i <= s->n_days; i++)
		s->day_ns[i] = zone_day_start_ns(s->query->first_day + (int32_t)i);
	return 0;
}

static int find_batches(struct period_scan *s, struct diagnosis *d)
{
	sqlite3_stmt *q;
	size_t room = 0;
	int step = SQLITE_DONE,
	    error = catalogue_prepare(
		    s->catalogue,
		    "SELECT name FROM derived_batch WHERE parts > 0 AND first_ns < ? AND last_ns >= ?"
		    " ORDER BY name",
		    &q, d);

	if (error < 0)
		return error;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)s->day_ns[s->n_days]);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)s->day_ns[0]);
	while (!error && (step = sqlite3_step(q)) == SQLITE_ROW) {
		void *grown = array_make_room(s->batches, s->n_batches, &room, sizeof(*s->batches));

		if (!grown) {
			error = -ENOMEM;
			break;
		}
		s->batches = grown;
		memset(s->batches[s->n_batches], 0, sizeof(*s->batches));
		strncpy(s->batches[s->n_batches++], (const char *)sqlite3_column_text(q, 0),
			BATCH_NAME_MAX - 1);
	}
	if (!error && step != SQLITE_DONE)
		error = catalogue_sql_error(s->catalogue, d);
	sqlite3_finalize(q);
	return error;
}

/* Those that are not counted. */
static int add_live(struct period_scan *s, struct diagnosis *d)
{
	struct catalogue *c = s->catalogue;
	char(*grown)[BATCH_NAME_MAX] =
		realloc(s->batches, (s->n_batches + c->n_live + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->batches = grown;
	for (size_t i = 0; i < c->n_live; i++) {
		struct batch_manifest m;
		struct diagnosis words = { "" };
		int error = batch_read_manifest(c->archive, c->live[i], &m, &words);

		if (error < 0) {
			error = catalogue_pass_over(c, c->live[i], error, &words, d);
			if (error < 0)
				return error;
			continue;
		}
		if (m.n_parts && m.first_ns < s->day_ns[s->n_days] && m.last_ns >= s->day_ns[0])
			memcpy(s->batches[s->n_batches++], c->live[i], BATCH_NAME_MAX);
		batch_manifest_finish(&m);
	}
	return 0;
}

/* Batches and counts as of one moment, though others write; until period_scan_finish. */
static int ask_catalogue(struct period_scan *s, struct diagnosis *d)
{
	int error = catalogue_hold(s->catalogue, d);

	s->holding = true;
	if (!error)
		error = own_find(s->catalogue, d);
	if (!error)
		error = find_batches(s, d);
	if (!error && s->catalogue->n_live)
		error = add_live(s, d);
	return error < 0 ? error
			 : counts_of_all(s->catalogue, s->query->include, &s->overall,
					 &s->n_overall, d);
}

/* NOLINTNEXTLINE(readability-function-size): an error in full, and what met it */
int period_pass_over(struct period_scan *s, uint32_t batch, int error,
		     const struct diagnosis *words, struct diagnosis *d)
{
	pthread_mutex_lock(&s->damage);
	error = catalogue_pass_over(s->catalogue, s->batches[batch], error, words, d);
	pthread_mutex_unlock(&s->damage);
	return error;
}

/* ---- one part ---- */

/* The day in which the instant lies; n_days past the last. It lies in the first or later. */
static uint32_t day_of(const struct period_scan *s, uint64_t time_ns)
{
	uint32_t low = 0, high = s->n_days;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (s->day_ns[middle + 1] <= time_ns) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static int add_slice(struct period_scan *s, const struct period_slice *slice)
{
	void *grown = array_make_room(s->slices, s->n_slices, &s->slices_room, sizeof(*s->slices));

	if (!grown)
		return -ENOMEM;
	s->slices = grown;
	s->slices[s->n_slices++] = *slice;
	return 0;
}

/* Without details an hour cannot be cut: it belongs to the day in which it begins. */
static int add_bare_slice(struct period_scan *s, const struct period_slice *whole, uint64_t start)
{
	uint64_t last = hour_last_ns(start);
	struct period_slice slice = *whole;

	if (start >= s->day_ns[s->n_days] || last < s->day_ns[0])
		return 0;
	slice.day = start >= s->day_ns[0] ? day_of(s, start) : s->n_days;
	/* A period's end and a day's within it cut alike. */
	if (slice.day == s->n_days || last >= s->day_ns[slice.day + 1])
		catalogue_note_bare(s->catalogue, last);
	return slice.day < s->n_days ? add_slice(s, &slice) : 0;
}

/* A slice for each of the period's days that the group's hour touches. */
static int add_slices(struct period_scan *s, uint32_t group, const struct part_group *g)
{
	uint64_t start = g->hour * HOUR_NS, end = start + MIN(HOUR_NS, UINT64_MAX - start);
	uint64_t at = MAX(start, s->day_ns[0]);
	struct period_slice slice = { .file = (uint32_t)s->n_files,
				      .group = group,
				      .to_ms = PART_MS_PER_HOUR,
				      .records = g->n_records };
	int error = 0;

	if (!part_group_has_details(g))
		return add_bare_slice(s, &slice, start);
	for (slice.day = at < end ? day_of(s, at) : s->n_days;
	     slice.day < s->n_days && s->day_ns[slice.day] < end && !error; slice.day++) {
		uint64_t from = MAX(start, s->day_ns[slice.day]),
			 to = MIN(end, s->day_ns[slice.day + 1]);

		/* Days begin at whole seconds. */
		slice.from_ms = (uint32_t)((from - start) / NS_PER_MS);
		slice.to_ms = (uint32_t)((to - start) / NS_PER_MS);
		error = add_slice(s, &slice);
	}
	return error;
}

uint8_t period_judge(const struct period_scan *s, const struct part_series *series,
		     const struct tally_service *whole)
{
	const struct config *config = s->catalogue->config;
	uint8_t hidden = series->marks & ~catalogue_allowed_marks(config, whole, s->query->include);

	if (!prefix_set_contains(&config->networks, series->host))
		return PERIOD_OTHER;
	if (!(s->query->include & MARK_EXCLUDED) && config_excluded_reason(config, series->host))
		return PERIOD_LEFT_EXCLUDED;
	if (hidden & MARK_FTP_DATA)
		return PERIOD_LEFT_FTP_DATA;
	if (hidden & MARK_SPLIT_HANDSHAKE)
		return PERIOD_LEFT_SPLIT_HANDSHAKE;
	return !(s->query->include & MARK_OWN_SCAN) &&
			       own_has(s->catalogue, series->host, series->port, series->protocol)
		       ? PERIOD_LEFT_OWN_SCAN
		       : PERIOD_SHOWN;
}

/* The catalogue was counted without it, maybe when it was damaged: it is shown for what it is. */
static int note_uncounted(struct period_scan *s, const struct period_file *f, struct diagnosis *d)
{
	struct diagnosis words = { "" };
	int error = diagnose(&words, ERR_DAMAGED,
			     _("%s/archive/%s: %s: holds a service that is not in the catalogue;"
			       " sekimori verify --rebuild counts anew"),
			     archive_path(s->catalogue->archive), s->batches[f->batch], f->name);

	return period_pass_over(s, f->batch, error, &words, d);
}

static int take_series(struct period_scan *s, const struct part *p, struct period_file *f,
		       struct diagnosis *d)
{
	uint32_t n = part_series_count(p);
	int error = 0;

	f->series = malloc(n * sizeof(*f->series));
	if (!f->series)
		return -ENOMEM;
	f->n_series = n;
	for (uint32_t i = 0; i < n && !error; i++) {
		const struct part_series *series = &part_series(p)[i];
		const struct tally_service key = { .host = series->host,
						   .port = series->port,
						   .protocol = series->protocol };
		const struct tally_service *whole = counts_find(s->overall, s->n_overall, &key);

		/* What is FTP data only need not be among them, nor what only peers that are not
		 * wanted knocked on. */
		if (!whole && !(series->marks & MARK_FTP_DATA) &&
		    s->catalogue->config->peers == CONFIG_PEERS_ALL)
			error = note_uncounted(s, f, d);
		f->series[i].left = period_judge(s, series, whole ? whole : &key);
		if (!error)
			error = period_services_note(s, series, !i, &f->series[i].service);
	}
	return error;
}

static int take_peers(const struct part *p, struct period_file *f)
{
	f->n_v4 = part_peer_v4_count(p);
	f->n_v6 = part_peer_count(p) - f->n_v4;
	f->ids = malloc((size_t)part_peer_count(p) * sizeof(*f->ids));
	f->v6 = malloc((f->n_v6 + 1) * sizeof(*f->v6));
	if (!f->ids || !f->v6)
		return -ENOMEM;
	if (f->n_v4)
		memcpy(f->ids, part_peers_v4(p), f->n_v4 * sizeof(*f->ids));
	if (f->n_v6)
		memcpy(f->v6, part_peers_v6(p), f->n_v6 * sizeof(*f->v6));
	return 0;
}

/* NAME is that of a struct batch_part: 16 bytes. */
static int take_part(struct period_scan *s, uint32_t batch, const char name[16],
		     struct diagnosis *words, struct diagnosis *d)
{
	struct part *p;
	size_t before = s->n_slices;
	struct period_file *f;
	void *grown;
	int error = batch_open_part(s->catalogue->archive, s->batches[batch], name, &p, words);

	if (error < 0)
		return period_pass_over(s, batch, error, words, d);
	for (uint32_t g = 0; g < part_group_count(p) && !error; g++)
		error = add_slices(s, g, &part_groups(p)[g]);
	if (error < 0 || s->n_slices == before)
		goto out;
	grown = array_make_room(s->files, s->n_files, &s->files_room, sizeof(*s->files));
	s->files = grown ? grown : s->files;
	error = grown ? part_load_dictionaries(p, words) : -ENOMEM;
	if (error < 0) {
		s->n_slices = before;
		diagnose_prefix(words, error, "%s/archive/%s", archive_path(s->catalogue->archive),
				s->batches[batch]);
		error = period_pass_over(s, batch, error, words, d);
		goto out;
	}
	f = &s->files[s->n_files++];
	*f = (struct period_file){ .batch = batch };
	memcpy(f->name, name, sizeof(f->name));
	error = take_series(s, p, f, d);
	if (!error)
		error = take_peers(p, f);
out:
	part_close(p);
	return error;
}

static int take_batch(struct period_scan *s, uint32_t batch, struct diagnosis *d)
{
	struct diagnosis words = { "" };
	struct batch_manifest m;
	int error = batch_read_manifest(s->catalogue->archive, s->batches[batch], &m, &words);

	if (error < 0)
		return period_pass_over(s, batch, error, &words, d);
	for (size_t i = 0; i < m.n_parts && !error; i++) {
		words.text[0] = '\0';
		error = take_part(s, batch, m.parts[i].name, &words, d);
	}
	batch_manifest_finish(&m);
	return error;
}

static int slice_order(const void *a, const void *b)
{
	const struct period_slice *x = a, *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return (x->group > y->group) - (x->group < y->group);
}

static int sort_slices(struct period_scan *s)
{
	s->day_slices = calloc(s->n_days + 1, sizeof(*s->day_slices));
	if (!s->day_slices)
		return -ENOMEM;
	if (s->n_slices)
		qsort(s->slices, s->n_slices, sizeof(*s->slices), slice_order);
	for (size_t i = 0; i < s->n_slices; i++)
		s->day_slices[s->slices[i].day + 1] = i + 1;
	for (uint32_t day = 0; day < s->n_days; day++)
		s->day_slices[day + 1] = MAX(s->day_slices[day + 1], s->day_slices[day]);
	return 0;
}

int period_scan_init(struct period_scan *s, struct catalogue *c, const struct period_query *q,
		     struct diagnosis *d)
{
	int error;

	*s = (struct period_scan){ .catalogue = c, .query = q };
	pthread_mutex_init(&s->damage, NULL);
	if (q->end_day <= q->first_day || q->end_day - q->first_day > PERIOD_DAYS_MAX)
		return ERR_LIMIT;
	error = find_days(s);
	if (!error)
		error = ask_catalogue(s, d);
	for (size_t i = 0; i < s->n_batches && !error; i++)
		error = take_batch(s, (uint32_t)i, d);
	if (!error)
		error = period_floods_load(s, d);
	if (!error)
		error = period_services_number(s);
	return error < 0 ? error : sort_slices(s);
}

void period_scan_finish(struct period_scan *s)
{
	for (size_t i = 0; i < s->n_files; i++) {
		free(s->files[i].series);
		free(s->files[i].ids);
		free(s->files[i].v6);
	}
	free(s->services);
	if (s->holding)
		catalogue_release(s->catalogue);
	period_ids_finish(&s->ids);
	free(s->files);
	free(s->slices);
	free(s->day_slices);
	free(s->batches);
	free(s->floods);
	free(s->day_ns);
	pthread_mutex_destroy(&s->damage);
}

/* ---- reading slices ---- */

void period_reader_init(struct period_reader *r, const struct period_scan *s)
{
	*r = (struct period_reader){ .scan = s };
	part_summary_init(&r->summary);
	part_detail_init(&r->detail);
}

void period_reader_finish(struct period_reader *r)
{
	part_close(r->part);
	part_summary_finish(&r->summary);
	part_detail_finish(&r->detail);
}

static int open_file(struct period_reader *r, uint32_t file, struct diagnosis *d)
{
	const struct period_scan *s = r->scan;
	const struct period_file *f = &s->files[file];

	if (r->part && r->file == file)
		return 0;
	part_close(r->part);
	r->part = NULL;
	r->file = file;
	return batch_open_part(s->catalogue->archive, s->batches[f->batch], f->name, &r->part, d);
}

static void cut(struct part_summary *s, const uint32_t *ms, const struct period_slice *slice)
{
	for (uint32_t pair = 0; pair < s->n_pairs; pair++) {
		uint32_t n = s->packets[pair], kept = 0;

		for (uint32_t i = 0; i < n; i++)
			kept += ms[i] >= slice->from_ms && ms[i] < slice->to_ms;
		ms += n;
		s->packets[pair] = kept;
	}
}

static void drop_unwanted(struct part_summary *s, const struct period_scan *scan, uint32_t file)
{
	for (uint32_t pair = 0; scan->ids.unwanted && pair < s->n_pairs; pair++) {
		if (scan->ids.unwanted[scan->files[file].ids[s->peer[pair]]])
			s->packets[pair] = 0;
	}
}

int period_reader_read(struct period_reader *r, const struct period_slice *slice,
		       struct diagnosis *d)
{
	const struct period_scan *s = r->scan;
	int error = open_file(r, slice->file, d);

	if (error < 0)
		return error;
	error = part_read_summary(r->part, slice->group, &r->summary, d);
	if (!error && slice->to_ms - slice->from_ms < PART_MS_PER_HOUR) {
		error = part_read_detail(r->part, slice->group, &r->summary, PART_TIMES, &r->detail,
					 d);
		if (!error)
			cut(&r->summary, r->detail.ms, slice);
	}
	if (error < 0) {
		return diagnose_prefix(d, error, "%s/archive/%s",
				       archive_path(s->catalogue->archive),
				       s->batches[s->files[slice->file].batch]);
	}
	drop_unwanted(&r->summary, s, slice->file);
	return 0;
}
