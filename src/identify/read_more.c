/* Smaller protocols: ManageSieve, XMPP, ZooKeeper, spamd, NBD, ONC RPC, STUN, OpenVPN, Mumble,
 * CoAP, AJP, SOCKS, Erlang's port mapper. */
#include <ctype.h>
#include <stdio.h>

#include "identify/reading.h"

/* RFC 5804, 1.7: "IMPLEMENTATION" and its value, first of the capabilities. */
bool read_sieve(const struct heard *h, struct reading *r)
{
	static const char first[] = "\"IMPLEMENTATION\" \"";
	struct span rest = span_over(h->bytes, h->length), line;

	(void)span_line(&rest, &line);
	if (!span_starts_nocase(line, first))
		return false;
	r->more = !span_has(rest, "\nOK");
	line = span_skip(line, sizeof(first) - 1);
	reading_key(r, "sieve.implementation", span_first(line, span_index(line, '"')));
	r->starttls = span_has(rest, "\"STARTTLS\"");
	return true;
}

/* RFC 6120, 4.2: a stream in return, or an error in one. */
bool read_xmpp(const struct heard *h, struct reading *r)
{
	struct span all = span_over(h->bytes, h->length);
	bool stream = span_has(all, "<stream:stream") || span_has(all, "<stream:error");

	if (!span_starts(all, "<?xml") && !span_starts(all, "<stream:"))
		return false;
	if (!stream || !span_has(all, "jabber"))
		return false;
	if (span_has(all, "jabber:server"))
		r->protocol = "xmpp-server";
	r->starttls = span_has(all, "urn:ietf:params:xml:ns:xmpp-tls");
	reading_key(r, "xmpp.stream", span_first(all, 2048));
	return true;
}

/* ZooKeeper's administration, "srvr": "Zookeeper version: 3.8.0-…, built on …". */
bool read_zookeeper(const struct heard *h, struct reading *r)
{
	static const char first[] = "Zookeeper version: ";
	struct span rest = span_over(h->bytes, h->length), line;

	r->more = !span_line(&rest, &line);
	if (!span_starts(line, first))
		return false;
	line = span_skip(line, sizeof(first) - 1);
	READING_SAY(r->product, "Apache ZooKeeper");
	READING_SET(r->version,
		    span_first(line, MIN(span_index(line, '-'), span_index(line, ','))));
	reading_key(r, "zookeeper.version", line);
	return true;
}

/* SpamAssassin's spamd/PROTOCOL: "SPAMD/1.5 0 PONG". */
bool read_spamd(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), line;

	r->more = !span_line(&rest, &line);
	if (!span_starts(line, "SPAMD/"))
		return false;
	READING_SAY(r->product, "SpamAssassin spamd");
	reading_key(r, "spamd.answer", line);
	return true;
}

/* NBD's proto.md: it speaks first. */
bool read_nbd(const struct heard *h, struct reading *r)
{
	struct span all = span_over(h->bytes, h->length);

	READING_SAY(r->product, "NBD");
	return span_starts(all, "NBDMAGIC");
}

/*
 * RFC 5531, 9: a reply to a call of a version that there is not says which there are. Over TCP
 * after the mark of a fragment (11).
 */
bool read_sunrpc(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint32_t status, low, high;

	if (!h->datagram)
		cursor_skip(&c, 4);
	if (cursor_u32_be(&c) != 0x5e6b696d || cursor_u32_be(&c) != 1 || cursor_u32_be(&c) != 0)
		return false;
	cursor_skip(&c, 4); /* the verifier's kind */
	cursor_skip(&c, cursor_u32_be(&c));
	status = cursor_u32_be(&c);
	low = cursor_u32_be(&c);
	high = cursor_u32_be(&c);
	if (c.overrun || status != 2)
		return false;
	READING_SAY(r->product, "rpcbind");
	READING_SAY(r->version, "%u-%u", low, high);
	READING_SAY(r->extra, "RPC #100000");
	return true;
}

