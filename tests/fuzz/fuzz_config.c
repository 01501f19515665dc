/*
 * Any bytes as the site's configuration, as its table of hosts, or as one of holidays: the first
 * byte chooses. What is taken must answer; what is refused must say which line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void ask(const struct config *c)
{
	struct net_addr a = addr_from_v4(0xc0000242);

	(void)config_excluded_reason(c, a);
	(void)config_host(c, a);
	for (size_t i = 1; i < c->n_hosts; i++)
		require(addr_compare(c->hosts[i - 1].addr, c->hosts[i].addr) < 0);
	for (size_t i = 0; i < c->n_hosts; i++)
		require(config_host(c, c->hosts[i].addr) == &c->hosts[i] && c->hosts[i].name);
	for (size_t i = 1; i < c->n_holidays; i++)
		require(c->holidays[i - 1].day < c->holidays[i].day);
	for (size_t i = 0; i < c->n_holidays; i++) {
		const char *name = config_holiday(c, c->holidays[i].day);

		require(name == c->holidays[i].name && *name);
	}
	(void)prefix_set_contains(&c->networks, a);
}

static int (*const readers[])(struct config *c, const char *path, struct diagnosis *d) = {
	config_read,
	config_hosts_read,
	config_holidays_read,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("config", MFD_CLOEXEC), error;
	struct diagnosis d = { "" };
	struct config c;
	char path[64];

	if (!size || fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1)) {
		close(fd);
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	config_init(&c);
	error = readers[data[0] % ARRAY_LENGTH(readers)](&c, path, &d);
	if (error < 0)
		require(!strncmp(d.text, path, strlen(path)) && strlen(d.text) > strlen(path) + 2);
	if (error == ERR_USAGE)
		require(d.text[strlen(path)] == ':');
	ask(&c);
	config_finish(&c);
	close(fd);
	return 0;
}
