#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/zone.h"
#include "catalogue/gaps.h"
#include "catalogue/scans.h"
#include "cmd/cmd_internal.h"
#include "cmd/compare_internal.h"

#include "place/place.h"

#define ROWS_DEFAULT 20
#define SETTLE_NS                                                                                  \
	(6 * NS_PER_SECOND) /* where nothing comes by, a sensor tells every five seconds */
#define PAUSE_NS 100000000L

static const char help[] = N_(
	"Usage: sekimori compare [OPTION...] FILE...\n"
	"       sekimori compare [OPTION...] --scans [WHICH] [FILE...]\n"
	"       sekimori compare [OPTION...] --scanner ADDRESS\n"
	"\n"
	"What scans found, held against what was seen: hosts, ports, and for each difference its\n"
	"reason and the evidence. FILE is a result of nmap (XML, grepable), masscan, naabu, Nessus\n"
	"(.nessus), Nexpose, Shodan or Censys. --scans needs none: the store keeps what sekimori scan\n"
	"found. WHICH is latest (the last one that was not interrupted; the default), all, or ids of\n"
	"sekimori list --scans. Nor does --scanner: the sensor saw what it elicited.\n"
	"\n"
	"Examples:\n"
	"  sekimori compare scan.xml\n"
	"  sekimori compare --since 2019-01-01 --at 2019-01-31 january.nessus\n"
	"  sekimori compare --scans\n"
	"  sekimori compare --scanner 203.0.113.9\n"
	"  sekimori compare --format html -o compare.html scan.xml\n");

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

/* Two questions, of known scanners and of all others: a catalogue each. */
struct sides {
	struct config others, scanners; /* shallow copies but for the networks */
	struct catalogue *seen, *elicited;
};

/* The same configuration, about others' knocking. What the copy shares is not freed with it. */
static int side_config(const struct config *from, enum config_peers peers,
		       struct config *ret_config)
{
	*ret_config = *from;
	ret_config->peers = peers;
	prefix_set_init(&ret_config->networks);
	return prefix_set_add_all(&ret_config->networks, &from->networks);
}

static int open_sides(struct cmd_call *call, struct sides *s, struct diagnosis *d)
{
	int error;

	if (!call->config.n_scanners) {
		s->seen = call->catalogue;
		return 0;
	}
	/* Both are asked instead of it, and what they lack is said. */
	catalogue_close(call->catalogue);
	call->catalogue = NULL;
	error = side_config(&call->config, CONFIG_PEERS_OTHERS, &s->others);
	if (!error)
		error = side_config(&call->config, CONFIG_PEERS_SCANNERS, &s->scanners);
	if (!error)
		error = catalogue_open(call->archive, &s->others,
				       CATALOGUE_PASSING | CATALOGUE_SAME_ZONE, &s->seen, d);
	if (!error)
		error = catalogue_open(call->archive, &s->scanners,
				       CATALOGUE_PASSING | CATALOGUE_SAME_ZONE, &s->elicited, d);
	return error;
}

static void close_sides(struct cmd_call *call, struct sides *s)
{
	if (s->seen != call->catalogue)
		catalogue_close(s->seen); /* NULL where it could not be opened */
	catalogue_close(s->elicited);
	prefix_set_finish(&s->others.networks);
	prefix_set_finish(&s->scanners.networks);
}

static int print(struct cmd_call *call, const struct comparison *c)
{
	struct compare_text_options options = { call->rows_given ? call->rows : ROWS_DEFAULT,
						false };
	struct cmd_output output;
	int error;

	if (cmd_output_open(call, &output) < 0)
		return EXIT_BAD;
	options.colour = text_wants_colour(output.out);
	if (call->format == FORMAT_HTML) {
		error = compare_print_html(c, output.out);
	} else if (call->format == FORMAT_JSON) {
		error = compare_print_json(c, false, output.out);
	} else if (call->format == FORMAT_CSV) {
		error = compare_print_csv(c, call->bom, output.out);
	} else {
		error = compare_print_text(c, &options, output.out);
	}
	return cmd_output_close(call, &output,
				error < 0 && !ferror(output.out)
					? cmd_fail(call->cmd, "%s", error_text(error))
					: EXIT_DONE);
}

static int make_and_print(struct cmd_call *call, struct compare_request *request)
{
	struct diagnosis d = { "" };
	struct comparison c;
	int error = compare_make(request, &c, &d), status;

	status = error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : print(call, &c);
	comparison_finish(&c);
	return status;
}

/* What cannot be is said before anything is read. Returns -1 to go on. */
static int check_words(struct cmd_call *call)
{
	struct diagnosis d = { "" };

	if ((!call->n_words && !call->scans) == !call->scanner)
		return cmd_fail(
			call->cmd,
			_("with what? Name a scanner's FILE, or --scans, or --scanner ADDRESS"));
	if (call->bom && call->format != FORMAT_CSV)
		return cmd_fail(call->cmd, _("--bom goes with --format csv"));
	if (call->format == FORMAT_HTML && !compare_has_html())
		return cmd_fail(
			call->cmd,
			_("this build has no html report: Node.js was missing when it was made"));
	if (call->format == FORMAT_HTML && !call->output && isatty(STDOUT_FILENO))
		return cmd_fail(call->cmd, _("html is for a browser: -o FILE says where"));
	if (call->scanner) {
		/* Only this one, whatever others are known. */
		config_forget_scanners(&call->config);
		if (config_add_scanner(&call->config, call->scanner, _("the scanner"), &d) < 0)
			return cmd_fail(call->cmd, "--scanner: %s", d.text);
	}
	return -1;
}

