/*
 * How fast: a bucket of tokens that fills with time, and a rate that goes up while what is known to
 * answer does, and down when it no longer does. Pure: the caller says what time it is.
 */
#ifndef SEKIMORI_SCAN_PACE_H
#define SEKIMORI_SCAN_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	double tokens;
	uint64_t at_ns;
};

/* How many of WANTED may go out now at that rate; they are taken. */
uint32_t pace_take(struct pace *p, double rate_pps, uint64_t now_ns, uint32_t wanted);

/* Until there is a token, at that rate. */
uint64_t pace_wait_ns(const struct pace *p, double rate_pps);

/*
 * The rate after what known answers say. Probes whose answer is known are sent among the others;
 * the share of them that is lost at a rate is held against what was lost at half of it: loss that
 * does not go away when the rate does is the line's own, and is borne (tries make up for it).
 */
struct rate_control {
	double rate, most, least;
	double unproven;    /* the most while nothing answers */
	double borne;       /* loss that no lower rate would cure, 0 to RATE_BORNE_MAX */
	double loss_before; /* when the rate last began to go down */
	uint32_t halvings;  /* since then */
	uint32_t judged, lost;
	bool steady; /* loss was met: up in small steps */
};

#define RATE_BORNE_MAX 0.5
#define RATE_SAMPLE    20 /* answers, or their absence, make a judgement */

/* MOST of 0: as the answers allow; while there are none, 100,000 a second. */
void rate_init(struct rate_control *r, double start, double most);

/* Another limit; 0: as above. */
void rate_limit(struct rate_control *r, double most);

/* So many known answers came, or were waited for in vain, since the last call. */
void rate_judge(struct rate_control *r, uint32_t came, uint32_t lost);

/* Our own end lost answers, or could not send: the rate is too high for sure. */
void rate_overrun(struct rate_control *r);

/* Nothing is known yet, or nothing has been judged for a while: up, slowly. */
void rate_drift(struct rate_control *r);

/* The share of known answers that this line loses, as far as known. */
double rate_loss(const struct rate_control *r);

/*
 * How often must a port be asked so that of ANSWERED ones (1 or more) none is likely (1 %) to be
 * missed where each question is lost with probability LOSS? At least 1, at most MOST.
 */
uint32_t rate_tries(double loss, double answered, uint32_t most);

#endif
