/* The charts of days, drawn with characters. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/zone.h"
#include "report/text_internal.h"

#define LINES_MAX 62 /* more days than this are put together by weeks, or more */
#define WEEK      7
#define WEEKS_MAX 60
#define CLIP_MEDIANS                                                                               \
	3.0 /* a bar of more ends here, with a mark: one day must not flatten all others */

#define LABEL_CELLS   10
#define PACKETS_CELLS 11
#define PACKETS_BAR   14
#define HOSTS_CELLS   6
#define NEW_CELLS     5
#define HOSTS_BAR     10
#define PEERS_CELLS   9
#define PEERS_BAR     11

/* One line: a day, or several days' means. */
struct line {
	uint32_t first, n, captured; /* days */
	double packets, hosts, daily_hosts, peers;
	uint64_t new_hosts;
	bool single; /* lines are days */
	bool rest, stands_out, estimated;
};

static bool has_blocks(void)
{
	/* The block elements need UTF-8. */
	return MB_CUR_MAX > 1;
}

static const char *over_mark(void)
{
	return has_blocks() ? "»" : ">";
}

static void put_repeated(FILE *out, const char *what, int n)
{
	for (int i = 0; i < n; i++)
		fputs(what, out);
}

/*
 * A bar of up to CELLS cells that VALUE of MOST fills, the part up to SOLID solid and the rest
 * hatched. What is more than MOST ends in an arrow. Returns the cells taken.
 */
static int put_bar(FILE *out, int cells, double value, double solid, double most)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	bool over = value > most;
	int all = most > 0 ? (int)(MIN(value, most) / most * cells * 8 + 0.5) : 0;
	int dark = most > 0 ? (int)(MIN(solid, most) / most * cells * 8 + 0.5) : 0;
	int whole, used;

	if (over)
		all = (cells - 1) * 8;
	dark = MIN(dark, all);
	if (!has_blocks()) {
		whole = (all + 4) / 8;
		dark = MIN((dark + 4) / 8, whole);
		put_repeated(out, "#", dark);
		put_repeated(out, ":", whole - dark);
		used = whole;
	} else if (dark == all) {
		put_repeated(out, "█", all / 8);
		fputs(eighths[all % 8], out);
		used = all / 8 + (all % 8 > 0);
	} else {
		/* Hatching has no eighths. */
		whole = MAX((all + 4) / 8, 1);
		dark = MIN((dark + 4) / 8, whole - (dark < all && whole > 0));
		put_repeated(out, "█", dark);
		put_repeated(out, "▒", whole - dark);
		used = whole;
	}
	if (over) {
		fputs(over_mark(), out);
		used++;
	}
	return used;
}

static void put_number(FILE *out, double n, int cells)
{
	char text[TEXT_NUMBER_MAX];

	text_right(out, text_number((uint64_t)(n + 0.5), text), cells);
}

/* ---- lines ---- */

static uint32_t days_a_line(uint32_t n)
{
	if (n <= LINES_MAX)
		return 1;
	return n <= WEEK * WEEKS_MAX ? WEEK : (n + WEEKS_MAX - 1) / WEEKS_MAX;
}

static struct line make_line(const struct report *r, uint32_t first, uint32_t per_line)
{
	uint32_t n = MIN(per_line, r->counts.n_days - first);
	struct line l = { .first = first, .n = n, .single = per_line == 1 };

	for (uint32_t day = first; day < first + n; day++) {
		const struct report_day *d = &r->days[day];

		l.new_hosts += d->new_hosts;
		l.rest |= l.single && report_is_rest_day(r, day);
		l.stands_out |= d->stands_out;
		if (!d->captured)
			continue;
		l.captured++;
		l.packets += (double)r->counts.days[day].packets;
		l.peers += (double)r->counts.days[day].peers;
		l.estimated |= r->counts.days[day].peers_estimated;
		l.hosts += d->hosts;
		l.daily_hosts += d->daily_hosts;
	}
	if (l.captured) {
		l.packets /= l.captured;
		l.peers /= l.captured;
		l.hosts /= l.captured;
		l.daily_hosts /= l.captured;
	}
	return l;
}

struct scale {
	double packets, hosts, peers;
};

