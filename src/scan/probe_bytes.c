/* Questions of binary protocols that need no structure beyond a few fixed fields. */
#include <string.h>

#include "scan/probe.h"

#define PUT(b, bytes) buffer_put(b, bytes, sizeof(bytes) - 1)

/*
 * MQTT 3.1.1, 3.1 and 3.8: CONNECT with a clean session, and in the same breath SUBSCRIBE to the
 * broker's version, which it publishes if it lets us in.
 */
void ask_mqtt(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\x10\x14\0\4MQTT\4\2\0\x3c\0\x08sekimori");
	PUT(b, "\x82\x18\0\1\0\x13$SYS/broker/version\0");
}

/* AMQP 0-9-1, 4.2.2: the protocol header. */
void ask_amqp(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "AMQP\0\0\x09\x01");
}

/* X Window System Protocol, "Connection Setup": little-endian, version 11.0, no authorisation. */
void ask_x11(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "l\0\x0b\0\0\0\0\0\0\0\0\0");
}

/* MS-RDPBCGR 2.2.1.1: TPKT, X.224 Connection Request, a negotiation that offers TLS and CredSSP. */
void ask_rdp(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0");
}

/* RFC 1350, 5: a read request for a file that nobody has, in a mode that there is not: what is said
 * to that tells servers apart. */
void ask_tftp(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\0\1sekimori.none\0none\0");
}

/* RFC 9000, 17.2 and 14.1: an Initial of a version that nobody speaks (15), 1200 bytes long. */
void ask_quic(struct buffer *b, const struct probe_target *t)
{
	static const uint8_t head[] = "\xc0\x1a\x2a\x3a\x4a\x08sekimori\x08irasshai\0\x44\x96";
	uint8_t packet[1200] = { 0 };

	(void)t;
	memcpy(packet, head, sizeof(head) - 1);
	buffer_put(b, packet, sizeof(packet));
}

/* RFC 5905, 7.3: a client's packet, version 4. */
void ask_ntp(struct buffer *b, const struct probe_target *t)
{
	uint8_t packet[48] = { 0xe3, 0, 6, 0xec };

	(void)t;
	memcpy(packet + 40, "sekimori", 8); /* its time of transmission, which comes back */
	buffer_put(b, packet, sizeof(packet));
}

/* RFC 9327, 2: read variables of the system (association 0), version 2. */
void ask_ntp_control(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\x16\2\0\1\0\0\0\0\0\0\0\0");
}

/* PostgreSQL's documentation, 55.2.11: SSLRequest, which every server since 7.2 answers. */
void ask_postgresql(struct buffer *b, const struct probe_target *t)
{
	(void)t;
	PUT(b, "\0\0\0\x08\x04\xd2\x16\x2f");
}

/* A start with a version (255.0) that no server has: the refusal tells what it is. */
void say_postgresql_start(struct buffer *b)
{
	PUT(b, "\0\0\0\x09\0\xff\0\0\0");
}

/* MySQL's internals, "Protocol::SSLRequest": 4.1's protocol, TLS, packets up to 16 MB, utf8. */
void say_mysql_tls(struct buffer *b)
{
	static const uint8_t request[36] = { 32, 0, 0, 1, 0x05, 0xae, 0x0a, 0, 0, 0, 0, 1, 33 };

	buffer_put(b, request, sizeof(request));
}

static void put_message(struct buffer *b, uint32_t id, uint32_t operation, const void *body,
			size_t n)
{
	buffer_put_u32(b, (uint32_t)n + 16);
	buffer_put_u32(b, id);
	buffer_put_u32(b, 0);
	buffer_put_u32(b, operation);
	buffer_put(b, body, n);
}

/* MongoDB's wire protocol: isMaster as OP_QUERY, which all answer; buildInfo as OP_MSG (3.6). */
void ask_mongodb(struct buffer *b, const struct probe_target *t)
{
	static const char hello[] = "\0\0\0\0admin.$cmd\0\0\0\0\0\1\0\0\0"
				    "\x13\0\0\0\x10isMaster\0\1\0\0\0\0";
	static const char build[] = "\0\0\0\0\0"
				    "\x23\0\0\0\x10"
				    "buildInfo\0\1\0\0\0\2$db\0\6\0\0\0admin\0\0";

	(void)t;
	put_message(b, 1, 2004, hello, sizeof(hello) - 1);
	put_message(b, 2, 2013, build, sizeof(build) - 1);
}

