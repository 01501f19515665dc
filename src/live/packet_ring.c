/*
 * AF_PACKET with a ring of blocks (TPACKET_V3): the kernel fills a block with frames and hands it
 * over when it is full or some milliseconds old. Frames are read where they lie; a block goes back
 * with the call after the one that handed out its last frame. On Ethernet the kernel's half of the
 * decoder stands before the ring, and lets through only what matters.
 *
 * Tags that the card or the kernel has taken off are not put back. Decoding passes over a tag and
 * judges the EtherType behind it by the same rules as one without any, so they say nothing here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_arp.h>
#include <linux/if_packet.h>

#include "base/i18n.h"
#include "decode/wire.h"

#include "filter/filter.h"
#include "live/live_internal.h"
#include "live/packet_socket_internal.h"

/* A block holds the longest frame that the kernel puts together, and at a low rate goes up with few
 * frames every BLOCK_MS: many and small, a reader may be late for seconds. */
#define BLOCK_BYTES        (128u << 10)
#define BLOCK_MS           10
#define RING_BYTES_DEFAULT (32u << 20)
#define COOKED_BYTES       16

struct packet_ring {
	int fd;
	uint16_t kind;      /* of the interface, ARPHRD_ */
	uint16_t link_type; /* of the frames handed out */
	bool cooked;        /* the link's header was of no use and is gone */
	bool promiscuous;
	uint8_t *blocks;
	uint32_t n_blocks;
	uint32_t block;                         /* being read */
	uint32_t left;                          /* of its frames, not yet handed out */
	bool holds;                             /* the block is ours; with LEFT 0 it goes back */
	const uint8_t *next;                    /* the frame */
	uint64_t frames, lost;                  /* of those that the filter let through */
	struct filter *filter;                  /* NULL: all frames come */
	struct filter_settings filter_settings; /* without its config */
};

struct layout {
	uint16_t kind, link_type;
};

/* All others come cooked: PPP for instance has a header on some links, and none on others. */
static const struct layout layouts[] = {
	{ ARPHRD_ETHER, LINK_ETHERNET },
	{ ARPHRD_LOOPBACK, LINK_ETHERNET },
	{ ARPHRD_NONE, LINK_RAW },
	{ ARPHRD_RAWIP, LINK_RAW },
	{ ARPHRD_CISCO, LINK_CISCO_HDLC },
	{ ARPHRD_IEEE80211, LINK_IEEE802_11 },
	{ ARPHRD_IEEE80211_PRISM, LINK_PRISM },
	{ ARPHRD_IEEE80211_RADIOTAP, LINK_RADIOTAP },
};

static void choose_layout(struct packet_ring *r, uint16_t kind)
{
	r->kind = kind;
	for (size_t i = 0; i < ARRAY_LENGTH(layouts); i++) {
		if (layouts[i].kind == kind) {
			r->link_type = layouts[i].link_type;
			return;
		}
	}
	r->link_type = LINK_LINUX_SLL;
	r->cooked = true;
}

static int set_option(const struct packet_ring *r, int option, const void *value, size_t length)
{
	return setsockopt(r->fd, SOL_PACKET, option, value, (socklen_t)length) < 0 ? -errno : 0;
}

/* On the loopback interface every frame goes out and comes in: once is enough. */
static int ignore_doubles(struct packet_ring *r)
{
	int yes = 1;

	return r->kind == ARPHRD_LOOPBACK ? set_option(r, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes))
					  : 0;
}

static int make_ring(struct packet_ring *r, uint32_t ring_bytes)
{
	int version = TPACKET_V3, error;
	struct tpacket_req3 q = { .tp_block_size = BLOCK_BYTES,
				  .tp_frame_size = BLOCK_BYTES,
				  .tp_retire_blk_tov = BLOCK_MS };
	void *blocks;

	if (ring_bytes == 0)
		ring_bytes = RING_BYTES_DEFAULT;
	q.tp_block_nr = MAX(ring_bytes / BLOCK_BYTES, 2);
	q.tp_frame_nr = q.tp_block_nr;
	error = set_option(r, PACKET_VERSION, &version, sizeof(version));
	if (error == 0)
		error = ignore_doubles(r);
	if (error == 0)
		error = set_option(r, PACKET_RX_RING, &q, sizeof(q));
	if (error < 0)
		return error;
	blocks = mmap(NULL, (size_t)q.tp_block_nr * BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		      r->fd, 0);
	if (blocks == MAP_FAILED)
		return -errno;
	r->blocks = blocks;
	r->n_blocks = q.tp_block_nr;
	return 0;
}

