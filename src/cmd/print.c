#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/service_name.h"
#include "base/zone.h"
#include "cmd/cmd_internal.h"

const char *cmd_time(uint64_t time_ns, char ret_text[40])
{
	zone_format(time_ns, ret_text);
	ret_text[10] = ' ';
	ret_text[19] = '\0';
	return ret_text;
}

static void print_csv(const struct catalogue_service *s, FILE *out)
{
	char addr[ADDR_TEXT_MAX], first[ZONE_TEXT_MAX], last[ZONE_TEXT_MAX];

	fprintf(out, "%s,%u,%s,", addr_format(s->host, addr), s->port, protocol_name(s->protocol));
	text_csv(out, service_name(s->port, s->protocol));
	fprintf(out, ",%s,%s,%llu,%llu,%u\n", zone_format(s->first_ns, first),
		zone_format(s->last_ns, last), (unsigned long long)s->packets,
		(unsigned long long)s->peers, s->days);
}

static void print_json(const struct cmd_call *call, const struct catalogue_service *s, FILE *out)
{
	const struct config_host *h = config_host(&call->config, s->host);
	char addr[ADDR_TEXT_MAX], first[ZONE_TEXT_MAX], last[ZONE_TEXT_MAX], marks[MARKS_TEXT_MAX];

	fprintf(out, "{\"address\":\"%s\",\"port\":%u,\"protocol\":\"%s\",\"service\":",
		addr_format(s->host, addr), s->port, protocol_name(s->protocol));
	text_json(out, service_name(s->port, s->protocol));
	fprintf(out,
		",\"first_seen\":\"%s\",\"last_seen\":\"%s\",\"packets\":%llu,\"peers\":%llu,\"days\":%u",
		zone_format(s->first_ns, first), zone_format(s->last_ns, last),
		(unsigned long long)s->packets, (unsigned long long)s->peers, s->days);
	if (s->peers_estimated)
		fputs(",\"peers_estimated\":true", out);
	fprintf(out, ",\"marks\":\"%s\",\"name\":", marks_format(s->marks, marks));
	text_json(out, h ? h->name : "");
	if (call->outside)
		cmd_outside_json(call->outside, s, out);
	fputc('}', out);
}

static void fill_outside(struct text_table *t, const struct cmd_outside *outside,
			 const struct catalogue_service *s)
{
	char *text = cmd_outside_text(outside, s);

	text_table_cell(t, text ? text : "");
	free(text);
}

static int print_text(const struct cmd_call *call, const struct catalogue_service *services,
		      size_t n, FILE *out)
{
	const char *headings[10] = { _("ADDRESS"),   _("PORT"),    _("SERVICE"), _("FIRST SEEN"),
				     _("LAST SEEN"), _("PACKETS"), _("PEERS"),   _("DAYS") };
	static const enum text_align aligns[] = { TEXT_LEFT, TEXT_RIGHT, TEXT_LEFT,  TEXT_LEFT,
						  TEXT_LEFT, TEXT_RIGHT, TEXT_RIGHT, TEXT_RIGHT,
						  TEXT_LEFT, TEXT_LEFT };
	/* The last columns only where something stands in them. */
	bool named = call->include || call->config.n_hosts;
	struct text_table *t;
	char text[64];
	int columns = 8, error;

	if (named)
		headings[columns++] = call->include ? _("MARKS") : _("NAME");
	if (call->outside)
		headings[columns++] = _("OUTSIDE");
	t = text_table_new(columns, headings, aligns);
	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct catalogue_service *s = &services[i];
		const struct config_host *h = config_host(&call->config, s->host);

		text_table_cell(t, addr_format(s->host, text));
		snprintf(text, sizeof(text), "%u/%s", s->port, protocol_name(s->protocol));
		text_table_cell(t, text);
		text_table_cell(t, service_name(s->port, s->protocol));
		text_table_cell(t, cmd_time(s->first_ns, text));
		text_table_cell(t, cmd_time(s->last_ns, text));
		text_table_number(t, s->packets);
		text_table_estimate(t, s->peers, s->peers_estimated);
		text_table_number(t, s->days);
		if (named) {
			text_table_cell(t, call->include ? marks_format(s->marks, text)
					   : h           ? h->name
							 : "");
		}
		if (call->outside)
			fill_outside(t, call->outside, s);
	}
	error = text_table_print(t, out);
	text_table_free(t);
	return error;
}

void cmd_tell_estimates(const struct catalogue_service *services, size_t n)
{
	char text[TEXT_NUMBER_MAX];
	size_t estimated = 0;

	for (size_t i = 0; i < n; i++)
		estimated += services[i].peers_estimated;
	if (!estimated)
		return;
	fflush(stdout);
	fprintf(stderr,
		ngettext(
			"the peers of %s service are an estimate: in a flood, some were only counted\n",
			"the peers of %s services are estimates: in a flood, some were only counted\n",
			estimated),
		text_number(estimated, text));
}

int cmd_print_services(const struct cmd_call *call, const struct catalogue_service *services,
		       size_t n, FILE *out)
{
	if (call->format == FORMAT_TEXT)
		return print_text(call, services, n, out);
	if (call->format == FORMAT_CSV) {
		fputs("address,port,protocol,service,first_seen,last_seen,packets,peers,days\n",
		      out);
	} else {
		fputc('[', out);
	}
	for (size_t i = 0; i < n; i++) {
		if (call->format == FORMAT_CSV) {
			print_csv(&services[i], out);
			continue;
		}
		fputs(i ? ",\n " : "", out);
		print_json(call, &services[i], out);
	}
	if (call->format == FORMAT_JSON && call->outside && call->outside->theirs_in_json)
		cmd_outside_json_theirs(call->outside, n == 0, out);
	if (call->format == FORMAT_JSON)
		fputs("]\n", out);
	return 0;
}
