/* A service manager of our own, who hears what is sent. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/notify.h"

#include "unit.h"

static char folder[] = "/tmp/notify-XXXXXX";

/* Listens at a path, or with ABSTRACT at a name that the kernel chooses, and says so in the
 * environment. */
static int listen_as_manager(bool abstract)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(a.sun_family);
	char name[sizeof(a.sun_path) + 1] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (!abstract) {
		snprintf(a.sun_path, sizeof(a.sun_path), "%s/socket", folder);
		length = sizeof(a);
	}
	assert_int_equal(bind(fd, (struct sockaddr *)&a, length), 0);
	length = sizeof(a);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &length), 0);
	memcpy(name, a.sun_path, length - offsetof(struct sockaddr_un, sun_path));
	if (abstract)
		name[0] = '@';
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void stop_listening(int fd)
{
	char path[64];

	close(fd);
	snprintf(path, sizeof(path), "%s/socket", folder);
	unlink(path);
	unsetenv("NOTIFY_SOCKET");
}

/* What was sent is there at once, or never. */
static const char *heard(int fd)
{
	static char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n < 0)
		return "(nothing)";
	text[n] = '\0';
	return text;
}

static void test_words(void **state)
{
	(void)state;
	for (int abstract = 0; abstract < 2; abstract++) {
		int fd = listen_as_manager(abstract);

		notify_ready(NULL);
		assert_string_equal(heard(fd), "READY=1");
		notify_ready("watching eth0");
		assert_string_equal(heard(fd), "READY=1\nSTATUS=watching eth0");
		notify_status("3 sightings");
		assert_string_equal(heard(fd), "STATUS=3 sightings");
		notify_stopping();
		assert_string_equal(heard(fd), "STOPPING=1");
		notify_watchdog();
		assert_string_equal(heard(fd), "WATCHDOG=1");
		assert_string_equal(heard(fd), "(nothing)");
		stop_listening(fd);
	}
}

/* Words of others do not become lines of their own, and are cut. */
static void test_hostile_words(void **state)
{
	char words[2000];
	int fd = listen_as_manager(false);

	(void)state;
	notify_ready("eth0\nSTOPPING=1\r\nX=1\n");
	assert_string_equal(heard(fd), "READY=1\nSTATUS=eth0 STOPPING=1  X=1 ");
	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	notify_status(words);
	assert_int_equal(strlen(heard(fd)), strlen("STATUS=") + 500);
	notify_status("\xe9\x96\xa2\xe5\xae\x88 \xe9\x96\xff\xe5");
	assert_string_equal(heard(fd), "STATUS=\xe9\x96\xa2\xe5\xae\x88 ????");
	for (size_t i = 0; i + 3 < sizeof(words); i += 3)
		memcpy(words + i, "\xe9\x96\xa2", 4);
	notify_status(words);
	assert_int_equal(strlen(heard(fd)), strlen("STATUS=") + 498);
	stop_listening(fd);
}

static void test_reloading(void **state)
{
	static const char start[] = "RELOADING=1\nMONOTONIC_USEC=";
	unsigned long long us;
	const char *text;
	struct timespec before, after;
	int fd = listen_as_manager(false);

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	notify_reloading();
	clock_gettime(CLOCK_MONOTONIC, &after);
	text = heard(fd);
	assert_int_equal(strncmp(text, start, strlen(start)), 0);
	us = strtoull(text + strlen(start), NULL, 10);
	assert_true(us >= (unsigned long long)before.tv_sec * 1000000 + before.tv_nsec / 1000);
	assert_true(us <= (unsigned long long)after.tv_sec * 1000000 + after.tv_nsec / 1000);
	stop_listening(fd);
}

/* No manager; one that is gone; names that are none. Nothing happens, and nothing is opened. */
static void test_nobody(void **state)
{
	static const char *const names[] = { "", "@", "/", "relative", "/nowhere/that/is" };
	char longest[300];
	int free_descriptor = dup(0);

	(void)state;
	close(free_descriptor);
	unsetenv("NOTIFY_SOCKET");
	notify_ready("nobody hears");
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_ready("nobody hears");
	}
	memset(longest, '/', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	notify_ready("nobody hears");
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(dup(0), free_descriptor);
	close(free_descriptor);
}

/* A manager that does not read holds nobody up: the sensor's own thread tells it each second. */
static void test_full(void **state)
{
	int fd = listen_as_manager(false), n = 0;

	(void)state;
	for (int i = 0; i < 5000; i++)
		notify_watchdog();
	notify_stopping();
	while (strcmp(heard(fd), "WATCHDOG=1") == 0)
		n++;
	assert_in_range(n, 1, 4999);
	notify_stopping();
	assert_string_equal(heard(fd), "STOPPING=1");
	stop_listening(fd);
}

static uint64_t interval(const char *us, const char *process)
{
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (us)
		setenv("WATCHDOG_USEC", us, 1);
	if (process)
		setenv("WATCHDOG_PID", process, 1);
	return notify_watchdog_interval_ns();
}

static void test_watchdog(void **state)
{
	char self[24], other[24];

	(void)state;
	snprintf(self, sizeof(self), "%d", getpid());
	snprintf(other, sizeof(other), "%d", getppid());
	assert_true(interval(NULL, NULL) == 0);
	assert_true(interval("60000000", NULL) == 60000000000);
	assert_true(interval("60000000", self) == 60000000000);
	assert_true(interval("60000000", other) == 0);
	assert_true(interval(NULL, self) == 0);
	assert_true(interval("soon", self) == 0);
	assert_true(interval("0", self) == 0);
	assert_true(interval("1x", self) == 0);
	assert_true(interval("18446744073709551614", NULL) == UINT64_MAX);
	assert_true(interval("99999999999999999999", NULL) == 0);
	interval(NULL, NULL);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),     cmocka_unit_test(test_hostile_words),
		cmocka_unit_test(test_reloading), cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_watchdog),  cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
