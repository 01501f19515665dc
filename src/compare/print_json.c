#include "base/i18n.h"
#include "base/json.h"
#include "base/service_name.h"
#include "base/zone.h"

#include "build_config.h"
#include "compare/compare_internal.h"
#include "web/web.h"

static const char *const sides[] = { [COMPARE_ACTIVE] = "active", [COMPARE_PASSIVE] = "passive" };
static const char *const scopes[] = { [COMPARE_ALL] = "all", [COMPARE_COVERED] = "covered" };

static void put_time(struct json *j, const char *name, uint64_t time_ns)
{
	char text[ZONE_TEXT_MAX];

	json_text(j, name, time_ns ? zone_format(time_ns, text) : NULL);
}

static void put_head(struct json *j, const struct comparison *c)
{
	char text[PREFIX_TEXT_MAX];

	json_text(j, "kind", "comparison");
	json_number(j, "version", 1);
	json_text(j, "generator", "sekimori " SEKIMORI_VERSION);
	put_time(j, "made", c->made_ns);
	json_text(j, "lang", i18n_language());
	json_open_object(j, "site");
	json_open_array(j, "networks");
	for (size_t i = 0; i < c->config->networks.n_prefixes; i++)
		json_text(j, NULL, prefix_format(c->config->networks.prefixes[i], text));
	json_close_array(j);
	json_text(j, "timezone", zone_name());
	json_close_object(j);
	json_open_object(j, "watched");
	put_time(j, "first", c->first_ns);
	put_time(j, "last", c->last_ns);
	json_close_object(j);
	json_bool(j, "by_scanner", c->by_scanner);
	json_text(j, "peers_of", config_peers_name(c->config->peers));
	json_bool(j, "tells_ports", c->tells_ports);
	json_number(j, "udp_left_out", c->udp);
	json_text(j, "places", c->places);
}

static void put_scans(struct json *j, const struct comparison *c)
{
	json_open_array(j, "scans");
	for (size_t i = 0; i < c->n_scans; i++) {
		const struct compare_scan *s = &c->scans[i];
		uint64_t ns = s->end_ns - s->start_ns;

		json_open_object(j, NULL);
		json_text(j, "source", s->source);
		json_text(j, "tool", s->tool);
		json_text(j, "version", s->version);
		json_text(j, "arguments", s->arguments);
		put_time(j, "start", s->start_ns);
		put_time(j, "end", s->end_ns);
		json_bool(j, "inside", s->inside);
		json_bool(j, "interrupted", s->interrupted);
		json_bool(j, "tells_ports", s->tells_ports);
		json_number(j, "hosts", s->hosts);
		json_number(j, "open", s->open);
		json_number(j, "skipped", s->skipped);
		if (s->start_ns && ns)
			json_real(j, "watched_share", (double)s->watched_ns / (double)ns);
		json_close_object(j);
	}
	json_close_array(j);
}

static void put_hosts(struct json *j, const uint64_t hosts[COMPARE_SCOPES][COMPARE_SIDES])
{
	for (int scope = 0; scope < COMPARE_SCOPES; scope++) {
		json_open_object(j, scopes[scope]);
		for (int side = 0; side < COMPARE_SIDES; side++)
			json_number(j, sides[side], hosts[scope][side]);
		json_close_object(j);
	}
}

static void put_range(struct json *j, const char *name, const uint64_t range[2])
{
	json_open_array(j, name);
	json_number(j, NULL, range[0]);
	json_number(j, NULL, range[1]);
	json_close_array(j);
}

static void put_figures(struct json *j, const struct comparison *c)
{
	json_open_object(j, "figures");
	for (int scope = 0; scope < COMPARE_SCOPES; scope++) {
		json_open_object(j, scopes[scope]);
		for (int side = 0; side < COMPARE_SIDES; side++) {
			const struct compare_figures *f = &c->figures[scope][side];

			json_open_object(j, sides[side]);
			json_number(j, "hosts", f->hosts);
			json_number(j, "ports", f->ports);
			json_number(j, "services", f->services);
			put_range(j, "hosts_per_port", f->hosts_per_port);
			put_range(j, "ports_per_host", f->ports_per_host);
			json_close_object(j);
		}
		json_close_object(j);
	}
	json_close_object(j);
}

