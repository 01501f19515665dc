/* SMB 2 and 3 (MS-SMB2): the dialect, and what NTLM (MS-NLMP) tells of the host before anybody has
 * logged in. SMB 1 is only recognised, with its native names. */
#include <stdio.h>

#include "identify/reading.h"

#define SMB2_NEGOTIATE     0
#define SMB2_SESSION_SETUP 1
#define NTLM_CHALLENGE     2

/* UTF-16 (little-endian) to UTF-8, as a piece of what the reading has made. */
static struct span utf16_make(struct reading *r, struct cursor c)
{
	struct span text = span_over(r->made + r->made_length, 0);

	while (cursor_left(&c) >= 2) {
		unsigned int x = cursor_u16_le(&c);
		char bytes[4];
		size_t n;

		if (!x)
			break;
		if (x < 0x80) {
			bytes[0] = (char)x;
			n = 1;
		} else if (x < 0x800) {
			bytes[0] = (char)(0xc0 | x >> 6);
			bytes[1] = (char)(0x80 | (x & 0x3f));
			n = 2;
		} else {
			if (x >= 0xd800 && x < 0xe000)
				x = 0xfffd;
			bytes[0] = (char)(0xe0 | x >> 12);
			bytes[1] = (char)(0x80 | (x >> 6 & 0x3f));
			bytes[2] = (char)(0x80 | (x & 0x3f));
			n = 3;
		}
		text.n += reading_make_bytes(r, span_over(bytes, n)).n;
	}
	return text;
}

/* Which Windows has that build; builds that are shared by client and server name both. */
static const char *windows_of(unsigned int major, unsigned int minor, unsigned int build)
{
	static const struct {
		unsigned int from;
		const char *name;
	} builds[] = { { 26100, "Windows Server 2025 or 11 24H2" },
		       { 22000, "Windows 11" },
		       { 20348, "Windows Server 2022" },
		       { 18362, "Windows 10" },
		       { 17763, "Windows Server 2019 or 10 1809" },
		       { 14393, "Windows Server 2016 or 10 1607" },
		       { 10240, "Windows 10" } };

	for (size_t i = 0; major == 10 && i < ARRAY_LENGTH(builds); i++)
		if (build >= builds[i].from)
			return builds[i].name;
	switch (major << 8 | minor) {
	case 0x603:
		return "Windows Server 2012 R2 or 8.1";
	case 0x602:
		return "Windows Server 2012 or 8";
	case 0x601:
		return build ? "Windows Server 2008 R2 or 7" : NULL; /* 0: Samba says so */
	case 0x600:
		return "Windows Server 2008 or Vista";
	case 0x502:
		return "Windows Server 2003";
	case 0x501:
		return "Windows XP";
	}
	return NULL;
}

/* MS-NLMP 2.2.2.1: pairs of what it is and its value. */
static void target_take(struct reading *r, struct cursor c)
{
	static const char *const names[] = { "",         "netbios-name", "netbios-domain",
					     "dns-name", "dns-domain",   "dns-tree" };
	struct span text = span_over(r->made + r->made_length, 0);

	for (int i = 0; i < 16 && cursor_left(&c); i++) {
		uint16_t id = cursor_u16_le(&c), length = cursor_u16_le(&c);
		const uint8_t *value = cursor_take(&c, length);
		struct span name;

		if (!value || !id)
			break;
		if (id >= ARRAY_LENGTH(names))
			continue;
		text.n += reading_make(r, "%s=", names[id]).n;
		name = utf16_make(r, cursor_over(value, length));
		text.n += name.n + reading_make(r, "\n").n;
		if (id == 3 || (id == 1 && !r->hostname[0]))
			READING_SET(r->hostname, name);
		if (name.n && (id == 2 || (id == 4 && !r->extra[0])))
			READING_SAY(r->extra, "domain: %.*s", (int)MIN(name.n, 200), name.at);
	}
	reading_key(r, "smb.target", text);
}

