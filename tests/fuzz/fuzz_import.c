/*
 * Any bytes as other tools' scan results, and as their records: what they are, their content says.
 * What is told must hold to the headers; what is refused must say why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "base/zone.h"
#include "import/records.h"
#include "import/scan_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_text(const char *text)
{
	while (text && *text) {
		int n = text_utf8_length(text);

		require(n > 0);
		text += n;
	}
}

static int take_covered(void *arg, uint8_t protocol, const struct port_range *ranges, size_t n)
{
	(void)arg;
	require(n > 0 && (protocol == 6 || protocol == 17 || protocol == 132));
	for (size_t i = 0; i < n; i++)
		require(ranges[i].first <= ranges[i].last);
	return 0;
}

static int take_target(void *arg, const char *words)
{
	(void)arg;
	require(words);
	require_text(words);
	return 0;
}

static int take_host(void *arg, const struct scan_file_host *host)
{
	++*(uint64_t *)arg;
	require_text(host->name);
	return 0;
}

static int take_port(void *arg, const struct port_outcome *o)
{
	const struct service *s = &o->service;

	++*(uint64_t *)arg;
	require(o->port != 0 && (o->protocol == 6 || o->protocol == 17 || o->protocol == 132));
	require(o->state < PORT_STATES && o->reason < PORT_REASONS);
	require(s->evidence_bytes <= SERVICE_EVIDENCE_MAX && !s->evidence == !s->evidence_bytes);
	require_text(s->name);
	require_text(s->product);
	require_text(s->version);
	require_text(s->extra_info);
	require_text(s->hostname);
	require_text(s->os);
	require_text(s->device);
	for (int i = 0; i < 3; i++)
		require(!s->cpe[i] || !strncmp(s->cpe[i], "cpe:2.3:", 8));
	return 0;
}

static int take_rest(void *arg, struct net_addr host, uint8_t protocol, enum port_state state,
		     uint32_t n)
{
	(void)arg;
	(void)host;
	require(state < PORT_STATES && n <= 65536 * 3 && protocol);
	return 0;
}

static int take_down(void *arg, struct addr_range hosts)
{
	(void)arg;
	require(addr_compare_numeric(hosts.first, hosts.last) <= 0);
	return 0;
}

static void scan(const char *path)
{
	uint64_t told = 0;
	const struct scan_file_listener listener = { take_covered, take_target, take_host,
						     take_port,    take_rest,   take_down,
						     &told };
	struct diagnosis d = { "" };
	struct scan_file_run run;
	int error;

	(void)scan_file_is(path);
	scan_file_run_init(&run);
	error = scan_file_read(path, &listener, &run, &d);
	require(error <= 0 && (error == 0 || d.text[0]));
	require(told == run.ports + run.hosts);
	require_text(run.tool);
	require_text(run.version);
	require_text(run.arguments);
	scan_file_run_finish(&run);
}

static void records(const char *path)
{
	const struct records_options options = { .year = 2019, .month = 1 };
	const struct records_account *a;
	struct diagnosis d = { "" };
	struct sighting some[7];
	struct records *r;
	uint64_t told = 0;
	int n = records_open(path, &options, &r, &d);

	if (n < 0) {
		require(d.text[0]);
		return;
	}
	while ((n = records_read(r, some, ARRAY_LENGTH(some), &d)) > 0) {
		for (int i = 0; i < n; i++) {
			require(some[i].port != 0 && some[i].protocol == SIGHTING_PROTOCOL_TCP);
			require(!(some[i].marks & ~MARK_STORED_ALL));
		}
		told += (uint64_t)n;
	}
	require(n == 0 || d.text[0]);
	a = records_account(r);
	require(told == a->sightings);
	require(a->records == a->sightings + a->foreign + a->other + a->undecided + a->malformed);
	require((a->n_bad > 0) == (a->malformed > 0));
	records_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("import", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || zone_set("UTC", NULL) < 0) {
		close(fd);
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	scan(path);
	records(path);
	close(fd);
	return 0;
}