/* RFC 8489, 5 and 14.14: a Binding response, and the words of the attribute SOFTWARE (0x8022). */
bool read_stun(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint16_t type = cursor_u16_be(&c), length = cursor_u16_be(&c);

	if ((type != 0x0101 && type != 0x0111) || length % 4 || cursor_u32_be(&c) != 0x2112a442)
		return false;
	cursor_skip(&c, 12);
	r->more = cursor_left(&c) < length;
	cursor_cut(&c, length);
	while (cursor_left(&c) >= 4) {
		uint16_t kind = cursor_u16_be(&c), n = cursor_u16_be(&c);
		const uint8_t *value = cursor_take(&c, n);
		struct span text = span_over(value, n);

		if (!value)
			break;
		cursor_skip(&c, (4 - n % 4) % 4);
		if (kind != 0x8022)
			continue;
		reading_key(r, "stun.software", text);
		READING_SET(r->product, span_first(text, span_index(text, '-')));
		text = span_skip(text, span_index(text, '-') + 1);
		READING_SET(r->version, span_first(text, span_index(text, ' ')));
	}
	return true;
}

/* OpenVPN's ssl_pkt.h: P_CONTROL_HARD_RESET_SERVER_V2 (8), over TCP after two bytes of length. */
bool read_openvpn(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);

	if (!h->datagram && cursor_u16_be(&c) < 14)
		return false;
	READING_SAY(r->product, "OpenVPN");
	return cursor_u8(&c) >> 3 == 8 && cursor_left(&c) >= 13;
}

/* Mumble's documentation: a ping's answer of 24 bytes; within TLS a Version message (0), in which
 * field 2 is the release. */
bool read_mumble(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	struct span release;
	uint32_t version;

	READING_SAY(r->product, "Murmur");
	if (h->datagram) {
		version = cursor_u32_be(&c);
		READING_SAY(r->version, "%u.%u.%u", version >> 16, version >> 8 & 255,
			    version & 255);
		return h->length == 24 && version >> 24 == 0 && version;
	}
	if (cursor_u16_be(&c) != 0 || cursor_u32_be(&c) > 512 || cursor_u8(&c) != 0x08)
		return false;
	while (cursor_left(&c) && cursor_u8(&c) & 0x80)
		;
	if (cursor_u8(&c) != 0x12)
		return false;
	release = span_over(NULL, cursor_u8(&c));
	release.at = (const char *)cursor_take(&c, release.n);
	if (!release.at || !release.n || !isdigit((unsigned char)release.at[0]))
		return false;
	READING_SET(r->version, release);
	reading_key(r, "mumble.release", release);
	return true;
}

/* RFC 7252, 3: version 1, and the number of our message. */
bool read_coap(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint8_t first = cursor_u8(&c), code = cursor_u8(&c);
	uint16_t number = cursor_u16_be(&c);
	struct span links = span_over(h->bytes, h->length);

	if (c.overrun || first >> 6 != 1 || (first & 15) > 8 || number != 0x5e6b)
		return false;
	links = span_skip(links, span_index(links, '\xff') + 1);
	reading_key(r, "coap.links", links);
	READING_SAY(r->extra, "%u.%02u", code >> 5, code & 31);
	return true;
}

/* Apache's AJPv13: CPong. */
bool read_ajp13(const struct heard *h, struct reading *r)
{
	(void)r;
	return h->length == 5 && !memcmp(h->bytes, "AB\0\1\x09", 5);
}

/* RFC 1928, 3: the method it has chosen, or FF. */
bool read_socks5(const struct heard *h, struct reading *r)
{
	if (h->length != 2 || h->bytes[0] != 5)
		return false;
	READING_SAY(r->extra, "%s",
		    h->bytes[1] == 0   ? "no authentication"
		    : h->bytes[1] == 2 ? "username and password needed"
				       : "no method in common");
	return true;
}

/* Erlang's distribution protocol, NAMES_RESP: its port, and a line for each node. */
bool read_epmd(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	struct span names;

	if (cursor_u32_be(&c) != h->port || c.overrun)
		return false;
	READING_SAY(r->product, "Erlang Port Mapper Daemon");
	names = span_trim(span_rest(&c));
	reading_key(r, "epmd.names", names);
	if (span_starts(names, "name "))
		READING_SAY(r->extra, "nodes: %.*s", (int)MIN(names.n, 200), names.at);
	for (char *end = strchr(r->extra, '\n'); end; end = strchr(end, '\n'))
		*end = ',';
	return !names.n || span_starts(names, "name ");
}
