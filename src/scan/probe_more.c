/* Questions of smaller protocols, which are asked on their usual ports only. */
#include <string.h>

#include "scan/probe.h"

#define PUT(b, bytes) buffer_put(b, bytes, sizeof(bytes) - 1)

/* RFC 6120, 4.2. */
void ask_xmpp(struct buffer *b, const struct probe_target *t)
{
	if (t->port == 5269)
		PUT(b, "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
		       "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>");
	else
		PUT(b, "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
		       "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>");
}

void ask_zookeeper(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "srvr");
}

void ask_spamd(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "PING SPAMC/1.5\r\n\r\n");
}

/* RFC 5531, 9: a call of rpcbind (100000), of a version that it does not have. */
void ask_sunrpc_udp(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\x5e\x6bim\0\0\0\0\0\0\0\2\0\1\x86\xa0\0\0\xff\xff\0\0\0\0"
	       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

/* The same as one last fragment (11). */
void ask_sunrpc_tcp(struct buffer *b, const struct probe_target *t)
{
	PUT(b, "\x80\0\0\x28");
	ask_sunrpc_udp(b, t);
}

/* RFC 8489, 5: a Binding request. */
void ask_stun(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\0\1\0\0\x21\x12\xa4\x42sekimori-ask");
}

/* OpenVPN's ssl_pkt.h: P_CONTROL_HARD_RESET_CLIENT_V2 (7), a session, no acknowledgements, packet
 * 0. */
void ask_openvpn_udp(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\x38sekimori\0\0\0\0\0");
}

void ask_openvpn_tcp(struct buffer *b, const struct probe_target *t)
{
	PUT(b, "\0\x0e");
	ask_openvpn_udp(b, t);
}

void ask_mumble(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\0\0\0\0sekimori");
}

/* RFC 7252, 3 and RFC 6690, 4: GET /.well-known/core, to be confirmed. */
void ask_coap(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\x40\1\x5e\x6b\xbb.well-known\4core");
}

/* Apache's AJPv13: CPing. */
void ask_ajp13(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\x12\x34\0\1\x0a");
}

/* RFC 1928, 3: no authentication, or a name and a password. */
void ask_socks5(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\5\2\0\2");
}

/* Erlang's distribution protocol: NAMES_REQ. */
void ask_epmd(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\0\1n");
}

/* RFC 1413, 3. */
void ask_ident(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "1, 1\r\n");
}

/* distcc's doc/protocol-1.txt: an empty file is to be compiled. */
void ask_distcc(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "DIST00000001ARGC00000005ARGV00000002ccARGV00000002-cARGV0000000asekimori.c"
	       "ARGV00000002-oARGV0000000asekimori.oDOTI00000000");
}

/* Zabbix' protocol: a header with the length, and the key of a value that every agent has. */
void ask_zabbix(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "ZBXD\1\x0d\0\0\0\0\0\0\0agent.version");
}

/* git's pack-protocol: a repository that nobody has. */
void ask_git(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "0036git-upload-pack /sekimori.none\0host=sekimori.none\0");
}
