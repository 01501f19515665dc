/* The words of a call: its options, and the help about them. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd_internal.h"

#include "build_config.h"

enum {
	LONG_HELP = 1,
	LONG_VERSION
};

/* Long options by the bit of cmd_option; its position + BIT_BASE is getopt's value. */
#define BIT_BASE 1000

static const struct option long_options[] = {
	{ "help", no_argument, NULL, LONG_HELP },
	{ "version", no_argument, NULL, LONG_VERSION },
	{ "store", required_argument, NULL, BIT_BASE + OPTION_STORE },
	{ "config", required_argument, NULL, BIT_BASE + OPTION_CONFIG },
	{ "net", required_argument, NULL, BIT_BASE + OPTION_NET },
	{ "timezone", required_argument, NULL, BIT_BASE + OPTION_TIMEZONE },
	{ "format", required_argument, NULL, BIT_BASE + OPTION_FORMAT },
	{ "include", required_argument, NULL, BIT_BASE + OPTION_INCLUDE },
	{ "since", required_argument, NULL, BIT_BASE + OPTION_SINCE },
	{ "at", required_argument, NULL, BIT_BASE + OPTION_AT },
	{ "records", no_argument, NULL, BIT_BASE + OPTION_RECORDS },
	{ "services", no_argument, NULL, BIT_BASE + OPTION_SERVICES },
	{ "rebuild", no_argument, NULL, BIT_BASE + OPTION_REBUILD },
	{ "output", required_argument, NULL, BIT_BASE + OPTION_OUTPUT },
	{ "lang", required_argument, NULL, BIT_BASE + OPTION_LANG },
	{ "rows", required_argument, NULL, BIT_BASE + OPTION_ROWS },
	{ "bom", no_argument, NULL, BIT_BASE + OPTION_BOM },
	{ "anonymise", no_argument, NULL, BIT_BASE + OPTION_ANONYMISE },
	{ "forget-net", required_argument, NULL, BIT_BASE + OPTION_FORGET_NET },
	{ "interface", required_argument, NULL, BIT_BASE + OPTION_INTERFACE },
	{ "driver", required_argument, NULL, BIT_BASE + OPTION_DRIVER },
	{ "consume", no_argument, NULL, BIT_BASE + OPTION_CONSUME },
	{ "user", required_argument, NULL, BIT_BASE + OPTION_USER },
	{ "check", no_argument, NULL, BIT_BASE + OPTION_CHECK },
	{ "month", required_argument, NULL, BIT_BASE + OPTION_MONTH },
	{ "outside", no_argument, NULL, BIT_BASE + OPTION_OUTSIDE },
	{ "vantage", required_argument, NULL, BIT_BASE + OPTION_VANTAGE },
	{ "scanner", required_argument, NULL, BIT_BASE + OPTION_SCANNER },
	{ "peers", required_argument, NULL, BIT_BASE + OPTION_PEERS },
	{ "scans", optional_argument, NULL, BIT_BASE + OPTION_SCANS },
	{ NULL, 0, NULL, 0 },
};

static int take_net(struct cmd_call *call, const char *text)
{
	struct diagnosis d = { "" };
	struct net_prefix p;
	int error = prefix_parse(text, &p, &d);

	if (!error)
		error = prefix_set_add(&call->networks, p);
	return error < 0 ? cmd_fail(call->cmd, "--net: %s", d.text) : -1;
}

static int take_forgotten(struct cmd_call *call, const char *text)
{
	struct diagnosis d = { "" };

	if (call->forget)
		return cmd_fail(call->cmd, _("--forget-net: one network a call"));
	call->forget = true;
	return prefix_parse(text, &call->forgotten, &d) < 0
		       ? cmd_fail(call->cmd, "--forget-net: %s", d.text)
		       : -1;
}

static int take_format(struct cmd_call *call, const char *text)
{
	static const char *const names[] = { "text", "csv", "json", "html" };
	bool html = call->cmd->options & OPTION_HTML;

	for (size_t i = 0; i < ARRAY_LENGTH(names) - !html; i++) {
		if (!strcmp(text, names[i])) {
			call->format = (enum output_format)i;
			call->format_given = true;
			return -1;
		}
	}
	if (html) {
		return cmd_fail(call->cmd, _("--format: \"%s\" is none of text, csv, json, html"),
				text);
	}
	return cmd_fail(call->cmd, _("--format: \"%s\" is none of text, csv, json"), text);
}

static int take_rows(struct cmd_call *call, const char *text)
{
	char *end;

	call->rows_given = true;
	call->rows = SIZE_MAX;
	if (!strcmp(text, "all"))
		return -1;
	errno = 0;
	call->rows = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno)
		return -1;
	return cmd_fail(call->cmd, _("--rows: \"%s\" is neither a number nor all"), text);
}

static int take_language(struct cmd_call *call, const char *text)
{
	if (i18n_set_language(text))
		return -1;
	return cmd_fail(call->cmd, _("--lang: \"%s\" is none of en, ja"), text);
}