static void put_tables(struct json *j, const struct comparison *c)
{
	json_open_array(j, "ports");
	for (size_t i = 0; i < c->n_ports; i++) {
		json_open_object(j, NULL);
		json_number(j, "port", c->ports[i].port);
		json_text(j, "service", service_name(c->ports[i].port, SIGHTING_PROTOCOL_TCP));
		put_hosts(j, c->ports[i].hosts);
		json_close_object(j);
	}
	json_close_array(j);
	json_open_array(j, "ports_per_host");
	for (size_t i = 0; i < c->n_spread; i++) {
		json_open_object(j, NULL);
		json_number(j, "ports", c->spread[i].ports);
		put_hosts(j, c->spread[i].hosts);
		json_close_object(j);
	}
	json_close_array(j);
	json_open_object(j, "reasons");
	for (int why = 0; why < COMPARE_WHYS; why++)
		json_number(j, compare_why_name(why), c->whys[why]);
	json_close_object(j);
}

static void put_scan_side(struct json *j, const struct compare_row *r)
{
	if (!r->told && !r->active)
		return;
	json_open_object(j, "scan");
	json_text(j, "state", port_state_name(r->state));
	if (r->reason)
		json_text(j, "reason", port_reason_name(r->reason));
	put_time(j, "time", r->scan_time_ns);
	json_text(j, "service", r->service);
	json_close_object(j);
}

static void put_seen_side(struct json *j, const struct compare_row *r)
{
	char text[ADDR_TEXT_MAX], marks[MARKS_TEXT_MAX];

	if (!r->packets)
		return;
	json_open_object(j, "seen");
	put_time(j, "first", r->first_ns);
	put_time(j, "last", r->last_ns);
	json_number(j, "packets", r->packets);
	json_number(j, "peers", r->peers);
	json_number(j, "days", r->days);
	json_text(j, "marks", marks_format(r->marks, marks));
	json_open_array(j, "knocks");
	for (size_t i = 0; i < r->n_knocks; i++) {
		const struct compare_knock *k = &r->knocks[i];

		json_open_object(j, NULL);
		put_time(j, "time", k->time_ns);
		json_text(j, "peer", addr_format(k->peer, text));
		json_number(j, "peer_port", k->peer_port);
		json_text(j, "country", *k->country ? k->country : NULL);
		json_text(j, "network", *k->network ? k->network : NULL);
		json_text(j, "lists", *k->lists ? k->lists : NULL);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void put_rows(struct json *j, const struct comparison *c)
{
	char text[ADDR_TEXT_MAX];

	json_open_array(j, "rows");
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct compare_row *r = &c->rows[i];

		json_open_object(j, NULL);
		json_text(j, "address", addr_format(r->host, text));
		json_number(j, "port", r->port);
		json_text(j, "protocol", protocol_name(r->protocol));
		json_text(j, "service", service_name(r->port, r->protocol));
		json_bool(j, "active", r->active);
		json_bool(j, "passive", r->passive);
		json_bool(j, "covered", r->covered);
		json_text(j, "reason", compare_why_name(r->why));
		put_scan_side(j, r);
		put_seen_side(j, r);
		json_close_object(j);
	}
	json_close_array(j);
}

int compare_print_json(const struct comparison *c, bool for_html, FILE *out)
{
	struct json j;

	json_init(&j, out, for_html, 2);
	json_open_object(&j, NULL);
	put_head(&j, c);
	put_scans(&j, c);
	put_figures(&j, c);
	put_tables(&j, c);
	put_rows(&j, c);
	json_close_object(&j);
	return json_end(&j);
}

bool compare_has_html(void)
{
	return web_report_head() != NULL;
}

int compare_print_html(const struct comparison *c, FILE *out)
{
	int error;

	if (!compare_has_html())
		return ERR_UNSUPPORTED;
	fputs(web_report_head(), out);
	error = compare_print_json(c, true, out);
	fputs(web_report_tail(), out);
	return error;
}
