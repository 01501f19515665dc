/* X11, TFTP, QUIC, SMUX, and TLS as seen from outside of it. */
#include <stdio.h>

#include "identify/reading.h"

/* X Window System Protocol, "Connection Setup"; asked in little-endian. */
bool read_x11(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint8_t status = cursor_u8(&c), n = cursor_u8(&c);
	uint16_t major = cursor_u16_le(&c), minor = cursor_u16_le(&c), length = cursor_u16_le(&c);
	const uint8_t *text;
	uint32_t release;
	uint16_t vendor;

	if (c.overrun || major != 11 || minor > 64 || status > 2)
		return false;
	r->more = cursor_left(&c) < (size_t)length * 4;
	if (status != 1) {
		READING_SAY(r->extra, "%s", status ? "authentication needed" : "access denied");
		text = cursor_take(&c, n);
		if (text)
			reading_key(r, "x11.refused", span_over(text, n));
		return true;
	}
	release = cursor_u32_le(&c);
	cursor_skip(&c, 12);
	vendor = cursor_u16_le(&c);
	cursor_skip(&c, 14);
	text = cursor_take(&c, vendor);
	READING_SAY(r->extra, "open");
	if (!text)
		return length >= 8;
	reading_key(r, "x11.vendor", span_over(text, vendor));
	if (span_has(span_over(text, vendor), "X.Org"))
		READING_SAY(r->product, "X.Org X11 server");
	else
		READING_SET(r->product, span_over(text, vendor));
	/* X.Org counts major * 10000000 + minor * 100000 + patch * 1000. */
	if (release >= 10000000)
		READING_SAY(r->version, "%u.%u.%u", release / 10000000, release / 100000 % 100,
			    release / 1000 % 100);
	return true;
}

/* RFC 1350, 5: DATA of the first block, or ERROR with a number and words. */
bool read_tftp(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint16_t operation = cursor_u16_be(&c), number = cursor_u16_be(&c);
	struct span words = span_rest(&c);

	if (c.overrun || (operation != 3 && operation != 5 && operation != 6))
		return false;
	if (operation == 3)
		return number == 1 && words.n <= 512;
	if (operation == 6) /* RFC 2347 */
		return true;
	if (number > 8 || span_index(words, '\0') == words.n)
		return false;
	words = span_first(words, span_index(words, '\0'));
	reading_key(r, "tftp.error",
		    reading_make(r, "%u %.*s", number, (int)MIN(words.n, 256), words.at));
	return true;
}

/* RFC 8999, 6: version 0, and the versions that it does speak. */
bool read_quic(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint8_t first = cursor_u8(&c);
	struct span text = span_over(r->made, 0);
	bool any = false;

	if (!(first & 0x80) || cursor_u32_be(&c) != 0)
		return false;
	cursor_skip(&c, cursor_u8(&c));
	cursor_skip(&c, cursor_u8(&c));
	if (c.overrun || !cursor_left(&c) || cursor_left(&c) % 4)
		return false;
	while (cursor_left(&c) >= 4 && text.n < 200) {
		uint32_t version = cursor_u32_be(&c);

		if ((version & 0x0f0f0f0f) == 0x0a0a0a0a)
			continue; /* grease (RFC 9000, 15) */
		any = true;
		if (version >> 8 == 0xff0000)
			text.n +=
				reading_make(r, "%sdraft-%u", text.n ? ", " : "", version & 0xff).n;
		else if (version == 1 || version == 0x6b3343cf)
			text.n += reading_make(r, "%sv%d", text.n ? ", " : "", version == 1 ? 1 : 2)
					  .n;
		else
			text.n += reading_make(r, "%s%08x", text.n ? ", " : "", version).n;
	}
	reading_key(r, "quic.versions", text);
	READING_SET(r->extra, text);
	return any;
}

/* RFC 1227, 3.2.4: the master agent closes on those who open with anything else; ClosePDU, 0 to 6.
 */
bool read_smux(const struct heard *h, struct reading *r)
{
	READING_SAY(r->product, "SNMP multiplexer");
	return h->length == 3 && h->bytes[0] == 0x41 && h->bytes[1] == 1 && h->bytes[2] <= 6;
}

/* A record (RFC 8446, 5.1) of alert or handshake: something of TLS is there. */
bool read_tls(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint8_t kind = cursor_u8(&c), major = cursor_u8(&c), minor = cursor_u8(&c), first, second;
	uint16_t length = cursor_u16_be(&c);

	first = cursor_u8(&c);
	second = cursor_u8(&c);
	if (c.overrun || major != 3 || minor > 4)
		return false;
	if (kind == 21) {
		if (length != 2 || (first != 1 && first != 2))
			return false;
		reading_key(r, "tls.alert", reading_make(r, "%u %u", first, second));
	} else if (kind != 22 || first != 2 || length > 16640) {
		return false;
	}
	r->tls_wanted = true;
	return true;
}
