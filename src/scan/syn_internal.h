/*
 * The SYN engine's parts. Hosts are taken in batches, so that memory is bounded whatever the plan:
 * a bit for each port of a host of the batch, set when it has answered. A batch is asked in passes:
 * each walks a permutation of hosts x ports and asks what has not answered. The sender is a thread
 * (or two) that reads hosts, bits and the rate; the caller's thread receives, and writes them.
 */
#ifndef SEKIMORI_SCAN_SYN_INTERNAL_H
#define SEKIMORI_SCAN_SYN_INTERNAL_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/if_packet.h>

#include "scan/engine.h"
#include "scan/neighbour.h"
#include "scan/pace.h"
#include "scan/permute.h"
#include "scan/syn_answer.h"
#include "scan/syn_frame.h"
#include "scan/syn_xdp_internal.h"

#define SYN_LINKS_MAX 64
#define SYN_SENDERS   2  /* threads, where there is enough to send */
#define SYN_SEND_MAX  64 /* frames a system call */

/* From how many probes of a pass, and which rate on, the quickest way is taken: it goes in bursts.
 */
#define SYN_QUICK_PASS (1u << 18)
#define SYN_QUICK_RATE 1e6

/* Of the source ports, by their place in the block of SYN_SOURCE_PORTS. */
#define SYN_PASS_PORTS    6 /* pass modulo 6 */
#define SYN_DISCOVER_PORT 6 /* two rounds of it */
#define SYN_KNOWN_PORT    8 /* from here on: known answers */
#define SYN_KNOWN_SLOTS   (SYN_SOURCE_PORTS - SYN_KNOWN_PORT)
#define SYN_KNOWN_MAX     64 /* of each kind: open, closed */

#define SYN_BATCH_HOSTS 262144
#define SYN_BATCH_BITS  (1ULL << 29) /* 64 MiB */
#define SYN_TRIES_MAX   20

/* ---- ways out (syn_link.c) ---- */

