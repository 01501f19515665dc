/* SIGHUP: the configuration is read again, and everybody goes on under it. */
#include <errno.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "base/notify.h"

#include "watch/watch_internal.h"

/* Memory goes on under the new networks and ports. */
static int renew_observer(struct watch *w, struct config *fresh)
{
	struct observer *o = NULL;
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
	observer_free(w->observer);
	w->observer = o;
	return 0;
}

/* The line's own copy, and the keeper's. Networks that were watched go on: the store remembers
 * them. */
static int load_configs(struct watch *w, struct config **ret_line, struct config **ret_keeper,
			struct diagnosis *d)
{
	struct config *both[2] = { calloc(1, sizeof(struct config)),
				   calloc(1, sizeof(struct config)) };
	int error = both[0] && both[1] ? 0 : -ENOMEM;

	for (int i = 0; i < 2 && !error; i++) {
		config_init(both[i]);
		error = w->settings.load(w->settings.user, both[i], d);
		if (!error)
			error = prefix_set_add_all(&both[i]->networks, &w->config->networks);
	}
	if (error < 0) {
		for (int i = 0; i < 2; i++) {
			if (both[i])
				config_finish(both[i]);
			free(both[i]);
		}
		return error;
	}
	*ret_line = both[0];
	*ret_keeper = both[1];
	return 0;
}

static int take_config(struct watch *w, struct config *fresh, struct diagnosis *d)
{
	int error = renew_observer(w, fresh);

	if (!error)
		error = writer_use_networks(w->writer, &fresh->networks);
	for (size_t i = 0; i < w->n_lines && !error; i++) {
		error = live_configure(w->merge_lines[i].source, fresh);
		if (error < 0)
			diagnose(d, error, "%s: %s", w->lines[i].name, error_text(error));
	}
	return error;
}

void watch_reload(struct watch *w)
{
	struct config *fresh, *keepers;
	struct diagnosis d = { "" };
	int error;

	notify_reloading();
	error = load_configs(w, &fresh, &keepers, &d);
	if (!error) {
		error = take_config(w, fresh, &d);
		/* What was made of it so far points into it: it stays, whatever else failed. */
		if (w->owned)
			config_finish(w->owned);
		free(w->owned);
		w->config = w->owned = fresh;
		w->mirror.networks = &fresh->networks;
		keeper_reload(w->keeper, keepers);
		watch_post(w, true);
	}
	if (error < 0)
		watch_say(w, _("the configuration is not taken, the old one stays: %s"),
			  d.text[0] ? d.text : error_text(error));
	else
		watch_say(w, _("the configuration was read again"));
	notify_ready(NULL);
}
