/*
 * The active scan, from one address outside: 162 of the hosts, 147 ports, 1 to 89 hosts a port, 1
 * to 57 ports a host. Which hosts it finds is told in templates.c. It was told the networks
 * 163.209.1.0/24 to 163.209.26.0/24, where the passive side knows some hosts more; of the largest
 * host it misses the two odd ports, for nobody listens there any more.
 *
 * It runs on Saturday, 2 February 2019, from 9 o'clock, after the month: read into the same store
 * it leaves January's figures alone, and the scanner's address tells its packets apart. Every open
 * port answers the SYN scan, then one to twelve connections of the checks. Where it comes to a port
 * above 1023 after port 21 of the same host it is marked as FTP data, rightly by the rule; all such
 * ports here are among those that commonly serve, so none of them is hidden.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "stream.h"

#define SCANNER_V4    0xc633640aU /* 198.51.100.10 */
#define SCAN_START_NS (MONTH_START_NS + (32ULL * 24 + 9) * 3600 * 1000000000ULL)
#define SYN_SCAN_S    3600U
#define CHECKS_S      18000U
#define CHECKS_MOST   12
#define SCANNER_PORT  1024
#define EVENTS_MOST   ((size_t)MONTH_SERVICES * (1 + CHECKS_MOST))

struct event {
	uint64_t time_us;
	uint16_t service, peer_port;
};

static bool is_found(const struct month_site *site, uint32_t service)
{
	uint16_t port = month_site_port_number(site, service);

	return site->hosts[site->services[service].host].scanned && port != MONTH_FIRST_ODD_PORT &&
	       port != MONTH_SECOND_ODD_PORT;
}

static int compare_events(const void *x, const void *y)
{
	const struct event *a = x, *b = y;

	if (a->time_us != b->time_us)
		return a->time_us < b->time_us ? -1 : 1;
	return a->service - b->service;
}

static uint32_t fill(const struct month_plan *plan, struct event *events)
{
	struct draw d = month_plan_draw(plan, 0, 200);
	uint32_t n = 0;

	for (uint32_t s = 0; s < plan->site.n_services; s++) {
		uint32_t checks = draw_between(&d, 1, CHECKS_MOST);

		if (!is_found(&plan->site, s))
			continue;
		for (uint32_t i = 0; i <= checks; i++) {
			uint64_t second = i == 0 ? draw_below(&d, SYN_SCAN_S)
						 : SYN_SCAN_S + draw_below(&d, CHECKS_S);

			events[n] = (struct event){ .time_us = second * 1000000,
						    .service = (uint16_t)s };
			events[n].time_us += draw_below(&d, 1000000);
			events[n++].peer_port = (uint16_t)draw_between(&d, SCANNER_PORT, 65535);
		}
	}
	qsort(events, n, sizeof(events[0]), compare_events);
	return n;
}

static int compare_ends(const void *x, const void *y)
{
	const uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a < b ? -1 : a > b;
}

/* What it finds, as nessus.csv in FOLDER, which is made if need be. */
static int write_account(const struct month_plan *plan, const char *folder)
{
	const struct month_site *site = &plan->site;
	uint64_t ends[MONTH_SERVICES];
	uint32_t n = 0;
	char path[4096];
	FILE *file;

	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return -errno;
	if (snprintf(path, sizeof(path), "%s/nessus.csv", folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	file = fopen(path, "w");
	if (!file)
		return -errno;
	for (uint32_t s = 0; s < site->n_services; s++) {
		if (is_found(site, s)) {
			ends[n++] = (uint64_t)site->hosts[site->services[s].host].v4 << 16 |
				    month_site_port_number(site, s);
		}
	}
	qsort(ends, n, sizeof(ends[0]), compare_ends);
	(void)fprintf(file, "address,port\n");
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v4 = (uint32_t)(ends[i] >> 16);

		(void)fprintf(file, "%u.%u.%u.%u,%u\n", v4 >> 24, v4 >> 16 & 255, v4 >> 8 & 255,
			      v4 & 255, (unsigned)(ends[i] & UINT16_MAX));
	}
	return fclose(file) == 0 ? 0 : -errno;
}

int month_nessus_write(const struct month_plan *plan, struct load_pcap *pcap, const char *account)
{
	struct event *events = calloc(EVENTS_MOST, sizeof(events[0]));
	uint32_t n = events ? fill(plan, events) : 0;
	int ret = events ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < n && ret == 0; i++) {
		const struct month_service *s = &plan->site.services[events[i].service];
		const struct month_extra ends = { .host_v4 = plan->site.hosts[s->host].v4,
						  .peer_v4 = SCANNER_V4,
						  .port = plan->site.ports[s->port].number };

		ret = month_stream_append(pcap, SCAN_START_NS + events[i].time_us * 1000, &ends,
					  events[i].peer_port);
	}
	free(events);
	if (ret == 0)
		ret = load_pcap_flush(pcap);
	if (ret == 0 && account)
		ret = write_account(plan, account);
	return ret;
}
