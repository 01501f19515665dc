#include "scan/outcome.h"

#include <string.h>

static const char *const state_names[PORT_STATES] = { "open",       "closed",
						      "filtered",   "open|filtered",
						      "unfiltered", "closed|filtered" };

static const char *const reason_names[PORT_REASONS] = {
	"unknown-response", "syn-ack",       "reset",        "conn-refused", "no-response",
	"udp-response",     "port-unreach",  "host-unreach", "net-unreach",  "proto-unreach",
	"admin-prohibited", "time-exceeded", "host-timeout", "user-set",
};

/* What other tools, and other versions of them, say for the same. */
static const struct {
	const char *name;
	enum port_reason reason;
} reason_synonyms[] = {
	{ "reset-ack", REASON_RESET },
	{ "rst", REASON_RESET },
	{ "connection-refused", REASON_CONN_REFUSED },
	{ "no-responses", REASON_NO_RESPONSE },
	{ "no-reply", REASON_NO_RESPONSE },
	{ "port-unreaches", REASON_PORT_UNREACH },
	{ "port-unreachable", REASON_PORT_UNREACH },
	{ "host-unreaches", REASON_HOST_UNREACH },
	{ "net-unreaches", REASON_NET_UNREACH },
	{ "proto-unreaches", REASON_PROTO_UNREACH },
	{ "host-prohibited", REASON_ADMIN_PROHIBITED },
	{ "net-prohibited", REASON_ADMIN_PROHIBITED },
	{ "dest-unreach", REASON_HOST_UNREACH },
	{ "ttl-exceeded", REASON_TIME_EXCEEDED },
	{ "syn-acks", REASON_SYN_ACK },
	{ "resets", REASON_RESET },
	{ "udp-responses", REASON_UDP_RESPONSE },
	{ "response", REASON_UDP_RESPONSE },
};

const char *port_state_name(enum port_state state)
{
	return state < PORT_STATES ? state_names[state] : "?";
}

const char *port_reason_name(enum port_reason reason)
{
	return reason < PORT_REASONS ? reason_names[reason] : "?";
}

bool port_state_parse(const char *text, enum port_state *ret_state)
{
	for (int i = 0; i < PORT_STATES; i++) {
		if (!strcmp(text, state_names[i])) {
			*ret_state = (enum port_state)i;
			return true;
		}
	}
	return false;
}

bool port_reason_parse(const char *text, enum port_reason *ret_reason)
{
	for (int i = 0; i < PORT_REASONS; i++) {
		if (!strcmp(text, reason_names[i])) {
			*ret_reason = (enum port_reason)i;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LENGTH(reason_synonyms); i++) {
		if (!strcmp(text, reason_synonyms[i].name)) {
			*ret_reason = reason_synonyms[i].reason;
			return true;
		}
	}
	return false;
}

static enum port_reason unreachable_v4(uint8_t type, uint8_t code)
{
	static const enum port_reason reasons[] = {
		REASON_NET_UNREACH,
		REASON_HOST_UNREACH,
		REASON_PROTO_UNREACH,
		REASON_PORT_UNREACH,
		REASON_NONE,
		REASON_NONE,
		REASON_NET_UNREACH,
		REASON_HOST_UNREACH,
		REASON_HOST_UNREACH,
		REASON_ADMIN_PROHIBITED,
		REASON_ADMIN_PROHIBITED,
		REASON_NET_UNREACH,
		REASON_HOST_UNREACH,
		REASON_ADMIN_PROHIBITED,
	};

	if (type == 11 && code == 0)
		return REASON_TIME_EXCEEDED;
	return type == 3 && code < ARRAY_LENGTH(reasons) ? reasons[code] : REASON_NONE;
}

static enum port_reason unreachable_v6(uint8_t type, uint8_t code)
{
	static const enum port_reason reasons[] = {
		REASON_NET_UNREACH,  REASON_ADMIN_PROHIBITED, REASON_HOST_UNREACH,
		REASON_HOST_UNREACH, REASON_PORT_UNREACH,     REASON_ADMIN_PROHIBITED,
		REASON_NET_UNREACH,
	};

	if (type == 3 && code == 0)
		return REASON_TIME_EXCEEDED;
	return type == 1 && code < ARRAY_LENGTH(reasons) ? reasons[code] : REASON_NONE;
}

enum port_reason port_reason_of_icmp(bool v6, uint8_t type, uint8_t code)
{
	return v6 ? unreachable_v6(type, code) : unreachable_v4(type, code);
}
