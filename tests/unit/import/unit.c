#include "unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/zone.h"

const char *file_of(const void *bytes, size_t length, int *ret_fd)
{
	static char path[64];

	*ret_fd = memfd_create("import", MFD_CLOEXEC);
	assert_true(*ret_fd >= 0);
	while (length > 0) {
		ssize_t n = write(*ret_fd, bytes, length);

		assert_true(n > 0);
		bytes = (const char *)bytes + n;
		length -= (size_t)n;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", *ret_fd);
	return path;
}

static const char *words(const char *text)
{
	return text ? text : "";
}

static int take_covered(void *arg, uint8_t protocol, const struct port_range *ranges, size_t n)
{
	fprintf(arg, "covered %u ", protocol);
	for (size_t i = 0; i < n; i++) {
		fprintf(arg, ranges[i].first == ranges[i].last ? "%s%u" : "%s%u-%u", i ? "," : "",
			ranges[i].first, ranges[i].last);
	}
	fputc('\n', arg);
	return 0;
}

static int take_target(void *arg, const char *target)
{
	fprintf(arg, "target %s\n", target);
	return 0;
}

static int take_host(void *arg, const struct scan_file_host *host)
{
	static const char *const up[] = { "unknown", "up", "down" };
	char addr[ADDR_TEXT_MAX];

	fprintf(arg, "host %s %s %" PRIu64 " %s\n", addr_format(host->addr, addr), up[host->up],
		(uint64_t)(host->start_ns / NS_PER_SECOND), words(host->name));
	return 0;
}

static int take_port(void *arg, const struct port_outcome *o)
{
	const struct service *s = &o->service;
	char addr[ADDR_TEXT_MAX];

	fprintf(arg, "port %s %u %u %s %s %u %" PRIu64 " %s|%s|%s|%s|%s|%s|%s|",
		addr_format(o->host, addr), o->port, o->protocol, port_state_name(o->state),
		o->reason ? port_reason_name(o->reason) : "-", o->ttl,
		(uint64_t)(o->time_ns / NS_PER_SECOND), words(s->name), words(s->product),
		words(s->version), words(s->extra_info), words(s->hostname), words(s->os),
		words(s->device));
	for (int i = 0; i < 3; i++)
		fprintf(arg, "%s%s", s->cpe[i] && i ? " " : "", words(s->cpe[i]));
	fprintf(arg, "|%s|%.*s\n", s->tls ? "tls" : "", (int)s->evidence_bytes,
		s->evidence ? (const char *)s->evidence : "");
	return 0;
}

static int take_rest(void *arg, struct net_addr host, uint8_t protocol, enum port_state state,
		     uint32_t n)
{
	char addr[ADDR_TEXT_MAX];

	fprintf(arg, "rest %s %u %s %u\n", addr_format(host, addr), protocol,
		port_state_name(state), n);
	return 0;
}

static int take_down(void *arg, struct addr_range hosts)
{
	char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];

	fprintf(arg, "down %s %s\n", addr_format(hosts.first, first),
		addr_format(hosts.last, last));
	return 0;
}

struct events scan_events(const void *bytes, size_t length, bool without_run)
{
	struct scan_file_listener listener = { take_covered, take_target, take_host, take_port,
					       take_rest,    take_down,   NULL };
	struct events e = { NULL, 0, 0, { "" } };
	FILE *out = open_memstream(&e.text, &e.length);
	struct scan_file_run run;
	int fd;

	assert_non_null(out);
	listener.arg = out;
	scan_file_run_init(&run);
	e.error = scan_file_read(file_of(bytes, length, &fd), &listener, &run, &e.d);
	if (!without_run) {
		fprintf(out, "run %s|%s|%s|%s|%" PRIu64 "|%" PRIu64 "|%s|%" PRIu64 "\n",
			words(run.format), words(run.tool), words(run.version),
			words(run.arguments), (uint64_t)(run.start_ns / NS_PER_SECOND),
			(uint64_t)(run.end_ns / NS_PER_SECOND), run.ended ? "ended" : "",
			run.skipped);
	}
	scan_file_run_finish(&run);
	fclose(out);
	close(fd);
	return e;
}

static void print_sighting(FILE *out, const struct sighting *s)
{
	char host[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX], marks[MARKS_TEXT_MAX], time[ZONE_TEXT_MAX];

	fprintf(out, "%s %s %u %s %u %s\n", zone_format(s->time_ns, time),
		addr_format(s->host, host), s->port, addr_format(s->peer, peer), s->peer_port,
		marks_format(s->marks, marks));
}

struct events record_events(const void *bytes, size_t length, const struct records_options *options,
			    bool without_run)
{
	struct events e = { NULL, 0, 0, { "" } };
	FILE *out = open_memstream(&e.text, &e.length);
	const struct records_account *a;
	struct records *r = NULL;
	struct sighting some[3];
	int fd;

	assert_non_null(out);
	e.error = records_open(file_of(bytes, length, &fd), options, &r, &e.d);
	while (e.error == 0) {
		int n = records_read(r, some, 3, &e.d);

		for (int i = 0; i < n; i++)
			print_sighting(out, &some[i]);
		if (n <= 0) {
			e.error = n;
			break;
		}
	}
	if (r) {
		a = records_account(r);
		assert_true(a->records ==
			    a->sightings + a->foreign + a->other + a->undecided + a->malformed);
		for (int i = 0; i < a->n_bad && !without_run; i++)
			fprintf(out, "bad %s\n", a->bad[i].text);
		if (!without_run) {
			fprintf(out,
				"account %s %" PRIu64 " = %" PRIu64 " + %" PRIu64 " + %" PRIu64
				" + %" PRIu64 " + %" PRIu64 "%s\n",
				records_format(r) ? records_format(r) : "empty file", a->records,
				a->sightings, a->foreign, a->other, a->undecided, a->malformed,
				a->hours_only ? " hours" : "");
		}
	}
	records_close(r);
	fclose(out);
	close(fd);
	return e;
}

void scan_reads(const char *file, const char *expected)
{
	struct events e = scan_events(file, strlen(file), false);

	assert_string_equal(e.d.text, "");
	assert_int_equal(e.error, 0);
	assert_string_equal(e.text, expected);
	free(e.text);
}

void scan_refuses(const char *file, int error, const char *words, const char *before)
{
	struct events e = scan_events(file, strlen(file), true);

	assert_int_equal(e.error, error);
	if (!strstr(e.d.text, words))
		assert_string_equal(e.d.text, words);
	assert_string_equal(e.text, before);
	free(e.text);
}
