#include <stdlib.h>
#include <string.h>

#include "watch/ledger_internal.h"

void ledger_init(struct ledger *l)
{
	memset(l, 0, sizeof(*l));
}

void ledger_finish(struct ledger *l)
{
	free(l->list);
	ledger_init(l);
}

static bool joins(const struct batch_gap *a, const struct batch_gap *b)
{
	return a->kind == b->kind && !strcmp(a->interface, b->interface) &&
	       b->from_ns <= a->to_ns + LEDGER_JOIN_NS && b->to_ns >= a->from_ns;
}

static void join(struct batch_gap *a, const struct batch_gap *b)
{
	a->from_ns = MIN(a->from_ns, b->from_ns);
	a->to_ns = MAX(a->to_ns, b->to_ns);
	a->count += b->count;
}

static void note_recent(struct ledger *l, const struct batch_gap *gap)
{
	for (size_t i = l->n_recent; i-- > 0;) {
		if (joins(&l->recent[i], gap)) {
			join(&l->recent[i], gap);
			return;
		}
	}
	if (l->n_recent == LEDGER_RECENT_MAX) {
		memmove(l->recent, l->recent + 1, sizeof(l->recent) - sizeof(l->recent[0]));
		l->n_recent--;
	}
	l->recent[l->n_recent++] = *gap;
}

void ledger_note(struct ledger *l, const struct batch_gap *gap)
{
	note_recent(l, gap);
	l->lost += gap->count;
	for (size_t i = 0; i < l->n; i++) {
		if (joins(&l->list[i], gap)) {
			join(&l->list[i], gap);
			return;
		}
	}
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		struct batch_gap *grown = realloc(l->list, room * sizeof(*grown));

		if (!grown)
			return;
		l->list = grown;
		l->room = room;
	}
	l->list[l->n++] = *gap;
}

struct batch_gap *ledger_take(struct ledger *l, size_t *ret_n)
{
	struct batch_gap *list = l->list;

	*ret_n = l->n;
	l->list = NULL;
	l->n = l->room = 0;
	return list;
}
