/*
 * What the stage import makes of a file, as lines for a script.
 *
 *     import_dump scan FILE     covered tcp 1-1024
 *                               target WORDS
 *                               host ADDRESS up|down|unknown START END NAME
 *                               port ADDRESS PORT PROTOCOL STATE REASON TTL TIME {service}
 *                               rest ADDRESS PROTOCOL STATE N
 *                               down FIRST LAST
 *                               run {…}
 *     import_dump count FILE    only the last of these, for benches
 *     import_dump records FILE [NETWORK,… [YYYY-MM]]
 *                               sighting TIME HOST PORT PEER PEER-PORT MARKS
 *                               bad WORDS
 *                               account {…}
 *     import_dump count-records FILE [NETWORK,… [YYYY-MM]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/zone.h"
#include "import/records.h"
#include "import/scan_file.h"

static const char *protocol_name(uint8_t protocol)
{
	return protocol == 6 ? "tcp" : protocol == 17 ? "udp" : "sctp";
}

static int print_covered(void *arg, uint8_t protocol, const struct port_range *ranges, size_t n)
{
	(void)arg;
	printf("covered %s ", protocol_name(protocol));
	for (size_t i = 0; i < n; i++) {
		printf(ranges[i].first == ranges[i].last ? "%s%u" : "%s%u-%u", i ? "," : "",
		       ranges[i].first, ranges[i].last);
	}
	putchar('\n');
	return 0;
}

static int print_target(void *arg, const char *words)
{
	(void)arg;
	printf("target %s\n", words);
	return 0;
}

static int print_host(void *arg, const struct scan_file_host *host)
{
	static const char *const up[] = { "unknown", "up", "down" };
	char text[ADDR_TEXT_MAX];

	(void)arg;
	printf("host %s %s %" PRIu64 " %" PRIu64 " %s\n", addr_format(host->addr, text),
	       up[host->up], host->start_ns, host->end_ns, host->name ? host->name : "");
	return 0;
}

static int print_rest(void *arg, struct net_addr host, uint8_t protocol, enum port_state state,
		      uint32_t n)
{
	char text[ADDR_TEXT_MAX];

	(void)arg;
	printf("rest %s %s %s %u\n", addr_format(host, text), protocol_name(protocol),
	       port_state_name(state), n);
	return 0;
}

static int print_down(void *arg, struct addr_range hosts)
{
	char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];

	(void)arg;
	printf("down %s %s\n", addr_format(hosts.first, first), addr_format(hosts.last, last));
	return 0;
}

static void print_service(const struct service *s)
{
	struct json j;

	json_init(&j, stdout, false, -1);
	json_open_object(&j, NULL);
	json_text(&j, "name", s->name);
	json_text(&j, "product", s->product);
	json_text(&j, "version", s->version);
	json_text(&j, "extra_info", s->extra_info);
	json_text(&j, "hostname", s->hostname);
	json_text(&j, "os", s->os);
	json_text(&j, "device", s->device);
	for (int i = 0; i < 3; i++)
		json_text(&j, "cpe", s->cpe[i]);
	json_bool(&j, "tls", s->tls);
	json_number(&j, "evidence", s->evidence_bytes);
	json_close_object(&j);
}

static int print_port(void *arg, const struct port_outcome *o)
{
	char text[ADDR_TEXT_MAX];

	(void)arg;
	printf("port %s %u %s %s %s %u %" PRIu64 " ", addr_format(o->host, text), o->port,
	       protocol_name(o->protocol), port_state_name(o->state),
	       o->reason ? port_reason_name(o->reason) : "-", o->ttl, o->time_ns);
	print_service(&o->service);
	putchar('\n');
	return 0;
}

static void print_run(const struct scan_file_run *run)
{
	struct json j;

	fputs("run ", stdout);
	json_init(&j, stdout, false, -1);
	json_open_object(&j, NULL);
	json_text(&j, "format", run->format);
	json_text(&j, "tool", run->tool);
	json_text(&j, "version", run->version);
	json_text(&j, "arguments", run->arguments);
	json_number(&j, "start_ns", run->start_ns);
	json_number(&j, "end_ns", run->end_ns);
	json_bool(&j, "ended", run->ended);
	json_number(&j, "ports", run->ports);
	json_number(&j, "hosts", run->hosts);
	json_number(&j, "skipped", run->skipped);
	json_close_object(&j);
	putchar('\n');
}

static int scan(const char *path, const struct scan_file_listener *listener)
{
	struct diagnosis d = { "" };
	struct scan_file_run run;
	int error;

	scan_file_run_init(&run);
	error = scan_file_read(path, listener, &run, &d);
	print_run(&run);
	scan_file_run_finish(&run);
	if (error < 0) {
		fflush(stdout);
		fprintf(stderr, "%s: %s (%s)\n", path, d.text, error_text(error));
	}
	return error < 0;
}

static void print_sighting(const struct sighting *s)
{
	char host[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX], marks[MARKS_TEXT_MAX];

	printf("sighting %" PRIu64 " %s %u %s %u %s\n", s->time_ns, addr_format(s->host, host),
	       s->port, addr_format(s->peer, peer), s->peer_port, marks_format(s->marks, marks));
}

static void print_account(const struct records *r)
{
	const struct records_account *a = records_account(r);
	struct json j;

	for (int i = 0; i < a->n_bad; i++)
		printf("bad %s\n", a->bad[i].text);
	fputs("account ", stdout);
	json_init(&j, stdout, false, -1);
	json_open_object(&j, NULL);
	json_text(&j, "format", records_format(r));
	json_number(&j, "records", a->records);
	json_number(&j, "sightings", a->sightings);
	json_number(&j, "foreign", a->foreign);
	json_number(&j, "other", a->other);
	json_number(&j, "undecided", a->undecided);
	json_number(&j, "malformed", a->malformed);
	json_bool(&j, "hours_only", a->hours_only);
	json_close_object(&j);
	putchar('\n');
}

static int read_all(struct records *r, bool quiet, struct diagnosis *d)
{
	static struct sighting sightings[4096];
	int n;

	while ((n = records_read(r, sightings, ARRAY_LENGTH(sightings), d)) > 0) {
		for (int i = 0; i < n && !quiet; i++)
			print_sighting(&sightings[i]);
	}
	print_account(r);
	return n;
}

static int add_networks(char *list, struct prefix_set *set, struct diagnosis *d)
{
	int error = 0;

	for (char *word = strtok(list, ","); word && error == 0; word = strtok(NULL, ",")) {
		struct net_prefix prefix;

		error = prefix_parse(word, &prefix, d);
		if (error == 0)
			error = prefix_set_add(set, prefix);
	}
	return error;
}

static int records(int argc, char **argv)
{
	bool quiet = strcmp(argv[1], "count-records") == 0;
	struct records_options options = { 0 };
	struct prefix_set networks;
	struct records *r = NULL;
	struct diagnosis d = { "" };
	int error = 0;

	prefix_set_init(&networks);
	if (argc > 3 && *argv[3]) {
		error = add_networks(argv[3], &networks, &d);
		options.networks = &networks;
	}
	if (argc > 4 && sscanf(argv[4], "%d-%d", &options.year, &options.month) != 2)
		error = ERR_USAGE;
	if (error == 0)
		error = records_open(argv[2], &options, &r, &d);
	if (error == 0)
		error = read_all(r, quiet, &d);
	records_close(r);
	prefix_set_finish(&networks);
	if (error < 0) {
		fflush(stdout);
		fprintf(stderr, "%s: %s (%s)\n", argv[2], d.text, error_text(error));
	}
	return error < 0;
}

int main(int argc, char **argv)
{
	static const struct scan_file_listener nobody = { 0 };
	static const struct scan_file_listener printing = {
		.covered = print_covered,
		.target = print_target,
		.host = print_host,
		.port = print_port,
		.rest = print_rest,
		.down = print_down,
	};

	if (zone_set(NULL, NULL) < 0)
		return 2;
	if (argc == 3 && strcmp(argv[1], "scan") == 0)
		return scan(argv[2], &printing);
	if (argc == 3 && strcmp(argv[1], "count") == 0)
		return scan(argv[2], &nobody);
	if (argc >= 3 && (strcmp(argv[1], "records") == 0 || strcmp(argv[1], "count-records") == 0))
		return records(argc, argv);
	fputs("Usage: import_dump scan|count|records|count-records FILE ...\n", stderr);
	return 2;
}
