/* Scanners' files into the active side of a comparison. */
#include <errno.h>
#include <string.h>

#include "base/i18n.h"
#include "cmd/compare_internal.h"
#include "import/scan_file.h"

static int take_covered(void *arg, uint8_t protocol, const struct port_range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		compare_active_ports(arg, protocol, ranges[i].first, ranges[i].last);
	return 0;
}

static int take_host(void *arg, const struct scan_file_host *host)
{
	return compare_active_host(arg, host->addr, host->up == HOST_DOWN);
}

static int take_port(void *arg, const struct port_outcome *outcome)
{
	return compare_active_port(arg, outcome);
}

static int take_rest(void *arg, struct net_addr host, uint8_t protocol, enum port_state state,
		     uint32_t n)
{
	return n ? compare_active_rest(arg, host, protocol, state, n) : 0;
}

static int take_down(void *arg, struct addr_range hosts)
{
	return compare_active_down(arg, hosts);
}

/* Returns 1 where the file is damaged: what came before counts, and D says where. */
static int read_file(struct compare_active *a, const char *path, struct diagnosis *d)
{
	const struct scan_file_listener listener = { .covered = take_covered,
						     .host = take_host,
						     .port = take_port,
						     .rest = take_rest,
						     .down = take_down,
						     .arg = a };
	struct scan_file_run run;
	struct compare_scan scan;
	bool damaged;
	int error = compare_active_begin(a, path);

	if (error < 0)
		return error;
	scan_file_run_init(&run);
	error = scan_file_read(path, &listener, &run, d);
	damaged = error == ERR_DAMAGED || (error == ERR_LIMIT && run.hosts + run.ports > 0);
	if (damaged)
		(void)diagnose_prefix(d, error, "%s", path);
	scan = (struct compare_scan){ .tool = run.tool,
				      .version = run.version,
				      .arguments = run.arguments,
				      .start_ns = run.start_ns,
				      .end_ns = run.end_ns,
				      .inside = run.inside,
				      /* Others list no host of which they do not know all. */
				      .interrupted = !run.ended && run.tool &&
						     !strcmp(run.tool, "sekimori"),
				      .skipped = run.skipped };
	if (!error || damaged)
		error = compare_active_end(a, &scan);
	scan_file_run_finish(&run);
	if (error < 0)
		return damaged ? error : diagnose_prefix(d, error, "%s", path);
	return damaged;
}

int cmd_compare_read_files(struct cmd_call *call, struct compare_active *a, bool *ret_whole,
			   struct diagnosis *d)
{
	int error = 0;

	for (int i = 0; i < call->n_words && error >= 0; i++) {
		error = read_file(a, call->words[i], d);
		if (error <= 0)
			continue;
		cmd_fail(call->cmd, _("%s: what comes before counts"), d->text);
		d->text[0] = '\0';
		*ret_whole = false;
	}
	return error < 0 ? error : 0;
}
