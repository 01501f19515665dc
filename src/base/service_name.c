#include "base/service_name.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#define NAME_MAX_BYTES 32

const char *protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "";
}

/* The whole database in one pass: asked port by port, it would be read from its start each time. */
static void load_service_names(char *names[65536])
{
	const struct servent *s;

	setservent(1);
	while ((s = getservent())) {
		uint16_t port = ntohs((uint16_t)s->s_port);

		if (!strcmp(s->s_proto, "tcp") && !names[port])
			names[port] = strndup(s->s_name, NAME_MAX_BYTES);
	}
	endservent();
}

const char *service_name(uint16_t port, uint8_t protocol)
{
	static char *names[65536];
	static bool loaded;

	if (protocol != IPPROTO_TCP)
		return "";
	if (!loaded)
		load_service_names(names);
	loaded = true;
	return names[port] ? names[port] : "";
}
