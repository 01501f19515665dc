/*
 * The frames that the sender sends, again and again: made once, so that sending costs no more than
 * the system's share of it. What is sent anew has another peer each time.
 *
 * Comes in: which load. Goes out: frames in the order in which they are sent.
 */
#ifndef SEKIMORI_BENCH_LIVE_FRAMES_H
#define SEKIMORI_BENCH_LIVE_FRAMES_H

#include "../load_frame.h"
#include "../load_peers.h"
#include "../load_site.h"

#define LIVE_PEERS  900000 /* of a month; so many come by turns */
#define LIVE_FRAMES 32768  /* a power of two; 20 MB of mixed traffic: beyond most caches */

enum live_load {
	LIVE_MIXED, /* 20 of 1,000 are SYN+ACKs of the site */
	LIVE_SYNACK /* all are */
};

struct live_frame {
	uint8_t *bytes;
	uint16_t length;
	bool synack; /* of the site */
};

struct live_frames {
	struct load_site site;
	struct load_peers peers;
	struct live_frame list[LIVE_FRAMES];
	uint8_t *bytes;
	uint32_t at, next_peer;
};

/* Returns 0 or -ENOMEM; the frames are to be finished in either case. */
must_check int live_frames_init(struct live_frames *f, enum live_load load, uint32_t n_peers,
				uint64_t seed);
void live_frames_finish(struct live_frames *f);

/* The next one; a SYN+ACK with its next peer. Valid until LIVE_FRAMES later ones were taken. */
const struct live_frame *live_frames_next(struct live_frames *f);

#endif
