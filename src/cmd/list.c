#include <stdlib.h>

#include "base/zone.h"
#include "cmd/cmd_internal.h"

static const char help[] = N_(
	"Usage: sekimori list [OPTION...]\n"
	"\n"
	"Every service known: a host's port that answered SYN+ACK to the outside. With --scans,\n"
	"the scans that the store keeps.\n"
	"\n"
	"Examples:\n"
	"  sekimori list\n"
	"  sekimori list --since 2019-01-24\n"
	"  sekimori list --include ftp-data,inside\n"
	"  sekimori list --format csv > services.csv\n"
	"  sekimori list --scans\n");

static size_t count_hosts(const struct catalogue_service *services, size_t n)
{
	size_t hosts = 0;

	for (size_t i = 0; i < n; i++)
		hosts += !i || !addr_equal(services[i].host, services[i - 1].host);
	return hosts;
}

/* To people, on stderr's side of things: the table itself stays a table. */
static void print_footer(const struct catalogue_service *services, size_t n)
{
	char ports[TEXT_NUMBER_MAX], hosts[TEXT_NUMBER_MAX];
	size_t n_hosts = count_hosts(services, n);

	fflush(stdout); /* below the table, where both go to one place */
	fprintf(stderr, ngettext("%s service", "%s services", n), text_number(n, ports));
	/* For translators: follows "12 services". */
	fprintf(stderr,
		ngettext(" on %s address; times in %s\n", " on %s addresses; times in %s\n",
			 n_hosts),
		text_number(n_hosts, hosts), zone_name());
}

/* Of what they alone see, what nobody could see here; or that there is nothing to tell. */
static void tell_outside(const struct cmd_call *call, const struct cmd_outside *o)
{
	char text[TEXT_NUMBER_MAX];
	size_t n = 0;

	if (call->only_outside && !o->n_rows)
		fprintf(stderr, "%s",
			_("nothing is known of how your hosts look from outside; sekimori read takes in files of Shodan and Censys\n"));
	for (size_t i = 0; i < o->n_rows; i++)
		n += o->rows[i].mark == OUTSIDE_UNWATCHED;
	if (n)
		fprintf(stderr,
			ngettext(
				"besides, %s UDP service in records from outside: only TCP is watched\n",
				"besides, %s UDP services in records from outside: only TCP is watched\n",
				n),
			text_number(n, text));
}

/* What is in no row of the table. */
static int tell_others(struct cmd_call *call, const struct catalogue_query *q, struct diagnosis *d)
{
	char text[TEXT_NUMBER_MAX];
	uint64_t packets = 0;
	int error = catalogue_others(call->catalogue, q, &packets, d);

	if (!error && packets) {
		fflush(stdout);
		fprintf(stderr,
			_("besides, %s packets of further services, too many to tell apart in a flood\n"),
			text_number(packets, text));
	}
	return error;
}

/* Leaves of LIST what somebody looked for from outside and does not see; returns how many. */
static size_t leave_ours_alone(const struct cmd_outside *o, struct catalogue_service *list,
			       size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (cmd_outside_is_ours_alone(o, &list[i]))
			list[kept++] = list[i];
	}
	return kept;
}

static int answer(struct cmd_call *call)
{
	struct catalogue_service *services = NULL;
	struct cmd_outside outside = { .n_rows = 0 };
	struct catalogue_query q;
	struct diagnosis d = { "" };
	size_t n = 0;
	int error;

	if (call->n_words) {
		return cmd_fail(
			call->cmd,
			_("\"%s\": list takes no words (sekimori host ADDRESS tells of one host)"),
			call->words[0]);
	}
	if (call->only_outside && call->format == FORMAT_CSV)
		return cmd_fail(call->cmd, _("--outside goes with text and json"));
	if (cmd_open_for_question(call) < 0)
		return EXIT_BAD;
	if (call->scans)
		return cmd_list_scans(call);
	if (cmd_fill_query(call, &q) < 0)
		return EXIT_BAD;
	error = catalogue_list(call->catalogue, &q, &services, &n, &d);
	if (!error && call->format != FORMAT_CSV)
		error = cmd_outside_load(call, &q, services, n, &outside, &d);
	if (error < 0) {
		cmd_outside_finish(&outside);
		free(services);
		return cmd_fail_diagnosis(call->cmd, error, &d);
	}
	outside.theirs_in_json = call->only_outside;
	call->outside = outside.n_rows ? &outside : NULL;
	if (call->only_outside)
		n = leave_ours_alone(&outside, services, n);
	error = cmd_print_services(call, services, n, stdout);
	if (!error && call->format == FORMAT_TEXT)
		error = cmd_outside_print_theirs(&outside);
	if (!error && call->format == FORMAT_TEXT) {
		print_footer(services, n);
		tell_outside(call, &outside);
	}
	call->outside = NULL;
	cmd_outside_finish(&outside);
	if (!error && call->format != FORMAT_JSON)
		cmd_tell_estimates(services, n);
	free(services);
	if (!error && call->format != FORMAT_JSON) {
		error = tell_others(call, &q, &d);
		if (error < 0)
			return cmd_fail_diagnosis(call->cmd, error, &d);
	}
	return cmd_end_output(call->cmd, cmd_printed(call->cmd, error));
}

const struct cmd cmd_list = {
	.name = "list",
	.summary = N_("every service known"),
	.help = help,
	.options = OPTION_ALL_QUESTIONS | OPTION_PEERS | OPTION_FORMAT | OPTION_INCLUDE |
		   OPTION_SINCE | OPTION_AT | OPTION_SCANS | OPTION_OUTSIDE,
	.answer = answer,
};
