/* What a scanner does once it is confined, and what it may not beside all that a sensor may not. */
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include "base/macros.h"

#include "confine_tries.h"

/* --- what it does --- */

static int ask_udp(const struct world *w)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(0x7f000001) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)w;
	return fd < 0 ? -errno : answer(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)));
}

static int wait_for_answers(const struct world *w)
{
	struct epoll_event e = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, w->tcp, &e) < 0)
		return -errno;
	return answer(epoll_wait(epoll, &e, 1, 0));
}

static int send_frames(const struct world *w)
{
	static uint8_t frame[60];
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = 1 };
	struct iovec part = { frame, sizeof(frame) };
	struct mmsghdr m = { .msg_hdr = { .msg_name = &to,
					  .msg_namelen = sizeof(to),
					  .msg_iov = &part,
					  .msg_iovlen = 1 } };

	return w->packet < 0 ? CANNOT : answer(sendmmsg(w->packet, &m, 1, 0));
}

static void *nothing(void *context)
{
	return context;
}

static int start_thread(const struct world *w)
{
	pthread_t thread;

	(void)w;
	return -(pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL));
}

/* --- what it may not --- */

static int make_file(const struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/new", w->in);
	return answer(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int remove_file(const struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/file", w->in);
	return answer(unlink(path));
}

static int know_file(const struct world *w)
{
	struct statx st;

	return answer(statx(AT_FDCWD, w->in, 0, STATX_BASIC_STATS, &st));
}

/* Local services: the log, the message bus. */
static int local_datagram(const struct world *w)
{
	(void)w;
	return answer(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int raw_socket(const struct world *w)
{
	(void)w;
	return answer(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
}

static int be_a_service(const struct world *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };

	return answer(bind(w->tcp, (struct sockaddr *)&a, sizeof(a)));
}

static int hear_all(const struct world *w)
{
	struct packet_mreq all = { .mr_ifindex = 1, .mr_type = PACKET_MR_PROMISC };

	return w->packet < 0 ? CANNOT
			     : answer(setsockopt(w->packet, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
						 sizeof(all)));
}

static int take_connection(const struct world *w)
{
	return answer(accept4(w->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

const struct try scanner_tries[] = {
	{ "ask by UDP", ask_udp, .asks = true },
	{ "wait for answers", wait_for_answers, .asks = true },
	{ "send frames", send_frames, .asks = true },
	{ "start a thread", start_thread, .asks = true },
	{ "make a file", make_file },
	{ "remove a file", remove_file },
	{ "know a file", know_file },
	{ "a local datagram socket", local_datagram },
	{ "a raw socket", raw_socket },
	{ "bind a socket", be_a_service },
	{ "hear all frames", hear_all },
	{ "take a connection", take_connection },
};
const size_t scanner_tries_count = ARRAY_LENGTH(scanner_tries);
