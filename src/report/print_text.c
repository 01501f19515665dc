/* The report for a terminal: tables, one after the other. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/service_name.h"
#include "base/zone.h"
#include "report/text_internal.h"

void text_heading(const struct text_report *t, const char *heading)
{
	fprintf(t->out, t->options->colour ? "\n\033[1m%s\033[0m\n" : "\n%s\n", heading);
}

void text_end_table(struct text_report *t, struct text_table *table)
{
	int error = table ? text_table_print(table, t->out) : -ENOMEM;

	text_table_free(table);
	if (!t->error)
		t->error = error;
}

void text_more(const struct text_report *t, size_t shown, size_t n)
{
	char text[TEXT_NUMBER_MAX];

	if (shown < n)
		fprintf(t->out, _("  and %s more; --rows all shows them\n"),
			text_number(n - shown, text));
}

void text_words(const struct text_report *t, const char *lead, int indent, text_word_fn word,
		const void *list, size_t n)
{
	char text[128];
	int column = text_width(lead);

	fputs(lead, t->out);
	for (size_t i = 0; i < n; i++) {
		const char *one = word(t->r, list, i, text, sizeof(text));
		int width = text_width(one);

		if (column && column + 1 + width > TEXT_COLUMNS) {
			fputc('\n', t->out);
			column = 0;
		}
		fprintf(t->out, "%*s%s", column ? 1 : indent, "", one);
		column += (column ? 1 : indent) + width;
	}
	fputc('\n', t->out);
}

static const char *month_name(int month)
{
	static const char *const months[] = { N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"),
					      N_("May"), N_("Jun"), N_("Jul"), N_("Aug"),
					      N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec") };

	return _(months[month - 1]);
}

const char *text_short_day(const struct report *r, uint32_t day, char ret_text[REPORT_NAME_MAX])
{
	struct zone_date d = zone_date_of_day(r->period.first_day + (int32_t)day);

	/* For translators: day of the month, month; you may say "%2$s%1$d". */
	snprintf(ret_text, REPORT_NAME_MAX, _("%1$d %2$s"), d.mday, month_name(d.month));
	return ret_text;
}

const char *text_day(const struct report *r, uint32_t day, char ret_text[REPORT_NAME_MAX])
{
	static const char *const weekdays[] = { N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"),
						N_("Fri"), N_("Sat"), N_("Sun") };
	struct zone_date d = zone_date_of_day(r->period.first_day + (int32_t)day);

	/* For translators: weekday, day of the month, month, at most 10 cells; you may say
	 * "%3$s%2$2d %1$s". */
	snprintf(ret_text, REPORT_NAME_MAX, _("%1$s %2$2d %3$s"),
		 _(weekdays[report_weekday(r, day) - 1]), d.mday, month_name(d.month));
	return ret_text;
}

static size_t rows(const struct text_report *t, size_t n)
{
	return MIN(n, t->options->rows);
}

static void cell_port(struct text_table *table, uint16_t port, uint8_t protocol)
{
	char text[16];

	snprintf(text, sizeof(text), "%u/%s", port, protocol_name(protocol));
	text_table_cell(table, text);
	text_table_cell(table, service_name(port, protocol));
}

/* ---- the head ---- */

