/* The comparison for a terminal. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/service_name.h"
#include "base/text.h"
#include "base/zone.h"

#include "compare/compare_internal.h"

#define COLUMNS 80

struct printing {
	const struct comparison *c;
	const struct compare_text_options *options;
	FILE *out;
	int error;
};

static void say(struct printing *p, int indent, const char *format, ...) printf_like(3, 4);

static void say(struct printing *p, int indent, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		p->error = -ENOMEM;
		return;
	}
	text_defuse(text);
	fprintf(p->out, "%*s", indent, "");
	(void)text_wrap(p->out, COLUMNS, indent, indent + 2, text);
	fputc('\n', p->out);
	free(text);
}

static void heading(const struct printing *p, const char *text)
{
	fprintf(p->out, p->options->colour ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

static void end_table(struct printing *p, struct text_table *table)
{
	int error = table ? text_table_print(table, p->out) : -ENOMEM;

	text_table_free(table);
	if (!p->error)
		p->error = error;
}

/* "2019-01-24 09:00" */
static const char *minute(uint64_t time_ns, char ret_text[ZONE_TEXT_MAX])
{
	zone_format(time_ns, ret_text);
	ret_text[strlen("2019-01-24")] = ' ';
	ret_text[strlen("2019-01-24 09:00")] = '\0';
	return ret_text;
}

static void say_more(struct printing *p, size_t shown, size_t n)
{
	char text[TEXT_NUMBER_MAX];

	if (shown < n)
		fprintf(p->out, _("  and %s more; --rows all shows them\n"),
			text_number(n - shown, text));
}

/* ---- the head ---- */

static void put_scan(struct printing *p, const struct compare_scan *s)
{
	char start[ZONE_TEXT_MAX], end[ZONE_TEXT_MAX], hosts[TEXT_NUMBER_MAX],
		open[TEXT_NUMBER_MAX], skipped[TEXT_NUMBER_MAX], counted[64], opened[64];
	uint64_t ns = s->end_ns - s->start_ns;

	(void)snprintf(counted, sizeof(counted), ngettext("%s host", "%s hosts", s->hosts),
		       text_number(s->hosts, hosts));
	(void)snprintf(opened, sizeof(opened), ngettext("%s open port", "%s open ports", s->open),
		       text_number(s->open, open));
	/* For translators: the source, tool and version, "12 hosts", "3 open ports". */
	say(p, 0, _("%s: %s%s%s, %s, %s%s"), s->source, s->tool ? s->tool : _("a scan"),
	    s->version ? " " : "", s->version ? s->version : "", counted, opened,
	    s->inside ? _(", from inside") : "");
	if (s->arguments)
		say(p, 2, "%s", s->arguments);
	if (!s->start_ns) {
		say(p, 2, _("it does not tell when it was made"));
	} else if (ns && s->watched_ns < ns) {
		say(p, 2, _("%s to %s; the sensor looked for %.0f %% of that time"),
		    minute(s->start_ns, start), minute(s->end_ns, end),
		    (double)s->watched_ns / (double)ns * 100);
	} else {
		say(p, 2, _("%s to %s"), minute(s->start_ns, start), minute(s->end_ns, end));
	}
	if (s->interrupted)
		say(p, 2, _("it was interrupted: what it does not list it may not have asked"));
	if (!s->tells_ports)
		say(p, 2, _("it does not tell which ports it asked"));
	if (s->skipped)
		say(p, 2, _("entries without an address or a port, left out: %s"),
		    text_number(s->skipped, skipped));
}

static void put_head(struct printing *p)
{
	const struct comparison *c = p->c;
	char first[ZONE_TEXT_MAX], last[ZONE_TEXT_MAX], udp[TEXT_NUMBER_MAX];

	fprintf(p->out, p->options->colour ? "\033[1m%s\033[0m\n" : "%s\n",
		_("Found by scanning, and seen by watching"));
	if (c->first_ns)
		say(p, 0, _("watched: %s to %s, times of %s"), minute(c->first_ns, first),
		    minute(c->last_ns, last), zone_name());
	if (c->config->peers == CONFIG_PEERS_OTHERS)
		say(p, 0, _("seen: without what known scanners elicited"));
	if (c->by_scanner) {
		for (size_t i = 0; i < c->config->n_scanners; i++) {
			char prefix[PREFIX_TEXT_MAX];

			say(p, 0, _("found: what answered %s (%s), as seen by the sensor"),
			    prefix_format(c->config->scanners[i].prefix, prefix),
			    c->config->scanners[i].name);
		}
	}
	for (size_t i = 0; i < c->n_scans; i++)
		put_scan(p, &c->scans[i]);
	if (c->udp)
		say(p, 0,
		    ngettext("%s open UDP port is not compared: only TCP is watched",
			     "%s open UDP ports are not compared: only TCP is watched", c->udp),
		    text_number(c->udp, udp));
}

