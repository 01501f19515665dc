/* Questions that are lines of text. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scan/probe.h"

static void put_words(struct buffer *b, const char *format, ...) printf_like(2, 3);

static void put_words(struct buffer *b, const char *format, ...)
{
	char words[768];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	buffer_put(b, words, (size_t)MIN(MAX(n, 0), (int)sizeof(words) - 1));
}

/* An address as a URI has it: RFC 3986, 3.2.2. */
static const char *host_words(const struct probe_target *t, char ret_text[ADDR_TEXT_MAX + 2])
{
	char address[ADDR_TEXT_MAX];

	snprintf(ret_text, ADDR_TEXT_MAX + 2, addr_is_v4(t->host) ? "%s" : "[%s]",
		 addr_format(t->host, address));
	return ret_text;
}

/* RFC 9112, 3: the port is told where it is not the usual one. */
void ask_http(struct buffer *b, const struct probe_target *t)
{
	char host[ADDR_TEXT_MAX + 2], port[8] = "";

	if (t->port != 80 && t->port != 443)
		snprintf(port, sizeof(port), ":%u", t->port);
	put_words(b,
		  "GET / HTTP/1.1\r\nHost: %s%s\r\nUser-Agent: sekimori\r\nAccept: */*\r\n"
		  "Connection: close\r\n\r\n",
		  host_words(t, host), port);
}

void ask_rtsp(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	put_words(b, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
}

/* RFC 3261, 11.1 and 8.1.1: OPTIONS, with the fields that every request needs. */
void ask_sip(struct buffer *b, const struct probe_target *t)
{
	const char *transport = t->protocol == 6 ? "TCP" : "UDP";
	char host[ADDR_TEXT_MAX + 2];

	host_words(t, host);
	put_words(
		b,
		"OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bKsekimori;rport\r\n"
		"From: <sip:sekimori@%s>;tag=sekimori\r\nTo: <sip:%s>\r\n"
		"Call-ID: sekimori-%u@%s\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
		"Contact: <sip:sekimori@%s>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n",
		host, transport, host, host, host, t->port, host, host);
}

void ask_redis(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	put_words(b, "INFO server\r\n");
}

void ask_memcached(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	put_words(b, "version\r\n");
}

/* Its protocol.txt, "UDP protocol": request, sequence, datagrams, reserved. */
void ask_memcached_udp(struct buffer *b, const struct probe_target *t)
{
	buffer_put(b, "\0\1\0\0\0\1\0\0", 8);
	ask_memcached(b, t);
}

/* UPnP Device Architecture 2.0, 1.3.2: a search that is sent to one host. */
void ask_ssdp(struct buffer *b, const struct probe_target *t)
{
	char host[ADDR_TEXT_MAX + 2];

	put_words(b,
		  "M-SEARCH * HTTP/1.1\r\nHOST: %s:%u\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
		  "ST: upnp:rootdevice\r\nUSER-AGENT: sekimori\r\n\r\n",
		  host_words(t, host), t->port);
}
