/*
 * Looks at an interface on a thread of its own. The kernel answers such a question only when nobody
 * else changes interfaces just then, which a card's driver may do for a second: whoever reads
 * frames does not wait for that.
 */
#ifndef SEKIMORI_LIVE_LOOKER_INTERNAL_H
#define SEKIMORI_LIVE_LOOKER_INTERNAL_H

#include "live/interface_internal.h"

struct looker;

/* Takes INTERFACE as it was seen last; its socket is the looker's to use until looker_free. Starts
 * the thread. Returns 0, -ENOMEM or ERR_THREADS. */
must_check int looker_new(const struct interface *interface, struct looker **ret_looker);

/* Waits for a look that is under way. Takes NULL. */
void looker_free(struct looker *l);

/*
 * Has it look, and waits some milliseconds for it: that is long where nobody is in the way. Where
 * it takes longer, the answer is that of the last look. Returns what that said (interface_look),
 * with the interface as it was found. For one thread.
 */
must_check int looker_look(struct looker *l, struct interface *ret_interface);

#endif
