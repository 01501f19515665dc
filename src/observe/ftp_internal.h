/*
 * Which SYN+ACKs are FTP data connections (RFC 959; EPRT and EPSV: RFC 2428; FTP over TLS: RFC
 * 4217).
 *
 * Where a control connection can be read, its PORT, EPRT, 227 and 229 lines say exactly who will
 * listen where, for whom. Where it cannot (SYN+ACKs alone, cut payloads, TLS), the two rules of the
 * campus system remain: an answer to source port 20 from a port above 1023, and whatever follows a
 * control connection between the same two hosts. A mark is evidence about one sighting; whether a
 * service is hidden for it is decided when a question is asked.
 */
#ifndef SEKIMORI_OBSERVE_FTP_INTERNAL_H
#define SEKIMORI_OBSERVE_FTP_INTERNAL_H

#include "base/config.h"
#include "decode/packet.h"
#include "observe/memory_internal.h"
#include "observe/words.h"

#define FTP_HOST_WORDS 64

struct ftp_stream;

struct ftp {
	const struct port_set *control_ports;
	struct memory expected; /* listener, its port, and for whom */
	struct memory pairs;    /* client and server of a control connection: what is known of it */
	uint64_t
		paired_hosts[FTP_HOST_WORDS]; /* bits by hash: the first of a pair is among these */
	struct ftp_stream *streams;
	bool streams_used;
};

must_check int ftp_init(struct ftp *f, const struct port_set *control_ports);
void ftp_finish(struct ftp *f);

void ftp_see_payload_slow(struct ftp *f, uint64_t time_ns, const struct packet *p);

/* Is this SYN+ACK, sent by one of the site's hosts, an FTP data connection's? Learns from it as
 * well. */
bool ftp_judge(struct ftp *f, uint64_t time_ns, const struct packet *synack);

void ftp_save(const struct ftp *f, uint64_t time_ns, struct buffer *out);
void ftp_load(struct ftp *f, struct cursor *c);

bool ftp_stream_known(const struct ftp *f, uint64_t time_ns, const struct packet *p);

/* A TCP payload goes by. Nearly all are none of ours: this is the whole price for those. */
static inline void ftp_see_payload(struct ftp *f, uint64_t time_ns, const struct packet *p)
{
	const uint8_t *b = p->payload;

	if (!p->payload_wire_length)
		return;
	if ((p->payload_length >= 4 && ftp_word_opens((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
						      (uint32_t)b[2] << 8 | b[3])) ||
	    port_set_has(f->control_ports, p->sport) || port_set_has(f->control_ports, p->dport) ||
	    (f->streams_used && ftp_stream_known(f, time_ns, p)))
		ftp_see_payload_slow(f, time_ns, p);
}

/* ---- the words of a control connection (ftp_line.c), pure ---- */

enum ftp_line_kind {
	FTP_LINE_OTHER,
	FTP_LINE_LISTEN,
	FTP_LINE_TLS,
	FTP_LINE_BROKEN
};

struct ftp_line {
	enum ftp_line_kind kind;
	bool has_addr;
	struct net_addr addr; /* as announced; may differ from the sender's behind NAT */
	uint16_t port;
};

/* One line without its end. BROKEN: it announces something, but is cut or makes no sense. */
struct ftp_line ftp_line_read(const char *text, size_t length);

#endif
