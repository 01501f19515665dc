/*
 * Who began a connection: SYNs that the site's hosts sent, for as long as their SYN+ACK may still
 * mean a split handshake (Beardsley and Qian, "The TCP Split Handshake", 2010) or a simultaneous
 * open (RFC 9293, 3.5).
 */
#ifndef SEKIMORI_OBSERVE_HANDSHAKE_INTERNAL_H
#define SEKIMORI_OBSERVE_HANDSHAKE_INTERNAL_H

#include "decode/packet.h"
#include "observe/memory_internal.h"

struct handshakes {
	struct memory syns;
};

must_check int handshakes_init(struct handshakes *h);
void handshakes_finish(struct handshakes *h);

/* One of the site's hosts sent this SYN. */
void handshakes_see_syn(struct handshakes *h, uint64_t time_ns, const struct packet *p);

void handshakes_see_answer_slow(struct handshakes *h, uint64_t time_ns, const struct packet *p);
bool handshakes_is_split_slow(const struct handshakes *h, uint64_t time_ns, const struct packet *p);

/* Somebody answered with this SYN+ACK: its receiver's connection is an ordinary one. */
static inline void handshakes_see_answer(struct handshakes *h, uint64_t time_ns,
					 const struct packet *p)
{
	if (h->syns.used)
		handshakes_see_answer_slow(h, time_ns, p);
}

/* Did the sender of this SYN+ACK begin the connection itself? */
static inline bool handshakes_is_split(const struct handshakes *h, uint64_t time_ns,
				       const struct packet *p)
{
	return h->syns.used && handshakes_is_split_slow(h, time_ns, p);
}

/* Saves what can still matter after that time: SYNs without an answer, or just answered. */
void handshakes_save(const struct handshakes *h, uint64_t time_ns, struct buffer *out);

#endif
