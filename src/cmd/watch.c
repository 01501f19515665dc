#include "watch/watch.h"

#include <errno.h>
#include <grp.h>
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

static const char *user_of(uid_t uid)
{
	const struct passwd *p = getpwuid(uid);

	return p ? p->pw_name : NULL;
}

/* --user, the configuration, the store's owner, sekimori. NULL: nobody is to be become. */
static const char *choose_user(const struct cmd_call *call)
{
	const char *named = call->user ? call->user : call->config.sensor.user;
	struct stat st;

	if (geteuid() != 0)
		return NULL;
	if (named)
		return named;
	if (stat(call->store, &st) == 0 && st.st_uid != 0 && user_of(st.st_uid))
		return user_of(st.st_uid);
	return USUAL_USER;
}

/* A new store belongs to whoever will write to it. */
static int make_store_for(const struct cmd_call *call, const char *user)
{
	const struct passwd *p = user ? getpwnam(user) : NULL;
	struct stat st;

	if (user && !p) {
		return cmd_fail(
			call->cmd,
			_("there is no user \"%s\" to become: make one, or name another with --user"),
			user);
	}
	if (!p || stat(call->store, &st) == 0)
		return 0;
	if (mkdir(call->store, 0755) < 0 || chown(call->store, p->pw_uid, p->pw_gid) < 0)
		return cmd_fail(call->cmd, "%s: %s", call->store, strerror(errno));
	return 0;
}

static int check_owner(const struct cmd_call *call, const char *user)
{
	const struct passwd *p = user ? getpwnam(user) : NULL;
	struct stat st;

	if (!p || stat(call->store, &st) < 0 || st.st_uid == p->pw_uid)
		return 0;
	return cmd_fail(
		call->cmd,
		_("%s belongs to %s, and could not be written to by %s: name the one with --user, or"
		  " give the store to the other (chown -R)"),
		call->store, user_of(st.st_uid) ? user_of(st.st_uid) : "?", user);
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
				_("--driver: \"%s\" is none of auto, xdp, af_packet, pcap"), name);
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

static int watch(struct cmd_call *call)
{
	const char *user = choose_user(call);
	struct watch *w = NULL;
	struct diagnosis d = { "" };
	int status = check_words(call);

	if (!status)
		status = make_store_for(call, user);
	if (!status)
		status = cmd_open_to_write(call);
	if (!status)
		status = check_owner(call, user);
	if (!status)
		status = open_watch(call, &w);
	if (!status)
		status = confine(call, user, w);
	if (!status) {
		int error = watch_run(w, &d);

		status = error < 0 ? cmd_fail_diagnosis(call->cmd, error, &d) : EXIT_DONE;
	}
	watch_close(w);
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
