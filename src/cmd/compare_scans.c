/* Scans that the store keeps into the active side of a comparison: as their -oJ file tells it. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/service_name.h"
#include "base/zone.h"
#include "catalogue/scans.h"
#include "cmd/compare_internal.h"
#include "scan/targets.h"

struct reading {
	struct compare_active *active;
	uint64_t skipped;
	bool ours;
};

/* As files have them. */
static uint64_t whole_ms(uint64_t time_ns)
{
	return time_ns - time_ns % NS_PER_MS;
}

static int take_port(struct reading *r, const struct port_outcome *o)
{
	struct port_outcome port = *o; /* its texts stay the host's */
	const char *usual = service_name(o->port, o->protocol);

	if (!o->port) {
		r->skipped++;
		return 0;
	}
	port.time_ns = whole_ms(o->time_ns);
	if (r->ours && !port.service.name && *usual)
		port.service.name = (char *)usual;
	return compare_active_port(r->active, &port);
}

static int take_host(void *arg, const struct scan_host *h)
{
	struct reading *r = arg;
	int error = compare_active_host(r->active, h->addr, false);

	for (size_t i = 0; i < h->n_counts && !error; i++)
		error = compare_active_rest(r->active, h->addr, h->counts[i].protocol,
					    h->counts[i].state, h->counts[i].ports);
	for (size_t i = 0; i < h->n_ports && !error; i++)
		error = take_port(r, &h->ports[i]);
	return error;
}

static void take_asked(struct compare_active *a, const struct catalogue_scan *s)
{
	struct port_set tcp;

	if (*s->udp_ports) /* which ones does not matter */
		compare_active_ports(a, IPPROTO_UDP, 0, 0);
	if (!*s->tcp_ports || port_set_parse(s->tcp_ports, &tcp, NULL) < 0)
		return;
	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		if (port_set_has(&tcp, (uint16_t)port))
			compare_active_ports(a, SIGHTING_PROTOCOL_TCP, (uint16_t)port,
					     (uint16_t)port);
	}
}

/* Who was asked and is none of the hosts was down, if all were asked. */
static int take_down(struct compare_active *a, const struct catalogue_scan *s)
{
	char *copy = strdup(s->ranges);
	int error = copy ? 0 : -ENOMEM;

	for (char *save = NULL, *word = copy ? strtok_r(copy, " ", &save) : NULL; word && !error;
	     word = strtok_r(NULL, " ", &save)) {
		struct addr_range range;

		if (targets_range_parse(word, &range))
			error = compare_active_down(a, range);
	}
	free(copy);
	return error;
}

/* "nmap 7.93": the tool, and its version. */
static int end_scan(const struct reading *r, const struct catalogue_scan *s)
{
	char *tool = strdup(s->tool), *version = tool ? strrchr(tool, ' ') : NULL;
	struct compare_scan scan = { .tool = tool,
				     .version = version ? version + 1 : NULL,
				     .arguments = *s->arguments ? s->arguments : NULL,
				     .start_ns = whole_ms(s->started_ns),
				     .end_ns = whole_ms(s->ended_ns),
				     .inside = !strcmp(s->vantage, "inside"),
				     .interrupted = r->ours && !s->complete,
				     .skipped = r->skipped };
	int error;

	if (!tool)
		return -ENOMEM;
	if (version)
		*version = '\0';
	error = compare_active_end(r->active, &scan);
	free(tool);
	return error;
}

static int read_scan(struct catalogue *c, const struct catalogue_scan *s, struct compare_active *a,
		     struct diagnosis *d)
{
	struct reading r = { .active = a, .ours = !strncmp(s->tool, "sekimori ", 9) };
	char name[32];
	int error;

	(void)snprintf(name, sizeof(name), "scan %lld", (long long)s->id);
	error = compare_active_begin(a, name);
	if (error < 0)
		return error;
	take_asked(a, s);
	if (r.ours && s->complete)
		error = take_down(a, s);
	if (!error)
		error = catalogue_kept_scan_read(c, s->id, take_host, &r, d);
	return error ? error : end_scan(&r, s);
}

int cmd_compare_read_scans(struct catalogue *c, const struct cmd_scans *scans,
			   struct compare_active *a, struct diagnosis *d)
{
	int error = 0;

	for (size_t i = 0; i < scans->n && !error; i++)
		error = read_scan(c, &scans->list[i].scan, a, d);
	return error;
}
