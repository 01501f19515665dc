#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "cmd/cmd_internal.h"

static const char help[] =
	N_("Usage: sekimori export --records | --services [OPTION...]\n"
	   "\n"
	   "For other tools. --records prints one line a SYN+ACK with the six fields\n"
	   "date,hour,saddr,sport,daddr,dport, ordered by hour, saddr, sport, daddr and time;\n"
	   "--services what sekimori list prints. csv is the default, json the other choice\n"
	   "(one object a line for records, which then tell time and marks too).\n"
	   "\n"
	   "Examples:\n"
	   "  sekimori export --records > january.csv\n"
	   "  sekimori export --records --since 2019-01-24 --at 2019-01-24 --format json\n"
	   "  sekimori export --services --include all\n");

struct printing {
	FILE *out;
	bool json;
	/* The date of the last record: hundreds of thousands share it. */
	uint64_t hour_ns;
	struct zone_date date;
};

#define QUARTER_NS (900 * NS_PER_SECOND)

static const struct zone_date *date_of(struct printing *p, uint64_t time_ns)
{
	if (time_ns / QUARTER_NS != p->hour_ns / QUARTER_NS || !p->date.year) {
		p->date = zone_date(time_ns);
		p->hour_ns = time_ns;
	}
	return &p->date;
}

static int print_record(void *user, const struct catalogue_record *r)
{
	struct printing *p = user;
	const struct sighting *s = &r->sighting;
	const struct zone_date *date = date_of(p, s->time_ns);
	char host[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX], time[ZONE_TEXT_MAX], marks[MARKS_TEXT_MAX];
	int n;

	addr_format(s->host, host);
	addr_format(s->peer, peer);
	if (p->json) {
		n = fprintf(
			p->out,
			"{\"time\":\"%s\",\"date\":\"%04d-%02d-%02d\",\"hour\":\"%02d\",\"saddr\":\"%s\",\"sport\":%u,"
			"\"daddr\":\"%s\",\"dport\":%u,\"marks\":\"%s\"}\n",
			zone_format(s->time_ns, time), date->year, date->month, date->mday,
			date->hour, host, s->port, peer, s->peer_port,
			marks_format(s->marks, marks));
	} else {
		n = fprintf(p->out, "%04d-%02d-%02d,%02d,%s,%u,%s,%u\n", date->year, date->month,
			    date->mday, date->hour, host, s->port, peer, s->peer_port);
	}
	return n < 0 ? -errno : 0;
}

static int export_records(struct cmd_call *call, const struct catalogue_query *q)
{
	struct printing p = { .out = stdout, .json = call->format == FORMAT_JSON };
	struct diagnosis d = { "" };
	int error;

	if (!p.json)
		fputs("date,hour,saddr,sport,daddr,dport\n", stdout);
	error = catalogue_records(call->catalogue, q, false, print_record, &p, &d);
	/* What standard output refused, cmd_end_output tells. */
	if (ferror(stdout))
		return EXIT_DONE;
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : EXIT_DONE;
}

static int export_services(struct cmd_call *call, const struct catalogue_query *q)
{
	struct catalogue_service *services = NULL;
	struct diagnosis d = { "" };
	size_t n = 0;
	int error = catalogue_list(call->catalogue, q, &services, &n, &d);

	if (error < 0)
		return cmd_fail_diagnosis(call->cmd, error, &d);
	error = cmd_print_services(call, services, n, stdout);
	free(services);
	return cmd_printed(call->cmd, error);
}

static int answer(struct cmd_call *call)
{
	struct catalogue_query q;

	if (call->records == call->services)
		return cmd_fail(call->cmd, _("say which: --records or --services"));
	if (call->n_words)
		return cmd_fail(call->cmd, _("\"%s\": export takes no words"), call->words[0]);
	if (call->format == FORMAT_TEXT)
		call->format = FORMAT_CSV;
	if (cmd_open_for_question(call) < 0 || cmd_fill_query(call, &q) < 0)
		return EXIT_BAD;
	return cmd_end_output(call->cmd,
			      call->records ? export_records(call, &q) : export_services(call, &q));
}

const struct cmd cmd_export = {
	.name = "export",
	.summary = N_("records or services for other tools"),
	.help = help,
	.options = OPTION_ALL_QUESTIONS | OPTION_PEERS | OPTION_FORMAT | OPTION_INCLUDE |
		   OPTION_SINCE | OPTION_AT | OPTION_RECORDS | OPTION_SERVICES,
	.answer = answer,
};
