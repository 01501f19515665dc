#include "live/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

#include "filter/filter.h"
#include "live/live_internal.h"
#include "live/looker_internal.h"

struct live_source {
	const struct live_ops *ops;
	void *driver;
	struct interface interface; /* as it was seen last */
	struct looker *looker;      /* NULL: there is no thread for it yet */
	uint64_t taken;
	uint64_t attached; /* anew */
	char name[LIVE_TEXT_MAX];
	char choice[2 * LIVE_TEXT_MAX]; /* why this driver */
	char trouble[LIVE_TEXT_MAX];    /* why nothing comes; "": it does, or it is just down */
};

struct live_settings live_settings_default(const char *interface, const struct config *config)
{
	return (struct live_settings){
		.interface = interface,
		.driver = LIVE_AUTO,
		.config = config,
		.frames_per_second = FILTER_FRAMES_PER_SECOND,
		.promiscuous = true,
	};
}

/* ---- drivers ---- */

static const char *const driver_names[LIVE_DRIVERS] = {
	[LIVE_AUTO] = "auto",
	[LIVE_XDP] = "xdp",
	[LIVE_PACKET] = "af_packet",
	[LIVE_PCAP] = "pcap",
};

const char *live_driver_name(enum live_driver driver)
{
	return (unsigned)driver < LIVE_DRIVERS ? driver_names[driver] : "?";
}

bool live_driver_parse(const char *text, enum live_driver *ret_driver)
{
	for (int i = 0; i < LIVE_DRIVERS; i++) {
		if (strcmp(text, driver_names[i]) == 0) {
			*ret_driver = (enum live_driver)i;
			return true;
		}
	}
	return false;
}

static const struct live_ops *ops_of(enum live_driver driver)
{
	switch (driver) {
	case LIVE_XDP:
		return live_xdp_ops;
	case LIVE_PACKET:
		return live_packet_ops;
	case LIVE_PCAP:
		return live_pcap_ops;
	default:
		return NULL;
	}
}

/* ---- opening ---- */

/* One more sentence. */
static void add_choice(struct live_source *s, const char *text)
{
	size_t length = strlen(s->choice);

	if (*text)
		(void)snprintf(s->choice + length, sizeof(s->choice) - length, "%s%s",
			       length ? "; " : "", text);
}

static int attach(struct live_source *s, struct diagnosis *d)
{
	return s->ops->attach(s->driver, &s->interface, s->name, d);
}

static void close_driver(struct live_source *s)
{
	if (s->ops)
		s->ops->close(s->driver);
	s->ops = NULL;
	s->driver = NULL;
}

static int open_driver(struct live_source *s, const struct live_settings *settings,
		       enum live_driver driver, struct diagnosis *d)
{
	struct diagnosis words = { "" };
	int error;

	s->ops = ops_of(driver);
	if (!s->ops)
		return diagnose(d, ERR_UNSUPPORTED, _("the driver %s is not built in"),
				live_driver_name(driver));
	if (settings->consume && driver != LIVE_XDP) {
		s->ops = NULL;
		return diagnose(d, ERR_USAGE, _("only XDP can consume frames"));
	}
	error = s->ops->open(settings, &s->interface, &s->driver, s->name, &words);
	if (error == 0)
		error = attach(s, &words);
	if (error < 0) {
		close_driver(s);
		return diagnose(d, error, "%s", words.text[0] ? words.text : error_text(error));
	}
	add_choice(s, words.text);
	return 0;
}

/* XDP where nothing goes out that it would not see; then what works. */
static int open_any(struct live_source *s, const struct live_settings *settings,
		    struct diagnosis *d)
{
	struct diagnosis why = { "" };
	int error;

	if (interface_only_receives(&s->interface)) {
		add_choice(s, _("the interface has no address of its own, so it only receives"));
		error = open_driver(s, settings, LIVE_XDP, &why);
		if (error == 0)
			return 0;
		add_choice(s, why.text);
	} else {
		add_choice(s, _("the interface has an address of its own, and XDP does not see "
				"what goes out"));
	}
	error = open_driver(s, settings, LIVE_PACKET, d);
	if (error == 0 || error == -EPERM || error == ERR_USAGE || !live_pcap_ops)
		return error;
	if (d)
		add_choice(s, d->text);
	return open_driver(s, settings, LIVE_PCAP, d);
}

int live_open(const struct live_settings *settings, struct live_source **ret_source,
	      struct diagnosis *d)
{
	struct live_source *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return -ENOMEM;
	error = interface_open(&s->interface, settings->interface, d);
	if (error < 0) {
		free(s);
		return error;
	}
	if (settings->driver == LIVE_AUTO) {
		error = open_any(s, settings, d);
	} else {
		add_choice(s, _("it was asked for"));
		error = open_driver(s, settings, settings->driver, d);
	}
	if (error < 0) {
		live_close(s);
		return error;
	}
	*ret_source = s;
	return 0;
}

void live_close(struct live_source *s)
{
	if (!s)
		return;
	close_driver(s);
	looker_free(s->looker);
	interface_close(&s->interface);
	free(s);
}

/* ---- watching ---- */

int live_read(struct live_source *s, struct capture_frame *ret_frames, int capacity)
{
	int n = s->ops->read(s->driver, ret_frames, capacity);

	if (n > 0)
		s->taken += (uint64_t)n;
	return n;
}

int live_descriptor(const struct live_source *s)
{
	return s->ops->descriptor(s->driver);
}

/* The interface is there: are we at it? If not, that is tried. */
static bool hold(struct live_source *s)
{
	struct diagnosis d = { "" };
	int error;

	if (s->ops->attached(s->driver) == s->interface.index)
		return true;
	error = attach(s, &d);
	s->attached += error == 0;
	if (error < 0)
		(void)snprintf(s->trouble, sizeof(s->trouble), "%s",
			       d.text[0] ? d.text : error_text(error));
	return error == 0;
}

/* Not from this thread, unless there can be no other: that may take. */
static int look(struct live_source *s)
{
	if (!s->looker && looker_new(&s->interface, &s->looker) < 0)
		return interface_look(&s->interface);
	return looker_look(s->looker, &s->interface);
}

enum live_state live_tend(struct live_source *s, uint64_t now_ns)
{
	int error = look(s);

	s->trouble[0] = '\0';
	if (s->ops->tend)
		s->ops->tend(s->driver, now_ns);
	if (error < 0)
		(void)snprintf(s->trouble, sizeof(s->trouble), "%s: %s", s->interface.name,
			       error_text(error));
	if (s->interface.index == 0 || !hold(s))
		return LIVE_GONE;
	return s->interface.up && s->interface.carrier ? LIVE_UP : LIVE_DOWN;
}

int live_configure(struct live_source *s, const struct config *config)
{
	return s->ops->configure(s->driver, config);
}

void live_counts_read(struct live_source *s, struct live_counts *ret_counts)
{
	*ret_counts = (struct live_counts){ .taken = s->taken,
					    .missed = s->interface.missed,
					    .attached = s->attached };
	s->ops->count(s->driver, ret_counts);
}

const char *live_name(const struct live_source *s)
{
	return s->name;
}

const char *live_reason(const struct live_source *s)
{
	return s->trouble[0] ? s->trouble : s->choice;
}
