#include "base/json.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

void json_init(struct json *j, FILE *out, bool for_html, int line_depth)
{
	*j = (struct json){ .out = out, .for_html = for_html, .line_depth = line_depth };
}

static void put_line(const struct json *j, int depth)
{
	fprintf(j->out, "\n%*s", depth, "");
}

static void put_string(const struct json *j, const char *text)
{
	if (j->for_html) {
		text_json_for_html(j->out, text);
	} else {
		text_json(j->out, text);
	}
}

static void begin(struct json *j, const char *name)
{
	if (j->any[j->depth])
		fputc(',', j->out);
	if (j->depth && j->depth <= j->line_depth)
		put_line(j, j->depth);
	j->any[j->depth] = true;
	if (name) {
		put_string(j, name);
		fputs(": ", j->out);
	}
}

static void open_with(struct json *j, const char *name, char bracket)
{
	begin(j, name);
	fputc(bracket, j->out);
	assert(j->depth < JSON_DEPTH_MAX - 1);
	j->any[++j->depth] = false;
}

static void close_with(struct json *j, char bracket)
{
	bool lines = j->any[j->depth] && j->depth <= j->line_depth;

	j->depth--;
	if (lines)
		put_line(j, j->depth);
	fputc(bracket, j->out);
}

void json_open_object(struct json *j, const char *name)
{
	open_with(j, name, '{');
}

void json_open_array(struct json *j, const char *name)
{
	open_with(j, name, '[');
}

void json_close_object(struct json *j)
{
	close_with(j, '}');
}

void json_close_array(struct json *j)
{
	close_with(j, ']');
}

void json_text(struct json *j, const char *name, const char *text)
{
	begin(j, name);
	if (text) {
		put_string(j, text);
	} else {
		fputs("null", j->out);
	}
}

void json_number(struct json *j, const char *name, uint64_t n)
{
	begin(j, name);
	fprintf(j->out, "%llu", (unsigned long long)n);
}

void json_real(struct json *j, const char *name, double x)
{
	begin(j, name);
	if (!isfinite(x)) {
		fputs("null", j->out);
	} else if (fabs(x) >= 1000 && fabs(x) < 1e15) {
		fprintf(j->out, "%.3f", x);
	} else {
		fprintf(j->out, "%.6g", x);
	}
}

void json_bool(struct json *j, const char *name, bool b)
{
	begin(j, name);
	fputs(b ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *name)
{
	json_text(j, name, NULL);
}

int json_end(struct json *j)
{
	assert(!j->depth);
	fputc('\n', j->out);
	return ferror(j->out) ? -EIO : 0;
}
