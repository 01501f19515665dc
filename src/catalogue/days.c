#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "catalogue/days_internal.h"

void day_set_finish(struct day_set *s)
{
	free(s->runs);
	memset(s, 0, sizeof(*s));
}

/* Puts [first, last] in at AT, where it belongs, and melts what it touches. */
static int add_run(struct day_set *s, struct day_run r)
{
	uint32_t at = s->n, end;

	while (at > 0 && s->runs[at - 1].last >= r.first - 1)
		at--;
	for (end = at; end < s->n && s->runs[end].first <= r.last + 1; end++) {
		r.first = MIN(r.first, s->runs[end].first);
		r.last = MAX(r.last, s->runs[end].last);
	}
	if (end == at && s->n == s->room) {
		uint32_t room = s->room ? 2 * s->room : 2;
		struct day_run *grown = realloc(s->runs, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->runs = grown;
		s->room = room;
	}
	memmove(s->runs + at + 1, s->runs + end, (s->n - end) * sizeof(*s->runs));
	s->runs[at] = r;
	s->n = s->n - (end - at) + 1;
	return 0;
}

int day_set_add_anywhere(struct day_set *s, int32_t day)
{
	return add_run(s, (struct day_run){ day, day });
}

int day_set_add_all(struct day_set *s, const struct day_set *other)
{
	int error = 0;

	for (uint32_t i = 0; i < other->n && !error; i++)
		error = add_run(s, other->runs[i]);
	return error;
}

uint32_t day_set_count(const struct day_set *s)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->n; i++)
		count += (uint32_t)(s->runs[i].last - s->runs[i].first) + 1;
	return count;
}

void day_set_save(const struct day_set *s, struct buffer *out)
{
	for (uint32_t i = 0; i < s->n; i++) {
		buffer_put_u32(out, (uint32_t)s->runs[i].first);
		buffer_put_u32(out, (uint32_t)s->runs[i].last);
	}
}

int day_set_load(struct day_set *s, const void *bytes, size_t length)
{
	struct cursor c = cursor_over(length ? bytes : "", length);
	int error = 0;

	while (cursor_left(&c) && !error) {
		struct day_run r = { (int32_t)cursor_u32_le(&c), 0 };

		r.last = (int32_t)cursor_u32_le(&c);
		if (c.overrun || r.first > r.last || r.first < -1000000000 || r.last > 1000000000)
			return ERR_DAMAGED;
		error = add_run(s, r);
	}
	return error;
}
