/* A driver: how frames of an interface are come by. live.c knows nothing else of it. */
#ifndef SEKIMORI_LIVE_LIVE_INTERNAL_H
#define SEKIMORI_LIVE_LIVE_INTERNAL_H

#include "live/interface_internal.h"
#include "live/live.h"

#define LIVE_TEXT_MAX 512

/* All but `open` is called with what that returned. Errors are negative, as in live.h. */
struct live_ops {
	/*
	 * Makes ready for an interface of that kind, of which nothing is seen before `attach`.
	 * Writes the words for live_name into NAME.
	 */
	int (*open)(const struct live_settings *settings, const struct interface *i,
		    void **ret_driver, char name[LIVE_TEXT_MAX], struct diagnosis *d);
	void (*close)(void *driver); /* takes NULL */

	/* To the interface as it is now, after whatever was before: D then says why not. */
	int (*attach)(void *driver, const struct interface *i, char name[LIVE_TEXT_MAX],
		      struct diagnosis *d);
	unsigned (*attached)(const void *driver); /* the interface's index; 0: none is left */

	int (*read)(void *driver, struct capture_frame *ret_frames, int capacity);
	int (*descriptor)(const void *driver);
	void (*tend)(void *driver, uint64_t now_ns); /* NULL: needs nothing */
	int (*configure)(void *driver, const struct config *config);
	void (*count)(void *driver, struct live_counts *counts); /* all but `taken` and `missed` */
};

/* NULL when it is not built in. */
extern const struct live_ops *const live_packet_ops;
extern const struct live_ops *const live_xdp_ops;
extern const struct live_ops *const live_pcap_ops;

#endif
