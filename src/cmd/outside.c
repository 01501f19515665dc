/* What the site looks like from outside, held against what was seen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/zone.h"
#include "catalogue/gaps.h"
#include "cmd/cmd_internal.h"

/* ---- rows ---- */

/* Both lists, as far as they tell of one service; either may have none of it. */
struct meeting {
	struct cmd_outside *o;
	size_t room;
	const struct catalogue_service *shown, *all;
	size_t n_shown, n_all, i_shown, i_all;
};

static int add_row(struct meeting *m, const struct outside_row *row)
{
	struct cmd_outside *o = m->o;
	struct outside_row *grown = array_make_room(o->rows, o->n_rows, &m->room, sizeof(*o->rows));

	if (!grown)
		return -ENOMEM;
	o->rows = grown;
	grown[o->n_rows++] = *row;
	return 0;
}

/* Moves *i to KEY's place in a list; is it there? */
static const struct catalogue_service *meet(const struct catalogue_service *list, size_t n,
					    size_t *i, const struct outside_row *key)
{
	while (*i < n && SERVICE_ORDER(&list[*i], key) < 0)
		++*i;
	return *i < n && SERVICE_ORDER(&list[*i], key) == 0 ? &list[*i] : NULL;
}

static enum outside_mark mark_open(const struct catalogue_service *shown,
				   const struct catalogue_service *seen, uint8_t protocol)
{
	if (shown)
		return OUTSIDE_BOTH;
	if (protocol != SIGHTING_PROTOCOL_TCP)
		return OUTSIDE_UNWATCHED;
	return seen ? OUTSIDE_THEY_MARKED : OUTSIDE_THEY_ONLY;
}

static enum outside_mark mark_not_open(const struct catalogue_service *shown, uint64_t time_ns)
{
	return shown->first_ns > time_ns  ? OUTSIDE_WE_LATER
	       : shown->last_ns < time_ns ? OUTSIDE_WE_EARLIER
					  : OUTSIDE_WE_ONLY;
}

/* What each viewer says of KEY. */
static int add_words(struct meeting *m, struct outside_row key)
{
	const struct catalogue_service *shown = meet(m->shown, m->n_shown, &m->i_shown, &key),
				       *seen = meet(m->all, m->n_all, &m->i_all, &key);
	int error = 0;

	key.marks = seen ? seen->marks : 0;
	for (size_t i = 0; i < m->o->said.n_viewers && !error; i++) {
		enum outside_word word = catalogue_outside_say(
			&m->o->said, key.host, key.port, key.protocol, i, &key.time_ns, &key.view);

		if (word == OUTSIDE_UNKNOWN || (word == OUTSIDE_NOT_OPEN && !shown))
			continue;
		key.viewer = i;
		key.mark = word == OUTSIDE_OPEN ? mark_open(shown, seen, key.protocol)
						: mark_not_open(shown, key.time_ns);
		error = add_row(m, &key);
	}
	return error;
}

/* Not the site's (any more), or left out of lists. */
static bool is_hidden(const struct cmd_call *call, const struct catalogue_query *q,
		      struct net_addr host)
{
	return !prefix_set_contains(&call->config.networks, host) ||
	       (!q->host && !(q->include & MARK_EXCLUDED) &&
		config_excluded_reason(&call->config, host));
}

/* Both lists are sorted alike; each service of either comes once. */
static int unite(const struct cmd_call *call, const struct catalogue_query *q, struct meeting *m)
{
	const struct catalogue_outside *said = &m->o->said;
	size_t s = 0, v = 0;
	int error = 0;

	while (!error && (s < m->n_shown || v < said->n_views)) {
		bool ours = s < m->n_shown && (v == said->n_views ||
					       SERVICE_ORDER(&m->shown[s], &said->views[v]) <= 0);
		struct outside_row key = {
			.host = ours ? m->shown[s].host : said->views[v].host,
			.port = ours ? m->shown[s].port : said->views[v].port,
			.protocol = ours ? m->shown[s].protocol : said->views[v].protocol,
		};

		if (ours || !is_hidden(call, q, key.host))
			error = add_words(m, key);
		s += ours;
		while (v < said->n_views && SERVICE_ORDER(&said->views[v], &key) == 0)
			v++;
	}
	return error;
}

/* ---- when nobody looked ---- */

static bool covers(const struct catalogue_gap *g, uint64_t time_ns)
{
	/* What has whole seconds was cut off. */
	uint64_t last = time_ns % NS_PER_SECOND ? time_ns : time_ns + NS_PER_SECOND - 1;

	return (!g->recorded || g->kind == BATCH_GAP_STOPPED || g->kind == BATCH_GAP_DOWN ||
		g->kind == BATCH_GAP_SILENT) &&
	       g->from_ns <= time_ns && g->to_ns > last;
}

static int mark_blind(struct cmd_call *call, struct cmd_outside *o, struct diagnosis *d)
{
	struct catalogue_gap *gaps = NULL;
	uint64_t from = UINT64_MAX, to = 0;
	size_t n = 0;
	int error;

	for (size_t i = 0; i < o->n_rows; i++) {
		if (o->rows[i].mark == OUTSIDE_THEY_ONLY) {
			from = MIN(from, o->rows[i].time_ns);
			to = MAX(to, o->rows[i].time_ns);
		}
	}
	if (from == UINT64_MAX)
		return 0;
	error = catalogue_gaps(call->catalogue, from, to + NS_PER_SECOND, 1, &gaps, &n, d);
	for (size_t i = 0; i < o->n_rows && !error; i++) {
		for (size_t k = 0; k < n && o->rows[i].mark == OUTSIDE_THEY_ONLY; k++) {
			if (covers(&gaps[k], o->rows[i].time_ns))
				o->rows[i].mark = OUTSIDE_THEY_BLIND;
		}
	}
	free(gaps);
	return error;
}

int cmd_outside_load(struct cmd_call *call, const struct catalogue_query *q,
		     const struct catalogue_service *services, size_t n,
		     struct cmd_outside *ret_outside, struct diagnosis *d)
{
	struct meeting m = { .o = ret_outside, .shown = services, .n_shown = n };
	struct catalogue_service *all = NULL;
	struct catalogue_query q_all = *q;
	int error;

	memset(ret_outside, 0, sizeof(*ret_outside));
	error = catalogue_outside_load(call->catalogue, q, &ret_outside->said, d);
	if (error < 0 || (!ret_outside->said.n_looks && !ret_outside->said.n_views))
		return error;
	q_all.include = MARK_ALL;
	error = catalogue_list(call->catalogue, &q_all, &all, &m.n_all, d);
	m.all = all;
	if (!error)
		error = unite(call, q, &m);
	if (!error)
		error = mark_blind(call, ret_outside, d);
	free(all);
	return error;
}

void cmd_outside_finish(struct cmd_outside *o)
{
	catalogue_outside_finish(&o->said);
	free(o->rows);
	memset(o, 0, sizeof(*o));
}
