/*
 * Ways out. On an Ethernet, ready frames by a packet socket that goes past the queueing discipline,
 * as many a system call as wait; elsewhere (loopback, tunnels) IP packets by a raw socket, and the
 * kernel finds the rest of the way. docs/scan-engine.md has what was measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>

#include "base/i18n.h"
#include "scan/close_later.h"
#include "scan/neighbour.h"
#include "scan/route.h"
#include "scan/syn_internal.h"

#define SEND_BYTES     (4 << 20)
#define FULL_WAIT_NS   200000
#define FULL_MOST      5000 /* a second: the interface is down */
#define NEIGHBOUR_RATE 5000.0
#define NEIGHBOUR_MS   300

void syn_links_init(struct syn_links *l)
{
	*l = (struct syn_links){
		.route_fd = -1, .packet_fd = -1, .raw_fds = { -1, -1 }, .neighbours = { { -1, -1 } }
	};
}

void syn_links_finish(struct syn_links *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		syn_xdp_free(l->links[0][i]->xdp);
		for (int k = 0; k < SYN_SENDERS; k++)
			free(l->links[k][i]);
	}
	for (int v6 = 0; v6 < 2; v6++) {
		if (l->raw_fds[v6] >= 0)
			close(l->raw_fds[v6]);
	}
	if (l->packet_fd >= 0)
		close_later(l->packet_fd);
	if (l->route_fd >= 0)
		close(l->route_fd);
	neighbour_close(&l->neighbours);
	syn_links_init(l);
}

/* ---- opening ---- */

/* Is the interface an Ethernet, and what is its address? */
static bool is_ethernet(unsigned interface, uint8_t ret_mac[6])
{
	struct ifreq q = { .ifr_ifindex = (int)interface };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && ioctl(fd, SIOCGIFNAME, &q) == 0 &&
		   ioctl(fd, SIOCGIFHWADDR, &q) == 0 && q.ifr_hwaddr.sa_family == ARPHRD_ETHER;

	if (yes)
		memcpy(ret_mac, q.ifr_hwaddr.sa_data, 6);
	if (fd >= 0)
		close(fd);
	return yes;
}

/* One for all Ethernets: each frame says which it is for. Nothing is received by it. */
static int open_packet(struct syn_links *l)
{
	int yes = 1, bytes = SEND_BYTES;

	if (l->packet_fd >= 0)
		return 0;
	l->packet_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (l->packet_fd < 0)
		return -errno;
	/* Both make it quicker where they are allowed. */
	(void)setsockopt(l->packet_fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes));
	(void)setsockopt(l->packet_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return 0;
}

