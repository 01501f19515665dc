#include "watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/zone.h"
#include "cmd/cmd_internal.h"

#include "build_config.h"
#include "confine/confine.h"

#define USUAL_USER "sekimori"

static const char help[] = N_(
	"Usage: sekimori watch [OPTION...] [-i INTERFACE...]\n"
	"\n"
	"Watches interfaces until it is stopped (SIGTERM, ^C), and records the SYN+ACKs that your hosts send\n"
	"out. It sends nothing. list, report and all other questions may be asked meanwhile; \"sekimori\n"
	"status\" tells how it is getting on. Started by root, it becomes another user and gives up all\n"
	"privileges once the interfaces are open. SIGHUP reads the configuration again.\n"
	"\n"
	"Examples:\n"
	"  sekimori watch -i eth1 --net 192.0.2.0/24 --net 2001:db8::/32\n"
	"  sekimori watch -i tap0 -i tap1                   both directions of a tap\n"
	"  sekimori watch -i eth1 --driver xdp --consume    a dedicated mirror port\n");

static void say(void *user, const char *words)
{
	const struct cmd_call *call = user;

	fprintf(stderr, "sekimori %s: %s\n", call->cmd->name, words);
}

/* For SIGHUP. */
static int load_config(void *user, struct config *ret_config, struct diagnosis *d)
{
	return cmd_load_config(user, ret_config, d);
}

/* ---- who it becomes ---- */

/* The name of the store's owner, where that is not root; the caller frees. */
static char *owner_of(const char *store)
{
	const struct passwd *p;
	struct stat st;

	if (stat(store, &st) < 0 || st.st_uid == 0)
		return NULL;
	p = getpwuid(st.st_uid);
	return p ? strdup(p->pw_name) : NULL;
}

/* --user, the configuration, the store's owner, sekimori. NULL: nobody is to be become. The caller
 * frees. */
static char *choose_user(const struct cmd_call *call)
{
	const char *named = call->user ? call->user : call->config.sensor.user;
	char *owner;

	if (geteuid() != 0)
		return NULL;
	owner = named ? strdup(named) : owner_of(call->store);
	return owner ? owner : strdup(USUAL_USER);
}

static int check_user(const struct cmd_call *call, const char *user)
{
	if (!user || getpwnam(user))
		return 0;
	return cmd_fail(
		call->cmd,
		_("there is no user \"%s\" to become: make one, or name another with --user"),
		user);
}

/* By descriptor: whoever owns the folder around may have put a link there meanwhile. */
static int give_folder(const char *path, const struct passwd *p)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), error = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || (st.st_uid == 0 && fchown(fd, p->pw_uid, p->pw_gid) < 0))
		error = -errno;
	close(fd);
	return error;
}

/* A new store belongs to whoever will write to it. Without networks there will be none. */
static int make_store_for(const struct cmd_call *call, const char *user)
{
	const struct passwd *p = user ? getpwnam(user) : NULL;
	int error;

	if (!p || !call->config.networks.n_prefixes || mkdir(call->store, 0755) < 0)
		return 0; /* what is wrong, archive_open tells */
	error = give_folder(call->store, p);
	return error < 0 ? cmd_fail(call->cmd, "%s: %s", call->store, error_text(error)) : 0;
}

static int check_owner(const struct cmd_call *call, const char *user)
{
	const struct passwd *p = user ? getpwnam(user) : NULL;
	char *owner;
	struct stat st;
	int status;

	if (!p || fstat(archive_folder(call->archive), &st) < 0 || st.st_uid == p->pw_uid)
		return 0;
	owner = owner_of(call->store);
	status = cmd_fail(
		call->cmd,
		_("%s belongs to %s, and could not be written to by %s: name the one with --user, or"
		  " give the store to the other (chown -R)"),
		call->store, owner ? owner : "root", user);
	free(owner);
	return status;
}

/* ---- confinement ---- */

/* What is read later: the configuration at SIGHUP, zones, messages; and the store is written to. */
static int confine(struct cmd_call *call, const char *user, struct watch *w)
{
	char *config = cmd_config_folder(call);
	const struct confine_path paths[] = {
		{ call->store, true },       { "/usr/share/zoneinfo", false },
		{ "/etc/localtime", false }, { "/sys/class/net", false },
		{ "/sys/devices", false },   { SEKIMORI_LOCALEDIR, false },
		{ config, false },
	};
	struct confine_settings s = { .user = user,
				      .paths = paths,
				      .n_paths = ARRAY_LENGTH(paths) };
	struct confine_result result;
	struct diagnosis d = { "" };
	int error;

	s.n_paths -= !config;
	/* What SQLite puts aside has to lie where files may be written. */
	if (setenv("SQLITE_TMPDIR", call->store, 1) < 0)
		return cmd_fail(call->cmd, "%s", strerror(errno));
	error = confine_enter(&s, &result, &d);
	free(config);
	if (error < 0)
		return cmd_fail_diagnosis(call->cmd, error, &d);
	watch_note_confinement(w, result.words);
	say(call, result.words);
	return 0;
}

