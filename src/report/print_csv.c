/* The tables of the report as CSV (RFC 4180). Headings are names for programs. */
#include <inttypes.h>

#include "base/service_name.h"
#include "base/text.h"
#include "base/zone.h"
#include "report/print_internal.h"

/* One table being written. */
struct table {
	const struct report *r;
	FILE *out;
	bool for_excel;
};

typedef void (*table_fn)(const struct table *t);

/* A text from outside: a name, a holiday, a network. */
static void put_text(const struct table *t, const char *text)
{
	(t->for_excel ? text_csv_for_excel : text_csv)(t->out, text);
}

static void put_host(const struct table *t, struct net_addr host, uint32_t number)
{
	char text[REPORT_HOST_MAX];

	fprintf(t->out, "%s,", report_host_text(t->r, host, number, text));
	put_text(t, report_host_name(t->r, host));
}

/* ",port,protocol,service" */
static void put_port(FILE *out, uint16_t port, uint8_t protocol)
{
	fprintf(out, ",%u,%s,", port, protocol_name(protocol));
	text_csv(out, service_name(port, protocol));
}

static void put_totals(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	fprintf(out,
		"figure,value\npackets,%" PRIu64 "\nhosts,%zu\ndaily_hosts,%u\npeers,%" PRIu64
		"\nports,%zu\nservices,%zu\ndays,%u\ndays_captured,%u\n",
		r->counts.packets, r->n_hosts, r->daily_hosts, r->counts.peers, r->n_ports,
		r->counts.n_services, r->counts.n_days, r->days_captured);
}

static void put_stat(FILE *out, const char *name, const struct report *r,
		     const struct report_stat *s)
{
	char min[REPORT_DATE_MAX], max[REPORT_DATE_MAX];

	if (!s->any)
		return;
	fprintf(out, "%s,%" PRIu64 ",%s,%" PRIu64 ",%s,%.3f,%.1f\n", name, s->min,
		report_date(r, s->min_day, min), s->max, report_date(r, s->max_day, max), s->mean,
		s->median);
}

static void put_statistics(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	fputs("figure,min,min_date,max,max_date,mean,median\n", out);
	put_stat(out, "packets", r, &r->packets);
	put_stat(out, "hosts", r, &r->hosts_a_day);
	put_stat(out, "other_hosts", r, &r->other_hosts);
	put_stat(out, "peers", r, &r->peers);
	put_stat(out, "new_hosts", r, &r->new_hosts);
}

static void put_days(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	char date[REPORT_DATE_MAX];

	fputs("date,weekday,holiday,packets,hosts,daily_hosts,peers,new_hosts,cumulative_hosts,"
	      "new_to_store,captured_share,stands_out\n",
	      out);
	for (uint32_t i = 0; i < r->counts.n_days; i++) {
		const char *holiday = config_holiday(r->config, r->period.first_day + (int32_t)i);
		const struct report_day *d = &r->days[i];

		fprintf(out, "%s,%d,", report_date(r, i, date), report_weekday(r, i));
		put_text(t, holiday ? holiday : "");
		fprintf(out, ",%" PRIu64 ",%u,%u,%" PRIu64 ",%u,%u,%u,%.3f,%d\n",
			r->counts.days[i].packets, d->hosts, d->daily_hosts,
			r->counts.days[i].peers, d->new_hosts, d->cumulative_hosts, d->new_to_store,
			d->captured_share, d->stands_out);
	}
}

static void put_days_seen(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	fputs("days,hosts\n", out);
	for (uint32_t i = 1; i <= r->counts.n_days; i++)
		fprintf(out, "%u,%u\n", i, r->days_seen[i]);
}

static void put_nearly_daily(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	char date[REPORT_DATE_MAX];

	fputs("host,name,days,missed,ports\n", out);
	for (size_t i = 0; i < r->n_nearly_daily; i++) {
		const struct report_host *h = &r->hosts[r->nearly_daily[i]];
		const char *between = "";

		put_host(t, h->addr, h->number);
		fprintf(out, ",%u,", h->days);
		for (uint32_t day = 0; day < r->counts.n_days; day++) {
			if (!r->days[day].whole || report_host_seen(r, h, day))
				continue;
			fprintf(out, "%s%s", between, report_date(r, day, date));
			between = " ";
		}
		fputc(',', out);
		for (size_t k = 0; k < h->n_services; k++) {
			fprintf(out, "%s%u", k ? " " : "",
				r->counts.services[h->first_service + k].port);
		}
		fputc('\n', out);
	}
}

