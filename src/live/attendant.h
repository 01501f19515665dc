/*
 * The attendant: a small process that keeps the one right which a sensor would have to keep for an
 * interface that goes away and comes back: putting an XDP program before it. Forked before the
 * sensor gives up its privileges.
 *
 * It knows the programs and the names of the interfaces that were open then. A byte on a source's
 * socket asks it to put that source's program before the interface of that source's name, and it
 * answers with the link's descriptor: nothing else can be asked of it. It holds no other file, has
 * CAP_NET_ADMIN and CAP_BPF alone, and may make only the system calls that this needs.
 */
#ifndef SEKIMORI_LIVE_ATTENDANT_H
#define SEKIMORI_LIVE_ATTENDANT_H

#include "live/live.h"

struct live_attendant;

/*
 * Starts one for those of the sources that need one; *ret_attendant is NULL when none does. To be
 * called by a process of one thread. It ends when the last of its sources is closed, however that
 * happens. Returns 0 or -errno, with the words in D: the sources then do without.
 */
must_check int live_attendant_start(struct live_source *const *sources, int n,
				    struct live_attendant **ret_attendant, struct diagnosis *d);

/* For who wants to watch it, or 0. Its end is noticed by live_tend and said by live_reason. */
int live_attendant_pid(const struct live_attendant *a);

/* After its sources were closed: waits for its end. Takes NULL. */
void live_attendant_stop(struct live_attendant *a);

#endif
