/* Both ends of what is said to the attendant; the links' descriptors go along with the answers. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "live/attendant_work_internal.h"

int attendant_ask(int socket)
{
	return send(socket, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -errno;
}

union descriptor_room {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int attendant_answer(int socket, const struct attendant_answer *answer, int descriptor)
{
	union descriptor_room room = { 0 };
	struct iovec v = { (void *)(uintptr_t)answer, sizeof(*answer) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	if (descriptor >= 0) {
		m.msg_control = room.bytes;
		m.msg_controllen = sizeof(room.bytes);
		room.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					      .cmsg_level = SOL_SOCKET,
					      .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&room.head), &descriptor, sizeof(int));
	}
	return sendmsg(socket, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int attendant_take(int socket, struct attendant_answer *ret_answer)
{
	union descriptor_room room = { 0 };
	struct attendant_answer answer;
	struct iovec v = { &answer, sizeof(answer) };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = room.bytes,
			    .msg_controllen = sizeof(room.bytes) };
	ssize_t got = recvmsg(socket, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int descriptor;

	if (got < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (got != (ssize_t)sizeof(answer))
		return -EPIPE;
	*ret_answer = answer;
	if (answer.mode < 0)
		return answer.mode;
	if (m.msg_controllen < CMSG_LEN(sizeof(int)) || room.head.cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	memcpy(&descriptor, CMSG_DATA(&room.head), sizeof(int));
	return descriptor;
}