/* ---- figures ---- */

static const char *covered_words(const struct comparison *c)
{
	if (c->by_scanner)
		return _("hosts that answered it");
	return c->tells_ports ? _("what the scan asked") : _("hosts that the scan asked");
}

static void put_range(struct text_table *t, const uint64_t range[2])
{
	char text[2 * TEXT_NUMBER_MAX + 4], a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX];

	snprintf(text, sizeof(text), "%s–%s", text_number(range[0], a), text_number(range[1], b));
	text_table_cell(t, text);
}

static void put_figure_row(struct text_table *t, const char *name, const struct comparison *c,
			   int figure)
{
	text_table_cell(t, name);
	for (int i = 0; i < COMPARE_SCOPES * COMPARE_SIDES; i++) {
		const struct compare_figures *f = &c->figures[i / COMPARE_SIDES][i % COMPARE_SIDES];

		switch (figure) {
		case 0:
			text_table_number(t, f->hosts);
			break;
		case 1:
			text_table_number(t, f->ports);
			break;
		case 2:
			text_table_number(t, f->services);
			break;
		case 3:
			put_range(t, f->hosts_per_port);
			break;
		default:
			put_range(t, f->ports_per_host);
		}
	}
}

static const enum text_align figure_aligns[] = { TEXT_LEFT, TEXT_RIGHT, TEXT_RIGHT, TEXT_RIGHT,
						 TEXT_RIGHT };

static void put_figures(struct printing *p)
{
	const char *const headings[] = { "", _("FOUND"), _("SEEN"), _("FOUND*"), _("SEEN*") };
	const char *const names[] = { _("hosts"), _("distinct ports"), _("services"),
				      _("hosts per port"), _("ports per host") };
	struct text_table *t = text_table_new(5, headings, figure_aligns);

	heading(p, _("All against all, and *"));
	for (int i = 0; t && i < 5; i++)
		put_figure_row(t, names[i], p->c, i);
	end_table(p, t);
	say(p, 0, "* %s", covered_words(p->c));
}

static void put_hosts(struct text_table *t, const uint64_t hosts[COMPARE_SCOPES][COMPARE_SIDES])
{
	for (int i = 0; i < COMPARE_SCOPES * COMPARE_SIDES; i++)
		text_table_number(t, hosts[i / COMPARE_SIDES][i % COMPARE_SIDES]);
}

static int most_hosts_first(const void *a, const void *b)
{
	const struct compare_port *x = *(const struct compare_port *const *)a,
				  *y = *(const struct compare_port *const *)b;
	uint64_t m = MAX(x->hosts[COMPARE_ALL][0], x->hosts[COMPARE_ALL][1]),
		 n = MAX(y->hosts[COMPARE_ALL][0], y->hosts[COMPARE_ALL][1]);

	if (m != n)
		return m > n ? -1 : 1;
	return (x->port > y->port) - (x->port < y->port);
}

static void put_ports(struct printing *p)
{
	const char *const headings[] = { _("PORT"), _("SERVICE"), _("FOUND"),
					 _("SEEN"), _("FOUND*"),  _("SEEN*") };
	static const enum text_align aligns[] = { TEXT_RIGHT, TEXT_LEFT,  TEXT_RIGHT,
						  TEXT_RIGHT, TEXT_RIGHT, TEXT_RIGHT };
	const struct comparison *c = p->c;
	const struct compare_port **order = malloc((c->n_ports + 1) * sizeof(*order));
	struct text_table *t = text_table_new(6, headings, aligns);
	size_t shown = MIN(c->n_ports, p->options->rows);

	heading(p, _("Hosts per port"));
	for (size_t i = 0; order && i < c->n_ports; i++)
		order[i] = &c->ports[i];
	if (order && c->n_ports)
		qsort(order, c->n_ports, sizeof(*order), most_hosts_first);
	for (size_t i = 0; t && order && i < shown; i++) {
		text_table_number(t, order[i]->port);
		text_table_cell(t, service_name(order[i]->port, SIGHTING_PROTOCOL_TCP));
		put_hosts(t, order[i]->hosts);
	}
	if (!order)
		p->error = -ENOMEM;
	free(order);
	end_table(p, t);
	say_more(p, shown, c->n_ports);
}

