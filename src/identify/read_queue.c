/* Message brokers: MQTT (OASIS, 3.1.1 and 5.0) and AMQP (0-9-1 and 1.0). */
#include <ctype.h>
#include <stdio.h>

#include "identify/reading.h"

/* A length in up to four bytes of seven bits (MQTT 3.1.1, 2.2.3). */
static bool mqtt_length(struct cursor *c, uint32_t *ret_length)
{
	uint32_t length = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t byte = cursor_u8(c);

		length |= (uint32_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*ret_length = length;
			return !c->overrun;
		}
	}
	return false;
}

/* PUBLISH, 3.3: topic and payload; "$SYS/broker/version" says "mosquitto version 2.0.11". */
static void mqtt_publish(struct reading *r, struct cursor c, uint8_t flags)
{
	uint16_t n = cursor_u16_be(&c);
	const uint8_t *topic = cursor_take(&c, n);
	struct span text, words;
	size_t at;

	if (!topic || !span_starts(span_over(topic, n), "$SYS/"))
		return;
	cursor_skip(&c, flags & 6 ? 2 : 0);
	text = words = span_rest(&c);
	if (!span_has(span_over(topic, n), "version") || r->version[0])
		return;
	reading_key(r, "mqtt.version", text);
	at = span_find(words, " version ");
	if (at < words.n) {
		READING_SET(r->product, span_first(words, at));
		READING_SET(r->version, span_skip(words, at + 9));
	}
}

bool read_mqtt(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	bool found = false;

	while (cursor_left(&c) >= 2) {
		uint8_t first = cursor_u8(&c), code;
		struct cursor packet;
		uint32_t length;

		if (!mqtt_length(&c, &length))
			return found;
		packet = c;
		cursor_cut(&packet, length);
		cursor_skip(&c, length);
		if (!found) {
			/* CONNACK, 3.2. */
			if (first != 0x20 || length < 2 || length > 256 || cursor_u8(&packet) > 1)
				return false;
			code = cursor_u8(&packet);
			if (packet.overrun)
				return false;
			found = true;
			r->more = !code;
			if (code)
				READING_SAY(r->extra, "refused: code %u", code);
			reading_key(r, "mqtt", reading_make(r, "connack %u", code));
		} else if (first >> 4 == 3 && !c.overrun) {
			mqtt_publish(r, packet, first & 15);
			r->more = !r->version[0];
		}
	}
	return found;
}

/* A table of server properties: names of up to 255 bytes, typed values. AMQP 0-9-1, 4.2.5. */
static void amqp_table(struct reading *r, struct cursor c)
{
	struct span text = span_over(r->made + r->made_length, 0);

	while (cursor_left(&c)) {
		uint8_t n = cursor_u8(&c);
		const uint8_t *name = cursor_take(&c, n);
		char kind = (char)cursor_u8(&c);
		struct span key = span_over(name, n), value;
		const uint8_t *bytes;
		uint32_t length;

		if (!name)
			break;
		if (kind == 't' || kind == 'b' || kind == 'B') {
			cursor_skip(&c, 1);
			continue;
		}
		if (!strchr("SFAx", kind) || !kind)
			break;
		length = cursor_u32_be(&c);
		bytes = cursor_take(&c, length);
		if (!bytes)
			break;
		if (kind != 'S')
			continue;
		value = span_over(bytes, length);
		if (span_is(key, "product"))
			READING_SET(r->product, value);
		else if (span_is(key, "version"))
			READING_SET(r->version, value);
		else if (span_is(key, "platform"))
			READING_SET(r->extra, value);
		else if (span_is(key, "cluster_name"))
			READING_SET(r->hostname, span_skip(value, span_index(value, '@') + 1));
		text.n += reading_make_bytes(r, key).n + reading_make(r, "=").n;
		text.n += reading_make_bytes(r, value).n + reading_make(r, "\n").n;
	}
	reading_key(r, "amqp.properties", text);
}

/* connection.start (10, 10) in a frame of method (4.2.3), or a protocol header in return. */
bool read_amqp(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint32_t length;

	if (cursor_left(&c) >= 8 && !memcmp(c.at, "AMQP", 4)) {
		READING_SAY(r->extra, "protocol %u.%u.%u", c.at[5], c.at[6], c.at[7]);
		reading_key(r, "amqp.header", reading_make(r, "%u %s", c.at[4], r->extra));
		return true;
	}
	if (cursor_u8(&c) != 1 || cursor_u16_be(&c) != 0)
		return false;
	length = cursor_u32_be(&c);
	if (cursor_u16_be(&c) != 10 || cursor_u16_be(&c) != 10 || length < 10 || length > 1U << 20)
		return false;
	r->more = cursor_left(&c) < length - 4 + 1;
	cursor_skip(&c, 2); /* version */
	length = cursor_u32_be(&c);
	if (c.overrun)
		return false;
	cursor_cut(&c, length);
	amqp_table(r, c);
	return true;
}
