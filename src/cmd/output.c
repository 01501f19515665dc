/* What -o names: a file that is there whole, or not at all. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd_internal.h"

/* A pipe or a device cannot be put in place by a rename. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static FILE *open_beside(const char *path, char **ret_beside)
{
	mode_t mask = umask(0);
	FILE *out = NULL;
	int fd;

	(void)umask(mask);
	if (asprintf(ret_beside, "%s.XXXXXX", path) < 0) {
		*ret_beside = NULL;
		errno = ENOMEM;
		return NULL;
	}
	fd = mkstemp(*ret_beside);
	if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0)
		out = fdopen(fd, "w");
	if (!out && fd >= 0) {
		(void)close(fd);
		(void)unlink(*ret_beside);
	}
	return out;
}

#define LINKS_MAX 40 /* as many as the system follows */

/* Where PATH leads, through links whose last one may lead to nothing yet. The caller frees; NULL
 * with errno. */
static char *follow(const char *path)
{
	char *at = strdup(path), to[PATH_MAX];
	ssize_t n = 0;

	for (int links = 0; at && (n = readlink(at, to, sizeof(to) - 1)) >= 0; links++) {
		const char *slash = *to == '/' ? NULL : strrchr(at, '/');
		char *next = NULL;

		to[n] = '\0';
		if (links == LINKS_MAX) {
			errno = ELOOP;
		} else if (asprintf(&next, "%.*s%s", slash ? (int)(slash + 1 - at) : 0, at, to) <
			   0) {
			next = NULL;
			errno = ENOMEM;
		}
		free(at);
		at = next;
	}
	return at;
}

int cmd_output_open(const struct cmd_call *call, struct cmd_output *ret_output)
{
	const char *path = call->output;

	*ret_output = (struct cmd_output){ .out = stdout, .path = path };
	if (!path)
		return 0;
	/* A link stays one: what it leads to is replaced. */
	ret_output->target = follow(path);
	if (is_special(path)) {
		ret_output->out = fopen(path, "we");
	} else {
		ret_output->out = ret_output->target
					  ? open_beside(ret_output->target, &ret_output->beside)
					  : NULL;
	}
	if (ret_output->out)
		return 0;
	free(ret_output->beside);
	free(ret_output->target);
	cmd_fail(call->cmd, "%s: %s", path, strerror(errno));
	return -1;
}

static int put_in_place(const struct cmd_call *call, const struct cmd_output *o, int status)
{
	bool bad = fflush(o->out) != 0 || ferror(o->out) != 0;

	if (!bad && o->beside)
		bad = fsync(fileno(o->out)) != 0;
	bad |= fclose(o->out) != 0;
	if (status == EXIT_DONE && bad)
		status = cmd_fail(call->cmd, "%s: %s", o->path, strerror(errno ? errno : EIO));
	if (status == EXIT_DONE && o->beside && rename(o->beside, o->target) < 0)
		status = cmd_fail(call->cmd, "%s: %s", o->path, strerror(errno));
	if (status != EXIT_DONE && o->beside)
		(void)unlink(o->beside);
	return status;
}

int cmd_output_close(const struct cmd_call *call, struct cmd_output *o, int status)
{
	if (!o->path)
		return cmd_end_output(call->cmd, status);
	status = put_in_place(call, o, status);
	free(o->beside);
	free(o->target);
	return status;
}
