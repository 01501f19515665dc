/* A scan's results into the catalogue. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalogue/scans.h"
#include "cmd/scan_internal.h"
#include "scan/route.h"

#include "build_config.h"

/*
 * The addresses outside the site that the site's hosts were asked from: their answers cross the
 * watched line. Of a way that is gone by now nobody knows it.
 */
static int find_sources(struct cmd_call *call, const struct scan_report *report,
			struct catalogue_scan *scan)
{
	const struct prefix_set *networks = &call->config.networks;
	int fd = route_open();

	for (size_t i = 0; i < report->results->n_hosts && fd >= 0; i++) {
		struct net_addr host = report->results->hosts[i].addr, *grown;
		size_t k = 0, n = scan->n_sources;
		struct route route;

		if (!prefix_set_contains(networks, host) || route_find(fd, host, 0, &route) < 0 ||
		    route.local || prefix_set_contains(networks, route.source))
			continue;
		while (k < n && !addr_equal(scan->sources[k], route.source))
			k++;
		if (k < n)
			continue;
		grown = realloc(scan->sources, (n + 1) * sizeof(*grown));
		if (!grown) {
			close(fd);
			return -ENOMEM;
		}
		scan->sources = grown;
		scan->sources[scan->n_sources++] = route.source;
	}
	if (fd >= 0)
		close(fd);
	return 0;
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
				       .tcp_ports = port_list_text(&report->plan->tcp),
				       .udp_ports = port_list_text(&report->plan->udp),
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
		error = find_sources(call, report, &scan);
		if (!error)
			error = catalogue_scan_append(call->catalogue, &scan, report->results, &d);
	}
	free(scan.sources);
	free(scan.ranges);
	free(scan.tcp_ports);
	free(scan.udp_ports);
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : EXIT_DONE;
}
