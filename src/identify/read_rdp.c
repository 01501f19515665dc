/* RDP: the server's X.224 Connection Confirm within TPKT (MS-RDPBCGR 2.2.1.2). */
#include <stdio.h>

#include "identify/reading.h"

#define X224_CONFIRM 0xd0
#define NEG_RESPONSE 2
#define NEG_FAILURE  3

bool read_rdp(const struct heard *h, struct reading *r)
{
	static const char *const names[] = { "RDP", "TLS", "CredSSP", "", "RDSTLS" };
	struct cursor c = cursor_over(h->bytes, h->length);
	uint8_t version = cursor_u8(&c), kind, flags;
	uint16_t length, source;
	uint32_t value;

	cursor_skip(&c, 1);
	length = cursor_u16_be(&c);
	if (version != 3 || length < 11 || c.overrun)
		return false;
	cursor_cut(&c, length - 4U);
	cursor_skip(&c, 1);
	if (cursor_u8(&c) != X224_CONFIRM)
		return false;
	cursor_skip(&c, 2);
	source = cursor_u16_be(&c);
	cursor_skip(&c, 1);
	if (c.overrun)
		return false;
	kind = cursor_u8(&c);
	flags = cursor_u8(&c);
	cursor_skip(&c, 2);
	value = cursor_u32_le(&c);
	if (c.overrun) {
		READING_SAY(r->extra, "standard RDP security");
		reading_key(r, "rdp", reading_make(r, "source=%04x none", source));
		return true;
	}
	reading_key(r, "rdp",
		    reading_make(r, "source=%04x %s flags=%02x %s=%u", source,
				 kind == NEG_FAILURE ? "failure" : "response", flags,
				 kind == NEG_FAILURE ? "code" : "protocol", value));
	if (kind == NEG_RESPONSE && value < ARRAY_LENGTH(names)) {
		READING_SAY(r->extra, "security: %s", names[value]);
		/* We offer CredSSP too, which a Windows that has TLS prefers; and it can more. */
		if (value == 1 && flags == 1)
			READING_SAY(r->product, "xrdp");
		r->starttls = value != 0;
	}
	return kind == NEG_RESPONSE || kind == NEG_FAILURE;
}
