#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd_internal.h"

#include "build_config.h"

static const struct cmd *const commands[] = { &cmd_read, &cmd_watch,  &cmd_status,  &cmd_list,
					      &cmd_host, &cmd_report, &cmd_compare, &cmd_export,
					      &cmd_scan, &cmd_sql,    &cmd_verify };

static void print_usage(FILE *out)
{
	fputs(_("sekimori knows which ports your hosts open to the internet, from their SYN+ACKs.\n"
		"\n"
		"Usage: sekimori COMMAND [OPTION...] [WORD...]\n"
		"       sekimori --help | --version\n"
		"\n"),
	      out);
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, _(commands[i]->summary));
	fputs(_("\n"
		"sekimori COMMAND --help tells more, with examples. First steps:\n"
		"  sekimori read --net 192.0.2.0/24 capture.pcap    take in a capture\n"
		"  sekimori list                                    the open ports\n"),
	      out);
}

int main(int argc, char **argv)
{
	i18n_init();
	/* A reader that goes away (| head) is told by the failed write. */
	signal(SIGPIPE, SIG_IGN);
	/* So is a file size limit. */
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_BAD;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("sekimori %s\n", SEKIMORI_VERSION);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		if (!strcmp(argv[1], commands[i]->name))
			return cmd_run(commands[i], argc - 1, argv + 1);
	}
	fprintf(stderr, _("sekimori: \"%s\" is no command; sekimori --help lists them\n"), argv[1]);
	return EXIT_BAD;
}
