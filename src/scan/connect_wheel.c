#include "scan/connect_internal.h"

void connect_wheel_add(struct connect_wheel *w, struct connect_attempt *a)
{
	uint64_t step = a->deadline_ns / WHEEL_STEP_NS + 1;

	/* What is past already is looked at next; what is too far away comes round again. */
	step = MIN(MAX(step, w->at + 1), w->at + WHEEL_SLOTS - 1);
	a->slot = (uint16_t)(step % WHEEL_SLOTS);
	a->previous = NULL;
	a->next = w->slots[a->slot];
	if (a->next)
		a->next->previous = a;
	w->slots[a->slot] = a;
	w->n++;
}

void connect_wheel_remove(struct connect_wheel *w, struct connect_attempt *a)
{
	if (a->next)
		a->next->previous = a->previous;
	if (a->previous)
		a->previous->next = a->next;
	else
		w->slots[a->slot] = a->next;
	a->next = a->previous = NULL;
	w->n--;
}

struct connect_attempt *connect_wheel_expired(struct connect_wheel *w, uint64_t now_ns)
{
	uint64_t now_step = now_ns / WHEEL_STEP_NS;

	if (!w->n)
		w->at = MAX(w->at, now_step);
	while (w->at < now_step) {
		struct connect_attempt *a = w->slots[(w->at + 1) % WHEEL_SLOTS];

		if (!a) {
			w->at++;
			continue;
		}
		connect_wheel_remove(w, a);
		if (a->deadline_ns <= now_ns)
			return a;
		connect_wheel_add(w, a);
	}
	return NULL;
}
