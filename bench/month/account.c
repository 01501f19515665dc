#include "account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int month_account_init(struct month_account *a, const struct month_plan *plan)
{
	memset(a, 0, sizeof(*a));
	a->plan = plan;
	a->words = plan->crowd.n / 64 + 1;
	a->met = calloc((size_t)MONTH_SERVICES * a->words, sizeof(a->met[0]));
	a->day_packets = calloc(plan->crowd.n, sizeof(a->day_packets[0]));
	return a->met && a->day_packets ? 0 : -ENOMEM;
}

void month_account_finish(struct month_account *a)
{
	free(a->met);
	free(a->day_packets);
	memset(a, 0, sizeof(*a));
}

/* Most packets first, then by address. */
static bool is_busier(const struct month_account *a, uint32_t peer, uint32_t packets, uint32_t day,
		      uint32_t rank)
{
	uint32_t other = a->busiest[day][rank].packets;

	return packets > other ||
	       (packets == other && packets > 0 &&
		a->plan->crowd.v4[peer] < a->plan->crowd.v4[a->busiest[day][rank].peer]);
}

static void note_busiest(struct month_account *a, uint32_t day, uint32_t peer, uint32_t packets)
{
	for (uint32_t rank = 0; rank < ARRAY_LENGTH(a->busiest[0]); rank++) {
		if (!is_busier(a, peer, packets, day, rank))
			continue;
		for (uint32_t i = ARRAY_LENGTH(a->busiest[0]) - 1; i > rank; i--)
			a->busiest[day][i] = a->busiest[day][i - 1];
		a->busiest[day][rank].peer = peer;
		a->busiest[day][rank].packets = packets;
		return;
	}
}

void month_account_end_day(struct month_account *a, uint32_t day)
{
	for (uint32_t i = 0; i < a->plan->crowd.n; i++) {
		if (a->day_packets[i] == 0)
			continue;
		a->peers_of_day[day]++;
		note_busiest(a, day, i, a->day_packets[i]);
		a->day_packets[i] = 0;
	}
}

static uint32_t count_bits(const uint64_t *words, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (uint32_t)__builtin_popcountll(words[i]);
	return sum;
}

/* Distinct peers of all services of a port; of all ports for MONTH_PORTS. UNITED is scratch. */
static uint32_t count_united(const struct month_account *a, uint32_t port, uint64_t *united)
{
	memset(united, 0, a->words * sizeof(united[0]));
	for (uint32_t s = 0; s < MONTH_SERVICES; s++) {
		const uint64_t *met = a->met + (uint64_t)s * a->words;

		if (port != MONTH_PORTS && a->plan->site.services[s].port != port)
			continue;
		for (uint32_t i = 0; i < a->words; i++)
			united[i] |= met[i];
	}
	return count_bits(united, a->words);
}

static uint32_t all_days(const struct month_account *a)
{
	return (1U << a->plan->n_days) - 1;
}

static uint32_t host_days(const struct month_account *a, uint32_t host)
{
	const struct month_host *h = &a->plan->site.hosts[host];
	uint32_t days = 0;

	for (uint32_t s = h->first_service; s < h->first_service + h->n_services; s++)
		days |= a->days[s];
	return days;
}

static void write_address(FILE *file, uint32_t v4)
{
	(void)fprintf(file, "%u.%u.%u.%u", v4 >> 24, v4 >> 16 & 255, v4 >> 8 & 255, v4 & 255);
}

static void write_date(const struct month_account *a, FILE *file, uint32_t day)
{
	(void)fprintf(file, "2019-%02u-%02u,", a->plan->month, day + 1);
}

static void write_days(const struct month_account *a, FILE *file)
{
	(void)fprintf(file, "date,packets,hosts,new_hosts,peers\n");
	for (uint32_t day = 0; day < a->plan->n_days; day++) {
		uint32_t hosts = 0, new = 0;

		for (uint32_t i = 0; i < MONTH_HOSTS; i++) {
			uint32_t days = host_days(a, i);

			hosts += days >> day & 1;
			new += (days & -days) == month_day_bit(day);
		}
		write_date(a, file, day);
		(void)fprintf(file, "%llu,%u,%u,%u\n", (unsigned long long)a->packets_of_day[day],
			      hosts, new, a->peers_of_day[day]);
	}
}

static int compare_u64(const void *x, const void *y)
{
	const uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a < b ? -1 : a > b;
}

