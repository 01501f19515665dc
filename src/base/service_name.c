#include "base/service_name.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#define NAME_MAX_BYTES 32

const char *protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "";
}

/* The whole database in one pass: asked port by port, it would be read from its start each time. */
static void load_service_names(char *tcp[65536], char *udp[65536])
{
	const struct servent *s;

	setservent(1);
	while ((s = getservent())) {
		uint16_t port = ntohs((uint16_t)s->s_port);
		char **names = !strcmp(s->s_proto, "tcp")   ? tcp
			       : !strcmp(s->s_proto, "udp") ? udp
							    : NULL;

		if (names && !names[port])
			names[port] = strndup(s->s_name, NAME_MAX_BYTES);
	}
	endservent();
}

const char *service_name(uint16_t port, uint8_t protocol)
{
	static char *tcp[65536], *udp[65536];
	static bool loaded;
	const char *name;

	if (!loaded)
		load_service_names(tcp, udp);
	loaded = true;
	name = protocol == IPPROTO_TCP ? tcp[port] : protocol == IPPROTO_UDP ? udp[port] : NULL;
	return name ? name : "";
}

static bool is_called(const struct servent *s, const char *name, size_t length)
{
	if (strlen(s->s_name) == length && !strncmp(s->s_name, name, length))
		return true;
	for (char **a = s->s_aliases; a && *a; a++) {
		if (strlen(*a) == length && !strncmp(*a, name, length))
			return true;
	}
	return false;
}

size_t service_ports(const char *name, size_t length, uint8_t protocol, size_t room,
		     uint16_t *ret_ports)
{
	const struct servent *s;
	size_t n = 0;

	setservent(1);
	while ((s = getservent()) && n < room) {
		if (!strcmp(s->s_proto, protocol_name(protocol)) && is_called(s, name, length))
			ret_ports[n++] = ntohs((uint16_t)s->s_port);
	}
	endservent();
	return n;
}
