#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/zone.h"
#include "catalogue/counts_internal.h"
#include "catalogue/own_internal.h"
#include "catalogue/shelf_internal.h"

#define SHELF_BYTES_MAX (256u << 20) /* of dictionaries kept, beyond the one in use */

/* ---- the index ---- */

static int add_file(struct shelf *s, uint32_t batch, const char *name)
{
	void *grown = array_make_room(s->files, s->n_files, &s->files_room, sizeof(*s->files));

	if (!grown)
		return -ENOMEM;
	s->files = grown;
	s->files[s->n_files].batch = batch;
	memcpy(s->files[s->n_files++].name, name, sizeof(s->files->name));
	return 0;
}

static int add_groups(struct shelf *s, const struct part *p)
{
	uint32_t file = (uint32_t)s->n_files - 1;

	for (uint32_t i = 0; i < part_group_count(p); i++) {
		void *grown = array_make_room(s->groups, s->n_groups, &s->groups_room,
					      sizeof(*s->groups));

		if (!grown)
			return -ENOMEM;
		s->groups = grown;
		s->groups[s->n_groups++] =
			(struct shelf_group){ file, i, part_groups(p)[i].hour,
					      !part_group_has_details(&part_groups(p)[i]) };
	}
	return 0;
}

static int index_batch(struct shelf *s, uint32_t batch, struct diagnosis *d)
{
	struct archive *a = s->catalogue->archive;
	const char *name = s->batches[batch];
	struct diagnosis words = { "" };
	struct batch_manifest m;
	int error = batch_read_manifest(a, name, &m, &words);

	if (error < 0)
		return catalogue_pass_over(s->catalogue, name, error, &words, d);
	for (size_t i = 0; i < m.n_parts && !error; i++) {
		struct part *p;

		words.text[0] = '\0';
		error = batch_open_part(a, name, m.parts[i].name, &p, &words);
		if (error < 0) {
			error = catalogue_pass_over(s->catalogue, name, error, &words, d);
			continue;
		}
		error = add_file(s, batch, m.parts[i].name);
		if (!error)
			error = add_groups(s, p);
		part_close(p);
	}
	batch_manifest_finish(&m);
	return error;
}

static void forget_index(struct shelf *s)
{
	catalogue_counts_free(s->overall, s->n_overall);
	free(s->batches);
	s->overall = NULL;
	s->batches = NULL;
	s->n_overall = s->n_batches = s->n_files = s->n_groups = 0;
}

static int index_once(struct shelf *s, const struct net_addr *host, struct diagnosis *d)
{
	struct catalogue *c = s->catalogue;
	int error = archive_list(c->archive, &s->batches, &s->n_batches, d);

	for (size_t i = 0; i < s->n_batches && !error; i++)
		error = index_batch(s, (uint32_t)i, d);
	return error < 0 ? error : counts_load_cells(c, 0, host, &s->overall, &s->n_overall, d);
}

static int index_all(struct shelf *s, const struct net_addr *host, struct diagnosis *d)
{
	for (int attempt = 0;; attempt++) {
		size_t known = catalogue_damage_count(s->catalogue);
		int error = index_once(s, host, d);

		if (error < 0 || attempt == CATALOGUE_ATTEMPTS_MAX)
			return error;
		error = catalogue_take_back_damage(s->catalogue, known, d);
		if (error <= 0)
			return error;
		forget_index(s);
		error = catalogue_settle(s->catalogue, d);
		if (error < 0)
			return error;
	}
}

int shelf_new(struct catalogue *c, uint8_t include, const struct net_addr *host,
	      struct shelf **ret_shelf, struct diagnosis *d)
{
	struct shelf *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return -ENOMEM;
	s->catalogue = c;
	s->include = include;
	s->live_generation = archive_live_generation(c->archive);
	c->n_shelves++;
	error = index_all(s, host, d);
	if (error < 0) {
		shelf_free(s);
		return error;
	}
	*ret_shelf = s;
	return 0;
}

void shelf_free(struct shelf *s)
{
	if (!s)
		return;
	s->catalogue->n_shelves--;
	for (size_t i = 0; i < SHELF_PARTS_MAX; i++)
		shelf_give_back(s->open[i]);
	forget_index(s);
	free(s->files);
	free(s->groups);
	free(s);
}

bool shelf_is_current(const struct shelf *s)
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	size_t n = 0;
	struct archive *a = s->catalogue->archive;
	bool same = archive_live_generation(a) == s->live_generation &&
		    archive_list(a, &names, &n, NULL) == 0 && n == s->n_batches;

	for (size_t i = 0; i < n && same; i++)
		same = !strcmp(names[i], s->batches[i]);
	free(names);
	return same;
}

int shelf_diagnose(const struct shelf *s, uint32_t file, int error, struct diagnosis *d)
{
	const struct shelf_file *f = &s->files[file];

	return diagnose_prefix(d, error, "%s/archive/%s", archive_path(s->catalogue->archive),
			       s->batches[f->batch]);
}

bool shelf_has_lost(const struct shelf *s, uint32_t file, int error)
{
	return error == -ENOENT &&
	       catalogue_has_batch(s->catalogue, s->batches[s->files[file].batch], NULL) == 0;
}

