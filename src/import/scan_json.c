/*
 * JSON of scanners: one object after the other, a line each or not, with commas between them or
 * not, in an array or not. Objects are cut out of that here, since what some tools write is no JSON
 * as a whole (masscan's "{finished: 1}", its comma before "]"); what is in one, the library's
 * parser says (yajl), and json_thing.c what it means.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/i18n.h"
#include "import/json_internal.h"

#include "build_config.h"

#if HAVE_YAJL
#include <yajl/yajl_parse.h>

#define TEXT_BYTES_MAX ((uint64_t)4 << 20) /* of one string or number */

struct json_reader {
	struct json_things *things;
	struct diagnosis *d;
	uint64_t fed, noticed; /* bytes given to the parser; of them, at the last event */
	int error;
};

/* An event's outcome: whether the parser goes on. */
static int went(struct json_reader *r, int error)
{
	r->noticed = r->fed;
	if (error < 0)
		r->error = error;
	return error >= 0;
}

static int on_null(void *user)
{
	struct json_reader *r = user;

	return went(r, json_things_scalar(r->things, JSON_NULL, (struct words){ "", 0 }));
}

static int on_boolean(void *user, int value)
{
	struct json_reader *r = user;

	return went(r, json_things_scalar(r->things, JSON_BOOLEAN, words_of(value ? "1" : "")));
}

static int on_number(void *user, const char *text, size_t length)
{
	struct json_reader *r = user;

	return went(r, json_things_scalar(r->things, JSON_NUMBER, (struct words){ text, length }));
}

static int on_string(void *user, const unsigned char *text, size_t length)
{
	struct json_reader *r = user;

	return went(r, json_things_scalar(r->things, JSON_STRING,
					  (struct words){ (const char *)text, length }));
}

static int on_start_map(void *user)
{
	struct json_reader *r = user;

	return went(r, json_things_open(r->things, true));
}

static int on_start_array(void *user)
{
	struct json_reader *r = user;

	return went(r, json_things_open(r->things, false));
}

static int on_end(void *user)
{
	struct json_reader *r = user;

	return went(r, json_things_close(r->things));
}

static int on_key(void *user, const unsigned char *text, size_t length)
{
	struct json_reader *r = user;

	return went(r, json_things_key(r->things, (struct words){ (const char *)text, length }));
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end,
};

static int broken(struct json_reader *r, struct input *in, uint64_t consumed, const char *why)
{
	struct words rest = { in->buffer + in->at + MIN(consumed, input_left(in)), 0 };
	char shown[WORDS_SHOWN_MAX];

	rest.n = MIN((size_t)(in->buffer + in->end - rest.at), 24);
	return diagnose(r->d, ERR_DAMAGED, _("byte %llu: \"%s\": %s"),
			(unsigned long long)(in->offset + consumed), words_show(rest, shown), why);
}

/* The words of the library: "lexical error: invalid char in json text.\n". */
static int parser_error(struct json_reader *r, yajl_handle handle, struct input *in)
{
	unsigned char *words = yajl_get_error(handle, 0, NULL, 0);
	size_t consumed = yajl_get_bytes_consumed(handle);
	int error;

	if (!words)
		return diagnose(r->d, -ENOMEM, "%s", error_text(-ENOMEM));
	words[strcspn((char *)words, "\n")] = '\0';
	error = broken(r, in, consumed, (const char *)words);
	yajl_free_error(handle, words);
	return error;
}

static int event_error(struct json_reader *r, struct input *in, yajl_handle handle)
{
	if (r->error == ERR_DAMAGED || r->error == ERR_LIMIT) {
		return diagnose_prefix(
			r->d, r->error, _("byte %llu"),
			(unsigned long long)(in->offset + yajl_get_bytes_consumed(handle)));
	}
	return r->error;
}

