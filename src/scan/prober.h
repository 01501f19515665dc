/*
 * Version detection: asks open ports what they are, many at once, each within its own time limit.
 * A port that says nothing stays open and unknown: nothing here takes a port away.
 */
#ifndef SEKIMORI_SCAN_PROBER_H
#define SEKIMORI_SCAN_PROBER_H

#include <stdatomic.h>

#include "base/error.h"
#include "identify/fingerprint.h"
#include "scan/outcome.h"
#include "scan/plan.h"

struct prober_settings {
	const struct fingerprints *fingerprints; /* stays the caller's */
	uint32_t at_once;                        /* conversations */
	uint32_t at_once_host;                   /* of these, with one host */
	uint32_t port_limit_ms;                  /* for one port, all attempts together */
	uint32_t quiet_ms; /* how long a service may take to say something by itself */
	double rate_pps;   /* connections and datagrams a second, in all; 0: no limit */
	struct scan_gate gate;
};

struct prober_settings prober_settings_default(const struct fingerprints *fingerprints);

/*
 * The limits of a scan's timing, where N_HOSTS are asked: its rate, in all and for each host, and
 * how many at once.
 */
void prober_settings_limit(struct prober_settings *s, const struct scan_timing *timing,
			   size_t n_hosts);

/*
 * Fills in the service of each of the N outcomes that is open (or, for UDP, open|filtered and then
 * answers: that makes it open). Tells DONE of each when it is finished, in any order; DONE may be
 * NULL. Returns 0, -EINTR when stopped, or -errno when nothing could be asked at all.
 */
must_check int prober_run(const struct prober_settings *settings, struct port_outcome *outcomes,
			  size_t n, void (*done)(void *arg, const struct port_outcome *outcome),
			  void *arg, const atomic_bool *stop, struct diagnosis *d);

#endif
