#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recount.h"

#define DAYS_MOST 31

typedef void (*recount_writer)(const struct recount *r, FILE *file);

static void write_address(FILE *file, uint32_t v4)
{
	(void)fprintf(file, "%u.%u.%u.%u", v4 >> 24, v4 >> 16 & 255, v4 >> 8 & 255, v4 & 255);
}

static void write_date(const struct recount *r, FILE *file, uint32_t day)
{
	(void)fprintf(file, "2019-%02u-%02u,", r->month, day + 1);
}

static void write_days(const struct recount *r, FILE *file)
{
	const struct month_counts *c = r->counts;

	(void)fprintf(file, "date,packets,hosts,new_hosts,peers\n");
	for (uint32_t day = 0; day < r->n_days; day++) {
		uint32_t hosts = 0, new = 0;

		for (uint32_t i = 0; i < c->n_hosts; i++) {
			hosts += c->hosts[i].days >> day & 1;
			new += (uint32_t)__builtin_ctz(c->hosts[i].days) == day;
		}
		write_date(r, file, day);
		(void)fprintf(file, "%llu,%u,%u,%u\n", (unsigned long long)c->packets[day], hosts,
			      new, c->peers_of_day[day]);
	}
}

static void write_ports(const struct recount *r, FILE *file)
{
	(void)fprintf(file, "port,packets,hosts,daily_hosts,peers\n");
	for (uint32_t port = 0; port < 65536; port++) {
		uint64_t packets = 0;

		if (r->counts->ports[port].hosts == 0)
			continue;
		for (uint32_t i = 0; i < r->n_services; i++) {
			if (r->services[i].port == port)
				packets += r->services[i].packets;
		}
		(void)fprintf(file, "%u,%llu,%u,%u,%u\n", port, (unsigned long long)packets,
			      r->counts->ports[port].hosts, r->counts->ports[port].daily,
			      r->counts->ports[port].peers);
	}
}

/* A pointer to a service and what it is sorted by. */
struct sorted_service {
	uint64_t key;
	const struct recount_service *service;
};

static int compare_services(const void *x, const void *y)
{
	const struct sorted_service *a = x, *b = y;

	return a->key < b->key ? -1 : a->key > b->key;
}

static void write_services(const struct recount *r, FILE *file)
{
	static struct sorted_service sorted[RECOUNT_SERVICES_MOST];

	for (uint32_t i = 0; i < r->n_services; i++) {
		const struct recount_service *s = &r->services[i];
		uint64_t v4 = r->counts->hosts[s->host].v4;

		sorted[i] = (struct sorted_service){ v4 << 16 | s->port, s };
	}
	qsort(sorted, r->n_services, sizeof(sorted[0]), compare_services);
	(void)fprintf(file, "address,port,packets,peers,days\n");
	for (uint32_t i = 0; i < r->n_services; i++) {
		const struct recount_service *s = sorted[i].service;
		uint32_t peers = 0;

		for (uint32_t w = 0; w < RECOUNT_PEERS_MOST / 64; w++)
			peers += (uint32_t)__builtin_popcountll(s->peers[w]);
		write_address(file, r->counts->hosts[s->host].v4);
		(void)fprintf(file, ",%u,%llu,%u,%d\n", s->port, (unsigned long long)s->packets,
			      peers, __builtin_popcount(s->days));
	}
}

static void write_days_seen(const struct recount *r, FILE *file)
{
	uint32_t with[DAYS_MOST + 1] = { 0 };

	for (uint32_t i = 0; i < r->counts->n_hosts; i++)
		with[__builtin_popcount(r->counts->hosts[i].days)]++;
	(void)fprintf(file, "days,hosts\n");
	for (uint32_t i = 1; i <= r->n_days; i++)
		(void)fprintf(file, "%u,%u\n", i, with[i]);
}

static void write_ports_of_host(const struct recount *r, FILE *file)
{
	static uint32_t with[65536];

	memset(with, 0, sizeof(with));
	for (uint32_t i = 0; i < r->counts->n_hosts; i++)
		with[r->counts->hosts[i].n_ports]++;
	(void)fprintf(file, "ports,hosts\n");
	for (uint32_t i = 1; i < 65536; i++) {
		if (with[i] > 0)
			(void)fprintf(file, "%u,%u\n", i, with[i]);
	}
}

static void write_busiest(const struct recount *r, FILE *file)
{
	(void)fprintf(file, "date,address,packets\n");
	for (uint32_t day = 0; day < r->n_days; day++) {
		for (uint32_t i = 0; i < RECOUNT_BUSIEST; i++) {
			write_date(r, file, day);
			write_address(file, r->busiest[day][i].v4);
			(void)fprintf(file, ",%u\n", r->busiest[day][i].packets);
		}
	}
}

static void write_totals(const struct recount *r, FILE *file)
{
	uint64_t packets = 0;
	uint32_t daily = 0, ports = 0;

	for (uint32_t day = 0; day < r->n_days; day++)
		packets += r->counts->packets[day];
	for (uint32_t i = 0; i < r->counts->n_hosts; i++)
		daily += r->counts->hosts[i].days == (1U << r->n_days) - 1;
	for (uint32_t port = 0; port < 65536; port++)
		ports += r->counts->ports[port].hosts > 0;
	(void)fprintf(file,
		      "figure,value\npackets,%llu\nhosts,%u\ndaily_hosts,%u\npeers,%u\nports,%u\n"
		      "services,%u\n",
		      (unsigned long long)packets, r->counts->n_hosts, daily, r->counts->peers,
		      ports, r->n_services);
}

static int compare_addresses(const void *x, const void *y)
{
	const struct recount_peer *a = x, *b = y;

	return a->v4 < b->v4 ? -1 : a->v4 > b->v4;
}

/* Sorts the peers themselves: nothing is counted after it. */
static void write_peers(const struct recount *r, FILE *file)
{
	qsort(r->peers, r->counts->peers, sizeof(r->peers[0]), compare_addresses);
	(void)fprintf(file, "address\n");
	for (uint32_t i = 0; i < r->counts->peers; i++) {
		write_address(file, r->peers[i].v4);
		(void)fputc('\n', file);
	}
}

static void write_left_out(const struct recount *r, FILE *file)
{
	(void)fprintf(file, "what,packets\nftp_active,%llu\nftp_passive,%llu\nhoneypot,%llu\n",
		      (unsigned long long)r->ftp_active, (unsigned long long)r->ftp_passive,
		      (unsigned long long)r->left_out);
}

int recount_write(const struct recount *r, const char *folder)
{
	static const struct {
		const char *name;
		recount_writer write;
	} files[] = { { "days", write_days },
		      { "ports", write_ports },
		      { "services", write_services },
		      { "days_seen", write_days_seen },
		      { "ports_of_host", write_ports_of_host },
		      { "busiest", write_busiest },
		      { "totals", write_totals },
		      { "left_out", write_left_out },
		      { "peers", write_peers } };

	for (uint32_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[4096];
		FILE *file;

		if (snprintf(path, sizeof(path), "%s/%s.csv", folder, files[i].name) >=
		    (int)sizeof(path))
			return -ENAMETOOLONG;
		file = fopen(path, "w");
		if (!file)
			return -errno;
		files[i].write(r, file);
		if (fclose(file) != 0)
			return -errno;
	}
	return 0;
}
