/*
 * January 2019 as the source describes it, planned so that every figure holds to its printed
 * digits. How each is met:
 *
 * - Packets a day, external hosts a day: tables (quantities.c). A day's packets are dealt to its
 *   meetings of a peer and a service, one each and the rest by weight, so the sum is exact (day.c).
 * - 24 January: the two addresses get 10,678,115 of the day's packets, and 186,294 of 1,693,584 on
 *   the 26th (11.0 %). They knock on 22, 443 and 8080 of the first 95 hosts that serve one of these
 *   every day.
 * - Hosts, ports, tables 1 and 3, shared port sets: kinds of host (templates.c) whose row sums are
 *   table 3 and whose column sums are the hosts of tables 1 and 2.
 * - Daily hosts, days seen, hosts a day, new hosts: margins as tables, laid out by a flow
 *   (presence.c). The days of a service: site.c.
 * - The ten near-daily hosts are roles: name servers with 53 and one other port (22 for two of
 *   them), hosts with own ports and one partner each, and a web server that misses the 19th and
 *   20th.
 * - External hosts of the month and of each port (table 2): port sets of the crowd (crowd.c).
 *   External hosts a day: its sets of days (crowd_days.c). The two are free of each other, because
 *   whoever comes on a day knocks on one of its ports, and each of its ports gets a day.
 * - That each service is met on each of its days and no other: search engines that come every day
 *   and see every port; who meets the services that nobody asked for is drawn at the day's end
 *   (day.c).
 * - The 59-port host's three packets: three peers of one packet each, hour and ports as printed.
 * - FTP data connections and a honeypot come on top (extras.c), and nothing else can be marked:
 *   nobody who knocks on 21 knocks on a port above 1023, and source port 20 is used, but for FTP
 *   data, only against ports that commonly serve (22, 80, 3389), as attackers do.
 *
 * Freedom that the source leaves: see the heads of quantities.c (days), templates.c (ports that it
 * does not name), crowd_addresses.c (where peers live), rhythm.c (hours), day.c (who meets whom,
 * how often), hour.c (seconds, peer ports, retransmissions), nessus.c (the scan).
 *
 * The months after January, which nobody published, make a year for benches. Each has the length
 * that the calendar gives it, and on its Nth day what January's plan has for the Nth: weekdays,
 * the two addresses and the three packets are January's, and the days beyond the month's end are
 * left out (so one of 28 days has peers and hosts less than the plan). The site drifts a little
 * (month_site_drift), and four in five of the peers are drawn anew (crowd_addresses.c). A month is
 * made from the seed and its number alone, without those between.
 *
 * A smaller scale keeps hosts, ports, services and their days. Packets and peers shrink, but a port
 * keeps the engines that ask for it, so small ports have more peers than their share.
 */
#include "plan.h"

#include <string.h>

#include "facts.h"

static bool is_flooded(uint16_t port)
{
	return port == 22 || port == 443 || port == 8080;
}

static void choose_flooded(struct month_plan *p)
{
	const struct month_site *site = &p->site;
	uint32_t n_hosts = 0;

	for (uint32_t i = 0; i < site->n_hosts && n_hosts < MONTH_FLOOD_HOSTS; i++) {
		const struct month_host *h = &site->hosts[i];
		uint32_t before = p->n_flooded;

		for (uint32_t s = h->first_service; s < h->first_service + h->n_services; s++) {
			if (site->services[s].days == MONTH_ALL_DAYS &&
			    is_flooded(month_site_port_number(site, s)))
				p->flooded[p->n_flooded++] = (uint16_t)s;
		}
		n_hosts += p->n_flooded > before;
	}
}

struct draw month_plan_draw(const struct month_plan *p, uint32_t day, uint32_t part)
{
	struct draw d = { p->seed ^ (uint64_t)(day + 1) << 32 ^ (uint64_t)(p->month - 1) << 40 ^
			  (uint64_t)(part + 1) << 48 };

	d.state = draw_u64(&d);
	return d;
}

