/*
 * The campus of the remade month: which host serves which ports, on which days, at what address.
 * Comes in: the seed's draws. Goes out: 270 hosts, 207 ports and 1,016 services, so that the
 * source's table 3, the hosts of its tables 1 and 2, table 1's daily hosts, the days seen and the
 * hosts of each day hold at once.
 */
#ifndef SEKIMORI_BENCH_MONTH_SITE_H
#define SEKIMORI_BENCH_MONTH_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

#include "load_draw.h"

#define MONTH_DAYS     31
#define MONTH_HOSTS    270
#define MONTH_PORTS    207
#define MONTH_SERVICES 1016
#define MONTH_RARE     66 /* hosts not seen on every day */
#define MONTH_ALL_DAYS 0x7fffffffU

#define MONTH_SITE_V4 0xa3d10000U /* 163.209.0.0/16 */

/* Sets of days are words: bit d is the (d + 1)th of January. */
static inline uint32_t month_day_bit(unsigned day)
{
	return 1U << day;
}

enum month_role {
	ROLE_ORDINARY,
	ROLE_NAME_SERVER, /* 53 and one administration port, rarely asked */
	ROLE_PARTNER,     /* unusual ports only, and one fixed partner */
	ROLE_EXAM,        /* a web server that was off on 19 and 20 January */
	ROLE_LARGEST,     /* the one with 59 ports */
};

struct month_host {
	uint32_t v4;
	uint32_t days;
	uint32_t first_service, n_services;
	enum month_role role;
	bool rare;
	bool scanned; /* the active scan finds it */
	bool covered; /* the active scan was told its network */
};

struct month_service {
	uint16_t host, port; /* places in hosts and ports */
	uint32_t days;
};

struct month_port {
	uint16_t number;
	uint16_t n_hosts;
	bool own;    /* of one host alone, its number is drawn */
	bool closed; /* its peers are told one by one: partners, and the three packets */
	bool always; /* some host serves it on every day */
};

struct month_site {
	struct month_host hosts[MONTH_HOSTS];          /* by template */
	struct month_service services[MONTH_SERVICES]; /* a host's lie together */
	struct month_port ports[MONTH_PORTS];
	uint32_t n_hosts, n_services, n_ports;
	uint32_t n_addresses[2]; /* handed out; of networks that are covered: [1] */
};

#define MONTH_FIRST_ODD_PORT  33020 /* the largest host's two, seen in three packets */
#define MONTH_SECOND_ODD_PORT 60912

/* Returns 0, or -EDOM when the hosts' days cannot be laid out: a mistake in the tables. */
must_check int month_site_init(struct month_site *site, struct draw *d);

/*
 * What a month changes: 4 of the 66 rare hosts have moved to another address, one own port in 16
 * has another number, and the rare come on other days. D: the month's draws. The last of several
 * months has its days. As month_site_init.
 */
must_check int month_site_drift(struct month_site *site, struct draw *d);

uint16_t month_site_port_number(const struct month_site *site, uint32_t service);

/* The place of port NUMBER, or MONTH_PORTS. */
uint32_t month_site_find_port(const struct month_site *site, uint16_t number);

#endif
