#include "watch/compact.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

#define DAY_NS  (SECONDS_PER_DAY * NS_PER_SECOND)
#define HOUR_NS (3600 * NS_PER_SECOND)
#define CHUNK   4096u /* sightings handed to the writer at once */

/* Of a manifest's 16 MiB; a gap's line has about 80 bytes. More are left in batches of their own.
 */
#define LINES_MAX 100000u

struct piece {
	char name[BATCH_NAME_MAX];
	struct batch_manifest manifest;
};

struct compact {
	struct archive *archive;
	struct catalogue *catalogue;
	struct compact_account *account;
	struct diagnosis *d;
	struct catalogue_batch *batches; /* of journals, with details, by first_ns */
	size_t n;
};

static int by_first(const void *a, const void *b)
{
	const struct catalogue_batch *x = a, *y = b;

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int load_batches(struct compact *k)
{
	int error = catalogue_batches(k->catalogue, &k->batches, &k->n, k->d);
	size_t kept = 0;

	if (error < 0)
		return error;
	for (size_t i = 0; i < k->n; i++) {
		const struct catalogue_batch *b = &k->batches[i];

		if (b->journal && !b->bare && !b->damaged)
			k->batches[kept++] = *b;
	}
	k->n = kept;
	if (kept)
		qsort(k->batches, kept, sizeof(*k->batches), by_first);
	return 0;
}

static uint64_t day_of(const struct catalogue_batch *b)
{
	return b->first_ns / DAY_NS;
}

/* ---- sightings ---- */

/* From the parts of the pieces to those of the batch that is made. */
struct pour {
	struct batch_writer *to;
	struct part_writer *part;
	struct sighting chunk[CHUNK];
	size_t n;
	struct part_summary summary;
	struct part_detail detail;
	struct diagnosis *d;
};

static int end_part(struct pour *p)
{
	int error = part_writer_records(p->part) ? batch_writer_add_part(p->to, p->part, p->d) : 0;

	if (!error)
		part_writer_reset(p->part);
	return error;
}

static int pour_chunk(struct pour *p)
{
	size_t n = p->n;

	p->n = 0;
	for (size_t at = 0; at < n;) {
		int took = part_writer_append(p->part, p->chunk + at, n - at), error = 0;

		if (took < 0)
			return took;
		at += (size_t)took;
		if (at < n)
			error = end_part(p);
		if (error < 0)
			return error;
	}
	return 0;
}

/* The group's records, which lie in summary and detail. */
static int pour_records(struct pour *p, const struct part *part, uint64_t hour_ns)
{
	const struct part_summary *s = &p->summary;
	uint32_t pair = 0, record = 0;
	int error = 0;

	for (uint32_t i = 0; i < s->n_series && !error; i++) {
		const struct part_series *series = &part_series(part)[s->series[i]];

		for (; pair < s->pair_end[i] && !error; pair++) {
			struct sighting one = { .host = series->host,
						.peer = part_peer(part, s->peer[pair]),
						.port = series->port,
						.protocol = series->protocol,
						.marks = series->marks };

			for (uint32_t more = s->packets[pair]; more && !error; more--, record++) {
				one.time_ns = hour_ns + p->detail.ms[record] * NS_PER_MS;
				one.peer_port = p->detail.peer_port[record];
				p->chunk[p->n++] = one;
				if (p->n == CHUNK)
					error = pour_chunk(p);
			}
		}
	}
	return error < 0 ? error : pour_chunk(p);
}

/* Whatever keeps it from being read, it is not to be taken for an error of writing. */
static int unreadable(int error)
{
	return catalogue_is_damage(error) ? ERR_DAMAGED : error;
}

static int pour_group(struct pour *p, struct part *part, uint32_t group, struct diagnosis *d)
{
	int error = part_read_summary(part, group, &p->summary, d);

	if (!error) {
		error = part_read_detail(part, group, &p->summary, PART_TIMES | PART_PEER_PORTS,
					 &p->detail, d);
	}
	if (error < 0)
		return unreadable(error);
	return pour_records(p, part, part_groups(part)[group].hour * HOUR_NS);
}

static int pour_part(struct pour *p, struct archive *a, const char *batch, const char *name)
{
	struct part *part;
	int error = unreadable(batch_open_part(a, batch, name, &part, p->d));

	if (error < 0)
		return error;
	error = unreadable(part_load_dictionaries(part, p->d));
	for (uint32_t g = 0; g < part_group_count(part) && !error; g++)
		error = pour_group(p, part, g, p->d);
	if (error == ERR_DAMAGED)
		diagnose_prefix(p->d, error, "%s/archive/%s", archive_path(a), batch);
	part_close(part);
	return error;
}

static int pour_all(struct compact *k, const struct piece *pieces, size_t n,
		    struct batch_writer *to, struct diagnosis *words)
{
	struct pour *p = calloc(1, sizeof(*p));
	int error = p ? part_writer_new(&p->part) : -ENOMEM;

	if (error < 0) {
		free(p);
		return error;
	}
	p->to = to;
	p->d = words;
	for (size_t i = 0; i < n && !error; i++) {
		const struct batch_manifest *m = &pieces[i].manifest;

		for (size_t part = 0; part < m->n_parts && !error; part++)
			error = pour_part(p, k->archive, pieces[i].name, m->parts[part].name);
	}
	if (!error)
		error = end_part(p);
	part_summary_finish(&p->summary);
	part_detail_finish(&p->detail);
	part_writer_free(p->part);
	free(p);
	return error;
}

/* ---- what else they say ---- */

static int add_count(struct batch_manifest *m, const struct batch_count *c)
{
	for (size_t i = 0; i < m->n_counts; i++) {
		if (!strcmp(m->counts[i].name, c->name)) {
			m->counts[i].count += c->count;
			return 0;
		}
	}
	return batch_manifest_add_count(m, c->name, c->count);
}

static int take_text(char **to, const char *from)
{
	free(*to);
	*to = strdup(from ? from : "");
	return *to ? 0 : -ENOMEM;
}

/* Of several the one that ends last goes on: its words are taken. */
static int take_words(struct batch_manifest *m, const struct batch_manifest *last)
{
	int error = take_text(&m->capture, last->capture);

	memcpy(m->journal, last->journal, sizeof(m->journal));
	m->end_ns = last->end_ns;
	if (!error)
		error = take_text(&m->format, last->format);
	return error < 0 ? error : take_text(&m->zone, last->zone);
}

static int add_piece(struct batch_manifest *m, const struct piece *p)
{
	const struct batch_manifest *one = &p->manifest;
	int error = 0;

	m->first_ns = m->n_replaces ? MIN(m->first_ns, one->first_ns) : one->first_ns;
	m->last_ns = MAX(m->last_ns, one->last_ns);
	m->end_frames += one->end_frames;
	m->end_bytes += one->end_bytes;
	if (!m->n_replaces || one->end_ns >= m->end_ns)
		error = take_words(m, one);
	for (size_t i = 0; i < one->n_counts && !error; i++)
		error = add_count(m, &one->counts[i]);
	for (size_t i = 0; i < one->n_gaps && !error; i++)
		error = batch_manifest_add_gap(m, &one->gaps[i]);
	if (!error)
		error = batch_manifest_add_floods_of(m, one);
	return error < 0 ? error : batch_manifest_add_replaced(m, p->name);
}

static const struct piece *last_piece(const struct piece *pieces, size_t n)
{
	const struct piece *last = pieces;

	for (size_t i = 1; i < n; i++) {
		if (pieces[i].manifest.end_ns >= last->manifest.end_ns)
			last = &pieces[i];
	}
	return last;
}

/* ---- one stretch ---- */

static int write_batch(struct compact *k, const struct piece *pieces, size_t n,
		       struct batch_manifest *m, struct diagnosis *words)
{
	struct batch_writer *w = NULL;
	struct buffer memory;
	int error = unreadable(
		batch_read_memory(k->archive, last_piece(pieces, n)->name, &memory, words));

	if (!error)
		error = batch_writer_new(k->archive, &w, words);
	if (!error)
		error = pour_all(k, pieces, n, w, words);
	if (!error)
		error = batch_writer_seal(w, m, &memory, words);
	if (!error)
		error = catalogue_exchange(k->catalogue, w, m, words);
	batch_writer_free(w);
	buffer_finish(&memory);
	return error;
}

/* What cannot be read is said and stays; what was replaced meanwhile has its turn later. */
static int pass_over(struct compact *k, int error, const struct diagnosis *words)
{
	if (error == -EAGAIN)
		return 0;
	if (error != ERR_DAMAGED) {
		if (error < 0 && k->d)
			*k->d = *words;
		return error;
	}
	if (!k->account->passed_over++)
		k->account->words = *words;
	return 0;
}

static int unite(struct compact *k, const struct piece *pieces, size_t n)
{
	struct diagnosis words = { "" };
	struct batch_manifest m;
	int error;

	batch_manifest_init(&m);
	error = prefix_set_add_all(&m.networks, &pieces->manifest.networks);
	for (size_t i = 0; i < n && !error; i++)
		error = add_piece(&m, &pieces[i]);
	if (!error)
		error = write_batch(k, pieces, n, &m, &words);
	if (!error) {
		k->account->made++;
		k->account->of += n;
	}
	batch_manifest_finish(&m);
	return pass_over(k, error, &words);
}

/* ---- which ---- */

static bool same_networks(const struct prefix_set *a, const struct prefix_set *b)
{
	bool same = a->n_ranges == b->n_ranges;

	for (size_t i = 0; i < a->n_ranges && same; i++) {
		same = addr_equal(a->ranges[i].first, b->ranges[i].first) &&
		       addr_equal(a->ranges[i].last, b->ranges[i].last);
	}
	return same;
}

static bool same_sensor(const struct batch_manifest *a, const struct batch_manifest *b)
{
	return !strcmp(a->capture, b->capture) && same_networks(&a->networks, &b->networks);
}

/* A flood's line is about twice as long as a gap's. */
static size_t lines_of(const struct batch_manifest *m)
{
	return m->n_gaps + 2 * m->n_floods;
}

/* Of [0, n) moves to the front the stretch that the first begins: of its sensor, without a break.
 * Returns how many; the others stay in order. */
static size_t gather(struct piece *pieces, size_t n)
{
	uint64_t covered_ns = pieces->manifest.last_ns;
	size_t count = 1, lines = lines_of(&pieces->manifest);

	for (size_t i = 1; i < n; i++) {
		struct piece p = pieces[i];
		const struct batch_manifest *m = &p.manifest;

		if (!same_sensor(&pieces->manifest, m) ||
		    (m->first_ns > covered_ns && m->first_ns - covered_ns > COMPACT_BREAK_NS) ||
		    lines + lines_of(m) > LINES_MAX)
			continue;
		memmove(&pieces[count + 1], &pieces[count], (i - count) * sizeof(*pieces));
		pieces[count++] = p;
		covered_ns = MAX(covered_ns, m->last_ns);
		lines += lines_of(m);
	}
	return count;
}

static int unite_pieces(struct compact *k, struct piece *pieces, size_t n)
{
	int error = 0;

	while (n && !error) {
		size_t count = gather(pieces, n);

		if (count > 1)
			error = unite(k, pieces, count);
		for (size_t i = 0; i < count; i++)
			batch_manifest_finish(&pieces[i].manifest);
		memmove(pieces, pieces + count, (n - count) * sizeof(*pieces));
		n -= count;
	}
	for (size_t i = 0; i < n; i++)
		batch_manifest_finish(&pieces[i].manifest);
	return error;
}

static int unite_day(struct compact *k, const struct catalogue_batch *batches, size_t n)
{
	struct piece *pieces = calloc(n, sizeof(*pieces));
	size_t read = 0;
	int error = pieces ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !error; i++) {
		struct diagnosis words = { "" };

		memcpy(pieces[read].name, batches[i].name, sizeof(pieces->name));
		error = unreadable(batch_read_manifest(k->archive, batches[i].name,
						       &pieces[read].manifest, &words));
		read += !error;
		error = pass_over(k, error, &words);
	}
	if (!error) {
		error = unite_pieces(k, pieces, read);
		read = 0; /* all finished there */
	}
	for (size_t i = 0; i < read; i++)
		batch_manifest_finish(&pieces[i].manifest);
	free(pieces);
	return error;
}

int compact_apply(struct archive *a, struct catalogue *c, uint64_t now_ns,
		  struct compact_account *ret_account, struct diagnosis *d)
{
	struct compact k = { .archive = a, .catalogue = c, .account = ret_account, .d = d };
	uint64_t end_day = now_ns > COMPACT_AFTER_NS ? (now_ns - COMPACT_AFTER_NS) / DAY_NS : 0;
	int error;

	*ret_account = (struct compact_account){ 0 };
	error = catalogue_tidy(c, d);
	if (!error)
		error = load_batches(&k);
	for (size_t i = 0, count; i < k.n && !error; i += count) {
		uint64_t day = day_of(&k.batches[i]);

		count = 1;
		while (i + count < k.n && day_of(&k.batches[i + count]) == day)
			count++;
		if (day >= end_day)
			break;
		if (count > 1)
			error = unite_day(&k, k.batches + i, count);
	}
	free(k.batches);
	return error;
}
