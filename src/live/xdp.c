/*
 * XDP, over filter/: facts become frames, frames that were sent up are copied out of the ring, so
 * that they outlive the reading.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_arp.h>

#include "base/i18n.h"
#include "decode/wire.h"

#include "filter/filter.h"
#include "live/clock_internal.h"
#include "live/facts_frame_internal.h"
#include "live/live_internal.h"
#include "live/packet_socket_internal.h"

#define BATCH 64 /* frames of one reading */

struct xdp {
	struct filter *filter;
	struct filter_settings settings; /* without its config */
	int holder; /* a socket that keeps the interface promiscuous, and tells when it is gone */
	bool promiscuous;
	bool was_attached; /* once: with the rights of the start */
	struct live_clock clock;
	struct capture_frame *frames; /* of the reading: those to be filled */
	int n;
	uint8_t bytes[BATCH][FILTER_UP_MOST];
};

static struct capture_frame *next_frame(struct xdp *x, uint64_t time_ns, uint16_t link_type)
{
	struct capture_frame *f = &x->frames[x->n];

	*f = (struct capture_frame){ .time_ns = live_clock_wall(&x->clock, time_ns),
				     .bytes = x->bytes[x->n],
				     .link_type = link_type };
	return f;
}

static void see_facts(void *context, const struct filter_facts *facts)
{
	struct xdp *x = context;
	struct capture_frame *f = next_frame(x, facts->time_ns, LINK_RAW);

	f->length = f->wire_length = facts_frame_make(facts, x->bytes[x->n]);
	x->n++;
}

static void see_frame(void *context, const struct filter_up *up)
{
	struct xdp *x = context;
	struct capture_frame *f = next_frame(x, up->time_ns, LINK_ETHERNET);

	f->length = MIN(up->captured, FILTER_UP_MOST);
	f->wire_length = up->wire_length;
	memcpy(x->bytes[x->n], up->bytes, f->length);
	x->n++;
}

static int xdp_read(void *driver, struct capture_frame *ret_frames, int capacity)
{
	struct xdp *x = driver;
	const struct filter_handlers handlers = { see_facts, see_frame, x };
	int n;

	live_clock_check(&x->clock);
	x->frames = ret_frames;
	x->n = 0;
	n = filter_read(x->filter, &handlers, MIN(capacity, BATCH));
	return n < 0 ? n : x->n;
}

static void xdp_close(void *driver)
{
	struct xdp *x = driver;

	if (!x)
		return;
	filter_close(x->filter);
	if (x->holder >= 0)
		close(x->holder);
	free(x);
}

/* A ring has a power of two of bytes. */
static uint32_t ring_size(uint32_t wanted)
{
	uint32_t bytes = 4096;

	while (bytes < wanted && bytes < UINT32_C(1) << 30)
		bytes *= 2;
	return wanted ? bytes : FILTER_RING_BYTES;
}

static int prepare(struct xdp *x, const struct live_settings *settings, struct diagnosis *d)
{
	int error;

	x->promiscuous = settings->promiscuous;
	x->settings = filter_settings_default(settings->config);
	for (int i = 0; i < FILTER_BUDGETS; i++)
		x->settings.frames_per_second[i] = settings->frames_per_second;
	x->settings.ring_bytes = ring_size(settings->ring_bytes);
	x->settings.consume = settings->consume;
	error = filter_open(&x->settings, &x->filter, d);
	x->settings.config = NULL;
	if (error < 0)
		return error;
	x->holder = packet_socket_open(SOCK_RAW);
	if (x->holder < 0)
		return diagnose(d, x->holder, _("af_packet: %s"), error_text(x->holder));
	live_clock_set(&x->clock);
	return 0;
}

static int xdp_open(const struct live_settings *settings, const struct interface *i,
		    void **ret_driver, char name[LIVE_TEXT_MAX], struct diagnosis *d)
{
	struct xdp *x;
	int error;

	(void)i;
	(void)name; /* is known with the mode */
	x = calloc(1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	x->holder = -1;
	error = prepare(x, settings, d);
	if (error < 0) {
		xdp_close(x);
		return error;
	}
	*ret_driver = x;
	return 0;
}

/* Tells the native mode's refusal, even when the other one goes. */
static int attach_program(struct xdp *x, unsigned index, int *ret_mode, struct diagnosis *d)
{
	int error = filter_attach(x->filter, index, FILTER_NATIVE, d);

	*ret_mode = FILTER_NATIVE;
	if (error < 0 && error != -EPERM && error != -EBUSY) {
		*ret_mode = FILTER_GENERIC;
		error = filter_attach(x->filter, index, FILTER_GENERIC, d);
	}
	return error;
}

static int xdp_attach(void *driver, const struct interface *i, char name[LIVE_TEXT_MAX],
		      struct diagnosis *d)
{
	struct xdp *x = driver;
	int mode = FILTER_GENERIC, error;

	if (i->kind != ARPHRD_ETHER && i->kind != ARPHRD_LOOPBACK)
		return diagnose(d, ERR_UNSUPPORTED, _("kernel filter: %s is no Ethernet"), i->name);
	filter_detach(x->filter);
	error = attach_program(x, i->index, &mode, d);
	if (error == -EPERM && x->was_attached)
		return diagnose(d, error,
				_("this kernel lets only root attach XDP again: the "
				  "sensor has to be started again"));
	if (error == 0)
		error = packet_socket_bind(x->holder, i->index, false, x->promiscuous);
	if (error < 0) {
		filter_detach(x->filter);
		return error;
	}
	x->was_attached = true;
	(void)snprintf(name, LIVE_TEXT_MAX, "%s",
		       mode == FILTER_NATIVE ? _("xdp, in the driver") : _("xdp, generic"));
	return 0;
}

static unsigned xdp_attached(const void *driver)
{
	const struct xdp *x = driver;

	return packet_socket_bound(x->holder);
}

static int xdp_descriptor(const void *driver)
{
	(void)driver;
	return -1; /* the kernel wakes nobody */
}

static void xdp_tend(void *driver, uint64_t now_ns)
{
	struct xdp *x = driver;

	live_clock_set(&x->clock);
	filter_tick(x->filter, now_ns);
}

static int xdp_configure(void *driver, const struct config *config)
{
	struct xdp *x = driver;
	struct filter_settings settings = x->settings;

	settings.config = config;
	return filter_configure(x->filter, &settings);
}

static void xdp_count(void *driver, struct live_counts *counts)
{
	struct xdp *x = driver;
	struct filter_counts c;

	filter_counts_read(x->filter, &c);
	for (int o = 0; o < FILTER_OUTCOMES; o++) {
		counts->frames += c.frames[o];
		counts->lost += c.lost[o];
		counts->over_budget += c.over_budget[o];
		if (filter_is_up((enum filter_outcome)o))
			counts->undecided += c.frames[o] - c.lost[o] - c.over_budget[o];
	}
	counts->foreign_syns = c.frames[FILTER_FOREIGN_SYN];
	counts->cut = c.frames[FILTER_SHORT];
}

static const struct live_ops ops = {
	.open = xdp_open,
	.close = xdp_close,
	.attach = xdp_attach,
	.attached = xdp_attached,
	.read = xdp_read,
	.descriptor = xdp_descriptor,
	.tend = xdp_tend,
	.configure = xdp_configure,
	.count = xdp_count,
};

const struct live_ops *const live_xdp_ops = &ops;