static int take_include(struct cmd_call *call, const char *text)
{
	const char *bad;
	uint8_t marks;

	if (marks_parse(text, &marks, &bad)) {
		call->include |= marks;
		return -1;
	}
	return cmd_fail(
		call->cmd,
		_("--include: \"%.*s\" is none of ftp-data, split-handshake, own-scan, inside,"
		  " excluded, all"),
		(int)strcspn(bad, ","), bad);
}

static int take_month(struct cmd_call *call, const char *text)
{
	struct intake_source_options *r = &call->records_of;
	char end;

	if (sscanf(text, "%4d-%2d%c", &r->year, &r->month, &end) == 2 && r->year >= 1970 &&
	    r->month >= 1 && r->month <= 12)
		return -1;
	return cmd_fail(call->cmd, _("--month: \"%s\" is no month (2019-01)"), text);
}

static int take_vantage(struct cmd_call *call, const char *text)
{
	call->vantage = text;
	if (!strcmp(text, "inside") || !strcmp(text, "outside"))
		return -1;
	return cmd_fail(call->cmd, _("--vantage: \"%s\" is neither inside nor outside"), text);
}

static int take_peers(struct cmd_call *call, const char *text)
{
	if (config_peers_parse(text, &call->peers)) {
		/* Who says all means ourselves too. */
		if (call->peers == CONFIG_PEERS_ALL)
			call->include |= MARK_OWN_SCAN;
		return -1;
	}
	return cmd_fail(call->cmd, _("--peers: \"%s\" is none of all, scanners, others"), text);
}

static int take_interface(struct cmd_call *call, const char *text)
{
	struct diagnosis d = { "" };
	int error = config_add_interface(&call->interfaces, text, &d);

	return error < 0 ? cmd_fail(call->cmd, "-i: %s", d.text[0] ? d.text : error_text(error))
			 : -1;
}

static int take_scans(struct cmd_call *call, const char *text)
{
	call->scans = text ? text : "";
	if (!text || cmd_names_scans(text))
		return -1;
	return cmd_fail(call->cmd, _("--scans: \"%s\" is none of latest, all, and ids (3,5)"),
			text);
}

/* Options without a value. */
static int take_flag(struct cmd_call *call, unsigned option)
{
	call->records |= option == OPTION_RECORDS;
	call->services |= option == OPTION_SERVICES;
	call->rebuild |= option == OPTION_REBUILD;
	call->bom |= option == OPTION_BOM;
	call->anonymise |= option == OPTION_ANONYMISE;
	call->consume |= option == OPTION_CONSUME;
	call->check |= option == OPTION_CHECK;
	call->only_outside |= option == OPTION_OUTSIDE;
	return -1;
}

static int take_option(struct cmd_call *call, unsigned option, const char *text)
{
	switch (option) {
	case OPTION_STORE:
		free(call->store);
		call->store = strdup(text);
		return call->store ? -1 : cmd_fail(call->cmd, "%s", strerror(ENOMEM));
	case OPTION_CONFIG:
		call->config_path = text;
		return -1;
	case OPTION_NET:
		return take_net(call, text);
	case OPTION_FORGET_NET:
		return take_forgotten(call, text);
	case OPTION_TIMEZONE:
		call->timezone = text;
		return -1;
	case OPTION_FORMAT:
		return take_format(call, text);
	case OPTION_INTERFACE:
		return take_interface(call, text);
	case OPTION_DRIVER:
		call->driver = text;
		return -1;
	case OPTION_USER:
		call->user = text;
		return -1;
	case OPTION_MONTH:
		return take_month(call, text);
	case OPTION_VANTAGE:
		return take_vantage(call, text);
	case OPTION_SCANNER:
		call->scanner = text;
		return -1;
	case OPTION_SCANS:
		return take_scans(call, text);
	case OPTION_PEERS:
		return take_peers(call, text);
	case OPTION_INCLUDE:
		return take_include(call, text);
	case OPTION_SINCE:
		call->since = text;
		return -1;
	case OPTION_AT:
		call->at = text;
		return -1;
	case OPTION_OUTPUT:
		call->output = text;
		return -1;
	case OPTION_LANG:
		return take_language(call, text);
	case OPTION_ROWS:
		return take_rows(call, text);
	default:
		return take_flag(call, option);
	}
}

