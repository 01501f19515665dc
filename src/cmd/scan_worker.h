/*
 * The part of a scan that hears what strangers say: a process of its own for each engine, and for
 * the prober. It opens what takes rights, gives up everything (confine.h), and only then listens.
 * What it tells comes by a pipe (scan/relay.h); files and the store are its parent's alone.
 */
#ifndef SEKIMORI_CMD_SCAN_WORKER_H
#define SEKIMORI_CMD_SCAN_WORKER_H

#include <sys/types.h>

#include "scan/prober.h"
#include "scan/relay.h"

/* Memory of both. Nothing that the parent decides by is read from it. */
struct scan_shared {
	struct scan_progress progress;
	atomic_bool stop;
};

struct scan_worker {
	struct scan_shared *shared;
	const char *user; /* to become, when we are root */
	pid_t pid;        /* that is at work; 0: none */
	int fd;           /* what it tells */
	unsigned leaving; /* workers that are done, and have not ended yet */
};

/* What becomes of what it tells. */
struct scan_hearing {
	const struct scan_plan *plan; /* what does not belong to it is a mistake */
	const struct scan_listener *listener;
	uint64_t *settled;         /* two; as in scan_progress */
	struct port_outcome *list; /* of the prober; NULL: an engine's */
	size_t n;
};

/* CONFIGURED is a user of the configuration, or NULL. Returns 0 or -errno. */
must_check int scan_worker_open(struct scan_worker *w, const char *configured);

/* Does not wait for those that are still leaving: the system needs some time to close their
 * sockets. */
void scan_worker_close(struct scan_worker *w);

/* Starts one, which runs ENGINE, or the prober over LIST. To be called by a process of one thread.
 * Returns 0 or -errno. */
must_check int scan_worker_ask(struct scan_worker *w, scan_engine_fn *engine,
			       const struct scan_plan *plan);
must_check int scan_worker_probe(struct scan_worker *w, const struct prober_settings *settings,
				 struct port_outcome *list, size_t n);

/*
 * Takes what it tells until it has told all. STOP is handed on. Returns what the engine, or the
 * prober, returned; ERR_DAMAGED when the worker died or told what cannot be.
 */
must_check int scan_worker_attend(struct scan_worker *w, const struct scan_hearing *h,
				  const atomic_bool *stop, struct diagnosis *d);

#endif