static void set_calendar(struct month_plan *p, uint32_t month)
{
	static const uint8_t lengths[MONTHS] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	p->month = month;
	p->n_days = lengths[month - 1];
	p->start_ns = MONTH_START_NS;
	for (uint32_t i = 0; i + 1 < month; i++)
		p->start_ns += lengths[i] * MONTH_DAY_S * 1000000000ULL;
}

/* From January's site and crowd to the month's. */
static int drift(struct month_plan *p)
{
	struct month_crowd january = p->crowd;
	struct draw d;
	int ret = 0;

	memset(&p->crowd, 0, sizeof(p->crowd));
	for (uint32_t month = 2; month <= p->month && ret == 0; month++) {
		d = (struct draw){ p->seed ^ (uint64_t)month << 56 };
		d.state = draw_u64(&d);
		ret = month_site_drift(&p->site, &d);
	}
	month_quantities_init(&p->quantities, &p->site, p->quantities.scale);
	if (ret == 0)
		ret = month_crowd_init(&p->crowd, &p->site, &p->quantities, &january, &d);
	month_crowd_finish(&january);
	return ret;
}

int month_plan_init(struct month_plan *p, uint64_t seed, double scale, uint32_t month)
{
	struct draw d = { seed };
	int ret;

	memset(p, 0, sizeof(*p));
	p->seed = seed;
	set_calendar(p, month);
	ret = month_site_init(&p->site, &d);
	if (ret < 0)
		return ret;
	month_quantities_init(&p->quantities, &p->site, scale);
	ret = month_crowd_init(&p->crowd, &p->site, &p->quantities, NULL, &d);
	if (ret == 0 && month > 1)
		ret = drift(p);
	choose_flooded(p);
	return ret;
}

void month_plan_finish(struct month_plan *p)
{
	month_crowd_finish(&p->crowd);
}

static void count_hosts(const struct month_site *site, struct month_counts *c)
{
	for (uint32_t i = 0; i < site->n_hosts; i++) {
		struct month_counted_host *h = &c->hosts[c->n_hosts++];

		h->days = site->hosts[i].days;
		h->n_ports = site->hosts[i].n_services;
		for (uint32_t s = 0; s < h->n_ports; s++) {
			uint32_t service = site->hosts[i].first_service + s;
			uint16_t port = month_site_port_number(site, service);

			c->ports[port].hosts++;
			c->ports[port].daily += site->services[service].days == MONTH_ALL_DAYS;
			if (s < MONTH_COUNTED_PORTS)
				h->ports[s] = port;
		}
		h->peers = site->hosts[i].role == ROLE_PARTNER ? 1 : 2;
	}
}

static void count_peers(const struct month_plan *p, struct month_counts *c)
{
	c->peers = p->crowd.n;
	for (uint32_t i = 0; i < p->crowd.n; i++) {
		for (uint32_t day = 0; day < MONTH_DAYS; day++)
			c->peers_of_day[day] += p->crowd.days[i] >> day & 1;
	}
	for (uint32_t i = 0; i < p->site.n_ports; i++)
		c->ports[p->site.ports[i].number].peers = p->crowd.port_peers[i];
}

void month_plan_count(const struct month_plan *p, struct month_counts *ret_counts)
{
	struct month_counts *c = ret_counts;
	bool answered[MONTH_HOSTS] = { false };

	memset(c, 0, sizeof(*c));
	count_hosts(&p->site, c);
	count_peers(p, c);
	for (uint32_t day = 0; day < MONTH_DAYS; day++) {
		c->packets[day] = p->quantities.packets[day];
		c->flood[day] = p->quantities.flood[day];
	}
	for (uint32_t i = 0; i < p->n_flooded; i++)
		answered[p->site.services[p->flooded[i]].host] = true;
	for (uint32_t i = 0; i < MONTH_HOSTS; i++)
		c->flood_hosts += answered[i];
	c->odd_packets = CROWD_ONCES;
}
