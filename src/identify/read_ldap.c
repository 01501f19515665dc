/* LDAP (RFC 4511): the entry at the root (RFC 4512, 5.1), which tells of the server. */
#include <stdio.h>

#include "identify/ber.h"
#include "identify/reading.h"

#define LDAP_ENTRY    0x64
#define LDAP_DONE     0x65
#define LDAP_EXTENDED 0x78
#define LDAP_VALUES   256

/* How Active Directory numbers its systems (MS-ADTS, 6.1.4.4). */
static const char *windows_of(struct span level)
{
	static const char *const names[] = { "Windows 2000",           "Windows Server 2003",
					     "Windows Server 2003",    "Windows Server 2008",
					     "Windows Server 2008 R2", "Windows Server 2012",
					     "Windows Server 2012 R2", "Windows Server 2016" };

	if (span_is(level, "10"))
		return "Windows Server 2025";
	if (level.n != 1 || level.at[0] < '0' || level.at[0] > '7')
		return NULL;
	return names[level.at[0] - '0'];
}

static void attribute_note(struct reading *r, struct span type, struct span value)
{
	const char *windows;

	if (span_is_nocase(type, "vendorName")) {
		READING_SET(r->product, value);
	} else if (span_is_nocase(type, "vendorVersion")) {
		READING_SET(r->version, value);
	} else if (span_is_nocase(type, "dnsHostName")) {
		READING_SET(r->hostname, value);
	} else if (span_is_nocase(type, "defaultNamingContext") && !r->extra[0]) {
		READING_SET(r->extra, value);
	} else if (span_is_nocase(type, "domainControllerFunctionality")) {
		READING_SAY(r->product, "Microsoft Windows Active Directory LDAP");
		windows = windows_of(value);
		if (windows)
			READING_SAY(r->os, "%s", windows);
	} else if (span_is_nocase(type, "objectClass") &&
		   span_is_nocase(value, "OpenLDAProotDSE")) {
		READING_SAY(r->product, "OpenLDAP");
	} else if (span_is_nocase(type, "supportedExtension") &&
		   span_is(value, "1.3.6.1.4.1.1466.20037")) {
		r->starttls = true;
	}
}

/* Each attribute becomes a line "type: value" of the text that fingerprints are asked about. */
static void entry_take(struct reading *r, struct cursor *entry)
{
	struct span name, type, value, text = span_over(r->made + r->made_length, 0);
	struct cursor list, attribute, values;
	int n = 0;

	if (!ber_octets(entry, BER_OCTETS, &name) || !ber_enter(entry, BER_SEQUENCE, &list))
		return;
	while (ber_enter(&list, BER_SEQUENCE, &attribute)) {
		if (!ber_octets(&attribute, BER_OCTETS, &type) ||
		    !ber_enter(&attribute, BER_SET, &values))
			break;
		while (n++ < LDAP_VALUES && ber_octets(&values, BER_OCTETS, &value)) {
			attribute_note(r, type, value);
			text.n += reading_make_bytes(r, type).n;
			text.n += reading_make(r, ": ").n;
			text.n += reading_make_bytes(r, value).n;
			text.n += reading_make(r, "\n").n;
		}
	}
	reading_key(r, "ldap.rootdse", text);
}

bool read_ldap(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length), message, operation;
	struct span all = span_over(h->bytes, h->length);
	bool found = false;
	int64_t id;
	uint8_t tag;

	r->more = true;
	while (ber_enter(&c, BER_SEQUENCE, &message)) {
		if (!ber_number(&message, BER_INTEGER, &id) || id < 0 ||
		    !ber_take(&message, &tag, &operation) ||
		    !((tag >= 0x60 && tag <= 0x79) || tag == 0x42))
			return found;
		if (tag == LDAP_ENTRY && !r->n_texts) {
			reading_key(r, "ldap.search_result", all);
			entry_take(r, &operation);
		}
		if (tag == LDAP_DONE || tag == LDAP_EXTENDED || tag == 0x61)
			r->more = false;
		found = true;
	}
	return found;
}
