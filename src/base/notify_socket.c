/* The protocol as sd_notify(3) and sd_watchdog_enabled(3) have it. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/notify_internal.h"

/* A path, or "@" and an abstract name. Returns the address's length, or 0 for none. */
static socklen_t read_address(struct sockaddr_un *ret_address)
{
	const char *name = getenv("NOTIFY_SOCKET");
	const size_t length = name ? strlen(name) : 0;

	if (length < 2 || length >= sizeof(ret_address->sun_path) || !strchr("/@", *name))
		return 0;
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret_address->sun_path, name, length);
	if (*name == '@')
		ret_address->sun_path[0] = '\0';
	/* Without a null byte at the end: in an abstract name it would be a letter like others. */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

void notify_send(const char *lines, bool waits)
{
	struct sockaddr_un address;
	const socklen_t length = read_address(&address);
	const struct timeval wait = { .tv_sec = 1 };
	const int fd = length > 0 ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

	if (fd < 0)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0)
		waits = false;
	(void)sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | (waits ? 0 : MSG_DONTWAIT),
		     (struct sockaddr *)&address, length);
	close(fd);
}

/* A decimal number and nothing else; 0 for no such. */
static uint64_t read_number(const char *text)
{
	char *end;
	unsigned long long n;

	if (!text || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	n = strtoull(text, &end, 10);
	return errno || *end ? 0 : n;
}

uint64_t notify_watchdog_us(void)
{
	const char *process = getenv("WATCHDOG_PID");

	if (process && read_number(process) != (uint64_t)getpid())
		return 0;
	return read_number(getenv("WATCHDOG_USEC"));
}
