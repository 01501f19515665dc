/* What scans said of a host's ports: for each, and each side of the firewall, the latest word. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/service_name.h"
#include "catalogue/scans.h"
#include "cmd/cmd_internal.h"
#include "scan/ports.h"
#include "scan/print.h"

#define SCANS_MOST 1000 /* that are looked at, the latest */

/* One line: a port as a side of the firewall sees it. */
struct seen_port {
	const char *vantage;
	const struct port_outcome *said; /* the latest scan that lists it */
	const char *state;               /* as the latest scan that asked says */
	uint64_t time_ns;                /* of that one */
};

struct seen_ports {
	struct seen_port *list;
	size_t n;
};

static bool is_open(enum port_state state)
{
	return state == PORT_OPEN || state == PORT_OPEN_FILTERED;
}

static struct seen_port *find(struct seen_ports *s, const char *vantage,
			      const struct port_outcome *o)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct seen_port *p = &s->list[i];

		if (p->said->port == o->port && p->said->protocol == o->protocol &&
		    !strcmp(p->vantage, vantage))
			return &s->list[i];
	}
	return NULL;
}

static bool asked(const struct catalogue_scan *scan, const struct port_outcome *o)
{
	const char *text = o->protocol == IPPROTO_UDP ? scan->udp_ports : scan->tcp_ports;
	struct port_list tcp = { 0 }, udp = { 0 };
	bool has;

	if (!*text || port_lists_parse(text, true, false, &tcp, &udp, NULL) < 0)
		return false;
	has = port_list_has(&tcp, o->port);
	port_list_finish(&tcp);
	return has;
}

/* What a scan that asked the port and does not list it says: the one state that it counted, or
 * that it is not open. */
static const char *counted_state(const struct scan_host *h, uint8_t protocol)
{
	const char *state = NULL;

	for (size_t i = 0; i < h->n_counts; i++) {
		const char *name = port_state_name(h->counts[i].state);

		if (h->counts[i].protocol != protocol)
			continue;
		if (state && strcmp(state, name) != 0)
			return _("not open");
		state = name;
	}
	return state ? state : _("not open");
}

static const struct port_outcome *listed(const struct scan_host *h, const struct port_outcome *o)
{
	for (size_t i = 0; i < h->n_ports; i++) {
		if (h->ports[i].port == o->port && h->ports[i].protocol == o->protocol)
			return &h->ports[i];
	}
	return NULL;
}

/* The latest word on P: LIST is from the latest scan on. */
static void find_latest(const struct catalogue_scan_of_host *list, size_t n, struct seen_port *p)
{
	for (size_t i = 0; i < n; i++) {
		const struct port_outcome *o = listed(&list[i].host, p->said);

		if (strcmp(list[i].scan.vantage, p->vantage) != 0)
			continue;
		if (o) {
			p->state = port_state_name(o->state);
			p->time_ns = o->time_ns ? o->time_ns : list[i].scan.ended_ns;
			return;
		}
		if (list[i].scan.complete && asked(&list[i].scan, p->said)) {
			p->state = counted_state(&list[i].host, p->said->protocol);
			p->time_ns = list[i].scan.ended_ns;
			return;
		}
	}
}

static int by_port(const void *a, const void *b)
{
	const struct seen_port *x = a, *y = b;

	if (x->said->protocol != y->said->protocol)
		return x->said->protocol < y->said->protocol ? -1 : 1;
	if (x->said->port != y->said->port)
		return x->said->port < y->said->port ? -1 : 1;
	return strcmp(x->vantage, y->vantage);
}

/* Every port that some scan found open. */
static int gather(const struct catalogue_scan_of_host *list, size_t n, struct seen_ports *s)
{
	size_t room = 1;

	for (size_t i = 0; i < n; i++)
		room += list[i].host.n_ports;
	s->list = calloc(room, sizeof(*s->list));
	if (!s->list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < list[i].host.n_ports; k++) {
			const struct port_outcome *o = &list[i].host.ports[k];

			if (is_open(o->state) && !find(s, list[i].scan.vantage, o)) {
				s->list[s->n++] =
					(struct seen_port){ .vantage = list[i].scan.vantage,
							    .said = o };
			}
		}
	}
	for (size_t i = 0; i < s->n; i++)
		find_latest(list, n, &s->list[i]);
	if (s->n)
		qsort(s->list, s->n, sizeof(*s->list), by_port);
	return 0;
}

static int print_table(const struct seen_ports *s)
{
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_LEFT, TEXT_LEFT,
						  TEXT_LEFT, TEXT_LEFT, TEXT_LEFT };
	const char *const headings[] = { _("PORT"),    _("STATE"),   _("SERVICE"),
					 _("SCANNED"), _("VANTAGE"), _("VERSION") };
	struct text_table *t = text_table_new(6, headings, aligns);
	int error;

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++) {
		const struct seen_port *p = &s->list[i];
		char text[96], *version = scan_version_text(&p->said->service);

		(void)snprintf(text, sizeof(text), "%u/%s", p->said->port,
			       protocol_name(p->said->protocol));
		text_table_cell(t, text);
		text_table_cell(t, p->state);
		text_table_cell(t, scan_service_text(p->said, false, text));
		text_table_cell(t, cmd_time(p->time_ns, text));
		text_table_cell(t, p->vantage);
		text_table_cell(t, version);
		free(version);
	}
	error = text_table_print(t, stdout);
	text_table_free(t);
	return error;
}

int cmd_print_scans(struct cmd_call *call, struct net_addr host, struct diagnosis *d)
{
	struct catalogue_scan_of_host *list = NULL;
	struct seen_ports seen = { 0 };
	char number[TEXT_NUMBER_MAX], time[40];
	size_t n = 0;
	int error = catalogue_scans_of_host(call->catalogue, host, SCANS_MOST, &list, &n, d);

	if (!error && n)
		error = gather(list, n, &seen);
	if (!error && n) {
		printf(ngettext("\n%s scan found it, the latest at %s:\n",
				"\n%s scans found it, the latest at %s:\n", n),
		       text_number(n, number), cmd_time(list[0].scan.started_ns, time));
		if (seen.n)
			error = print_table(&seen);
		else
			printf(_("no port was open\n"));
	}
	free(seen.list);
	catalogue_scans_free(list, n);
	return error;
}
