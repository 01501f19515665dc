/*
 * Runs one engine of the scanner alone, for benches and tests: no scope, no names, no detection.
 * engine syn|udp|connect ADDRESS[-ADDRESS] PORTS RATE [up]
 * PORTS: "-", or numbers and ranges between commas. Prints "ADDRESS PORT STATE REASON" a line for
 * what is told, and what was sent, on standard error.
 */
#include "scan/engine.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static bool quiet;

static const char *const states[] = { "open",          "closed",     "filtered",
				      "open|filtered", "unfiltered", "closed|filtered" };

static void print_port(void *arg, const struct port_outcome *o)
{
	char text[ADDR_TEXT_MAX];

	(void)arg;
	if (!quiet || o->state == PORT_OPEN)
		printf("%s %u %s %d\n", addr_format(o->host, text), o->port, states[o->state],
		       (int)o->reason);
}

static void print_host(void *arg, struct net_addr host, uint8_t protocol, enum port_state silent,
		       uint32_t n_silent)
{
	char text[ADDR_TEXT_MAX];

	(void)arg;
	(void)protocol;
	if (n_silent && !quiet)
		printf("%s * %s %u\n", addr_format(host, text), states[silent], n_silent);
}

static void print_down(void *arg, struct net_addr host)
{
	char text[ADDR_TEXT_MAX];

	(void)arg;
	if (!quiet)
		printf("%s down\n", addr_format(host, text));
}

static bool take_ports(char *text, struct port_list *list)
{
	static bool have[65536];
	static uint16_t ports[65536];

	if (!strcmp(text, "-"))
		memset(have + 1, 1, 65535);
	for (char *rest = text, *word; strcmp(text, "-") && (word = strsep(&rest, ","));) {
		unsigned first, last;
		int n = sscanf(word, "%u-%u", &first, &last);

		if (n < 1 || first > 65535 || (n == 2 && (last > 65535 || last < first)))
			return false;
		for (unsigned p = first; p <= (n == 2 ? last : first); p++)
			have[p] = true;
	}
	list->ports = ports;
	for (unsigned p = 0; p < 65536; p++) {
		if (have[p])
			ports[list->n++] = (uint16_t)p;
	}
	return true;
}

static bool take_target(char *text, struct addr_range *r)
{
	char *dash = strchr(text, '-');

	if (dash)
		*dash = '\0';
	if (!addr_parse(text, &r->first))
		return false;
	r->last = r->first;
	return !dash || addr_parse(dash + 1, &r->last);
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct addr_range range;
	struct scan_plan plan = { .targets = &range, .n_targets = 1, .seed = (uint64_t)time(NULL) };
	const struct scan_listener listener = { .port = print_port,
						.host = print_host,
						.down = print_down };
	struct scan_progress progress = { 0 };
	struct diagnosis d = { "" };
	struct rusage use;
	double start;
	scan_engine_fn *engine;
	int error;

	if (argc < 5 || !take_target(argv[2], &range) ||
	    !take_ports(argv[3], strcmp(argv[1], "udp") ? &plan.tcp : &plan.udp)) {
		fputs("usage: engine syn|udp ADDRESS[-ADDRESS] PORTS RATE [up] [quiet]\n", stderr);
		return 2;
	}
	engine = strcmp(argv[1], "udp") ? scan_syn_run : scan_udp_run;
	plan.n_hosts = range.last.lo - range.first.lo + 1;
	plan.timing = (struct scan_timing){ .rate_pps = atof(argv[4]),
					    .timeout_min_ms = 100,
					    .timeout_max_ms = 8000,
					    .timeout_first_ms = 1000,
					    .retries = 2,
					    .in_flight = 2048 };
	for (int i = 5; i < argc; i++) {
		plan.up |= !strcmp(argv[i], "up");
		quiet |= !strcmp(argv[i], "quiet");
		if (!strncmp(argv[i], "retries=", 8))
			plan.timing.retries = (uint32_t)atoi(argv[i] + 8);
		if (!strncmp(argv[i], "limit=", 6))
			plan.timing.host_limit_s = (uint32_t)atoi(argv[i] + 6);
		if (!strncmp(argv[i], "interface=", 10))
			plan.interface = argv[i] + 10;
	}
	start = seconds(CLOCK_MONOTONIC);
	error = engine(&plan, &listener, &progress, NULL, &d);
	(void)getrusage(RUSAGE_SELF, &use);
	fprintf(stderr,
		"error %d %s sent %llu answered %llu open %llu seconds %.3f cpu %.3f kib %ld\n",
		error, d.text, (unsigned long long)progress.sent,
		(unsigned long long)progress.answered, (unsigned long long)progress.open,
		seconds(CLOCK_MONOTONIC) - start, seconds(CLOCK_PROCESS_CPUTIME_ID), use.ru_maxrss);
	return error < 0;
}