/* IPPROTO_RAW: what is sent has its IP header already, and nothing is received. */
static int open_raw(struct syn_links *l, bool v6, const char *interface)
{
	int *fd = &l->raw_fds[v6], bytes = SEND_BYTES;

	if (*fd >= 0)
		return 0;
	*fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (*fd < 0)
		return -errno;
	(void)setsockopt(*fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	if (interface && setsockopt(*fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
				    (socklen_t)strlen(interface)) < 0)
		return -errno;
	return 0;
}

/* What later hosts may need: the way to them is not known yet. */
static int open_all(struct syn_links *l, const struct scan_plan *plan)
{
	bool wanted[2] = { false, false };
	int error = open_packet(l);

	for (size_t i = 0; i < plan->n_targets; i++)
		wanted[!addr_is_v4(plan->targets[i].first)] = true;
	for (int v6 = 0; v6 < 2 && error == 0; v6++)
		error = wanted[v6] ? open_raw(l, v6, plan->interface) : 0;
	return error ? error : neighbour_open(&l->neighbours, wanted[0], wanted[1]);
}

static void use_own_frames(struct syn_link *link)
{
	uint32_t skip = link->ethernet ? 0 : SYN_LINK_BYTES;

	link->frames = link->own_frames[0];
	link->room = SYN_SEND_MAX;
	for (int i = 0; i < SYN_SEND_MAX; i++)
		link->parts[i].iov_base = link->own_frames[i] + skip;
}

static void prepare_messages(struct syn_link *link)
{
	uint32_t skip = link->ethernet ? 0 : SYN_LINK_BYTES;

	use_own_frames(link);
	for (int i = 0; i < SYN_SEND_MAX; i++) {
		struct msghdr *m = &link->messages[i].msg_hdr;

		link->parts[i].iov_len = link->template.length - skip;
		m->msg_iov = &link->parts[i];
		m->msg_iovlen = 1;
		m->msg_name = &link->to[i];
		m->msg_namelen =
			link->template.v6 ? sizeof(link->to[i].v6) : sizeof(link->to[i].v4);
		if (!link->ethernet)
			continue;
		m->msg_name = &link->way;
		m->msg_namelen = sizeof(link->way);
	}
}

/* Each further sender has frames of its own. */
static int add_link(struct syn_links *l, struct syn_link *link)
{
	l->links[0][l->n] = link;
	for (int k = 1; k < SYN_SENDERS; k++) {
		struct syn_link *other = malloc(sizeof(*other));

		if (!other) {
			while (--k > 0)
				free(l->links[k][l->n]);
			return -ENOMEM;
		}
		*other = *link;
		prepare_messages(other);
		l->links[k][l->n] = other;
	}
	l->n++;
	return 0;
}

static int link_open(struct syn_links *l, const struct route *r, bool ethernet,
		     const uint8_t mac[6], const char *interface)
{
	bool v6 = !addr_is_v4(r->source);
	int error = ethernet ? open_packet(l) : open_raw(l, v6, interface);
	struct syn_link *link = error ? NULL : calloc(1, sizeof(*link));

	if (error)
		return error;
	if (!link)
		return -ENOMEM;
	link->interface = r->interface;
	link->ethernet = ethernet;
	link->way =
		(struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_ifindex = (int)r->interface };
	memcpy(link->mac, mac, 6);
	link->fd = ethernet ? l->packet_fd : l->raw_fds[v6];
	syn_template_init(&link->template, r->source);
	prepare_messages(link);
	error = add_link(l, link);
	if (error < 0)
		free(link);
	return error;
}

/* The link for that route, opened if it is a new one; its place, or -errno. */
static int link_for(struct syn_links *l, const struct route *r, const char *interface)
{
	bool ethernet, same_family = addr_is_v4(r->hop) == addr_is_v4(r->source);
	uint8_t mac[6] = { 0 };
	int error;

	for (unsigned i = 0; i < l->n; i++) {
		const struct syn_link *link = l->links[0][i];

		if (link->interface == r->interface && (!r->local || !link->ethernet) &&
		    addr_equal(link->template.source, r->source))
			return (int)i;
	}
	if (l->n == SYN_LINKS_MAX)
		return ERR_LIMIT;
	ethernet = !r->local && same_family && is_ethernet(r->interface, mac);
	error = link_open(l, r, ethernet, mac, interface);
	return error < 0 ? error : (int)l->n - 1;
}

/* ---- finding ---- */

struct finding {
	struct syn_links *links;
	struct syn_host *hosts;
	size_t n;
	struct neighbour *hops; /* neighbours, then those of gateways put among them */
	uint32_t *hop_of;       /* of each host; UINT32_MAX: needs none */
	size_t n_hops;
	bool many;
	const struct scan_plan *plan;
};

/* Hosts come in the order of addresses, so equal gateways mostly follow each other. */
static uint32_t hop_for(struct finding *f, const struct route *r, struct net_addr host)
{
	bool gateway = !addr_equal(r->hop, host);

	for (size_t i = f->n_hops, looks = 0; gateway && i-- > 0 && looks < 64; looks++) {
		if (addr_equal(f->hops[i].addr, r->hop) && f->hops[i].interface == r->interface)
			return (uint32_t)i;
	}
	f->hops[f->n_hops] = (struct neighbour){ .addr = r->hop, .interface = r->interface };
	return (uint32_t)f->n_hops++;
}

static int find_way(struct finding *f, size_t i)
{
	struct syn_host *h = &f->hosts[i];
	struct route r;
	int link, error = route_find(f->links->route_fd, h->addr, f->links->interface, &r);

	f->hop_of[i] = UINT32_MAX;
	if (error < 0 || (r.kind != RTN_UNICAST && r.kind != RTN_LOCAL)) {
		h->state = SYN_HOST_NO_WAY;
		return error == -ENOMEM ? error : 0;
	}
	link = link_for(f->links, &r, f->plan->interface);
	if (link < 0)
		return link;
	h->link = (uint8_t)link;
	if (f->links->links[0][link]->ethernet)
		f->hop_of[i] = hop_for(f, &r, h->addr);
	else if (r.local)
		h->state = SYN_HOST_UP;
	return 0;
}

static int compare_hops(const void *a, const void *b)
{
	const struct neighbour *x = a, *y = b;

	return addr_compare_numeric(x->addr, y->addr);
}

static const struct neighbour *hop_at(const struct finding *f, struct net_addr addr,
				      unsigned interface)
{
	struct neighbour key = { .addr = addr };
	const struct neighbour *b = bsearch(&key, f->hops, f->n_hops, sizeof(*b), compare_hops);

	while (b && b > f->hops && addr_equal(b[-1].addr, addr))
		b--;
	for (; b && b < f->hops + f->n_hops && addr_equal(b->addr, addr); b++) {
		if (b->interface == interface)
			return b;
	}
	return NULL;
}

/* Sorting moves the hops, so hosts remember theirs by address while it is done. */
static int resolve(struct finding *f, const atomic_bool *stop)
{
	struct neighbour_asker askers[SYN_LINKS_MAX];
	struct net_addr *addrs = calloc(f->n ? f->n : 1, sizeof(*addrs));
	size_t n_askers = 0;
	int error;

	if (!addrs)
		return -ENOMEM;
	for (size_t i = 0; i < f->n; i++) {
		if (f->hop_of[i] != UINT32_MAX)
			addrs[i] = f->hops[f->hop_of[i]].addr;
	}
	for (unsigned i = 0; i < f->links->n; i++) {
		const struct syn_link *link = f->links->links[0][i];

		if (!link->ethernet)
			continue;
		askers[n_askers].interface = link->interface;
		askers[n_askers].source = link->template.source;
		memcpy(askers[n_askers++].mac, link->mac, 6);
	}
	qsort(f->hops, f->n_hops, sizeof(*f->hops), compare_hops);
	error = neighbour_ask(&f->links->neighbours, f->hops, f->n_hops, askers, n_askers,
			      NEIGHBOUR_RATE, NEIGHBOUR_MS, stop);
	for (size_t i = 0; i < f->n && error == 0; i++) {
		struct syn_host *h = &f->hosts[i];
		const struct neighbour *b;

		if (f->hop_of[i] == UINT32_MAX)
			continue;
		b = hop_at(f, addrs[i], f->links->links[0][h->link]->interface);
		if (!b || !b->known)
			h->state = SYN_HOST_NO_WAY;
		else if (addr_equal(b->addr, h->addr))
			h->state = SYN_HOST_UP;
		if (b && b->known)
			memcpy(h->mac, b->mac, 6);
	}
	free(addrs);
	return error;
}

static void load_quickest(struct syn_links *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		struct syn_link *link = l->links[0][i];

		if (link->ethernet)
			link->xdp = syn_xdp_new(link->interface, link->template.length);
	}
}