static void ring_close(void *driver)
{
	struct packet_ring *r = driver;

	if (!r)
		return;
	if (r->blocks)
		munmap(r->blocks, (size_t)r->n_blocks * BLOCK_BYTES);
	if (r->fd >= 0)
		close(r->fd);
	filter_close(r->filter);
	free(r);
}

/* Without a filter there is more to read and nothing less to find: D says why there is none. */
static void place_filter(struct packet_ring *r, const struct live_settings *settings,
			 struct diagnosis *d)
{
	struct diagnosis why = { "" };
	int error;

	if (r->link_type != LINK_ETHERNET) {
		(void)diagnose(d, 0, _("not filtered in the kernel: no Ethernet"));
		return;
	}
	r->filter_settings = filter_settings_default(settings->config);
	r->filter_settings.place = FILTER_AT_SOCKET;
	for (int i = 0; i < FILTER_BUDGETS; i++)
		r->filter_settings.frames_per_second[i] = settings->frames_per_second;
	error = filter_open(&r->filter_settings, &r->filter, &why);
	if (error == 0)
		error = filter_attach_socket(r->filter, r->fd, &why);
	r->filter_settings.config = NULL;
	if (error == 0)
		return;
	filter_close(r->filter);
	r->filter = NULL;
	(void)diagnose(d, 0, _("not filtered in the kernel: %s"),
		       why.text[0] ? why.text : error_text(error));
}

static int ring_open(const struct live_settings *settings, const struct interface *i,
		     void **ret_driver, char name[LIVE_TEXT_MAX], struct diagnosis *d)
{
	struct packet_ring *r;
	int error = 0;

	if (i->kind == ARPHRD_NETLINK || i->kind == ARPHRD_VSOCKMON || i->kind == ARPHRD_CAN)
		return diagnose(d, ERR_UNSUPPORTED,
				_("%s: its frames are of a kind that is not read"), i->name);
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->promiscuous = settings->promiscuous;
	choose_layout(r, i->kind);
	r->fd = packet_socket_open(r->cooked ? SOCK_DGRAM : SOCK_RAW);
	if (r->fd < 0)
		error = r->fd;
	if (error == 0)
		error = make_ring(r, settings->ring_bytes);
	if (error < 0) {
		ring_close(r);
		return error == -EPERM
			       ? diagnose(d, error, _("af_packet: needs root, or CAP_NET_RAW"))
			       : diagnose(d, error, _("af_packet: %s"), error_text(error));
	}
	place_filter(r, settings, d);
	(void)snprintf(name, LIVE_TEXT_MAX, "%s",
		       r->filter ? _("af_packet, filtered in the kernel") : "af_packet");
	*ret_driver = r;
	return 0;
}

static int ring_attach(void *driver, const struct interface *i, char name[LIVE_TEXT_MAX],
		       struct diagnosis *d)
{
	struct packet_ring *r = driver;
	int error;

	(void)name;
	if (i->kind != r->kind)
		return diagnose(d, ERR_UNSUPPORTED, _("%s has come back as another kind of link"),
				i->name);
	error = packet_socket_bind(r->fd, i->index, true, r->promiscuous);
	return error < 0 ? diagnose(d, error, _("af_packet: %s"), error_text(error)) : 0;
}

static unsigned ring_attached(const void *driver)
{
	const struct packet_ring *r = driver;

	return packet_socket_bound(r->fd);
}

/* ---- reading ---- */

static struct tpacket_block_desc *block_at(const struct packet_ring *r)
{
	return (struct tpacket_block_desc *)(r->blocks + (size_t)r->block * BLOCK_BYTES);
}

