#ifndef SEKIMORI_SCAN_RESULTS_INTERNAL_H
#define SEKIMORI_SCAN_RESULTS_INTERNAL_H

#include "scan/results.h"

/* State and reason of a port in one byte; 0: not told. */
static inline uint8_t told_byte(enum port_state state, enum port_reason reason)
{
	return (uint8_t)(1 + state * PORT_REASONS + reason);
}

static inline enum port_state told_state(uint8_t byte)
{
	return (enum port_state)((byte - 1) / PORT_REASONS);
}

static inline enum port_reason told_reason(uint8_t byte)
{
	return (enum port_reason)((byte - 1) % PORT_REASONS);
}

#define TOLD_MAX (PORT_STATES * PORT_REASONS)

/* The plan's ports of TCP (0) or UDP (1). */
const struct port_list *results_list(const struct scan_results *r, int which);

/* Of a host that has told bytes. False for a port that is not the plan's. */
must_check bool results_mark_told(struct scan_results *r, struct scan_host *h, int which,
				  uint16_t port, uint8_t byte);

/* Of targets and ports: what a state was written under. */
uint64_t state_hash_plan(const struct scan_plan *plan);

/* Notes a port of a host, if it is none that was told; open ones are listed. */
void results_note(struct scan_results *r, struct scan_host *h, const struct port_outcome *o);

#endif
