#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "observe/ftp_internal.h"

#define SECOND_NS 1000000000ULL

#define EXPECTED_LIFE_NS                                                                           \
	(600 * SECOND_NS) /* announced, not yet used: servers give up after one to five minutes */
#define EXPECTED_SET_BITS 12                 /* 16,384 */
#define PAIR_LIFE_NS      (3600 * SECOND_NS) /* after the last word of a control connection */
#define PAIR_SET_BITS     13                 /* 32,768 */

#define FTP_DATA_PORT   20
#define FIRST_USER_PORT 1024

#define STREAMS        1024
#define LINE_MAX_BYTES 128
/* Sequence numbers further apart than this belong to another connection over the same ports. */
#define WINDOW_BYTES (1u << 20)

enum pair_facts {
	PAIR_CONTROL = 1,  /* the server answered on a control port */
	PAIR_READABLE = 2, /* its words were read */
	PAIR_SEALED = 4,   /* TLS, or cut: its words cannot all be read */
};

/* One direction of a control connection: the line that has begun. */
struct half {
	uint32_t next_seq;
	uint16_t length;
	bool in_step; /* next_seq means something */
	bool overlong;
	char line[LINE_MAX_BYTES];
};

/* Slots are by fingerprint; a newer connection takes the slot of an older one. */
struct ftp_stream {
	uint64_t key; /* of both endpoints, the lower first; 0: free */
	uint64_t time_ns;
	struct half half[2]; /* from the lower endpoint, from the higher */
};

int ftp_init(struct ftp *f, const struct port_set *control_ports)
{
	memset(f, 0, sizeof(*f));
	f->control_ports = control_ports;
	f->streams = calloc(STREAMS, sizeof(*f->streams));
	if (!f->streams ||
	    memory_init(&f->expected, EXPECTED_SET_BITS, EXPECTED_LIFE_NS, NULL) < 0 ||
	    memory_init(&f->pairs, PAIR_SET_BITS, PAIR_LIFE_NS, NULL) < 0) {
		ftp_finish(f);
		return -ENOMEM;
	}
	return 0;
}

void ftp_finish(struct ftp *f)
{
	free(f->streams);
	memory_finish(&f->expected);
	memory_finish(&f->pairs);
	memset(f, 0, sizeof(*f));
}

static bool from_lower(const struct packet *p)
{
	int order = addr_compare_numeric(p->src, p->dst);

	return order < 0 || (order == 0 && p->sport < p->dport);
}

static uint64_t stream_key(const struct packet *p)
{
	return from_lower(p) ? memory_key(p->src, p->sport, p->dst, p->dport)
			     : memory_key(p->dst, p->dport, p->src, p->sport);
}

static struct ftp_stream *slot_of(const struct ftp *f, uint64_t key)
{
	return &f->streams[key % STREAMS];
}

static bool stream_alive(const struct ftp_stream *s, uint64_t time_ns)
{
	return time_ns <= s->time_ns + PAIR_LIFE_NS;
}

bool ftp_stream_known(const struct ftp *f, uint64_t time_ns, const struct packet *p)
{
	uint64_t key = stream_key(p);
	const struct ftp_stream *s = slot_of(f, key);

	return s->key == key && stream_alive(s, time_ns);
}

/* A bit of the filter over hosts that may have a pair. */
static uint64_t host_bit(struct net_addr host, size_t *ret_word)
{
	uint64_t hash = hash_fold(host.lo ^ 0x9e3779b97f4a7c15ULL, host.hi ^ 0x6a09e667f3bcc909ULL);

	*ret_word = hash % FTP_HOST_WORDS;
	return UINT64_C(1) << hash / FTP_HOST_WORDS % 64;
}

static void put_pair(struct ftp *f, uint64_t time_ns, struct net_addr host, struct net_addr peer,
		     uint64_t facts)
{
	size_t word;
	uint64_t bit = host_bit(host, &word);

	f->paired_hosts[word] |= bit;
	memory_put(&f->pairs, memory_key(host, 0, peer, 0), time_ns)->value |= facts;
}

/* Most hosts never had one: that is known without a look into memory. */
static struct memory_entry *find_pair(const struct ftp *f, uint64_t time_ns, struct net_addr host,
				      struct net_addr peer)
{
	size_t word;
	uint64_t bit = host_bit(host, &word);

