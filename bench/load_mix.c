#include "load_mix.h"

#include "load_frame.h"

#define SITE_V4 0xa3d10000U

/* A port that a client takes: never 20, which could make it an FTP data connection. */
static uint16_t client_port(struct draw *d)
{
	return (uint16_t)draw_between(d, 1024, UINT16_MAX);
}

static size_t frame_udp(uint8_t *frame, const struct load_addr *peer, struct draw *d)
{
	struct load_addr client = load_site_draw_client(peer->v6, d);
	bool outbound = draw_below(d, 2) == 0;
	uint16_t port = client_port(d), known = draw_below(d, 3) == 0 ? 53 : 443;
	struct load_segment s = {
		.source = outbound ? &client : peer,
		.target = outbound ? peer : &client,
		.source_port = outbound ? port : known,
		.target_port = outbound ? known : port,
		.outbound = outbound,
	};

	s.sequence = draw_below(d, UINT32_MAX);
	s.payload_bytes = (uint16_t)draw_between(d, 30, LOAD_PAYLOAD_BYTES);
	return load_frame_udp(frame, &s);
}

/* What an inside client does: it asks a web server outside, which answers. */
static size_t frame_client(uint8_t *frame, const struct load_addr *peer, bool outbound,
			   struct draw *d)
{
	struct load_addr client = load_site_draw_client(peer->v6, d);
	uint16_t port = client_port(d);
	struct load_segment s = {
		.source = outbound ? &client : peer,
		.target = outbound ? peer : &client,
		.source_port = outbound ? port : 443,
		.target_port = outbound ? 443 : port,
		.flags = outbound ? TCP_SYN : TCP_SYN | TCP_ACK,
		.outbound = outbound,
	};

	s.sequence = draw_below(d, UINT32_MAX);
	s.acknowledgement = outbound ? 0 : draw_below(d, UINT32_MAX);
	return load_frame_tcp(frame, &s);
}

/* Between a service and a peer: FLAGS say what. */
static size_t frame_service(uint8_t *frame, const struct load_site *site,
			    const struct load_addr *peer, struct load_segment s, struct draw *d)
{
	const struct load_service *service = &site->services[load_site_draw(site, peer->v6, d)];
	uint16_t port = client_port(d);

	s.source = s.outbound ? &service->address : peer;
	s.target = s.outbound ? peer : &service->address;
	s.source_port = s.outbound ? service->port : port;
	s.target_port = s.outbound ? port : service->port;
	s.sequence = draw_below(d, UINT32_MAX);
	if (s.flags & TCP_ACK)
		s.acknowledgement = draw_below(d, UINT32_MAX);
	return load_frame_tcp(frame, &s);
}

static size_t frame_data(uint8_t *frame, const struct load_site *site, const struct load_addr *peer,
			 struct draw *d)
{
	struct load_segment data = { .flags = TCP_ACK, .payload_bytes = LOAD_PAYLOAD_BYTES };

	if (draw_below(d, 4) == 0)
		data.flags |= TCP_PSH;
	data.outbound = draw_below(d, 3) > 0;
	return frame_service(frame, site, peer, data, d);
}

size_t load_mix_frame(uint8_t *frame, const struct load_site *site, const struct load_addr *peer,
		      struct draw *d)
{
	const struct load_segment syn = { .flags = TCP_SYN };
	const struct load_segment reset = { .flags = TCP_RST | TCP_ACK, .outbound = true };
	uint32_t x = draw_below(d, 1000 - LOAD_MIX_SYNACKS);

	if (x < 30)
		return frame_service(frame, site, peer, syn, d);
	if (x < 40)
		return frame_client(frame, peer, x < 35, d);
	if (x < 50)
		return frame_service(frame, site, peer, reset, d);
	if (x < 90)
		return frame_udp(frame, peer, d);
	if (x < 92) {
		return load_frame_arp(frame, SITE_V4 | 1,
				      SITE_V4 | draw_between(d, 2, UINT16_MAX - 1));
	}
	return frame_data(frame, site, peer, d);
}
