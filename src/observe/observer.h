/*
 * Packet facts → sightings. Comes in: decoded TCP packets in the order of time. Goes out: for each
 * packet an outcome, and for a SYN+ACK of one of the site's hosts the sighting with the marks that
 * the traffic tells.
 *
 * What the marks need is remembered in tables of fixed size with fixed lifetimes; the memory can be
 * saved at the end of one capture and loaded before the next, so that hourly files give the same
 * marks as one long file. One thread an observer.
 */
#ifndef SEKIMORI_OBSERVE_OBSERVER_H
#define SEKIMORI_OBSERVE_OBSERVER_H

#include "base/buffer.h"
#include "base/config.h"
#include "decode/packet.h"
#include "observe/sighting.h"

enum outcome {
	OUTCOME_SIGHTING, /* a SYN+ACK from the site's networks */
	OUTCOME_FOREIGN,  /* a SYN+ACK from elsewhere */
	OUTCOME_OTHER,    /* TCP, but no SYN+ACK */
	OUTCOME_COUNT
};

/* Networks outside the configured ones that sent SYN+ACKs: IPv4 by /24, IPv6 by /48. */
struct observer_foreign {
	struct net_prefix prefix;
	uint64_t packets;
};

struct observer;

/*
 * CONFIG's networks and control ports are used, and it must outlive the observer.
 * Returns 0 or -ENOMEM: the only call here that can run out of memory.
 */
must_check int observer_new(const struct config *config, struct observer **ret_observer);
void observer_free(struct observer *o); /* takes NULL */

/* Before the first packet: these count as the site's, not CONFIG's. They must outlive the observer.
 */
void observer_use_networks(struct observer *o, const struct prefix_set *networks);

/* *ret_sighting is written only with OUTCOME_SIGHTING. */
enum outcome observer_see(struct observer *o, uint64_t time_ns, const struct packet *p,
			  struct sighting *ret_sighting);

/*
 * Appends what must be remembered past TIME_NS, the end of a capture, to OUT (check OUT->failed).
 * Loading takes it in on top of what is there. Returns 0, or ERR_DAMAGED / ERR_UNSUPPORTED and
 * loads nothing.
 */
void observer_save(const struct observer *o, uint64_t time_ns, struct buffer *out);
must_check int observer_load(struct observer *o, const void *bytes, size_t length);

/* How long before its end a capture can matter for the marks of the next. */
#define OBSERVER_MEMORY_NS (3600 * 1000000000ULL)

/*
 * The busiest foreign networks, most packets first. Returns how many of CAPACITY were filled. The
 * table behind is bounded: networks that come first when it is full are not listed.
 */
int observer_foreign_top(const struct observer *o, struct observer_foreign *ret_list, int capacity);

#endif
