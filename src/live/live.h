/*
 * A line that is being watched: frames as they come by an interface, from one of several drivers.
 *
 * Comes in: the name of an interface, the site's settings. Goes out: frames as capture/source.h
 * has them, counts, and what state the interface is in. What a kernel's filter says in facts, a
 * driver makes into the shortest frame that says the same: whoever decodes does not know who saw.
 *
 * For one thread a source; it has one of its own, which begins with the first live_tend and looks
 * at the interface, for the kernel may let that wait. Opening wants root, or CAP_NET_RAW and for
 * the kernel's filter CAP_BPF and CAP_NET_ADMIN; all calls after that want none, but one on kernels
 * before Linux 5.19: where an interface was removed and made anew, XDP has to be attached again,
 * and these do not let whoever holds the program do so. The source is then LIVE_GONE, and
 * live_reason says what is wanted.
 *
 * After opening, the drivers of this program's own open no file and make these calls, of which
 * live_read makes none but getsockopt: poll, sendto, recvfrom, sendmsg, recvmsg, bind, setsockopt,
 * getsockopt, getsockname, close; and bpf for what was said. libpcap's opens sockets when an
 * interface comes back.
 */
#ifndef SEKIMORI_LIVE_LIVE_H
#define SEKIMORI_LIVE_LIVE_H

#include "base/config.h"
#include "capture/source.h"

struct live_source;

enum live_driver {
	LIVE_AUTO,   /* the best that works here */
	LIVE_XDP,    /* in the card's driver, else generic: sees only what comes in */
	LIVE_PACKET, /* AF_PACKET, TPACKET_V3: sees what goes out too */
	LIVE_PCAP,   /* libpcap: where there is nothing else */
	LIVE_DRIVERS
};

struct live_settings {
	const char *interface;
	enum live_driver driver;
	const struct config *config; /* networks and control ports, copied */
	uint32_t frames_per_second;  /* that may go up undecided, of each CPU and budget */
	uint32_t ring_bytes;         /* 0: the driver's default */
	bool consume; /* frames end here: for a dedicated mirror port, with XDP only */
	bool promiscuous;
};

/* Defaults: automatic, promiscuous, the filter's budgets. */
struct live_settings live_settings_default(const char *interface, const struct config *config);

/*
 * Opens an interface with a driver; with LIVE_AUTO tries XDP where the interface only receives (it
 * has no address of its own), else AF_PACKET, then libpcap. Returns 0; -ENODEV; -EPERM;
 * ERR_UNSUPPORTED when that driver is not built in or the interface's link type is not read;
 * ERR_USAGE when frames are to be consumed by another driver than XDP; or -errno; with the words in
 * D.
 */
must_check int live_open(const struct live_settings *settings, struct live_source **ret_source,
			 struct diagnosis *d);
void live_close(struct live_source *s); /* takes NULL; nothing is left on the interface */

/*
 * Hands out up to CAPACITY frames that have come by, in the order of the line, and never waits: 0
 * means none for now. Their bytes are valid until the next call. Times are of the wall clock when
 * the kernel saw the frame. Returns their number, or -errno, which also live_state tells.
 */
must_check int live_read(struct live_source *s, struct capture_frame *ret_frames, int capacity);

/* To wait for with poll(2), or -1: look every few milliseconds. It may change with live_tend and
 * live_read. */
int live_descriptor(const struct live_source *s);

enum live_state {
	LIVE_UP,
	LIVE_DOWN, /* it is there, and has no carrier or was set down */
	LIVE_GONE  /* there is no interface of that name */
};

/*
 * To be called about once a second: looks after the interface (one that has come back is taken up
 * again, with a new link where it is a new one), keeps the clocks together, turns the filter's
 * epochs. NOW_NS is boot time. Waits for the kernel some milliseconds at most; then what it says is
 * told by a later call. Returns the state.
 */
enum live_state live_tend(struct live_source *s, uint64_t now_ns);

/* New networks or control ports, between two frames. Returns 0, -ENOMEM or -errno; the old ones
 * stay then. */
must_check int live_configure(struct live_source *s, const struct config *config);

/* Since the source was opened. */
struct live_counts {
	uint64_t frames;      /* that came by, as far as anybody counts them */
	uint64_t taken;       /* of them, handed out */
	uint64_t lost;        /* that should have been handed out: no room in a ring */
	uint64_t over_budget; /* that the filter could not decide and had no leave to send up */
	uint64_t missed;   /* lost by the card itself, before anybody looked (rx_missed, rx_fifo) */
	uint64_t attached; /* how often it was taken up again: it had gone in between */
	uint64_t undecided;    /* that the filter sent up for the decoder */
	uint64_t cut;          /* that it dropped since they end before the TCP flags */
	uint64_t foreign_syns; /* SYNs from outside that it dropped: the line's other direction is
				  there */
};

void live_counts_read(struct live_source *s, struct live_counts *ret_counts);

/* "xdp, in the driver", "af_packet, filtered in the kernel"; and why that one, for people, or why
 * nothing comes while it is LIVE_GONE. Valid until live_tend, and no longer than the source. */
const char *live_name(const struct live_source *s);
const char *live_reason(const struct live_source *s);

/* A driver's stable name ("xdp"), and back; false for no driver's name. */
const char *live_driver_name(enum live_driver driver);
must_check bool live_driver_parse(const char *text, enum live_driver *ret_driver);

#endif
