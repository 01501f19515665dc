#include "report/report.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/zone.h"
#include "cmd/cmd_internal.h"

#include "place/place.h"

#define ROWS_DEFAULT 20

static const char help[] = N_(
	"Usage: sekimori report [OPTION...] [PERIOD]\n"
	"\n"
	"The figures and tables of a period: packets, hosts and external hosts a day, hosts by the days\n"
	"on which they were seen, ports, days that stand out and who knocked, what is new or gone, what\n"
	"was not captured. docs/report.md defines each figure.\n"
	"\n"
	"PERIOD is a month (2019-01), a day (2019-01-24), a year (2019), or from one of these to another\n"
	"(2019-01-01..2019-01-15). Without one: the last full month before the newest sighting.\n"
	"\n"
	"Examples:\n"
	"  sekimori report\n"
	"  sekimori report 2019-01 --format html -o january.html\n"
	"  sekimori report 2019-01-01..2019-01-15 --format csv -o tables --bom\n"
	"  sekimori report 2019 --lang ja --anonymise\n");

/* SOURCE_DATE_EPOCH (reproducible-builds.org) makes two reports of the same the same. */
static uint64_t now_ns(void)
{
	const char *given = getenv("SOURCE_DATE_EPOCH");
	struct timespec t = { 0 };
	char *end;

	if (given && *given >= '0' && *given <= '9') {
		uint64_t seconds = strtoull(given, &end, 10);

		if (!*end && seconds < UINT64_MAX / NS_PER_SECOND)
			return seconds * NS_PER_SECOND;
	}
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

/* The newest day of which the store has anything; false when it has nothing. */
static bool find_newest(const struct period_history *list, size_t n, int32_t *ret_day)
{
	for (size_t i = 0; i < n; i++) {
		int32_t last = list[i].days[list[i].n_days - 1].last;

		*ret_day = i ? MAX(*ret_day, last) : last;
	}
	return n > 0;
}

/*
 * The last month that ended by the newest sighting's day. Where the store has nothing of it, it is
 * the newest sighting's own month, as far as it goes.
 */
static struct report_period usual_period(const struct period_history *list, size_t n,
					 int32_t newest_day)
{
	struct report_period newest = report_period_month(newest_day), before;

	if (newest_day == newest.end_day - 1)
		return newest;
	before = report_period_before(&newest);
	return report_was_seen(list, n, &before) ? before : newest;
}

static int choose_period(struct cmd_call *call, struct report_period *ret_period)
{
	struct period_history *list = NULL;
	struct diagnosis d = { "" };
	int32_t newest = 0;
	size_t n = 0;
	int error;

	if (call->n_words) {
		error = report_period_parse(call->words[0], ret_period, &d);
		if (!error && ret_period->end_day - ret_period->first_day > PERIOD_DAYS_MAX)
			error = diagnose(&d, ERR_LIMIT, _("\"%s\": more than a century"),
					 call->words[0]);
	} else {
		error = catalogue_histories(call->catalogue, call->include, &list, &n, &d);
		if (!error && !find_newest(list, n, &newest))
			error = diagnose(&d, ERR_USAGE, _("%s: nothing in this store yet"),
					 call->store);
		if (!error)
			*ret_period = usual_period(list, n, newest);
		catalogue_histories_free(list, n);
	}
	if (error < 0)
		cmd_fail_diagnosis(call->cmd, error, &d);
	return error;
}

/* ---- forms ---- */

static int print_form(struct cmd_call *call, const struct report *r)
{
	struct cmd_output output;
	struct report_text_options options = { call->rows_given ? call->rows : ROWS_DEFAULT,
					       false };
	int error;

	if (cmd_output_open(call, &output) < 0)
		return EXIT_BAD;
	options.colour = text_wants_colour(output.out);
	if (call->format == FORMAT_HTML) {
		error = report_print_html(r, output.out);
	} else if (call->format == FORMAT_JSON) {
		error = report_print_json(r, false, output.out);
	} else {
		error = report_print_text(r, &options, output.out);
	}
	return cmd_output_close(call, &output,
				error < 0 && !ferror(output.out)
					? cmd_fail(call->cmd, "%s", error_text(error))
					: EXIT_DONE);
}

static int print_all(struct cmd_call *call, const struct report *r)
{
	struct diagnosis d = { "" };
	int error;

	if (call->format != FORMAT_CSV)
		return print_form(call, r);
	error = report_write_csv(r, call->output, call->bom, &d);
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : EXIT_DONE;
}

static int make_and_print(struct cmd_call *call, struct report_request *request)
{
	struct diagnosis d = { "" };
	struct report r;
	int error = report_make(request, &r, &d), status;

	status = error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : print_all(call, &r);
	report_finish(&r);
	return status;
}

/* What cannot be is said before anything is counted. Returns -1 to go on. */
static int check_words(const struct cmd_call *call)
{
	if (call->n_words > 1)
		return cmd_fail(call->cmd, _("\"%s\": one period, please"), call->words[1]);
	if (call->format == FORMAT_CSV && !call->output)
		return cmd_fail(call->cmd, _("csv is a file for each table: -o FOLDER says where"));
	if (call->format == FORMAT_HTML && !report_has_html())
		return cmd_fail(
			call->cmd,
			_("this build has no html report: Node.js was missing when it was made"));
	if (call->format == FORMAT_HTML && !call->output && isatty(STDOUT_FILENO))
		return cmd_fail(call->cmd, _("html is for a browser: -o FILE says where"));
	if (call->bom && call->format != FORMAT_CSV)
		return cmd_fail(call->cmd, _("--bom goes with --format csv"));
	return -1;
}

static int answer(struct cmd_call *call)
{
	struct report_request request = { .config = &call->config,
					  .include = call->include,
					  .anonymise = call->anonymise,
					  .now_ns = now_ns() };
	struct diagnosis d = { "" };
	struct places *places = NULL;
	int error, status = check_words(call);

	if (status >= 0)
		return status;
	if (cmd_open_for_question(call) < 0 || choose_period(call, &request.period) < 0)
		return EXIT_BAD;
	error = places_open(&call->config, &places, &d);
	if (error < 0)
		return cmd_fail_diagnosis(call->cmd, error, &d);
	request.catalogue = call->catalogue;
	request.places = places;
	status = make_and_print(call, &request);
	places_close(places);
	return status;
}

const struct cmd cmd_report = {
	.name = "report",
	.summary = N_("a period's figures and tables"),
	.help = help,
	.options = OPTION_ALL_QUESTIONS | OPTION_PEERS | OPTION_FORMAT | OPTION_HTML |
		   OPTION_INCLUDE | OPTION_OUTPUT | OPTION_LANG | OPTION_ROWS | OPTION_BOM |
		   OPTION_ANONYMISE,
	.answer = answer,
};