static void put_head(const struct text_report *t)
{
	const struct report *r = t->r;
	char first[REPORT_DATE_MAX], last[REPORT_DATE_MAX], prefix[PREFIX_TEXT_MAX];
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	fprintf(t->out, t->options->colour ? "\033[1m%s %s\033[0m\n" : "%s %s\n", _("Open ports,"),
		r->period.name);
	for (size_t i = 0; i < r->config->networks.n_prefixes; i++) {
		fprintf(t->out, "%s%s", i ? ", " : "",
			prefix_format(r->config->networks.prefixes[i], prefix));
	}
	if (r->counts.n_days == 1) {
		fprintf(t->out, _("\n%s, a day of %s"), report_day_text(r->period.first_day, first),
			zone_name());
	} else {
		fprintf(t->out, _("\n%s to %s, %u days of %s"),
			report_day_text(r->period.first_day, first),
			report_day_text(r->period.end_day - 1, last), r->counts.n_days,
			zone_name());
	}
	if (r->days_captured < r->counts.n_days)
		fprintf(t->out, _(", %u of them captured"), r->days_captured);
	fputs("\n\n", t->out);
	fprintf(t->out, _("%14s SYN+ACKs        %10s hosts, %u of them every day\n"),
		text_number(r->counts.packets, a), text_number(r->n_hosts, b), r->daily_hosts);
	fprintf(t->out, _("%14s external hosts  %10s ports, in "), text_number(r->counts.peers, a),
		text_number(r->n_ports, b));
	fprintf(t->out, _("%s services\n"), text_number(r->counts.n_services, a));
	if (r->n_hosts) {
		fprintf(t->out, _("%14s open ports a host: least %u, most %u, mean %.1f\n"), "",
			r->port_counts[0].ports, r->port_counts[r->n_port_counts - 1].ports,
			(double)r->counts.n_services / (double)r->n_hosts);
	}
}

/* ---- ports ---- */

static void put_ports(struct text_report *t)
{
	const char *const headings[] = { _("PORT"),  _("SERVICE"), _("HOSTS"),
					 _("DAILY"), _("PEERS"),   _("PACKETS") };
	static const enum text_align aligns[] = { TEXT_RIGHT, TEXT_LEFT,  TEXT_RIGHT,
						  TEXT_RIGHT, TEXT_RIGHT, TEXT_RIGHT };
	struct text_table *table = text_table_new(6, headings, aligns);
	size_t n = rows(t, t->r->n_ports);

	text_heading(t, _("Ports by hosts"));
	for (size_t i = 0; table && i < n; i++) {
		const struct report_port *p = &t->r->ports[i];

		cell_port(table, p->port, p->protocol);
		text_table_number(table, p->hosts);
		text_table_number(table, p->daily_hosts);
		text_table_number(table, p->peers);
		text_table_number(table, p->packets);
	}
	text_end_table(t, table);
	text_more(t, n, t->r->n_ports);
}

static void put_ports_of_host(struct text_report *t)
{
	const struct report *r = t->r;
	const char *const headings[] = { _("PORTS"), _("HOSTS"), _("DIFFERENT SETS") };
	static const enum text_align aligns[] = { TEXT_RIGHT, TEXT_RIGHT, TEXT_RIGHT };
	struct text_table *table = text_table_new(3, headings, aligns);

	text_heading(t, _("Open ports of a host"));
	for (size_t i = 0; table && i < r->n_port_counts; i++) {
		text_table_number(table, r->port_counts[i].ports);
		text_table_number(table, r->port_counts[i].hosts);
		text_table_number(table, r->port_counts[i].n);
	}
	text_end_table(t, table);
}

/* ---- sets of ports ---- */

static const char *port_word(const struct report *r, const void *list, size_t i, char *ret_text,
			     size_t room)
{
	const struct report_host *h = list;

	snprintf(ret_text, room, "%u", r->counts.services[h->first_service + i].port);
	return ret_text;
}

static const char *host_word(const struct report *r, const void *list, size_t i, char *ret_text,
			     size_t room)
{
	const struct report_set *set = list;
	const struct report_host *h = &r->hosts[r->by_ports[set->first + i]];
	char text[REPORT_HOST_MAX];

	snprintf(ret_text, room, "%s", report_host_text(r, h->addr, h->number, text));
	return ret_text;
}

