/* `sekimori list --scans`: the scans that the store keeps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/zone.h"
#include "catalogue/scans.h"
#include "cmd/cmd_internal.h"

#define PORTS_SHOWN 24 /* bytes of long lists, in the table */

/* "22,80,443,…": of a list, as much as a column may hold. */
static const char *shorten(const char *text, char ret_text[PORTS_SHOWN + 8])
{
	size_t n = strlen(text);

	if (n <= PORTS_SHOWN) {
		strcpy(ret_text, text);
		return ret_text;
	}
	n = PORTS_SHOWN;
	while (n > 1 && text[n - 1] != ',' && text[n - 1] != ' ')
		n--;
	(void)snprintf(ret_text, PORTS_SHOWN + 8, "%.*s…", (int)n, text);
	return ret_text;
}

/* "22,80,U:53", as -p has it. The caller frees; NULL when out of memory. */
static char *ports_text(const struct catalogue_scan *x)
{
	bool udp = *x->udp_ports;
	char *text;

	return asprintf(&text, "%s%s%s%s", x->tcp_ports, udp && *x->tcp_ports ? "," : "",
			udp ? "U:" : "", x->udp_ports) < 0
		       ? NULL
		       : text;
}

static int print_text(const struct cmd_scans *s)
{
	static const enum text_align aligns[] = { TEXT_RIGHT, TEXT_LEFT, TEXT_LEFT,
						  TEXT_LEFT,  TEXT_LEFT, TEXT_RIGHT,
						  TEXT_RIGHT, TEXT_LEFT, TEXT_LEFT };
	const char *const headings[] = { _("ID"),   _("STARTED"), _("ENDED"),
					 _("TOOL"), _("VANTAGE"), _("HOSTS UP"),
					 _("OPEN"), _("TARGETS"), _("PORTS ASKED") };
	struct text_table *t = text_table_new(9, headings, aligns);
	char text[PORTS_SHOWN + 64];
	int error;

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++) {
		const struct catalogue_scan *x = &s->list[i].scan;
		char time[40], *ports = ports_text(x);

		(void)snprintf(text, sizeof(text), "%lld", (long long)x->id);
		text_table_cell(t, text);
		text_table_cell(t, cmd_time(x->started_ns, time));
		cmd_time(x->ended_ns, time);
		(void)snprintf(text, sizeof(text), x->complete ? "%s" : _("%s, interrupted"), time);
		text_table_cell(t, text);
		text_table_cell(t, x->tool);
		text_table_cell(t, x->vantage);
		text_table_number(t, s->list[i].hosts);
		text_table_number(t, s->list[i].open);
		text_table_cell(t, shorten(x->ranges, text));
		text_table_cell(t, ports ? shorten(ports, text) : "?");
		free(ports);
	}
	error = text_table_print(t, stdout);
	text_table_free(t);
	return error;
}

/* Other tools' words, too: what steers a terminal goes. */
static void put_words(const char *text)
{
	char *copy = strdup(text);

	putchar(',');
	if (copy)
		text_defuse(copy);
	text_csv(stdout, copy ? copy : "?");
	free(copy);
}

static void print_csv(const struct cmd_scans *s)
{
	char start[ZONE_TEXT_MAX], end[ZONE_TEXT_MAX];

	puts("id,started,ended,complete,tool,vantage,hosts_up,open_ports,targets,tcp_ports,udp_ports,arguments");
	for (size_t i = 0; i < s->n; i++) {
		const struct catalogue_scan *x = &s->list[i].scan;

		printf("%lld,%s,%s,%d", (long long)x->id, zone_format(x->started_ns, start),
		       zone_format(x->ended_ns, end), x->complete);
		put_words(x->tool);
		put_words(x->vantage);
		printf(",%llu,%llu", (unsigned long long)s->list[i].hosts,
		       (unsigned long long)s->list[i].open);
		put_words(x->ranges);
		put_words(x->tcp_ports);
		put_words(x->udp_ports);
		put_words(x->arguments);
		putchar('\n');
	}
}

static int print_json(const struct cmd_scans *s)
{
	char time[ZONE_TEXT_MAX];
	struct json j;

	json_init(&j, stdout, false, 1);
	json_open_array(&j, NULL);
	for (size_t i = 0; i < s->n; i++) {
		const struct catalogue_scan *x = &s->list[i].scan;

		json_open_object(&j, NULL);
		json_number(&j, "id", (uint64_t)x->id);
		json_text(&j, "started", zone_format(x->started_ns, time));
		json_text(&j, "ended", zone_format(x->ended_ns, time));
		json_bool(&j, "complete", x->complete);
		json_text(&j, "tool", x->tool);
		json_text(&j, "vantage", x->vantage);
		json_number(&j, "hosts_up", s->list[i].hosts);
		json_number(&j, "open_ports", s->list[i].open);
		json_text(&j, "targets", x->ranges);
		json_text(&j, "tcp_ports", x->tcp_ports);
		json_text(&j, "udp_ports", x->udp_ports);
		json_text(&j, "arguments", x->arguments);
		json_close_object(&j);
	}
	json_close_array(&j);
	return json_end(&j);
}

/* Those that were at work in the time that is asked for. */
static void keep_those_of(const struct catalogue_query *q, struct cmd_scans *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct catalogue_kept_scan x = s->list[i];

		if (x.scan.ended_ns < q->from_ns || x.scan.started_ns >= q->to_ns)
			continue;
		s->list[i] = s->list[kept];
		s->list[kept++] = x;
	}
	s->n = kept;
}

int cmd_list_scans(struct cmd_call *call)
{
	struct catalogue_query q;
	struct cmd_scans scans;
	int error = 0;

	if (cmd_fill_query(call, &q) < 0 || cmd_choose_scans(call, "all", true, &scans) < 0)
		return EXIT_BAD;
	keep_those_of(&q, &scans);
	if (call->format == FORMAT_JSON)
		error = print_json(&scans);
	else if (call->format == FORMAT_CSV)
		print_csv(&scans);
	else
		error = print_text(&scans);
	cmd_scans_free(&scans);
	return cmd_end_output(call->cmd, cmd_printed(call->cmd, error));
}
