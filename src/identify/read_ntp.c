/* NTP: a server's answer (RFC 5905, 7.3), and the variables of a control message (RFC 9327). */
#include <stdio.h>

#include "identify/reading.h"

/* name="value", name=value, …: the value of one, without quotes. */
static struct span variable(struct span text, const char *name)
{
	size_t n = strlen(name);
	struct span value;

	while (text.n) {
		if (span_starts(text, name) && text.n > n && text.at[n] == '=') {
			value = span_skip(text, n + 1);
			if (value.n && value.at[0] == '"') {
				value = span_skip(value, 1);
				return span_first(value, span_index(value, '"'));
			}
			return span_trim(span_first(value, span_index(value, ',')));
		}
		text = span_skip(text, span_index(text, ',') + 1);
		text = span_trim(text);
	}
	return span_over("", 0);
}

/* version="ntpd 4.2.8p15@1.3728-o Wed Sep 23 11:46:38 UTC 2020 (1)" */
static bool read_control(struct cursor *c, struct reading *r)
{
	struct span text, version, words;
	uint16_t count;
	uint8_t opcode = cursor_u8(c);

	cursor_skip(c, 8); /* sequence, status, association, offset */
	count = cursor_u16_be(c);
	if (c->overrun || !(opcode & 0x80) || (opcode & 0x1f) != 2)
		return false;
	cursor_cut(c, count);
	text = span_trim(span_rest(c));
	reading_key(r, "ntp.readvar", text);
	version = words = variable(text, "version");
	if (words.n) {
		READING_SET(r->product, span_word(&words));
		words = span_first(words, MIN(span_index(words, '@'), span_index(words, ' ')));
		READING_SET(r->version, words);
	}
	reading_key(r, "ntp.banner", version);
	READING_SET(r->os, variable(text, "system"));
	for (char *slash = strchr(r->os, '/'); slash; slash = NULL)
		*slash = ' ';
	return true;
}

bool read_ntp(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	uint8_t first = cursor_u8(&c), stratum;
	int version = first >> 3 & 7;

	if (version < 1 || version > 5)
		return false;
	if ((first & 7) == 6)
		return read_control(&c, r);
	if ((first & 7) != 4 || h->length < 48)
		return false;
	stratum = cursor_u8(&c);
	READING_SAY(r->product, "NTP v%d", version);
	if (stratum == 0 || stratum > 15)
		READING_SAY(r->extra, "unsynchronized");
	else
		READING_SAY(r->extra, "stratum %d", stratum);
	reading_key(r, "ntp.answer", reading_make(r, "version %d stratum %d", version, stratum));
	return true;
}
