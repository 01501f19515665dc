/*
 * Names of the Common Platform Enumeration: from the URI binding of 2.2 (NISTIR 7695, 6.1) to the
 * formatted string of 2.3 (6.2).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "identify/fingerprint.h"

#define URI_PARTS       7 /* part, vendor, product, version, update, edition, language */
#define FORMATTED_PARTS 11

static int hex_digit(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One component, up to its end: letters small, signs with a backslash before them. */
static const char *put_component(struct buffer *b, const char *at)
{
	if (!*at || *at == ':') {
		buffer_put_u8(b, '*');
		return at;
	}
	for (; *at && *at != ':'; at++) {
		unsigned char c = (unsigned char)*at;

		if (c == '%' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
			c = (unsigned char)(hex_digit(at[1]) << 4 | hex_digit(at[2]));
			at += 2;
		}
		if (c <= ' ' || c >= 0x7f) /* such a name holds printable ASCII alone */
			c = '_';
		if (!isalnum(c) && !strchr("._-", c))
			buffer_put_u8(b, '\\');
		buffer_put_u8(b, (uint8_t)tolower(c));
	}
	return at;
}

/* Is it one already: printable ASCII, eleven components? */
static bool is_formatted(const char *text)
{
	bool escaped = false;
	int n = 0;

	for (; *text; text++) {
		if (*text <= ' ' || *text >= 0x7f)
			return false;
		n += *text == ':' && !escaped;
		escaped = *text == '\\' && !escaped;
	}
	return n == FORMATTED_PARTS + 1;
}

char *fingerprint_cpe(const struct fingerprint_match *match, const char *name)
{
	static const char formatted[] = "cpe:2.3:", uri[] = "cpe:/";
	const char *at = fingerprint_value(match, name);
	struct buffer b;
	int n = 0;

	if (!at)
		return NULL;
	if (!strncmp(at, formatted, strlen(formatted)))
		return is_formatted(at) ? strdup(at) : NULL;
	if (strncmp(at, uri, strlen(uri)) != 0 || !at[5] || !strchr("aoh", at[5]) || at[6] != ':')
		return NULL;
	buffer_init(&b);
	buffer_put(&b, formatted, strlen(formatted));
	for (at += strlen(uri); n < URI_PARTS && *at; n++) {
		if (n)
			buffer_put_u8(&b, ':');
		at = put_component(&b, at);
		at += *at == ':';
	}
	for (; n < FORMATTED_PARTS; n++)
		buffer_put(&b, ":*", 2);
	buffer_put_u8(&b, 0);
	if (b.failed) {
		buffer_finish(&b);
		return NULL;
	}
	return (char *)b.bytes;
}
