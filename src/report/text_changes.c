/* Changes against what was there before, in the text form. */
#include <errno.h>

#include "base/i18n.h"
#include "base/service_name.h"
#include "base/zone.h"
#include "report/text_internal.h"

/* ---- a line a change ---- */

static struct text_table *make_table(const struct report *r, const struct report_change *list,
				     size_t n)
{
	const char *const headings[] = { _("HOST"),  _("PORT"), _("SERVICE"),
					 _("FIRST"), _("LAST"), _("PACKETS") };
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_RIGHT, TEXT_LEFT,
						  TEXT_LEFT, TEXT_LEFT,  TEXT_RIGHT };
	struct text_table *table = text_table_new(6, headings, aligns);
	char text[REPORT_HOST_MAX];

	for (size_t i = 0; table && i < n; i++) {
		const struct report_change *c = &list[i];

		text_table_cell(table, report_host_text(r, c->host, c->number, text));
		text_cell_port(table, c->port, c->protocol);
		text_table_cell(table, report_day_text(zone_day(c->first_ns), text));
		text_table_cell(table, report_day_text(zone_day(c->last_ns), text));
		text_table_number(table, c->packets);
	}
	return table;
}

/* ---- long addresses have a line of their own ---- */

#define PORT_CELLS    11
#define SERVICE_CELLS 18
#define DATE_CELLS    12
#define PACKETS_CELLS 11

static void put_fields(FILE *out, const char *port, const char *service, const char *first,
		       const char *last, const char *packets)
{
	text_right(out, port, PORT_CELLS);
	fputs("  ", out);
	text_left(out, service, SERVICE_CELLS);
	text_left(out, first, DATE_CELLS);
	text_left(out, last, DATE_CELLS);
	text_right(out, packets, PACKETS_CELLS);
	fputc('\n', out);
}

static void put_stacked(const struct text_report *t, const struct report_change *list, size_t n)
{
	char host[REPORT_HOST_MAX], port[16], first[REPORT_DATE_MAX], last[REPORT_DATE_MAX],
		packets[TEXT_NUMBER_MAX];

	fprintf(t->out, "%s\n", _("HOST"));
	put_fields(t->out, _("PORT"), _("SERVICE"), _("FIRST"), _("LAST"), _("PACKETS"));
	for (size_t i = 0; i < n; i++) {
		const struct report_change *c = &list[i];

		if (!i || !addr_equal(list[i - 1].host, c->host)) {
			fprintf(t->out, "%s\n", report_host_text(t->r, c->host, c->number, host));
		}
		put_fields(t->out, text_port(c->port, c->protocol, port),
			   service_name(c->port, c->protocol),
			   report_day_text(zone_day(c->first_ns), first),
			   report_day_text(zone_day(c->last_ns), last),
			   text_number(c->packets, packets));
	}
}

static void put_list(struct text_report *t, const char *words, const struct report_changes *list)
{
	struct text_table *table;
	char text[TEXT_NUMBER_MAX];
	size_t n = text_rows(t, list->n);

	if (!list->n)
		return;
	fprintf(t->out, "\n%s (%s)\n", words, text_number(list->n, text));
	table = make_table(t->r, list->list, n);
	if (table && text_table_width(table) > TEXT_COLUMNS) {
		put_stacked(t, list->list, n);
		text_table_free(table);
	} else {
		text_end_table(t, table);
	}
	text_more(t, n, list->n);
}

static bool is_any_captured(const struct report *r)
{
	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		if (r->days[day].captured_share > 0)
			return true;
	}
	return false;
}

void text_changes(struct text_report *t)
{
	const struct report *r = t->r;

	text_heading(t, _("Changes"));
	if (!r->days_captured) {
		text_say(t, 0, "%s",
			 is_any_captured(r)
				 ? _("Too little of this period was captured: nothing can be told.")
				 : _("Nothing of this period was captured: nothing can be told."));
	} else if (!r->before_seen) {
		text_say(
			t, 0,
			_("Nothing of %s is in the store, or not all any more: what is back or gone cannot be told."),
			r->before.name);
	} else if (!r->new_services.n && !r->back.n && !r->gone.n) {
		text_say(t, 0, _("None against %s."), r->before.name);
	}
	if (r->days_captured && r->days_captured < r->counts.n_days) {
		text_say(
			t, 0,
			ngettext(
				"%u of %u days was captured: what is gone may have answered on the others.",
				"%u of %u days were captured: what is gone may have answered on the others.",
				r->days_captured),
			r->days_captured, r->counts.n_days);
	}
	put_list(t, _("New: never seen before"), &r->new_services);
	put_list(t, _("Back: known, but not seen in the period before"), &r->back);
	put_list(t, _("Gone: seen in the period before, and not in this one"), &r->gone);
}
