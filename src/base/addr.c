#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

struct net_addr addr_from_bytes(const uint8_t bytes[16])
{
	struct net_addr a = { 0, 0 };

	for (int i = 0; i < 8; i++) {
		a.hi = a.hi << 8 | bytes[i];
		a.lo = a.lo << 8 | bytes[i + 8];
	}
	return a;
}

void addr_to_bytes(struct net_addr a, uint8_t ret_bytes[16])
{
	for (int i = 0; i < 8; i++) {
		ret_bytes[i] = (uint8_t)(a.hi >> (56 - 8 * i));
		ret_bytes[i + 8] = (uint8_t)(a.lo >> (56 - 8 * i));
	}
}

bool addr_parse(const char *text, struct net_addr *ret_addr)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		*ret_addr = addr_from_v4(ntohl(v4.s_addr));
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6) == 1) {
		*ret_addr = addr_from_bytes(v6.s6_addr);
		return true;
	}
	return false;
}

const char *addr_format(struct net_addr a, char ret_text[ADDR_TEXT_MAX])
{
	uint8_t bytes[16];

	if (addr_is_v4(a)) {
		uint32_t v4 = addr_v4(a);

		snprintf(ret_text, ADDR_TEXT_MAX, "%u.%u.%u.%u", v4 >> 24, v4 >> 16 & 255,
			 v4 >> 8 & 255, v4 & 255);
		return ret_text;
	}
	addr_to_bytes(a, bytes);
	inet_ntop(AF_INET6, bytes, ret_text, ADDR_TEXT_MAX);
	return ret_text;
}
