/* What a driver has to do with the attendant. */
#ifndef SEKIMORI_LIVE_ATTENDANT_INTERNAL_H
#define SEKIMORI_LIVE_ATTENDANT_INTERNAL_H

#include <stdint.h>

#include "live/attendant.h"

/* A source's program and interface, for the attendant; its end of the socket, for the source. */
struct attendant_errand {
	int program, socket;
	const char *interface;
};

/* Fills all but the socket. False when this source needs no attendant. */
must_check bool live_source_errand(const struct live_source *s,
				   struct attendant_errand *ret_errand);
void live_source_use_attendant(struct live_source *s, int socket); /* takes it over */

/* What the attendant answers. */
struct attendant_answer {
	int32_t mode; /* enum filter_mode, or -errno */
	uint32_t index;
};

/* Asks, and does not wait for the answer. Returns 0 or -errno. */
must_check int attendant_ask(int socket);

/*
 * Takes the answer: returns the link's descriptor, of which *ret_answer says more; -EAGAIN when
 * there is none yet; -EPIPE when there is no attendant any more; or what made it fail, -errno.
 */
must_check int attendant_take(int socket, struct attendant_answer *ret_answer);

#endif
