/* The report for a terminal: tables, one after the other. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/service_name.h"
#include "base/zone.h"
#include "report/text_internal.h"

void text_say(struct text_report *t, int indent, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		t->error = -ENOMEM;
		return;
	}
	(void)text_wrap(t->out, TEXT_COLUMNS, 0, indent, text);
	fputc('\n', t->out);
	free(text);
}

void text_right(FILE *out, const char *text, int cells)
{
	fprintf(out, "%*s%s", MAX(cells - text_width(text), 0), "", text);
}

void text_left(FILE *out, const char *text, int cells)
{
	fprintf(out, "%s%*s", text, MAX(cells - text_width(text), 0), "");
}

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
	int column = text_wrap(t->out, TEXT_COLUMNS, 0, indent, lead);

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

size_t text_rows(const struct text_report *t, size_t n)
{
	return MIN(n, t->options->rows);
}

const char *text_port(uint16_t port, uint8_t protocol, char ret_text[16])
{
	snprintf(ret_text, 16, "%u/%s", port, protocol_name(protocol));
	return ret_text;
}

void text_cell_port(struct text_table *table, uint16_t port, uint8_t protocol)
{
	char text[16];

	text_table_cell(table, text_port(port, protocol, text));
	text_table_cell(table, service_name(port, protocol));
}

/* ---- the head ---- */

static const char *network_word(const struct report *r, const void *list, size_t i, char *ret_text,
				size_t room)
{
	const struct net_prefix *prefixes = list;
	char prefix[PREFIX_TEXT_MAX];

	snprintf(ret_text, room, "%s%s", report_network_text(r, prefixes[i], prefix),
		 i + 1 < r->config->networks.n_prefixes ? "," : "");
	return ret_text;
}

static void put_period(struct text_report *t)
{
	const struct report *r = t->r;
	char first[REPORT_DATE_MAX], last[REPORT_DATE_MAX];

	report_day_text(r->period.first_day, first);
	report_day_text(r->period.end_day - 1, last);
	if (r->counts.n_days == 1) {
		text_say(t, 4, _("%s, a day of %s"), first, zone_name());
	} else if (r->days_captured == r->counts.n_days) {
		text_say(t, 4, _("%s to %s, %u days of %s"), first, last, r->counts.n_days,
			 zone_name());
	} else {
		text_say(t, 4, _("%s to %s, %u days of %s, %u of them captured"), first, last,
			 r->counts.n_days, zone_name(), r->days_captured);
	}
}

/* Whose knocking is counted, where that is not everybody's. */
static void put_peers(struct text_report *t)
{
	if (t->r->config->peers == CONFIG_PEERS_SCANNERS)
		text_say(t, 4, _("what known scanners elicited, and nothing else"));
	else if (t->r->config->peers == CONFIG_PEERS_OTHERS)
		text_say(t, 4, _("without what known scanners elicited"));
}

static void put_totals(const struct text_report *t)
{
	const struct report *r = t->r;
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX], c[TEXT_NUMBER_MAX];

	/* For translators: the numbers stand below one another. */
	fprintf(t->out,
		ngettext("%14s SYN+ACK         ", "%14s SYN+ACKs        ", r->counts.packets),
		text_number(r->counts.packets, a));
	fprintf(t->out,
		ngettext("%10s host, %s of them every day\n", "%10s hosts, %s of them every day\n",
			 r->n_hosts),
		text_number(r->n_hosts, b), text_number(r->daily_hosts, c));
	fprintf(t->out, ngettext("%14s external host   ", "%14s external hosts  ", r->counts.peers),
		text_estimate(r->counts.peers, r->n_floods, a));
	fprintf(t->out, ngettext("%10s port", "%10s ports", r->n_ports),
		text_number(r->n_ports, b));
	/* For translators: follows "12 ports". */
	fprintf(t->out, ngettext(", in %s service\n", ", in %s services\n", r->counts.n_services),
		text_number(r->counts.n_services, c));
	if (r->n_hosts) {
		fprintf(t->out, _("%15sopen ports a host: least %u, most %u, mean %.1f\n"), "",
			r->port_counts[0].ports, r->port_counts[r->n_port_counts - 1].ports,
			(double)r->counts.n_services / (double)r->n_hosts);
	}
}

