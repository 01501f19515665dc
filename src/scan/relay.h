/*
 * What an engine tells its listener, and the prober of services, as bytes from one process to
 * another: the one that hears what strangers say has no rights, and the one that reads this has
 * (cmd/scan_worker.c). So what comes is no more trusted than what strangers say.
 *
 * A message is its length (4 bytes, little-endian), its kind, and what the kind has.
 */
#ifndef SEKIMORI_SCAN_RELAY_H
#define SEKIMORI_SCAN_RELAY_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "scan/engine.h"

#define RELAY_MESSAGE_MAX (1 << 20)
/* Of one text of a service, and of its certificate's; longer ones are left out. */
#define RELAY_TEXT_MAX        (64 << 10)
#define RELAY_CERTIFICATE_MAX (256 << 10)

enum relay_kind {
	RELAY_PORT,
	RELAY_HOST,
	RELAY_UP,
	RELAY_DOWN,
	RELAY_SETTLED, /* scan_progress.settled, once all before it is told */
	RELAY_PROBED,  /* the outcome at INDEX of the prober's list */
	RELAY_END,
	RELAY_KINDS
};

struct relay_message {
	enum relay_kind kind;
	struct port_outcome outcome; /* PORT, PROBED; of the others host, protocol, state, reason */
	uint32_t n;                  /* HOST: silent ports; PROBED: the index */
	uint64_t settled[2];         /* SETTLED */
	int status;                  /* END: 0 or the error, with words */
	struct diagnosis diagnosis;
};

/* Appends a message. */
void relay_put(struct buffer *b, const struct relay_message *m);

/*
 * Takes the next message. Returns 1; 0 when not all of it is there yet; ERR_DAMAGED when it is
 * none, or -ENOMEM. The service is the caller's to finish; texts for people are defused.
 */
must_check int relay_take(struct cursor *c, struct relay_message *ret_message);

/* Does an outcome, or what is said of a host, belong to the plan? */
must_check bool relay_fits(const struct relay_message *m, const struct scan_plan *plan);

#endif
