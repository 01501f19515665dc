/* From the words of `sekimori scan` to a plan that is within the scope. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/zone.h"
#include "cmd/scan_internal.h"
#include "scan/audit.h"

#define SHOWN_MAX 5 /* ranges of those outside */

static int add_targets(const struct cmd_call *call, struct targets *t, struct diagnosis *d)
{
	const struct scan_words *w = call->scan;
	int error = w->list ? targets_read(t, w->list, w->v6, d) : 0;

	for (int i = 0; i < call->n_words && !error; i++)
		error = targets_add(t, call->words[i], w->v6, d);
	targets_unite(t);
	return error;
}

static int add_list(struct targets *t, const char *list, struct diagnosis *d)
{
	char *copy = strdup(list);
	int error = copy ? 0 : -ENOMEM;

	for (char *save = NULL, *word = copy ? strtok_r(copy, ",", &save) : NULL; word && !error;
	     word = strtok_r(NULL, ",", &save))
		error = targets_add_every(t, word, d);
	free(copy);
	return error;
}

static int add_prefix(struct targets *t, struct net_prefix p, struct diagnosis *d)
{
	char text[PREFIX_TEXT_MAX];

	return targets_add(t, prefix_format(p, text), false, d);
}

/* What is never asked: --exclude, and the hosts that the configuration excludes. */
static int take_excluded(const struct cmd_call *call, struct targets *t, struct diagnosis *d)
{
	const struct scan_words *w = call->scan;
	struct targets excluded;
	int error = 0;

	targets_init(&excluded);
	for (size_t i = 0; i < w->n_excludes && !error; i++)
		error = add_list(&excluded, w->excludes[i], d);
	for (size_t i = 0; i < call->config.n_excluded && !error; i++)
		error = add_prefix(&excluded, call->config.excluded[i].prefix, d);
	targets_unite(&excluded);
	if (!error)
		error = targets_subtract(t, &excluded);
	targets_finish(&excluded);
	return error;
}

static int note_outside(struct cmd_call *call, const struct targets *outside,
			const struct scan_plan *plan, struct diagnosis *d)
{
	struct audit_entry entry = { .outside = outside,
				     .vantage = call->scan->vantage,
				     .ports = plan->tcp.n + plan->udp.n };
	struct timespec now = { 0 };
	char *line;
	int fd, error;

	if (!call->archive || !archive_is_writable(call->archive)) {
		return diagnose(
			d, ERR_USAGE,
			_("--outside-site: such a scan is noted in the store's %s, and there is no store that may be written; name one with --store"),
			AUDIT_FILE);
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	entry.time_ns = (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
	line = scan_words_line(call->scan);
	entry.arguments = line;
	error = archive_make_file(call->archive, AUDIT_FILE, &fd, d);
	if (!error) {
		error = audit_append(fd, &entry);
		(void)close(fd);
		if (error < 0)
			diagnose(d, error, "%s/%s: %s", archive_path(call->archive), AUDIT_FILE,
				 strerror(-error));
	}
	free(line);
	return error;
}

/* Loopback and the site's networks; the rest only when it is said in so many words. */
static int check_scope(struct cmd_call *call, const struct targets *t, const struct scan_plan *plan,
		       struct diagnosis *d)
{
	struct targets outside;
	int error = targets_outside(t, &call->config.networks, &outside);
	char *text;

	if (error < 0)
		return error;
	if (outside.n_ranges && !call->scan->outside_site) {
		text = targets_text(&outside, SHOWN_MAX);
		error = diagnose(
			d, ERR_USAGE,
			_("%s: not in the site's networks (name these with --net); scan others only where"
			  " you may, and with --outside-site, which is noted in an audit log"),
			text ? text : "?");
		free(text);
	} else if (outside.n_ranges) {
		error = note_outside(call, &outside, plan, d);
	}
	targets_finish(&outside);
	return error;
}

static int choose_ports(const struct scan_words *w, struct scan_plan *plan, struct diagnosis *d)
{
	bool tcp = w->connect || w->syn;
	int error = 0;

	if (w->ports)
		return port_lists_parse(w->ports, tcp, w->udp, &plan->tcp, &plan->udp, d);
	if (tcp)
		error = port_list_top(IPPROTO_TCP, w->top ? w->top : PORTS_TCP_DEFAULT, &plan->tcp);
	if (!error && w->udp)
		error = port_list_top(IPPROTO_UDP, w->top ? w->top : PORTS_UDP_DEFAULT, &plan->udp);
	return error;
}

static int check_count(const struct targets *t, struct scan_plan *plan, struct diagnosis *d)
{
	plan->n_hosts = targets_count(t);
	if (!plan->n_hosts) {
		return diagnose(d, ERR_USAGE,
				_("every target is excluded: nothing is left to scan"));
	}
	if (plan->n_hosts > TARGETS_HOSTS_MAX) {
		return diagnose(
			d, ERR_LIMIT,
			_("more than 2^32 addresses: name fewer (of an IPv6 network, the hosts that are known)"));
	}
	return 0;
}

static int seed_plan(const struct scan_words *w, struct scan_plan *plan)
{
	if (w->going_on) {
		plan->seed = w->state.seed;
		memcpy(plan->first, w->state.settled, sizeof(plan->first));
		return 0;
	}
	return getrandom(&plan->seed, sizeof(plan->seed), 0) == sizeof(plan->seed) ? 0 : -EIO;
}

static int make_plan(struct cmd_call *call, struct targets *t, struct scan_plan *plan,
		     struct diagnosis *d)
{
	const struct scan_words *w = call->scan;
	int error = take_excluded(call, t, d);

	if (!error)
		error = check_count(t, plan, d);
	if (!error)
		error = choose_ports(w, plan, d);
	if (!error)
		error = seed_plan(w, plan);
	if (error < 0)
		return error;
	plan->timing = scan_timing_template(w->timing < 0 ? SCAN_TIMING_NORMAL : w->timing);
	if (w->rate > 0)
		plan->timing.rate_pps = w->rate;
	plan->up = w->up;
	plan->targets = malloc(t->n_ranges * sizeof(*plan->targets));
	if (!plan->targets)
		return -ENOMEM;
	memcpy(plan->targets, t->ranges, t->n_ranges * sizeof(*plan->targets));
	plan->n_targets = t->n_ranges;
	return check_scope(call, t, plan, d);
}

int scan_make_plan_of(struct cmd_call *call, struct targets *targets, struct scan_plan *ret_plan)
{
	struct scan_plan plan = { 0 };
	struct diagnosis d = { "" };
	int error = make_plan(call, targets, &plan, &d);

	if (error < 0) {
		scan_plan_finish(&plan);
		cmd_fail_diagnosis(call->cmd, error, &d);
		return error;
	}
	*ret_plan = plan;
	return 0;
}

int scan_make_plan(struct cmd_call *call, struct targets *ret_targets, struct scan_plan *ret_plan)
{
	struct diagnosis d = { "" };
	struct targets t;
	int error;

	targets_init(&t);
	error = add_targets(call, &t, &d);
	if (error < 0)
		cmd_fail_diagnosis(call->cmd, error, &d);
	else
		error = scan_make_plan_of(call, &t, ret_plan);
	if (error < 0)
		targets_finish(&t);
	else
		*ret_targets = t;
	return error;
}