/* One object, from its brace to its end. */
static int parse_with(struct json_reader *r, yajl_handle handle, struct input *in)
{
	int more = 1;

	do {
		size_t n = input_left(in);
		yajl_status status;

		r->fed += n;
		status = yajl_parse(handle, (const unsigned char *)in->buffer + in->at, n);
		if (status == yajl_status_client_canceled)
			return event_error(r, in, handle);
		if (status != yajl_status_ok)
			return parser_error(r, handle, in);
		if (json_things_depth(r->things) == 0) {
			input_take(in, yajl_get_bytes_consumed(handle));
			return 0;
		}
		input_take(in, n);
		if (r->fed - r->noticed > TEXT_BYTES_MAX) {
			return diagnose(
				r->d, ERR_LIMIT, _("byte %llu: one text is longer than %d MiB"),
				(unsigned long long)in->offset, (int)(TEXT_BYTES_MAX >> 20));
		}
		more = input_more(in, r->d);
	} while (more > 0);
	return more < 0 ? more : broken(r, in, 0, _("the file ends within an object"));
}

static int parse_object(struct json_reader *r, struct input *in)
{
	yajl_handle handle = yajl_alloc(&callbacks, NULL, r);
	int error;

	if (!handle)
		return diagnose(r->d, -ENOMEM, "%s", error_text(-ENOMEM));
	(void)yajl_config(handle, yajl_allow_trailing_garbage, 1);
	(void)yajl_config(handle, yajl_dont_validate_strings, 1); /* words_copy mends them */
	json_things_begin(r->things);
	r->noticed = r->fed;
	error = parse_with(r, handle, in);
	yajl_free(handle);
	return error;
}

/* masscan's last line until 2021: "{finished: 1}". */
static bool is_finished(struct input *in)
{
	struct words w = { in->buffer + in->at + 1, input_left(in) - 1 };
	struct words rest;

	w = words_trim(w);
	if (!words_begin(w, "finished"))
		return false;
	rest = words_trim((struct words){ w.at + 8, MIN(w.n - 8, 8) });
	return rest.n > 0 && rest.at[0] == ':' && memchr(w.at, '}', MIN(w.n, (size_t)(32))) != NULL;
}

static void take_finished(struct input *in, struct telling *t)
{
	const char *end = memchr(in->buffer + in->at, '}', input_left(in));

	t->run->ended = true;
	input_take(in, (size_t)(end - (in->buffer + in->at)) + 1);
}

/* What may stand between objects. Returns 1 at one, 0 at the end, or a negative error. */
static int skip_to_object(struct json_reader *r, struct input *in, int *depth)
{
	for (;;) {
		int more = input_left(in) > 0 ? 1 : input_more(in, r->d);
		char c;

		if (more < 0)
			return more;
		if (more == 0)
			return *depth > 0 ? broken(r, in, 0, _("the file ends within an array"))
					  : 0;
		c = in->buffer[in->at];
		if (c == '{')
			return 1;
		if (c == '[' && *depth == 0) {
			++*depth;
		} else if (c == ']' && *depth > 0) {
			--*depth;
			json_things_whole(r->things);
		} else if (!memchr(" \t\r\n,", c, 5)) {
			return broken(r, in, 0, _("no object begins here"));
		}
		input_take(in, 1);
	}
}

static int read_objects(struct json_reader *r, struct input *in, struct telling *t)
{
	int depth = 0;

	for (;;) {
		int status = skip_to_object(r, in, &depth);

		if (status <= 0)
			return status;
		status = input_want(in, 64, r->d);
		if (status < 0)
			return status;
		if (is_finished(in)) {
			take_finished(in, t);
			continue;
		}
		status = parse_object(r, in);
		if (status < 0)
			return status;
	}
}

int scan_json_read(struct input *in, struct telling *t, struct diagnosis *d)
{
	struct json_reader r = { .d = d };
	int error = json_things_new(t, d, &r.things);

	if (error < 0)
		return diagnose(d, error, "%s", error_text(error));
	error = read_objects(&r, in, t);
	if (error == 0 && !json_things_known(r.things))
		error = diagnose(d, ERR_FORMAT, _("JSON of no scanner that is known here"));
	json_things_free(r.things);
	return error;
}

#else

int scan_json_read(struct input *in, struct telling *t, struct diagnosis *d)
{
	(void)in;
	(void)t;
	return diagnose(d, ERR_UNSUPPORTED, _("JSON: this build lacks %s"), "libyajl");
}

#endif
