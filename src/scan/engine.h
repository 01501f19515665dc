/*
 * What an engine is: it asks every port of a plan and says of each what came back.
 *
 * Three: connect (no right needed), SYN (raw sockets, cookies instead of memory), UDP. Each is a
 * function of this shape, runs in the thread that calls it (the SYN engine has a sender of its own
 * beside it) and returns when every port is told, or *STOP is set.
 */
#ifndef SEKIMORI_SCAN_ENGINE_H
#define SEKIMORI_SCAN_ENGINE_H

#include <stdatomic.h>

#include "base/error.h"
#include "scan/outcome.h"
#include "scan/plan.h"

/* Where a scan is; written by the engine, read by whoever shows it, in any thread. */
struct scan_progress {
	_Atomic uint64_t asked, of;      /* ports of hosts */
	_Atomic uint64_t sent, answered; /* probes */
	_Atomic uint64_t open;
	_Atomic uint64_t settled[2]; /* scan_plan.first, if it were interrupted now */
};

struct scan_listener {
	/*
	 * An outcome, once for each port that is open, closed, filtered, … Ports whose hosts the
	 * engine keeps no memory of (the SYN engine's silent ones) are not told one by one: SILENT
	 * has their state. Not to be kept after the call: it is copied if wanted.
	 */
	void (*port)(void *arg, const struct port_outcome *outcome);
	/* A host is done; so many of its TCP or UDP ports gave that state and were not told. */
	void (*host)(void *arg, struct net_addr host, uint8_t protocol, enum port_state silent,
		     uint32_t n_silent);
	/* The host is there, whatever its ports say; may be told more than once, or not at all. */
	void (*up)(void *arg, struct net_addr host, enum port_reason reason);
	/* Without -Pn: nothing came from the host, to what was asked first; it was given up. */
	void (*down)(void *arg, struct net_addr host);
	void *arg;
};

/* Returns 0, -EINTR when stopped, -EPERM when it lacks rights, or -errno, with words in D. */
typedef int scan_engine_fn(const struct scan_plan *plan, const struct scan_listener *listener,
			   struct scan_progress *progress, const atomic_bool *stop,
			   struct diagnosis *d);

scan_engine_fn scan_connect_run, scan_syn_run, scan_udp_run;

#endif