static int write_ports(const struct month_account *a, FILE *file)
{
	uint64_t *united = calloc(a->words, sizeof(united[0]));
	uint64_t order[MONTH_PORTS];

	if (!united)
		return -ENOMEM;
	for (uint32_t i = 0; i < MONTH_PORTS; i++)
		order[i] = (uint64_t)a->plan->site.ports[i].number << 32 | i;
	qsort(order, MONTH_PORTS, sizeof(order[0]), compare_u64);
	(void)fprintf(file, "port,packets,hosts,daily_hosts,peers\n");
	for (uint32_t i = 0; i < MONTH_PORTS; i++) {
		uint32_t port = (uint32_t)order[i], hosts = 0, daily = 0;
		uint64_t packets = 0;

		for (uint32_t s = 0; s < MONTH_SERVICES; s++) {
			if (a->plan->site.services[s].port != port)
				continue;
			packets += a->packets[s];
			hosts += a->days[s] != 0;
			daily += a->days[s] == all_days(a);
		}
		if (hosts == 0)
			continue;
		(void)fprintf(file, "%u,%llu,%u,%u,%u\n", a->plan->site.ports[port].number,
			      (unsigned long long)packets, hosts, daily,
			      count_united(a, port, united));
	}
	free(united);
	return 0;
}

static void write_services(const struct month_account *a, FILE *file)
{
	const struct month_site *site = &a->plan->site;
	uint64_t order[MONTH_SERVICES];

	for (uint32_t s = 0; s < MONTH_SERVICES; s++) {
		order[s] = (uint64_t)site->hosts[site->services[s].host].v4 << 32 |
			   (uint32_t)month_site_port_number(site, s) << 16 | s;
	}
	qsort(order, MONTH_SERVICES, sizeof(order[0]), compare_u64);
	(void)fprintf(file, "address,port,packets,peers,days\n");
	for (uint32_t i = 0; i < MONTH_SERVICES; i++) {
		uint32_t s = order[i] & UINT16_MAX;

		if (a->days[s] == 0)
			continue;
		write_address(file, (uint32_t)(order[i] >> 32));
		(void)fprintf(file, ",%u,%llu,%u,%d\n", (unsigned)(order[i] >> 16 & UINT16_MAX),
			      (unsigned long long)a->packets[s],
			      count_bits(a->met + (uint64_t)s * a->words, a->words),
			      __builtin_popcount(a->days[s]));
	}
}

static uint32_t host_ports(const struct month_account *a, uint32_t host)
{
	const struct month_host *h = &a->plan->site.hosts[host];
	uint32_t n = 0;

	for (uint32_t s = h->first_service; s < h->first_service + h->n_services; s++)
		n += a->days[s] != 0;
	return n;
}

static void write_histograms(const struct month_account *a, FILE *days_seen, FILE *ports_of_host)
{
	uint32_t with_days[MONTH_DAYS + 1] = { 0 }, with_ports[64] = { 0 };

	for (uint32_t i = 0; i < MONTH_HOSTS; i++) {
		with_days[__builtin_popcount(host_days(a, i))]++;
		with_ports[host_ports(a, i)]++;
	}
	(void)fprintf(days_seen, "days,hosts\n");
	for (uint32_t i = 1; i <= a->plan->n_days; i++)
		(void)fprintf(days_seen, "%u,%u\n", i, with_days[i]);
	(void)fprintf(ports_of_host, "ports,hosts\n");
	for (uint32_t i = 1; i < 64; i++) {
		if (with_ports[i] > 0)
			(void)fprintf(ports_of_host, "%u,%u\n", i, with_ports[i]);
	}
}

static void write_busiest(const struct month_account *a, FILE *file)
{
	(void)fprintf(file, "date,address,packets\n");
	for (uint32_t day = 0; day < a->plan->n_days; day++) {
		for (uint32_t rank = 0; rank < ARRAY_LENGTH(a->busiest[0]); rank++) {
			write_date(a, file, day);
			write_address(file, a->plan->crowd.v4[a->busiest[day][rank].peer]);
			(void)fprintf(file, ",%u\n", a->busiest[day][rank].packets);
		}
	}
}

