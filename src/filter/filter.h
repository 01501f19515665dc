/*
 * The kernel filter, from outside: loaded, told the site's networks, attached to an interface, and
 * read. Comes in: settings. Goes out: facts of SYN+ACKs and SYNs, the beginnings of frames that the
 * decoder has to look at, and counts of all frames by what was decided.
 *
 * A filter belongs to one thread. All that it holds in the kernel goes with the process, however
 * that ends: no interface is left with a program.
 */
#ifndef SEKIMORI_FILTER_FILTER_H
#define SEKIMORI_FILTER_FILTER_H

#include "base/config.h"
#include "base/error.h"

#include "filter/record.h"

struct filter;

enum filter_place {
	FILTER_AT_INTERFACE, /* XDP: hands up facts and frames itself */
	FILTER_AT_SOCKET,    /* a packet socket's: lets through, whole, what matters */
};

struct filter_settings {
	enum filter_place place;
	const struct config *config; /* networks and control ports are copied from it */
	uint32_t frames_per_second[FILTER_BUDGETS]; /* that may go up, of each CPU */
	uint32_t ring_bytes; /* a power of two from 4096 on; cannot be changed later */
	bool consume;        /* frames end here: for a dedicated mirror port only */
};

/* What a sensor on a line of 10 Gbit/s can decode beside its other work. */
#define FILTER_FRAMES_PER_SECOND 50000

/* 300,000 facts: at 10 Gbit/s of SYN+ACKs alone, 20 ms without a reader. */
#define FILTER_RING_BYTES (16u << 20)

/* The documented defaults, for CONFIG, which must outlive them. */
struct filter_settings filter_settings_default(const struct config *config);

/*
 * Fills what the kernel's half works with. When the networks have more ranges than fit, the
 * narrowest gaps between them are closed: then more goes up, and never less. Returns 0 or -ENOMEM.
 */
must_check int filter_config_fill(const struct filter_settings *settings, uint64_t seed,
				  struct filter_config *ret_config);

/*
 * Begins the next epoch: what was remembered in the last one still counts, what is older is
 * forgotten. At most once in OBSERVER_MEMORY_NS.
 */
void filter_streams_turn(struct filter_streams *s);

/*
 * Loads the program and its maps; nothing sees it yet. Needs CAP_BPF and CAP_NET_ADMIN (or root);
 * what is asked of a filter later needs neither, but for attaching it to an interface.
 * Returns 0; ERR_UNSUPPORTED when it is not built in; or -errno, with what the kernel refused in D.
 */
must_check int filter_open(const struct filter_settings *settings, struct filter **ret_filter,
			   struct diagnosis *d);

/* Between two frames, from the old settings to the new; its place stays. Returns 0 or -ENOMEM. */
must_check int filter_configure(struct filter *f, const struct filter_settings *settings);

enum filter_mode {
	FILTER_NATIVE,  /* in the driver, before the system makes anything of the frame */
	FILTER_GENERIC, /* any interface; behind the system's own copy */
};

/*
 * Puts the program before interface INDEX; one interface a filter. Returns 0, -EBUSY when it has
 * one already, -EOPNOTSUPP when the driver does not know XDP, or -errno.
 */
must_check int filter_attach(struct filter *f, unsigned index, enum filter_mode mode,
			     struct diagnosis *d);

/* The program's descriptor, which stays the filter's; -1 when it is not built in. */
int filter_program(const struct filter *f);

void filter_detach(struct filter *f); /* from whatever it is before; nothing happens without */

/*
 * Puts the program of a filter made for sockets before a packet socket: SOCK_RAW, of an interface
 * with Ethernet. It stays there with the socket. Returns 0 or -errno.
 */
must_check int filter_attach_socket(struct filter *f, int fd, struct diagnosis *d);

struct filter_handlers {
	void (*see_facts)(void *context, const struct filter_facts *facts);
	void (*see_frame)(void *context, const struct filter_up *frame);
	void *context;
};

/*
 * Hands over what has come up since (of a filter at an interface), MOST records of it, in the order
 * in which the kernel saw it; what is pointed to is valid within the call only. Does not wait: the
 * kernel wakes nobody, look every few milliseconds. Returns the number of records, or -errno.
 */
must_check int filter_read(struct filter *f, const struct filter_handlers *handlers, int most);

/* Begins a new epoch of remembered connections when an hour of NOW_NS (boot time) has passed. */
void filter_tick(struct filter *f, uint64_t now_ns);

/* Added up over all CPUs. */
void filter_counts_read(const struct filter *f, struct filter_counts *ret_counts);

void filter_close(struct filter *f); /* takes NULL */

/* A stable name for programs ("up-word"). */
const char *filter_outcome_name(enum filter_outcome o);

#endif
