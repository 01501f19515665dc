/* The report as JSON: docs/report.md. */
#include <string.h>

#include "base/i18n.h"
#include "base/json.h"
#include "base/service_name.h"
#include "base/zone.h"
#include "report/print_internal.h"

#include "build_config.h"

static void put_date(struct json *j, const char *name, const struct report *r, uint32_t day)
{
	char date[REPORT_DATE_MAX];

	json_text(j, name, report_date(r, day, date));
}

static void put_host(struct json *j, const char *name, const struct report *r,
		     const struct report_host *h)
{
	char text[REPORT_HOST_MAX];

	json_text(j, name, report_host_text(r, h->addr, h->number, text));
}

static void put_port(struct json *j, uint16_t port, uint8_t protocol)
{
	json_number(j, "port", port);
	json_text(j, "protocol", protocol_name(protocol));
	json_text(j, "service", service_name(port, protocol));
}

static void put_span(struct json *j, const struct report_period *p)
{
	char date[REPORT_DATE_MAX];

	json_text(j, "name", p->name);
	json_text(j, "first", report_day_text(p->first_day, date));
	json_text(j, "last", report_day_text(p->end_day - 1, date));
}

static void put_head(struct json *j, const struct report *r)
{
	static const char *const kinds[] = { "day", "month", "year", "range" };
	char text[PREFIX_TEXT_MAX], time[ZONE_TEXT_MAX], marks[MARKS_TEXT_MAX], *mark, *rest;

	json_text(j, "kind", "report");
	json_number(j, "version", 1);
	json_text(j, "generator", "sekimori " SEKIMORI_VERSION);
	json_text(j, "made", zone_format(r->made_ns, time));
	json_text(j, "lang", i18n_language());
	json_open_object(j, "site");
	json_open_array(j, "networks");
	for (size_t i = 0; i < r->config->networks.n_prefixes; i++)
		json_text(j, NULL, report_network_text(r, r->config->networks.prefixes[i], text));
	json_close_array(j);
	json_text(j, "timezone", zone_name());
	json_close_object(j);
	json_open_object(j, "period");
	put_span(j, &r->period);
	json_text(j, "kind", kinds[r->period.kind]);
	json_number(j, "days", r->counts.n_days);
	json_number(j, "days_captured", r->days_captured);
	json_close_object(j);
	json_open_array(j, "include");
	marks_format(r->include, marks);
	for (mark = strtok_r(marks, ",", &rest); mark; mark = strtok_r(NULL, ",", &rest))
		json_text(j, NULL, mark);
	json_close_array(j);
	json_text(j, "peers_of", config_peers_name(r->config->peers));
	json_bool(j, "anonymised", r->anonymised);
	json_open_array(j, "unread");
	for (size_t i = 0; i < catalogue_damage_count(r->catalogue); i++)
		json_text(j, NULL, catalogue_damage_words(r->catalogue, i));
	json_close_array(j);
}

/* Only where it is so. */
static void put_estimated(struct json *j, bool estimated)
{
	if (estimated)
		json_bool(j, "peers_estimated", true);
}

static void put_totals(struct json *j, const struct report *r)
{
	json_open_object(j, "totals");
	json_number(j, "packets", r->counts.packets);
	json_number(j, "hosts", r->n_hosts);
	json_number(j, "daily_hosts", r->daily_hosts);
	json_number(j, "peers", r->counts.peers);
	put_estimated(j, r->n_floods);
	json_number(j, "ports", r->n_ports);
	json_number(j, "services", r->counts.n_services);
	json_open_object(j, "ports_per_host");
	if (r->n_port_counts) {
		json_number(j, "min", r->port_counts[0].ports);
		json_number(j, "max", r->port_counts[r->n_port_counts - 1].ports);
		json_real(j, "mean", (double)r->counts.n_services / (double)r->n_hosts);
	} else {
		json_null(j, "min");
		json_null(j, "max");
		json_null(j, "mean");
	}
	json_close_object(j);
	json_close_object(j);
}

static void put_days(struct json *j, const struct report *r)
{
	json_open_array(j, "days");
	for (uint32_t i = 0; i < r->counts.n_days; i++) {
		const struct report_day *d = &r->days[i];

		json_open_object(j, NULL);
		put_date(j, "date", r, i);
		json_number(j, "weekday", (uint64_t)report_weekday(r, i));
		json_text(j, "holiday",
			  config_holiday(r->config, r->period.first_day + (int32_t)i));
		json_real(j, "captured_share", d->captured_share);
		json_number(j, "packets", r->counts.days[i].packets);
		json_number(j, "hosts", d->hosts);
		json_number(j, "daily_hosts", d->daily_hosts);
		json_number(j, "peers", r->counts.days[i].peers);
		put_estimated(j, r->counts.days[i].peers_estimated);
		json_number(j, "new_hosts", d->new_hosts);
		json_number(j, "cumulative_hosts", d->cumulative_hosts);
		json_number(j, "new_to_store", d->new_to_store);
		json_bool(j, "stands_out", d->stands_out);
		json_close_object(j);
	}
	json_close_array(j);
}

