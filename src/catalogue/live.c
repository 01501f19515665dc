#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/counts_internal.h"
#include "catalogue/live_internal.h"

/* ---- which ---- */

static int is_counted(struct catalogue *c, sqlite3_stmt *s, const char *name, struct diagnosis *d)
{
	int step;

	sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
	step = sqlite3_step(s);
	sqlite3_reset(s);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		return catalogue_sql_error(c, d);
	return step == SQLITE_ROW;
}

int live_begin(struct catalogue *c, struct diagnosis *d)
{
	size_t n = archive_live_count(c->archive);
	sqlite3_stmt *s;
	int error =
		n ? catalogue_prepare(c, "SELECT 1 FROM derived_batch WHERE name = ?", &s, d) : 0;

	if (error < 0 || !n)
		return error;
	c->live = calloc(n, sizeof(*c->live));
	error = c->live ? 0 : -ENOMEM;
	for (size_t i = n; i-- > 0 && error >= 0;) {
		const char *name = archive_live_name(c->archive, i);

		error = is_counted(c, s, name, d);
		if (!error)
			strcpy(c->live[c->n_live++], name);
		if (error > 0 && !c->n_shelves)
			archive_forget_journal(c->archive, name);
	}
	sqlite3_finalize(s);
	return MIN(error, 0);
}

void live_end(struct catalogue *c)
{
	free(c->live);
	c->live = NULL;
	c->n_live = 0;
}

/* ---- counts ---- */

/* What journals have, and on top of it what is stored of the same services. */
static int count(struct catalogue *c, const struct net_addr *host, bool with_peers, struct tally *t,
		 struct diagnosis *d)
{
	int error = 0;

	tally_narrow(t, host);
	for (size_t i = 0; i < c->n_live && !error; i++)
		error = catalogue_tally_batch(c, DAMAGE_ASKED, c->live[i], t, d);
	return error < 0 ? error : catalogue_finish_tally(c, t, with_peers, d);
}

static void free_days(struct tally_service *s)
{
	for (int k = 0; k < TALLY_CLASSES; k++) {
		day_set_finish(&s->cells[0][k].days);
		day_set_finish(&s->cells[1][k].days);
	}
}

/* Both sorted. LIVE holds what is stored as well. */
static int merge(struct tally_service **list, size_t *n_list, struct tally_service *live,
		 size_t n_live)
{
	struct tally_service *merged = malloc((*n_list + n_live + 1) * sizeof(*merged));
	size_t i = 0, k = 0, n = 0;

	if (!merged)
		return -ENOMEM;
	while (i < *n_list || k < n_live) {
		int order = i == *n_list  ? 1
			    : k == n_live ? -1
					  : tally_service_order(&(*list)[i], &live[k]);

		if (order < 0) {
			merged[n++] = (*list)[i++];
			continue;
		}
		if (order == 0)
			free_days(&(*list)[i++]);
		tally_service_take(&merged[n++], &live[k++]);
	}
	free(*list);
	*list = merged;
	*n_list = n;
	return 0;
}

int live_merge(struct catalogue *c, const struct net_addr *host, bool with_peers,
	       struct tally_service **list, size_t *n, struct diagnosis *d)
{
	struct tally *t = NULL;
	int error = c->n_live ? tally_new(c->config, 0, UINT64_MAX, &t) : 0;

	if (!error && t)
		error = count(c, host, with_peers, t, d);
	if (!error && t)
		error = merge(list, n, tally_services(t), tally_count(t));
	tally_free(t);
	return error;
}

/* ---- totals ---- */

/* Services and hosts that no counted batch has. */
static int add_new_services(struct catalogue *c, struct catalogue_totals *t, struct tally *live,
			    struct diagnosis *d)
{
	const struct tally_service *list = tally_services(live);
	struct tally_service *stored = NULL;
	size_t n = 0, k = 0;
	int error = 0;

	for (size_t i = 0; i < tally_count(live) && !error; i++) {
		bool new_host = !i || !addr_equal(list[i].host, list[i - 1].host);

		if (new_host) {
			catalogue_counts_free(stored, n);
			stored = NULL;
			n = k = 0;
			error = counts_load_stored(c, &list[i].host, &stored, &n, d);
			t->hosts += !error && !n;
		}
		while (k < n && tally_service_order(&stored[k], &list[i]) < 0)
			k++;
		t->services += k == n || tally_service_order(&stored[k], &list[i]) != 0;
	}
	catalogue_counts_free(stored, n);
	return error;
}

static int add_manifest(struct catalogue *c, const char *name, struct catalogue_totals *t,
			struct diagnosis *d)
{
	struct diagnosis words = { "" };
	struct batch_manifest m;
	int error = batch_read_manifest(c->archive, name, &m, &words);

	if (error < 0)
		return catalogue_pass_over(c, name, error, &words, d);
	t->batches++;
	t->parts += m.n_parts;
	t->sightings += m.sightings;
	for (size_t i = 0; i < m.n_parts; i++)
		t->archive_bytes += m.parts[i].bytes;
	t->first_ns = t->first_ns ? MIN(t->first_ns, m.first_ns) : m.first_ns;
	t->last_ns = MAX(t->last_ns, m.last_ns);
	batch_manifest_finish(&m);
	return 0;
}

int live_add_totals(struct catalogue *c, struct catalogue_totals *t, struct diagnosis *d)
{
	struct tally *live = NULL;
	int error = c->n_live ? tally_new(c->config, 0, UINT64_MAX, &live) : 0;

	for (size_t i = 0; i < c->n_live && !error; i++) {
		error = add_manifest(c, c->live[i], t, d);
		if (!error)
			error = catalogue_tally_batch(c, DAMAGE_ASKED, c->live[i], live, d);
	}
	if (!error && live)
		error = tally_finish_counts(live);
	if (!error && live)
		error = add_new_services(c, t, live, d);
	tally_free(live);
	return error;
}

/* ---- for sql ---- */

static const char tables[] =
	"CREATE TEMP TABLE IF NOT EXISTS live_batch AS SELECT * FROM derived_batch LIMIT 0;"
	"CREATE TEMP TABLE IF NOT EXISTS live_gap AS SELECT * FROM derived_gap LIMIT 0;"
	"CREATE TEMP TABLE IF NOT EXISTS live_flood AS SELECT * FROM derived_flood LIMIT 0;"
	"DELETE FROM live_batch;"
	"DELETE FROM live_gap;"
	"DELETE FROM live_flood;";

int live_fill_tables(struct catalogue *c, struct diagnosis *d)
{
	int error = catalogue_exec(c, tables, d);

	for (size_t i = 0; i < archive_live_count(c->archive) && !error; i++) {
		const char *name = archive_live_name(c->archive, i);
		struct diagnosis words = { "" };
		struct batch_manifest m;

		error = batch_read_manifest(c->archive, name, &m, &words);
		if (error < 0) {
			error = catalogue_pass_over(c, name, error, &words, d);
			continue;
		}
		error = catalogue_insert_batch(c, &rows_live, name, &m, d);
		batch_manifest_finish(&m);
	}
	return error;
}