/* MS-NLMP 2.2.1.2, CHALLENGE_MESSAGE, wherever SPNEGO has put it. */
static void ntlm_take(struct reading *r, struct cursor blob)
{
	static const uint8_t signature[8] = "NTLMSSP";
	const uint8_t *start =
		cursor_left(&blob) ? memmem(blob.at, cursor_left(&blob), signature, 8) : NULL;
	struct cursor c, info;
	uint16_t length, build;
	uint32_t offset, flags;
	uint8_t major, minor;

	if (!start)
		return;
	c = info = cursor_over(start, (size_t)(blob.end - start));
	cursor_skip(&c, 8);
	if (cursor_u32_le(&c) != NTLM_CHALLENGE)
		return;
	cursor_skip(&c, 8);
	flags = cursor_u32_le(&c);
	cursor_skip(&c, 16);
	length = cursor_u16_le(&c);
	cursor_skip(&c, 2);
	offset = cursor_u32_le(&c);
	major = cursor_u8(&c);
	minor = cursor_u8(&c);
	build = cursor_u16_le(&c);
	if (!c.overrun && flags & 0x02000000) {
		const char *windows = windows_of(major, minor, build);

		reading_key(r, "ntlm.version", reading_make(r, "%u.%u.%u", major, minor, build));
		if (windows)
			READING_SAY(r->os, "%s", windows);
		else if (major == 6 && minor == 1)
			READING_SAY(r->product, "Samba smbd"); /* a Windows has a build */
	}
	cursor_skip(&info, offset);
	if (info.overrun || cursor_left(&info) < length)
		return;
	cursor_cut(&info, length);
	target_take(r, info);
}

static void dialect_say(struct reading *r, uint16_t dialect)
{
	char words[32];

	if (dialect == 0x02ff)
		snprintf(words, sizeof(words), "SMB 2");
	else if ((dialect & 0xff) >= 0x10)
		snprintf(words, sizeof(words), "SMB %u.%u.%u", dialect >> 8, dialect >> 4 & 15,
			 dialect & 15);
	else
		snprintf(words, sizeof(words), "SMB %u.%u", dialect >> 8, dialect & 15);
	READING_SAY(r->extra, "%s", words);
	reading_key(r, "smb.dialect", reading_make(r, "%s", words));
}

/* MS-SMB2 2.2.4, from its StructureSize on. */
static void negotiate_take(struct reading *r, struct cursor c)
{
	uint16_t dialect;

	cursor_skip(&c, 4);
	dialect = cursor_u16_le(&c);
	if (!c.overrun)
		dialect_say(r, dialect);
}

/* MS-SMB2 2.2.1: 64 bytes, with the command at 12. */
static bool smb2_take(struct reading *r, struct cursor c)
{
	struct cursor body = c;
	uint16_t command;

	cursor_skip(&c, 12);
	command = cursor_u16_le(&c);
	cursor_skip(&c, 2);
	if (!(cursor_u32_le(&c) & 1)) /* from a server */
		return c.overrun;
	cursor_skip(&body, 64);
	if (command == SMB2_NEGOTIATE)
		negotiate_take(r, body);
	else if (command == SMB2_SESSION_SETUP)
		ntlm_take(r, body);
	return true;
}

bool read_smb(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	bool found = false;

	while (cursor_left(&c) >= 8) {
		uint32_t length = cursor_u32_be(&c);
		struct cursor message = c;

		/* MS-SMB2 2.1: a type of 0 and three bytes of length. */
		if (length >> 24)
			return found;
		cursor_cut(&message, length);
		if (cursor_left(&message) < 4)
			break;
		if (!memcmp(message.at, "\xfeSMB", 4)) {
			found |= smb2_take(r, message);
		} else if (!memcmp(message.at, "\xffSMB", 4)) {
			READING_SAY(r->extra, "SMB 1");
			found = true;
		} else {
			return found;
		}
		cursor_skip(&c, length);
		r->more = c.overrun;
	}
	return found;
}

/* RFC 1002, 4.2.18: the names of a node. */
bool read_netbios(const struct heard *h, struct reading *r)
{
	struct cursor c = cursor_over(h->bytes, h->length);
	struct span text = span_over(r->made, 0);
	int n;

	cursor_skip(&c, 2);
	if (!(cursor_u16_be(&c) & 0x8000))
		return false;
	cursor_skip(&c, 8 + 34); /* counts; the name asked for, as 32 letters */
	if (cursor_u16_be(&c) != 0x21)
		return false;
	cursor_skip(&c, 8);
	n = cursor_u8(&c);
	for (int i = 0; i < n; i++) {
		const uint8_t *name = cursor_take(&c, 15);
		uint8_t kind = cursor_u8(&c);
		uint16_t flags = cursor_u16_be(&c);

		if (!name || c.overrun)
			break;
		if (kind == 0 && !(flags & 0x8000) && !r->hostname[0])
			READING_SET(r->hostname, span_over(name, 15));
		if (kind == 0 && flags & 0x8000 && !r->extra[0])
			READING_SAY(r->extra, "workgroup: %.*s",
				    (int)span_trim(span_over(name, 15)).n, (const char *)name);
		text.n += reading_make(r, "%.15s<%02x>\n", (const char *)name, kind).n;
	}
	reading_key(r, "netbios.names", text);
	return n > 0;
}
