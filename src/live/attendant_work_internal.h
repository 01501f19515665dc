/* The attendant's own side. */
#ifndef SEKIMORI_LIVE_ATTENDANT_WORK_INTERNAL_H
#define SEKIMORI_LIVE_ATTENDANT_WORK_INTERNAL_H

#include "live/attendant_internal.h"
#include "live/interface_internal.h"

#define ATTENDANT_POSTS_MAX 64

/* What it does for one source. */
struct attendant_post {
	struct live_source *source; /* the sensor's */
	struct attendant_errand errand;
	struct interface interface; /* its own look at it */
};

/* The process is the attendant from here on, and ends in here. */
_Noreturn void attendant_be(struct attendant_post *posts, int n);

/* With a descriptor, or -1: without. Returns 0 or -errno. */
must_check int attendant_answer(int socket, const struct attendant_answer *answer, int descriptor);

#endif
