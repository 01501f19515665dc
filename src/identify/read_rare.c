/* DICT, ident, distcc, Zabbix, git, CoAP over TCP: those that ask are asked on their usual ports
 * alone. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "identify/reading.h"

/* RFC 2229, 3.1: "220 words <capabilities> <message>", where FTP and SMTP have no brackets. */
bool read_dict(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), line, message;

	r->more = !span_line(&rest, &line);
	if (!span_starts(line, "220 ") || !line.n || line.at[line.n - 1] != '>')
		return false;
	message = span_skip(line, span_find(line, "> <"));
	if (!span_has(message, "@") && !span_has(message, "."))
		return false;
	line = span_skip(line, 4);
	reading_key(r, "dict.banner", span_trim(span_first(line, span_index(line, '<'))));
	return true;
}

/* RFC 1413, 3: "1, 1 : ERROR : NO-USER", with or without the blanks. */
bool read_ident(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), line, ports;
	size_t digits = 0, commas = 0;

	r->more = !span_line(&rest, &line);
	ports = span_first(line, span_index(line, ':'));
	for (size_t i = 0; i < ports.n; i++) {
		digits += isdigit((unsigned char)ports.at[i]) != 0;
		commas += ports.at[i] == ',';
		if (!isdigit((unsigned char)ports.at[i]) && !strchr(" ,", ports.at[i]))
			return false;
	}
	line = span_trim(span_skip(line, ports.n + 1));
	return digits >= 2 && commas == 1 &&
	       (span_starts(line, "ERROR") || span_starts(line, "USERID"));
}

/*
 * distcc's doc/protocol-1.txt: DONE with the protocol's version, the status, what the compiler
 * said, and the object, in which GCC and Clang leave their version.
 */
bool read_distcc(const struct heard *h, struct reading *r)
{
	struct span all = span_over(h->bytes, h->length), compiler;
	size_t object = span_find(all, "DOTO");
	char size[9] = "";

	if (!span_starts(all, "DONE0000000") || !span_starts(span_skip(all, 12), "STAT"))
		return false;
	READING_SAY(r->product, "distccd");
	READING_SET(size, span_first(span_skip(all, object + 4), 8));
	all = span_skip(all, object + 12);
	r->more = strlen(size) < 8 || all.n < strtoul(size, NULL, 16);
	compiler = span_skip(all, span_find(all, "GCC: ("));
	if (!compiler.n)
		compiler = span_skip(all, span_find(all, "clang version "));
	READING_SAY(r->extra, "protocol %c", h->bytes[11]);
	if (compiler.n)
		READING_SAY(r->extra, "protocol %c; %.*s", h->bytes[11],
			    (int)MIN(span_index(compiler, '\0'), 128), compiler.at);
	return true;
}

/* Zabbix' protocol: a header with the length, and the value that was asked for. */
bool read_zabbix(const struct heard *h, struct reading *r)
{
	static const char magic[] = "ZBXD\1";
	struct span all = span_over(h->bytes, h->length);
	struct cursor c = span_cursor(span_skip(all, sizeof(magic) - 1));
	uint32_t length = cursor_u32_le(&c);

	if (!span_starts(all, magic))
		return false;
	cursor_skip(&c, 4);
	READING_SAY(r->product, "Zabbix agent");
	r->more = cursor_left(&c) < length;
	cursor_cut(&c, MIN(length, cursor_left(&c)));
	if (cursor_left(&c) && isdigit(*c.at))
		READING_SET(r->version, span_rest(&c));
	return true;
}

/* git's pack-protocol: four digits of length, and an error, since nobody has what was asked for. */
bool read_git(const struct heard *h, struct reading *r)
{
	struct span all = span_over(h->bytes, h->length);

	for (size_t i = 0; i < 4 && i < all.n; i++)
		if (!isxdigit((unsigned char)all.at[i]))
			return false;
	all = span_skip(all, 4);
	if (!span_starts(all, "ERR "))
		return false;
	reading_key(r, "git.error", span_trim(span_skip(all, 4)));
	return true;
}

/* RFC 8323, 5.3: the first message of either end is one of capabilities (7.01); 3.2: its length. */
bool read_coap_stream(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint8_t first = cursor_u8(&c), length = first >> 4, token = first & 15;

	(void)r;
	if (length == 13)
		length += cursor_u8(&c);
	return !c.overrun && first >> 4 < 14 && token <= 8 && cursor_u8(&c) == 0xe1 &&
	       cursor_left(&c) == (size_t)token + length;
}
