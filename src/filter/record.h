/*
 * What lies between the kernel's half of the filter and ours: settings go down, facts, frames and
 * counts come up. Compiled for both, so nothing but plain numbers of fixed width, in the machine's
 * order; docs/kernel-filter.md draws the bytes.
 */
#ifndef SEKIMORI_FILTER_RECORD_H
#define SEKIMORI_FILTER_RECORD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the filter says of a frame. All before FILTER_SIGHTING are DROP: the decoder and the
 * observer find nothing there that matters. From there, FACTS: source, destination and flags are
 * all that matters of it. From FILTER_UP_LINK, UP: the decoder has to look.
 */
enum filter_outcome {
	FILTER_NOTHING,
	FILTER_FOREIGN_SYN, /* nothing that matters, but tells that the line comes in */
	FILTER_SHORT, /* TCP, cut before its flags: the line had them, the mirror did not pass them
			 on */
	FILTER_SIGHTING, /* SYN+ACK of one of the site's hosts */
	FILTER_ANSWER,   /* SYN+ACK of another host: its receiver's connection is an ordinary one */
	FILTER_SYN,      /* SYN of one of the site's hosts: it may be answered crosswise */
	FILTER_UP_LINK,  /* LLC, a third tag, MPLS, PPPoE and more between Ethernet and IP */
	FILTER_UP_TUNNEL,     /* IP, Ethernet, MPLS, GRE or AH in IP */
	FILTER_UP_UDP_TUNNEL, /* UDP on a tunnel's port */
	FILTER_UP_EXTENSIONS, /* more IPv6 extension headers than are looked into */
	FILTER_UP_CONTROL,    /* TCP payload on a control port of FTP */
	FILTER_UP_WORD,       /* TCP payload that begins with a word of FTP */
	FILTER_UP_STREAM,     /* TCP payload of a connection that had such a word */
	FILTER_OUTCOMES,
};

static inline bool filter_is_drop(enum filter_outcome o)
{
	return o < FILTER_SIGHTING;
}

static inline bool filter_is_up(enum filter_outcome o)
{
	return o >= FILTER_UP_LINK && o < FILTER_OUTCOMES;
}

/* ---- down: settings ---- */

#define FILTER_RANGES_MAX 64 /* a power of two */

/* 128-bit numbers in host order; IPv4 as ::ffff:a.b.c.d, like struct net_addr. */
struct filter_addr {
	uint64_t hi, lo;
};

struct filter_range {
	struct filter_addr first, last;
};

/* Frames that go up are of two budgets, so that neither can starve the other. */
enum filter_budget {
	FILTER_BUDGET_TUNNELS, /* what the filter cannot look into */
	FILTER_BUDGET_WORDS,   /* control connections of FTP */
	FILTER_BUDGETS,
};

enum filter_flags {
	FILTER_CONSUME = 1, /* frames end here, and do not go on to the system */
};

struct filter_config {
	uint64_t ring_for_others; /* bytes of the ring that all but sightings may fill */
	uint64_t seed; /* unknown to others: nobody can choose which connections share a slot */
	uint32_t flags;
	uint32_t n_ranges;
	uint32_t frames_per_second[FILTER_BUDGETS];    /* of a CPU; that many at once, too */
	struct filter_range ranges[FILTER_RANGES_MAX]; /* the site's: disjoint, ascending */
	uint64_t control_ports[65536 / 64];
};

/*
 * Connections in which a word of FTP was met, for the rest of their words. A slot holds the epoch
 * of the last one; those of this epoch and the one before count. An epoch lasts an hour at least,
 * which is as long as the observer remembers. Two connections may share a slot: then the decoder
 * looks at frames in vain.
 */
#define FILTER_STREAM_SLOTS 65536
#define FILTER_STREAMS_NEW  4096 /* of an epoch: a flood of words must not fill all slots */
#define FILTER_EPOCH_LAST   255  /* then 1 again; 0 is never one */

struct filter_streams {
	uint32_t epoch;
	uint32_t remembered; /* in this epoch */
	uint8_t slots[FILTER_STREAM_SLOTS];
};

/* ---- up: records of the ring, told apart by their ninth byte ---- */

struct filter_facts {
	uint64_t time_ns; /* since the machine was started, sleep included */
	uint8_t outcome;  /* SIGHTING, ANSWER or SYN */
	uint8_t tcp_flags;
	uint16_t sport, dport;
	uint16_t reserved; /* 0 */
	struct filter_addr src, dst;
};

_Static_assert(sizeof(struct filter_facts) == 48, "docs/kernel-filter.md draws the bytes");

struct filter_up {
	uint64_t time_ns;
	uint8_t outcome;
	uint8_t reserved;     /* 0 */
	uint16_t captured;    /* bytes that follow; those of the record after them mean nothing */
	uint32_t wire_length; /* of the frame, without its check sequence */
	uint8_t bytes[];
};

#define FILTER_UP_SMALL  128
#define FILTER_UP_MIDDLE 512
#define FILTER_UP_MOST   1600 /* an Ethernet frame with tags; of a longer one, its beginning */

/*
 * Counts of one CPU since the start, by outcome. Their sum over all outcomes is the frames seen.
 * What was not dropped but did not get up is in one of the two others as well.
 */
struct filter_counts {
	uint64_t frames[FILTER_OUTCOMES];
	uint64_t lost[FILTER_OUTCOMES];        /* no room in the ring */
	uint64_t over_budget[FILTER_OUTCOMES]; /* UP only */
	uint64_t unremembered;                 /* words of FTP whose connection is not followed */
};

/* What one CPU writes, in lines of the cache that are its own. */
struct filter_own {
	struct filter_counts counts;
	uint64_t tokens[FILTER_BUDGETS]; /* of the budgets: billionths of a frame */
	uint64_t filled_ns[FILTER_BUDGETS];
} __attribute__((aligned(128)));

#endif
