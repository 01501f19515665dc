#include "live/attendant.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/i18n.h"

#include "live/attendant_work_internal.h"

struct live_attendant {
	pid_t pid;
};

/* The posts of the sources that need one: theirs is [0] of each pair, ours [1]. */
static int make_posts(struct live_source *const *sources, int n, struct attendant_post *posts,
		      int (*pairs)[2], int *ret_n)
{
	*ret_n = 0;
	for (int i = 0; i < n && *ret_n < ATTENDANT_POSTS_MAX; i++) {
		struct attendant_post *p = &posts[*ret_n];

		if (!live_source_errand(sources[i], &p->errand))
			continue;
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pairs[*ret_n]) < 0)
			return -errno;
		p->source = sources[i];
		p->errand.socket = pairs[*ret_n][1];
		++*ret_n;
	}
	return 0;
}

/* It says when it is confined; if it cannot be, it ends. */
static int await(int socket)
{
	struct attendant_answer ready;
	ssize_t got;

	do
		got = recv(socket, &ready, sizeof(ready), 0);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(ready) ? 0 : -EPIPE;
}

static int start(struct attendant_post *posts, int (*pairs)[2], int n, struct live_attendant *a)
{
	int error;

	a->pid = fork();
	if (a->pid < 0)
		return -errno;
	if (a->pid == 0)
		attendant_be(posts, n);
	for (int i = 0; i < n; i++) {
		close(pairs[i][1]);
		pairs[i][1] = -1;
	}
	error = await(pairs[0][0]);
	for (int i = 0; i < n && error == 0; i++) {
		live_source_use_attendant(posts[i].source, pairs[i][0]);
		pairs[i][0] = -1;
	}
	return error;
}

static void close_pairs(int (*pairs)[2], int n)
{
	for (int i = 0; i < n; i++) {
		for (int end = 0; end < 2; end++) {
			if (pairs[i][end] >= 0)
				close(pairs[i][end]);
		}
	}
}

int live_attendant_start(struct live_source *const *sources, int n,
			 struct live_attendant **ret_attendant, struct diagnosis *d)
{
	struct attendant_post posts[ATTENDANT_POSTS_MAX] = { 0 };
	int pairs[ATTENDANT_POSTS_MAX][2], n_posts;
	int error = make_posts(sources, n, posts, pairs, &n_posts);
	struct live_attendant *a = NULL;

	if (error == 0 && n_posts > 0) {
		a = calloc(1, sizeof(*a));
		error = a ? start(posts, pairs, n_posts, a) : -ENOMEM;
	}
	close_pairs(pairs, n_posts);
	if (error == 0) {
		*ret_attendant = a;
		return 0;
	}
	if (a && a->pid > 0)
		live_attendant_stop(a);
	else
		free(a);
	return diagnose(d, error, _("the attendant cannot be started: %s"), error_text(error));
}

int live_attendant_pid(const struct live_attendant *a)
{
	return a ? a->pid : 0;
}

void live_attendant_stop(struct live_attendant *a)
{
	if (!a)
		return;
	while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR) {
	}
	free(a);
}