static void put_line(const struct text_report *t, const struct line *l, const struct scale *most)
{
	FILE *out = t->out;
	char label[REPORT_NAME_MAX];
	int used;

	if (l->single) {
		text_day(t->r, l->first, label);
	} else {
		report_date(t->r, l->first, label);
	}
	text_left(out, label, LABEL_CELLS);
	fputs(l->stands_out ? "!" : " ", out);
	if (!l->captured) {
		fprintf(out, ngettext("  not captured, %u day", "  not captured, %u days", l->n),
			l->n);
		fputc('\n', out);
		return;
	}
	put_number(out, l->packets, PACKETS_CELLS);
	fputc(' ', out);
	used = put_bar(out, PACKETS_BAR, l->packets, l->rest ? 0 : l->packets, most->packets);
	put_number(out, l->hosts, PACKETS_BAR - used + HOSTS_CELLS);
	fputc(' ', out);
	used = put_bar(out, HOSTS_BAR, l->hosts, l->daily_hosts, most->hosts);
	put_number(out, (double)l->new_hosts, HOSTS_BAR - used + NEW_CELLS);
	text_right(out, text_estimate((uint64_t)(l->peers + 0.5), l->estimated, label),
		   PEERS_CELLS);
	fputc(' ', out);
	(void)put_bar(out, PEERS_BAR, l->peers, l->rest ? 0 : l->peers, most->peers);
	fputc('\n', out);
}

static double clipped(const struct report_stat *s)
{
	if (!s->any || s->median <= 0)
		return (double)s->max;
	return MIN((double)s->max, CLIP_MEDIANS * s->median);
}

static void put_headings(FILE *out)
{
	text_left(out, _("DAY"), LABEL_CELLS + 1);
	text_right(out, _("PACKETS"), PACKETS_CELLS);
	text_right(out, _("HOSTS"), 1 + PACKETS_BAR + HOSTS_CELLS);
	text_right(out, _("NEW"), 1 + HOSTS_BAR + NEW_CELLS);
	text_right(out, _("EXTERNAL"), PEERS_CELLS);
	fputc('\n', out);
}

static void put_stat(const struct text_report *t, const char *name, const struct report_stat *s,
		     struct text_table *table)
{
	char text[64], number[TEXT_NUMBER_MAX], day[REPORT_NAME_MAX];

	if (!s->any)
		return;
	text_table_cell(table, name);
	text_table_number(table, s->min);
	text_table_cell(table, text_short_day(t->r, s->min_day, day));
	text_table_number(table, s->max);
	text_table_cell(table, text_short_day(t->r, s->max_day, day));
	if (s->mean < 1000) {
		snprintf(text, sizeof(text), "%.1f", s->mean);
		text_table_cell(table, text);
	} else {
		text_table_cell(table, text_number((uint64_t)(s->mean + 0.5), number));
	}
	if (s->median != (double)(uint64_t)s->median) {
		snprintf(text, sizeof(text), "%.1f", s->median);
		text_table_cell(table, text);
	} else {
		text_table_number(table, (uint64_t)s->median);
	}
}

static void put_statistics(struct text_report *t)
{
	const char *const headings[] = { _("A DAY"), _("LEAST"), "",         _("MOST"),
					 "",         _("MEAN"),  _("MEDIAN") };
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_RIGHT, TEXT_LEFT, TEXT_RIGHT,
						  TEXT_LEFT, TEXT_RIGHT, TEXT_RIGHT };
	struct text_table *table = text_table_new(7, headings, aligns);

	if (table) {
		put_stat(t, _("packets"), &t->r->packets, table);
		put_stat(t, _("hosts"), &t->r->hosts_a_day, table);
		put_stat(t, _("hosts, not daily"), &t->r->other_hosts, table);
		put_stat(t, _("new hosts (*)"), &t->r->new_hosts, table);
		put_stat(t, _("external hosts"), &t->r->peers, table);
	}
	fputc('\n', t->out);
	text_end_table(t, table);
	text_say(t, 4, "%s", _("(*) without the first day, when all are new"));
}

