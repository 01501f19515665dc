#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/zone.h"
#include "cmd/cmd_internal.h"
#include "cmd/scan_internal.h"

#include "build_config.h"

#define SYSTEM_STORE  "/var/lib/sekimori"
#define SYSTEM_CONFIG "/etc/sekimori/sekimori.conf"

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

/* NULL when out of memory. The caller frees. */
static char *config_path(const struct cmd_call *call)
{
	if (call->config_path)
		return strdup(call->config_path);
	return geteuid() == 0 ? strdup(SYSTEM_CONFIG)
			      : user_path("XDG_CONFIG_HOME", ".config", "sekimori/sekimori.conf");
}

char *cmd_config_folder(const struct cmd_call *call)
{
	char *path = strdup(call->config_file), *slash;

	slash = path ? strrchr(path, '/') : NULL;
	if (slash)
		slash[slash == path] = '\0';
	else if (path)
		strcpy(path, *path ? "." : "");
	return path;
}

/* The command line wins. */
static int put_on_top(const struct cmd_call *call, struct config *config)
{
	int error = 0;

	if (call->networks.n_prefixes) {
		prefix_set_finish(&config->networks);
		error = prefix_set_add_all(&config->networks, &call->networks);
	}
	config->peers = call->peers;
	if (!error && call->timezone) {
		free(config->timezone);
		config->timezone = strdup(call->timezone);
		error = config->timezone ? 0 : -ENOMEM;
	}
	return error;
}

int cmd_load_config(const struct cmd_call *call, struct config *ret_config, struct diagnosis *d)
{
	/* The file that was named must be there; the usual one may be. */
	bool wanted = call->config_path || access(call->config_file, R_OK) == 0;
	int error = wanted ? config_read(ret_config, call->config_file, d) : 0;

	return error < 0 ? error : put_on_top(call, ret_config);
}

/* The configuration and what follows from it. Returns -1 to go on. */
static int read_config(struct cmd_call *call)
{
	struct diagnosis d = { "" };
	int error;

	call->config_file = config_path(call);
	if (!call->config_file)
		return cmd_fail(call->cmd, "%s", strerror(ENOMEM));
	error = cmd_load_config(call, &call->config, &d);
	if (!error && call->timezone)
		error = zone_set(call->timezone, &d);
	if (!error && !call->store) {
		call->store = call->config.store ? strdup(call->config.store) : default_store();
		error = call->store ? 0 : -ENOMEM;
	}
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : -1;
}

/* No English where Japanese was asked for. Pages have words of their own, tables for programs have
 * none. Returns -1 to go on. */
static int check_language(const struct cmd_call *call)
{
	if (call->format != FORMAT_TEXT || i18n_is_spoken())
		return -1;
	return cmd_fail(
		call->cmd,
		_("--lang: no Japanese messages are installed with this program; --format html has its own"));
}

/* Returns -1 to go on, or the exit status to end with (--help, a mistake): all has been said then.
 */
static int begin(struct cmd_call *call, int argc, char **argv)
{
	int status = -1;

	config_init(&call->config);
	prefix_set_init(&call->networks);
	if (call->cmd->sift)
		status = call->cmd->sift(call, &argc, &argv);
	if (status < 0)
		status = cmd_read_options(call, argc, argv);
	if (status < 0)
		status = check_language(call);
	return status < 0 ? read_config(call) : status;
}

/* Nobody is to take what was answered for all there is. */
static bool say_damage(const struct cmd_call *call, const struct catalogue *catalogue)
{
	size_t n = catalogue_damage_count(catalogue);

	for (size_t i = 0; i < n; i++) {
		/* Some were written into the store, maybe by somebody else. */
		char *words = strdup(catalogue_damage_words(catalogue, i));

		if (words)
			text_defuse(words);
		cmd_fail(call->cmd, _("%s: gone on without it"), words ? words : "?");
		free(words);
	}
	return n > 0;
}

/* No damage: whoever set how long records are kept wanted it so. */
static void say_bare(const struct cmd_call *call, const struct catalogue *catalogue)
{
	uint64_t end_ns = catalogue_bare_end_ns(catalogue);
	char time[40];

	if (!end_ns)
		return;
	fflush(stdout);
	fprintf(stderr,
		_("sekimori %s: single records are kept from %s on; from before, only how many there"
		  " were in each hour\n"),
		call->cmd->name, cmd_time(end_ns + 1, time));
}

int cmd_say_missing(const struct cmd_call *call, const struct catalogue *catalogue, int status)
{
	say_bare(call, catalogue);
	return say_damage(call, catalogue) ? EXIT_BAD : status;
}

int cmd_run(const struct cmd *cmd, int argc, char **argv)
{
	struct cmd_call call = { .cmd = cmd };
	int status = begin(&call, argc, argv);

	if (status < 0)
		status = cmd->answer(&call);
	/* verify has found all damage by itself. */
	if (call.catalogue && cmd == &cmd_verify) {
		say_bare(&call, call.catalogue);
	} else if (call.catalogue) {
		status = cmd_say_missing(&call, call.catalogue, status);
	}
	catalogue_close(call.catalogue);
	archive_close(call.archive);
	prefix_set_finish(&call.networks);
	config_finish(&call.config);
	config_sensor_finish(&call.interfaces);
	scan_words_free(call.scan);
	free(call.config_file);
	free(call.store);
	return status;
}

static int open_store(struct cmd_call *call, enum archive_mode mode, struct diagnosis *d)
{
	/* What is rebuilt is stored, under whatever was given. */
	bool passing = !call->rebuild &&
		       (call->networks.n_prefixes || call->timezone || call->config.peers);
	/* compare is told which scanner is meant. */
	bool names_own = !(call->cmd->options & OPTION_SCANNER);
	int flags = (passing ? CATALOGUE_PASSING : 0) | (names_own ? CATALOGUE_NAMES_OWN : 0);
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

bool cmd_has_store(const struct cmd_call *call)
{
	char *path = NULL;
	bool has = asprintf(&path, "%s/store", call->store) >= 0 && access(path, F_OK) == 0;

	free(path);
	return has;
}

int cmd_open_to_write(struct cmd_call *call)
{
	struct diagnosis d = { "" };
	/* Only a store that is there already may know the networks. */
	bool known = call->config.networks.n_prefixes;
	int error = archive_open(call->store, known ? ARCHIVE_CREATE : ARCHIVE_WRITE,
				 &call->archive, &d);
	bool absent = error == -ENOENT;

	if (!error)
		error = catalogue_open(call->archive, &call->config, 0, &call->catalogue, &d);
	if (!known && (absent || (!error && !call->config.networks.n_prefixes))) {
		return cmd_fail(
			call->cmd,
			_("which networks are yours? Name them with --net PREFIX, or in the configuration "
			  "file; the store remembers them"));
	}
	if (!error) {
		error = catalogue_remember(call->catalogue, &call->config.networks, call->timezone,
					   &d);
	}
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : 0;
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
	if (!error && call->peers != CONFIG_PEERS_ALL && !call->config.n_scanners) {
		error = diagnose(&d, ERR_USAGE,
				 _("--peers: no scanner is known; name them in [scanners] of %s"),
				 call->config_file);
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