	return f->paired_hosts[word] & bit
		       ? memory_find(&f->pairs, memory_key(host, 0, peer, 0), time_ns)
		       : NULL;
}

/* Both directions, because a line does not say which end is the client. */
static void note_pair(struct ftp *f, uint64_t time_ns, const struct packet *p, uint64_t facts)
{
	put_pair(f, time_ns, p->src, p->dst, facts);
	put_pair(f, time_ns, p->dst, p->src, facts);
}

static void expect(struct ftp *f, uint64_t time_ns, struct net_addr listener, uint16_t port,
		   struct net_addr peer)
{
	memory_put(&f->expected, memory_key(listener, port, peer, 0), time_ns);
}

/* Whoever announces a port listens on it, for the other end: the client's PORT and the server's 227
 * alike. */
static void take_line(struct ftp *f, uint64_t time_ns, const struct packet *p, const char *text,
		      size_t length)
{
	struct ftp_line l = ftp_line_read(text, length);

	if (l.kind == FTP_LINE_TLS || l.kind == FTP_LINE_BROKEN)
		note_pair(f, time_ns, p, PAIR_SEALED);
	if (l.kind != FTP_LINE_LISTEN)
		return;
	expect(f, time_ns, p->src, l.port, p->dst);
	if (l.has_addr && !addr_equal(l.addr, p->src))
		expect(f, time_ns, l.addr, l.port, p->dst);
}

static void take_byte(struct ftp *f, uint64_t time_ns, const struct packet *p, struct half *h,
		      char c)
{
	if (c == '\n' || c == '\r') {
		if (h->length && !h->overlong)
			take_line(f, time_ns, p, h->line, h->length);
		h->length = 0;
		h->overlong = false;
	} else if (h->length == LINE_MAX_BYTES) {
		h->overlong = true;
	} else if (h->length || !(c & 0x80)) {
		/* What Telnet puts before a command (RFC 854: IAC, all bytes above 127) is passed
		 * over. */
		h->line[h->length++] = c;
	}
}

static void restart(struct half *h, uint32_t seq)
{
	h->next_seq = seq;
	h->in_step = true;
	h->length = 0;
	h->overlong = false;
}

/* A segment that comes late, or again: to announce a port twice does no harm. What is cut at its
 * ends is left. */
static void take_whole_lines(struct ftp *f, uint64_t time_ns, const struct packet *p)
{
	struct half alone;

	restart(&alone, p->seq);
	for (uint32_t i = 0; i < p->payload_length; i++)
		take_byte(f, time_ns, p, &alone, (char)p->payload[i]);
}

/*
 * Bytes in the order of sequence numbers; what came before is passed over. A gap begins a new line:
 * what was in it may have announced something.
 */
static void take_bytes(struct ftp *f, uint64_t time_ns, const struct packet *p, struct half *h)
{
	uint32_t behind = h->next_seq - p->seq, ahead = p->seq - h->next_seq, skip = 0;

	if (h->in_step && behind && behind < WINDOW_BYTES) {
		skip = behind;
	} else if (!h->in_step || behind) {
		if (h->in_step && ahead < WINDOW_BYTES)
			note_pair(f, time_ns, p, PAIR_SEALED);
		restart(h, p->seq);
	}
	if (skip >= p->payload_wire_length) {
		take_whole_lines(f, time_ns, p);
		return;
	}
	for (uint32_t i = skip; i < p->payload_length; i++)
		take_byte(f, time_ns, p, h, (char)p->payload[i]);
	h->next_seq = p->seq + p->payload_wire_length;
	if (p->payload_length < p->payload_wire_length) {
		/* The snap length ate the rest: had it begun to announce something, that is lost.
		 */
		if (h->length &&
		    (h->length < 4 || ftp_line_read(h->line, h->length).kind != FTP_LINE_OTHER))
			note_pair(f, time_ns, p, PAIR_SEALED);
		h->length = 0;
		h->overlong = false;
	}
}

/* A TLS record: handshake or application data (RFC 8446, 5.1). */
static bool is_tls(const struct packet *p)
{
	return p->payload_length >= 3 && (p->payload[0] == 0x16 || p->payload[0] == 0x17) &&
	       p->payload[1] == 3 && p->payload[2] <= 4;
}

