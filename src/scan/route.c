#include "scan/route.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#define ANSWER_BYTES 16384

union answer {
	struct nlmsghdr header;
	uint8_t bytes[ANSWER_BYTES];
};

struct request {
	struct nlmsghdr header;
	struct rtmsg route;
	uint8_t attributes[64];
};

int route_open(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

static void put_attribute(struct request *q, unsigned short kind, const void *bytes, size_t n)
{
	struct rtattr a = { .rta_len = (unsigned short)RTA_LENGTH(n), .rta_type = kind };
	uint8_t *at = (uint8_t *)q + NLMSG_ALIGN(q->header.nlmsg_len);

	memcpy(at, &a, sizeof(a));
	memcpy(at + RTA_LENGTH(0), bytes, n);
	q->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(q->header.nlmsg_len) + RTA_SPACE(n));
}

static void make_request(struct request *q, struct net_addr to, unsigned interface)
{
	bool v4 = addr_is_v4(to);
	uint8_t bytes[16];

	addr_to_bytes(to, bytes);
	*q = (struct request){ .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(q->route)),
					   .nlmsg_type = RTM_GETROUTE,
					   .nlmsg_flags = NLM_F_REQUEST },
			       .route = { .rtm_family = v4 ? AF_INET : AF_INET6,
					  .rtm_dst_len = v4 ? 32 : 128 } };
	put_attribute(q, RTA_DST, v4 ? bytes + 12 : bytes, v4 ? 4 : 16);
	if (interface)
		put_attribute(q, RTA_OIF, &interface, sizeof(interface));
}

static struct net_addr addr_of(const struct rtattr *a, bool v4)
{
	uint8_t bytes[16] = { [10] = 0xff, [11] = 0xff };

	if (RTA_PAYLOAD(a) < (v4 ? 4 : 16))
		return (struct net_addr){ 0 };
	memcpy(v4 ? bytes + 12 : bytes, RTA_DATA(a), v4 ? 4 : 16);
	return addr_from_bytes(bytes);
}

static int read_route(struct nlmsghdr *h, struct net_addr to, struct route *ret_route)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	struct route r = { .hop = to, .local = m->rtm_type == RTN_LOCAL, .kind = m->rtm_type };
	bool v4 = addr_is_v4(to), has_source = false;
	int left = (int)RTM_PAYLOAD(h);

	for (struct rtattr *a = RTM_RTA(m); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_OIF && RTA_PAYLOAD(a) >= sizeof(r.interface)) {
			memcpy(&r.interface, RTA_DATA(a), sizeof(r.interface));
		} else if (a->rta_type == RTA_GATEWAY) {
			r.hop = addr_of(a, v4);
		} else if (a->rta_type == RTA_PREFSRC) {
			r.source = addr_of(a, v4);
			has_source = true;
		} else if (a->rta_type == RTA_VIA && v4 && RTA_PAYLOAD(a) >= 18) {
			/* An IPv4 route by an IPv6 gateway: two bytes of family, then the address.
			 */
			r.hop = addr_from_bytes((const uint8_t *)RTA_DATA(a) + 2);
		}
	}
	if (r.local)
		r.hop = to;
	if (r.local && !has_source)
		r.source = to;
	if ((!has_source && !r.local) || r.interface == 0)
		return -ENETUNREACH;
	*ret_route = r;
	return 0;
}

/* Asks, and waits for the answer. */
static int ask(int fd, const struct nlmsghdr *question, union answer *answer)
{
	ssize_t n;

	if (send(fd, question, question->nlmsg_len, 0) < 0)
		return -errno;
	do {
		n = recv(fd, answer, sizeof(*answer), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (!NLMSG_OK(&answer->header, (size_t)n))
		return -EIO;
	if (answer->header.nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *e = NLMSG_DATA(&answer->header);

		return e->error < 0 ? e->error : -EIO;
	}
	return 0;
}

int route_find(int fd, struct net_addr to, unsigned interface, struct route *ret_route)
{
	union answer answer;
	struct request q;
	int error;

	make_request(&q, to, interface);
	error = ask(fd, &q.header, &answer);
	return error < 0 ? error : read_route(&answer.header, to, ret_route);
}

int route_frames_sent(int fd, unsigned interface, uint64_t *ret_frames)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} q = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(q.link)),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_index = (int)interface } };
	union answer answer;
	const struct ifinfomsg *m = NLMSG_DATA(&answer.header);
	int left, error = ask(fd, &q.header, &answer);

	if (error < 0)
		return error;
	left = (int)IFLA_PAYLOAD(&answer.header);
	for (struct rtattr *a = IFLA_RTA(m); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		struct rtnl_link_stats64 stats = { 0 };

		if (a->rta_type != IFLA_STATS64)
			continue;
		memcpy(&stats, RTA_DATA(a), MIN(sizeof(stats), RTA_PAYLOAD(a)));
		*ret_frames = stats.tx_packets;
		return 0;
	}
	return -ENODATA;
}
