/* A scan's results into the catalogue. */
#include <stdlib.h>
#include <string.h>

#include "catalogue/scans.h"
#include "cmd/scan_internal.h"

#include "build_config.h"

/* The caller frees; NULL when out of memory. */
static char *ports_text(const struct port_list *list)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return NULL;
	port_list_print(list, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

int scan_keep(struct cmd_call *call, const struct targets *targets,
	      const struct scan_report *report)
{
	char tool[] = "sekimori " SEKIMORI_VERSION;
	struct catalogue_scan scan = { .started_ns = report->started_ns,
				       .ended_ns = report->ended_ns,
				       .vantage = (char *)report->vantage,
				       .tool = tool,
				       .arguments = (char *)report->arguments,
				       .ranges = targets_text(targets, SIZE_MAX),
				       .tcp_ports = ports_text(&report->plan->tcp),
				       .udp_ports = ports_text(&report->plan->udp),
				       .complete = !report->interrupted,
				       .news = call->scan->news && !report->interrupted };
	struct diagnosis d = { "" };
	int error = 0;

	if (!call->catalogue) {
		fprintf(stderr,
			_("there is no store at %s: what was found is not kept (name your networks with --net, and one is made)\n"),
			call->store);
	} else if (!archive_is_writable(call->archive)) {
		fprintf(stderr, _("the store may not be written: what was found is not kept\n"));
	} else {
		error = catalogue_scan_append(call->catalogue, &scan, report->results, &d);
	}
	free(scan.ranges);
	free(scan.tcp_ports);
	free(scan.udp_ports);
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : EXIT_DONE;
}
