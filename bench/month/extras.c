/*
 * At full scale 11 in a thousand packets: 850 an hour of the honeypot (60 ports, half of its
 * peers are the crowd's), ten an hour of FTP data to clients inside, and up to two transfers after
 * each answer on port 21 of two of the 19 servers. The clients are ten addresses without services,
 * and two of the hosts. The odd port 60912 is the largest host's, which is no FTP client.
 */
#include "extras.h"

#include <errno.h>
#include <string.h>

#include "load_peers.h"

#define HONEYPOT_AN_HOUR 850
#define ACTIVE_AN_HOUR   10
#define FIRST_DATA_PORT  49152
#define FTP_DATA_PORT    20
#define FTP_CONTROL_PORT 21

static uint32_t draw_outside(struct draw *d)
{
	const struct load_addr a = load_peers_draw_v4(d);

	return (uint32_t)a.bytes[0] << 24 | (uint32_t)a.bytes[1] << 16 | (uint32_t)a.bytes[2] << 8 |
	       a.bytes[3];
}

void month_extras_init(struct month_extras *x, const struct month_plan *plan)
{
	static const uint16_t lures[] = {
		21, 22, 23, 25, 80, 81, 443, 445, 1433, 3306, 3389, 8080
	};
	struct draw d = month_plan_draw(plan, 0, 100);
	uint32_t n = 0;

	*x = (struct month_extras){ .plan = plan };
	for (uint32_t i = 0; i < MONTH_FTP_CLIENTS; i++) {
		x->clients[i] = i + 2 < MONTH_FTP_CLIENTS
					? MONTH_SITE_V4 | draw_between(&d, 128, 249) << 8 |
						  draw_between(&d, 1, 254)
					: plan->site.hosts[30 + i].v4;
	}
	for (uint32_t i = 0; i < MONTH_FTP_SERVERS; i++)
		x->servers[i] = draw_outside(&d);
	for (uint32_t s = 0; s < plan->site.n_services && n < MONTH_PASSIVE_HOSTS; s++) {
		if (month_site_port_number(&plan->site, s) == FTP_CONTROL_PORT)
			x->passive[n++] = (uint16_t)s;
	}
	for (uint32_t i = 0; i < MONTH_HONEYPOT_PORTS; i++) {
		x->honeypot_ports[i] = i < ARRAY_LENGTH(lures)
					       ? lures[i]
					       : (uint16_t)draw_between(&d, 1024, UINT16_MAX);
	}
}

bool month_extras_is_passive(const struct month_extras *x, uint32_t service)
{
	return service == x->passive[0] || service == x->passive[1];
}

uint16_t month_extras_draw_port(struct draw *d)
{
	uint32_t port;

	do {
		port = draw_between(d, FIRST_DATA_PORT, UINT16_MAX);
	} while (port == MONTH_SECOND_ODD_PORT);
	return (uint16_t)port;
}

/* SHARE of a packet is one with that probability. */
static uint32_t draw_count(double wanted, struct draw *d)
{
	uint32_t n = (uint32_t)wanted;

	return n + (draw_unit(d) < wanted - n);
}

uint32_t month_extras_count(const struct month_extras *x, uint32_t hour, struct draw *d)
{
	uint32_t an_hour = HONEYPOT_AN_HOUR + ACTIVE_AN_HOUR;

	/* One at least at noon, however small the month; the first is FTP data. */
	return MAX(draw_count(x->plan->quantities.scale * an_hour, d), hour == 12 ? 1U : 0U);
}

void month_extras_draw(const struct month_extras *x, uint32_t n, struct draw *d,
		       struct month_extra *ret_extra, uint16_t *ret_peer_port)
{
	const struct month_crowd *c = &x->plan->crowd;
	struct month_extra e;

	if (n == 0 || draw_below(d, HONEYPOT_AN_HOUR + ACTIVE_AN_HOUR) < ACTIVE_AN_HOUR) {
		e = (struct month_extra){ .kind = EXTRA_FTP_ACTIVE };
		e.host_v4 = x->clients[draw_below(d, MONTH_FTP_CLIENTS)];
		e.peer_v4 = x->servers[draw_below(d, MONTH_FTP_SERVERS)];
		e.port = month_extras_draw_port(d);
		*ret_peer_port = FTP_DATA_PORT;
	} else {
		e = (struct month_extra){ .kind = EXTRA_HONEYPOT, .host_v4 = MONTH_HONEYPOT_V4 };
		e.peer_v4 = draw_below(d, 2) == 0 ? c->v4[draw_below(d, c->n)] : draw_outside(d);
		e.port = x->honeypot_ports[draw_below(d, MONTH_HONEYPOT_PORTS)];
		*ret_peer_port = (uint16_t)draw_between(d, 1024, UINT16_MAX);
	}
	*ret_extra = e;
}

int month_extras_write_config(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return -errno;
	(void)fprintf(file,
		      "# The campus of January 2019, remade.\n"
		      "[site]\n"
		      "networks = 163.209.0.0/16\n"
		      "timezone = Asia/Tokyo\n"
		      "\n"
		      "[excluded]\n" MONTH_HONEYPOT_ADDRESS " = honeypot of the security course\n");
	return fclose(file) == 0 ? 0 : -errno;
}
