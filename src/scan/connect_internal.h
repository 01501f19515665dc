/*
 * The connect engine's parts: hosts (what is to be asked of each, how many at once, how long to
 * wait), sockets (a pool that is used again and again), and the wheel of deadlines.
 */
#ifndef SEKIMORI_SCAN_CONNECT_INTERNAL_H
#define SEKIMORI_SCAN_CONNECT_INTERNAL_H

#include <time.h>

#include <linux/errqueue.h>

#include "scan/engine.h"
#include "scan/permute.h"

#define CONNECT_HOSTS_MAX    512 /* being asked at once */
#define CONNECT_TRIES_MAX    20  /* of one port, where much is lost */
#define CONNECT_WINDOW_FIRST 16
#define CONNECT_DISCOVERY    8 /* ports that are asked first, to see whether the host is there */

struct connect_task {
	uint16_t port;
	uint8_t tries;   /* that were made */
	uint8_t refused; /* an enum port_reason, of an earlier try: something said that it goes no
			  * further */
	bool discovery;
};

struct connect_queue {
	struct connect_task *tasks;
	size_t first, n, room; /* from `first` on; a ring is not worth it */
};

/* RFC 6298, in nanoseconds. */
struct connect_rtt {
	uint64_t smoothed, variation, timeout; /* smoothed 0: nothing measured */
};

/*
 * Is it we who are too fast? Some answers on, the loss is looked at: where it has grown, the window
 * is halved, and where that does not help, it was not we, and the window becomes what it was.
 */
struct connect_epoch {
	uint64_t answers, lost; /* since it began */
	double usual;           /* part that is lost whatever we do */
	uint8_t trial;          /* epochs to go of one with a smaller window */
	double before, window;  /* what was lost with the larger one; that window */
};

struct connect_host {
	struct net_addr addr;
	bool v6, answered;
	bool discovering;
	uint32_t discovery_left; /* answers or timeouts to wait for */
	struct permutation order;
	uint32_t next;               /* place in it */
	struct connect_queue again;  /* to be asked once more */
	struct connect_queue silent; /* given up: filtered, unless more tries are allowed later */
	uint32_t in_flight;
	double window, threshold;
	struct connect_epoch epoch;
	uint64_t answers, lost; /* attempts, of ports that answered in the end */
	uint8_t tries;          /* allowed for a port */
	struct connect_rtt rtt;
	uint64_t started_ns, next_send_ns;
	uint32_t skipped; /* told before */
	uint32_t dropped; /* not asked any more: out of time */
	uint32_t stalls;  /* in a row: the system had no room */
};

/* One connection that is being made. */
struct connect_attempt {
	struct connect_attempt *next, *previous; /* in a slot of the wheel, or next free */
	struct connect_host *host;
	struct connect_task task;
	int fd;
	bool v6;
	bool waiting;  /* for an answer; in the wheel */
	bool dirty;    /* was connecting or connected since it was last made ready */
	uint16_t slot; /* of the wheel */
	uint64_t started_ns, deadline_ns;
};

/* ---- a run ---- */

/* Which hosts of their order: from the first on, every so many. */
struct connect_part {
	uint64_t first, every;
};

/* One engine, in the thread that calls. FAILED stops it, too. Counts what it asks, not the sum. */
must_check int connect_run_part(const struct scan_plan *plan, struct connect_part part,
				const struct scan_listener *listener,
				struct scan_progress *progress, const atomic_bool *stop,
				const atomic_bool *failed, struct diagnosis *d);

bool connect_is_worth_two(const struct scan_plan *plan);
must_check int connect_run_two(const struct scan_plan *plan, const struct scan_listener *listener,
			       struct scan_progress *progress, const atomic_bool *stop,
			       struct diagnosis *d);

/* ---- the wheel: deadlines to within a few milliseconds ---- */

#define WHEEL_SLOTS   1024
#define WHEEL_STEP_NS 4000000ULL

struct connect_wheel {
	struct connect_attempt *slots[WHEEL_SLOTS];
	uint64_t at; /* steps that are past */
	size_t n;
};

void connect_wheel_add(struct connect_wheel *w, struct connect_attempt *a);
void connect_wheel_remove(struct connect_wheel *w, struct connect_attempt *a);

/* Takes out one whose deadline is past, or NULL. */
struct connect_attempt *connect_wheel_expired(struct connect_wheel *w, uint64_t now_ns);

/* ---- sockets ---- */

struct connect_sockets {
	int epoll;
	struct connect_attempt *all; /* of `most`; `made` have been used */
	size_t made, most;
	struct connect_attempt *free[2]; /* IPv4, IPv6: with a socket that can be used again */
	struct connect_attempt *bare;    /* without */
	const char *interface;           /* that they are bound to; NULL: none */
};

must_check int connect_sockets_init(struct connect_sockets *s, size_t most, const char *interface);
void connect_sockets_finish(struct connect_sockets *s);

/* An attempt with a socket of that family. Returns 0, -EAGAIN when all are in use, or what the
 * system says. */
must_check int connect_sockets_take(struct connect_sockets *s, bool v6,
				    struct connect_attempt **ret_attempt);

/* Ends the connection, with a reset where it was made, and keeps the socket. */
void connect_sockets_give(struct connect_sockets *s, struct connect_attempt *a);

/*
 * Begins the connection to the attempt's host and port, or asks, while it is waited for, what
 * became of it: connect(2) tells that, and makes the socket as new in one call. Returns 0 when it
 * is made, -EINPROGRESS, or what the system says.
 */
must_check int connect_try(struct connect_attempt *a);

/* What an ICMP error said of this attempt, or REASON_NONE. */
enum port_reason connect_icmp(const struct connect_attempt *a);

/* What one error of the socket's queue means: nothing unless it came by ICMP. */
enum port_reason connect_icmp_reason(const struct sock_extended_err *e);

/* Did the socket connect to itself? On loopback, to a port of those that are given out. */
bool connect_is_self(const struct connect_attempt *a);

/* ---- hosts ---- */

must_check int connect_host_init(struct connect_host *h, const struct scan_plan *plan,
				 uint64_t index, uint64_t now_ns);
void connect_host_finish(struct connect_host *h);

/* The next port to be asked, or false when there is none now. */
bool connect_host_next(struct connect_host *h, const struct scan_plan *plan,
		       struct connect_task *ret_task);

/* Of those that were given up, brings back what is allowed more tries by now. Returns how many, or
 * -ENOMEM. */
must_check int connect_host_revive(struct connect_host *h);

/* Asks no more; what is in flight may come back. */
void connect_host_drop(struct connect_host *h, const struct scan_plan *plan);

/* Is nothing left, and nothing in flight? */
bool connect_host_is_done(const struct connect_host *h, const struct scan_plan *plan);

must_check int connect_queue_put(struct connect_queue *q, struct connect_task t);

/* Something came, at last: earlier tries of that port were lost. */
void connect_host_answered(struct connect_host *h, const struct scan_plan *plan,
			   const struct connect_attempt *a, uint64_t now_ns);

/* Nothing came. Returns 1 when the port is to be asked again, 0 when it was given up, or -ENOMEM.
 */
must_check int connect_host_timed_out(struct connect_host *h, const struct scan_plan *plan,
				      struct connect_task task);

/* How long to wait, at that try. */
uint64_t connect_host_timeout(const struct connect_host *h, const struct scan_plan *plan,
			      unsigned tries);

#endif
