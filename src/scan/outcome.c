#include "scan/outcome.h"

#include <string.h>

static const char *const states[PORT_STATES] = {
	[PORT_OPEN] = "open",
	[PORT_CLOSED] = "closed",
	[PORT_FILTERED] = "filtered",
	[PORT_OPEN_FILTERED] = "open|filtered",
	[PORT_UNFILTERED] = "unfiltered",
	[PORT_CLOSED_FILTERED] = "closed|filtered",
};

static const char *const reasons[PORT_REASONS] = {
	[REASON_NONE] = "",
	[REASON_SYN_ACK] = "syn-ack",
	[REASON_RESET] = "reset",
	[REASON_CONN_REFUSED] = "conn-refused",
	[REASON_NO_RESPONSE] = "no-response",
	[REASON_UDP_RESPONSE] = "udp-response",
	[REASON_PORT_UNREACH] = "port-unreach",
	[REASON_HOST_UNREACH] = "host-unreach",
	[REASON_NET_UNREACH] = "net-unreach",
	[REASON_PROTO_UNREACH] = "proto-unreach",
	[REASON_ADMIN_PROHIBITED] = "admin-prohibited",
	[REASON_TIME_EXCEEDED] = "time-exceeded",
	[REASON_HOST_TIMEOUT] = "host-timeout",
	[REASON_USER_SET] = "user-set",
};

/* Other tools' words, and nmap's plurals (of "extraports"). */
static const struct {
	const char *name;
	enum port_reason reason;
} synonyms[] = {
	{ "resets", REASON_RESET },
	{ "rst", REASON_RESET },
	{ "rst-ack", REASON_RESET },
	{ "syn-acks", REASON_SYN_ACK },
	{ "connaccept", REASON_SYN_ACK },
	{ "conn-accept", REASON_SYN_ACK },
	{ "conn-refuseds", REASON_CONN_REFUSED },
	{ "no-responses", REASON_NO_RESPONSE },
	{ "udp-responses", REASON_UDP_RESPONSE },
	{ "port-unreaches", REASON_PORT_UNREACH },
	{ "host-unreaches", REASON_HOST_UNREACH },
	{ "net-unreaches", REASON_NET_UNREACH },
	{ "admin-prohibiteds", REASON_ADMIN_PROHIBITED },
	{ "host-prohibited", REASON_ADMIN_PROHIBITED },
	{ "host-prohibiteds", REASON_ADMIN_PROHIBITED },
	{ "net-prohibited", REASON_ADMIN_PROHIBITED },
	{ "net-prohibiteds", REASON_ADMIN_PROHIBITED },
};

const char *port_state_name(enum port_state state)
{
	return states[state];
}

const char *port_reason_name(enum port_reason reason)
{
	return reasons[reason];
}

bool port_state_parse(const char *text, enum port_state *ret_state)
{
	for (int i = 0; i < PORT_STATES; i++) {
		if (strcmp(text, states[i]) == 0) {
			*ret_state = (enum port_state)i;
			return true;
		}
	}
	return false;
}

bool port_reason_parse(const char *text, enum port_reason *ret_reason)
{
	for (int i = 1; i < PORT_REASONS; i++) {
		if (strcmp(text, reasons[i]) == 0) {
			*ret_reason = (enum port_reason)i;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LENGTH(synonyms); i++) {
		if (strcmp(text, synonyms[i].name) == 0) {
			*ret_reason = synonyms[i].reason;
			return true;
		}
	}
	return false;
}
