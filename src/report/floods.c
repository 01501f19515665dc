/* What sensors only counted, since there was too much of it to write down. */
#include <errno.h>
#include <stdlib.h>

#include "report/report_internal.h"

static int most_packets_first(const void *a, const void *b)
{
	const struct report_flood *x = a, *y = b;

	if (x->flood.packets != y->flood.packets)
		return x->flood.packets > y->flood.packets ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

int report_find_floods(struct report *r, const struct host_numbers *numbers)
{
	r->floods = calloc(r->counts.n_floods + 1, sizeof(*r->floods));
	if (!r->floods)
		return -ENOMEM;
	for (size_t i = 0; i < r->counts.n_floods; i++) {
		struct report_flood *f = &r->floods[r->n_floods++];

		f->flood = r->counts.floods[i];
		f->place = i;
		f->of_all = !f->flood.protocol && !f->flood.host.hi && !f->flood.host.lo;
		if (!f->of_all)
			f->number = host_numbers_find(numbers, f->flood.host);
	}
	if (r->n_floods)
		qsort(r->floods, r->n_floods, sizeof(*r->floods), most_packets_first);
	return 0;
}
