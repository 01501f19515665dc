#include "watch/retain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/zone.h"

#define DAY_NS (SECONDS_PER_DAY * NS_PER_SECOND)

/* The catalogue grows by what it keeps of what goes. */
#define FITTING_TRIES 3

struct retain {
	struct archive *archive;
	struct catalogue *catalogue;
	uint64_t now_ns; /* first as it was told, then as far as it is believed */
	uint64_t max_bytes;
	struct retain_account *account;
	struct diagnosis *d;

	struct catalogue_batch *batches; /* by last_ns */
	size_t n;
};

static int load_batches(struct retain *r)
{
	free(r->batches);
	r->batches = NULL;
	return catalogue_batches(r->catalogue, &r->batches, &r->n, r->d);
}

/* So many days before now, 0 where that is before all times. */
static uint64_t days_ago(uint64_t now_ns, uint32_t days)
{
	return now_ns > days * DAY_NS ? now_ns - days * DAY_NS : 0;
}

static uint64_t day_start(uint64_t time_ns)
{
	return time_ns - time_ns % DAY_NS;
}

/* ---- the clock ---- */

/*
 * A machine that comes up in a wrong year must not let go of everything. Each day that was watched
 * moves the clock that is gone by one day on at least; all that it says is believed when so many
 * days have records by it. What lies after NOW_NS was written by another wrong clock.
 */
static uint64_t believe(const struct retain *r)
{
	uint64_t day = UINT64_MAX;
	uint64_t n = 0;

	for (size_t i = r->n; i-- > 0 && n < RETAIN_DAYS_BELIEVED;) {
		uint64_t last_ns = r->batches[i].last_ns;

		if (last_ns > r->now_ns || last_ns / DAY_NS == day)
			continue;
		day = last_ns / DAY_NS;
		n++;
	}
	return n ? MIN(r->now_ns, (day + n + 1) * DAY_NS) : r->now_ns;
}

/* ---- details ---- */

static uint64_t part_bytes(const struct batch_manifest *m)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < m->n_parts; i++)
		bytes += m->parts[i].bytes;
	return bytes;
}

/* What there is no memory or descriptor for is no damage. */
static int unreadable(int error)
{
	return catalogue_is_damage(error) ? ERR_DAMAGED : error;
}

static int copy_parts(struct retain *r, struct batch_writer *w, const char *batch,
		      const struct batch_manifest *m, struct diagnosis *words)
{
	int error = 0;

	for (size_t i = 0; i < m->n_parts && !error; i++) {
		struct part *p;

		error = unreadable(batch_open_part(r->archive, batch, m->parts[i].name, &p, words));
		if (error < 0)
			break;
		error = batch_writer_add_bare(w, p, words);
		if (error == ERR_DAMAGED) {
			diagnose_prefix(words, error, "%s/archive/%s", archive_path(r->archive),
					batch);
		}
		part_close(p);
	}
	return error;
}

/* What the marks of a next capture need stays; where it cannot be read, they begin anew. */
static int read_memory(struct retain *r, const char *batch, struct buffer *ret_memory)
{
	int error = batch_read_memory(r->archive, batch, ret_memory, NULL);

	if (unreadable(error) != ERR_DAMAGED)
		return error;
	buffer_clear(ret_memory);
	return 0;
}

static int write_bare(struct retain *r, const char *batch, struct batch_manifest *m,
		      struct diagnosis *words)
{
	struct batch_writer *w = NULL;
	struct buffer memory;
	int error = read_memory(r, batch, &memory);

	if (!error)
		error = batch_writer_new(r->archive, &w, words);
	if (!error)
		error = copy_parts(r, w, batch, m, words);
	free(m->replaces);
	m->replaces = NULL;
	m->n_replaces = 0;
	m->bare = true;
	if (!error)
		error = batch_manifest_add_replaced(m, batch);
	if (!error)
		error = batch_writer_seal(w, m, &memory, words);
	if (!error)
		error = catalogue_exchange(r->catalogue, w, m, words);
	batch_writer_free(w);
	buffer_finish(&memory);
	return error;
}

/* What cannot be read is said and stays as it is; what was replaced meanwhile has its turn later.
 */
static int pass_over(struct retain *r, int error, const struct diagnosis *words)
{
	if (error == -EAGAIN)
		return 0;
	if (error != ERR_DAMAGED) {
		if (error < 0 && r->d)
			*r->d = *words;
		return error;
	}
	if (!r->account->passed_over++)
		r->account->words = *words;
	return 0;
}

/* Adds to *SAVED what the parts take less. */
static int bare_batch(struct retain *r, const struct catalogue_batch *b, uint64_t *saved)
{
	struct diagnosis words = { "" };
	struct batch_manifest m;
	uint64_t before;
	int error = unreadable(batch_read_manifest(r->archive, b->name, &m, &words));

	if (error < 0)
		return pass_over(r, error, &words);
	before = part_bytes(&m);
	error = write_bare(r, b->name, &m, &words);
	if (!error) {
		*saved += before - part_bytes(&m);
		r->account->bared_batches++;
		r->account->bared_until_ns = MAX(r->account->bared_until_ns, b->last_ns);
	}
	batch_manifest_finish(&m);
	return pass_over(r, error, &words);
}

