/*
 * What the line looks like: is it the border's, both directions of it, each frame once, and whole?
 *
 * Comes in: the line's packets, as they are decoded, and the drivers' counts. Goes out: findings
 * about the last minute or so, by name. Pure: a clock and numbers in, a set of findings out.
 */
#ifndef SEKIMORI_WATCH_MIRROR_INTERNAL_H
#define SEKIMORI_WATCH_MIRROR_INTERNAL_H

#include "observe/observer.h"

enum mirror_finding {
	MIRROR_NO_FRAMES,    /* nothing comes by at all */
	MIRROR_NONE_OF_OURS, /* connections, but none of the configured networks */
	MIRROR_ONLY_IN,      /* SYNs come in, no SYN+ACK goes out */
	MIRROR_ONLY_OUT,     /* SYN+ACKs go out, no SYN comes in */
	MIRROR_DOUBLED,      /* nearly every frame twice */
	MIRROR_CUT,          /* frames cut before the TCP flags */
	MIRROR_FOREIGN, /* most SYN+ACKs are of others, to others: a network may be forgotten */
	MIRROR_FINDINGS
};

#define MIRROR_DOUBLES  4096           /* SYN+ACKs remembered, to meet them again; a power of two */
#define MIRROR_FIRST_NS 10000000000ULL /* after the start, the first word */
#define MIRROR_SPAN_NS  60000000000ULL /* what a finding is about, at least */

struct mirror_counts {
	uint64_t frames;
	uint64_t cut, cut_dropped; /* before the TCP flags; as decoded, and as a filter says */
	uint64_t answers_out;      /* SYN+ACKs of ours */
	uint64_t answers_twice;    /* of them, seen just before */
	uint64_t answers_in;       /* SYN+ACKs of others, to ours */
	uint64_t transit;          /* SYN+ACKs of others, to others */
	uint64_t syns_in;          /* SYNs of others, to ours */
	uint64_t syns_dropped; /* SYNs of others, which a filter dropped: to whom it did not ask */
	uint64_t syns_out;     /* SYNs of ours */
};

struct mirror {
	const struct prefix_set *networks;
	struct mirror_counts now, before; /* since the start; when the span at hand began */
	uint64_t span_ns;                 /* when that was, of the clock that is given */
	unsigned findings;                /* a bit each, of the last span that ended */
	bool judged;                      /* there was one */
	struct {
		uint64_t key, time_ns;
	} doubles[MIRROR_DOUBLES];
};

/* CLOCK_NS: now, as in mirror_tick. NETWORKS must outlive it. */
void mirror_init(struct mirror *m, const struct prefix_set *networks, uint64_t clock_ns);

/* What the drivers of all lines count, since the start. */
struct mirror_lines {
	uint64_t frames, foreign_syns, cut;
};

/* A frame that was decoded ends before its TCP flags. */
static inline void mirror_see_cut(struct mirror *m)
{
	m->now.cut++;
}

/* A packet that was decoded, and what the observer said. */
void mirror_see(struct mirror *m, uint64_t time_ns, const struct packet *p, enum outcome outcome);

/*
 * Once a second, by the machine's own clock (boot time). Ends the span at hand when it is due: the
 * first after ten seconds, the others after a minute each. Returns true when the findings were made
 * anew.
 */
bool mirror_tick(struct mirror *m, uint64_t clock_ns, const struct mirror_lines *lines);

/* A stable name for programs ("only-in"). */
const char *mirror_finding_name(enum mirror_finding f);

#endif