/* A question about one name: RFC 1035, 4.1. LABELS are as on the wire. */
static void put_question(struct buffer *b, const char *labels, size_t n, uint8_t type,
			 uint16_t class)
{
	buffer_put(b, labels, n);
	buffer_put_u8(b, 0);
	buffer_put_u8(b, 0);
	buffer_put_u8(b, type);
	buffer_put_u8(b, (uint8_t)(class >> 8));
	buffer_put_u8(b, (uint8_t) class);
}

/* version.bind, as text, in the class "chaos". */
void ask_dns_udp(struct buffer *b, const struct probe_target *t)
{
	static const char name[] = "\x07version\x04"
				   "bind";

	(void)t;
	PUT(b, "\x5e\x6b\0\0\0\1\0\0\0\0\0\0");
	put_question(b, name, sizeof(name) - 1, 16, 3);
}

void ask_dns_tcp(struct buffer *b, const struct probe_target *t)
{
	size_t at = b->length;

	PUT(b, "\0\0");
	ask_dns_udp(b, t);
	if (!b->failed)
		b->bytes[at + 1] = (uint8_t)(b->length - at - 2);
}

/* RFC 6762, 5.4 and 6763, 9: what kinds of services there are, and the device; unicast answers. */
void ask_mdns(struct buffer *b, const struct probe_target *t)
{
	static const char kinds[] = "\x09_services\x07_dns-sd\x04_udp\x05local";
	static const char stations[] = "\x0c_workstation\x04_tcp\x05local";

	(void)t;
	PUT(b, "\0\0\0\0\0\2\0\0\0\0\0\0");
	put_question(b, kinds, sizeof(kinds) - 1, 12, 0x8001);
	put_question(b, stations, sizeof(stations) - 1, 12, 0x8001);
}

/* RFC 1002, 4.2.17: NODE STATUS of the name "*". */
void ask_netbios(struct buffer *b, const struct probe_target *t)
{
	static const char name[] = "\x20"
				   "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	(void)t;
	PUT(b, "\x5e\x6b\0\0\0\1\0\0\0\0\0\0");
	put_question(b, name, sizeof(name) - 1, 0x21, 1);
}

static void smb_header(struct buffer *b, uint8_t command, uint8_t message)
{
	uint8_t header[64] = { 0xfe, 'S', 'M', 'B', 64 };

	header[6] = 1; /* charge */
	header[12] = command;
	header[14] = 31; /* credits asked for */
	header[24] = message;
	buffer_put(b, header, sizeof(header));
}

/* MS-SMB2 2.1: the length, in network order. */
static void smb_frame(struct buffer *b, const struct buffer *message)
{
	uint32_t n = (uint32_t)message->length;
	uint8_t length[4] = { 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	buffer_put(b, length, sizeof(length));
	buffer_put(b, message->bytes, message->length);
	b->failed |= message->failed;
}

/* MS-SMB2 2.2.3: NEGOTIATE, dialects 2.0.2 to 3.1.1, and the context that the last one needs. */
void ask_smb(struct buffer *b, const struct probe_target *t)
{
	static const uint8_t body[] = "\x24\0\5\0\1\0\0\0\x7f\0\0\0sekimori-client."
				      "\x70\0\0\0\1\0\0\0" /* where the context is */
				      "\2\2\x10\2\0\3\2\3\x11\3"
				      "\0\0"
				      "\1\0\x26\0\0\0\0\0\1\0\x20\0\1\0"
				      "sekimori-salt-of-thirty-two-byte";
	struct buffer message;

	(void)t;
	buffer_init(&message);
	smb_header(&message, 0, 0);
	buffer_put(&message, body, sizeof(body) - 1);
	smb_frame(b, &message);
	buffer_finish(&message);
}

/* MS-SMB2 2.2.5: SESSION_SETUP with NTLM's NEGOTIATE (MS-NLMP 2.2.1.1), to be told its CHALLENGE.
 */
void say_smb_session(struct buffer *b)
{
	static const uint8_t body[] = "\x19\0\0\1\0\0\0\0\0\0\0\0\x58\0\x28\0\0\0\0\0\0\0\0\0"
				      "NTLMSSP\0\1\0\0\0\5\x82\x08\xa2\0\0\0\0\0\0\0\0"
				      "\0\0\0\0\0\0\0\0\x0a\0\x63\x45\0\0\0\x0f";
	struct buffer message;

	buffer_init(&message);
	smb_header(&message, 1, 1);
	buffer_put(&message, body, sizeof(body) - 1);
	smb_frame(b, &message);
	buffer_finish(&message);
}
