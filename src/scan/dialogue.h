/*
 * How a conversation goes on: what to say next, from what was heard so far. Each protocol has a few
 * steps, up to where its certificate or its version can be had. Pure: no socket, no time.
 */
#ifndef SEKIMORI_SCAN_DIALOGUE_H
#define SEKIMORI_SCAN_DIALOGUE_H

#include "base/buffer.h"
#include "identify/reading.h"

enum dialogue_move {
	DIALOGUE_LISTEN, /* more is to come */
	DIALOGUE_SAY,    /* what was appended, then listen */
	DIALOGUE_TLS,    /* what was appended, then the rest within TLS */
	DIALOGUE_END     /* what was appended, if anything; then nothing is left to ask */
};

struct dialogue {
	int step;
	size_t mark;   /* of the bytes heard: those from here on answer the last thing said */
	bool secured;  /* within TLS: STARTTLS is past, or was never needed */
	bool may_tls;  /* the caller can do TLS */
	bool upgraded; /* TLS was asked for in the conversation */
};

/*
 * H is all that was heard, R its reading, which must not expect more. Appends to SAY. To be called
 * again when more has come, and once when TLS that it asked for is there.
 */
enum dialogue_move dialogue_next(struct dialogue *d, const struct heard *h, const struct reading *r,
				 struct buffer *say);

#endif
