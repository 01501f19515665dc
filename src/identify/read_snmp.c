/* SNMP (RFC 1157, 1901, 3412): a response with system variables, or the engine's report of
 * version 3. */
#include <stdio.h>

#include "identify/ber.h"
#include "identify/reading.h"

#define SNMP_RESPONSE 0xa2
#define SNMP_REPORT   0xa8

static const char *version_name(int64_t version)
{
	return version == 0 ? "SNMPv1" : version == 1 ? "SNMPv2c" : "SNMPv3";
}

/* One variable: sysDescr is 1.3.6.1.2.1.1.1, sysObjectID …2, sysName …5 (RFC 3418). */
static void variable_take(struct reading *r, struct cursor *list)
{
	static const uint8_t system[] = { 0x2b, 6, 1, 2, 1, 1 };
	char oid[BER_OID_TEXT_MAX];
	struct cursor pair, value;
	struct span name;
	uint8_t tag;

	if (!ber_enter(list, BER_SEQUENCE, &pair) || !ber_octets(&pair, BER_OID, &name) ||
	    !ber_take(&pair, &tag, &value) || name.n != 8 || memcmp(name.at, system, 6))
		return;
	if (name.at[6] == 1 && tag == BER_OCTETS) {
		reading_key(r, "snmp.sys_description", span_rest(&value));
		READING_SET(r->extra, span_rest(&value));
	} else if (name.at[6] == 5 && tag == BER_OCTETS) {
		READING_SET(r->hostname, span_rest(&value));
	} else if (name.at[6] == 2 && tag == BER_OID) {
		ber_oid_print(span_rest(&value), oid);
		reading_key(r, "snmp.sys_object_id", reading_make(r, "%s", oid));
	}
}

static bool read_response(struct reading *r, struct cursor *message, int64_t version)
{
	struct cursor pdu, list;
	struct span community;
	int64_t ignored;
	uint8_t tag;

	if (!ber_octets(message, BER_OCTETS, &community) || !ber_take(message, &tag, &pdu) ||
	    tag != SNMP_RESPONSE)
		return false;
	for (int i = 0; i < 3; i++) /* request, error status, error index */
		if (!ber_number(&pdu, BER_INTEGER, &ignored))
			return false;
	READING_SAY(r->product, "%s server", version_name(version));
	if (!ber_enter(&pdu, BER_SEQUENCE, &list))
		return true;
	for (int i = 0; i < 16 && cursor_left(&list); i++) {
		const uint8_t *before = list.at;

		variable_take(r, &list);
		if (list.at == before)
			break;
	}
	return true;
}

/* RFC 3411, 5, SnmpEngineID: the enterprise's number leads, if the first bit is set. */
static void engine_take(struct reading *r, struct span engine)
{
	struct cursor c = span_cursor(engine);
	uint32_t enterprise = cursor_u32_be(&c) & 0x7fffffff;
	struct span text;

	if (c.overrun)
		return;
	text = reading_make(r, "enterprise %u engine ", enterprise);
	for (size_t i = 0; i < MIN(engine.n, 32); i++)
		text.n += reading_make(r, "%02x", (uint8_t)engine.at[i]).n;
	reading_key(r, "snmp.engine", text);
	if (enterprise == 8072)
		READING_SAY(r->product, "net-snmp");
}

static bool read_report(struct reading *r, struct cursor *message)
{
	struct cursor global, security, parameters;
	struct span engine, octets;

	if (!ber_enter(message, BER_SEQUENCE, &global) || !ber_octets(message, BER_OCTETS, &octets))
		return false;
	security = span_cursor(octets);
	READING_SAY(r->product, "SNMPv3 server");
	READING_SAY(r->extra, "SNMPv3");
	if (ber_enter(&security, BER_SEQUENCE, &parameters) &&
	    ber_octets(&parameters, BER_OCTETS, &engine))
		engine_take(r, engine);
	return true;
}

bool read_snmp(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length), message;
	int64_t version;

	if (!ber_enter(&c, BER_SEQUENCE, &message) || !ber_number(&message, BER_INTEGER, &version))
		return false;
	if (version == 0 || version == 1)
		return read_response(r, &message, version);
	return version == 3 && read_report(r, &message);
}
