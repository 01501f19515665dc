#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/record_sort_internal.h"

void record_list_finish(struct record_list *l)
{
	free(l->records);
	free(l->spare);
	memset(l, 0, sizeof(*l));
}

int record_list_add(struct record_list *l, const struct catalogue_record *r)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 4096;
		struct catalogue_record *grown = realloc(l->records, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		l->records = grown;
		l->room = room;
	}
	l->records[l->n++] = *r;
	return 0;
}

static int record_order(const struct catalogue_record *a, const struct catalogue_record *b)
{
	const struct sighting *x = &a->sighting, *y = &b->sighting;
	int order = addr_compare(x->host, y->host);

	if (order)
		return order;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	order = addr_compare(x->peer, y->peer);
	if (order)
		return order;
	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->peer_port != y->peer_port)
		return x->peer_port < y->peer_port ? -1 : 1;
	return (x->marks > y->marks) - (x->marks < y->marks);
}

/* The end of the run that begins at AT: records in order. */
static size_t run_end(const struct catalogue_record *r, size_t at, size_t n)
{
	for (at++; at < n && record_order(&r[at - 1], &r[at]) <= 0; at++)
		;
	return MIN(at, n);
}

static void merge(const struct catalogue_record *from, size_t start, size_t middle, size_t end,
		  struct catalogue_record *to)
{
	size_t a = start, b = middle;

	for (size_t out = start; out < end; out++) {
		bool second = a == middle || (b < end && record_order(&from[b], &from[a]) < 0);

		to[out] = from[second ? b++ : a++];
	}
}

static int make_spare(struct record_list *l)
{
	struct catalogue_record *spare;

	if (l->spare_room >= l->n)
		return 0;
	spare = realloc(l->spare, l->room * sizeof(*spare));
	if (!spare)
		return -ENOMEM;
	l->spare = spare;
	l->spare_room = l->room;
	return 0;
}

/* A natural merge sort: each pass merges neighbouring runs two by two into the other array. */
int record_list_sort(struct record_list *l)
{
	while (l->n && run_end(l->records, 0, l->n) < l->n) {
		struct catalogue_record *other;
		size_t other_room;
		int error = make_spare(l);

		if (error < 0)
			return error;
		for (size_t start = 0, end; start < l->n; start = end) {
			size_t middle = run_end(l->records, start, l->n);

			end = middle < l->n ? run_end(l->records, middle, l->n) : middle;
			merge(l->records, start, middle, end, l->spare);
		}
		other = l->spare;
		other_room = l->spare_room;
		l->spare = l->records;
		l->spare_room = l->room;
		l->records = other;
		l->room = other_room;
	}
	return 0;
}
