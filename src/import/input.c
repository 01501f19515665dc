#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "capture/stream.h"
#include "import/input_internal.h"

static int skip_mark(struct input *in, struct diagnosis *d)
{
	int error = input_want(in, 3, d);

	/* UTF-8's byte order mark says nothing. */
	if (error == 0 && input_left(in) >= 3 &&
	    memcmp(in->buffer + in->at, "\xef\xbb\xbf", 3) == 0)
		input_take(in, 3);
	return error;
}

int input_open(struct input *in, const char *path, struct diagnosis *d)
{
	int error;

	memset(in, 0, sizeof(*in));
	error = capture_stream_open(path, &in->stream, d);
	if (error < 0)
		return error;
	in->room = INPUT_CHUNK_BYTES;
	in->buffer = malloc(in->room);
	error = in->buffer ? skip_mark(in, d) : diagnose(d, -ENOMEM, "%s", error_text(-ENOMEM));
	if (error < 0)
		input_close(in);
	return error;
}

void input_close(struct input *in)
{
	capture_stream_close(in->stream);
	free(in->buffer);
	memset(in, 0, sizeof(*in));
}

/* What is left is moved to the front; only where it fills the buffer, that grows. */
static int make_room(struct input *in)
{
	size_t left = input_left(in);
	char *grown;

	if (in->at > 0) {
		memmove(in->buffer, in->buffer + in->at, left);
		in->at = 0;
		in->end = left;
	}
	if (in->room - in->end >= INPUT_CHUNK_BYTES / 2)
		return 0;
	if (in->room >= INPUT_LINE_MAX)
		return ERR_LIMIT;
	grown = realloc(in->buffer, in->room * 2);
	if (!grown)
		return -ENOMEM;
	in->buffer = grown;
	in->room *= 2;
	return 0;
}

int input_more(struct input *in, struct diagnosis *d)
{
	ptrdiff_t n;
	int error;

	if (in->error < 0)
		return diagnose(d, in->error, "%s", in->words.text);
	if (in->ended)
		return 0;
	error = make_room(in);
	if (error < 0)
		return diagnose(d, error, "%s", error_text(error));
	n = capture_stream_read(in->stream, in->buffer + in->end, in->room - in->end, &in->words);
	if (n < 0) {
		in->error = (int)n;
		return diagnose(d, in->error, "%s", in->words.text);
	}
	in->ended = n == 0;
	in->end += (size_t)n;
	return n > 0;
}

int input_want(struct input *in, size_t n, struct diagnosis *d)
{
	int status = 1;

	while (status > 0 && input_left(in) < n)
		status = input_more(in, d);
	return status < 0 ? status : 0;
}

static void hand_out(struct input *in, size_t length, size_t end, const char **ret_line,
		     size_t *ret_length)
{
	*ret_line = in->buffer + in->at;
	*ret_length = length > 0 && (*ret_line)[length - 1] == '\r' ? length - 1 : length;
	input_take(in, end);
	in->searched = 0;
	in->line++;
}

/* Forgets the bytes of a line that is too long, up to its end. */
static int pass_over(struct input *in, struct diagnosis *d)
{
	const char *found = NULL;
	int status = 1;

	while (!found && status > 0) {
		input_take(in, input_left(in));
		status = input_more(in, d);
		if (status > 0)
			found = memchr(in->buffer + in->at, '\n', input_left(in));
	}
	if (found)
		input_take(in, (size_t)(found - (in->buffer + in->at)) + 1);
	in->searched = 0;
	in->line++;
	if (status < 0)
		return status;
	return diagnose(d, ERR_LIMIT, _("line %llu: more than %zu MiB long"),
			(unsigned long long)in->line, INPUT_LINE_MAX >> 20);
}

int input_line(struct input *in, const char **ret_line, size_t *ret_length, struct diagnosis *d)
{
	for (;;) {
		const char *start = in->buffer + in->at;
		size_t left = input_left(in);
		const char *found = memchr(start + in->searched, '\n', left - in->searched);
		int status;

		if (found) {
			size_t length = (size_t)(found - start);

			hand_out(in, length, length + 1, ret_line, ret_length);
			return 1;
		}
		in->searched = left;
		status = input_more(in, d);
		if (status == ERR_LIMIT && in->error == 0)
			return pass_over(in, d);
		if (status < 0 && left == 0)
			return status;
		/* Damage behind the file's last bytes: they are a line, and the next call tells. */
		if (status <= 0) {
			if (left == 0)
				return 0;
			hand_out(in, left, left, ret_line, ret_length);
			return 1;
		}
	}
}
