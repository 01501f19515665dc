/* Asks the ports that are named ("127.0.0.1 tcp 22" on each line of stdin) what they are, as
 * version detection does, and prints each as a line of JSON. -t LIMIT QUIET sets the times, in
 * milliseconds; -f FILE adds fingerprints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "scan/prober.h"

#define PORTS_MAX 4096

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t began;
static bool with_evidence;

static void put_evidence(struct json *j, const struct service *s)
{
	static char text[SERVICE_EVIDENCE_MAX * 2 + 1];

	text[0] = '\0';
	for (size_t i = 0; i < s->evidence_bytes; i++)
		sprintf(text + 2 * i, "%02x", s->evidence[i]);
	json_text(j, "evidence", text);
}

static void print_outcome(void *arg, const struct port_outcome *o)
{
	const struct service *s = &o->service;
	char address[ADDR_TEXT_MAX];
	struct json j;

	(void)arg;
	json_init(&j, stdout, false, 0);
	json_open_object(&j, NULL);
	json_text(&j, "host", addr_format(o->host, address));
	json_number(&j, "port", o->port);
	json_number(&j, "protocol", o->protocol);
	json_bool(&j, "open", o->state == PORT_OPEN);
	json_text(&j, "name", s->name);
	json_text(&j, "product", s->product);
	json_text(&j, "version", s->version);
	json_text(&j, "extra", s->extra_info);
	json_text(&j, "hostname", s->hostname);
	json_text(&j, "os", s->os);
	json_text(&j, "device", s->device);
	json_text(&j, "cpe", s->cpe[0]);
	json_bool(&j, "tls", s->tls);
	json_number(&j, "evidence_bytes", s->evidence_bytes);
	if (with_evidence)
		put_evidence(&j, s);
	json_text(&j, "certificate", s->certificate);
	json_number(&j, "ms", now_ms() - began);
	json_close_object(&j);
	if (json_end(&j) < 0)
		exit(1);
	fflush(stdout);
}

static size_t read_ports(struct port_outcome *list)
{
	char host[64], protocol[8];
	unsigned int port;
	size_t n = 0;

	while (n < PORTS_MAX && scanf("%63s %7s %u", host, protocol, &port) == 3) {
		struct port_outcome *o = &list[n++];

		memset(o, 0, sizeof(*o));
		if (!addr_parse(host, &o->host))
			exit(2);
		o->port = (uint16_t)port;
		o->protocol = !strcmp(protocol, "tcp") ? 6 : 17;
		o->state = o->protocol == 6 ? PORT_OPEN : PORT_OPEN_FILTERED;
	}
	return n;
}

int main(int argc, char **argv)
{
	static struct port_outcome list[PORTS_MAX];
	struct prober_settings settings;
	struct fingerprints *set = NULL;
	struct diagnosis d = { "" };
	size_t n = read_ports(list);
	int status;

	settings = prober_settings_default(NULL);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-t") && i + 2 < argc) {
			settings.port_limit_ms = (uint32_t)atoi(argv[++i]);
			settings.quiet_ms = (uint32_t)atoi(argv[++i]);
		} else if (!strcmp(argv[i], "-e")) {
			with_evidence = true;
		} else if (!strcmp(argv[i], "-f") && i + 1 < argc) {
			if (!set && fingerprints_new(false, &set) < 0)
				return 2;
			if (fingerprints_add(set, argv[++i], &d) < 0) {
				fprintf(stderr, "%s\n", d.text);
				return 2;
			}
		} else {
			return 2;
		}
	}
	settings.fingerprints = set;
	began = now_ms();
	status = prober_run(&settings, list, n, print_outcome, NULL, NULL, &d);
	fprintf(stderr, "%zu ports in %llu ms: %d %s\n", n, (unsigned long long)(now_ms() - began),
		status, d.text);
	for (size_t i = 0; i < n; i++)
		service_finish(&list[i].service);
	fingerprints_free(set);
	return status < 0;
}