/* Those whose last record is before END_NS, oldest first, until as much is saved as is WANTED. */
static int bare_until(struct retain *r, uint64_t end_ns, uint64_t wanted, uint64_t *saved)
{
	int error = 0;

	for (size_t i = 0; i < r->n && !error && *saved < wanted; i++) {
		const struct catalogue_batch *b = &r->batches[i];

		if (b->last_ns >= end_ns)
			break;
		if (!b->bare && !b->damaged && b->parts)
			error = bare_batch(r, b, saved);
	}
	return error;
}

/* ---- batches ---- */

/* The first COUNT of the list. */
static int drop_first(struct retain *r, size_t count)
{
	char(*names)[BATCH_NAME_MAX] = calloc(count + 1, sizeof(*names));
	int error = names ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !error; i++)
		memcpy(names[i], r->batches[i].name, sizeof(*names));
	if (!error)
		error = catalogue_drop(r->catalogue, names, count, r->d);
	free(names);
	if (error < 0)
		return error == -EAGAIN ? 0 : error; /* the next call has another try */
	r->account->dropped_batches += count;
	if (count) {
		r->account->dropped_until_ns =
			MAX(r->account->dropped_until_ns, r->batches[count - 1].last_ns);
	}
	return load_batches(r);
}

static int drop_before(struct retain *r, uint64_t end_ns)
{
	size_t count = 0;

	while (count < r->n && r->batches[count].last_ns < end_ns)
		count++;
	return count ? drop_first(r, count) : 0;
}

/* ---- room ---- */

/* The newest day that there is by a clock that is believed. */
static uint64_t newest_day(const struct retain *r)
{
	for (size_t i = r->n; i-- > 0;) {
		if (r->batches[i].last_ns <= r->now_ns)
			return day_start(r->batches[i].last_ns);
	}
	return day_start(r->now_ns);
}

/* How many of the oldest batches take up EXCESS; those of one day go together. */
static size_t count_excess(const struct retain *r, uint64_t end_ns, uint64_t excess)
{
	uint64_t sum = 0, day = 0;
	size_t count = 0;

	for (; count < r->n && r->batches[count].last_ns < end_ns; count++) {
		const struct catalogue_batch *b = &r->batches[count];
		uint64_t bytes = 0;

		if (sum >= excess && day_start(b->last_ns) != day)
			break;
		day = day_start(b->last_ns);
		if (archive_measure(r->archive, b->name, &bytes) == 0)
			sum += bytes;
	}
	return count;
}

static int measure(const struct retain *r, uint64_t *ret_bytes)
{
	int error = archive_measure(r->archive, NULL, ret_bytes);

	return error < 0
		       ? diagnose(r->d, error, "%s: %s", archive_path(r->archive), strerror(-error))
		       : 0;
}

static int make_room(struct retain *r)
{
	uint64_t end_ns = newest_day(r), bytes, saved = 0;
	int error = measure(r, &bytes);

	if (error < 0 || bytes <= r->max_bytes)
		return error;
	error = bare_until(r, end_ns, bytes - r->max_bytes, &saved);
	if (!error && saved)
		error = load_batches(r);
	for (int i = 0; i < FITTING_TRIES && !error; i++) {
		size_t count;

		error = measure(r, &bytes);
		if (error < 0 || bytes <= r->max_bytes)
			return error;
		count = count_excess(r, end_ns, bytes - r->max_bytes);
		if (!count)
			break;
		error = drop_first(r, count);
	}
	if (!error)
		error = measure(r, &bytes);
	r->account->over = !error && bytes > r->max_bytes;
	return error;
}

/* ---- all of it ---- */

static int apply(struct retain *r, const struct config_sensor *settings)
{
	uint64_t saved = 0;
	int error = catalogue_tidy(r->catalogue, r->d);

	if (!error)
		error = load_batches(r);
	if (!error)
		r->account->as_of_ns = r->now_ns = believe(r);
	/* By the day, so that all is counted anew once a day and not each hour. */
	if (!error && settings->keep_summary_days)
		error = drop_before(r, day_start(days_ago(r->now_ns, settings->keep_summary_days)));
	if (!error && settings->keep_record_days) {
		error = bare_until(r, days_ago(r->now_ns, settings->keep_record_days), UINT64_MAX,
				   &saved);
		if (!error && saved)
			error = load_batches(r);
	}
	if (!error && r->max_bytes)
		error = make_room(r);
	/* Also what a call before this one was killed before. */
	return !error && catalogue_wants_recount(r->catalogue) ? drop_first(r, 0) : error;
}

int retain_apply(struct archive *a, struct catalogue *c, const struct config_sensor *settings,
		 uint64_t now_ns, struct retain_account *ret_account, struct diagnosis *d)
{
	struct retain r = { .archive = a,
			    .catalogue = c,
			    .now_ns = now_ns,
			    .max_bytes = settings->max_disk_bytes,
			    .account = ret_account,
			    .d = d };
	uint64_t before = 0;
	int error, measured;

	*ret_account = (struct retain_account){ 0 };
	error = measure(&r, &before);
	if (!error)
		error = apply(&r, settings);
	free(r.batches);
	measured = measure(&r, &ret_account->disk_bytes);
	if (!measured && before > ret_account->disk_bytes)
		ret_account->freed_bytes = before - ret_account->disk_bytes;
	return error < 0 ? error : measured;
}
