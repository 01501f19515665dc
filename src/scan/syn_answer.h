/*
 * What came back to a SYN: an IP packet's bytes to the answer that it is, or to none. Pure; whether
 * the answer is one to a question of ours is for the cookie to say.
 */
#ifndef SEKIMORI_SCAN_SYN_ANSWER_H
#define SEKIMORI_SCAN_SYN_ANSWER_H

#include "scan/outcome.h"

struct syn_answer {
	struct net_addr host;  /* that was asked */
	struct net_addr local; /* of ours */
	uint16_t port, local_port;
	uint32_t sequence; /* of the SYN, as the answer says it */
	enum port_state state;
	enum port_reason reason;
	uint8_t ttl;
};

/*
 * Reads a packet from its IP header on, as far as it was captured: a SYN+ACK is open, a RST closed,
 * an ICMP error (RFC 792, 4443) that quotes a TCP segment of ours filtered. A RST of a stack that
 * acknowledges the SYN's number itself, without adding one, counts too. False for all else.
 */
must_check bool syn_answer_parse(const uint8_t *bytes, size_t length,
				 struct syn_answer *ret_answer);

#endif
