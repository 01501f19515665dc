/*
 * What a reader of one protocol found in the bytes that a service said.
 *
 * Comes in: the bytes, the port, and which protocol's question they answer. Goes out: the
 * protocol's name, what it says plainly of itself, and the texts to be asked of the fingerprints.
 * Nothing is allocated, nothing is kept: texts point into the bytes or into the reading itself.
 */
#ifndef SEKIMORI_IDENTIFY_READING_H
#define SEKIMORI_IDENTIFY_READING_H

#include "base/macros.h"
#include "identify/span.h"

#define READING_TEXTS_MAX 8
#define READING_MADE_MAX  4096

/* What a service said, and to what. */
struct heard {
	const uint8_t *bytes;
	size_t length;
	const char *asked; /* protocol of the question; NULL: nothing was asked, or nobody knows */
	uint16_t port;
	bool datagram;
};

struct reading_text {
	const char *key; /* of the fingerprints: "ssh.banner" */
	struct span text;
};

struct reading {
	const char *protocol;
	struct reading_text texts[READING_TEXTS_MAX];
	size_t n_texts;
	/* Read without fingerprints; "" where the protocol does not say it. */
	char product[96], version[128], extra[256], hostname[256], os[96], device[96];
	bool more;                   /* the protocol says that more is to come */
	bool starttls;               /* it offers to go on within TLS */
	bool tls_wanted;             /* it says that it is spoken to within TLS only */
	char made[READING_MADE_MAX]; /* texts that stand nowhere in the bytes */
	size_t made_length;
};

/* True, and the reading, when the bytes are of that protocol, whole or not. */
typedef bool reader_fn(const struct heard *h, struct reading *ret_reading);

struct reader {
	const char *protocol; /* whose answers it reads */
	reader_fn *read;
	bool certain; /* the bytes themselves tell; false: only an answer to its own question does
		       */
	bool datagram, stream;
};

extern const struct reader readers[];
extern const size_t readers_count;

/*
 * Finds the protocol: the reader of what was asked first, then those that recognise their own.
 * False when it is none that is known; *ret_reading is empty then.
 */
must_check bool reading_find(const struct heard *h, struct reading *ret_reading);

/* For readers. A text that is empty, or one too many, is left out. */
void reading_key(struct reading *r, const char *key, struct span text);

/* Appends to what is made; returns the piece. What does not fit is cut. */
struct span reading_make(struct reading *r, const char *format, ...) printf_like(2, 3);
struct span reading_make_bytes(struct reading *r, struct span bytes);

/* Fills one field, cut to its size and at the first NUL, without blanks around it. */
void reading_field(char *field, size_t size, struct span text);
#define READING_SET(field, text) reading_field(field, sizeof(field), text)
#define READING_SAY(field, ...)  ((void)snprintf(field, sizeof(field), __VA_ARGS__))

reader_fn read_ssh, read_rsync, read_vnc, read_greeting, read_imap, read_pop3, read_nntp;
reader_fn read_telnet, read_http, read_rtsp, read_sip, read_ssdp;
reader_fn read_dns, read_mdns, read_snmp, read_ntp, read_ldap, read_smb, read_netbios, read_rdp;
reader_fn read_mysql, read_postgresql, read_redis, read_memcached, read_mongodb;
reader_fn read_mqtt, read_amqp, read_x11, read_kerberos, read_tftp, read_quic, read_tls, read_smux;
reader_fn read_sieve, read_xmpp, read_zookeeper, read_spamd, read_nbd, read_sunrpc, read_stun;
reader_fn read_openvpn, read_mumble, read_coap, read_ajp13, read_socks5, read_epmd;
reader_fn read_dict, read_ident, read_distcc, read_zabbix, read_git, read_coap_stream;

#endif
