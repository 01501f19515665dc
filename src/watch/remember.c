/* What the sensor before this one knew. */
#include <errno.h>
#include <stdlib.h>

#include "watch/watch_internal.h"

#define NO_CAPTURE 1 /* what no capture begins with, but by accident: of all batches the last */

/* What a sensor that was killed left: its memory, and up to when it saw. */
static int remember_journal(struct watch *w, const char *name, uint64_t *last_ns)
{
	struct batch_manifest m;
	struct buffer memory;
	int error = journal_read(w->settings.archive, name, NULL, NULL, &m, &memory, NULL);

	if (error < 0)
		return error;
	/* Killed before it had told anything: it says when it began, and no more. */
	if (m.sightings || m.last_ns > m.first_ns)
		*last_ns = MAX(*last_ns, m.last_ns);
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
	uint64_t last_ns = 0, counted_ns = 0;
	size_t n = 0;
	int error = journal_list(w->settings.archive, &names, &n, d);

	if (error < 0)
		return error;
	for (size_t i = 0; i < n; i++) {
		if (journal_is_held(w->settings.archive, names[i]) == 0 &&
		    remember_journal(w, names[i], &last_ns) == -ENOMEM)
			error = -ENOMEM;
	}
	free(names);
	if (!error && w->settings.catalogue) {
		if (remember_batch(w, &words) == -ENOMEM)
			error = -ENOMEM;
		else if (catalogue_last_watched(w->settings.catalogue, &counted_ns, &words) == 0)
			last_ns = MAX(last_ns, counted_ns);
	}
	watch_note_stopped(w, last_ns);
	return error;
}