static int larger_set_first(const void *a, const void *b)
{
	const struct report_set *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

#define SETS_SHOWN      5
#define SET_HOSTS_SHOWN 12

static void put_sets(struct text_report *t)
{
	const struct report *r = t->r;
	struct report_set *sets = malloc((r->n_sets + 1) * sizeof(*sets));
	size_t n = 0, shown;
	char lead[64];

	if (!sets) {
		t->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < r->n_sets; i++) {
		if (r->sets[i].n > 1)
			sets[n++] = r->sets[i];
	}
	qsort(sets, n, sizeof(*sets), larger_set_first);
	shown = t->options->rows == SIZE_MAX ? n : MIN(n, SETS_SHOWN);
	if (n)
		text_heading(t, _("Hosts that have the same ports"));
	for (size_t i = 0; i < shown; i++) {
		const struct report_host *h = &r->hosts[r->by_ports[sets[i].first]];
		size_t hosts =
			t->options->rows == SIZE_MAX ? sets[i].n : MIN(sets[i].n, SET_HOSTS_SHOWN);

		snprintf(lead, sizeof(lead), _("%zu hosts: ports"), sets[i].n);
		text_words(t, lead, 4, port_word, h, h->n_services);
		text_words(t, "", 4, host_word, &sets[i], hosts);
		text_more(t, hosts, sets[i].n);
	}
	text_more(t, shown, n);
	free(sets);
}

/* ---- hosts ---- */

static void put_host_line(const struct text_report *t, const struct report_host *h)
{
	char text[REPORT_HOST_MAX];
	const char *name = report_host_name(t->r, h->addr);
	char *safe = strdup(name);

	if (safe)
		text_defuse(safe);
	fprintf(t->out, "%s%s%s: ", report_host_text(t->r, h->addr, h->number, text),
		*name ? " " : "", safe ? safe : "");
	free(safe);
}

struct ordered_ports {
	const size_t *services;
};

static const char *ordered_word(const struct report *r, const void *list, size_t i, char *ret_text,
				size_t room)
{
	const struct ordered_ports *o = list;
	const struct period_service *s = &r->counts.services[o->services[i]];
	char packets[TEXT_NUMBER_MAX];

	snprintf(ret_text, room, "%u(%s)", s->port, text_number(s->packets, packets));
	return ret_text;
}

static void put_outliers(struct text_report *t)
{
	const struct report *r = t->r;
	size_t n = rows(t, r->n_outliers);

	if (!n)
		return;
	text_heading(t, _("Hosts with unusually many ports"));
	for (size_t i = 0; i < n; i++) {
		const struct report_host *h = &r->hosts[r->outliers[i]];
		struct ordered_ports o = { report_services_by_packets(r, h) };

		put_host_line(t, h);
		fprintf(t->out, _("%zu ports (packets)\n"), h->n_services);
		if (o.services)
			text_words(t, "", 2, ordered_word, &o, h->n_services);
		report_order_free((size_t *)(uintptr_t)o.services);
	}
	text_more(t, n, r->n_outliers);
}

#define MISSED_INDENT 4

struct missed {
	uint32_t *days;
	size_t n;
};

static const char *missed_word(const struct report *r, const void *list, size_t i, char *ret_text,
			       size_t room)
{
	const struct missed *m = list;
	char text[REPORT_NAME_MAX];

	snprintf(ret_text, room, "%s%s", text_short_day(r, m->days[i], text),
		 i + 1 < m->n ? "," : "");
	return ret_text;
}

/* The captured days on which it was not seen. */
static void put_missed(struct text_report *t, const struct report_host *h)
{
	const struct report *r = t->r;
	struct missed m = { malloc(((size_t)r->counts.n_days + 1) * sizeof(*m.days)), 0 };

	if (!m.days) {
		t->error = -ENOMEM;
		return;
	}
	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		if (r->days[day].captured && !report_host_seen(r, h, day))
			m.days[m.n++] = day;
	}
	text_words(t, _("    not seen on"), MISSED_INDENT, missed_word, &m, m.n);
	free(m.days);
}

static void put_nearly_daily(struct text_report *t)
{
	const struct report *r = t->r;
	size_t n = rows(t, r->n_nearly_daily);

	if (!n)
		return;
	text_heading(t, _("Hosts seen nearly every day"));
	for (size_t i = 0; i < n; i++) {
		const struct report_host *h = &r->hosts[r->nearly_daily[i]];
		char lead[64];

		put_host_line(t, h);
		snprintf(lead, sizeof(lead), _("%u days, ports"), h->days);
		text_words(t, lead, MISSED_INDENT, port_word, h, h->n_services);
		put_missed(t, h);
	}
	text_more(t, n, r->n_nearly_daily);
}