/* An interface and a source address. Frames wait here until there are enough for a call. */
struct syn_link {
	unsigned interface;
	bool ethernet; /* else by a raw socket: loopback, tunnels */
	uint8_t mac[6];
	int fd;                 /* the links' */
	struct sockaddr_ll way; /* on an Ethernet */
	struct syn_template template;
	struct syn_xdp *xdp; /* NULL: none */
	bool quick;
	uint8_t *frames; /* that wait: N of ROOM */
	unsigned n, room;
	struct mmsghdr messages[SYN_SEND_MAX];
	struct iovec parts[SYN_SEND_MAX];
	union syn_to {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to[SYN_SEND_MAX];
	uint8_t own_frames[SYN_SEND_MAX][SYN_FRAME_BYTES];
};

enum syn_host_state {
	SYN_HOST_UNKNOWN,
	SYN_HOST_UP,     /* its link's address was told, or it answered */
	SYN_HOST_NO_WAY, /* no route, or nobody on the link has that address */
	SYN_HOST_DOWN,   /* nothing came to what was asked first */
};

struct syn_host {
	struct net_addr addr;
	uint32_t answered;       /* ports */
	uint32_t answered_first; /* of these, to the first question */
	uint32_t fresh;          /* of these, in this pass */
	uint8_t mac[6];          /* of the next hop */
	uint8_t link, state;
};

struct syn_links {
	struct syn_link
		*links[SYN_SENDERS][SYN_LINKS_MAX]; /* the second's have the first's sockets */
	unsigned n;
	int route_fd;
	int packet_fd, raw_fds[2]; /* for all Ethernets; for the rest, IPv4 and IPv6 */
	struct neighbour_sockets neighbours;
	unsigned interface; /* the plan's; 0: none */
	bool passed;        /* the plan's gate: nothing is opened any more */
};

void syn_links_init(struct syn_links *l);
void syn_links_finish(struct syn_links *l);

/*
 * Finds the way to each of the N hosts (sorted by address), and the Ethernet address of the next
 * hop. The first time it opens what these and, where there are more, later ones need, with MANY
 * probes to come also what the quickest way needs; then it passes the plan's gate. Hosts without a
 * way become SYN_HOST_NO_WAY, those that are neighbours SYN_HOST_UP. Returns 0, -EINTR, -EPERM or
 * -errno.
 */
must_check int syn_links_find(struct syn_links *l, struct syn_host *hosts, size_t n, bool many,
			      const struct scan_plan *plan, const atomic_bool *stop,
			      struct diagnosis *d);

/* Room for a frame to that host on its link, the Ethernet header written; the caller aims it. */
uint8_t *syn_link_frame(struct syn_link *link, const struct syn_host *host);

/*
 * Sends what waits. Where the system's queues are full, waits and goes on. Returns how often that
 * was; *ret_failed grows by the frames that were refused for good.
 */
unsigned syn_link_flush(struct syn_link *link, uint64_t *ret_failed);

/* From now on the quickest way where there is one, or no longer. What waits is sent before. */
void syn_link_be_quick(struct syn_link *link, bool quick, uint64_t *ret_failed);

/* ---- answers in (syn_ring.c) ---- */

struct syn_ring {
	int fd;
	uint8_t *blocks;
	unsigned block;
};

/* Answers of one family to source ports BASE to BASE + SYN_SOURCE_PORTS - 1. INTERFACE of 0: any.
 */
must_check int syn_ring_open(struct syn_ring *r, bool v6, uint16_t base, unsigned interface);
void syn_ring_close(struct syn_ring *r);

/* Calls TAKE for each packet (from its IP header on) that has come. */
void syn_ring_read(struct syn_ring *r,
		   void (*take)(void *arg, const uint8_t *bytes, size_t length, uint64_t time_ns),
		   void *arg);

/* Packets that found no room since the last call. */
unsigned syn_ring_lost(const struct syn_ring *r);

/* ---- known answers (syn_known.c) ---- */

/* A place of the batch: host << 16 | port, both by their index, plus 1; 0 is none. */
typedef uint64_t syn_place;

/* Asked again and again, to see whether answers still come at this rate. Written by both threads.
 */
struct syn_known {
	struct syn_known_entry {
		_Atomic syn_place place;
		uint32_t fails;      /* in a row; the receiver's */
	} entries[2][SYN_KNOWN_MAX]; /* closed, open */
	_Atomic uint32_t n[2];
	struct syn_known_slot {
		_Atomic int state; /* SYN_SLOT_ */
		syn_place place;
		uint64_t sent_ns; /* UTC: packets bear that */
		uint32_t kind, entry;
	} slots[SYN_KNOWN_SLOTS];
	uint32_t next_slot, next_entry; /* the sender's */
	uint64_t next_ns;               /* the sender's: not before */
	_Atomic uint64_t patience_ns;   /* for one answer */
	uint64_t slowest_ns;            /* answer of late; the receiver's; 0: none yet */
};

void syn_known_init(struct syn_known *k, uint64_t patience_ns);
void syn_known_forget(struct syn_known *k); /* the batch is over */
void syn_known_add(struct syn_known *k, syn_place place, bool open);

/* The sender: a place to be asked now, and its slot; false when it is not time, or none is known.
 */
bool syn_known_next(struct syn_known *k, uint64_t now_ns, syn_place *ret_place, uint32_t *ret_slot);

/* The receiver: that slot's place has answered. */
void syn_known_came(struct syn_known *k, uint32_t slot, syn_place place, uint64_t time_ns);

/* The receiver: what came, and what was waited for in vain, since the last call. */
void syn_known_count(struct syn_known *k, uint64_t now_ns, uint32_t *ret_came, uint32_t *ret_lost);

/* ---- the scan ---- */

struct syn_pass {
	uint32_t number;
	uint16_t source_index;
	const uint32_t *active; /* hosts, by index */
	size_t n_active;
	const uint16_t *ports; /* by index; NULL: all */
	size_t n_ports;
	struct permutation order;
	_Atomic uint64_t sent;    /* answers are hoped for from so many */
	_Atomic unsigned at_work; /* senders */
	unsigned senders;
	uint64_t fresh; /* answers to this pass */
	uint64_t late;  /* to earlier ones */
	uint64_t asked; /* ports before it, of the whole scan */
};

struct syn_scan {
	const struct scan_plan *plan;
	const struct scan_listener *listener;
	struct scan_progress *progress;
	const atomic_bool *stop;
	struct siphash_key key;
	uint16_t base; /* of the source ports */
	int holders[SYN_SOURCE_PORTS];
	uint32_t *port_index; /* of each port; n_ports where it is not asked */
	size_t n_ports;
	struct syn_links links;
	struct syn_ring rings[2]; /* IPv4, IPv6 */
	struct syn_host *hosts;   /* of the batch, sorted */
	size_t n_hosts, hosts_room;
	uint64_t settled; /* ports of the batches before */
	_Atomic uint64_t *bits; /* hosts x ports */
	size_t bits_words;
	uint32_t *active;
	struct syn_known known;
	struct rate_control rate;
	uint64_t end_ns;            /* of the batch: no host of it may take longer */
	_Atomic uint64_t rate_mpps; /* rate.rate x 1000, of all senders */
	_Atomic uint32_t refused;   /* times that the system's queues were full */
	_Atomic uint64_t failed;
	struct syn_pass pass;
	struct syn_sender {
		struct syn_scan *scan;
		unsigned which;
	} senders[SYN_SENDERS];
};

uint64_t syn_now_ns(clockid_t clock);

static inline bool syn_bit(const struct syn_scan *s, uint64_t bit)
{
	return atomic_load_explicit(&s->bits[bit / 64], memory_order_relaxed) >> (bit % 64) & 1;
}

/* A sender's thread: its share of one pass. */
void *syn_send_pass(void *sender);

/* The receiver: one packet. */
void syn_take(void *scan, const uint8_t *bytes, size_t length, uint64_t time_ns);

/* Keeps a block of source ports for this run. Returns 0 or -errno. */
must_check int syn_ports_hold(struct syn_scan *s);
void syn_ports_release(struct syn_scan *s);

/* Asks the batch, whose hosts are there, and tells of each. Returns 0, -EINTR or -errno. */
must_check int syn_batch_run(struct syn_scan *s, struct diagnosis *d);

#endif