/* All that takes rights, while nobody's answer has been read. */
static int pass_gate(struct finding *f, struct diagnosis *d)
{
	struct syn_links *l = f->links;
	bool v6 = false, v4 = false;
	int error = 0;

	if (l->passed)
		return 0;
	if (f->plan->n_hosts > f->n)
		error = open_all(l, f->plan);
	for (size_t i = 0; i < f->n_hops; i++) {
		v4 |= addr_is_v4(f->hops[i].addr);
		v6 |= !addr_is_v4(f->hops[i].addr);
	}
	if (error == 0)
		error = neighbour_open(&l->neighbours, v4, v6);
	if (error < 0)
		return error;
	if (f->many)
		load_quickest(l);
	l->passed = true;
	return scan_gate_pass(&f->plan->gate, d);
}

static int find_all(struct finding *f, const atomic_bool *stop, struct diagnosis *d)
{
	int passed;

	for (size_t i = 0; i < f->n; i++) {
		int error = find_way(f, i);

		if (error < 0)
			return error;
		if (i % 1024 == 0 && stop && atomic_load(stop))
			return -EINTR;
	}
	passed = pass_gate(f, d);
	return passed < 0 ? passed : resolve(f, stop);
}

/* What there is to ask the kernel by. */
static int prepare(struct syn_links *l, const struct scan_plan *plan, struct diagnosis *d)
{
	if (l->route_fd < 0)
		l->route_fd = route_open();
	if (l->route_fd < 0)
		return diagnose(d, l->route_fd, "rtnetlink: %s", error_text(l->route_fd));
	if (!plan->interface || l->interface)
		return 0;
	l->interface = if_nametoindex(plan->interface);
	return l->interface ? 0
			    : diagnose(d, -ENODEV, _("there is no interface %s"), plan->interface);
}

