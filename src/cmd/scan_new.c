/* `sekimori scan --new`: what was seen, and nobody has looked at yet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/scans.h"
#include "cmd/scan_internal.h"

#define TIMING_POLITE 2
/* Of a run that the system begins: what comes meanwhile waits no longer than for these. */
#define SERVICES_AT_ONCE 64

static int check_words(const struct cmd_call *call)
{
	const struct scan_words *w = call->scan;
	bool files = false;

	for (int form = 0; form < SCAN_FORMS; form++)
		files |= w->forms[form] != NULL;
	if (call->n_words || w->list || w->ports || w->top || w->n_excludes || w->outside_site) {
		return cmd_fail(
			call->cmd,
			_("--new takes hosts and ports from the store: no TARGET, no -iL, -p, -F, --top-ports,"
			  " --exclude and --outside-site"));
	}
	if (w->syn || w->udp || w->resume || files) {
		return cmd_fail(call->cmd,
				_("--new connects, and goes without -sS, -sU, --resume and -o"));
	}
	return -1;
}

/* The latest first seen first. */
static int by_age(const void *a, const void *b)
{
	const struct catalogue_service *x = a, *y = b;

	return (x->first_ns < y->first_ns) - (x->first_ns > y->first_ns);
}

static int by_host(const void *a, const void *b)
{
	const struct catalogue_service *x = a, *y = b;
	int order = addr_compare(x->host, y->host);

	return order ? order : (int)x->port - y->port;
}

static int find_new(struct cmd_call *call, struct catalogue_service **ret_list, size_t *ret_n,
		    struct diagnosis *d)
{
	struct catalogue_query q;
	int error = cmd_fill_query(call, &q);

	if (!error)
		error = catalogue_list(call->catalogue, &q, ret_list, ret_n, d);
	if (!error)
		error = catalogue_scans_leave_new(call->catalogue, *ret_list, ret_n, d);
	if (error < 0 || !call->scan->if_configured || *ret_n <= SERVICES_AT_ONCE)
		return error;
	qsort(*ret_list, *ret_n, sizeof(**ret_list), by_age);
	*ret_n = SERVICES_AT_ONCE;
	qsort(*ret_list, *ret_n, sizeof(**ret_list), by_host);
	return 0;
}

/* A host and its ports as words: hosts with the same ones are asked together. */
struct look {
	struct net_addr host;
	char *ports;
};

static int by_ports(const void *a, const void *b)
{
	const struct look *x = a, *y = b;
	int order = strcmp(x->ports, y->ports);

	return order ? order : addr_compare(x->host, y->host);
}

static char *ports_text(const struct catalogue_service *list, size_t n)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	if (!out)
		return NULL;
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%u", i ? "," : "", list[i].port);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int make_looks(const struct catalogue_service *list, size_t n, struct look *looks,
		      size_t *ret_n)
{
	*ret_n = 0;
	for (size_t i = 0, next; i < n; i = next) {
		for (next = i; next < n && addr_equal(list[next].host, list[i].host); next++)
			;
		looks[*ret_n].host = list[i].host;
		looks[*ret_n].ports = ports_text(&list[i], next - i);
		if (!looks[(*ret_n)++].ports)
			return -ENOMEM;
	}
	qsort(looks, *ret_n, sizeof(*looks), by_ports);
	return 0;
}

/* One scan of these hosts, which have the same ports. */
static int look_at(struct cmd_call *call, const struct look *looks, size_t n)
{
	struct targets targets;
	struct scan_plan plan;
	int error = 0;

	targets_init(&targets);
	for (size_t i = 0; i < n && !error; i++)
		error = targets_add_range(&targets,
					  (struct addr_range){ looks[i].host, looks[i].host });
	if (error < 0) {
		targets_finish(&targets);
		return cmd_fail(call->cmd, "%s", error_text(error));
	}
	targets_unite(&targets);
	call->scan->ports = looks[0].ports;
	if (scan_make_plan_of(call, &targets, &plan) < 0) {
		targets_finish(&targets);
		return EXIT_BAD;
	}
	return scan_run(call, &targets, &plan);
}

static int look_at_all(struct cmd_call *call, const struct catalogue_service *list, size_t n)
{
	struct look *looks = calloc(n, sizeof(*looks));
	size_t n_looks = 0;
	int error = looks ? make_looks(list, n, looks, &n_looks) : -ENOMEM, status = EXIT_DONE;

	if (error < 0)
		status = cmd_fail(call->cmd, "%s", error_text(error));
	for (size_t i = 0, next; i < n_looks && !error && !scan_stop; i = next) {
		for (next = i; next < n_looks && !strcmp(looks[next].ports, looks[i].ports); next++)
			;
		if (look_at(call, &looks[i], next - i) != EXIT_DONE)
			status = EXIT_BAD;
	}
	for (size_t i = 0; i < n_looks; i++)
		free(looks[i].ports);
	free(looks);
	call->scan->ports = NULL;
	return status;
}

static int find_and_look(struct cmd_call *call)
{
	struct catalogue_service *list = NULL;
	struct diagnosis d = { "" };
	size_t n = 0;
	int error = find_new(call, &list, &n, &d), status = EXIT_DONE;

	if (error < 0) {
		status = cmd_fail_diagnosis(call->cmd, error, &d);
	} else if (n) {
		status = look_at_all(call, list, n);
	} else if (!call->scan->if_configured) {
		fprintf(stderr, _("nothing new: every service that was seen has been looked at\n"));
	}
	free(list);
	return status;
}

int scan_new(struct cmd_call *call)
{
	struct scan_words *w = call->scan;
	int status = check_words(call);

	if (status >= 0)
		return status;
	if (w->if_configured && !call->config.verify_new) {
		fprintf(stderr,
			_("nothing is done: the configuration does not say verify_new = yes in [scan]\n"));
		return EXIT_DONE;
	}
	if (cmd_open_for_question(call) < 0)
		return EXIT_BAD;
	if (!archive_is_writable(call->archive)) {
		/* It would be asked again and again. */
		return cmd_fail(call->cmd,
				_("--new: the store may not be written, so nobody would know what"
				  " was looked at"));
	}
	w->connect = w->versions = w->up = true;
	if (w->timing < 0)
		w->timing = TIMING_POLITE;
	return find_and_look(call);
}