/* ---- days that stand out ---- */

static const char *knock_word(const struct report *r, const void *list, size_t i, char *ret_text,
			      size_t room)
{
	const struct period_knock *knocks = list;

	(void)r;
	snprintf(ret_text, room, "%u", knocks[i].port);
	return ret_text;
}

#define KNOCKS_SHOWN  24
#define VISITOR_SHARE 10 /* a peer with less than this part of the busiest one's is not named */

static void put_place(const struct text_report *t, const struct report_visitor *v)
{
	char place[160] = "";

	if (v->as_number) {
		snprintf(place, sizeof(place), " AS%u%s%s", v->as_number, *v->as_name ? " " : "",
			 v->as_name);
	}
	if (!*v->country && !v->as_number)
		return;
	text_defuse(place);
	fprintf(t->out, "      %s%s\n", v->country, place);
}

static void put_visitor(const struct text_report *t, const struct report_visitor *v, double all)
{
	char addr[ADDR_TEXT_MAX], packets[TEXT_NUMBER_MAX], hosts[TEXT_NUMBER_MAX];
	size_t knocks = MIN(v->visit.n_ports, KNOCKS_SHOWN);

	fprintf(t->out, _("  %-15s %12s packets, %5.1f %%; %s hosts answered"),
		addr_format(v->visit.peer, addr), text_number(v->visit.packets, packets),
		(double)v->visit.packets / all * 100, text_number(v->visit.hosts, hosts));
	fputc('\n', t->out);
	put_place(t, v);
	text_words(t, _("      on port"), 8, knock_word, v->visit.ports, knocks);
	text_more(t, knocks, v->visit.n_ports);
}

static void put_busy_days(struct text_report *t)
{
	const struct report *r = t->r;
	char day[REPORT_NAME_MAX], packets[TEXT_NUMBER_MAX];

	if (!r->n_busy_days)
		return;
	text_heading(t, r->counts.n_days == 1 ? _("The busiest external hosts")
					      : _("Days that stand out, and who knocked most"));
	for (size_t i = 0; i < r->n_busy_days; i++) {
		const struct report_busy_day *b = &r->busy_days[i];
		uint64_t all = r->counts.days[b->day].packets;

		fprintf(t->out, _("%s: %s packets, %.1f times the median\n"),
			text_day(r, b->day, day), text_number(all, packets),
			(double)all / r->packets.median);
		for (uint32_t k = 0; k < b->n_visitors; k++) {
			if (b->visitors[k].visit.packets * VISITOR_SHARE >=
			    b->visitors[0].visit.packets)
				put_visitor(t, &b->visitors[k], (double)all);
		}
	}
	if (r->places)
		fprintf(t->out, _("Countries and networks: %s\n"), r->places);
}

/* ---- changes ---- */

static void put_change_list(struct text_report *t, const char *words,
			    const struct report_changes *list)
{
	const char *const headings[] = { _("HOST"),  _("PORT"), _("SERVICE"),
					 _("FIRST"), _("LAST"), _("PACKETS") };
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_RIGHT, TEXT_LEFT,
						  TEXT_LEFT, TEXT_LEFT,  TEXT_RIGHT };
	struct text_table *table;
	size_t n = rows(t, list->n);
	char text[REPORT_HOST_MAX];

	if (!list->n)
		return;
	fprintf(t->out, "\n%s (%s)\n", words, text_number(list->n, text));
	table = text_table_new(6, headings, aligns);
	for (size_t i = 0; table && i < n; i++) {
		const struct report_change *c = &list->list[i];

		text_table_cell(table, report_host_text(t->r, c->host, c->number, text));
		cell_port(table, c->port, c->protocol);
		text_table_cell(table, report_day_text(zone_day(c->first_ns), text));
		text_table_cell(table, report_day_text(zone_day(c->last_ns), text));
		text_table_number(table, c->packets);
	}
	text_end_table(t, table);
	text_more(t, n, list->n);
}

