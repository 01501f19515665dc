#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/zone.h"
#include "cmd/cmd_internal.h"

#include "build_config.h"

#define SYSTEM_STORE  "/var/lib/sekimori"
#define SYSTEM_CONFIG "/etc/sekimori/sekimori.conf"

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
	{ NULL, 0, NULL, 0 },
};

int cmd_fail(const struct cmd *cmd, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "sekimori %s: ", cmd->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_BAD;
}

int cmd_fail_diagnosis(const struct cmd *cmd, int error, const struct diagnosis *d)
{
	return d->text[0] ? cmd_fail(cmd, "%s", d->text) : cmd_fail(cmd, "%s", error_text(error));
}

int cmd_printed(const struct cmd *cmd, int error)
{
	return error < 0 && !ferror(stdout) ? cmd_fail(cmd, "%s", error_text(error)) : EXIT_DONE;
}

int cmd_end_output(const struct cmd *cmd, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	/* Whoever closed the pipe has what it wanted. */
	if (errno == EPIPE)
		return status;
	return cmd_fail(cmd, _("standard output: %s"), strerror(errno));
}

/* ---- options ---- */

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

	if (marks_parse(text, &call->include, &bad))
		return -1;
	return cmd_fail(
		call->cmd,
		_("--include: \"%.*s\" is none of ftp-data, split-handshake, inside, excluded, all"),
		(int)strcspn(bad, ","), bad);
}

/* Options without a value. */
static int take_flag(struct cmd_call *call, unsigned option)
{
	call->records |= option == OPTION_RECORDS;
	call->services |= option == OPTION_SERVICES;
	call->rebuild |= option == OPTION_REBUILD;
	call->bom |= option == OPTION_BOM;
	call->anonymise |= option == OPTION_ANONYMISE;
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
		{ OPTION_INCLUDE,
		  N_("  --include MARK,... bring back what is left out: ftp-data, split-handshake,\n"
		     "                     inside, excluded, or all\n") },
		{ OPTION_SINCE,
		  N_("  --since TIME       only what was seen from then on (2019-01-24, 2019-01-24T09:00)\n") },
		{ OPTION_AT,
		  N_("  --at TIME          only what was seen up to then; a date means its end\n") },
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

static int read_options(struct cmd_call *call, int argc, char **argv)
{
	int option, status = -1;

	opterr = 0;
	optind = 1;
	while (status < 0 && (option = getopt_long(argc, argv, ":ho:", long_options, NULL)) != -1) {
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
		if (option == '?' || !(call->cmd->options & (unsigned)(option - BIT_BASE)))
			return fail_unknown(call->cmd, option, argv[optind - 1]);
		status = take_option(call, (unsigned)(option - BIT_BASE), optarg);
	}
	call->words = argv + optind;
	call->n_words = argc - optind;
	return status;
}

/* ---- configuration and store ---- */

static char *user_path(const char *variable, const char *fallback, const char *rest)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	char *path = NULL;
	int n = base && *base ? asprintf(&path, "%s/%s", base, rest)
			      : asprintf(&path, "%s/%s/%s", home ? home : ".", fallback, rest);

	return n < 0 ? NULL : path;
}

static char *default_store(void)
{
	return geteuid() == 0 ? strdup(SYSTEM_STORE)
			      : user_path("XDG_DATA_HOME", ".local/share", "sekimori");
}

/* The file that was named must be there; the usual one may be. */
static int read_config(struct cmd_call *call)
{
	struct diagnosis d = { "" };
	char *usual = NULL;
	const char *path = call->config_path;
	int error = 0;

	if (!path) {
		usual = geteuid() == 0
				? strdup(SYSTEM_CONFIG)
				: user_path("XDG_CONFIG_HOME", ".config", "sekimori/sekimori.conf");
		path = usual && access(usual, R_OK) == 0 ? usual : NULL;
	}
	if (path)
		error = config_read(&call->config, path, &d);
	free(usual);
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : -1;
}

