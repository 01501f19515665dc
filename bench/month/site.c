#include "site.h"

#include <errno.h>
#include <string.h>

#include "presence.h"
#include "templates.h"

#define COVERED_NETS    26 /* /24 from 1 up that the active scan was told */
#define OTHER_NETS      30
#define FIRST_OTHER_NET 41
#define DRIFT_HOSTS     4
#define DRIFT_PORTS     16 /* one in so many */

/* Strides, so that hosts lie scattered over their networks and none comes twice. */
static uint32_t draw_address(bool covered, uint32_t n)
{
	uint32_t nets = covered ? COVERED_NETS : OTHER_NETS;
	uint32_t net = (covered ? 1 : FIRST_OTHER_NET) + n % nets;

	return MONTH_SITE_V4 | net << 8 | (1 + (n / nets * 37 + net * 11) % 254);
}

static uint32_t add_port(struct month_site *site, uint16_t number, bool own)
{
	uint32_t at = own ? MONTH_PORTS : month_site_find_port(site, number);

	if (at < MONTH_PORTS)
		return at;
	site->ports[site->n_ports] = (struct month_port){ .number = number, .own = own };
	return site->n_ports++;
}

static void add_service(struct month_site *site, uint32_t host, uint32_t port)
{
	site->ports[port].n_hosts++;
	site->hosts[host].n_services++;
	site->services[site->n_services++] =
		(struct month_service){ .host = (uint16_t)host, .port = (uint16_t)port };
}

static void add_host(struct month_site *site, const struct month_template *t, uint32_t n)
{
	uint32_t host = site->n_hosts++;
	struct month_host *h = &site->hosts[host];

	*h = (struct month_host){ .role = t->role,
				  .rare = n + t->rare >= t->hosts,
				  .scanned = n < t->scanned,
				  .first_service = site->n_services };
	h->covered = h->scanned || host % 9 == 0;
	for (uint32_t i = 0; t->ports[i] != 0; i++)
		add_service(site, host, add_port(site, t->ports[i], false));
	for (uint32_t i = 0; i < t->own; i++)
		add_service(site, host, add_port(site, 0, true));
}

/* Numbers of own ports lie below the ephemeral ports, where FTP data goes. */
static void number_own_port(struct month_site *site, uint32_t port, struct draw *d)
{
	uint16_t number;

	do {
		number = (uint16_t)draw_between(d, 1024, 49151);
	} while (month_site_find_port(site, number) < MONTH_PORTS);
	site->ports[port].number = number;
}

static void give_address(struct month_site *site, struct month_host *h)
{
	h->v4 = draw_address(h->covered, site->n_addresses[h->covered]++);
}

/* A drawn part of the days, never empty. */
static uint32_t draw_days(uint32_t days, struct draw *d)
{
	uint32_t kept = days & (uint32_t)draw_u64(d);

	return kept != 0 ? kept : days & -days;
}

/*
 * A rare host's first service is there whenever the host is, the others on a drawn part of its
 * days. Of a host seen daily, own ports beside others miss days every second time, the two odd
 * ports have the days of their three packets, and all else is there on every day but the gaps of
 * the template.
 */
static uint32_t service_days(const struct month_site *site, const struct month_host *h, uint32_t n,
			     struct draw *d)
{
	const struct month_port *port = &site->ports[site->services[h->first_service + n].port];

	if (port->number == MONTH_FIRST_ODD_PORT)
		return month_day_bit(12);
	if (port->number == MONTH_SECOND_ODD_PORT)
		return month_day_bit(14) | month_day_bit(15);
	if (h->role == ROLE_EXAM || h->role == ROLE_PARTNER || n == 0)
		return h->days;
	if (h->rare)
		return draw_days(h->days, d);
	if (port->own && draw_below(d, 2) == 0)
		return draw_days(h->days, d);
	return h->days;
}