static void put_changes(struct text_report *t)
{
	const struct report *r = t->r;

	text_heading(t, _("Changes"));
	if (!r->before_seen) {
		fprintf(t->out,
			_("Nothing of %s is in the store: what is back or gone cannot be told.\n"),
			r->before.name);
	} else if (!r->new_services.n && !r->back.n && !r->gone.n) {
		fprintf(t->out, _("None against %s.\n"), r->before.name);
	}
	put_change_list(t, _("New: never seen before"), &r->new_services);
	put_change_list(t, _("Back: known, but not seen in the period before"), &r->back);
	put_change_list(t, _("Gone: seen in the period before, and not in this one"), &r->gone);
}

/* ---- what is not in the figures ---- */

static const char *left_words(int why)
{
	static const char *const words[PERIOD_LEFT_COUNT] = {
		[PERIOD_LEFT_EXCLUDED] = N_("hosts declared excluded"),
		[PERIOD_LEFT_FTP_DATA] = N_("FTP data connections"),
		[PERIOD_LEFT_SPLIT_HANDSHAKE] = N_("split handshakes"),
		[PERIOD_LEFT_INSIDE] = N_("peers inside the site"),
	};

	return _(words[why]);
}

static void put_left_out(struct text_report *t)
{
	const char *const headings[] = { "", _("PACKETS"), _("SERVICES"), _("HOSTS") };
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_RIGHT, TEXT_RIGHT, TEXT_RIGHT };
	struct text_table *table = text_table_new(4, headings, aligns);
	bool any = false;

	for (int i = 0; table && i < PERIOD_LEFT_COUNT; i++) {
		const struct period_left_out *l = &t->r->counts.left[i];

		if (!l->packets)
			continue;
		any = true;
		text_table_cell(table, left_words(i));
		text_table_number(table, l->packets);
		text_table_number(table, l->services);
		text_table_number(table, l->hosts);
	}
	text_heading(t, _("Left out of all figures (--include brings it back)"));
	if (!any) {
		text_table_free(table);
		fprintf(t->out, _("Nothing.\n"));
		return;
	}
	text_end_table(t, table);
}

static void put_gaps(const struct text_report *t)
{
	const struct report *r = t->r;
	size_t n = rows(t, r->n_gaps);
	char from[ZONE_TEXT_MAX], to[ZONE_TEXT_MAX];
	uint64_t minutes = r->gap_ns / NS_PER_SECOND / 60;

	text_heading(t, _("Not captured"));
	if (!r->n_gaps) {
		fprintf(t->out, _("No stretch of a minute or more.\n"));
		return;
	}
	fprintf(t->out,
		_("%" PRIu64 " h %" PRIu64
		  " min. What answered then is not in this report; it was not closed.\n"),
		minutes / 60, minutes % 60);
	for (size_t i = 0; i < n; i++) {
		zone_format(r->gaps[i].from_ns, from);
		zone_format(r->gaps[i].to_ns, to);
		fprintf(t->out, _("  %.10s %.8s to %.10s %.8s\n"), from, from + 11, to, to + 11);
	}
	text_more(t, n, r->n_gaps);
}

int report_print_text(const struct report *r, const struct report_text_options *options, FILE *out)
{
	struct text_report t = { r, options, out, 0 };

	put_head(&t);
	if (r->counts.packets) {
		text_days(&t);
		text_days_seen(&t);
		put_ports(&t);
		put_ports_of_host(&t);
		put_sets(&t);
		put_outliers(&t);
		put_nearly_daily(&t);
		put_busy_days(&t);
	} else {
		fprintf(out, _("\nNo SYN+ACK in this period.\n"));
	}
	put_changes(&t);
	put_left_out(&t);
	put_gaps(&t);
	if (t.error)
		return t.error;
	return ferror(out) ? -EIO : 0;
}