static void put_stat(struct json *j, const char *name, const struct report *r,
		     const struct report_stat *s)
{
	if (!s->any) {
		json_null(j, name);
		return;
	}
	json_open_object(j, name);
	json_open_object(j, "min");
	json_number(j, "value", s->min);
	put_date(j, "date", r, s->min_day);
	json_close_object(j);
	json_open_object(j, "max");
	json_number(j, "value", s->max);
	put_date(j, "date", r, s->max_day);
	json_close_object(j);
	json_real(j, "mean", s->mean);
	json_real(j, "median", s->median);
	json_close_object(j);
}

static void put_statistics(struct json *j, const struct report *r)
{
	json_open_object(j, "statistics");
	put_stat(j, "packets", r, &r->packets);
	put_stat(j, "hosts", r, &r->hosts_a_day);
	put_stat(j, "other_hosts", r, &r->other_hosts);
	put_stat(j, "peers", r, &r->peers);
	put_stat(j, "new_hosts", r, &r->new_hosts);
	json_close_object(j);
}

/* A day beside the medians of the period's days. */
static void put_against_median(struct json *j, const struct report *r, uint32_t day)
{
	uint64_t packets = r->counts.days[day].packets, peers = r->counts.days[day].peers;
	uint32_t hosts = r->days[day].hosts;

	json_open_object(j, NULL);
	put_date(j, "date", r, day);
	json_number(j, "packets", packets);
	json_real(j, "share_of_median", (double)packets / r->packets.median);
	json_number(j, "hosts", hosts);
	json_real(j, "hosts_share_of_median", (double)hosts / r->hosts_a_day.median);
	json_number(j, "peers", peers);
	json_real(j, "peers_share_of_median", (double)peers / r->peers.median);
	json_close_object(j);
}

static void put_rest_days(struct json *j, const struct report *r)
{
	json_open_array(j, "sundays");
	for (uint32_t i = 0; i < r->counts.n_days; i++) {
		if (report_weekday(r, i) == REPORT_SUNDAY && r->days[i].whole)
			put_against_median(j, r, i);
	}
	json_close_array(j);
	json_open_array(j, "holidays");
	for (uint32_t i = 0; i < r->counts.n_days; i++) {
		if (report_weekday(r, i) != REPORT_SUNDAY && report_is_rest_day(r, i) &&
		    r->days[i].whole)
			put_against_median(j, r, i);
	}
	json_close_array(j);
}

static void put_services(struct json *j, const struct report *r, const struct report_host *h,
			 bool by_packets)
{
	size_t *order = by_packets ? report_services_by_packets(r, h) : NULL;

	json_open_array(j, "services");
	for (size_t i = 0; i < h->n_services; i++) {
		size_t service = order ? order[i] : h->first_service + i;
		const struct period_service *s = &r->counts.services[service];

		json_open_object(j, NULL);
		put_port(j, s->port, s->protocol);
		json_number(j, "packets", s->packets);
		json_number(j, "days", report_service_days(r, service));
		json_close_object(j);
	}
	json_close_array(j);
	report_order_free(order);
}

static void put_days_seen(struct json *j, const struct report *r)
{
	json_open_array(j, "days_seen");
	for (uint32_t i = 1; i <= r->counts.n_days; i++) {
		json_open_object(j, NULL);
		json_number(j, "days", i);
		json_number(j, "hosts", r->days_seen[i]);
		json_close_object(j);
	}
	json_close_array(j);
	json_open_array(j, "nearly_daily");
	for (size_t i = 0; i < r->n_nearly_daily; i++) {
		const struct report_host *h = &r->hosts[r->nearly_daily[i]];

		json_open_object(j, NULL);
		put_host(j, "host", r, h);
		json_text(j, "name", report_host_name(r, h->addr));
		json_number(j, "days", h->days);
		json_open_array(j, "missed");
		for (uint32_t day = 0; day < r->counts.n_days; day++) {
			if (r->days[day].whole && !report_host_seen(r, h, day))
				put_date(j, NULL, r, day);
		}
		json_close_array(j);
		put_services(j, r, h, false);
		json_close_object(j);
	}
	json_close_array(j);
}

static void put_ports(struct json *j, const struct report *r)
{
	json_open_array(j, "ports");
	for (size_t i = 0; i < r->n_ports; i++) {
		const struct report_port *p = &r->ports[i];

		json_open_object(j, NULL);
		put_port(j, p->port, p->protocol);
		json_number(j, "hosts", p->hosts);
		json_number(j, "daily_hosts", p->daily_hosts);
		json_number(j, "peers", p->peers);
		put_estimated(j, p->peers_estimated);
		json_number(j, "packets", p->packets);
		json_close_object(j);
	}
	json_close_array(j);
}

