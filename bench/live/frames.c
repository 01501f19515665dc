/*
 * Mixed traffic, in thousandths: 20 SYN+ACKs of the site; 30 SYN in, 5 SYN out and 5 SYN+ACK in
 * (inside clients), 10 RST out, 40 UDP, 2 ARP; 5 lines of FTP's control connections; the other 883
 * are TCP, two thirds outbound: 9 of 20 bare ACKs, 7 full segments, 4 of any size between.
 */
#include "frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#include "../load_mix.h"

#define HOSTS   270
#define MIXED   1000
#define FTP     5
#define DATA    883
#define V4_AT   14
#define V4_DST  (V4_AT + 16)
#define V4_SUM  (V4_AT + 10)
#define TCP_AT  (V4_AT + 20)
#define TCP_SUM (TCP_AT + 16)

/* ---- making ---- */

static size_t make_synack(const struct live_frames *f, uint8_t *frame, struct draw *d)
{
	const struct load_service *service = &f->site.services[load_site_draw(&f->site, false, d)];
	struct load_segment s = {
		.source = &service->address,
		.source_port = service->port,
		.target = &f->peers.addresses[draw_below(d, f->peers.n)],
		.target_port = (uint16_t)draw_between(d, 1024, UINT16_MAX),
		.flags = TCP_SYN | TCP_ACK,
		.outbound = true,
	};

	s.sequence = draw_below(d, UINT32_MAX);
	s.acknowledgement = draw_below(d, UINT32_MAX);
	if (draw_below(d, 100) == 0)
		s.flags |= TCP_ECE;
	return load_frame_tcp(frame, &s);
}

static uint16_t draw_size(struct draw *d)
{
	uint32_t x = draw_below(d, 20);

	if (x < 9)
		return 0;
	return x < 16 ? LOAD_PAYLOAD_MAX : (uint16_t)draw_between(d, 1, LOAD_PAYLOAD_MAX);
}

/* Of a connection between a service and a peer. TEXT: a line on port 21. */
static size_t make_data(const struct live_frames *f, uint8_t *frame, const char *text,
			struct draw *d)
{
	const struct load_service *service = &f->site.services[load_site_draw(&f->site, false, d)];
	const struct load_addr *peer = &f->peers.addresses[draw_below(d, f->peers.n)];
	uint16_t port = (uint16_t)draw_between(d, 1024, UINT16_MAX);
	uint16_t served = text ? 21 : service->port;
	struct load_segment s = { .flags = TCP_ACK, .payload = text };

	s.outbound = text ? text[0] >= '0' && text[0] <= '9' : draw_below(d, 3) > 0;
	s.source = s.outbound ? &service->address : peer;
	s.target = s.outbound ? peer : &service->address;
	s.source_port = s.outbound ? served : port;
	s.target_port = s.outbound ? port : served;
	s.payload_bytes = text ? (uint16_t)strlen(text) : draw_size(d);
	s.flags |= s.payload_bytes ? TCP_PSH : 0;
	s.sequence = draw_below(d, UINT32_MAX);
	s.acknowledgement = draw_below(d, UINT32_MAX);
	return load_frame_tcp(frame, &s);
}

static size_t make_mixed(const struct live_frames *f, uint8_t *frame, struct draw *d)
{
	static const char *const lines[] = { "USER anonymous\r\n", "331 Password, please\r\n",
					     "230 Welcome\r\n", "CWD /pub\r\n", "NOOP\r\n" };
	uint32_t x = draw_below(d, MIXED - LOAD_MIX_SYNACKS);
	size_t n;

	if (x < FTP)
		return make_data(f, frame, lines[draw_below(d, ARRAY_LENGTH(lines))], d);
	if (x < FTP + DATA)
		return make_data(f, frame, NULL, d);
	/* All the rest, as the captures of the benches have it: without its data. */
	do {
		n = load_mix_frame(frame, &f->site, &f->peers.addresses[draw_below(d, f->peers.n)],
				   d);
	} while (n > LOAD_PAYLOAD_BYTES);
	return n;
}

/* Every fiftieth is a SYN+ACK: their share holds for any part of the load. */
static bool is_synack(enum live_load load, uint32_t i)
{
	return load == LIVE_SYNACK || i % (MIXED / LOAD_MIX_SYNACKS) == 0;
}

static void make_frames(struct live_frames *f, enum live_load load, struct draw *d)
{
	uint8_t *at = f->bytes;

	for (uint32_t i = 0; i < LIVE_FRAMES; i++) {
		struct live_frame *one = &f->list[i];

		one->bytes = at;
		one->synack = is_synack(load, i);
		one->length =
			(uint16_t)(one->synack ? make_synack(f, at, d) : make_mixed(f, at, d));
		at += one->length;
	}
}

int live_frames_init(struct live_frames *f, enum live_load load, uint32_t n_peers, uint64_t seed)
{
	struct draw d = { .state = seed };
	int error;

	memset(f, 0, sizeof(*f));
	f->bytes = malloc((size_t)LIVE_FRAMES * LOAD_FRAME_MAX);
	error = f->bytes ? load_site_init(&f->site, HOSTS, LOAD_FAMILY_4, &d) : -ENOMEM;
	if (error == 0)
		error = load_peers_init(&f->peers, n_peers, LOAD_FAMILY_4, &d);
	if (error < 0)
		return error;
	f->next_peer = draw_below(&d, n_peers);
	make_frames(f, load, &d);
	return 0;
}

void live_frames_finish(struct live_frames *f)
{
	load_peers_finish(&f->peers);
	load_site_finish(&f->site);
	free(f->bytes);
	f->bytes = NULL;
}

/* ---- sending ---- */

/* RFC 1624: the sum after N bytes, two by two, have become others. */
static void mend_sum(uint8_t *sum_at, const uint8_t *before, const uint8_t *after, size_t n)
{
	uint16_t old, word;
	uint32_t sum;

	memcpy(&old, sum_at, sizeof(old));
	sum = (uint16_t)~old;
	for (size_t i = 0; i < n; i += sizeof(word)) {
		memcpy(&word, before + i, sizeof(word));
		sum += (uint16_t)~word;
		memcpy(&word, after + i, sizeof(word));
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	old = (uint16_t)~sum;
	memcpy(sum_at, &old, sizeof(old));
}

static void take_next_peer(struct live_frames *f, uint8_t *frame)
{
	const uint8_t *peer = f->peers.addresses[f->next_peer].bytes;

	f->next_peer = f->next_peer + 1 == f->peers.n ? 0 : f->next_peer + 1;
	mend_sum(frame + V4_SUM, frame + V4_DST, peer, 4);
	mend_sum(frame + TCP_SUM, frame + V4_DST, peer, 4);
	memcpy(frame + V4_DST, peer, 4);
}

const struct live_frame *live_frames_next(struct live_frames *f)
{
	struct live_frame *one = &f->list[f->at];

	f->at = (f->at + 1) % LIVE_FRAMES;
	if (one->synack)
		take_next_peer(f, one->bytes);
	return one;
}