/* "Sundays, packets: 69.7 % to 87.4 % of the median." Nothing where there is no Sunday. */
static void put_sundays(struct text_report *t, const char *what, report_figure_fn figure,
			double median)
{
	const struct report *r = t->r;
	double least = 0, most = 0;
	bool any = false;

	for (uint32_t day = 0; day < r->counts.n_days; day++) {
		double share = (double)figure(r, day) / median * 100;

		if (report_weekday(r, day) != REPORT_SUNDAY || !r->days[day].whole)
			continue;
		least = any ? MIN(least, share) : share;
		most = any ? MAX(most, share) : share;
		any = true;
	}
	if (any && median > 0 && r->days_captured > 1)
		text_say(t, 0, _("Sundays, %s: %.1f %% to %.1f %% of the median."), what, least,
			 most);
}

/* New hosts of the period, and how many of them the store had never seen. */
static void put_new(struct text_report *t)
{
	const struct report *r = t->r;
	char new[TEXT_NUMBER_MAX], ever[TEXT_NUMBER_MAX];
	uint64_t new_to_store = 0;

	for (uint32_t day = 0; day < r->counts.n_days; day++)
		new_to_store += r->days[day].new_to_store;
	text_say(t, 0,
		 ngettext("%s host by the end of the period, %s of them never seen before it.",
			  "%s hosts by the end of the period, %s of them never seen before it.",
			  r->n_hosts),
		 text_number(r->n_hosts, new), text_number(new_to_store, ever));
}

/* Beside the chart: Sundays, and what its marks mean. */
static void put_notes(struct text_report *t, uint32_t per_line)
{
	const struct report *r = t->r;

	fputc('\n', t->out);
	put_new(t);
	put_sundays(t, _("packets"), report_packets_of, r->packets.median);
	put_sundays(t, _("hosts"), report_hosts_of, r->hosts_a_day.median);
	put_sundays(t, _("external hosts"), report_peers_of, r->peers.median);
	if (per_line > 1) {
		text_say(t, 0, _("Each line is %u days: means a day, and all new hosts."),
			 per_line);
	}
	text_say(
		t, 0,
		per_line > 1
			? _("Hatched: hosts not seen daily. !: stands out. %s: longer.")
			: _("Hatched: Sundays and holidays; hosts not seen daily. !: stands out. %s: longer."),
		over_mark());
}

void text_days(struct text_report *t)
{
	const struct report *r = t->r;
	const struct scale most = { clipped(&r->packets), clipped(&r->hosts_a_day),
				    clipped(&r->peers) };
	uint32_t n = days_a_line(r->counts.n_days);

	text_heading(t, _("Days"));
	put_headings(t->out);
	for (uint32_t day = 0; day < r->counts.n_days; day += n) {
		struct line l = make_line(r, day, n);

		/* A stretch without any capture is one line. */
		while (!l.captured && l.first + l.n < r->counts.n_days) {
			struct line next = make_line(r, day + n, n);

			if (next.captured)
				break;
			l.n += next.n;
			day += n;
		}
		put_line(t, &l, &most);
	}
	if (r->days_captured > 1)
		put_statistics(t);
	if (r->counts.n_days > 1)
		put_notes(t, n);
}

/* ---- on how many days hosts were seen ---- */

#define SEEN_DAYS_CELLS  5
#define SEEN_HOSTS_CELLS 8
#define SEEN_BAR         50

static void put_seen(FILE *out, uint32_t days, uint32_t hosts)
{
	put_number(out, days, SEEN_DAYS_CELLS);
	put_number(out, hosts, SEEN_HOSTS_CELLS);
}

void text_days_seen(const struct text_report *t)
{
	const struct report *r = t->r;
	uint32_t most = 0;

	/* Those of every day would flatten the rest. */
	for (uint32_t i = 1; i < r->days_captured; i++)
		most = MAX(most, r->days_seen[i]);
	if (!most)
		return;
	text_heading(t, _("Hosts by the days on which they were seen"));
	text_right(t->out, _("DAYS"), SEEN_DAYS_CELLS);
	text_right(t->out, _("HOSTS"), SEEN_HOSTS_CELLS);
	fputc('\n', t->out);
	for (uint32_t i = 1; i < r->days_captured; i++) {
		if (!r->days_seen[i])
			continue;
		put_seen(t->out, i, r->days_seen[i]);
		fputc(' ', t->out);
		(void)put_bar(t->out, SEEN_BAR, r->days_seen[i], r->days_seen[i], most);
		fputc('\n', t->out);
	}
	put_seen(t->out, r->days_captured, r->daily_hosts);
	fprintf(t->out, " %s\n", _("(every day)"));
}
