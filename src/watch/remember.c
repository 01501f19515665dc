/* What the sensor before this one knew. */
#include <errno.h>
#include <stdlib.h>

#include "watch/watch_internal.h"

#define NO_CAPTURE 1 /* what no capture begins with, but by accident: of all batches the last */

/* Up to when the one before saw, and whether some of it is by a clock that was far ahead. */
struct ended {
	uint64_t last_ns;
	bool ahead;
};

/* What a wrong clock wrote does not tell when the sensor before this one ended, and the years
 * between are no gap. */
static void note_end(const struct watch *w, uint64_t last_ns, struct ended *e)
{
	if (last_ns < w->started.wall_ns + WATCH_AHEAD_NS)
		e->last_ns = MAX(e->last_ns, last_ns);
	else
		e->ahead = true;
}

/* What a sensor that was killed left: its memory, and up to when it saw. */
static int remember_journal(struct watch *w, const char *name, struct ended *e)
{
	struct batch_manifest m;
	struct buffer memory;
	int error = journal_read(w->settings.archive, name, NULL, NULL, &m, &memory, NULL);

	if (error < 0)
		return error;
	/* Killed before it had told anything: it says when it began, and no more. */
	if (m.sightings || m.last_ns > m.first_ns)
		note_end(w, m.last_ns, e);
	if (memory.length && w->started.wall_ns - m.last_ns < OBSERVER_MEMORY_NS)
		error = observer_load(w->observer, memory.bytes, memory.length);
	w->remembers |= memory.length && !error;
	buffer_finish(&memory);
	batch_manifest_finish(&m);
	return error;
}

static int remember_batch(struct watch *w, struct diagnosis *d)
{
	char batch[BATCH_NAME_MAX];
	struct buffer memory;
	int found = catalogue_find_previous(w->settings.catalogue, NO_CAPTURE, w->started.wall_ns,
					    OBSERVER_MEMORY_NS, batch, d),
	    error;

	if (found <= 0 || w->remembers)
		return found;
	error = batch_read_memory(w->settings.archive, batch, &memory, d);
	if (!error && memory.length)
		error = observer_load(w->observer, memory.bytes, memory.length);
	buffer_finish(&memory);
	return error;
}

/* Marks go on from where the sensor before this one ended. Without that they are made all the same.
 */
int watch_remember(struct watch *w, struct diagnosis *d)
{
	char(*names)[BATCH_NAME_MAX] = NULL;
	struct diagnosis words = { "" };
	struct ended e = { .last_ns = 0 };
	uint64_t counted_ns = 0;
	bool later = false;
	size_t n = 0;
	int error = journal_list(w->settings.archive, &names, &n, d);

	if (error < 0)
		return error;
	for (size_t i = 0; i < n; i++) {
		if (journal_is_held(w->settings.archive, names[i]) == 0 &&
		    remember_journal(w, names[i], &e) == -ENOMEM)
			error = -ENOMEM;
	}
	free(names);
	if (!error && w->settings.catalogue) {
		if (remember_batch(w, &words) == -ENOMEM)
			error = -ENOMEM;
		else if (catalogue_last_watched(w->settings.catalogue,
						w->started.wall_ns + WATCH_AHEAD_NS, &counted_ns,
						&later, &words) == 0)
			note_end(w, counted_ns, &e);
	}
	watch_note_stopped(w, e.last_ns, e.ahead || later);
	return error;
}