int shelf_pass_over(struct shelf *s, uint32_t file, int error, const struct diagnosis *words,
		    struct diagnosis *d)
{
	return catalogue_pass_over(s->catalogue, s->batches[s->files[file].batch], error, words, d);
}

/* ---- parts ---- */

void shelf_give_back(struct shelf_part *p)
{
	if (!p || --p->holders)
		return;
	part_close(p->part);
	free(p->series);
	free(p->inside);
	free(p);
}

/* A service that was never counted, or is not loaded since it is FTP data only, has no overall
 * counts: its FTP data has nobody to speak for it. */
static uint8_t allowed_marks(const struct shelf *s, const struct part_series *series)
{
	const struct tally_service none = { .host = series->host,
					    .port = series->port,
					    .protocol = series->protocol };
	const struct tally_service *whole = counts_find(s->overall, s->n_overall, &none);

	return catalogue_allowed_marks(s->catalogue->config, whole ? whole : &none, s->include);
}

static int judge_series(const struct shelf *s, struct shelf_part *p)
{
	const struct part_series *series = part_series(p->part);
	uint32_t n = part_series_count(p->part);

	p->series = malloc(n);
	if (!p->series)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		bool excluded =
			config_excluded_reason(s->catalogue->config, series[i].host) != NULL;
		bool ours = prefix_set_contains(&s->catalogue->config->networks, series[i].host);
		bool own =
			own_has(s->catalogue, series[i].host, series[i].port, series[i].protocol);
		bool hidden = !ours || (excluded && !(s->include & MARK_EXCLUDED)) ||
			      (own && !(s->include & MARK_OWN_SCAN)) ||
			      (series[i].marks & ~allowed_marks(s, &series[i]));

		p->series[i] = (uint8_t)((excluded ? SHELF_EXCLUDED : 0) | (own ? SHELF_OWN : 0) |
					 (hidden ? 0 : SHELF_SHOWN));
	}
	return 0;
}

static int judge_peers(const struct shelf *s, struct shelf_part *p)
{
	const struct prefix_set *networks = &s->catalogue->config->networks;
	uint32_t n = part_peer_count(p->part);
	bool any = false;

	p->inside = malloc(n);
	if (!p->inside)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		p->inside[i] = prefix_set_contains(networks, part_peer(p->part, i));
		any |= p->inside[i];
	}
	if (!any) {
		free(p->inside);
		p->inside = NULL;
	}
	return 0;
}

/* About. */
static size_t memory_of(const struct part *p)
{
	size_t v4 = part_peer_v4_count(p), v6 = part_peer_count(p) - v4;

	return part_series_count(p) * (sizeof(struct part_series) + 1) +
	       v4 * (sizeof(uint32_t) + 1) + v6 * (sizeof(struct net_addr) + 1) +
	       (size_t)part_group_count(p) * 2 * sizeof(struct part_group);
}

static int open_part(struct shelf *s, uint32_t file, struct shelf_part **ret_part,
		     struct diagnosis *d)
{
	const struct shelf_file *f = &s->files[file];
	struct shelf_part *p = calloc(1, sizeof(*p));
	int error;

	if (!p)
		return -ENOMEM;
	p->holders = 1;
	p->file = file;
	error = batch_open_part(s->catalogue->archive, s->batches[f->batch], f->name, &p->part, d);
	if (!error && (error = part_load_dictionaries(p->part, d)) < 0)
		shelf_diagnose(s, file, error, d);
	if (!error)
		error = own_find(s->catalogue, d);
	if (!error)
		error = judge_series(s, p);
	if (!error)
		error = judge_peers(s, p);
	if (error < 0) {
		shelf_give_back(p);
		return error;
	}
	p->bytes = memory_of(p->part);
	*ret_part = p;
	return 0;
}

/* An empty place for a part of BYTES more, made by letting the oldest go. */
static size_t make_place(struct shelf *s, size_t bytes)
{
	size_t kept, oldest, empty;

	do {
		kept = bytes;
		oldest = empty = SHELF_PARTS_MAX;
		for (size_t i = 0; i < SHELF_PARTS_MAX; i++) {
			if (!s->open[i]) {
				empty = i;
				continue;
			}
			kept += s->open[i]->bytes;
			if (oldest == SHELF_PARTS_MAX || s->open[i]->used < s->open[oldest]->used)
				oldest = i;
		}
		if (oldest == SHELF_PARTS_MAX ||
		    (empty < SHELF_PARTS_MAX && kept <= SHELF_BYTES_MAX))
			return empty;
		shelf_give_back(s->open[oldest]);
		s->open[oldest] = NULL;
	} while (true);
}

int shelf_take(struct shelf *s, uint32_t file, struct shelf_part **ret_part, struct diagnosis *d)
{
	struct shelf_part *p = NULL;
	int error;

	for (size_t i = 0; i < SHELF_PARTS_MAX && !p; i++) {
		if (s->open[i] && s->open[i]->file == file)
			p = s->open[i];
	}
	if (!p) {
		error = open_part(s, file, &p, d);
		if (error < 0)
			return error;
		s->open[make_place(s, p->bytes)] = p;
	}
	p->used = ++s->clock;
	p->holders++;
	*ret_part = p;
	return 0;
}
