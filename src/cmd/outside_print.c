/* What the site looks like from outside: cells, tables, JSON. */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/service_name.h"
#include "base/zone.h"
#include "cmd/cmd_internal.h"
#include "scan/print.h"

/* ---- beside a service ---- */

/* The first row of a service; o->n_rows where there is none. */
static size_t find_rows(const struct cmd_outside *o, const struct outside_row *key)
{
	size_t low = 0, high = o->n_rows;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (SERVICE_ORDER(&o->rows[middle], key) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < o->n_rows && SERVICE_ORDER(&o->rows[low], key) == 0 ? low : o->n_rows;
}

bool cmd_outside_is_ours_alone(const struct cmd_outside *o, const struct catalogue_service *s)
{
	const struct outside_row key = { .host = s->host,
					 .port = s->port,
					 .protocol = s->protocol };
	bool alone = false;

	for (size_t i = find_rows(o, &key); i < o->n_rows && SERVICE_ORDER(&o->rows[i], &key) == 0;
	     i++)
		alone |= o->rows[i].mark >= OUTSIDE_WE_ONLY;
	return alone;
}

char *cmd_outside_text(const struct cmd_outside *o, const struct catalogue_service *s)
{
	const struct outside_row key = { .host = s->host,
					 .port = s->port,
					 .protocol = s->protocol };
	char *text = NULL, time[40];
	size_t bytes = 0, first = find_rows(o, &key);
	FILE *out = open_memstream(&text, &bytes);

	if (!out)
		return NULL;
	for (size_t i = first; i < o->n_rows && SERVICE_ORDER(&o->rows[i], &key) == 0; i++) {
		const struct outside_row *row = &o->rows[i];
		const char *viewer = o->said.viewers[row->viewer];

		fputs(i > first ? ", " : "", out);
		if (row->mark == OUTSIDE_WE_LATER)
			fprintf(out, _("not yet in %s"), viewer);
		else if (row->mark >= OUTSIDE_WE_ONLY)
			fprintf(out, _("not in %s"), viewer);
		else
			fprintf(out, "%s %.10s", viewer, cmd_time(row->time_ns, time));
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static void print_json(const struct cmd_outside *o, const struct outside_row *row, FILE *out)
{
	static const char *const marks[] = {
		"both",      "they-only", "they-only-blind", "they-only-marked",
		"unwatched", "we-only",   "we-only-earlier", "we-only-later"
	};
	const struct service *s = row->view ? &row->view->service : NULL;
	char time[ZONE_TEXT_MAX];

	fputs("{\"by\":", out);
	text_json(out, o->said.viewers[row->viewer]);
	fprintf(out, ",\"time\":\"%s\",\"mark\":\"%s\"", zone_format(row->time_ns, time),
		marks[row->mark]);
	if (s && row->mark < OUTSIDE_WE_ONLY) {
		fputs(",\"service\":", out);
		text_json(out, s->name ? s->name : "");
		fputs(",\"product\":", out);
		text_json(out, s->product ? s->product : "");
		fputs(",\"version\":", out);
		text_json(out, s->version ? s->version : "");
	}
	fputc('}', out);
}

/* All words about one service; returns the place of the next. */
static size_t print_json_words(const struct cmd_outside *o, size_t first,
			       const struct outside_row *key, FILE *out)
{
	size_t i = first;

	fputs(",\"outside\":[", out);
	for (; i < o->n_rows && SERVICE_ORDER(&o->rows[i], key) == 0; i++) {
		fputs(i > first ? "," : "", out);
		print_json(o, &o->rows[i], out);
	}
	fputc(']', out);
	return i;
}

void cmd_outside_json(const struct cmd_outside *o, const struct catalogue_service *s, FILE *out)
{
	const struct outside_row key = { .host = s->host,
					 .port = s->port,
					 .protocol = s->protocol };

	(void)print_json_words(o, find_rows(o, &key), &key, out);
}

void cmd_outside_json_theirs(const struct cmd_outside *o, bool first, FILE *out)
{
	char addr[ADDR_TEXT_MAX], marks[MARKS_TEXT_MAX];

	for (size_t i = 0, next; i < o->n_rows; i = next) {
		const struct outside_row *row = &o->rows[i];

		next = i + 1;
		if (!cmd_outside_is_theirs(row))
			continue;
		fprintf(out, "%s{\"address\":\"%s\",\"port\":%u,\"protocol\":\"%s\",\"service\":",
			first ? "" : ",\n ", addr_format(row->host, addr), row->port,
			protocol_name(row->protocol));
		text_json(out, service_name(row->port, row->protocol));
		fprintf(out,
			",\"first_seen\":null,\"last_seen\":null,\"packets\":0,\"peers\":0,\"days\":0,"
			"\"marks\":\"%s\",\"name\":\"\"",
			marks_format(row->marks, marks));
		next = print_json_words(o, i, row, out);
		fputc('}', out);
		first = false;
	}
}

/* ---- tables ---- */

static const char *mark_words(const struct outside_row *row, char ret_text[64 + MARKS_TEXT_MAX])
{
	char marks[MARKS_TEXT_MAX];

	switch (row->mark) {
	case OUTSIDE_BOTH:
		return _("both see it");
	case OUTSIDE_THEY_ONLY:
		return _("they see, we do not");
	case OUTSIDE_THEY_BLIND:
		return _("they see, nobody looked here then");
	case OUTSIDE_THEY_MARKED:
		snprintf(ret_text, 64 + MARKS_TEXT_MAX, "%s: %s", _("they see, we leave it out"),
			 marks_format(row->marks, marks));
		return ret_text;
	case OUTSIDE_WE_ONLY:
		return _("we see, they do not");
	case OUTSIDE_WE_EARLIER:
		return _("we saw it, only before that");
	case OUTSIDE_WE_LATER:
		return _("we see it, only after that");
	default:
		return _("only TCP is watched");
	}
}

static void fill_row(struct text_table *t, const struct cmd_outside *o,
		     const struct outside_row *row, bool with_host)
{
	char text[64 + MARKS_TEXT_MAX], *version = NULL;

	if (with_host)
		text_table_cell(t, addr_format(row->host, text));
	snprintf(text, sizeof(text), "%u/%s", row->port, protocol_name(row->protocol));
	text_table_cell(t, text);
	text_table_cell(t, row->view && row->view->service.name
				   ? row->view->service.name
				   : service_name(row->port, row->protocol));
	text_table_cell(t, o->said.viewers[row->viewer]);
	text_table_cell(t, cmd_time(row->time_ns, text));
	text_table_cell(t, mark_words(row, text));
	if (row->view && row->mark < OUTSIDE_WE_ONLY)
		version = scan_version_text(&row->view->service);
	text_table_cell(t, version ? version : "");
	free(version);
}

static int print_table(const struct cmd_outside *o, bool with_host)
{
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_LEFT, TEXT_LEFT, TEXT_LEFT,
						  TEXT_LEFT, TEXT_LEFT, TEXT_LEFT };
	const char *const headings[] = { _("ADDRESS"),     _("PORT"),     _("SERVICE"), _("BY"),
					 _("THEY LOOKED"), _("COMPARED"), _("VERSION") };
	struct text_table *t = text_table_new(6 + with_host, headings + !with_host, aligns);
	int error;

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < o->n_rows; i++) {
		if (!with_host ||
		    (cmd_outside_is_theirs(&o->rows[i]) && o->rows[i].mark != OUTSIDE_UNWATCHED))
			fill_row(t, o, &o->rows[i], with_host);
	}
	error = text_table_print(t, stdout);
	text_table_free(t);
	return error;
}

int cmd_outside_print_host(const struct cmd_outside *o)
{
	if (!o->n_rows)
		return 0;
	printf("%s", _("\nFrom outside, beside what was seen:\n"));
	return print_table(o, false);
}

int cmd_outside_print_theirs(const struct cmd_outside *o)
{
	bool any = false;

	for (size_t i = 0; i < o->n_rows && !any; i++)
		any = cmd_outside_is_theirs(&o->rows[i]) && o->rows[i].mark != OUTSIDE_UNWATCHED;
	if (!any)
		return 0;
	printf("%s", _("\nSeen from outside, and not by us:\n"));
	return print_table(o, true);
}
