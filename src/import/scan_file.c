#include "import/scan_file.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/i18n.h"
#include "import/records_internal.h"
#include "import/telling_internal.h"

#define HEAD_BYTES 64

void scan_file_run_init(struct scan_file_run *run)
{
	memset(run, 0, sizeof(*run));
}

void scan_file_run_finish(struct scan_file_run *run)
{
	free(run->tool);
	free(run->version);
	free(run->arguments);
	scan_file_run_init(run);
}

/* Takes the blanks before anything. */
static int skip_blanks(struct input *in, struct diagnosis *d)
{
	for (;;) {
		int error = input_want(in, HEAD_BYTES, d);

		if (error < 0 && input_left(in) == 0)
			return error;
		while (input_left(in) > 0 && strchr(" \t\r\n", in->buffer[in->at])) {
			if (in->buffer[in->at] == '\0')
				return 0;
			in->line += in->buffer[in->at] == '\n';
			input_take(in, 1);
		}
		if (input_left(in) > 0 || in->ended || in->error < 0)
			return 0;
	}
}

static bool is_xml(struct words head)
{
	return words_begin(head, "<") || words_begin(head, "\xff\xfe") ||
	       words_begin(head, "\xfe\xff");
}

/* Is one of the lines in the window a record? The last one may be cut off, and is none then. */
static bool holds_records(struct words window)
{
	struct words line;

	while (words_split(&window, '\n', &line)) {
		if (records_json_are(line))
			return true;
	}
	return false;
}

static bool begins_as_scan(struct input *in)
{
	struct words head;

	/* What is damaged further on tells all the same. */
	if (skip_blanks(in, NULL) < 0 ||
	    (input_want(in, INPUT_CHUNK_BYTES / 2, NULL) < 0 && !input_left(in)))
		return false;
	head = (struct words){ in->buffer + in->at, input_left(in) };
	if (words_begin(head, "[") || is_xml(head))
		return true;
	if (words_begin(head, "{"))
		return !holds_records(head);
	head.n = MIN(head.n, HEAD_BYTES);
	return scan_lines_are(head) || scan_naabu_is(head);
}

bool scan_file_is(const char *path)
{
	struct input in;
	struct stat st;
	bool is;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || input_open(&in, path, NULL) < 0)
		return false;
	is = begins_as_scan(&in);
	input_close(&in);
	return is;
}

static int dispatch(struct input *in, struct telling *t, struct diagnosis *d)
{
	struct words head = { in->buffer + in->at, MIN(input_left(in), HEAD_BYTES) };
	char shown[WORDS_SHOWN_MAX];

	if (head.n == 0)
		return in->error < 0 ? diagnose(d, in->error, "%s", in->words.text) : 0;
	if (is_xml(head))
		return scan_xml_read(in, t, d);
	if (head.at[0] == '{' || head.at[0] == '[')
		return scan_json_read(in, t, d);
	if (scan_lines_are(head))
		return scan_lines_read(in, t, d);
	if (scan_naabu_is(head))
		return scan_naabu_read(in, t, d);
	head.n = MIN(head.n, 24);
	return diagnose(d, ERR_FORMAT,
			_("begins with \"%s\": the scan results of no tool that is known here"),
			words_show(head, shown));
}

int scan_file_read(const char *path, const struct scan_file_listener *listener,
		   struct scan_file_run *run, struct diagnosis *d)
{
	struct telling t = { listener, run };
	struct input in;
	int error = input_open(&in, path, d);

	if (error < 0)
		return error;
	error = skip_blanks(&in, d);
	if (error == 0)
		error = dispatch(&in, &t, d);
	if (error < 0 && d && !d->text[0])
		diagnose(d, error, "%s", error_text(error));
	input_close(&in);
	return error;
}
