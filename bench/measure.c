/*
 * Runs several commands by turns (A B C A B C …), so that what else the machine does falls on all
 * of them, and prints for each, separated by tabs: name, runs, wall ms (median, least, most), user
 * ms, system ms (medians), and KiB of the largest process among it and those it waited for
 * (median). What runs in a pipeline counts as one command. Their output is thrown away; what they
 * say on the standard error is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define COMMANDS_MAX 16
#define RUNS_MAX     99
#define ARGUMENTS    4 /* of each command */

enum figure {
	WALL_US,
	USER_US,
	SYSTEM_US,
	MEMORY_KIB,
	FIGURES
};

struct command {
	const char *name, *before, *text;
	int runs;
	long long figures[FIGURES][RUNS_MAX];
};

static struct command commands[COMMANDS_MAX];

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long time_us(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

/* Returns the exit status, 128 and more for a signal, or -errno. */
static int run_shell(const char *text, struct rusage *ret_usage)
{
	char shell[] = "bash", option[] = "-c";
	char *argv[] = { shell, option, (char *)text, NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int ret, status;

	ret = posix_spawn_file_actions_init(&actions);
	if (ret != 0)
		return -ret;
	ret = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (ret == 0)
		ret = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (ret != 0)
		return -ret;
	while (wait4(pid, &status, 0, ret_usage) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_command(struct command *c, int run)
{
	struct rusage usage = { 0 };
	long long start_us;
	int ret = c->before[0] == '\0' ? 0 : run_shell(c->before, &usage);

	if (ret != 0)
		return ret;
	start_us = now_us();
	ret = run_shell(c->text, &usage);
	c->figures[WALL_US][run] = now_us() - start_us;
	c->figures[USER_US][run] = time_us(usage.ru_utime);
	c->figures[SYSTEM_US][run] = time_us(usage.ru_stime);
	c->figures[MEMORY_KIB][run] = usage.ru_maxrss;
	return ret;
}

static int figure_compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return x < y ? -1 : x > y;
}

static void print_command(struct command *c)
{
	int middle = c->runs / 2;

	for (int i = 0; i < FIGURES; i++)
		qsort(c->figures[i], (size_t)c->runs, sizeof(c->figures[i][0]), figure_compare);
	printf("%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%lld\n", c->name, c->runs,
	       (double)c->figures[WALL_US][middle] / 1e3, (double)c->figures[WALL_US][0] / 1e3,
	       (double)c->figures[WALL_US][c->runs - 1] / 1e3,
	       (double)c->figures[USER_US][middle] / 1e3,
	       (double)c->figures[SYSTEM_US][middle] / 1e3, c->figures[MEMORY_KIB][middle]);
}

static int parse_commands(int argc, char **argv)
{
	int n = (argc - 1) / ARGUMENTS;

	if (argc < 2 || (argc - 1) % ARGUMENTS != 0 || n > COMMANDS_MAX)
		return 0;
	for (int i = 0; i < n; i++) {
		char **at = argv + 1 + (ptrdiff_t)i * ARGUMENTS;

		commands[i].name = at[0];
		commands[i].runs = (int)strtol(at[1], NULL, 10);
		commands[i].before = at[2];
		commands[i].text = at[3];
		if (commands[i].runs < 1 || commands[i].runs > RUNS_MAX)
			return 0;
	}
	return n;
}

int main(int argc, char **argv)
{
	int n = parse_commands(argc, argv);

	if (n == 0) {
		(void)fprintf(stderr,
			      "Usage: sekimori-measure (NAME RUNS BEFORE COMMAND)...\n"
			      "BEFORE is run each time too, but not measured; it may be empty.\n");
		return 2;
	}
	for (int run = 0; run < RUNS_MAX; run++) {
		for (int i = 0; i < n; i++) {
			int ret = run < commands[i].runs ? run_command(&commands[i], run) : 0;

			if (ret != 0) {
				(void)fprintf(stderr, "sekimori-measure: %s: %s %d\n",
					      commands[i].name,
					      ret < 0 ? strerror(-ret) : "exit status", ret);
				return 1;
			}
		}
	}
	for (int i = 0; i < n; i++)
		print_command(&commands[i]);
	return 0;
}