static void put_ports(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	fputs("port,protocol,service,hosts,daily_hosts,peers,packets\n", out);
	for (size_t i = 0; i < r->n_ports; i++) {
		const struct report_port *p = &r->ports[i];

		fprintf(out, "%u,%s,", p->port, protocol_name(p->protocol));
		text_csv(out, service_name(p->port, p->protocol));
		fprintf(out, ",%u,%u,%" PRIu64 ",%" PRIu64 "\n", p->hosts, p->daily_hosts, p->peers,
			p->packets);
	}
}

static void put_ports_of_host(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	fputs("ports,hosts\n", out);
	for (size_t i = 0; i < r->n_port_counts; i++)
		fprintf(out, "%u,%u\n", r->port_counts[i].ports, r->port_counts[i].hosts);
}

static void put_hosts(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	char date[REPORT_DATE_MAX];

	fputs("host,name,ports,days,first_date,new_to_store,packets,same_ports,outlier\n", out);
	for (size_t i = 0; i < r->n_sets; i++) {
		for (size_t k = 0; k < r->sets[i].n; k++) {
			const struct report_host *h = &r->hosts[r->by_ports[r->sets[i].first + k]];

			put_host(t, h->addr, h->number);
			fprintf(out, ",%zu,%u,%s,%d,%" PRIu64 ",%zu,%d\n", h->n_services, h->days,
				report_date(r, h->first_day, date), h->first_day_ever != UINT32_MAX,
				h->packets, i + 1,
				r->outlier_limit && h->n_services > r->outlier_limit);
		}
	}
}

static void put_services(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	fputs("host,name,port,protocol,service,days,packets\n", out);
	for (size_t i = 0; i < r->n_hosts; i++) {
		const struct report_host *h = &r->hosts[i];

		for (size_t k = h->first_service; k < h->first_service + h->n_services; k++) {
			const struct period_service *s = &r->counts.services[k];

			put_host(t, h->addr, h->number);
			put_port(out, s->port, s->protocol);
			fprintf(out, ",%u,%" PRIu64 "\n", report_service_days(r, k), s->packets);
		}
	}
}

static void put_busiest(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	char text[REPORT_HOST_MAX];

	fputs("date,rank,peer,packets,share,hosts,ports,country,as_number,network,lists\n", out);
	for (size_t i = 0; i < r->n_busy_days; i++) {
		const struct report_busy_day *b = &r->busy_days[i];

		for (uint32_t k = 0; k < b->n_visitors; k++) {
			const struct report_visitor *v = &b->visitors[k];

			fprintf(out, "%s,%u,", report_date(r, b->day, text), k + 1);
			fprintf(out, "%s,%" PRIu64 ",%.4f,%u,", report_peer_text(r, v, text),
				v->visit.packets,
				(double)v->visit.packets / (double)r->counts.days[b->day].packets,
				v->visit.hosts);
			for (size_t p = 0; p < v->visit.n_ports; p++)
				fprintf(out, "%s%u", p ? " " : "", v->visit.ports[p].port);
			fprintf(out, ",%s,", v->country);
			if (v->as_number)
				fprintf(out, "%u", v->as_number);
			fputc(',', out);
			put_text(t, v->as_name);
			fputc(',', out);
			put_text(t, v->lists);
			fputc('\n', out);
		}
	}
}

static void put_changed(const struct table *t, const char *what, const struct report_changes *list)
{
	FILE *out = t->out;
	char time[ZONE_TEXT_MAX];

	for (size_t i = 0; i < list->n; i++) {
		const struct report_change *c = &list->list[i];

		fprintf(out, "%s,", what);
		put_host(t, c->host, c->number);
		put_port(out, c->port, c->protocol);
		fprintf(out, ",%s", zone_format(c->first_ns, time));
		fprintf(out, ",%s,%" PRIu64 "\n", zone_format(c->last_ns, time), c->packets);
	}
}

