/* A set of local days, kept as runs: a service seen every day of five years is one run. */
#ifndef SEKIMORI_CATALOGUE_DAYS_INTERNAL_H
#define SEKIMORI_CATALOGUE_DAYS_INTERNAL_H

#include "base/buffer.h"
#include "base/error.h"

struct day_run {
	int32_t first, last;
};

struct day_set {
	struct day_run *runs; /* sorted, apart by at least one day */
	uint32_t n, room;
};

void day_set_finish(struct day_set *s);
must_check int day_set_add_anywhere(struct day_set *s, int32_t day);

/* Days mostly come in order, and many times the same. */
must_check static inline int day_set_add(struct day_set *s, int32_t day)
{
	if (s->n && s->runs[s->n - 1].first <= day && day <= s->runs[s->n - 1].last)
		return 0;
	return day_set_add_anywhere(s, day);
}

must_check int day_set_add_all(struct day_set *s, const struct day_set *other);
uint32_t day_set_count(const struct day_set *s);

/* The blob of the catalogue: pairs of little-endian i32. Loading adds to what is there; ERR_DAMAGED
 * for nonsense. */
void day_set_save(const struct day_set *s, struct buffer *out);
must_check int day_set_load(struct day_set *s, const void *bytes, size_t length);

#endif