static void print_help(const struct cmd *cmd)
{
	static const struct {
		unsigned option;
		const char *text;
	} words[] = {
		{ OPTION_STORE,
		  N_("  --store DIR        the store (root: /var/lib/sekimori; else under $XDG_DATA_HOME)\n") },
		{ OPTION_CONFIG, N_("  --config FILE      the site's configuration\n") },
		{ OPTION_NET,
		  N_("  --net PREFIX       a network of the site, IPv4 or IPv6; repeat for more\n") },
		{ OPTION_FORGET_NET,
		  N_("  --forget-net PREFIX\n"
		     "                     no FILE: the store forgets a network that was not yours\n") },
		{ OPTION_TIMEZONE,
		  N_("  --timezone ZONE    where days begin and how times are shown (Asia/Tokyo)\n") },
		{ OPTION_FORMAT, N_("  --format FORMAT    text, csv or json\n") },
		{ OPTION_HTML,
		  N_("  --format FORMAT    text, csv, json, or html: one page, for a browser\n") },
		{ OPTION_OUTPUT,
		  N_("  -o, --output FILE  where to write it, not to the screen; csv: a folder, a file each table\n") },
		{ OPTION_INTERFACE, N_("  -i, --interface NAME\n"
				       "                     what to watch; repeat for more\n") },
		{ OPTION_DRIVER,
		  N_("  --driver DRIVER    xdp, af_packet, pcap, or auto: the best that works\n") },
		{ OPTION_CONSUME,
		  N_("  --consume          frames end at the filter: a dedicated mirror port, with xdp\n") },
		{ OPTION_USER,
		  N_("  --user USER        whom root becomes (the store's owner, else sekimori)\n") },
		{ OPTION_CHECK,
		  N_("  --check            one line, and an exit status: 0 well, 1 look at it, 2 not running\n") },
		{ OPTION_INCLUDE,
		  N_("  --include MARK,... bring back what is left out: ftp-data, split-handshake,\n"
		     "                     own-scan, inside, excluded, or all\n") },
		{ OPTION_SINCE,
		  N_("  --since TIME       only what was seen from then on (2019-01-24, 2019-01-24T09:00)\n") },
		{ OPTION_AT,
		  N_("  --at TIME          only what was seen up to then; a date means its end\n") },
		{ OPTION_MONTH,
		  N_("  --month MONTH      of records whose dates are days of a month (2019-01)\n") },
		{ OPTION_OUTSIDE,
		  N_("  --outside          only what differs from how Shodan, Censys and others see it\n") },
		{ OPTION_VANTAGE,
		  N_("  --vantage WHERE    from where scans were made whose files do not tell: inside or outside\n"
		     "                     the firewall\n") },
		{ OPTION_SCANNER,
		  N_("  --scanner ADDRESS  an address or a network: what it elicited is what the scan found\n") },
		{ OPTION_SCANS,
		  N_("  --scans [WHICH]    scans that the store keeps: an id, ids (3,5), latest or all\n") },
		{ OPTION_PEERS,
		  N_("  --peers WHO        whose knocking counts: all, scanners (those that the configuration\n"
		     "                     names, and our own scans) or others\n") },
		{ OPTION_ROWS,
		  N_("  --rows N           rows of long tables in the text form (20), or all\n") },
		{ OPTION_LANG, N_("  --lang LANGUAGE    en or ja, whatever the locale\n") },
		{ OPTION_ANONYMISE,
		  N_("  --anonymise        hosts as 192.0.x.y#1, without their names\n") },
		{ OPTION_BOM,
		  N_("  --bom              begin csv files with a byte order mark, for Excel\n") },
	};

	fputs(_(cmd->help), stdout);
	fputs(_("\nOptions:\n"), stdout);
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (cmd->options & words[i].option &&
		    !(words[i].option == OPTION_FORMAT && cmd->options & OPTION_HTML))
			fputs(_(words[i].text), stdout);
	}
	fputs(_("  --help             these words\n"), stdout);
}

/* An option that nobody knows, or that this command does not take. WORD is the one before the next.
 */
static int fail_unknown(const struct cmd *cmd, int option, const char *word)
{
	const struct option *known = long_options;
	char name[32];

	while (known->name && known->val != option)
		known++;
	if (option != '?' && known->name) {
		snprintf(name, sizeof(name), "--%s", known->name);
	} else if (optopt && optopt < BIT_BASE) {
		snprintf(name, sizeof(name), "-%c", optopt);
	} else {
		snprintf(name, sizeof(name), "%s", word);
	}
	return cmd_fail(cmd, _("unknown option %s; sekimori %s --help lists them"), name,
			cmd->name);
}

int cmd_read_options(struct cmd_call *call, int argc, char **argv)
{
	int option, status = -1;

	opterr = 0;
	optind = 1;
	while (status < 0 &&
	       (option = getopt_long(argc, argv, ":ho:i:", long_options, NULL)) != -1) {
		if (option == LONG_HELP || option == 'h') {
			print_help(call->cmd);
			return EXIT_DONE;
		}
		if (option == LONG_VERSION) {
			printf("sekimori %s\n", SEKIMORI_VERSION);
			return EXIT_DONE;
		}
		if (option == ':')
			return cmd_fail(call->cmd, _("%s wants a value"), argv[optind - 1]);
		if (option == 'o')
			option = BIT_BASE + OPTION_OUTPUT;
		if (option == 'i')
			option = BIT_BASE + OPTION_INTERFACE;
		/* Its value may be the next word, where that can be one. */
		if (option == BIT_BASE + OPTION_SCANS && !optarg && optind < argc &&
		    cmd_names_scans(argv[optind]))
			optarg = argv[optind++];
		if (option == '?' || !(call->cmd->options & (unsigned)(option - BIT_BASE)))
			return fail_unknown(call->cmd, option, argv[optind - 1]);
		status = take_option(call, (unsigned)(option - BIT_BASE), optarg);
	}
	call->words = argv + optind;
	call->n_words = argc - optind;
	return status;
}