static void put_set(struct json *j, const struct report *r, const struct report_set *set)
{
	const struct report_host *first = &r->hosts[r->by_ports[set->first]];

	json_open_object(j, NULL);
	json_open_array(j, "ports");
	for (size_t i = 0; i < first->n_services; i++) {
		const struct period_service *s = &r->counts.services[first->first_service + i];

		json_open_object(j, NULL);
		put_port(j, s->port, s->protocol);
		json_close_object(j);
	}
	json_close_array(j);
	json_open_array(j, "hosts");
	for (size_t i = 0; i < set->n; i++)
		put_host(j, NULL, r, &r->hosts[r->by_ports[set->first + i]]);
	json_close_array(j);
	json_close_object(j);
}

static void put_ports_of_host(struct json *j, const struct report *r)
{
	json_open_array(j, "ports_of_host");
	for (size_t i = 0; i < r->n_port_counts; i++) {
		const struct report_port_count *c = &r->port_counts[i];

		json_open_object(j, NULL);
		json_number(j, "ports", c->ports);
		json_number(j, "hosts", c->hosts);
		json_open_array(j, "sets");
		for (size_t k = 0; k < c->n; k++)
			put_set(j, r, &r->sets[c->first + k]);
		json_close_array(j);
		json_close_object(j);
	}
	json_close_array(j);
	json_open_object(j, "outliers");
	if (r->outlier_limit) {
		json_number(j, "more_than", r->outlier_limit);
	} else {
		json_null(j, "more_than");
	}
	json_open_array(j, "hosts");
	for (size_t i = 0; i < r->n_outliers; i++) {
		const struct report_host *h = &r->hosts[r->outliers[i]];

		json_open_object(j, NULL);
		put_host(j, "host", r, h);
		json_text(j, "name", report_host_name(r, h->addr));
		json_number(j, "ports", h->n_services);
		put_services(j, r, h, true);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void put_visitor(struct json *j, const struct report *r, const struct report_visitor *v,
			uint64_t packets_of_day)
{
	char peer[REPORT_HOST_MAX];

	json_open_object(j, NULL);
	json_text(j, "peer", report_peer_text(r, v, peer));
	json_number(j, "packets", v->visit.packets);
	json_real(j, "share", (double)v->visit.packets / (double)packets_of_day);
	json_number(j, "hosts", v->visit.hosts);
	json_open_array(j, "ports");
	for (size_t i = 0; i < v->visit.n_ports; i++) {
		json_open_object(j, NULL);
		put_port(j, v->visit.ports[i].port, v->visit.ports[i].protocol);
		json_number(j, "packets", v->visit.ports[i].packets);
		json_close_object(j);
	}
	json_close_array(j);
	json_text(j, "country", *v->country ? v->country : NULL);
	if (v->as_number) {
		json_number(j, "as_number", v->as_number);
	} else {
		json_null(j, "as_number");
	}
	json_text(j, "as_name", *v->as_name ? v->as_name : NULL);
	json_text(j, "lists", *v->lists ? v->lists : NULL);
	json_close_object(j);
}

static void put_busiest(struct json *j, const struct report *r)
{
	static const char *const because[] = { "packets", "peer", "only-day" };

	json_open_array(j, "busiest");
	for (size_t i = 0; i < r->n_busy_days; i++) {
		const struct report_busy_day *b = &r->busy_days[i];
		uint64_t packets = r->counts.days[b->day].packets;

		json_open_object(j, NULL);
		put_date(j, "date", r, b->day);
		json_number(j, "packets", packets);
		json_real(j, "times_median", (double)packets / r->packets.median);
		json_text(j, "because", because[b->why]);
		json_open_array(j, "peers");
		for (uint32_t k = 0; k < b->n_visitors; k++)
			put_visitor(j, r, &b->visitors[k], packets);
		json_close_array(j);
		json_close_object(j);
	}
	json_close_array(j);
}

static void put_changes(struct json *j, const char *name, const struct report *r,
			const struct report_changes *list)
{
	char host[REPORT_HOST_MAX], time[ZONE_TEXT_MAX];

	json_open_array(j, name);
	for (size_t i = 0; i < list->n; i++) {
		const struct report_change *c = &list->list[i];

		json_open_object(j, NULL);
		json_text(j, "host", report_host_text(r, c->host, c->number, host));
		json_text(j, "name", report_host_name(r, c->host));
		put_port(j, c->port, c->protocol);
		json_text(j, "first_seen", zone_format(c->first_ns, time));
		json_text(j, "last_seen", zone_format(c->last_ns, time));
		json_number(j, "packets", c->packets);
		json_close_object(j);
	}
	json_close_array(j);
}

static void put_stretch(struct json *j, const struct catalogue_gap *g)
{
	char time[ZONE_TEXT_MAX];

	json_text(j, "from", zone_format(g->from_ns, time));
	json_text(j, "to", zone_format(g->to_ns, time));
	json_real(j, "seconds", (double)(g->to_ns - g->from_ns) / (double)NS_PER_SECOND);
}

/* What sensors say that they may have missed. */
static void put_recorded(struct json *j, const struct report *r)
{
	json_open_object(j, "recorded");
	json_real(j, "seconds", (double)r->recorded_all.ns / (double)NS_PER_SECOND);
	json_open_array(j, "kinds");
	for (int i = 0; i < BATCH_GAP_KINDS; i++) {
		const struct report_gap_sum *s = &r->recorded_of[i];

		if (!s->gaps)
			continue;
		json_open_object(j, NULL);
		json_text(j, "kind", batch_gap_name((enum batch_gap_kind)i));
		json_number(j, "gaps", s->gaps);
		json_real(j, "seconds", (double)s->ns / (double)NS_PER_SECOND);
		json_number(j, "count", s->count);
		json_close_object(j);
	}
	json_close_array(j);
	json_open_array(j, "longest");
	for (size_t i = 0; i < r->n_longest; i++) {
		json_open_object(j, NULL);
		put_stretch(j, r->longest[i]);
		json_text(j, "kind", batch_gap_name(r->longest[i]->kind));
		json_number(j, "count", r->longest[i]->count);
		json_text(j, "interface", r->longest[i]->interface);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

/* In a flood. A host or a port that there is none of is null. */
static void put_floods(struct json *j, const struct report *r)
{
	char host[REPORT_HOST_MAX];

	json_open_object(j, "only_counted");
	json_number(j, "packets", r->counts.counted_packets);
	json_open_array(j, "services");
	for (size_t i = 0; i < r->n_floods; i++) {
		const struct report_flood *f = &r->floods[i];

		json_open_object(j, NULL);
		json_text(j, "host",
			  f->of_all ? NULL : report_host_text(r, f->flood.host, f->number, host));
		json_text(j, "name", f->of_all ? "" : report_host_name(r, f->flood.host));
		if (f->flood.protocol) {
			put_port(j, f->flood.port, f->flood.protocol);
		} else {
			json_null(j, "port");
			json_text(j, "protocol", "");
			json_text(j, "service", "");
		}
		json_number(j, "packets", f->flood.packets);
		json_number(j, "peers", f->flood.peers);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void put_evidence(struct json *j, const struct report *r)
{
	char marks[MARKS_TEXT_MAX];

	json_open_array(j, "left_out");
	for (int i = 0; i < PERIOD_LEFT_COUNT; i++) {
		json_open_object(j, NULL);
		json_text(j, "mark", marks_format(period_left_marks[i], marks));
		json_number(j, "packets", r->counts.left[i].packets);
		json_number(j, "services", r->counts.left[i].services);
		json_number(j, "hosts", r->counts.left[i].hosts);
		json_close_object(j);
	}
	json_close_array(j);
	put_floods(j, r);
	json_open_object(j, "not_captured");
	json_real(j, "seconds", (double)r->gap_ns / (double)NS_PER_SECOND);
	json_open_array(j, "gaps");
	for (size_t i = 0; i < r->n_gaps; i++) {
		json_open_object(j, NULL);
		put_stretch(j, &r->gaps[i]);
		json_close_object(j);
	}
	json_close_array(j);
	put_recorded(j, r);
	json_close_object(j);
}

int report_print_json(const struct report *r, bool for_html, FILE *out)
{
	struct json j;

	json_init(&j, out, for_html, 2);
	json_open_object(&j, NULL);
	put_head(&j, r);
	put_totals(&j, r);
	put_days(&j, r);
	put_statistics(&j, r);
	put_rest_days(&j, r);
	put_days_seen(&j, r);
	put_ports(&j, r);
	put_ports_of_host(&j, r);
	put_busiest(&j, r);
	json_open_object(&j, "changes");
	json_open_object(&j, "before");
	put_span(&j, &r->before);
	json_bool(&j, "seen", r->before_seen);
	json_close_object(&j);
	put_changes(&j, "new", r, &r->new_services);
	put_changes(&j, "back", r, &r->back);
	put_changes(&j, "gone", r, &r->gone);
	json_close_object(&j);
	put_evidence(&j, r);
	if (r->places) {
		json_open_object(&j, "places");
		json_text(&j, "source", r->places);
		json_close_object(&j);
	} else {
		json_null(&j, "places");
	}
	json_close_object(&j);
	return json_end(&j);
}
