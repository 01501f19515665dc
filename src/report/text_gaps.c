/* What was not captured, and what sensors may have missed, in the text form. */
#include <inttypes.h>

#include "base/i18n.h"
#include "base/zone.h"
#include "report/text_internal.h"

static void put_stretch(const struct text_report *t, const struct catalogue_gap *g)
{
	char from[ZONE_TEXT_MAX], to[ZONE_TEXT_MAX];

	zone_format(g->from_ns, from);
	zone_format(g->to_ns, to);
	fprintf(t->out, _("  %.10s %.8s to %.10s %.8s"), from, from + 11, to, to + 11);
}

static void put_uncovered(struct text_report *t)
{
	const struct report *r = t->r;
	size_t n = text_rows(t, r->n_gaps);
	char hours[TEXT_NUMBER_MAX];
	uint64_t minutes = r->gap_ns / NS_PER_SECOND / 60;

	if (zone_day_start_ns(r->period.first_day) >= r->made_ns) {
		text_say(t, 0, "%s", _("The period has not begun."));
		return;
	}
	if (!r->n_gaps) {
		text_say(t, 0, "%s", _("No stretch of ten minutes or more."));
		return;
	}
	text_say(t, 0,
		 _("%s h %u min. What answered then is not in this report; it was not closed."),
		 text_number(minutes / 60, hours), (unsigned)(minutes % 60));
	for (size_t i = 0; i < n; i++) {
		put_stretch(t, &r->gaps[i]);
		fputc('\n', t->out);
	}
	text_more(t, n, r->n_gaps);
}

/* ---- what sensors recorded ---- */

/* "17 h 02:30" */
static const char *time_words(uint64_t ns, char ret_text[TEXT_NUMBER_MAX])
{
	uint64_t seconds = (ns + NS_PER_SECOND / 2) / NS_PER_SECOND;

	(void)snprintf(ret_text, TEXT_NUMBER_MAX, _("%" PRIu64 " h %02u:%02u"), seconds / 3600,
		       (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
	return ret_text;
}

static void put_kinds(struct text_report *t)
{
	const char *const headings[] = { _("WHY"), _("GAPS"), _("TIME"), _("FRAMES") };
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_RIGHT, TEXT_RIGHT, TEXT_RIGHT };
	struct text_table *table = text_table_new(4, headings, aligns);
	char time[TEXT_NUMBER_MAX];

	for (int i = 0; table && i < BATCH_GAP_KINDS; i++) {
		const struct report_gap_sum *s = &t->r->recorded_of[i];

		if (!s->gaps)
			continue;
		text_table_cell(table, batch_gap_meaning((enum batch_gap_kind)i));
		text_table_number(table, s->gaps);
		text_table_cell(table, time_words(s->ns, time));
		text_table_number(table, s->count);
	}
	text_end_table(t, table);
}

static void put_recorded(struct text_report *t)
{
	const struct report *r = t->r;
	size_t n = text_rows(t, r->n_longest);

	text_heading(t, _("What sensors may have missed"));
	text_say(
		t, 0, "%s",
		_("In these gaps something may have answered unseen; nothing in them was closed."));
	put_kinds(t);
	fprintf(t->out, "%s\n", _("The longest:"));
	for (size_t i = 0; i < n; i++) {
		const struct catalogue_gap *g = r->longest[i];

		put_stretch(t, g);
		fprintf(t->out, "  %s%s%s\n", batch_gap_meaning(g->kind), *g->interface ? ", " : "",
			g->interface);
	}
	text_more(t, n, r->n_longest);
}

void text_gaps(struct text_report *t)
{
	text_heading(t, _("Not captured"));
	put_uncovered(t);
	if (t->r->n_recorded)
		put_recorded(t);
}
