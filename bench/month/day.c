/*
 * Each peer of the day visits: a user the host it always visits, and another one time in four; a
 * scanner all hosts of its port three times in ten, else up to four; a search engine up to three
 * hosts of each of its ports, others every day. A user of 80 and 443 comes to both on its first
 * day, later to either or both. A scanner of several ports takes them day by day in turn.
 *
 * Then every service that should be seen today and was not visited gets one of its port's visitors.
 * Packets beyond one for each meeting go by weight: users heavy-tailed, mail less, guessers of
 * passwords on 22 between, scanners and engines hardly any.
 */
#include "day.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum month_kind kind_of_port(uint16_t port)
{
	switch (port) {
	case 21:
	case 80:
	case 443:
	case 8081:
		return KIND_USER;
	case 25:
	case 110:
	case 143:
	case 465:
	case 587:
	case 993:
	case 995:
		return KIND_MAIL;
	default:
		return KIND_SCAN;
	}
}

static void meet(struct month_day *day, uint32_t peer, uint32_t service, enum month_kind kind,
		 uint32_t step)
{
	if (day->n == day->room) {
		uint32_t room = day->room ? 2 * day->room : 65536;
		struct month_meeting *grown =
			realloc(day->meetings, room * sizeof(day->meetings[0]));

		if (!grown) {
			day->failed = true;
			return;
		}
		day->meetings = grown;
		day->room = room;
	}
	day->met[service] = true;
	day->meetings[day->n++] = (struct month_meeting){ .peer = peer,
							  .service = (uint16_t)service,
							  .kind = (uint8_t)kind,
							  .step = (uint8_t)MIN(step, 255) };
}

static void open_services(struct month_day *day)
{
	const struct month_site *site = &day->plan->site;
	uint32_t n = 0;

	for (uint32_t port = 0; port < site->n_ports; port++) {
		uint32_t weight = 0;

		day->first_open[port] = n;
		for (uint32_t s = 0; s < site->n_services; s++) {
			uint32_t rank = month_mix(day->plan->seed, s) % site->ports[port].n_hosts;

			if (site->services[s].port != port ||
			    !(site->services[s].days & month_day_bit(day->day)))
				continue;
			day->open[n++] = (struct month_open){ (uint16_t)s, weight };
			weight += 1000000 / (rank + 1);
		}
		day->weight[port] = weight;
	}
	day->first_open[site->n_ports] = n;
}

/* The service of PORT at that share (of 2^32) of all its weight. */
static uint32_t open_at(const struct month_day *day, uint32_t port, uint32_t share)
{
	uint32_t at = day->first_open[port], end = day->first_open[port + 1];
	uint32_t weight = (uint32_t)((uint64_t)share * day->weight[port] >> 32);

	while (at + 1 < end && day->open[at + 1].weight_before <= weight)
		at++;
	return day->open[at].service;
}

/* So many hosts of the port in a row, from the one at START. */
static void sweep(struct month_day *day, uint32_t peer, uint32_t port, enum month_kind kind,
		  uint32_t start, uint32_t n)
{
	uint32_t first = day->first_open[port], n_open = day->first_open[port + 1] - first;

	for (uint32_t i = 0; i < MIN(n, n_open); i++)
		meet(day, peer, day->open[first + (start + i) % n_open].service, kind, i);
}

static void visit(struct month_day *day, uint32_t peer, uint32_t port, bool engine)
{
	enum month_kind kind =
		engine ? KIND_ENGINE : kind_of_port(day->plan->site.ports[port].number);
	uint32_t n_open = day->first_open[port + 1] - day->first_open[port];
	uint32_t own = month_mix(peer, port);

	if (n_open == 0)
		return;
	if (draw_below(&day->draw, ++day->visitors[port].n) == 0) {
		day->visitors[port].peer = peer;
		day->visitors[port].kind = (uint8_t)kind;
	}
	if (kind == KIND_ENGINE) {
		uint32_t n =
			day->plan->quantities.scale < 0.05 ? 1 : draw_between(&day->draw, 1, 3);

		sweep(day, peer, port, kind, own % 4096 + 3 * day->day, n);
	} else if (kind == KIND_SCAN) {
		uint32_t few = draw_between(&day->draw, 1, 4);

		sweep(day, peer, port, kind, own % 4096,
		      draw_below(&day->draw, 10) < 3 ? n_open : few);
	} else {
		meet(day, peer, open_at(day, port, own), kind, 0);
		if (draw_below(&day->draw, 4) == 0) {
			meet(day, peer, open_at(day, port, (uint32_t)draw_u64(&day->draw)), kind,
			     0);
		}
	}
}

/* Engines take all their ports, scanners of several theirs in turn: the Nth on the Nth of their
 * days, and round again. */
static void visit_set(struct month_day *day, uint32_t peer)
{
	const struct month_crowd *c = &day->plan->crowd;
	uint32_t days = c->days[peer], n_days = (uint32_t)__builtin_popcount(days);
	uint32_t rank = (uint32_t)__builtin_popcount(days & (month_day_bit(day->day) - 1));
	uint32_t n_ports = 0, n = 0;

	for (uint32_t port = 0; port < MONTH_PORTS; port++)
		n_ports += month_port_set_has(&c->sets[peer], port);
	for (uint32_t port = 0; port < MONTH_PORTS; port++) {
		if (!month_port_set_has(&c->sets[peer], port))
			continue;
		if (peer < c->first_multi || n % n_days == rank || n == rank % n_ports)
			visit(day, peer, port, peer < c->first_multi);
		n++;
	}
}

