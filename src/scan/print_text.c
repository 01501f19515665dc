#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/service_name.h"
#include "base/text.h"
#include "base/zone.h"
#include "scan/print_internal.h"

uint64_t print_count_up(const struct scan_report *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->results->n_hosts; i++)
		n += r->results->hosts[i].up;
	return n;
}

int print_find_down(const struct scan_report *r, struct targets *ret_down)
{
	struct targets up = { 0 };
	int error = 0;

	targets_init(ret_down);
	for (size_t i = 0; i < r->plan->n_targets && !r->interrupted && !error; i++)
		error = targets_add_range(ret_down, r->plan->targets[i]);
	for (size_t i = 0; i < r->results->n_hosts && !error; i++) {
		struct net_addr host = r->results->hosts[i].addr;

		if (r->results->hosts[i].up)
			error = targets_add_range(&up, (struct addr_range){ host, host });
	}
	targets_unite(&up);
	if (!error)
		error = targets_subtract(ret_down, &up);
	targets_finish(&up);
	return error;
}

const char *print_service_name(const struct port_outcome *o)
{
	return o->service.name ? o->service.name : service_name(o->port, o->protocol);
}

bool print_has_protocol(const struct scan_report *r, uint8_t protocol)
{
	return protocol == IPPROTO_UDP ? r->udp : r->tcp_method != NULL;
}

const char *scan_service_text(const struct port_outcome *o, bool versions, char ret_text[96])
{
	const char *name = print_service_name(o);
	bool guessed = versions && !o->service.name && *name && o->state == PORT_OPEN;

	(void)snprintf(ret_text, 96, "%s%.80s%s", o->service.tls ? "ssl/" : "",
		       *name ? name : "unknown", guessed ? "?" : "");
	return ret_text;
}

char *scan_version_text(const struct service *s)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return NULL;
	if (s->product)
		fputs(s->product, out);
	if (s->version)
		fprintf(out, "%s%s", s->product ? " " : "", s->version);
	if (s->extra_info)
		fprintf(out, "%s(%s)", s->product || s->version ? " " : "", s->extra_info);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static void print_safely(const char *text, FILE *out)
{
	char *copy = strdup(text);

	if (copy)
		text_defuse(copy);
	fputs(copy ? copy : "?", out);
	free(copy);
}

static void print_title(const struct scan_host *h, FILE *out)
{
	char addr[ADDR_TEXT_MAX];

	addr_format(h->addr, addr);
	if (h->name && *h->name && strcmp(h->name, addr) != 0) {
		print_safely(h->name, out);
		fprintf(out, " (%s)\n", addr);
	} else {
		fprintf(out, "%s\n", addr);
	}
}

/* "Not shown: 65,520 closed tcp ports (conn-refused)": a line for each state. */
static void print_counts(const struct scan_host *h, FILE *out)
{
	char n[TEXT_NUMBER_MAX];

	for (size_t i = 0; i < h->n_counts; i++) {
		const struct scan_count *c = &h->counts[i];

		fprintf(out, _("not listed: %s %s ports %s (%s)\n"), text_number(c->ports, n),
			protocol_name(c->protocol), port_state_name(c->state),
			port_reason_name(c->reason));
	}
}

static void print_reason(struct text_table *t, const struct port_outcome *o)
{
	char text[64];

	if (o->ttl)
		(void)snprintf(text, sizeof(text), "%s ttl %u", port_reason_name(o->reason),
			       o->ttl);
	text_table_cell(t, o->ttl ? text : port_reason_name(o->reason));
}

static int print_ports(const struct scan_report *r, const struct scan_host *h, FILE *out)
{
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_LEFT, TEXT_LEFT, TEXT_LEFT,
						  TEXT_LEFT };
	const char *headings[5];
	struct text_table *t;
	int columns = 0, error;

	headings[columns++] = _("PORT");
	headings[columns++] = _("STATE");
	headings[columns++] = _("SERVICE");
	if (r->reasons)
		headings[columns++] = _("REASON");
	if (r->versions)
		headings[columns++] = _("VERSION");
	t = text_table_new(columns, headings, aligns);
	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < h->n_ports; i++) {
		const struct port_outcome *o = &h->ports[i];
		char text[96], *version;

		(void)snprintf(text, sizeof(text), "%u/%s", o->port, protocol_name(o->protocol));
		text_table_cell(t, text);
		text_table_cell(t, port_state_name(o->state));
		text_table_cell(t, scan_service_text(o, r->versions, text));
		if (r->reasons)
			print_reason(t, o);
		if (r->versions) {
			version = scan_version_text(&o->service);
			text_table_cell(t, version);
			free(version);
		}
	}
	error = text_table_print(t, out);
	text_table_free(t);
	return error;
}

int scan_print_text(const struct scan_report *r, FILE *out)
{
	const struct scan_results *results = r->results;
	char up[TEXT_NUMBER_MAX], all[TEXT_NUMBER_MAX];
	int error = 0;

	for (size_t i = 0; i < results->n_hosts && !error; i++) {
		const struct scan_host *h = &results->hosts[i];

		if (!h->up)
			continue;
		print_title(h, out);
		print_counts(h, out);
		if (h->n_ports)
			error = print_ports(r, h, out);
		fputc('\n', out);
	}
	if (r->interrupted)
		fputs(_("interrupted: not all was asked\n"), out);
	fprintf(out,
		strcmp(r->vantage, "outside")
			? _("%s of %s addresses up; scanned from inside the firewall in %.2f seconds\n")
			: _("%s of %s addresses up; scanned from outside the firewall in %.2f seconds\n"),
		text_number(print_count_up(r), up), text_number(r->plan->n_hosts, all),
		(double)(r->ended_ns - r->started_ns) / 1e9);
	return error ? error : ferror(out) ? -EIO : 0;
}
