/*
 * Users' packets come in bursts with pauses between; two users in five draw a port for each
 * connection, the others count up and give some ports to other sites between. Mail paces itself. A
 * sweep goes from host to host within a fifth of a second, from one port; where more than one
 * packet falls to a host they are retransmissions after 1, 2, 4 … seconds (Linux:
 * net.ipv4.tcp_synack_retries), but guessers of passwords on 22 come again from a new port. The two
 * addresses are uniform in time and ports. Peers' ports are 1024 and more, but one scanner in 64 of
 * 22, 80 and 3389 uses port 20, hoping to pass for FTP data.
 */
#include "hour.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_USER_PORT 1024
#define EPHEMERAL_PORT  32768
#define EPHEMERAL_PORTS 28232
#define FTP_DATA_PORT   20
#define MS              1000U
#define SECOND          1000000U
#define SWEEP_SECONDS   3400U
#define RETRANSMISSIONS 6
#define RADIX_BITS      11
#define RADIX           (1U << RADIX_BITS)

static bool make_room(struct month_hour *h)
{
	uint32_t room = h->room ? 2 * h->room : 65536;
	struct month_packet *packets = realloc(h->packets, room * sizeof(packets[0]));
	uint64_t *order = NULL, *other = NULL;

	if (packets) {
		h->packets = packets;
		order = realloc(h->order, room * sizeof(order[0]));
	}
	if (order) {
		h->order = order;
		other = realloc(h->other_order, room * sizeof(other[0]));
	}
	if (!other) {
		h->failed = true;
		return false;
	}
	h->other_order = other;
	h->room = room;
	return true;
}

static void add(struct month_hour *h, uint64_t time_us, const struct month_packet *p)
{
	if (h->n == h->room && !make_room(h))
		return;
	h->packets[h->n] = *p;
	h->packets[h->n++].time_us = (uint32_t)(time_us % MONTH_HOUR_US);
}

static void add_extra(struct month_hour *h, uint64_t time_us, const struct month_extra *x,
		      uint16_t peer_port)
{
	struct month_packet p = { .peer = h->n_extras,
				  .service = MONTH_EXTRA,
				  .peer_port = peer_port };

	if (h->n_extras == h->extras_room) {
		uint32_t room = h->extras_room ? 2 * h->extras_room : 4096;
		struct month_extra *grown = realloc(h->extras, room * sizeof(grown[0]));

		if (!grown) {
			h->failed = true;
			return;
		}
		h->extras = grown;
		h->extras_room = room;
	}
	h->extras[h->n_extras++] = *x;
	add(h, time_us, &p);
}

/* After an answer on port 21 of a server that is used passively: a transfer or two from fresh
 * ports, within the hour. */
static void add_transfers(struct month_hour *h, const struct month_packet *control,
			  uint64_t time_us, enum month_kind kind)
{
	const struct month_plan *plan = h->day->plan;
	const struct month_host *host =
		&plan->site.hosts[plan->site.services[control->service].host];
	uint32_t n = kind == KIND_USER ? draw_between(&h->draw, 0, 2) : draw_below(&h->draw, 2);
	uint16_t port = control->peer_port;

	for (uint32_t i = 0; i < n; i++) {
		struct month_extra x = { .host_v4 = host->v4,
					 .peer_v4 = plan->crowd.v4[control->peer],
					 .kind = EXTRA_FTP_PASSIVE };

		x.port = month_extras_draw_port(&h->draw);
		time_us += draw_between(&h->draw, 100 * MS, 20 * SECOND);
		if (time_us < MONTH_HOUR_US)
			add_extra(h, time_us, &x, ++port < FIRST_USER_PORT ? EPHEMERAL_PORT : port);
	}
}

static uint32_t draw_pause(struct month_hour *h, bool mail)
{
	if (mail)
		return draw_between(&h->draw, SECOND, 120 * SECOND);
	if (draw_below(&h->draw, 4) == 0)
		return draw_between(&h->draw, SECOND, 40 * SECOND);
	return draw_between(&h->draw, MS, 150 * MS);
}

static void expand_user(struct month_hour *h, const struct month_meeting *m, uint32_t n,
			const struct month_extras *x)
{
	struct month_packet p = { .peer = m->peer, .service = m->service };
	uint64_t time_us = draw_below(&h->draw, MONTH_HOUR_US);
	uint32_t port = (uint32_t)draw_u64(&h->draw) % EPHEMERAL_PORTS;
	bool transfers = month_extras_is_passive(x, m->service);
	bool draws = month_mix(m->peer, 5) % 5 < 2;

	for (uint32_t i = 0; i < n; i++) {
		time_us += draw_pause(h, m->kind == KIND_MAIL);
		if (time_us >= MONTH_HOUR_US)
			time_us = draw_below(&h->draw, MONTH_HOUR_US);
		port = draws ? (uint32_t)draw_u64(&h->draw) : port + draw_between(&h->draw, 1, 9);
		p.peer_port = (uint16_t)(EPHEMERAL_PORT + port % EPHEMERAL_PORTS);
		add(h, time_us, &p);
		if (transfers)
			add_transfers(h, &p, time_us, KIND_USER);
	}
}

static uint16_t scan_port(const struct month_hour *h, const struct month_meeting *m, uint32_t own)
{
	uint16_t port = month_site_port_number(&h->day->plan->site, m->service);

	if ((port == 22 || port == 80 || port == 3389) && own % 64 == 0)
		return FTP_DATA_PORT;
	return (uint16_t)(FIRST_USER_PORT + own % (65536 - FIRST_USER_PORT));
}