/* Does the store tell of that moment? Returns 1, 0 or an error. */
static int is_told(struct cmd_call *call, uint64_t time_ns, struct diagnosis *d)
{
	struct catalogue_gap *gaps = NULL;
	size_t n = 0;
	int error = catalogue_gaps(call->catalogue, time_ns, time_ns + 1, 1, &gaps, &n, d);
	bool told = true;

	for (size_t i = 0; i < n && !error; i++)
		told &= gaps[i].recorded;
	free(gaps);
	return error < 0 ? error : told;
}

/* When the last of the files was written or of the scans ended, the end of that second: no scan in
 * them ends later. */
static uint64_t written_ns(const struct cmd_call *call, const struct cmd_scans *scans)
{
	uint64_t last = 0;
	struct stat st;

	for (int i = 0; i < call->n_words; i++) {
		if (stat(call->words[i], &st) == 0 && S_ISREG(st.st_mode))
			last = MAX(last, (uint64_t)st.st_mtim.tv_sec * NS_PER_SECOND +
						 (uint64_t)st.st_mtim.tv_nsec);
	}
	for (size_t i = 0; i < scans->n; i++)
		last = MAX(last, scans->list[i].scan.ended_ns);
	return last - last % NS_PER_SECOND + NS_PER_SECOND - 1;
}

/* A scan that ended just now: what the sensor saw of it is not in the store yet, and would seem
 * never to have been. */
static int wait_for_sensor(struct cmd_call *call, const struct cmd_scans *scans,
			   struct diagnosis *d)
{
	const struct timespec pause = { 0, PAUSE_NS };
	uint64_t until = written_ns(call, scans);
	int told = 0;

	if (until > now_ns() + NS_PER_SECOND)
		return 0;
	while (archive_live_count(call->archive) && now_ns() < until + SETTLE_NS) {
		told = is_told(call, until, d);
		if (told)
			break;
		(void)nanosleep(&pause, NULL);
		told = archive_load_journals(call->archive, d);
		if (!told) /* what has become a batch meanwhile */
			told = catalogue_settle(call->catalogue, d);
		if (told < 0)
			break;
	}
	return MIN(told, 0);
}

/* The active side, from the files and the scans. */
static int read_active(struct cmd_call *call, const struct compare_request *request,
		       struct catalogue *c, const struct cmd_scans *scans,
		       struct compare_active **ret_active, bool *ret_whole, struct diagnosis *d)
{
	int error = compare_active_new(request->seen, request->n_seen, ret_active);

	if (!error)
		error = cmd_compare_read_files(call, *ret_active, ret_whole, d);
	return error ? error : cmd_compare_read_scans(c, scans, *ret_active, d);
}

static int answer(struct cmd_call *call)
{
	struct compare_request request = { .config = &call->config,
					   .by_scanner = call->scanner != NULL,
					   .now_ns = now_ns() };
	struct compare_active *active = NULL;
	struct diagnosis d = { "" };
	struct places *places = NULL;
	struct sides sides = { .seen = NULL };
	struct catalogue_service *seen = NULL;
	struct cmd_scans scans = { 0 };
	bool whole = true;
	int error, status = check_words(call);

	if (status >= 0)
		return status;
	if (cmd_open_for_question(call) < 0 || cmd_fill_query(call, &request.query) < 0 ||
	    (call->scans && cmd_choose_scans(call, "latest", false, &scans) < 0))
		return EXIT_BAD;
	error = places_open(&call->config, &places, &d);
	if (!error)
		error = wait_for_sensor(call, &scans, &d);
	if (!error)
		error = open_sides(call, &sides, &d);
	if (!error)
		error = catalogue_list(sides.seen, &request.query, &seen, &request.n_seen, &d);
	request.seen = seen;
	if (!error && !call->scanner)
		error = read_active(call, &request, sides.seen, &scans, &active, &whole, &d);
	if (error < 0) {
		status = cmd_fail_diagnosis(call->cmd, error, &d);
	} else {
		request.catalogue = sides.seen;
		request.scanners = sides.elicited;
		request.config = sides.elicited ? &sides.others : &call->config;
		request.active = active;
		request.places = places;
		status = make_and_print(call, &request);
	}
	if (!whole)
		status = EXIT_BAD;
	if (sides.elicited)
		status = cmd_say_missing(call, sides.seen, status);
	compare_active_free(active);
	cmd_scans_free(&scans);
	free(seen);
	close_sides(call, &sides);
	places_close(places);
	return status;
}

const struct cmd cmd_compare = {
	.name = "compare",
	.summary = N_("what was seen against what a scan found"),
	.help = help,
	.options = OPTION_ALL_QUESTIONS | OPTION_FORMAT | OPTION_HTML | OPTION_INCLUDE |
		   OPTION_OUTPUT | OPTION_LANG | OPTION_ROWS | OPTION_SINCE | OPTION_AT |
		   OPTION_SCANNER | OPTION_SCANS | OPTION_BOM,
	.answer = answer,
};
