#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd_internal.h"

static const char help[] = N_(
	"Usage: sekimori verify [--rebuild] [OPTION...]\n"
	"\n"
	"Reads every block of the archive, checks its sums, and holds the catalogue against it.\n"
	"Exit status 1 when something is wrong. --rebuild counts the catalogue's derived tables anew\n"
	"from the archive first; what people gave is kept.\n"
	"\n"
	"Examples:\n"
	"  sekimori verify\n"
	"  sekimori verify --rebuild --store /var/lib/sekimori\n");

static void print_finding(void *user, const char *words)
{
	(void)user;
	fprintf(stderr, "%s\n", words);
}

static void print_totals(const struct catalogue_totals *t)
{
	char batches[TEXT_NUMBER_MAX], parts[TEXT_NUMBER_MAX], sightings[TEXT_NUMBER_MAX],
		archive[TEXT_NUMBER_MAX], catalogue[TEXT_NUMBER_MAX];

	printf(_("%s sightings in %s parts of %s batches; %s of archive, %s of catalogue\n"),
	       text_number(t->sightings, sightings), text_number(t->parts, parts),
	       text_number(t->batches, batches), text_bytes(t->archive_bytes, archive),
	       text_bytes(t->catalogue_bytes, catalogue));
}

static int answer(struct cmd_call *call)
{
	struct catalogue_totals totals;
	struct diagnosis d = { "" };
	int error = 0, findings;

	if (call->n_words)
		return cmd_fail(call->cmd, _("\"%s\": verify takes no words"), call->words[0]);
	if (call->rebuild && access(call->store, W_OK) < 0)
		return cmd_fail(call->cmd, "%s: %s", call->store, strerror(errno));
	if (cmd_open_for_question(call) < 0)
		return EXIT_BAD;
	if (call->rebuild)
		error = catalogue_rebuild(call->catalogue, &d);
	if (error < 0)
		return cmd_fail_diagnosis(call->cmd, error, &d);
	findings = catalogue_verify(call->catalogue, print_finding, NULL, &d);
	if (findings < 0)
		return cmd_fail_diagnosis(call->cmd, findings, &d);
	error = catalogue_totals(call->catalogue, &totals, &d);
	if (error < 0)
		return cmd_fail_diagnosis(call->cmd, error, &d);
	print_totals(&totals);
	if (findings) {
		printf(ngettext("%d thing is wrong\n", "%d things are wrong\n",
				(unsigned long)findings),
		       findings);
	} else {
		printf("%s\n", _("all is well"));
	}
	return cmd_end_output(call->cmd, findings ? EXIT_FINDINGS : EXIT_DONE);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.summary = N_("check the store"),
	.help = help,
	.options = OPTION_ALL_QUESTIONS | OPTION_REBUILD,
	.answer = answer,
};
