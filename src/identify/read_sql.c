/* The greeting of MySQL's protocol, and what PostgreSQL says to a start that it cannot follow. */
#include <ctype.h>
#include <stdio.h>

#include "identify/reading.h"

#define MYSQL_CAPABILITY_SSL 0x0800

/* "5.5.5-10.11.6-MariaDB-0+deb12u1": MariaDB, which hides behind 5.5.5; "8.0.35", "8.0.35-27
 * (Percona)" */
static void mysql_version(struct reading *r, struct span version)
{
	if (!span_has(version, "mariadb")) {
		READING_SAY(r->product, "MySQL");
		READING_SET(r->version, version);
		return;
	}
	if (span_starts(version, "5.5.5-"))
		version = span_skip(version, 6);
	READING_SAY(r->product, "MariaDB");
	READING_SET(r->version, version);
}

/* An error in place of the greeting: FF, its number, its words ("Host … is not allowed"). */
static bool mysql_error(struct cursor *c, struct reading *r)
{
	uint16_t number = cursor_u16_le(c);
	struct span words = span_rest(c);

	if (c->overrun || number < 1000 || number >= 5000 || !words.n)
		return false;
	if (words.at[0] == '#')
		words = span_skip(words, 6);
	READING_SAY(r->product, "%s", span_has(words, "mariadb") ? "MariaDB" : "MySQL");
	READING_SAY(r->extra, "%s", number == 1130 || number == 1129 ? "unauthorized" : "");
	reading_key(r, "mysql.error", words);
	return true;
}

/* MySQL's internals, "Protocol::HandshakeV10": length 3, number 1, 0x0a, version, NUL, … */
bool read_mysql(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint32_t head = cursor_u32_le(&c), length = head & 0xffffff;
	struct span version;
	uint8_t protocol;

	if (c.overrun || head >> 24 > 1 || length < 4 || length > 4096)
		return false;
	r->more = cursor_left(&c) < length;
	cursor_cut(&c, length);
	protocol = cursor_u8(&c);
	if (protocol == 0xff)
		return mysql_error(&c, r);
	if (protocol != 10 && protocol != 9)
		return false;
	version = span_rest(&c);
	version = span_first(version, span_index(version, '\0'));
	if (!version.n || version.n == cursor_left(&c) || !isdigit((unsigned char)version.at[0]))
		return false;
	cursor_skip(&c, version.n + 1 + 4 + 8 + 1); /* thread, salt, NUL */
	r->starttls = cursor_u16_le(&c) & MYSQL_CAPABILITY_SSL;
	reading_key(r, "mysql.banners", version);
	mysql_version(r, version);
	return true;
}

/* The server names the versions of its protocol in that one error since 7.4; 14 dropped 2.0. */
static void postgresql_version(struct reading *r, struct span message)
{
	size_t at = span_find(message, "server supports ");

	READING_SAY(r->product, "PostgreSQL DB");
	if (at == message.n)
		return;
	message = span_skip(message, at + 16);
	if (span_starts(message, "3.0 to 3.0"))
		READING_SAY(r->version, "14 or later");
	else if (span_starts(message, "3.0 to 3."))
		READING_SAY(r->version, "18 or later");
	else if (span_starts(message, "2.0 to 3.0"))
		READING_SAY(r->version, "9.3 - 13");
	else if (span_starts(message, "1.0 to 3.0"))
		READING_SAY(r->version, "7.4 - 9.2");
}

/* ErrorResponse: fields of one letter and a text, each ended by a NUL (its documentation, 55.8). */
static void postgresql_error(struct reading *r, struct cursor c)
{
	struct span text = span_over(r->made + r->made_length, 0), field;

	while (cursor_left(&c) > 1) {
		char kind = (char)cursor_u8(&c);

		if (!kind)
			break;
		field = span_rest(&c);
		field = span_first(field, span_index(field, '\0'));
		cursor_skip(&c, field.n + 1);
		if (kind == 'M')
			postgresql_version(r, field);
		if (strchr("MFLRC", kind)) {
			text.n += reading_make(r, "%c=", kind).n;
			text.n += reading_make_bytes(r, field).n + reading_make(r, "\n").n;
		}
	}
	reading_key(r, "postgresql.error", text);
}

/* 'S' or 'N' to a request for TLS (one byte); then, or at once, messages of a letter and a length.
 */
bool read_postgresql(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length), message;
	bool asked = h->asked && !strcmp(h->asked, "postgresql");
	uint8_t kind;
	uint32_t length;

	if (asked && cursor_left(&c) && (*c.at == 'S' || *c.at == 'N')) {
		READING_SAY(r->product, "PostgreSQL DB");
		r->starttls = *c.at == 'S';
		cursor_skip(&c, 1);
		if (!cursor_left(&c))
			return h->length == 1;
	}
	kind = cursor_u8(&c);
	length = cursor_u32_be(&c);
	if (c.overrun || length < 4 || length > 65536 || !(kind == 'E' || (asked && kind == 'R')))
		return false;
	r->more = cursor_left(&c) < length - 4;
	message = c;
	cursor_cut(&message, length - 4);
	if (kind == 'R')
		return length == 8 || length > 8;
	/* An error begins with its severity and has an SQLSTATE: five signs. */
	if (cursor_left(&message) < 2 || *message.at != 'S' ||
	    !memmem(message.at, cursor_left(&message), "\0C", 2))
		return false;
	postgresql_error(r, message);
	return true;
}
