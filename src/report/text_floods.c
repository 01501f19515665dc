/* What was only counted, in the text form. */
#include "base/i18n.h"
#include "base/service_name.h"
#include "report/text_internal.h"

static void put_row(const struct text_report *t, const struct report_flood *f,
		    struct text_table *table)
{
	char host[REPORT_HOST_MAX], port[16];

	text_table_cell(table, f->of_all ? _("all others")
					 : report_host_text(t->r, f->flood.host, f->number, host));
	if (f->flood.protocol) {
		text_table_cell(table, text_port(f->flood.port, f->flood.protocol, port));
		text_table_cell(table, service_name(f->flood.port, f->flood.protocol));
	} else {
		text_table_cell(table, f->of_all ? "" : _("all others"));
		text_table_cell(table, "");
	}
	text_table_number(table, f->flood.packets);
	text_table_estimate(table, f->flood.peers, true);
}

void text_floods(struct text_report *t)
{
	const char *const headings[] = { _("HOST"), _("PORT"), _("SERVICE"), _("PACKETS"),
					 _("EXTERNAL HOSTS") };
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_RIGHT, TEXT_LEFT, TEXT_RIGHT,
						  TEXT_RIGHT };
	const struct report *r = t->r;
	struct text_table *table;
	char packets[TEXT_NUMBER_MAX];
	size_t n = text_rows(t, r->n_floods);

	if (!r->n_floods)
		return;
	text_heading(t, _("Only counted, in floods"));
	text_say(
		t, 0,
		_("%s packets were too many to be written down one by one. They are in all figures; external hosts (~) are estimates from then on, and such packets are among nobody's busiest."),
		text_number(r->counts.counted_packets, packets));
	table = text_table_new(5, headings, aligns);
	for (size_t i = 0; table && i < n; i++)
		put_row(t, &r->floods[i], table);
	text_end_table(t, table);
	text_more(t, n, r->n_floods);
}