static void mark_ports(struct month_site *site)
{
	for (uint32_t i = 0; i < site->n_ports; i++)
		site->ports[i].always = false;
	for (uint32_t i = 0; i < site->n_services; i++) {
		const struct month_service *s = &site->services[i];
		struct month_port *port = &site->ports[s->port];

		if (s->days == MONTH_ALL_DAYS)
			port->always = true;
		if (site->hosts[s->host].role == ROLE_PARTNER ||
		    port->number == MONTH_FIRST_ODD_PORT || port->number == MONTH_SECOND_ODD_PORT)
			port->closed = true;
	}
}

static void fill_days(struct month_site *site, struct draw *d)
{
	for (uint32_t i = 0; i < site->n_hosts; i++) {
		const struct month_host *h = &site->hosts[i];

		for (uint32_t n = 0; n < h->n_services; n++) {
			site->services[h->first_service + n].days = service_days(site, h, n, d);
		}
	}
}

/* The gaps of a template: hosts seen daily, one port of theirs is not. */
static void open_gaps(struct month_site *site, struct draw *d)
{
	uint32_t host = 0;

	for (uint32_t i = 0; i < month_n_templates; host += month_templates[i++].hosts) {
		const struct month_template *t = &month_templates[i];
		uint32_t port = month_site_find_port(site, t->gap_port);

		for (uint32_t n = 0; n < t->gap_hosts; n++) {
			const struct month_host *h = &site->hosts[host + n];
			uint32_t missed = month_day_bit(draw_below(d, MONTH_DAYS));

			missed |= month_day_bit(draw_below(d, MONTH_DAYS));
			for (uint32_t s = 0; s < h->n_services; s++) {
				struct month_service *service =
					&site->services[h->first_service + s];

				if (service->port == port)
					service->days &= ~missed;
			}
		}
	}
}

static int lay_out_days(struct month_site *site, struct draw *d)
{
	int ret;

	for (uint32_t i = 0; i < site->n_hosts; i++)
		site->hosts[i].days = MONTH_ALL_DAYS;
	ret = month_presence_fill(site, d);
	if (ret < 0)
		return ret;
	fill_days(site, d);
	open_gaps(site, d);
	mark_ports(site);
	return 0;
}

uint16_t month_site_port_number(const struct month_site *site, uint32_t service)
{
	return site->ports[site->services[service].port].number;
}

uint32_t month_site_find_port(const struct month_site *site, uint16_t number)
{
	for (uint32_t i = 0; i < site->n_ports; i++) {
		if (site->ports[i].number == number)
			return i;
	}
	return MONTH_PORTS;
}

int month_site_init(struct month_site *site, struct draw *d)
{
	memset(site, 0, sizeof(*site));
	for (uint32_t i = 0; i < month_n_templates; i++) {
		for (uint32_t n = 0; n < month_templates[i].hosts; n++)
			add_host(site, &month_templates[i], n);
	}
	if (site->n_hosts != MONTH_HOSTS || site->n_services != MONTH_SERVICES ||
	    site->n_ports != MONTH_PORTS)
		return -EDOM;
	for (uint32_t i = 0; i < site->n_hosts; i++)
		give_address(site, &site->hosts[i]);
	for (uint32_t i = 0; i < site->n_ports; i++) {
		if (site->ports[i].own)
			number_own_port(site, i, d);
	}
	return lay_out_days(site, d);
}

int month_site_drift(struct month_site *site, struct draw *d)
{
	for (uint32_t n = 0; n < DRIFT_HOSTS;) {
		struct month_host *h = &site->hosts[draw_below(d, site->n_hosts)];

		if (!h->rare)
			continue;
		give_address(site, h);
		n++;
	}
	for (uint32_t i = 0; i < site->n_ports; i++) {
		if (site->ports[i].own && draw_below(d, DRIFT_PORTS) == 0)
			number_own_port(site, i, d);
	}
	return lay_out_days(site, d);
}