static uint32_t count_ports(const struct month_account *a)
{
	bool seen[MONTH_PORTS] = { false };
	uint32_t n = 0;

	for (uint32_t s = 0; s < MONTH_SERVICES; s++) {
		uint32_t port = a->plan->site.services[s].port;

		n += a->days[s] != 0 && !seen[port];
		seen[port] |= a->days[s] != 0;
	}
	return n;
}

static int write_totals(const struct month_account *a, FILE *file)
{
	uint64_t *united = calloc(a->words, sizeof(united[0])), packets = 0;
	uint32_t hosts = 0, daily = 0, services = 0;

	if (!united)
		return -ENOMEM;
	for (uint32_t day = 0; day < a->plan->n_days; day++)
		packets += a->packets_of_day[day];
	for (uint32_t i = 0; i < MONTH_HOSTS; i++) {
		hosts += host_days(a, i) != 0;
		daily += host_days(a, i) == all_days(a);
	}
	for (uint32_t s = 0; s < MONTH_SERVICES; s++)
		services += a->days[s] != 0;
	(void)fprintf(file,
		      "figure,value\npackets,%llu\nhosts,%u\ndaily_hosts,%u\npeers,%u\nports,%u\n"
		      "services,%u\n",
		      (unsigned long long)packets, hosts, daily,
		      count_united(a, MONTH_PORTS, united), count_ports(a), services);
	free(united);
	return 0;
}

static int compare_u32(const void *x, const void *y)
{
	const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

static int write_peers(const struct month_account *a, FILE *file)
{
	uint64_t *united = calloc(a->words, sizeof(united[0]));
	uint32_t *v4 = calloc(a->plan->crowd.n, sizeof(v4[0])), n = 0;
	int ret = united && v4 ? 0 : -ENOMEM;

	if (ret == 0)
		(void)count_united(a, MONTH_PORTS, united);
	for (uint32_t i = 0; i < a->plan->crowd.n && ret == 0; i++) {
		if (united[i / 64] >> (i % 64) & 1)
			v4[n++] = a->plan->crowd.v4[i];
	}
	if (n > 0)
		qsort(v4, n, sizeof(v4[0]), compare_u32);
	(void)fprintf(file, "address\n");
	for (uint32_t i = 0; i < n; i++) {
		write_address(file, v4[i]);
		(void)fputc('\n', file);
	}
	free(united);
	free(v4);
	return ret;
}

static void write_left_out(const struct month_account *a, FILE *file)
{
	(void)fprintf(file, "what,packets\nftp_active,%llu\nftp_passive,%llu\nhoneypot,%llu\n",
		      (unsigned long long)a->extras[EXTRA_FTP_ACTIVE],
		      (unsigned long long)a->extras[EXTRA_FTP_PASSIVE],
		      (unsigned long long)a->extras[EXTRA_HONEYPOT]);
}

enum {
	DAYS,
	PORTS,
	SERVICES,
	DAYS_SEEN,
	PORTS_OF_HOST,
	BUSIEST,
	TOTALS,
	LEFT_OUT,
	PEERS,
	FILES
};

static int write_all(const struct month_account *a, FILE *const files[FILES])
{
	int ret;

	write_days(a, files[DAYS]);
	write_services(a, files[SERVICES]);
	write_histograms(a, files[DAYS_SEEN], files[PORTS_OF_HOST]);
	write_busiest(a, files[BUSIEST]);
	write_left_out(a, files[LEFT_OUT]);
	ret = write_ports(a, files[PORTS]);
	if (ret == 0)
		ret = write_totals(a, files[TOTALS]);
	return ret < 0 ? ret : write_peers(a, files[PEERS]);
}

int month_account_write(const struct month_account *a, const char *folder)
{
	static const char *const names[FILES] = { "days",      "ports",         "services",
						  "days_seen", "ports_of_host", "busiest",
						  "totals",    "left_out",      "peers" };
	FILE *files[FILES] = { NULL };
	int ret = 0;

	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return -errno;
	for (int i = 0; i < FILES && ret == 0; i++) {
		char path[4096];

		if (snprintf(path, sizeof(path), "%s/%s.csv", folder, names[i]) >=
		    (int)sizeof(path))
			return -ENAMETOOLONG;
		files[i] = fopen(path, "w");
		ret = files[i] ? 0 : -errno;
	}
	if (ret == 0)
		ret = write_all(a, files);
	for (int i = 0; i < FILES; i++) {
		if (files[i] && fclose(files[i]) != 0 && ret == 0)
			ret = -errno;
	}
	return ret;
}
