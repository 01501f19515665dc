/*
 * Any bytes as what comes back to a scan: the first byte chooses how they are read. 0: an IP packet
 * as the answer to a SYN, 1: an ARP packet, 2: an IPv6 packet as a neighbour's, 3: type and code of
 * an ICMP error about UDP.
 */
#include <stdlib.h>

#include "scan/neighbour.h"
#include "scan/syn_answer.h"
#include "scan/udp_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What is told of a start of the packet is told of all of it. */
static void check_syn(const uint8_t *bytes, size_t length)
{
	struct syn_answer a, cut;

	if (!syn_answer_parse(bytes, length, &a))
		return;
	require(a.state == PORT_OPEN || a.state == PORT_CLOSED || a.state == PORT_FILTERED);
	require((a.state == PORT_OPEN) == (a.reason == REASON_SYN_ACK));
	require((a.state == PORT_CLOSED) == (a.reason == REASON_RESET));
	require(a.reason != REASON_NONE && a.reason < PORT_REASONS);
	require(addr_is_v4(a.host) == addr_is_v4(a.local) || bytes[0] >> 4 == 6);
	if (syn_answer_parse(bytes, length - 1, &cut))
		require(addr_equal(a.host, cut.host) && a.sequence == cut.sequence &&
			a.port == cut.port && a.state == cut.state);
}

static void check_udp_error(const uint8_t *bytes, size_t length)
{
	struct udp_news n = { .state = PORT_OPEN };
	struct net_addr host = addr_from_v4(1);

	if (length < 3 || !udp_error_read(bytes[0] & 1, bytes[1], bytes[2],
					  bytes[0] & 2 ? host : addr_from_v4(2), host, &n))
		return;
	require(n.error && (n.state == PORT_CLOSED || n.state == PORT_FILTERED));
	require(n.state != PORT_CLOSED || (n.reason == REASON_PORT_UNREACH && bytes[0] & 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_addr addr;
	uint8_t mac[6];

	if (size < 1)
		return 0;
	if (data[0] == 0)
		check_syn(data + 1, size - 1);
	else if (data[0] < 3)
		(void)!neighbour_answer(data + 1, size - 1, data[0] == 1, &addr, mac);
	else
		check_udp_error(data + 1, size - 1);
	return 0;
}
