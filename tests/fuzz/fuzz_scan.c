/*
 * Any bytes as the words of -p, as targets of a file, or as the state of an interrupted scan: the
 * first byte chooses. What is taken must hold together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scan/ports.h"
#include "scan/results_internal.h"
#include "scan/targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_list(const struct port_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		require(!i || list->ports[i - 1] < list->ports[i]);
		require(port_list_has(list, list->ports[i]));
	}
}

/* What is printed is read as the same. */
static void check_printed(const struct port_list *list)
{
	struct port_list again = { 0 }, none = { 0 };
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	require(out != NULL);
	port_list_print(list, out);
	fclose(out);
	require(port_lists_parse(text, true, false, &again, &none, NULL) == 0);
	require(again.n == list->n && !memcmp(again.ports, list->ports, 2 * list->n));
	port_list_finish(&again);
	free(text);
}

static void try_ports(const char *text)
{
	struct port_list tcp = { 0 }, udp = { 0 };
	struct diagnosis d = { "" };
	int error = port_lists_parse(text, true, true, &tcp, &udp, &d);

	require(error == 0 || (error == ERR_USAGE && d.text[0]));
	check_list(&tcp);
	check_list(&udp);
	if (tcp.n)
		check_printed(&tcp);
	port_list_finish(&tcp);
	port_list_finish(&udp);
}

/* No name is looked up: lines with a letter that is none of an address's are left out. */
static void try_targets(char *text)
{
	char path[64];
	int fd = memfd_create("targets", MFD_CLOEXEC);
	struct diagnosis d = { "" };
	struct targets t, all;
	int error;

	for (char *p = text; *p; p++) {
		if (!strchr("0123456789abcdefABCDEF:./-, #\t\r\n", *p))
			*p = ' ';
		else if (strchr("abcdefABCDEF", *p) && !strchr(text, ':'))
			*p = '1';
	}
	require(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	targets_init(&t);
	targets_init(&all);
	error = targets_read(&t, path, false, &d);
	require(error == 0 || d.text[0]);
	targets_unite(&t);
	for (size_t i = 0; i < t.n_ranges; i++) {
		require(addr_compare_numeric(t.ranges[i].first, t.ranges[i].last) <= 0);
		require(!i || addr_compare_numeric(t.ranges[i - 1].last, t.ranges[i].first) < 0);
		require(targets_add_range(&all, t.ranges[i]) == 0);
	}
	require(targets_subtract(&all, &t) == 0 && all.n_ranges == 0);
	targets_finish(&t);
	targets_finish(&all);
	close(fd);
}

static void try_state(const uint8_t *data, size_t size)
{
	struct addr_range range = { addr_from_v4(0xc0000200), addr_from_v4(0xc00002ff) };
	struct scan_plan plan = { .targets = &range, .n_targets = 1, .n_hosts = 256 };
	char path[64];
	int fd = memfd_create("state", MFD_CLOEXEC), error;
	struct diagnosis d = { "" };
	struct scan_results r;
	struct scan_state s = { 0 };

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	require(port_lists_parse("T:1-100,443,U:53,123", true, true, &plan.tcp, &plan.udp, NULL) ==
		0);
	results_init(&r, &plan);
	error = scan_state_read(path, &s, &d);
	s.plan_hash = state_hash_plan(&plan); /* no fuzzer finds it */
	if (!error)
		error = scan_state_load(&s, &r, &d);
	require(error == 0 || d.text[0]);
	require(results_end(&r) == 0);
	for (size_t i = 0; i < r.n_hosts; i++)
		require(scan_plan_has(&plan, r.hosts[i].addr));
	results_finish(&r);
	scan_state_finish(&s);
	port_list_finish(&plan.tcp);
	port_list_finish(&plan.udp);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size || size > 65536)
		return 0;
	if (data[0] % 3 == 2) {
		try_state(data + 1, size - 1);
		return 0;
	}
	text = strndup((const char *)data + 1, size - 1);
	if (!text)
		return 0;
	if (data[0] % 3)
		try_targets(text);
	else
		try_ports(text);
	free(text);
	return 0;
}