static void put_changes(const struct table *t)
{
	FILE *out = t->out;

	fputs("change,host,name,port,protocol,service,first_seen,last_seen,packets\n", out);
	put_changed(t, "new", &t->r->new_services);
	put_changed(t, "back", &t->r->back);
	put_changed(t, "gone", &t->r->gone);
}

static void put_left_out(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	char marks[MARKS_TEXT_MAX];

	fputs("mark,packets,services,hosts\n", out);
	for (int i = 0; i < PERIOD_LEFT_COUNT; i++) {
		const struct period_left_out *l = &r->counts.left[i];

		fprintf(out, "%s,%" PRIu64 ",%u,%u\n", marks_format(period_left_marks[i], marks),
			l->packets, l->services, l->hosts);
	}
}

/* Without a host: of all others; without a port: of all others of the host. */
static void put_floods(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;

	fputs("host,name,port,protocol,service,packets,peers\n", out);
	for (size_t i = 0; i < r->n_floods; i++) {
		const struct report_flood *f = &r->floods[i];

		if (f->of_all)
			fputc(',', out);
		else
			put_host(t, f->flood.host, f->number);
		if (f->flood.protocol)
			put_port(out, f->flood.port, f->flood.protocol);
		else
			fputs(",,,", out);
		fprintf(out, ",%" PRIu64 ",%" PRIu64 "\n", f->flood.packets, f->flood.peers);
	}
}

static void put_gaps(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	char time[ZONE_TEXT_MAX];

	fputs("from,to,seconds\n", out);
	for (size_t i = 0; i < r->n_gaps; i++) {
		const struct catalogue_gap *g = &r->gaps[i];

		fprintf(out, "%s,", zone_format(g->from_ns, time));
		fprintf(out, "%s,%.3f\n", zone_format(g->to_ns, time),
			(double)(g->to_ns - g->from_ns) / (double)NS_PER_SECOND);
	}
}

static void put_recorded(const struct table *t)
{
	const struct report *r = t->r;
	FILE *out = t->out;
	char time[ZONE_TEXT_MAX];

	fputs("from,to,seconds,kind,count,interface\n", out);
	for (size_t i = 0; i < r->n_recorded; i++) {
		const struct catalogue_gap *g = &r->recorded[i];

		fprintf(out, "%s,", zone_format(g->from_ns, time));
		fprintf(out, "%s,%.3f,%s,%" PRIu64 ",", zone_format(g->to_ns, time),
			(double)(g->to_ns - g->from_ns) / (double)NS_PER_SECOND,
			batch_gap_name(g->kind), g->count);
		put_text(t, g->interface);
		fputc('\n', out);
	}
}

/* What of the store cannot be read. */
static void put_unread(const struct table *t)
{
	const struct catalogue *c = t->r->catalogue;

	fputs("file\n", t->out);
	for (size_t i = 0; i < catalogue_damage_count(c); i++) {
		put_text(t, catalogue_damage_words(c, i));
		fputc('\n', t->out);
	}
}

static const struct {
	const char *name;
	table_fn put;
} tables[] = {
	{ "totals.csv", put_totals },
	{ "statistics.csv", put_statistics },
	{ "days.csv", put_days },
	{ "days_seen.csv", put_days_seen },
	{ "nearly_daily.csv", put_nearly_daily },
	{ "ports.csv", put_ports },
	{ "ports_of_host.csv", put_ports_of_host },
	{ "hosts.csv", put_hosts },
	{ "services.csv", put_services },
	{ "busiest.csv", put_busiest },
	{ "changes.csv", put_changes },
	{ "left_out.csv", put_left_out },
	{ "only_counted.csv", put_floods },
	{ "not_captured.csv", put_gaps },
	{ "gaps.csv", put_recorded },
	{ "unread.csv", put_unread },
};

size_t report_csv_count(void)
{
	return ARRAY_LENGTH(tables);
}

const char *report_csv_name(size_t table)
{
	return tables[table].name;
}

void report_csv_print(const struct report *r, size_t table, bool for_excel, FILE *out)
{
	const struct table t = { r, out, for_excel };

	if (for_excel)
		fputs("\xef\xbb\xbf", out);
	tables[table].put(&t);
}
