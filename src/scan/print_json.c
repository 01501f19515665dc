#include <netinet/in.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/service_name.h"
#include "base/zone.h"
#include "scan/ports.h"
#include "scan/print_internal.h"

static void print_some(struct json *j, const char *name, const char *text)
{
	if (text)
		json_text(j, name, text);
}

static void print_service(struct json *j, const struct service *s)
{
	print_some(j, "product", s->product);
	print_some(j, "version", s->version);
	print_some(j, "extra_info", s->extra_info);
	print_some(j, "hostname", s->hostname);
	print_some(j, "os", s->os);
	print_some(j, "device", s->device);
	if (s->cpe[0] || s->cpe[1] || s->cpe[2]) {
		json_open_array(j, "cpe");
		for (size_t i = 0; i < ARRAY_LENGTH(s->cpe); i++)
			print_some(j, NULL, s->cpe[i]);
		json_close_array(j);
	}
	if (s->tls)
		json_bool(j, "tls", true);
	print_some(j, "certificate", s->certificate);
}

static void print_port(struct json *j, const struct port_outcome *o)
{
	char time[ZONE_TEXT_MAX];

	json_open_object(j, NULL);
	json_number(j, "port", o->port);
	json_text(j, "protocol", protocol_name(o->protocol));
	json_text(j, "state", port_state_name(o->state));
	json_text(j, "reason", port_reason_name(o->reason));
	if (o->ttl)
		json_number(j, "ttl", o->ttl);
	json_text(j, "time", zone_format(o->time_ns, time));
	json_text(j, "service", print_service_name(o));
	json_bool(j, "probed", o->service.name != NULL);
	print_service(j, &o->service);
	json_close_object(j);
}

static void print_host(struct json *j, const struct scan_host *h)
{
	char addr[ADDR_TEXT_MAX];

	json_open_object(j, NULL);
	json_text(j, "address", addr_format(h->addr, addr));
	json_text(j, "name", h->name ? h->name : "");
	json_text(j, "reason", port_reason_name(h->reason));
	json_open_array(j, "ports");
	for (size_t i = 0; i < h->n_ports; i++)
		print_port(j, &h->ports[i]);
	json_close_array(j);
	json_open_array(j, "not_listed");
	for (size_t i = 0; i < h->n_counts; i++) {
		json_open_object(j, NULL);
		json_text(j, "protocol", protocol_name(h->counts[i].protocol));
		json_text(j, "state", port_state_name(h->counts[i].state));
		json_text(j, "reason", port_reason_name(h->counts[i].reason));
		json_number(j, "ports", h->counts[i].ports);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void print_ports(struct json *j, const char *name, const struct port_list *list)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return;
	port_list_print(list, out);
	if (fclose(out) == 0)
		json_text(j, name, text);
	free(text);
}

static void print_down(struct json *j, const struct targets *down)
{
	char text[TARGETS_RANGE_TEXT_MAX];

	json_open_array(j, "down");
	for (size_t i = 0; i < down->n_ranges; i++)
		json_text(j, NULL, targets_range_text(&down->ranges[i], text));
	json_close_array(j);
}

int scan_print_json(const struct scan_report *r, FILE *out)
{
	char time[ZONE_TEXT_MAX];
	struct targets down;
	struct json j;
	int error = print_find_down(r, &down);

	json_init(&j, out, false, 4);
	json_open_object(&j, NULL);
	json_text(&j, "tool", "sekimori");
	json_text(&j, "version", r->version);
	json_text(&j, "arguments", r->arguments);
	json_text(&j, "vantage", r->vantage);
	json_text(&j, "started", zone_format(r->started_ns, time));
	json_text(&j, "ended", zone_format(r->ended_ns, time));
	json_bool(&j, "complete", !r->interrupted);
	json_number(&j, "addresses", r->plan->n_hosts);
	if (r->tcp_method) {
		json_text(&j, "method", r->tcp_method);
		print_ports(&j, "tcp_ports", &r->plan->tcp);
	}
	if (r->udp)
		print_ports(&j, "udp_ports", &r->plan->udp);
	json_open_array(&j, "hosts");
	for (size_t i = 0; i < r->results->n_hosts; i++) {
		if (r->results->hosts[i].up)
			print_host(&j, &r->results->hosts[i]);
	}
	json_close_array(&j);
	if (!r->interrupted)
		print_down(&j, &down);
	json_close_object(&j);
	targets_finish(&down);
	return error ? error : json_end(&j);
}
