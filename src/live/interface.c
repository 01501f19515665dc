#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "base/i18n.h"

#include "live/interface_internal.h"

#define ANSWER_MAX  32768 /* as the kernel's documentation recommends */
#define ANSWERS_MAX 16    /* older ones, whose reader gave up */

struct question {
	struct nlmsghdr head;
	struct ifinfomsg info;
	struct rtattr name_head;
	char name[IFNAMSIZ];
};

static int ask(struct interface *i)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct question q = { .head = { .nlmsg_len = sizeof(q),
					.nlmsg_type = RTM_GETLINK,
					.nlmsg_flags = NLM_F_REQUEST,
					.nlmsg_seq = ++i->sequence },
			      .info = { .ifi_family = AF_UNSPEC },
			      .name_head = { .rta_len = RTA_LENGTH(IFNAMSIZ),
					     .rta_type = IFLA_IFNAME } };

	memcpy(q.name, i->name, sizeof(q.name));
	return sendto(i->route, &q, sizeof(q), 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0
		       ? -errno
		       : 0;
}

/* A card counts from 0 when it is a new one, and some do when they are set up again. */
static void count_missed(struct interface *i, unsigned index, uint64_t card_missed)
{
	if (i->counted == index && card_missed > i->card_missed)
		i->missed += card_missed - i->card_missed;
	i->counted = index;
	i->card_missed = card_missed;
}

static void take_statistics(struct interface *i, const struct ifinfomsg *info, const void *bytes,
			    size_t length)
{
	struct rtnl_link_stats64 s = { 0 };

	memcpy(&s, bytes, length < sizeof(s) ? length : sizeof(s));
	count_missed(i, (unsigned)info->ifi_index, s.rx_missed_errors + s.rx_fifo_errors);
}

static void take_link(struct interface *i, const struct ifinfomsg *info, size_t left)
{
	const struct rtattr *a = IFLA_RTA(info);

	i->index = (unsigned)info->ifi_index;
	i->kind = info->ifi_type;
	i->up = info->ifi_flags & IFF_UP;
	i->carrier = info->ifi_flags & IFF_LOWER_UP;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFLA_STATS64)
			take_statistics(i, info, RTA_DATA(a), RTA_PAYLOAD(a));
	}
}

static void take_absence(struct interface *i)
{
	i->index = 0;
	i->up = i->carrier = false;
}

static int take_answer(struct interface *i, const struct nlmsghdr *h)
{
	if (h->nlmsg_type == RTM_NEWLINK &&
	    h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg))) {
		take_link(i, NLMSG_DATA(h), IFLA_PAYLOAD(h));
		return 0;
	}
	if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr))) {
		int error = ((const struct nlmsgerr *)NLMSG_DATA(h))->error;

		if (error != -ENODEV)
			return error < 0 ? error : -EPROTO;
		take_absence(i);
		return 0;
	}
	return -EPROTO;
}

int interface_look(struct interface *i)
{
	_Alignas(struct nlmsghdr) char bytes[ANSWER_MAX];
	const struct nlmsghdr *h = (const struct nlmsghdr *)bytes;
	int error = ask(i);

	/* The kernel has answered when the question is sent. */
	for (int n = 0; n < ANSWERS_MAX && error == 0; n++) {
		ssize_t got = recv(i->route, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (got < 0)
			return -errno;
		if (NLMSG_OK(h, (size_t)got) && h->nlmsg_seq == i->sequence)
			return take_answer(i, h);
	}
	return error < 0 ? error : -EPROTO;
}

int interface_prepare(struct interface *i, const char *name)
{
	size_t length = strlen(name);

	*i = (struct interface){ .route = -1 };
	if (length == 0 || length >= sizeof(i->name))
		return -ENODEV;
	memcpy(i->name, name, length);
	i->route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return i->route < 0 ? -errno : 0;
}

int interface_open(struct interface *i, const char *name, struct diagnosis *d)
{
	int error = interface_prepare(i, name);

	if (error == 0)
		error = interface_look(i);
	if (error == 0 && i->index == 0)
		error = -ENODEV;
	if (error == 0)
		return 0;
	interface_close(i);
	return error == -ENODEV ? diagnose(d, error, _("%s: there is no such interface"), name)
				: diagnose(d, error, "%s: %s", name, error_text(error));
}

void interface_close(struct interface *i)
{
	if (i->route >= 0)
		close(i->route);
	i->route = -1;
}

static bool is_own(const struct sockaddr *a)
{
	if (!a)
		return false;
	if (a->sa_family == AF_INET)
		return true;
	return a->sa_family == AF_INET6 &&
	       !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

bool interface_only_receives(const struct interface *i)
{
	struct ifaddrs *all;
	bool own = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *a = all; a && !own; a = a->ifa_next)
		own = strcmp(a->ifa_name, i->name) == 0 && is_own(a->ifa_addr);
	freeifaddrs(all);
	return !own;
}