/* The command line wins. */
static int put_on_top(struct cmd_call *call)
{
	struct diagnosis d = { "" };
	int error = 0;

	if (call->networks.n_prefixes) {
		prefix_set_finish(&call->config.networks);
		error = prefix_set_add_all(&call->config.networks, &call->networks);
	}
	if (!error && call->timezone) {
		free(call->config.timezone);
		call->config.timezone = strdup(call->timezone);
		error = call->config.timezone ? zone_set(call->timezone, &d) : -ENOMEM;
	}
	if (!error && !call->store) {
		call->store = call->config.store ? strdup(call->config.store) : default_store();
		error = call->store ? 0 : -ENOMEM;
	}
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : -1;
}

/* Returns -1 to go on, or the exit status to end with (--help, a mistake): all has been said then.
 */
static int begin(struct cmd_call *call, int argc, char **argv)
{
	int status;

	config_init(&call->config);
	prefix_set_init(&call->networks);
	status = read_options(call, argc, argv);
	if (status < 0)
		status = read_config(call);
	if (status < 0)
		status = put_on_top(call);
	return status;
}

/* Nobody is to take what was answered for all there is. */
static bool say_damage(const struct cmd_call *call)
{
	size_t n = catalogue_damage_count(call->catalogue);

	for (size_t i = 0; i < n; i++) {
		/* Some were written into the store, maybe by somebody else. */
		char *words = strdup(catalogue_damage_words(call->catalogue, i));

		if (words)
			text_defuse(words);
		cmd_fail(call->cmd, _("%s: gone on without it"), words ? words : "?");
		free(words);
	}
	return n > 0;
}

int cmd_run(const struct cmd *cmd, int argc, char **argv)
{
	struct cmd_call call = { .cmd = cmd };
	int status = begin(&call, argc, argv);

	if (status < 0)
		status = cmd->answer(&call);
	/* verify has found it all by itself. */
	if (call.catalogue && cmd != &cmd_verify && say_damage(&call))
		status = EXIT_BAD;
	catalogue_close(call.catalogue);
	archive_close(call.archive);
	prefix_set_finish(&call.networks);
	config_finish(&call.config);
	free(call.store);
	return status;
}

static int open_store(struct cmd_call *call, enum archive_mode mode, struct diagnosis *d)
{
	/* What is rebuilt is stored, under whatever was given. */
	bool passing = !call->rebuild && (call->networks.n_prefixes || call->timezone);
	int flags = passing ? CATALOGUE_PASSING : 0;
	int error = archive_open(call->store, mode, &call->archive, d);

	if (error == -ENOENT) {
		return diagnose(d, error, _("there is no store at %s yet; sekimori read makes one"),
				call->store);
	}
	if (!error)
		error = archive_load_journals(call->archive, d);
	return error < 0 ? error
			 : catalogue_open(call->archive, &call->config, flags, &call->catalogue, d);
}

int cmd_open_for_question(struct cmd_call *call)
{
	struct diagnosis d = { "" };
	enum archive_mode mode = access(call->store, W_OK) == 0 ? ARCHIVE_WRITE : ARCHIVE_READ;
	int error = open_store(call, mode, &d);

	if (error == -ENOSPC && mode == ARCHIVE_WRITE) {
		/* What is to be repaired does not fit on the disk: it is counted for the moment. */
		archive_close(call->archive);
		call->archive = NULL;
		error = open_store(call, ARCHIVE_READ, &d);
	}
	if (error < 0)
		cmd_fail_diagnosis(call->cmd, error, &d);
	return error;
}

int cmd_fill_query(struct cmd_call *call, struct catalogue_query *ret_query)
{
	struct diagnosis d = { "" };
	int error = 0;

	*ret_query = (struct catalogue_query){ .include = call->include, .to_ns = UINT64_MAX };
	if (call->since)
		error = zone_parse(call->since, &ret_query->from_ns, &d);
	if (error < 0) {
		cmd_fail(call->cmd, "--since: %s", d.text);
		return error;
	}
	if (!call->at)
		return 0;
	error = zone_parse(call->at, &ret_query->to_ns, &d);
	if (error < 0) {
		cmd_fail(call->cmd, "--at: %s", d.text);
		return error;
	}
	/* A date means the whole of it; a time the millisecond that it names. */
	if (strlen(call->at) == strlen("2019-01-24")) {
		ret_query->to_ns = zone_day_start_ns(zone_day(ret_query->to_ns) + 1);
	} else if (ret_query->to_ns < UINT64_MAX - NS_PER_MS) {
		ret_query->to_ns += NS_PER_MS;
	}
	return 0;
}
