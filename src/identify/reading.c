#include "identify/reading.h"

#include <stdarg.h>
#include <stdio.h>

/* In the order in which they are tried: what is told by more bytes comes first. */
const struct reader readers[] = {
	{ "ssh", read_ssh, true, false, true },
	{ "http", read_http, true, false, true },
	{ "rtsp", read_rtsp, true, false, true },
	{ "sip", read_sip, true, true, true },
	{ "ssdp", read_ssdp, true, true, false },
	{ "rsync", read_rsync, true, false, true },
	{ "vnc", read_vnc, true, false, true },
	{ "imap", read_imap, true, false, true },
	{ "pop3", read_pop3, true, false, true },
	{ "dict", read_dict, true, false, true },
	{ "smtp", read_greeting, true, false, true },
	{ "ftp", read_greeting, true, false, true },
	{ "nntp", read_nntp, true, false, true },
	{ "amqp", read_amqp, true, false, true },
	{ "smb", read_smb, true, false, true },
	{ "rdp", read_rdp, true, false, true },
	{ "tls", read_tls, true, false, true },
	{ "mongodb", read_mongodb, true, false, true },
	{ "ldap", read_ldap, true, true, true },
	{ "snmp", read_snmp, true, true, false },
	{ "kerberos", read_kerberos, true, true, true },
	{ "mysql", read_mysql, true, false, true },
	{ "redis", read_redis, true, false, true },
	{ "memcached", read_memcached, true, true, true },
	{ "postgresql", read_postgresql, true, false, true },
	{ "quic", read_quic, true, true, false },
	{ "sieve", read_sieve, true, false, true },
	{ "xmpp-client", read_xmpp, true, false, true },
	{ "zookeeper", read_zookeeper, true, false, true },
	{ "spamd", read_spamd, true, false, true },
	{ "nbd", read_nbd, true, false, true },
	{ "sunrpc", read_sunrpc, true, true, true },
	{ "stun", read_stun, true, true, true },
	{ "ajp13", read_ajp13, true, false, true },
	{ "smux", read_smux, true, false, true },
	{ "ident", read_ident, true, false, true },
	{ "distccd", read_distcc, true, false, true },
	{ "zabbix-agent", read_zabbix, true, false, true },
	{ "git", read_git, true, false, true },
	{ "x11", read_x11, false, false, true },
	{ "mqtt", read_mqtt, false, false, true },
	{ "socks5", read_socks5, false, false, true },
	{ "epmd", read_epmd, false, false, true },
	{ "openvpn", read_openvpn, false, true, true },
	{ "mumble", read_mumble, true, false, true },
	{ "mumble", read_mumble, false, true, false },
	{ "coap", read_coap, false, true, false },
	{ "coap", read_coap_stream, true, false, true },
	{ "telnet", read_telnet, true, false, true },
	{ "mdns", read_mdns, false, true, false },
	{ "domain", read_dns, false, true, true },
	{ "ntp", read_ntp, false, true, false },
	{ "tftp", read_tftp, false, true, false },
	{ "netbios-ns", read_netbios, false, true, false },
};
const size_t readers_count = ARRAY_LENGTH(readers);

static bool reading_try(const struct reader *reader, const struct heard *h,
			struct reading *ret_reading)
{
	if (h->datagram ? !reader->datagram : !reader->stream)
		return false;
	memset(ret_reading, 0, offsetof(struct reading, made));
	ret_reading->made_length = 0;
	ret_reading->protocol = reader->protocol;
	return reader->read(h, ret_reading);
}

bool reading_find(const struct heard *h, struct reading *ret_reading)
{
	for (size_t i = 0; h->asked && i < readers_count; i++)
		if (!strcmp(readers[i].protocol, h->asked) &&
		    reading_try(&readers[i], h, ret_reading))
			return true;
	for (size_t i = 0; i < readers_count; i++)
		if (readers[i].certain && reading_try(&readers[i], h, ret_reading))
			return true;
	memset(ret_reading, 0, offsetof(struct reading, made));
	ret_reading->made_length = 0;
	return false;
}

void reading_key(struct reading *r, const char *key, struct span text)
{
	if (text.n && r->n_texts < READING_TEXTS_MAX)
		r->texts[r->n_texts++] = (struct reading_text){ .key = key, .text = text };
}

struct span reading_make(struct reading *r, const char *format, ...)
{
	size_t left = sizeof(r->made) - r->made_length;
	char *at = r->made + r->made_length;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(at, left, format, args);
	va_end(args);
	n = n < 0 ? 0 : MIN(n, (int)left - 1);
	r->made_length += (size_t)n;
	return span_over(at, (size_t)n);
}

struct span reading_make_bytes(struct reading *r, struct span bytes)
{
	char *at = r->made + r->made_length;
	size_t n = MIN(bytes.n, sizeof(r->made) - 1 - r->made_length);

	if (n)
		memcpy(at, bytes.at, n);
	r->made_length += n;
	return span_over(at, n);
}

void reading_field(char *field, size_t size, struct span text)
{
	text = span_trim(span_first(text, span_index(text, '\0')));
	text = span_first(text, size - 1);
	if (text.n)
		memcpy(field, text.at, text.n);
	field[text.n] = '\0';
}
