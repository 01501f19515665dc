/*
 * Packets, times and days of one group's services. Times are read only where they can change
 * something: in most hours, a service's first time is known to lie before and its last one after.
 * A group without details is counted by its hour: all of it, on the day in which the hour begins.
 */
#include "base/zone.h"
#include "catalogue/tally_part_internal.h"

/* Moves the records of N that are within [from, to) to the front of KEPT. Returns how many. */
static uint32_t cut_pair(uint32_t *kept, const uint32_t *ms, uint32_t n, uint32_t from_ms,
			 uint32_t to_ms)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (ms[i] >= from_ms && ms[i] < to_ms)
			kept[count++] = ms[i];
	}
	return count;
}

/*
 * Drops the records outside [from, to): pairs and series that lose all theirs go too. Times are in
 * DETAIL.
 */
static void cut_group(struct part_summary *s, struct part_detail *d, uint32_t from_ms,
		      uint32_t to_ms)
{
	uint32_t records = 0, kept_records = 0, kept_pairs = 0, kept_series = 0, pair = 0;

	for (uint32_t i = 0; i < s->n_series; i++) {
		uint32_t pairs_before = kept_pairs, end = s->pair_end[i];

		for (; pair < end; pair++) {
			uint32_t n = s->packets[pair];
			uint32_t kept =
				cut_pair(d->ms + kept_records, d->ms + records, n, from_ms, to_ms);

			records += n;
			kept_records += kept;
			if (!kept)
				continue;
			s->peer[kept_pairs] = s->peer[pair];
			s->packets[kept_pairs++] = kept;
		}
		if (kept_pairs == pairs_before)
			continue;
		s->series[kept_series] = s->series[i];
		s->pair_end[kept_series++] = kept_pairs;
	}
	s->n_series = kept_series;
	s->n_pairs = kept_pairs;
	d->n_records = kept_records;
}

void tally_cell_count(struct tally_cell *c, uint64_t packets, uint64_t first_ns, uint64_t last_ns)
{
	c->first_ns = c->packets ? MIN(c->first_ns, first_ns) : first_ns;
	c->last_ns = MAX(c->last_ns, last_ns);
	c->packets += packets;
}

/* One group's hour. A day may begin within it, in zones of half hours. */
struct hour {
	uint64_t ns;
	bool bare; /* no times are to be had */
	bool one_day;
	int32_t day;        /* if one_day */
	const uint32_t *ms; /* of the group's records; NULL: they can change nothing */
};

static struct tally_cell *cell_of(const struct worker *w, uint32_t series, bool inside)
{
	const struct intake *in = w->in;
	uint8_t marks = part_series(in->part)[series].marks & MARK_STORED_ALL;

	return w->cells ? &w->cells[series][inside]
			: &in->tally->services[in->service_of[series]].cells[inside][marks];
}

static bool is_inside(const struct intake *in, uint32_t peer)
{
	return in->inside && in->inside[peer];
}

static int count_days(struct tally_cell *c, const uint32_t *ms, uint32_t n, const struct hour *h)
{
	int error = 0;

	for (uint32_t i = 0; i < n && !error; i++)
		error = day_set_add(&c->days, zone_day(h->ns + ms[i] * NS_PER_MS));
	return error;
}

/* What one series' pairs in one group add up to, outside peers and inside ones. */
struct sum {
	uint64_t packets;
	uint32_t first_ms, last_ms;
};

static void add_pairs(const struct worker *w, uint32_t start, uint32_t end, const uint32_t *ms,
		      struct sum sums[2])
{
	const struct part_summary *s = &w->summary;

	for (uint32_t pair = start; pair < end; pair++) {
		struct sum *sum = &sums[is_inside(w->in, s->peer[pair])];
		uint32_t n = s->packets[pair];

		if (intake_wants(w->in, s->peer[pair])) {
			sum->packets += n;
			if (ms) {
				sum->first_ms = MIN(sum->first_ms, ms[0]);
				sum->last_ms = MAX(sum->last_ms, ms[n - 1]);
			}
		}
		if (ms)
			ms += n;
	}
}