static void visit_double(struct month_day *day, uint32_t peer, uint32_t http, uint32_t https)
{
	uint32_t days = day->plan->crowd.days[peer], way = draw_below(&day->draw, 3);
	bool both = (days & -days) == month_day_bit(day->day) || way == 2;

	if (both || way == 0)
		visit(day, peer, http, false);
	if (both || way == 1)
		visit(day, peer, https, false);
}

static void visit_told(struct month_day *day)
{
	const struct month_plan *plan = day->plan;
	uint32_t n_partners = 0;

	for (uint32_t i = 0; i < CROWD_FLOODS && plan->quantities.flood[day->day] > 0; i++) {
		for (uint32_t n = 0; n < plan->n_flooded; n++)
			meet(day, CROWD_FLOOD + i, plan->flooded[n], KIND_FLOOD, 0);
	}
	for (uint32_t i = 0; i < CROWD_ONCES; i++) {
		uint32_t port = month_site_find_port(&plan->site, month_once_port(i));

		if (month_once_day(i) == day->day)
			sweep(day, CROWD_ONCE + i, port, KIND_ONCE, 0, 1);
	}
	for (uint32_t i = 0; i < plan->site.n_hosts; i++) {
		const struct month_host *h = &plan->site.hosts[i];
		uint32_t peer;

		if (h->role != ROLE_PARTNER)
			continue;
		peer = CROWD_PARTNER + n_partners++;
		for (uint32_t s = 0; s < h->n_services; s++) {
			if (h->days & month_day_bit(day->day))
				meet(day, peer, h->first_service + s, KIND_PARTNER, 0);
		}
	}
}

static void visit_all(struct month_day *day)
{
	const struct month_crowd *c = &day->plan->crowd;
	uint32_t http = month_site_find_port(&day->plan->site, 80), bit = month_day_bit(day->day);
	uint32_t https = month_site_find_port(&day->plan->site, 443);

	visit_told(day);
	for (uint32_t i = CROWD_ENGINE; i < c->first_double; i++) {
		if (c->days[i] & bit)
			visit_set(day, i);
	}
	for (uint32_t i = c->first_double; i < c->first_single[0]; i++) {
		if (c->days[i] & bit)
			visit_double(day, i, http, https);
	}
	for (uint32_t port = 0; port < MONTH_PORTS; port++) {
		for (uint32_t i = c->first_single[port]; i < c->first_single[port + 1]; i++) {
			if (c->days[i] & bit)
				visit(day, i, port, false);
		}
	}
}

static void cover(struct month_day *day)
{
	for (uint32_t port = 0; port < MONTH_PORTS; port++) {
		for (uint32_t i = day->first_open[port]; i < day->first_open[port + 1]; i++) {
			uint32_t service = day->open[i].service;

			if (!day->met[service] && day->visitors[port].n > 0) {
				meet(day, day->visitors[port].peer, service,
				     day->visitors[port].kind, i - day->first_open[port]);
			}
		}
	}
}

static uint32_t draw_weight(struct month_day *day, const struct month_meeting *m)
{
	double u = draw_unit(&day->draw);

	switch (m->kind) {
	case KIND_USER:
		return (uint32_t)(40 / (u + 0.02));
	case KIND_MAIL:
		return (uint32_t)(20 / (u + 0.05));
	case KIND_SCAN:
		return month_site_port_number(&day->plan->site, m->service) == 22
			       ? (uint32_t)(30 / (u + 0.05))
			       : 2;
	case KIND_ENGINE:
		return 1;
	case KIND_PARTNER:
		return 30;
	case KIND_FLOOD:
		return 100;
	default:
		return 0;
	}
}

/* Deals PACKETS to the meetings that are, or are not, of the two addresses: one each, the rest by
 * weight, cumulatively rounded. */
static int deal(struct month_day *day, bool flood, uint64_t packets)
{
	uint64_t sum = 0, before = 0, n = 0;

	for (uint32_t i = 0; i < day->n; i++) {
		struct month_meeting *m = &day->meetings[i];

		if ((m->kind == KIND_FLOOD) != flood)
			continue;
		m->packets = draw_weight(day, m);
		sum += m->packets;
		n++;
	}
	if (n > packets || sum == 0)
		return -EDOM;
	packets -= n;
	for (uint32_t i = 0; i < day->n; i++) {
		struct month_meeting *m = &day->meetings[i];
		uint64_t after;

		if ((m->kind == KIND_FLOOD) != flood)
			continue;
		after = before + m->packets;
		m->packets = 1 + (uint32_t)(packets * after / sum - packets * before / sum);
		before = after;
	}
	return 0;
}

int month_day_fill(struct month_day *day, const struct month_plan *plan, uint32_t n)
{
	const struct month_quantities *q = &plan->quantities;
	int ret;

	day->plan = plan;
	day->day = n;
	day->draw = month_plan_draw(plan, n, 0);
	day->n = 0;
	day->failed = false;
	memset(day->met, 0, sizeof(day->met));
	memset(day->visitors, 0, sizeof(day->visitors));
	open_services(day);
	visit_all(day);
	cover(day);
	if (day->failed)
		return -ENOMEM;
	ret = deal(day, false, q->packets[n] - q->flood[n]);
	if (ret == 0 && q->flood[n] > 0)
		ret = deal(day, true, q->flood[n]);
	return ret;
}

void month_day_finish(struct month_day *day)
{
	free(day->meetings);
	day->meetings = NULL;
	day->room = 0;
}