static void put_spread(struct printing *p)
{
	const char *const headings[] = { _("PORTS"), _("FOUND"), _("SEEN"), _("FOUND*"),
					 _("SEEN*") };
	static const enum text_align aligns[] = { TEXT_RIGHT, TEXT_RIGHT, TEXT_RIGHT, TEXT_RIGHT,
						  TEXT_RIGHT };
	const struct comparison *c = p->c;
	struct text_table *t = text_table_new(5, headings, aligns);
	size_t shown = MIN(c->n_spread, p->options->rows);

	heading(p, _("Hosts by their number of ports"));
	for (size_t i = 0; t && i < shown; i++) {
		text_table_number(t, c->spread[i].ports);
		put_hosts(t, c->spread[i].hosts);
	}
	end_table(p, t);
	say_more(p, shown, c->n_spread);
}

/* ---- differences ---- */

static void put_knock(struct printing *p, const struct compare_knock *k)
{
	char time[ZONE_TEXT_MAX], addr[ADDR_TEXT_MAX];

	zone_format(k->time_ns, time);
	time[10] = ' ';
	time[19] = '\0';
	say(p, 4, "%s  %s %u%s%s%s%s%s%s", time, addr_format(k->peer, addr), k->peer_port,
	    *k->country ? "  " : "", k->country, *k->network ? " " : "", k->network,
	    *k->lists ? "; " : "", k->lists);
}

/* "192.0.2.18 443/tcp (https)" */
static void put_place(const struct compare_row *r, char *ret_text, size_t room)
{
	char addr[ADDR_TEXT_MAX];
	const char *name = service_name(r->port, r->protocol);

	snprintf(ret_text, room, "%s %u/%s%s%s%s", addr_format(r->host, addr), r->port,
		 protocol_name(r->protocol), *name ? " (" : "", name, *name ? ")" : "");
}

static void put_row(struct printing *p, const struct compare_row *r)
{
	char place[ADDR_TEXT_MAX + 64], first[ZONE_TEXT_MAX], last[ZONE_TEXT_MAX],
		packets[TEXT_NUMBER_MAX], peers[TEXT_NUMBER_MAX], marks[MARKS_TEXT_MAX];

	put_place(r, place, sizeof(place));
	if (r->packets) {
		char counted[128];

		snprintf(counted, sizeof(counted), ngettext("%s packet", "%s packets", r->packets),
			 text_number(r->packets, packets));
		say(p, 2,
		    ngettext("%s: seen %s to %s, %s, %s peer%s%s",
			     "%s: seen %s to %s, %s, %s peers%s%s", r->peers),
		    place, minute(r->first_ns, first), minute(r->last_ns, last), counted,
		    text_number(r->peers, peers), r->marks ? ", " : "",
		    marks_format(r->marks, marks));
	} else {
		say(p, 2, "%s%s%s", place, r->service ? ": " : "", r->service ? r->service : "");
	}
	for (size_t i = 0; i < r->n_knocks; i++)
		put_knock(p, &r->knocks[i]);
}

static void put_reason(struct printing *p, enum compare_why why)
{
	const struct comparison *c = p->c;
	char n[TEXT_NUMBER_MAX];
	size_t shown = 0;

	if (!c->whys[why])
		return;
	say(p, 0, "%s: %s", compare_why_words(why, c->by_scanner), text_number(c->whys[why], n));
	for (size_t i = 0; i < c->n_rows && shown < p->options->rows; i++) {
		if (c->rows[i].why == why) {
			put_row(p, &c->rows[i]);
			shown++;
		}
	}
	say_more(p, shown, c->whys[why]);
}

/* What says most comes last in the list of reasons, and first here. */
static void put_reasons(struct printing *p, enum compare_why from, enum compare_why to)
{
	uint64_t rows = 0;

	for (int why = (int)from; why >= (int)to; why--) {
		put_reason(p, (enum compare_why)why);
		rows += p->c->whys[why];
	}
	if (!rows)
		say(p, 0, _("none"));
}

static void put_differences(struct printing *p)
{
	char n[TEXT_NUMBER_MAX];

	heading(p, _("Differences"));
	say(p, 0, _("found and seen, both: %s"), text_number(p->c->whys[COMPARE_BOTH], n));
	heading(p, _("Seen, and not found"));
	put_reasons(p, COMPARE_SCAN_MISSED, COMPARE_HOST_NOT_SCANNED);
	heading(p, _("Found, and not seen"));
	put_reasons(p, COMPARE_NEVER_KNOCKED, COMPARE_NOT_OURS);
	if (p->c->places)
		say(p, 0, _("Countries and networks: %s"), p->c->places);
}

int compare_print_text(const struct comparison *c, const struct compare_text_options *options,
		       FILE *out)
{
	struct printing p = { .c = c, .options = options, .out = out };

	put_head(&p);
	put_figures(&p);
	put_ports(&p);
	put_spread(&p);
	put_differences(&p);
	return p.error ? p.error : ferror(out) ? -EIO : 0;
}