int syn_links_find(struct syn_links *l, struct syn_host *hosts, size_t n, bool many,
		   const struct scan_plan *plan, const atomic_bool *stop, struct diagnosis *d)
{
	struct finding f = { .links = l, .hosts = hosts, .n = n, .many = many, .plan = plan };
	int error = prepare(l, plan, d);

	if (error < 0)
		return error;
	f.hops = calloc(n ? n : 1, sizeof(*f.hops));
	f.hop_of = calloc(n ? n : 1, sizeof(*f.hop_of));
	error = f.hops && f.hop_of ? find_all(&f, stop, d) : -ENOMEM;
	free(f.hops);
	free(f.hop_of);
	return error;
}

/* ---- sending ---- */

uint8_t *syn_link_frame(struct syn_link *link, const struct syn_host *host)
{
	union syn_to *to = &link->to[link->n % SYN_SEND_MAX];
	uint8_t *frame = link->frames + (size_t)link->n++ * SYN_FRAME_BYTES;

	if (link->ethernet) {
		syn_frame_link(frame, link->template.v6, link->mac, host->mac);
	} else if (link->template.v6) {
		*to = (union syn_to){ .v6 = { .sin6_family = AF_INET6 } };
		addr_to_bytes(host->addr, to->v6.sin6_addr.s6_addr);
		/* A link-local address is nowhere without its link. */
		if (host->addr.hi >> 54 == 0xfe80 >> 6)
			to->v6.sin6_scope_id = link->interface;
	} else {
		*to = (union syn_to){ .v4 = { .sin_family = AF_INET,
					      .sin_addr.s_addr = htonl(addr_v4(host->addr)) } };
	}
	return frame;
}

static void wait_for_room(void)
{
	struct timespec t = { .tv_nsec = FULL_WAIT_NS };

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

/* Returns how many were, or -errno. Frames of our own have a message each, which stays. */
static int send_some(struct syn_link *link, unsigned from, unsigned n)
{
	bool own = link->frames == link->own_frames[0];
	int done = sendmmsg(link->fd, link->messages + (own ? from : 0), n, 0);

	return done < 0 ? -errno : done;
}

static unsigned flush_socket(struct syn_link *link, uint64_t *ret_failed)
{
	uint32_t skip = link->ethernet ? 0 : SYN_LINK_BYTES;
	unsigned sent = 0, full = 0;

	while (sent < link->n) {
		unsigned n = MIN(link->n - sent, SYN_SEND_MAX);
		int done;

		for (unsigned i = 0; link->frames != link->own_frames[0] && i < n; i++)
			link->parts[i].iov_base =
				link->frames + (size_t)(sent + i) * SYN_FRAME_BYTES + skip;
		done = send_some(link, sent, n);
		if (done > 0) {
			sent += (unsigned)done;
		} else if (done == -ENOBUFS || done == -EAGAIN) {
			wait_for_room();
			if (++full > FULL_MOST)
				break;
		} else if (done != -EINTR) {
			sent++;
			*ret_failed += 1;
		}
	}
	return full;
}

/* Where it does not work, the socket sends the same frames, and all after them. */
unsigned syn_link_flush(struct syn_link *link, uint64_t *ret_failed)
{
	unsigned full = 0;

	if (!link->quick || link->n < link->room || !syn_xdp_send(link->xdp, link->n)) {
		bool give_up = link->quick && link->n == link->room;

		full = flush_socket(link, ret_failed);
		link->n = 0;
		if (give_up) {
			syn_link_be_quick(link, false, ret_failed);
			syn_xdp_free(link->xdp);
			link->xdp = NULL;
			full++;
		}
	}
	link->n = 0;
	return full;
}

void syn_link_be_quick(struct syn_link *link, bool quick, uint64_t *ret_failed)
{
	if (quick == link->quick || (quick && !link->xdp))
		return;
	if (link->n > 0)
		(void)flush_socket(link, ret_failed);
	link->n = 0;
	link->quick = quick;
	if (quick)
		link->frames = syn_xdp_frames(link->xdp, &link->room);
	else
		use_own_frames(link);
}
