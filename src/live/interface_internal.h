/*
 * An interface by its name: whether it is there, its number, its kind, its carrier, what its card
 * has lost. Comes in: a name. Goes out: what a look at it finds.
 *
 * One rtnetlink socket, opened at the start, is all that it takes: a look opens no file and wants
 * no privilege. It is of the network namespace that the process was in then.
 */
#ifndef SEKIMORI_LIVE_INTERFACE_INTERNAL_H
#define SEKIMORI_LIVE_INTERFACE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/if.h>

#include "base/error.h"

struct interface {
	char name[IFNAMSIZ];
	int route; /* the rtnetlink socket */
	uint32_t sequence;

	/* As the last look found it. */
	unsigned index;   /* 0: there is none of that name */
	uint16_t kind;    /* ARPHRD_, of <linux/if_arp.h> */
	bool up, carrier; /* set up by somebody; connected to something */
	uint64_t missed;  /* frames that the card lost, since the first look */

	unsigned counted; /* the index that card_missed is of */
	uint64_t card_missed;
};

/* Opens the socket, and does not look. Returns 0 or -errno. */
must_check int interface_prepare(struct interface *i, const char *name);

/*
 * Opens the socket and looks. Returns 0; -ENODEV; or -errno, with the words in D. What fails leaves
 * nothing open.
 */
must_check int interface_open(struct interface *i, const char *name, struct diagnosis *d);
void interface_close(struct interface *i);

/* Looks again. Never waits for anything but the kernel. Returns 0, or -errno and changes nothing.
 */
must_check int interface_look(struct interface *i);

/*
 * Has it no address of its own, but those that IPv6 gives to every link? Then nobody talks to this
 * machine over it: it is the end of a mirror port or tap. False too when that cannot be told.
 */
must_check bool interface_only_receives(const struct interface *i);

#endif