/* On paper as well, where nobody sees what is said on standard error. */
static void put_unread(struct text_report *t)
{
	size_t n = catalogue_damage_count(t->r->catalogue);
	char number[TEXT_NUMBER_MAX];

	if (!n)
		return;
	fputc('\n', t->out);
	text_say(
		t, 0,
		ngettext(
			"%s file of the store cannot be read. What it holds is in no figure, and what seems to be new, back or gone may be in it:",
			"%s files of the store cannot be read. What they hold is in no figure, and what seems to be new, back or gone may be in them:",
			n),
		text_number(n, number));
	for (size_t i = 0; i < n; i++) {
		char *words = strdup(catalogue_damage_words(t->r->catalogue, i));

		if (!words) {
			t->error = -ENOMEM;
			return;
		}
		text_defuse(words);
		text_say(t, 4, "  %s", words);
		free(words);
	}
}

static void put_head(struct text_report *t)
{
	const struct prefix_set *networks = &t->r->config->networks;

	fputs(t->options->colour ? "\033[1m" : "", t->out);
	fprintf(t->out, _("Open ports, %s"), t->r->period.name);
	fputs(t->options->colour ? "\033[0m\n" : "\n", t->out);
	text_words(t, "", 0, network_word, networks->prefixes, networks->n_prefixes);
	put_period(t);
	put_peers(t);
	fputc('\n', t->out);
	put_totals(t);
	put_unread(t);
}

/* ---- ports ---- */

/* Table 1. */
static void put_ports_by_hosts(struct text_report *t)
{
	const char *const headings[] = { _("PORT"), _("SERVICE"), _("HOSTS"), _("DAILY") };
	static const enum text_align aligns[] = { TEXT_RIGHT, TEXT_LEFT, TEXT_RIGHT, TEXT_RIGHT };
	struct text_table *table = text_table_new(4, headings, aligns);
	size_t n = text_rows(t, t->r->n_ports);

	text_heading(t, _("Ports by hosts"));
	for (size_t i = 0; table && i < n; i++) {
		const struct report_port *p = &t->r->ports[i];

		text_cell_port(table, p->port, p->protocol);
		text_table_number(table, p->hosts);
		text_table_number(table, p->daily_hosts);
	}
	text_end_table(t, table);
	text_more(t, n, t->r->n_ports);
}

static int most_peers_first(const void *a, const void *b)
{
	const struct report_port *x = a, *y = b;

	if (x->peers != y->peers)
		return x->peers > y->peers ? -1 : 1;
	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return (x->port > y->port) - (x->port < y->port);
}

/* Table 2. */
static void put_ports_by_peers(struct text_report *t)
{
	const char *const headings[] = { _("PORT"), _("SERVICE"), _("EXTERNAL HOSTS"), _("HOSTS"),
					 _("PACKETS") };
	static const enum text_align aligns[] = { TEXT_RIGHT, TEXT_LEFT, TEXT_RIGHT, TEXT_RIGHT,
						  TEXT_RIGHT };
	struct report_port *sorted = malloc((t->r->n_ports + 1) * sizeof(*sorted));
	struct text_table *table = sorted ? text_table_new(5, headings, aligns) : NULL;
	size_t n = text_rows(t, t->r->n_ports);

	if (table) {
		memcpy(sorted, t->r->ports, t->r->n_ports * sizeof(*sorted));
		qsort(sorted, t->r->n_ports, sizeof(*sorted), most_peers_first);
	}
	text_heading(t, _("Ports by external hosts"));
	for (size_t i = 0; table && i < n; i++) {
		text_cell_port(table, sorted[i].port, sorted[i].protocol);
		text_table_estimate(table, sorted[i].peers, sorted[i].peers_estimated);
		text_table_number(table, sorted[i].hosts);
		text_table_number(table, sorted[i].packets);
	}
	text_end_table(t, table);
	text_more(t, n, t->r->n_ports);
	free(sorted);
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
		text_say(t, 0, "%s", _("Nothing."));
		return;
	}
	text_end_table(t, table);
}

int report_print_text(const struct report *r, const struct report_text_options *options, FILE *out)
{
	struct text_report t = { r, options, out, 0 };

	put_head(&t);
	if (r->counts.packets) {
		text_days(&t);
		text_days_seen(&t);
		put_ports_by_hosts(&t);
		put_ports_by_peers(&t);
		put_ports_of_host(&t);
		text_sets(&t);
		text_outliers(&t);
		text_nearly_daily(&t);
		text_busy_days(&t);
	} else {
		fputc('\n', out);
		text_say(&t, 0, "%s", _("No SYN+ACK in this period."));
	}
	text_changes(&t);
	put_left_out(&t);
	text_floods(&t);
	text_gaps(&t);
	if (t.error)
		return t.error;
	return ferror(out) ? -EIO : 0;
}
