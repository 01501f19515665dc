/* Questions in ASN.1 (X.690): LDAP, SNMP, Kerberos. Written from the end, so that lengths are
 * known. */
#include <string.h>

#include "scan/probe.h"

struct writer {
	uint8_t bytes[512];
	size_t at; /* the first byte that is written */
};

static void put(struct writer *w, const void *bytes, size_t n)
{
	if (n > w->at)
		n = w->at;
	w->at -= n;
	memcpy(w->bytes + w->at, bytes, n);
}

/* Everything from the front up to END becomes one element. */
static void wrap(struct writer *w, uint8_t tag, size_t end)
{
	size_t n = end - w->at;
	uint8_t head[] = { tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n };
	uint8_t small[] = { tag, (uint8_t)n };

	if (n < 0x80)
		put(w, small, sizeof(small));
	else
		put(w, head, sizeof(head));
}

static void text(struct writer *w, uint8_t tag, const char *words)
{
	size_t end = w->at;

	put(w, words, strlen(words));
	wrap(w, tag, end);
}

/* One byte of number: 0 to 127. */
static void number(struct writer *w, uint8_t tag, uint8_t x)
{
	uint8_t element[] = { tag, 1, x };

	put(w, element, sizeof(element));
}

static void finish(struct writer *w, struct buffer *b)
{
	buffer_put(b, w->bytes + w->at, sizeof(w->bytes) - w->at);
}

/* RFC 4511, 4.5.1: the entry without a name, itself only, all its attributes and operational ones.
 */
void ask_ldap(struct buffer *b, const struct probe_target *t)
{
	struct writer w = { .at = sizeof(w.bytes) };
	const size_t end = w.at;

	(void)t;
	text(&w, 0x04, "+");
	text(&w, 0x04, "*");
	wrap(&w, 0x30, end);
	text(&w, 0x87, "objectClass");
	number(&w, 0x01, 0);
	number(&w, 0x02, 5); /* seconds */
	number(&w, 0x02, 0);
	number(&w, 0x0a, 0);
	number(&w, 0x0a, 0);
	text(&w, 0x04, "");
	wrap(&w, 0x63, end);
	number(&w, 0x02, 1);
	wrap(&w, 0x30, end);
	finish(&w, b);
}

/* RFC 4511, 4.14.1. */
void say_ldap_starttls(struct buffer *b)
{
	struct writer w = { .at = sizeof(w.bytes) };
	const size_t end = w.at;

	text(&w, 0x80, "1.3.6.1.4.1.1466.20037");
	wrap(&w, 0x77, end);
	number(&w, 0x02, 2);
	wrap(&w, 0x30, end);
	finish(&w, b);
}

/* One variable of the system group (RFC 3418): 1.3.6.1.2.1.1.X.0, without a value. */
static void variable(struct writer *w, uint8_t x)
{
	uint8_t oid[] = { 0x06, 8, 0x2b, 6, 1, 2, 1, 1, x, 0 };
	const size_t end = w->at;

	put(w, "\x05\0", 2);
	put(w, oid, sizeof(oid));
	wrap(w, 0x30, end);
}

/* RFC 1901 and 3416: GetRequest of sysDescr, sysObjectID and sysName, in the community "public". */
void ask_snmp(struct buffer *b, const struct probe_target *t)
{
	struct writer w = { .at = sizeof(w.bytes) };
	const size_t end = w.at;

	(void)t;
	variable(&w, 5);
	variable(&w, 2);
	variable(&w, 1);
	wrap(&w, 0x30, end);
	number(&w, 0x02, 0);
	number(&w, 0x02, 0);
	number(&w, 0x02, 0x5e);
	wrap(&w, 0xa0, end);
	text(&w, 0x04, "public");
	number(&w, 0x02, 1);
	wrap(&w, 0x30, end);
	finish(&w, b);
}

