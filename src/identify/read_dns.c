/* DNS (RFC 1035) over UDP and, after two bytes of length, over TCP; multicast DNS (RFC 6762). */
#include <ctype.h>
#include <stdio.h>

#include "identify/reading.h"

#define DNS_RECORDS_MAX 64
#define DNS_TYPE_PTR    12
#define DNS_TYPE_TXT    16
#define DNS_TYPE_SRV    33
#define DNS_NAME_MAX    256

struct dns_head {
	uint16_t flags, questions, answers, authorities, more;
};

/* Over TCP a message has its length before it. */
static bool head_take(const struct heard *h, struct cursor *c, struct dns_head *ret_head)
{
	if (!h->datagram)
		cursor_cut(c, cursor_u16_be(c));
	cursor_skip(c, 2);
	ret_head->flags = cursor_u16_be(c);
	ret_head->questions = cursor_u16_be(c);
	ret_head->answers = cursor_u16_be(c);
	ret_head->authorities = cursor_u16_be(c);
	ret_head->more = cursor_u16_be(c);
	/* An answer (bit 15), to a query or status (opcodes 0 to 2), with a bit that must be 0. */
	return !c->overrun && ret_head->flags & 0x8000 && (ret_head->flags >> 11 & 15) <= 2 &&
	       !(ret_head->flags & 0x0040) && ret_head->questions <= 4 &&
	       ret_head->answers + ret_head->authorities + ret_head->more <= 4096;
}

/*
 * Takes a name off C, dotted into ret_name. Pointers lead backwards only, so that there is an end.
 * MESSAGE is where they count from.
 */
static bool name_take(struct cursor *c, struct cursor message, char ret_name[DNS_NAME_MAX])
{
	struct cursor at = *c;
	const uint8_t *lowest = c->at;
	bool jumped = false;
	size_t used = 0;

	ret_name[0] = '\0';
	for (;;) {
		uint8_t length = cursor_u8(&at);
		const uint8_t *label;

		if (at.overrun)
			return false;
		if (length >= 0xc0) {
			size_t to = (size_t)(length & 0x3f) << 8 | cursor_u8(&at);

			if (!jumped)
				*c = at;
			jumped = true;
			if (at.overrun || to >= (size_t)(lowest - message.at))
				return false;
			at.at = lowest = message.at + to;
			continue;
		}
		if (length >= 0x40)
			return false;
		if (!length)
			break;
		label = cursor_take(&at, length);
		if (!label || used + length + 2 > DNS_NAME_MAX)
			return false;
		if (used)
			ret_name[used++] = '.';
		memcpy(ret_name + used, label, length);
		used += length;
		ret_name[used] = '\0';
	}
	if (!jumped)
		*c = at;
	return true;
}

struct dns_record {
	char name[DNS_NAME_MAX];
	uint16_t type;
	struct cursor data;
};

static bool record_take(struct cursor *c, struct cursor message, struct dns_record *ret_record)
{
	const uint8_t *data;
	uint16_t length;

	if (!name_take(c, message, ret_record->name))
		return false;
	ret_record->type = cursor_u16_be(c);
	cursor_skip(c, 6); /* class, time to live */
	length = cursor_u16_be(c);
	data = cursor_take(c, length);
	if (!data)
		return false;
	ret_record->data = message;
	ret_record->data.at = data;
	ret_record->data.end = data + length;
	return true;
}

static bool questions_skip(struct cursor *c, struct cursor message, int n)
{
	char name[DNS_NAME_MAX];

	while (n--) {
		if (!name_take(c, message, name))
			return false;
		cursor_skip(c, 4);
	}
	return !c->overrun;
}

/* The strings of a TXT record, without their lengths. */
static struct span txt_text(struct reading *r, struct cursor data)
{
	struct span text = span_over(r->made + r->made_length, 0);

