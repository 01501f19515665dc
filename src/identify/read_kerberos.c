/* Kerberos (RFC 4120): KRB-ERROR or AS-REP, after four bytes of length over TCP (7.2.2). */
#include <stdio.h>

#include "identify/ber.h"
#include "identify/reading.h"

#define KRB_AS_REP 0x6b
#define KRB_ERROR  0x7e

/* KRB-ERROR, 5.9.1: stime [4], error-code [6], realm [9], e-text [11]. */
static void error_take(struct reading *r, struct cursor *fields)
{
	struct span time = span_over("", 0), realm = time, words = time;
	struct cursor field;
	int64_t code = -1;
	uint8_t tag;

	while (ber_take(fields, &tag, &field)) {
		struct span *to = tag == 0xa4 ? &time : tag == 0xa9 ? &realm : &words;
		uint8_t kind = tag == 0xa4 ? 0x18 : 0x1b; /* GeneralizedTime, GeneralString */

		if (tag == 0xa6)
			(void)!ber_number(&field, BER_INTEGER, &code);
		else if (tag == 0xa4 || tag == 0xa9 || tag == 0xab)
			(void)!ber_octets(&field, kind, to);
	}
	if (time.n == 15) /* "20261126015826Z" */
		READING_SAY(r->extra, "server time: %.4s-%.2s-%.2s %.2s:%.2s:%.3s", time.at,
			    time.at + 4, time.at + 6, time.at + 8, time.at + 10, time.at + 12);
	/* Of a client that it does not know, each says so in its own way. */
	if (span_is(words, "CLIENT_NOT_FOUND"))
		READING_SAY(r->product, "MIT Kerberos");
	else if (span_has(words, "hdb") || span_starts(words, "Client ("))
		READING_SAY(r->product, "Heimdal Kerberos");
	reading_key(r, "kerberos.error",
		    reading_make(r, "code %lld realm %.*s text %.*s", (long long)code,
				 (int)MIN(realm.n, 256), realm.at, (int)MIN(words.n, 256),
				 words.at));
}

bool read_kerberos(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length), message, fields;
	int64_t version = 0, type = 0;
	struct cursor field;
	uint8_t tag;

	if (!h->datagram) {
		uint32_t length = cursor_u32_be(&c);

		r->more = cursor_left(&c) < length;
		cursor_cut(&c, length);
	}
	if (!ber_take(&c, &tag, &message) || (tag != KRB_ERROR && tag != KRB_AS_REP) ||
	    !ber_enter(&message, BER_SEQUENCE, &fields) || !ber_enter(&fields, 0xa0, &field) ||
	    !ber_number(&field, BER_INTEGER, &version) || version != 5 ||
	    !ber_enter(&fields, 0xa1, &field) || !ber_number(&field, BER_INTEGER, &type))
		return false;
	if (tag == KRB_ERROR && type == 30)
		error_take(r, &fields);
	return type == 30 || type == 11;
}