/* RFC 3414, 4: discovery, which every engine of version 3 answers with its identity. */
void ask_snmp_engine(struct buffer *b, const struct probe_target *t)
{
	struct writer w = { .at = sizeof(w.bytes) };
	const size_t end = w.at;
	size_t part;

	(void)t;
	put(&w, "\x30\0", 2);
	number(&w, 0x02, 0);
	number(&w, 0x02, 0);
	number(&w, 0x02, 0x5e);
	wrap(&w, 0xa0, end);
	text(&w, 0x04, "");
	text(&w, 0x04, "");
	wrap(&w, 0x30, end);
	part = w.at;
	text(&w, 0x04, "");
	text(&w, 0x04, "");
	text(&w, 0x04, "");
	number(&w, 0x02, 0);
	number(&w, 0x02, 0);
	text(&w, 0x04, "");
	wrap(&w, 0x30, part);
	wrap(&w, 0x04, part);
	part = w.at;
	number(&w, 0x02, 3);  /* the user-based security model */
	text(&w, 0x04, "\4"); /* an answer is wanted, nothing is secured */
	put(&w, "\x02\x03\0\xff\xe3", 5);
	number(&w, 0x02, 0x5e);
	wrap(&w, 0x30, part);
	number(&w, 0x02, 3);
	wrap(&w, 0x30, end);
	finish(&w, b);
}

/* [TAG] PrincipalName: RFC 4120, 5.2.2. SECOND may be NULL. */
static void principal(struct writer *w, uint8_t tag, uint8_t type, const char *first,
		      const char *second)
{
	const size_t end = w->at;
	size_t part;

	if (second)
		text(w, 0x1b, second);
	text(w, 0x1b, first);
	wrap(w, 0x30, end);
	wrap(w, 0xa1, end);
	part = w->at;
	number(w, 0x02, type);
	wrap(w, 0xa0, part);
	wrap(w, 0x30, end);
	wrap(w, tag, end);
}

/* AS-REQ, RFC 4120, 5.4.1: for a realm that nobody has, so that the answer is an error. */
void ask_kerberos_udp(struct buffer *b, const struct probe_target *t)
{
	struct writer w = { .at = sizeof(w.bytes) };
	const size_t end = w.at;
	size_t part = end;

	(void)t;
	number(&w, 0x02, 23);
	number(&w, 0x02, 17);
	number(&w, 0x02, 18);
	wrap(&w, 0x30, part);
	wrap(&w, 0xa8, part);
	part = w.at;
	put(&w, "\x02\x04\x1e\x6b\x5e\x4b", 6);
	wrap(&w, 0xa7, part);
	part = w.at;
	text(&w, 0x18, "20370913024805Z");
	wrap(&w, 0xa5, part);
	principal(&w, 0xa3, 2, "krbtgt", "SEKIMORI");
	part = w.at;
	text(&w, 0x1b, "SEKIMORI");
	wrap(&w, 0xa2, part);
	principal(&w, 0xa1, 1, "sekimori", NULL);
	part = w.at;
	put(&w, "\x03\x05\0\x50\x80\0\0", 7);
	wrap(&w, 0xa0, part);
	wrap(&w, 0x30, end);
	wrap(&w, 0xa4, end);
	part = w.at;
	number(&w, 0x02, 10);
	wrap(&w, 0xa2, part);
	part = w.at;
	number(&w, 0x02, 5);
	wrap(&w, 0xa1, part);
	wrap(&w, 0x30, end);
	wrap(&w, 0x6a, end);
	finish(&w, b);
}

/* RFC 4120, 7.2.2: four bytes of length before it. */
void ask_kerberos_tcp(struct buffer *b, const struct probe_target *t)
{
	size_t at = b->length;

	buffer_put_u32(b, 0);
	ask_kerberos_udp(b, t);
	if (!b->failed) {
		b->bytes[at + 2] = (uint8_t)((b->length - at - 4) >> 8);
		b->bytes[at + 3] = (uint8_t)(b->length - at - 4);
	}
}