	while (cursor_left(&data)) {
		uint8_t length = cursor_u8(&data);
		const uint8_t *bytes = cursor_take(&data, length);

		if (!bytes)
			break;
		if (text.n)
			text.n += reading_make(r, " ").n;
		text.n += reading_make_bytes(r, span_over(bytes, length)).n;
	}
	return text;
}

/* "9.18.24-1-Debian", "dnsmasq-2.89", "unbound 1.17.1", "PowerDNS Authoritative Server 4.7.3 (…)"
 */
static void version_plain(struct reading *r, struct span text)
{
	static const char *const products[] = { "dnsmasq-", "unbound ", "NSD ", "Knot DNS ",
						"Knot Resolver " };

	for (size_t i = 0; i < ARRAY_LENGTH(products); i++) {
		size_t n = strlen(products[i]);

		if (!span_starts_nocase(text, products[i]))
			continue;
		READING_SAY(r->product, "%.*s", (int)n - 1, products[i]);
		READING_SET(r->version, span_skip(text, n));
		return;
	}
	/* BIND says its version and nothing else. */
	if (span_starts(text, "9.") && text.n > 3 && isdigit((unsigned char)text.at[2])) {
		READING_SAY(r->product, "ISC BIND");
		READING_SET(r->version, text);
	}
}

bool read_dns(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length), message = c;
	struct dns_record record;
	struct dns_head head;
	bool named = false;

	if (!head_take(h, &c, &head))
		return false;
	if (!h->datagram)
		message = cursor_over(h->bytes + 2, h->length - 2);
	message.end = c.end;
	if (!questions_skip(&c, message, head.questions))
		return !(head.flags & 0x0200) && !head.answers && head.flags & 0x000f;
	for (int i = 0; i < MIN(head.answers, DNS_RECORDS_MAX); i++) {
		struct span text;

		if (!record_take(&c, message, &record))
			break;
		if (record.type != DNS_TYPE_TXT)
			continue;
		text = txt_text(r, record.data);
		if (!strcasecmp(record.name, "version.bind") && !named) {
			reading_key(r, "dns.versionbind", text);
			version_plain(r, text);
			named = true;
		} else if (!strcasecmp(record.name, "hostname.bind") ||
			   !strcasecmp(record.name, "id.server")) {
			READING_SET(r->hostname, text);
		}
	}
	if (!named)
		reading_key(r, "dns.rcode", reading_make(r, "rcode %d", head.flags & 0x000f));
	return true;
}

/* RFC 6763, 9: the kinds of services there are; 6: TXT records of devices. */
bool read_mdns(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length), message = c;
	struct span kinds = span_over(r->extra, 0);
	struct dns_record record;
	struct dns_head head;
	char name[DNS_NAME_MAX];

	if (!h->datagram || !head_take(h, &c, &head) ||
	    !questions_skip(&c, message, head.questions))
		return false;
	for (int i = 0; i < MIN(head.answers + head.authorities + head.more, DNS_RECORDS_MAX);
	     i++) {
		if (!record_take(&c, message, &record))
			break;
		if (record.type == DNS_TYPE_TXT && strstr(record.name, "_device-info."))
			reading_key(r, "mdns.device-info.txt", txt_text(r, record.data));
		else if (record.type == DNS_TYPE_TXT && strstr(record.name, "_workstation."))
			reading_key(r, "mdns.workstation.txt", txt_text(r, record.data));
		else if (record.type == DNS_TYPE_SRV && !r->hostname[0]) {
			cursor_skip(&record.data, 6);
			if (name_take(&record.data, message, name))
				READING_SET(r->hostname, span_over(name, strlen(name)));
		} else if (record.type == DNS_TYPE_PTR && name_take(&record.data, message, name) &&
			   name[0] == '_' && kinds.n + strlen(name) + 2 < sizeof(r->extra)) {
			kinds.n += (size_t)snprintf(r->extra + kinds.n, sizeof(r->extra) - kinds.n,
						    "%s%s", kinds.n ? " " : "", name);
		}
	}
	reading_key(r, "mdns.services", kinds);
	return true;
}
