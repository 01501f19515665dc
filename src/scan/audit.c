#include "scan/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

static void print_time(uint64_t time_ns, FILE *out)
{
	time_t s = (time_t)(time_ns / 1000000000);
	char text[32];
	struct tm utc;

	if (!gmtime_r(&s, &utc) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc))
		text[0] = '\0';
	fprintf(out, "\"%s\"", text);
}

static void print_field(const char *name, const char *text, FILE *out)
{
	if (!text)
		return;
	fprintf(out, ",\"%s\":", name);
	text_json(out, text);
}

static void print_who(FILE *out)
{
	const struct passwd *user = getpwuid(getuid());
	char host[256] = "";

	print_field("user", user ? user->pw_name : "", out);
	fprintf(out, ",\"uid\":%lu", (unsigned long)getuid());
	print_field("sudo_user", getenv("SUDO_USER"), out);
	if (gethostname(host, sizeof(host) - 1) == 0)
		print_field("host", host, out);
	fprintf(out, ",\"process\":%ld", (long)getpid());
}

static char *make_line(const struct audit_entry *entry, size_t *ret_length)
{
	char *line = NULL, *targets = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&targets, &n);

	if (!out)
		return NULL;
	targets_print(entry->outside, SIZE_MAX, out);
	if (fclose(out) != 0 || !(out = open_memstream(&line, ret_length))) {
		free(targets);
		return NULL;
	}
	fputs("{\"time\":", out);
	print_time(entry->time_ns, out);
	print_who(out);
	print_field("outside", targets, out);
	fprintf(out, ",\"hosts\":%llu,\"ports\":%llu",
		(unsigned long long)targets_count(entry->outside),
		(unsigned long long)entry->ports);
	print_field("vantage", entry->vantage, out);
	print_field("arguments", entry->arguments, out);
	fputs("}\n", out);
	free(targets);
	if (fclose(out) == 0)
		return line;
	free(line);
	return NULL;
}

/* At the end, whole, or not at all. */
static int write_line(int fd, const char *line, size_t length)
{
	off_t end = lseek(fd, 0, SEEK_END);
	size_t done = 0;

	if (end < 0)
		return -errno;
	while (done < length) {
		ssize_t n = pwrite(fd, line + done, length - done, end + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int error = -errno;

			if (ftruncate(fd, end) < 0)
				return error;
			return error;
		}
		done += (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int audit_append(int fd, const struct audit_entry *entry)
{
	size_t length = 0;
	char *line = make_line(entry, &length);
	int error;

	if (!line)
		return -ENOMEM;
	while ((error = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
		;
	error = error < 0 ? -errno : write_line(fd, line, length);
	(void)flock(fd, LOCK_UN);
	free(line);
	return error;
}
