#include "base/i18n.h"
#include "decode/packet.h"

static const struct {
	const char *name, *meaning;
} verdicts[VERDICT_COUNT] = {
	[VERDICT_TCP] = { "tcp", N_("TCP") },
	[VERDICT_OTHER_PROTOCOL] = { "other-protocol", N_("IP, but not TCP") },
	[VERDICT_NOT_IP] = { "not-ip", N_("not IP (ARP, LLDP, 802.11 management and the like)") },
	[VERDICT_FRAGMENT] = { "fragment", N_("a fragment without the TCP flags") },
	[VERDICT_ENCRYPTED] = { "encrypted", N_("encrypted by the link layer") },
	[VERDICT_UNKNOWN_LINK_TYPE] = { "unknown-link-type",
					N_("a link type that is not read here") },
	[VERDICT_UNKNOWN_ENCAPSULATION] = { "unknown-encapsulation",
					    N_("a tunnel whose inside is not read here") },
	[VERDICT_TOO_DEEP] = { "too-deep", N_("too many headers, one in the other") },
	[VERDICT_SHORT_LINK] = { "short-link",
				 N_("captured too short: ends in a link layer's or tunnel's header") },
	[VERDICT_SHORT_IP] = { "short-ip", N_("captured too short: ends in the IP header") },
	[VERDICT_SHORT_TCP] = { "short-tcp", N_("captured too short: ends in the TCP header") },
	[VERDICT_BAD_LINK] = { "bad-link", N_("a broken link layer's or tunnel's header") },
	[VERDICT_BAD_IP] = { "bad-ip", N_("a broken IP header") },
	[VERDICT_BAD_TCP] = { "bad-tcp", N_("a broken TCP header") },
};

const char *verdict_name(enum verdict v)
{
	return verdicts[v].name;
}

const char *verdict_meaning(enum verdict v)
{
	return _(verdicts[v].meaning);
}
