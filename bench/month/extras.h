/*
 * What comes on top of the month: FTP data connections and a honeypot.
 * Comes in: the plan. Goes out: endpoints of packets that reports leave out, because they are
 * marked (the source's two rules) or because a configuration excludes the host.
 */
#ifndef SEKIMORI_BENCH_MONTH_EXTRAS_H
#define SEKIMORI_BENCH_MONTH_EXTRAS_H

#include <stdio.h>

#include "plan.h"

#define MONTH_FTP_CLIENTS      12
#define MONTH_FTP_SERVERS      40
#define MONTH_PASSIVE_HOSTS    2
#define MONTH_HONEYPOT_PORTS   60
#define MONTH_HONEYPOT_ADDRESS "163.209.250.9"
#define MONTH_HONEYPOT_V4      0xa3d1fa09U

enum month_extra_kind {
	EXTRA_FTP_ACTIVE,  /* an inside client answers port 20 of a server outside */
	EXTRA_FTP_PASSIVE, /* an inside server answers on a fresh port after port 21 */
	EXTRA_HONEYPOT,
	EXTRA_KINDS
};

struct month_extra {
	uint32_t host_v4, peer_v4;
	uint16_t port;
	uint8_t kind;
};

struct month_extras {
	const struct month_plan *plan;
	uint32_t clients[MONTH_FTP_CLIENTS]; /* the last two have services as well */
	uint32_t servers[MONTH_FTP_SERVERS];
	uint16_t passive[MONTH_PASSIVE_HOSTS]; /* their services on port 21 */
	uint16_t honeypot_ports[MONTH_HONEYPOT_PORTS];
};

void month_extras_init(struct month_extras *x, const struct month_plan *plan);

bool month_extras_is_passive(const struct month_extras *x, uint32_t service);

/* A port for data: 49152 and up, where no service is. */
uint16_t month_extras_draw_port(struct draw *d);

/* How many extras an hour has that do not follow an ordinary packet; then each of them. */
uint32_t month_extras_count(const struct month_extras *x, uint32_t hour, struct draw *d);
void month_extras_draw(const struct month_extras *x, uint32_t n, struct draw *d,
		       struct month_extra *ret_extra, uint16_t *ret_peer_port);

/* A configuration for the product: networks, timezone, the honeypot. Returns 0 or -errno. */
must_check int month_extras_write_config(const char *path);

#endif
