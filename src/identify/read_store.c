/* Stores of keys and documents: Redis, memcached, MongoDB. */
#include <ctype.h>
#include <stdio.h>

#include "identify/reading.h"

/* The value of a line "name:value". */
static struct span line_value(struct span text, const char *name)
{
	size_t n = strlen(name);
	struct span line;

	while (text.n) {
		(void)span_line(&text, &line);
		if (span_starts(line, name) && line.n > n && line.at[n] == ':')
			return span_skip(line, n + 1);
	}
	return span_over("", 0);
}

static void redis_info(struct reading *r, struct span info)
{
	struct span version = line_value(info, "valkey_version");

	reading_key(r, "redis.info", info);
	READING_SAY(r->product, "%s",
		    version.n ? "Valkey key-value store" : "Redis key-value store");
	READING_SET(r->version, version.n ? version : line_value(info, "redis_version"));
	READING_SET(r->os, line_value(info, "os"));
}

/* Redis' protocol (its documentation, "RESP"): "$n" and n bytes, or "-ERR words". */
bool read_redis(const struct heard *h, struct reading *r)
{
	static const char *const errors[] = { "-NOAUTH ",
					      "-DENIED Redis",
					      "-ERR unknown command",
					      "-ERR wrong number of arguments",
					      "-NOPERM ",
					      "-LOADING Redis",
					      "-ERR operation not permitted",
					      "-MISCONF Redis" };
	struct span rest = span_over(h->bytes, h->length), line;
	bool whole = span_line(&rest, &line);
	uint64_t n = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		if (!span_starts(line, errors[i]))
			continue;
		r->more = !whole;
		READING_SAY(r->product, "Redis key-value store");
		READING_SAY(r->extra, "%s",
			    i == 0   ? "authentication required"
			    : i == 1 ? "protected mode"
				     : "");
		reading_key(r, "redis.error", line);
		return true;
	}
	if (!whole || line.n < 2 || line.n > 8 || line.at[0] != '$' ||
	    !span_starts(rest, "# Server"))
		return false;
	for (size_t i = 1; i < line.n; i++) {
		if (!isdigit((unsigned char)line.at[i]))
			return false;
		n = n * 10 + (uint64_t)(line.at[i] - '0');
	}
	r->more = rest.n < n;
	redis_info(r, span_first(rest, n));
	return true;
}

/* memcached's protocol.txt: "VERSION 1.6.18"; over UDP after eight bytes of its own. */
bool read_memcached(const struct heard *h, struct reading *r)
{
	struct span rest = span_over(h->bytes, h->length), line;

	if (h->datagram)
		rest = span_skip(rest, 8);
	r->more = !span_line(&rest, &line);
	if (span_starts(line, "VERSION ") && line.n > 8 && isdigit((unsigned char)line.at[8])) {
		line = span_skip(line, 8);
		READING_SAY(r->product, "Memcached");
		READING_SET(r->version, line);
		reading_key(r, "memcached.version", line);
		return true;
	}
	return !r->more &&
	       (span_is(line, "ERROR") || span_starts(line, "CLIENT_ERROR ") ||
		span_starts(line, "SERVER_ERROR ")) &&
	       !h->datagram;
}

#define BSON_STRING 2
#define BSON_DEPTH  1

/* bsonspec.org: the length of an element's value, or false where it is none that is known. */
static bool bson_skip(struct cursor *c, uint8_t kind)
{
	struct cursor at = *c;
	uint32_t n = cursor_u32_le(&at);

	switch (kind) {
	case 1:
	case 9:
	case 17:
	case 18:
		cursor_skip(c, 8);
		return true;
	case 2:
	case 13:
	case 14:
		cursor_skip(c, 4);
		cursor_skip(c, n);
		return true;
	case 3:
	case 4:
		cursor_skip(c, n < 5 ? SIZE_MAX : n);
		return true;
	case 5:
		cursor_skip(c, 5);
		cursor_skip(c, n);
		return true;
	case 7:
		cursor_skip(c, 12);
		return true;
	case 8:
		cursor_skip(c, 1);
		return true;
	case 16:
		cursor_skip(c, 4);
		return true;
	case 19:
		cursor_skip(c, 16);
		return true;
	case 6:
	case 10:
	case 127:
	case 255:
		return true;
	}
	return false;
}

/* Notes what the top of a document says of the server. */
static void bson_take(struct reading *r, struct cursor c)
{
	uint32_t length = cursor_u32_le(&c);

	if (length < 5)
		return;
	cursor_cut(&c, length - 4);
	while (cursor_left(&c) > 1 && !c.overrun) {
		uint8_t kind = cursor_u8(&c);
		struct span name = span_rest(&c), value;
		struct cursor at;

		name = span_first(name, span_index(name, '\0'));
		cursor_skip(&c, name.n + 1);
		at = c;
		if (!bson_skip(&c, kind) || c.overrun)
			return;
		cursor_skip(&at, 4);
		value = span_over(at.at, (size_t)(c.at - at.at));
		if (kind == BSON_STRING && span_is(name, "version")) {
			value = span_first(value, span_index(value, '\0'));
			READING_SET(r->version, value);
			reading_key(r, "mongodb.version", value);
		} else if (kind == 16 && span_is(name, "maxWireVersion") && !r->extra[0]) {
			at = cursor_over(at.at - 4, 4);
			READING_SAY(r->extra, "wire version %u", cursor_u32_le(&at));
		} else if (kind == BSON_STRING && span_is(name, "errmsg")) {
			reading_key(r, "mongodb.error", span_first(value, span_index(value, '\0')));
		}
	}
}

/* Its wire protocol: OP_REPLY (1) and OP_MSG (2013), one after the other. */
bool read_mongodb(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	bool found = false;

	while (cursor_left(&c) >= 16) {
		struct cursor message = c;
		uint32_t length = cursor_u32_le(&message), operation;

		cursor_skip(&message, 8);
		operation = cursor_u32_le(&message);
		if (length < 26 || length > 1U << 24 || (operation != 1 && operation != 2013))
			return found;
		found = true;
		READING_SAY(r->product, "MongoDB");
		cursor_cut(&message, length - 16);
		cursor_skip(&message, operation == 1 ? 20 : 5); /* flags and so on; flags, kind */
		bson_take(r, message);
		cursor_skip(&c, length);
		r->more = c.overrun;
	}
	return found;
}