void ftp_see_payload_slow(struct ftp *f, uint64_t time_ns, const struct packet *p)
{
	uint64_t key = stream_key(p);
	struct ftp_stream *s = slot_of(f, key);

	if (is_tls(p) || !p->payload_length) {
		note_pair(f, time_ns, p, PAIR_SEALED);
		return;
	}
	if (s->key != key || !stream_alive(s, time_ns))
		*s = (struct ftp_stream){ .key = key };
	s->time_ns = time_ns;
	f->streams_used = true;
	note_pair(f, time_ns, p, PAIR_READABLE);
	take_bytes(f, time_ns, p, &s->half[from_lower(p) ? 0 : 1]);
}

bool ftp_judge(struct ftp *f, uint64_t time_ns, const struct packet *synack)
{
	struct net_addr host = synack->src, peer = synack->dst;
	struct memory_entry *pair;
	bool exact;

	if (f->expected.used &&
	    memory_find(&f->expected, memory_key(host, synack->sport, peer, 0), time_ns))
		return true;
	if (port_set_has(f->control_ports, synack->sport)) {
		put_pair(f, time_ns, host, peer, PAIR_CONTROL);
		return false;
	}
	if (synack->sport < FIRST_USER_PORT || (!f->pairs.used && synack->dport != FTP_DATA_PORT))
		return false;
	pair = find_pair(f, time_ns, host, peer);
	exact = pair && (pair->value & (PAIR_READABLE | PAIR_SEALED)) == PAIR_READABLE;
	if (exact)
		return false;
	if (pair && (pair->value & PAIR_CONTROL)) {
		pair->time_ns = time_ns;
		return true;
	}
	return synack->dport == FTP_DATA_PORT;
}

void ftp_save(const struct ftp *f, uint64_t time_ns, struct buffer *out)
{
	size_t count_at;
	uint32_t count = 0;

	memory_save(&f->expected, time_ns, out);
	memory_save(&f->pairs, time_ns, out);
	count_at = out->length;
	buffer_put_u32(out, 0);
	for (size_t i = 0; f->streams_used && i < STREAMS; i++) {
		const struct ftp_stream *s = &f->streams[i];

		if (!s->key || !stream_alive(s, time_ns))
			continue;
		count++;
		buffer_put_u64(out, s->key);
		buffer_put_u64(out, s->time_ns);
		for (int side = 0; side < 2; side++) {
			const struct half *h = &s->half[side];

			buffer_put_u32(out, h->next_seq);
			buffer_put_u8(out, (uint8_t)(h->in_step | h->overlong << 1));
			buffer_put_u8(out, (uint8_t)h->length);
			buffer_put(out, h->line, h->length);
		}
	}
	buffer_patch_u32(out, count_at, count);
}

static void load_half(struct cursor *c, struct half *h)
{
	uint8_t flags;
	const uint8_t *line;

	h->next_seq = cursor_u32_le(c);
	flags = cursor_u8(c);
	h->in_step = flags & 1;
	h->overlong = flags & 2;
	h->length = cursor_u8(c);
	if (h->length > LINE_MAX_BYTES)
		c->overrun = true;
	line = c->overrun ? NULL : cursor_take(c, h->length);
	if (line)
		memcpy(h->line, line, h->length);
}

void ftp_load(struct ftp *f, struct cursor *c)
{
	uint32_t count;

	memory_load(&f->expected, c);
	memory_load(&f->pairs, c);
	/* Whose pairs these are, their keys do not tell: from here on, any host may have one. */
	if (f->pairs.used)
		memset(f->paired_hosts, 0xff, sizeof(f->paired_hosts));
	count = cursor_u32_le(c);
	for (uint32_t i = 0; i < count && !c->overrun; i++) {
		struct ftp_stream s = { 0 };

		s.key = cursor_u64_le(c);
		s.time_ns = cursor_u64_le(c);
		load_half(c, &s.half[0]);
		load_half(c, &s.half[1]);
		if (c->overrun || !s.key)
			return;
		*slot_of(f, s.key) = s;
		f->streams_used = true;
	}
}
