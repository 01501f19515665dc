/* SIGHUP: the configuration is read again, and everybody goes on under it, or nobody. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/notify.h"

#include "watch/watch_internal.h"

/* Memory goes on under the new networks and ports. */
static int make_observer(struct watch *w, const struct config *fresh,
			 struct observer **ret_observer)
{
	struct observer *o;
	struct buffer memory;
	int error = observer_new(fresh, &o);

	if (error < 0)
		return error;
	buffer_init(&memory);
	observer_save(w->observer, w->seen_ns, &memory);
	error = memory.failed ? -ENOMEM : observer_load(o, memory.bytes, memory.length);
	buffer_finish(&memory);
	if (error < 0) {
		observer_free(o);
		return error;
	}
	*ret_observer = o;
	return 0;
}

static void free_config(struct config *c)
{
	if (c)
		config_finish(c);
	free(c);
}

int watch_load_config(struct watch *w, struct config **ret_config, struct diagnosis *d)
{
	struct config *c = calloc(1, sizeof(*c));
	int error;

	if (!c)
		return -ENOMEM;
	config_init(c);
	error = w->settings.load(w->settings.user, c, d);
	if (!error)
		error = prefix_set_add_all(&c->networks, &w->config->networks);
	if (!error)
		error = watch_check_networks(&c->networks, d);
	if (error < 0) {
		free_config(c);
		return error;
	}
	*ret_config = c;
	return 0;
}

/* The first N lines get the configuration back that they had. */
static void configure_back(struct watch *w, size_t n)
{
	while (n--)
		(void)!live_configure(w->merge_lines[n].source, w->config);
}

static int configure_lines(struct watch *w, const struct config *fresh, struct diagnosis *d)
{
	int error = 0;
	size_t n = 0;

	while (n < w->n_lines && !error)
		error = live_configure(w->merge_lines[n++].source, fresh);
	if (!error)
		return 0;
	diagnose(d, error, "%s: %s", w->lines[n - 1].name, error_text(error));
	configure_back(w, n);
	return error;
}

/* Nothing is changed when this fails. */
static int take_config(struct watch *w, struct config *fresh, struct diagnosis *d)
{
	struct observer *o;
	int error = make_observer(w, fresh, &o);

	if (error < 0)
		return error;
	error = configure_lines(w, fresh, d);
	if (!error) {
		/* Last, since the head of a journal is to tell what was watched for: what the old
		 * networks let in is of the old one. */
		error = watch_end_journal(w, &fresh->networks, 0);
		if (error < 0)
			configure_back(w, w->n_lines);
		if (error == -EBUSY)
			diagnose(d, error, _("the disk has not taken what was seen before"));
	}
	if (error < 0) {
		observer_free(o);
		return error;
	}
	observer_free(w->observer);
	w->observer = o;
	w->mirror.networks = &fresh->networks;
	free_config(w->owned);
	w->config = w->owned = fresh;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_interfaces(const struct config_sensor *a, const struct config_sensor *b)
{
	if (a->n_interfaces != b->n_interfaces)
		return false;
	for (size_t i = 0; i < a->n_interfaces; i++) {
		if (strcmp(a->interfaces[i], b->interfaces[i]) != 0)
			return false;
	}
	return true;
}

/* What was opened, and what everybody counts on. */
static bool wants_restart(const struct config *a, const struct config *b)
{
	return !same_interfaces(&a->sensor, &b->sensor) ||
	       !same_text(a->sensor.driver, b->sensor.driver) ||
	       !same_text(a->sensor.user, b->sensor.user) ||
	       a->sensor.consume != b->sensor.consume ||
	       a->sensor.memory_bytes != b->sensor.memory_bytes || !same_text(a->store, b->store) ||
	       (b->timezone && !same_text(a->timezone, b->timezone));
}

void watch_reload(struct watch *w)
{
	struct config *fresh = NULL, *keepers = NULL;
	struct diagnosis d = { "" };
	bool restart = false;
	int error;

	notify_reloading();
	error = watch_load_config(w, &fresh, &d);
	if (!error)
		error = watch_load_config(w, &keepers, &d);
	if (!error) {
		restart = wants_restart(w->config, fresh);
		error = take_config(w, fresh, &d);
	}
	if (error < 0) {
		free_config(fresh);
		free_config(keepers);
		watch_say(w, _("the configuration is not taken, the old one stays: %s"),
			  d.text[0] ? d.text : error_text(error));
	} else {
		keeper_reload(w->keeper, keepers);
		watch_say(
			w,
			restart ? _("the configuration was read again; interfaces, driver, user, memory,"
				    " store and timezone take a restart")
				: _("the configuration was read again"));
	}
	notify_ready(NULL);
}
