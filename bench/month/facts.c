#include "facts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define DAYS     31
#define ALL_DAYS 0x7fffffffU

struct table {
	FILE *file;
	int differing;
};

/* The two texts are compared: what is printed is what must hold. */
__attribute__((format(printf, 4, 5))) static void
row(struct table *t, const char *figure, const char *published, const char *format, ...)
{
	char counted[256];
	va_list args;
	bool same;

	va_start(args, format);
	(void)vsnprintf(counted, sizeof(counted), format, args);
	va_end(args);
	same = strcmp(counted, published) == 0;
	(void)fprintf(t->file, "%-38s | %s | %s%s\n", figure, published, counted,
		      same ? "" : " | DIFFERS");
	t->differing += !same;
}

static int compare_u64(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

struct series {
	uint64_t sum, min, max, median;
	unsigned min_day, max_day;
};

static struct series sum_up(const uint64_t days[DAYS])
{
	struct series s = { .min = UINT64_MAX };
	uint64_t sorted[DAYS];

	for (unsigned i = 0; i < DAYS; i++) {
		sorted[i] = days[i];
		s.sum += days[i];
		if (days[i] < s.min) {
			s.min = days[i];
			s.min_day = i + 1;
		}
		if (days[i] > s.max) {
			s.max = days[i];
			s.max_day = i + 1;
		}
	}
	qsort(sorted, DAYS, sizeof(sorted[0]), compare_u64);
	s.median = sorted[DAYS / 2];
	return s;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static void packets_rows(struct table *t, const struct month_counts *c)
{
	struct series s = sum_up(c->packets);
	unsigned sundays[4] = { 6, 13, 20, 27 }, least = 6, most = 6;

	row(t, "packets", "57866550", "%llu", (unsigned long long)s.sum);
	row(t, "packets a day, least", "1022500 on 13", "%llu on %u", (unsigned long long)s.min,
	    s.min_day);
	row(t, "packets a day, most", "12891423 on 24", "%llu on %u", (unsigned long long)s.max,
	    s.max_day);
	row(t, "packets a day, mean", "1866663", "%.0f", (double)s.sum / DAYS);
	row(t, "packets a day, median", "1467102", "%llu", (unsigned long long)s.median);
	for (int i = 0; i < 4; i++) {
		if (c->packets[sundays[i] - 1] < c->packets[least - 1])
			least = sundays[i];
		if (c->packets[sundays[i] - 1] > c->packets[most - 1])
			most = sundays[i];
	}
	row(t, "Sundays of the median", "69.7 % (13) to 87.4 % (20)",
	    "%.1f %% (%u) to %.1f %% (%u)", percent(c->packets[least - 1], s.median), least,
	    percent(c->packets[most - 1], s.median), most);
	row(t, "24th, of the two addresses", "10678115 (82.8 %)", "%llu (%.1f %%)",
	    (unsigned long long)c->flood[23], percent(c->flood[23], c->packets[23]));
	row(t, "24th, of others", "2213308", "%llu",
	    (unsigned long long)(c->packets[23] - c->flood[23]));
	row(t, "26th, of the two addresses", "11.0 %", "%.1f %%",
	    percent(c->flood[25], c->packets[25]));
	row(t, "hosts that answered them", "95", "%u", c->flood_hosts);
}

static void hosts_of_days(struct table *t, const struct month_counts *c)
{
	uint64_t hosts[DAYS] = { 0 }, rare[DAYS] = { 0 };
	uint32_t daily = 0;
	struct series s;

	for (uint32_t i = 0; i < c->n_hosts; i++) {
		daily += c->hosts[i].days == ALL_DAYS;
		for (unsigned day = 0; day < DAYS; day++) {
			hosts[day] += c->hosts[i].days >> day & 1;
			rare[day] += c->hosts[i].days != ALL_DAYS && (c->hosts[i].days >> day & 1);
		}
	}
	row(t, "hosts", "270", "%u", c->n_hosts);
	row(t, "hosts seen daily", "204", "%u", daily);
	s = sum_up(rare);
	row(t, "others a day", "15-32, mean 22.7, median 23", "%llu-%llu, mean %.1f, median %llu",
	    (unsigned long long)s.min, (unsigned long long)s.max, (double)s.sum / DAYS,
	    (unsigned long long)s.median);
	s = sum_up(hosts);
	row(t, "hosts a day, least and most", "219 on 5, 236 on 31", "%llu on %u, %llu on %u",
	    (unsigned long long)s.min, s.min_day, (unsigned long long)s.max, s.max_day);
	row(t, "hosts a day, mean and median", "226.7, 227", "%.1f, %llu", (double)s.sum / DAYS,
	    (unsigned long long)s.median);
}

static void days_seen_rows(struct table *t, const struct month_counts *c)
{
	uint32_t with[DAYS + 1] = { 0 }, near = 0, most = 0;

	for (uint32_t i = 0; i < c->n_hosts; i++)
		with[__builtin_popcount(c->hosts[i].days & ALL_DAYS)]++;
	for (int n = 26; n <= 30; n++)
		near += with[n];
	row(t, "hosts seen on 1, 3, 9, 29 days", "14, 6, 4, 4", "%u, %u, %u, %u", with[1], with[3],
	    with[9], with[29]);
	row(t, "hosts seen on 26-30 days", "10", "%u", near);
	for (int n = 1; n < DAYS; n++) {
		if (n != 1 && n != 3 && n != 9 && n != 29 && with[n] > most)
			most = with[n];
	}
	row(t, "hosts of any other number, at most 3", "yes", "%s", most <= 3 ? "yes" : "no");
}

static void near_daily_rows(struct table *t, const struct month_counts *c)
{
	uint32_t names = 0, names_22 = 0, partners = 0, exams = 0;

	for (uint32_t i = 0; i < c->n_hosts; i++) {
		const struct month_counted_host *h = &c->hosts[i];
		int n_days = __builtin_popcount(h->days & ALL_DAYS);
		bool two = h->n_ports == 2;

		if (n_days < 26 || n_days > 30)
			continue;
		if (two && (h->ports[0] == 53 || h->ports[1] == 53)) {
			names++;
			names_22 += h->ports[0] == 22 || h->ports[1] == 22;
		} else if (h->days == (ALL_DAYS & ~(3U << 18))) {
			exams += h->ports[0] == 80 || h->ports[0] == 443;
		} else if (h->peers == 1 && h->ports[0] > 1023) {
			partners++;
		}
	}
	row(t, "of these, name servers", "5, not all with 22", "%u, %s", names,
	    names_22 < names ? "not all with 22" : "all with 22");
	row(t, "of these, with one partner", "4", "%u", partners);
	row(t, "of these, off on 19 and 20 only", "1", "%u", exams);
}

static void new_hosts_rows(struct table *t, const struct month_counts *c)
{
	uint32_t new[DAYS] = { 0 }, most = 0, least = UINT32_MAX, early = 0, late = 0;

	for (uint32_t i = 0; i < c->n_hosts; i++) {
		if (c->hosts[i].days != 0)
			new[__builtin_ctz(c->hosts[i].days)]++;
	}
	for (int day = 1; day < DAYS; day++) {
		most = new[day] > most ? new[day] : most;
		least = new[day] < least ? new[day] : least;
		*(day < 15 ? &early : &late) += new[day];
	}
	row(t, "new hosts on 1, a day after", "222, 0-8", "%u, %u-%u", new[0], least, most);
	row(t, "new hosts a day, mean, to 15, after", "1.6, 2.7, 0.6", "%.1f, %.1f, %.1f",
	    (early + late) / 30.0, early / 14.0, late / 16.0);
	row(t, "new hosts, cumulative", "270", "%u", new[0] + early + late);
}

static void peers_rows(struct table *t, const struct month_counts *c)
{
	uint64_t peers[DAYS];
	struct series s;

	for (int day = 0; day < DAYS; day++)
		peers[day] = c->peers_of_day[day];
	s = sum_up(peers);
	row(t, "external hosts", "876688", "%u", c->peers);
	row(t, "external hosts a day, least", "44371 on 1", "%llu on %u", (unsigned long long)s.min,
	    s.min_day);
	row(t, "external hosts a day, most", "79452 on 28", "%llu on %u", (unsigned long long)s.max,
	    s.max_day);
	row(t, "external hosts a day, mean, median", "59134.9, 60468", "%.1f, %llu",
	    (double)s.sum / DAYS, (unsigned long long)s.median);
}

static void table_1_rows(struct table *t, const struct month_counts *c)
{
	static const struct {
		uint16_t port;
		const char *hosts;
	} told[] = { { 80, "169 (151)" }, { 443, "106 (100)" }, { 25, "51 (51)" },
		     { 22, "39 (35)" },   { 53, "38 (32)" },    { 110, "37 (37)" },
		     { 143, "31 (31)" },  { 587, "27 (27)" } };
	uint32_t most = 0;

	for (uint32_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		char figure[64];

		(void)snprintf(figure, sizeof(figure), "table 1: hosts (daily) of %u",
			       told[i].port);
		row(t, figure, told[i].hosts, "%u (%u)", c->ports[told[i].port].hosts,
		    c->ports[told[i].port].daily);
	}
	for (uint32_t port = 0; port < 65536; port++) {
		if (c->ports[port].hosts < 27 && c->ports[port].hosts > most)
			most = c->ports[port].hosts;
	}
	row(t, "table 1: the ninth has fewer than 27", "26", "%u", most);
}

static void table_2_rows(struct table *t, const struct month_counts *c)
{
	static const struct {
		uint16_t port;
		const char *peers;
	} told[] = { { 80, "445034/169" }, { 443, "327223/106" }, { 25, "214526/51" },
		     { 8081, "26065/3" },  { 22, "20325/39" },    { 8080, "13609/19" },
		     { 587, "8285/27" },   { 995, "8104/19" },    { 81, "7482/26" },
		     { 993, "4720/20" },   { 110, "3785/37" },    { 53, "2655/38" },
		     { 3389, "1890/5" },   { 465, "1792/20" },    { 143, "1280/31" },
		     { 21, "1185/19" } };
	uint32_t more = 0, hosts = 0, ports = 0;

	for (uint32_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		char figure[64];

		(void)snprintf(figure, sizeof(figure), "table 2: peers/hosts of %u", told[i].port);
		row(t, figure, told[i].peers, "%u/%u", c->ports[told[i].port].peers,
		    c->ports[told[i].port].hosts);
	}
	for (uint32_t port = 0; port < 65536; port++) {
		more += c->ports[port].peers >= 1185;
		ports += c->ports[port].hosts > 0;
		hosts += c->ports[port].hosts;
	}
	row(t, "table 2: ports with 1185 peers or more", "16", "%u", more);
	row(t, "distinct ports, pairs with hosts", "207, 1016", "%u, %u", ports, hosts);
}

static void table_3_rows(struct table *t, const struct month_counts *c)
{
	uint32_t with[MONTH_COUNTED_PORTS + 1] = { 0 }, least = UINT32_MAX, most = 0, sum = 0;
	char text[256];
	int n = 0;

	for (uint32_t i = 0; i < c->n_hosts; i++) {
		uint32_t ports = c->hosts[i].n_ports;

		with[ports < MONTH_COUNTED_PORTS ? ports : MONTH_COUNTED_PORTS]++;
		least = ports < least ? ports : least;
		most = ports > most ? ports : most;
		sum += ports;
	}
	for (int i = 0; i <= MONTH_COUNTED_PORTS; i++) {
		if (with[i] == 0 || n > (int)sizeof(text) - 16)
			continue;
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%d:%u", n ? " " : "", i,
			      with[i]);
	}
	row(t, "open ports of a host: min, max, mean", "1, 59, 3.8", "%u, %u, %.1f", least, most,
	    c->n_hosts ? (double)sum / c->n_hosts : 0);
	row(t, "table 3: ports:hosts",
	    "1:88 2:74 3:32 4:15 5:4 6:4 7:10 8:13 9:2 10:8 11:1 12:1 13:12 14:5 59:1", "%s", text);
	row(t, "packets of the largest's two odd ports", "3", "%u", c->odd_packets);
}

int month_facts_compare(const struct month_counts *c, FILE *file)
{
	struct table t = { .file = file };

	(void)fprintf(file, "%-38s | published | counted\n", "figure");
	packets_rows(&t, c);
	hosts_of_days(&t, c);
	days_seen_rows(&t, c);
	near_daily_rows(&t, c);
	new_hosts_rows(&t, c);
	peers_rows(&t, c);
	table_1_rows(&t, c);
	table_2_rows(&t, c);
	table_3_rows(&t, c);
	return t.differing;
}