/* ---- the call ---- */

static int choose_driver(const struct cmd_call *call, enum live_driver *ret_driver)
{
	const char *name = call->driver ? call->driver : call->config.sensor.driver;

	*ret_driver = LIVE_AUTO;
	if (name && !live_driver_parse(name, ret_driver))
		return cmd_fail(call->cmd,
				_("the driver \"%s\" is none of auto, xdp, af_packet, pcap"), name);
	return 0;
}

static int open_watch(struct cmd_call *call, struct watch **ret_watch)
{
	const struct config_sensor *sensor =
		call->interfaces.n_interfaces ? &call->interfaces : &call->config.sensor;
	struct watch_settings s = {
		.archive = call->archive,
		.catalogue = call->catalogue,
		.config = &call->config,
		.interfaces = (const char *const *)sensor->interfaces,
		.n_interfaces = sensor->n_interfaces,
		.consume = call->consume || call->config.sensor.consume,
		.load = load_config,
		.say = say,
		.user = call,
	};
	struct diagnosis d = { "" };
	int error = choose_driver(call, &s.driver);

	if (error)
		return error;
	call->catalogue = NULL; /* the watch's */
	error = watch_open(&s, ret_watch, &d);
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : 0;
}

static int check_words(const struct cmd_call *call)
{
	size_t n = call->interfaces.n_interfaces ? call->interfaces.n_interfaces
						 : call->config.sensor.n_interfaces;

	if (call->n_words)
		return cmd_fail(call->cmd, _("\"%s\"? Interfaces are named with -i"),
				call->words[0]);
	if (!n)
		return cmd_fail(
			call->cmd,
			_("which interface? Name it with -i, or in the configuration file"));
	if (n > WATCH_INTERFACES_MAX)
		return cmd_fail(call->cmd, _("at most %d interfaces"), WATCH_INTERFACES_MAX);
	return 0;
}

/*
 * What is watched for has to be known; what the catalogue says beyond that can wait. One that
 * cannot be opened (damaged, locked) does not keep a sensor from seeing: the keeper tries again.
 */
static int open_store(struct cmd_call *call)
{
	struct diagnosis d = { "" };
	int error;

	if (!call->config.networks.n_prefixes)
		return cmd_open_to_write(call);
	error = archive_open(call->store, ARCHIVE_CREATE, &call->archive, &d);
	if (!error)
		error = zone_set(call->config.timezone, &d);
	if (error < 0)
		return cmd_fail_diagnosis(call->cmd, error, &d);
	error = catalogue_open(call->archive, &call->config, 0, &call->catalogue, &d);
	if (!error)
		error = catalogue_remember(call->catalogue, &call->config.networks, call->timezone,
					   &d);
	if (error < 0) {
		cmd_fail_diagnosis(call->cmd, error, &d);
		catalogue_close(call->catalogue);
		call->catalogue = NULL;
	}
	return 0;
}

static int run(struct cmd_call *call, const char *user, struct watch *w)
{
	struct diagnosis d = { "" };
	int status = confine(call, user, w), error;

	if (status)
		return status;
	error = watch_run(w, &d);
	return error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : EXIT_DONE;
}

static int watch(struct cmd_call *call)
{
	char *user = choose_user(call);
	struct watch *w = NULL;
	int status = check_words(call);

	if (!status)
		status = check_user(call, user);
	if (!status)
		status = make_store_for(call, user);
	if (!status)
		status = open_store(call);
	if (!status)
		status = check_owner(call, user);
	if (!status)
		status = open_watch(call, &w);
	if (!status)
		status = run(call, user, w);
	watch_close(w);
	free(user);
	return status;
}

const struct cmd cmd_watch = {
	.name = "watch",
	.summary = N_("watch interfaces until stopped"),
	.help = help,
	.options = OPTION_ALL_QUESTIONS | OPTION_INTERFACE | OPTION_DRIVER | OPTION_CONSUME |
		   OPTION_USER,
	.answer = watch,
};