/* Packets, times and days of the pairs of the group's I-th series. MS are the times of these. */
static int count_series(struct worker *w, uint32_t i, const uint32_t *ms, const struct hour *h)
{
	const struct part_summary *s = &w->summary;
	uint32_t start = i ? s->pair_end[i - 1] : 0;
	struct sum sums[2] = { { 0, PART_MS_PER_HOUR, 0 }, { 0, PART_MS_PER_HOUR, 0 } };
	int error = 0;

	add_pairs(w, start, s->pair_end[i], ms, sums);
	for (int inside = 0; inside < 2 && !error; inside++) {
		struct tally_cell *c = cell_of(w, s->series[i], inside);

		if (!sums[inside].packets)
			continue;
		if (ms) {
			tally_cell_count(c, sums[inside].packets,
					 h->ns + sums[inside].first_ms * NS_PER_MS,
					 h->ns + sums[inside].last_ms * NS_PER_MS);
		} else if (h->bare) {
			tally_cell_count(c, sums[inside].packets, hour_first_ns(h->ns),
					 hour_last_ns(h->ns));
		} else {
			c->packets += sums[inside].packets;
		}
		if (h->one_day)
			error = day_set_add(&c->days, h->day);
	}
	for (uint32_t pair = start; pair < s->pair_end[i] && !h->one_day && !error; pair++) {
		if (intake_wants(w->in, s->peer[pair])) {
			error = count_days(
				cell_of(w, s->series[i], is_inside(w->in, s->peer[pair])), ms,
				s->packets[pair], h);
		}
		ms += s->packets[pair];
	}
	return error;
}

/* Do all cells that the group counts into have times before its hour and after it? */
static bool times_are_known(const struct worker *w, uint64_t hour_ns)
{
	const struct part_summary *s = &w->summary;
	uint32_t pair = 0;

	for (uint32_t i = 0; i < s->n_series; pair = s->pair_end[i++]) {
		bool met[2] = { false, false };

		if (w->in->service_of[s->series[i]] == TALLY_NO_SERVICE)
			continue;
		met[0] = !w->in->inside && !w->in->unwanted;
		for (; (w->in->inside || w->in->unwanted) && pair < s->pair_end[i]; pair++)
			met[is_inside(w->in, s->peer[pair])] |= intake_wants(w->in, s->peer[pair]);
		for (int inside = 0; inside < 2; inside++) {
			const struct tally_cell *c = cell_of(w, s->series[i], inside);

			if (met[inside] && (!c->packets || c->first_ns >= hour_ns ||
					    c->last_ns <= hour_last_ns(hour_ns)))
				return false;
		}
	}
	return true;
}

/* Reads the times of a group, and leaves in the summary what is within the tally's. */
static int read_times(struct worker *w, uint32_t group, struct hour *h, struct diagnosis *d)
{
	uint64_t from = w->in->tally->from_ns, to = w->in->tally->to_ns;
	bool whole = from <= h->ns && to > hour_last_ns(h->ns);
	int error;

	if (h->bare || (whole && h->one_day && times_are_known(w, h->ns)))
		return 0;
	error = part_read_detail(w->in->part, group, &w->summary, PART_TIMES, &w->detail, d);
	if (error < 0)
		return error;
	h->ms = w->detail.ms;
	if (!whole) {
		uint64_t first = from > h->ns ? from - h->ns + NS_PER_MS - 1 : 0;
		uint64_t end = MIN(to - h->ns, HOUR_NS) + NS_PER_MS - 1;

		cut_group(&w->summary, &w->detail, (uint32_t)(first / NS_PER_MS),
			  (uint32_t)(end / NS_PER_MS));
	}
	return 0;
}

int tally_count_group(struct worker *w, uint32_t group, struct diagnosis *d)
{
	struct intake *in = w->in;
	const struct part_summary *s = &w->summary;
	const struct part_group *g = &part_groups(in->part)[group];
	uint64_t ns = g->hour * HOUR_NS;
	bool bare = !part_group_has_details(g);
	struct hour h = { .ns = ns,
			  .bare = bare,
			  .one_day = bare || zone_day(ns) == zone_day(hour_last_ns(ns)),
			  .day = zone_day(ns) };
	int error = read_times(w, group, &h, d);
	uint32_t record = 0, pair = 0;

	for (uint32_t i = 0; i < s->n_series && !error; i++) {
		const uint32_t *ms = h.ms ? h.ms + record : NULL;

		for (; h.ms && pair < s->pair_end[i]; pair++)
			record += s->packets[pair];
		if (in->service_of[s->series[i]] != TALLY_NO_SERVICE)
			error = count_series(w, i, ms, &h);
	}
	return error;
}
