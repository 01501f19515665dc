/*
 * What a scan says of one port of one host: the record that scan, import, catalogue and report
 * share, whoever scanned. States and reasons have nmap's names, which everybody knows.
 */
#ifndef SEKIMORI_SCAN_OUTCOME_H
#define SEKIMORI_SCAN_OUTCOME_H

#include <stdint.h>

#include "base/addr.h"
#include "identify/service.h"

enum port_state {
	PORT_OPEN,
	PORT_CLOSED,
	PORT_FILTERED,
	PORT_OPEN_FILTERED, /* UDP: no answer */
	PORT_UNFILTERED,    /* other tools' only */
	PORT_CLOSED_FILTERED,
	PORT_STATES
};

enum port_reason {
	REASON_NONE, /* not told */
	REASON_SYN_ACK,
	REASON_RESET,
	REASON_CONN_REFUSED,
	REASON_NO_RESPONSE,
	REASON_UDP_RESPONSE,
	REASON_PORT_UNREACH,
	REASON_HOST_UNREACH,
	REASON_NET_UNREACH,
	REASON_PROTO_UNREACH,
	REASON_ADMIN_PROHIBITED,
	REASON_TIME_EXCEEDED,
	REASON_HOST_TIMEOUT,
	REASON_USER_SET,
	PORT_REASONS
};

struct port_outcome {
	struct net_addr host;
	uint16_t port;
	uint8_t protocol; /* IP protocol number: 6, 17 */
	uint8_t ttl;      /* of the answer; 0: not told */
	enum port_state state;
	enum port_reason reason;
	uint64_t time_ns;       /* of the answer, or of giving up; UTC */
	struct service service; /* all NULL until asked; the outcome's owner finishes it */
};

/* "open", "open|filtered". */
const char *port_state_name(enum port_state state);

/* "syn-ack", "conn-refused". */
const char *port_reason_name(enum port_reason reason);

/* From the names above, and the synonyms that other tools use. Returns false for none of them. */
must_check bool port_state_parse(const char *text, enum port_state *ret_state);
must_check bool port_reason_parse(const char *text, enum port_reason *ret_reason);

/* What an ICMP error means (RFC 792, 1122, 1812; ICMPv6: RFC 4443). REASON_NONE: nothing about a
 * port.
 */
enum port_reason port_reason_of_icmp(bool v6, uint8_t type, uint8_t code);

#endif
