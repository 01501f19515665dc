/* Who knocked, where few did: the records themselves, which are the evidence. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare_internal.h"
#include "place/place.h"

struct search {
	const struct compare_request *request;
	struct comparison *comparison;
};

static bool wants_knocks(const struct compare_row *r, bool of_scanners)
{
	return r->why != COMPARE_BOTH && r->packets && r->packets <= COMPARE_KNOCKS_MAX &&
	       (r->why == COMPARE_ONLY_SCANNER) == of_scanners;
}

static int row_order(const void *key, const void *element)
{
	const struct sighting *s = key;
	const struct compare_row *r = element;
	int order = addr_compare(s->host, r->host);

	return order ? order : (s->port > r->port) - (s->port < r->port);
}

static void find_place(const struct places *places, struct compare_knock *k)
{
	struct place place;

	if (!places || !places_find(places, k->peer, &place))
		return;
	memcpy(k->country, place.country, sizeof(k->country));
	memcpy(k->lists, place.lists, sizeof(k->lists));
	if (place.as_number)
		(void)snprintf(k->network, sizeof(k->network), "AS%u %.80s", place.as_number,
			       place.as_name);
}

/* One row's marks were asked for, and those of all others came with them. */
static bool is_of_row(const struct search *s, const struct compare_row *r,
		      const struct sighting *record)
{
	bool all = r->why == COMPARE_MARKED ||
		   (r->why == COMPARE_ONLY_SCANNER && !s->request->by_scanner);

	return all || !(record->marks & ~s->request->query.include);
}

static int take_record(void *user, const struct catalogue_record *record)
{
	struct search *s = user;
	const struct sighting *from = &record->sighting;
	struct compare_row *r =
		bsearch(from, s->comparison->rows, s->comparison->n_rows, sizeof(*r), row_order);
	struct compare_knock *k;

	if (!r || !is_of_row(s, r, from) || r->n_knocks == COMPARE_KNOCKS_MAX)
		return 0;
	if (!r->knocks)
		r->knocks = calloc(COMPARE_KNOCKS_MAX, sizeof(*r->knocks));
	if (!r->knocks)
		return -ENOMEM;
	k = &r->knocks[r->n_knocks++];
	k->time_ns = from->time_ns;
	k->peer = from->peer;
	k->peer_port = from->peer_port;
	find_place(s->request->places, k);
	return 0;
}

static int look_up(struct search *s, struct catalogue *catalogue, bool of_scanners,
		   struct diagnosis *d)
{
	struct comparison *c = s->comparison;
	struct catalogue_query q = s->request->query;
	struct catalogue_service *list = malloc((c->n_rows + 1) * sizeof(*list));
	size_t n = 0;
	int error = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct compare_row *r = &c->rows[i];

		if (!wants_knocks(r, of_scanners))
			continue;
		list[n++] = (struct catalogue_service){ .host = r->host,
							.port = r->port,
							.protocol = r->protocol };
		q.include |= r->marks;
	}
	q.services = list;
	q.n_services = n;
	if (n)
		error = catalogue_records(catalogue, &q, false, take_record, s, d);
	free(list);
	return error;
}

int compare_find_knocks(const struct compare_request *request, struct comparison *c,
			struct diagnosis *d)
{
	struct search s = { .request = request, .comparison = c };
	int error = look_up(&s, request->catalogue, false, d);

	if (!error && request->scanners)
		error = look_up(&s, request->scanners, true, d);
	return error;
}