static void expand_scan(struct month_hour *h, const struct month_meeting *m, uint32_t n,
			const struct month_extras *x)
{
	struct month_packet p = { .peer = m->peer, .service = m->service };
	uint32_t own = month_mix(m->peer, h->day->day ^ 0x5caULL);
	uint64_t time_us = (uint64_t)(own % SWEEP_SECONDS) * SECOND;
	bool guesses = m->kind == KIND_SCAN &&
		       month_site_port_number(&h->day->plan->site, m->service) == 22;
	bool transfers = month_extras_is_passive(x, m->service);

	if (m->kind == KIND_ENGINE)
		time_us = draw_below(&h->draw, MONTH_HOUR_US);
	time_us += (uint64_t)m->step * 200 * MS + draw_below(&h->draw, 100 * MS);
	p.peer_port = scan_port(h, m,
				m->kind == KIND_ENGINE ? (uint32_t)draw_u64(&h->draw)
						       : month_mix(m->peer, 7));
	for (uint32_t i = 0; i < n; i++) {
		add(h, time_us, &p);
		if (guesses && p.peer_port != FTP_DATA_PORT)
			p.peer_port = p.peer_port == UINT16_MAX ? FIRST_USER_PORT : p.peer_port + 1;
		time_us += guesses || i >= RETRANSMISSIONS
				   ? draw_between(&h->draw, SECOND, 5 * SECOND)
				   : (uint64_t)SECOND << i;
	}
	if (transfers && time_us < MONTH_HOUR_US)
		add_transfers(h, &p, time_us, m->kind);
}

static void expand_partner(struct month_hour *h, const struct month_meeting *m, uint32_t n)
{
	struct month_packet p = { .peer = m->peer, .service = m->service };
	uint64_t start_us = (uint64_t)(month_mix(m->peer, 1) % 600) * SECOND;

	for (uint32_t i = 0; i < n; i++) {
		p.peer_port = (uint16_t)draw_between(&h->draw, EPHEMERAL_PORT, 60999);
		add(h, start_us + 3000ULL * SECOND * i / n + draw_below(&h->draw, 50 * MS), &p);
	}
}

static void expand_flood(struct month_hour *h, const struct month_meeting *m, uint32_t n)
{
	struct month_packet p = { .peer = m->peer, .service = m->service };

	for (uint32_t i = 0; i < n; i++) {
		p.peer_port = (uint16_t)draw_between(&h->draw, FIRST_USER_PORT, UINT16_MAX);
		add(h, draw_below(&h->draw, MONTH_HOUR_US), &p);
	}
}

/* Two hosts blacklisted, one not: as the source prints them. */
static void expand_once(struct month_hour *h, const struct month_meeting *m)
{
	static const uint16_t ports[CROWD_ONCES] = { 40269, 46266, 45228 };
	struct month_packet p = { .peer = m->peer,
				  .service = m->service,
				  .peer_port = ports[m->peer - CROWD_ONCE] };

	add(h, draw_below(&h->draw, MONTH_HOUR_US), &p);
}

static void expand(struct month_hour *h, const struct month_session *s,
		   const struct month_extras *x)
{
	const struct month_meeting *m = &h->day->meetings[s->meeting];

	switch (m->kind) {
	case KIND_USER:
	case KIND_MAIL:
		expand_user(h, m, s->packets, x);
		break;
	case KIND_PARTNER:
		expand_partner(h, m, s->packets);
		break;
	case KIND_FLOOD:
		expand_flood(h, m, s->packets);
		break;
	case KIND_ONCE:
		expand_once(h, m);
		break;
	default:
		expand_scan(h, m, s->packets, x);
		break;
	}
}

static void add_extras(struct month_hour *h, const struct month_extras *x)
{
	uint32_t n = month_extras_count(x, h->hour, &h->draw);

	for (uint32_t i = 0; i < n; i++) {
		struct month_extra extra;
		uint16_t peer_port;
		uint64_t time_us = draw_below(&h->draw, MONTH_HOUR_US);

		month_extras_draw(x, i, &h->draw, &extra, &peer_port);
		add_extra(h, time_us, &extra, peer_port);
	}
}

/* By the lower 33 bits of time, 11 at a time; stable, so the order is the same everywhere. */
static void sort(struct month_hour *h)
{
	for (uint32_t i = 0; i < h->n; i++)
		h->order[i] = (uint64_t)h->packets[i].time_us << 32 | i;
	for (unsigned shift = 32; shift < 64; shift += RADIX_BITS) {
		uint32_t first[RADIX] = { 0 }, sum = 0;
		uint64_t *kept = h->order;

		for (uint32_t i = 0; i < h->n; i++)
			first[h->order[i] >> shift & (RADIX - 1)]++;
		for (uint32_t i = 0; i < RADIX; i++) {
			uint32_t n = first[i];

			first[i] = sum;
			sum += n;
		}
		for (uint32_t i = 0; i < h->n; i++) {
			uint64_t key = h->order[i];

			h->other_order[first[key >> shift & (RADIX - 1)]++] = key;
		}
		h->order = h->other_order;
		h->other_order = kept;
	}
}

int month_hour_fill(struct month_hour *h, const struct month_day *day,
		    const struct month_sessions *s, const struct month_extras *x, uint32_t hour)
{
	h->day = day;
	h->hour = hour;
	h->draw = month_plan_draw(day->plan, day->day, 2 + hour);
	h->n = 0;
	h->n_extras = 0;
	h->failed = false;
	for (uint32_t i = s->first[hour]; i < s->first[hour + 1]; i++)
		expand(h, &s->sorted[i], x);
	add_extras(h, x);
	if (h->failed)
		return -ENOMEM;
	sort(h);
	return 0;
}

void month_hour_finish(struct month_hour *h)
{
	free(h->packets);
	free(h->order);
	free(h->other_order);
	free(h->extras);
	*h = (struct month_hour){ 0 };
}