static void give_back(struct packet_ring *r)
{
	__atomic_store_n(&block_at(r)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	r->block = (r->block + 1) % r->n_blocks;
	r->holds = false;
}

/* Takes the next block if the kernel has handed it over. */
static bool take_block(struct packet_ring *r)
{
	struct tpacket_block_desc *b = block_at(r);

	if (!(__atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return false;
	r->holds = true;
	r->left = b->hdr.bh1.num_pkts;
	r->next = (const uint8_t *)b + b->hdr.bh1.offset_to_first_pkt;
	return true;
}

static void put_u16_be(uint8_t *p, uint16_t x)
{
	p[0] = (uint8_t)(x >> 8);
	p[1] = (uint8_t)x;
}

/*
 * The header of LINKTYPE_LINUX_SLL, written before a frame without link header: the kernel leaves
 * 16 bytes there, in which others put theirs.
 */
static void put_cooked(uint8_t *p, const struct tpacket3_hdr *h)
{
	const struct sockaddr_ll *a =
		(const struct sockaddr_ll *)((const uint8_t *)h + TPACKET_ALIGN(sizeof(*h)));

	put_u16_be(p, a->sll_pkttype);
	put_u16_be(p + 2, a->sll_hatype);
	put_u16_be(p + 4, a->sll_halen);
	memcpy(p + 6, a->sll_addr, sizeof(a->sll_addr));
	memcpy(p + 14, &a->sll_protocol, 2); /* in network order already */
}

static void read_frame(struct packet_ring *r, struct capture_frame *ret_frame)
{
	const struct tpacket3_hdr *h = (const struct tpacket3_hdr *)r->next;
	uint32_t more = r->cooked ? COOKED_BYTES : 0;
	uint8_t *bytes = (uint8_t *)(uintptr_t)r->next + h->tp_mac - more;

	if (r->cooked)
		put_cooked(bytes, h);
	*ret_frame = (struct capture_frame){ .time_ns = h->tp_sec * 1000000000ULL + h->tp_nsec,
					     .bytes = bytes,
					     .length = h->tp_snaplen + more,
					     .wire_length = h->tp_len + more,
					     .link_type = r->link_type };
	r->next += h->tp_next_offset;
	r->left--;
}

static int ring_read(void *driver, struct capture_frame *ret_frames, int capacity)
{
	struct packet_ring *r = driver;
	int n = 0;

	while (r->left == 0) {
		if (r->holds)
			give_back(r);
		if (!take_block(r)) {
			packet_socket_calm(r->fd);
			return 0;
		}
	}
	for (; n < capacity && r->left > 0; n++)
		read_frame(r, &ret_frames[n]);
	return n;
}

static int ring_descriptor(const void *driver)
{
	const struct packet_ring *r = driver;

	return r->fd;
}

static void ring_tend(void *driver, uint64_t now_ns)
{
	struct packet_ring *r = driver;

	if (r->filter)
		filter_tick(r->filter, now_ns);
}

static int ring_configure(void *driver, const struct config *config)
{
	struct packet_ring *r = driver;
	struct filter_settings settings = r->filter_settings;

	settings.config = config;
	return r->filter ? filter_configure(r->filter, &settings) : 0;
}

static void count_filtered(const struct packet_ring *r, struct live_counts *counts)
{
	struct filter_counts c;

	filter_counts_read(r->filter, &c);
	counts->frames = 0;
	for (int o = 0; o < FILTER_OUTCOMES; o++) {
		counts->frames += c.frames[o];
		counts->over_budget += c.over_budget[o];
		if (filter_is_up((enum filter_outcome)o))
			counts->undecided += c.frames[o] - c.over_budget[o];
	}
	counts->foreign_syns = c.frames[FILTER_FOREIGN_SYN];
	counts->cut = c.frames[FILTER_SHORT];
}

/* The kernel's figures begin anew with each question. */
static void ring_count(void *driver, struct live_counts *counts)
{
	struct packet_ring *r = driver;
	struct tpacket_stats_v3 s = { 0 };
	socklen_t length = sizeof(s);

	if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &s, &length) == 0) {
		r->frames += s.tp_packets;
		r->lost += s.tp_drops;
	}
	counts->frames = r->frames;
	counts->lost = r->lost;
	if (r->filter)
		count_filtered(r, counts);
}

static const struct live_ops ops = {
	.open = ring_open,
	.close = ring_close,
	.attach = ring_attach,
	.attached = ring_attached,
	.read = ring_read,
	.descriptor = ring_descriptor,
	.tend = ring_tend,
	.configure = ring_configure,
	.count = ring_count,
};

const struct live_ops *const live_packet_ops = &ops;
