/*
 * What is to be scanned, and how fast: made from the words of the command line, checked against the
 * scope, then only read. The engines (engine.h) walk it.
 */
#ifndef SEKIMORI_SCAN_PLAN_H
#define SEKIMORI_SCAN_PLAN_H

#include "base/error.h"
#include "base/prefix.h"

/* Ports to be asked, sorted, each once. */
struct port_list {
	uint16_t *ports;
	size_t n;
};

#define SCAN_RATE_LEAST 0.001 /* of rate_pps, but for 0: the SYN engine counts in thousandths */

/* Limits and times. What an option does not say is that of a timing template (-T0 … -T5). */
struct scan_timing {
	double rate_pps; /* probes a second in all; 0: as the answers allow */
	double host_pps; /* probes a second to one host; 0: as the answers allow */
	uint32_t timeout_min_ms, timeout_max_ms, timeout_first_ms; /* waiting for one answer */
	uint32_t retries;      /* further probes for one that is not answered */
	uint32_t in_flight;    /* at once, in all */
	uint32_t host_limit_s; /* for one host; 0: none */
};

/*
 * Who asks passes it once, in a process of one thread: all that takes rights is open, and no byte
 * of a stranger has been read. What it says beyond 0 ends the scan. PASS of NULL: no gate.
 */
struct scan_gate {
	int (*pass)(void *arg, struct diagnosis *d);
	void *arg;
};

struct scan_results;

struct scan_plan {
	struct addr_range *targets; /* disjoint, sorted, without those excluded */
	size_t n_targets;
	uint64_t n_hosts; /* in all of them */
	struct port_list tcp, udp;
	struct scan_timing timing;
	uint64_t seed; /* of the order, and of the cookies */
	/*
	 * Where an interrupted run goes on. Engines that keep memory of their ports ask BEFORE
	 * (results.h) which were told, and leave these out; NULL: none. For those that have none,
	 * FIRST is where in their order of targets x ports all before is done, of TCP and of UDP;
	 * they say how far they are in scan_progress.settled.
	 */
	const struct scan_results *before;
	uint64_t first[2];
	const char *interface; /* NULL: as the system routes */
	bool up;               /* -Pn: every host counts as up */
	struct scan_gate gate;
};

/* -T0 to -T5: paranoid, sneaky, polite, normal, aggressive, insane. */
#define SCAN_TIMING_NORMAL 3
struct scan_timing scan_timing_template(int number);

/*
 * How many hosts may be asked at a time, at RATE_PPS in all, so that each is through in half of
 * what a host may take, where that is limited. At least 1.
 */
uint64_t scan_timing_hosts(const struct scan_timing *t, size_t n_ports, double rate_pps);

/* When a host that is asked from NOW_NS on is given up; UINT64_MAX: never. */
uint64_t scan_timing_end_ns(const struct scan_timing *t, uint64_t now_ns);

must_check int scan_gate_pass(const struct scan_gate *gate, struct diagnosis *d);

/* The host with that index, 0 to n_hosts - 1, in the order of addresses. */
struct net_addr scan_plan_host(const struct scan_plan *plan, uint64_t index);

/* Is the host one of the targets? */
bool scan_plan_has(const struct scan_plan *plan, struct net_addr host);

void scan_plan_finish(struct scan_plan *plan);

#endif
