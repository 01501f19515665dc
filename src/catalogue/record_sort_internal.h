/* The records of one hour, and their order. */
#ifndef SEKIMORI_CATALOGUE_RECORD_SORT_INTERNAL_H
#define SEKIMORI_CATALOGUE_RECORD_SORT_INTERNAL_H

#include "catalogue/catalogue.h"

struct record_list {
	struct catalogue_record *records;
	size_t n, room;
	struct catalogue_record *spare; /* scratch of the sort */
	size_t spare_room;
};

void record_list_finish(struct record_list *l);
must_check int record_list_add(struct record_list *l, const struct catalogue_record *r);

/*
 * Sorts by host, port, protocol, peer, time, peer port and marks. Groups come sorted so but for
 * marks: what is in order already costs one look. Returns 0 or -ENOMEM.
 */
must_check int record_list_sort(struct record_list *l);

#endif
